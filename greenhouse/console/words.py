"""The words that pages and their scripts share, in the reader's language.

Frames carry codes; a page carries this table once, so that its script can say them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

WORDS: Mapping[str, str | Promise] = {
    "age.seconds": _("{n} s ago"),
    "age.minutes": _("{n} min ago"),
    "age.hours": _("{n} h ago"),
    "age.days": _("{n} d ago"),
    "freshness.never": _("never received"),
    "freshness.last": _("last value {value}, at {time}"),
    "reason.none": _("not valid"),
    "reason.out_of_range": _("out of range"),
    "reason.not_finite": _("not a number"),
    "reason.invalid_word": _("sensor open"),
    "reason.illegal_address": _("not on this device"),
    "reason.device_fault": _("device fault"),
    "reason.counter_reset": _("counter was reset"),
    "reason.counter_leap": _("counter leapt ahead: meter replaced?"),
    "reason.scale_unknown": _("scale unknown"),
    "reason.clock_suspect": _("clock in doubt"),
    "mode.local": pgettext_lazy("operating mode", "Local switch"),
    "mode.unknown": pgettext_lazy("operating mode", "Unknown"),
    "link.live": pgettext_lazy("link", "Live"),
    "link.late": pgettext_lazy("link", "Late"),
    "link.offline": pgettext_lazy("link", "Offline"),
    "banner.offline": _("Offline · showing data of {time}"),
    "banner.attempt": _("· reconnecting (attempt {n})"),
    "banner.restored": _("Back online {time}"),
    "banner.signed_out": _("You are signed out; nothing here is being updated."),
    "banner.store": _("The store does not answer · showing data of {time}"),
    "banner.clock": _("The clock of this device is {n} s off; ages follow the server's clock."),
    "sun.sunrise": _("Sunrise in"),
    "sun.sunset": _("Sunset in"),
    "wind.0": pgettext_lazy("wind from", "N"),
    "wind.1": pgettext_lazy("wind from", "NE"),
    "wind.2": pgettext_lazy("wind from", "E"),
    "wind.3": pgettext_lazy("wind from", "SE"),
    "wind.4": pgettext_lazy("wind from", "S"),
    "wind.5": pgettext_lazy("wind from", "SW"),
    "wind.6": pgettext_lazy("wind from", "W"),
    "wind.7": pgettext_lazy("wind from", "NW"),
    "trend.range": _("last hour {low} to {high}"),
    "trend.none": _("no values in the last hour"),
    "trend.band": _("set {low} to {high}"),
    "trend.setpoint": _("set {value}"),
    "list.comma": pgettext_lazy("between items", ", "),
    "sheet.loading": _("Loading…"),
    "sheet.press_again": _("Press again to apply"),
}


def word(key: str, **values: object) -> str:
    """The text of a message with its {names} filled in.

    Raises
    ------
    KeyError
        If there is no such message, or a value for one of its names is missing.
    """
    return str(WORDS[key]).format_map(values)


def reason_in_words(reason: str) -> str:
    """Why a value is not good."""
    return word(f"reason.{reason}")


def age_in_words(age_s: float) -> str:
    """An age as people say it: ``6 min ago``."""
    seconds = max(0.0, age_s)
    if seconds < 90:
        return word("age.seconds", n=round(seconds))
    if seconds < 5400:
        return word("age.minutes", n=round(seconds / 60))
    if seconds < 129600:
        return word("age.hours", n=round(seconds / 3600))
    return word("age.days", n=round(seconds / 86400))


def duration_in_words(duration: timedelta) -> str:
    """A length of time as people say it, to the second: ``3 days``, ``1 h 12 min``, ``90 s``."""
    days, rest = divmod(duration, timedelta(days=1))
    if days and not rest:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    seconds = round(duration.total_seconds())
    if seconds % 60:
        return gettext("%(n)s s") % {"n": seconds}
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return gettext("%(n)s min") % {"n": minutes}
    if not minutes:
        return gettext("%(n)s h") % {"n": hours}
    return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def words_of_the_page() -> dict[str, str]:
    """Everything a page's script may have to say, in the reader's language."""
    return {key: str(text) for key, text in WORDS.items()}
