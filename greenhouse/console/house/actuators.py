"""What moves or feeds in one place: who is in charge of it, where it stands, what was asked last, what stops it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from greenhouse.commands import history
from greenhouse.commands.target import CONTROL_LOCATION
from greenhouse.console.changes import changes
from greenhouse.console.changes.changes import Change
from greenhouse.console.duties.duties import Hold, shown_holds
from greenhouse.console.house.decisions import SaidDecision
from greenhouse.console.overview.overview import Control, Draw, Points, by_device, moves
from greenhouse.console.points.outputs import stopped_by_in_words
from greenhouse.console.values.shown_value import ShownValue
from greenhouse.deadlines import Moment
from greenhouse.site.structure import BaseStructure, PointStructure


@dataclass(frozen=True, slots=True)
class ActuatorDetail:
    """One output, or a part that its controller alone moves.

    Attributes
    ----------
    output : PointStructure or None
        The point that drives it. None: its controller does, and shows no such point.
    position, target : ShownValue or None
        Where it stands and where it is going; None for what has no position.
    state : ShownValue or None
        What it does, as a word; hidden on the page while it is 0 beside a position.
    lockout : ShownValue or None
        Whether its own safety device keeps it from moving.
    control : Control or None
        Who is in charge of it.
    """

    label: str
    output: PointStructure | None
    position: ShownValue | None
    target: ShownValue | None
    state: ShownValue | None
    lockout: ShownValue | None
    control: Control | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a point.

    Attributes
    ----------
    hold : Hold or None
        The manual hold that is in force.
    last : Change or None
        The change that is on its way, or else the one that put the value there that is in force.
    """

    hold: Hold | None = None
    last: Change | None = None


@dataclass(frozen=True, slots=True)
class ActuatorRow:
    """An actuator with what was asked of it, and what the program decided."""

    actuator: ActuatorDetail
    asked: Asked
    decision: SaidDecision | None = None

    @property
    def stopped_by(self) -> str:
        """What stops it if this system fails, in the reader's language."""
        return stopped_by_in_words(self.actuator.output)

    @property
    def is_plain(self) -> bool:
        """Whether it is no more than on or off, and nobody took a risk with it."""
        output = self.actuator.output
        has_risk = output is not None and output.accepted_risk is not None
        return self.actuator.position is None and not has_risk and self.decision is None


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Neighbors that are no more than on or off, and are stopped by the same: said once."""

    rows: tuple[ActuatorRow, ...]

    @property
    def stopped_by(self) -> str:
        """What stops them if this system fails, in the reader's language."""
        return self.rows[0].stopped_by

    @property
    def control(self) -> Control | None:
        """Who is in charge of them."""
        return self.rows[0].actuator.control


def grouped(found: Sequence[ActuatorRow]) -> list[ActuatorRow | PlainRows]:
    """The same rows, neighbors that are alike and plain together."""
    groups: list[ActuatorRow | PlainRows] = []
    for (is_plain, _stopped_by), rows_ in groupby(found, key=lambda row: (row.is_plain, row.stopped_by)):
        several = tuple(rows_)
        groups.extend([PlainRows(several)] if is_plain else several)
    return groups


def actuators(
    points: Mapping[str, PointStructure], draw: Draw, control: Control | None, *, has_screen: bool
) -> list[ActuatorDetail]:
    """Everything in a place that moves or feeds: what has a position first, then in the order of the base file.

    Parameters
    ----------
    control : Control or None
        Who is in charge of the place, for what has no switch of its own.
    has_screen : bool
        Whether its controller drives a thermal screen.
    """
    found = [actuator for device in by_device(points) for actuator in _of_device(device, draw, control)]
    screens = filter(None, (_screen(device, draw, control) for device in by_device(points) if has_screen))
    return sorted([*screens, *found], key=lambda actuator: actuator.position is None)


def rows(
    base: BaseStructure, found: Sequence[ActuatorDetail], decisions: Mapping[str, SaidDecision], *, now: Moment
) -> list[ActuatorRow]:
    """These actuators with what was asked of them, and what the program decided."""
    known = asked(base, [actuator.output.key for actuator in found if actuator.output], now=now)
    return [
        ActuatorRow(actuator, known[actuator.output.key], decisions.get(actuator.output.key))
        if actuator.output
        else ActuatorRow(actuator, Asked())
        for actuator in found
    ]


def asked(base: BaseStructure, keys: Sequence[str], *, now: Moment) -> dict[str, Asked]:
    """What was asked of each of these points. A few queries, however many they are."""
    held = {hold.hold.point_key: hold for hold in shown_holds(base, now)}
    in_force = list(history.last_changes(list(keys)).values())
    on_their_way = [request for request in history.open_requests() if request.point_key in keys]
    last = {change.request.point_key: change for change in changes.of_requests(base, [*in_force, *on_their_way])}
    return {key: Asked(held.get(key), last.get(key)) for key in keys}


def _screen(controller: Points, draw: Draw, control: Control | None) -> ActuatorDetail | None:
    """The thermal screen, which its controller alone moves."""
    position = draw.reading(controller, "thermal_screen_position")
    return None if position is None else ActuatorDetail(_("thermal screen"), None, position, None, None, None, control)


def _of_device(device: Points, draw: Draw, control: Control | None) -> Iterator[ActuatorDetail]:
    mode = None if control is None else control.mode
    own = draw.reading(device, CONTROL_LOCATION)
    in_charge = control if mode is None or own is None else Control(mode, own)
    outputs = [point for point in device.values() if _is_output(point)]
    position = draw.reading(device, "position")
    if moves(device) is not None and position is not None and outputs:
        yield ActuatorDetail(
            label=position.point.label,
            output=outputs[0],
            position=position,
            target=draw.reading(device, "target_position"),
            state=draw.reading(device, "motor_state"),
            lockout=draw.reading(device, "wind_lockout"),
            control=in_charge,
        )
        return
    for point in outputs:
        yield ActuatorDetail(point.label, point, None, None, draw.reading(device, point.local_key), None, in_charge)


def _is_output(point: PointStructure) -> bool:
    return point.output_kind is not None and point.output_kind.is_direct and point.access.can_read
