"""What stops each output if this system fails, and which risks an engineer has accepted instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.profiles.outputs import AcceptedRisk, StoppedBy
from greenhouse.console.values.places import placed
from greenhouse.site.structure import BaseStructure, PointStructure

_WORDS: Mapping[StoppedBy, Promise] = {
    StoppedBy.DEVICE_TIMEOUT: _("stopped by the controller's own time-out"),
    StoppedBy.RUN_TIME_REGISTER: _("stopped by the run time that was sent along"),
    StoppedBy.END_SWITCH: _("stopped by an end switch"),
    StoppedBy.SUPERVISED: _("the controller goes on by itself"),
    StoppedBy.NONE: _("nothing stops it"),
}


def stopped_by_in_words(point: PointStructure | None) -> str:
    """What stops an output if this system fails; empty for a point that is no output.

    Parameters
    ----------
    point : PointStructure or None
        None: a part that its controller alone moves.
    """
    stopped_by = StoppedBy.SUPERVISED if point is None else point.stopped_by
    return "" if stopped_by is None else str(_WORDS[stopped_by])


@dataclass(frozen=True, slots=True)
class OutputRow:
    """An output with its place."""

    point: PointStructure
    place: str

    @property
    def stopped_by(self) -> str:
        """In the reader's language."""
        return stopped_by_in_words(self.point)

    @property
    def risk(self) -> AcceptedRisk | None:
        """Who accepted that it is not stopped, and why."""
        return self.point.accepted_risk


def outputs(base: BaseStructure) -> list[OutputRow]:
    """Outputs that this system moves itself, and every accepted risk; the risks first, then by place."""
    rows = [OutputRow(point, place) for place, point in placed(base) if _is_shown(point)]
    return sorted(rows, key=lambda row: row.risk is None)


def _is_shown(point: PointStructure) -> bool:
    return point.accepted_risk is not None or point.stopped_by not in {None, StoppedBy.SUPERVISED}
