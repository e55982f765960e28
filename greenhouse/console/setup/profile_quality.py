"""How well a device profile is known, as a short list that anybody can read: done, or still to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from devices.profiles.schema import Confidence, DeviceProfile

_CONFIDENCE: Mapping[Confidence, Promise] = {
    Confidence.MAKER: pgettext_lazy("a register is known from", "the maker"),
    Confidence.CORROBORATED: pgettext_lazy("a register is known from", "two sources"),
    Confidence.OWN: pgettext_lazy("a register is known from", "this project or the installer"),
}


def confidence_in_words(confidence: Confidence) -> str:
    """From whom a register is known."""
    return str(_CONFIDENCE[confidence])


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a good profile has."""

    is_done: bool
    words: str


def quality_of(profile: DeviceProfile) -> list[Mark]:
    """The list of one profile. Nothing of it says that the device was tried here."""
    points = profile.points
    by_maker = sum(point.confidence is Confidence.MAKER for point in points)
    without_range = sum(point.valid is None and not point.states and point.access.can_read for point in points)
    unread = sum(point.write is not None and point.write.readback is None for point in points)
    return [
        Mark(
            by_maker == len(points),
            _("%(n)s of %(all)s registers read in the maker's own documents") % {"n": by_maker, "all": len(points)},
        ),
        Mark(all(point.source for point in points), _("every register says where it is documented")),
        Mark(
            not profile.unverified,
            ngettext(
                "%(n)s register is not certain and never read",
                "%(n)s registers are not certain and never read",
                len(profile.unverified),
            )
            % {"n": len(profile.unverified)},
        ),
        Mark(
            not without_range,
            ngettext("%(n)s value without a plausible range", "%(n)s values without a plausible range", without_range)
            % {"n": without_range},
        ),
        Mark(
            not unread,
            ngettext("%(n)s setting cannot be read back", "%(n)s settings cannot be read back", unread) % {"n": unread},
        ),
    ]
