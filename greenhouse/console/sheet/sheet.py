"""The setpoint sheet: what is measured, in force and asked for, and the way from an entry to a stored request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from devices.units import Quantity
from greenhouse.access.roles import Action, may
from greenhouse.commands import situations
from greenhouse.commands.batches import counterparts
from greenhouse.commands.checks import Code, Target, Verdict, agree, check, confirmed_value, obstacles
from greenhouse.commands.errors import Conflict, RequestError, error_for
from greenhouse.commands.history import last_changes
from greenhouse.commands.lifecycle import State
from greenhouse.commands.messages import sentence
from greenhouse.commands.models import CommandRequest, OverTravel
from greenhouse.commands.naming import asked_by
from greenhouse.commands.over_travel import lock_on
from greenhouse.commands.policies import HOLD_DEFAULT, needs_approval
from greenhouse.commands.risk import is_large
from greenhouse.commands.sources import Source
from greenhouse.commands.submit import Slip, conflict, forbids, sent_already, submit_setpoint
from greenhouse.commands.target import read_target
from greenhouse.commands.undo import may_be_undone
from greenhouse.console.changes import changes
from greenhouse.console.changes.changes import Change
from greenhouse.console.duties.duties import Hold, hold_of
from greenhouse.console.overview.overview import measured_for
from greenhouse.console.points.outputs import stopped_by_in_words
from greenhouse.console.sheet.entry import Entry, EntryFault, hold_choices, parse_value
from greenhouse.console.values.places import place_name
from greenhouse.console.values.shown_value import NO_VALUE, ShownValue, format_number, format_value, state_names
from greenhouse.console.values.states import is_simulated, point_states
from greenhouse.deadlines import Moment
from greenhouse.rules import decided
from greenhouse.site.display import Display, display, unit_sign
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.telemetry import sample_time, series


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same setpoint in another compartment, which may be changed along with this one."""

    place: str
    confirmed: ShownValue

    @property
    def key(self) -> str:
        """Key of the point that takes the request there."""
        return self.confirmed.key


@dataclass(frozen=True, slots=True)
class Sheet:
    """A setpoint with everything that is to be seen before it is changed.

    Attributes
    ----------
    refusal : str
        Why nothing can be sent now, in the reader's language; empty if it can.
    hold : Hold or None
        The manual hold that is in force.
    may_hold : bool
        Whether the reader may hold the point, and give it back.
    in_the_way : list of str
        Everything that would block a change now, in the reader's language.
    elsewhere : list of Elsewhere
        The same setpoint in other compartments.
    undoable : Change or None
        The last change, if it may be taken back by one tap.
    lock : OverTravel or None
        Its motor ran too long, and nobody has released it since.
    is_driven : bool
        A climate program moves it: without a hold it brings its own value back.
    """

    point: PointStructure
    place: str
    target: Target
    measured: ShownValue | None
    confirmed: ShownValue
    history: list[Change]
    refusal: str
    is_simulated: bool
    hold: Hold | None
    may_hold: bool
    in_the_way: list[str]
    elsewhere: list[Elsewhere]
    undoable: Change | None
    lock: OverTravel | None
    is_driven: bool

    @property
    def hold_choices(self) -> list[tuple[str, str]]:
        """Lengths of a manual hold that are offered: as the form carries them, and in words."""
        return hold_choices()

    @property
    def first_hold(self) -> timedelta | None:
        """The length of a hold that the form begins with: who takes a controller out of automatic gives it back."""
        is_automatic = any(en == "automatic" and number == self.seen_value for number, _zh, en in self.point.states)
        return HOLD_DEFAULT if is_automatic and self.may_hold and self.point.quantity is Quantity.MODE else None

    @property
    def open(self) -> Change | None:
        """The request that is on its way."""
        return next((change for change in self.history if change.is_open), None)

    @property
    def seen_value(self) -> float | None:
        """The value in force, for the entry to carry along."""
        return confirmed_value(self.target)

    @property
    def unit(self) -> str:
        """Sign of the unit."""
        return unit_sign(self.point.unit)

    @property
    def display(self) -> Display:
        """How values are written and stepped."""
        return display(self.point.quantity)

    @property
    def choices(self) -> dict[str, str]:
        """Names of the numbers that may be chosen; empty where a number is typed."""
        low, high = self.limits
        return {number: name for number, name in state_names(self.point).items() if low <= float(number) <= high}

    @property
    def entry_text(self) -> str:
        """The value in force as it stands in the entry at first."""
        value = self.seen_value
        if value is None:
            return ""
        return f"{value:g}" if self.choices else f"{value:.{self.display.decimals}f}"

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest value that may be asked for."""
        return self.point.limits or (0.0, 0.0)

    @property
    def stopped_by(self) -> str:
        """What stops the output if this system fails, in the reader's language."""
        return stopped_by_in_words(self.point)

    @property
    def takes_negatives(self) -> bool:
        """Whether a value below zero may be asked for."""
        return self.limits[0] < 0

    @property
    def low(self) -> str:
        """Lowest value, written."""
        return self._written(self.limits[0])

    @property
    def high(self) -> str:
        """Highest value, written."""
        return self._written(self.limits[1])

    def _written(self, value: float) -> str:
        return format_value(self.point, value)


@dataclass(frozen=True, slots=True)
class Review:
    """An entry that may be sent: old and new value side by side, and how careful the sending is.

    Attributes
    ----------
    is_large : bool
        It wants a reason and a held button.
    needs_second : bool
        It wants a second person.
    """

    value: float
    old: str
    new: str
    delta: str
    is_large: bool
    needs_second: bool


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What somebody saw, what is in force meanwhile, and what they wanted: side by side.

    Attributes
    ----------
    by, at
        Who put the present value there, and when, where that is known.
    """

    seen: str
    current: str
    wanted: str
    by: str
    at: datetime | None


def open_sheet(base: BaseStructure, point_key: str, user: User | AnonymousUser, *, now: Moment) -> Sheet | None:
    """The sheet of a point, or None if the point takes no requests."""
    found = read_target(point_key)
    if found is None or found[1].limits is None or not found[1].is_writable:
        return None
    point, target = found
    measured = measured_for(base, point)
    others = [found for found in counterparts(point, base.points.values()) if found.key != point.key]
    shown = {point.key, *(found.key for found in others), measured.key if measured else point.key}
    states = point_states(series.latest(shown | {found.readback or found.key for found in (point, *others)}))
    seen_at = sample_time.look(now.wall)
    history = changes.of_point(base, point.key)

    def in_force(of: PointStructure) -> ShownValue:
        return ShownValue(of, states.get(of.readback or of.key), seen_at)

    return Sheet(
        point=point,
        place=place_name(base, point),
        target=target,
        measured=ShownValue(measured, states.get(measured.key), seen_at) if measured else None,
        confirmed=_readback(base, point, in_force(point)),
        history=history,
        refusal=_refusal(target, user, seen_at),
        is_simulated=is_simulated(states),
        hold=hold_of(base, point.key, now),
        may_hold=may(user, Action.HOLD),
        in_the_way=[*_in_the_way(target, history, user, seen_at), *_interlocks(point, seen_at)],
        elsewhere=[Elsewhere(place_name(base, found), in_force(found)) for found in others],
        undoable=_undoable(history, target, now.wall),
        lock=lock_on(point.key),
        is_driven=_is_driven(point),
    )


def _is_driven(point: PointStructure) -> bool:
    if point.compartment is None or point.role is None:
        return False
    return any(found.point == point.key for found in decided.newest([point.compartment]).values())


def value_in_force(base: BaseStructure, point_key: str, *, now: datetime) -> ShownValue | None:
    """What is read back of a point now; None if the base does not know it any more."""
    point = base.points.get(point_key)
    if point is None:
        return None
    read = point.readback or point.key
    return _readback(base, point, ShownValue(point, point_states(series.latest([read])).get(read), now))


def review_entry(sheet: Sheet, entry: Entry, *, now: datetime) -> Review:
    """Check an entry as far as it can be checked before it is sent.

    Raises
    ------
    InvalidRequest, Conflict, Unavailable
        With the sentence that the person reads.
    """
    value = parse_value(entry.text)
    at = sample_time.look(now)
    forbidden = forbids(sheet.point, sheet.target, value, at=at)
    if verdict := forbidden or conflict(sheet.target, entry.seen_value):
        raise error_for(verdict)
    old = sheet.seen_value
    if entry.hold_for is None and agree(old, value, tolerance=sheet.target.tolerance):
        raise EntryFault(_("%(value)s is in force already.") % {"value": sheet.confirmed.format(value)})
    return Review(
        value=value,
        old="—" if old is None else format_value(sheet.point, old),
        new=format_value(sheet.point, value),
        delta="" if old is None or sheet.choices else difference(value - old, sheet.display),
        is_large=is_large(sheet.point.quantity, old, value),
        needs_second=needs_approval(sheet.target, Source.PERSON, value),
    )


def send_entry(
    sheet: Sheet, entry: Entry, *, user: User | AnonymousUser, device_label: str, now: Moment
) -> CommandRequest:
    """Store the request of an entry.

    Raises
    ------
    RequestError
        Of any kind; nothing was stored.
    """
    value = parse_value(entry.text)
    require_care(entry, is_large=is_large(sheet.point.quantity, entry.seen_value, value))
    return submit_setpoint(
        sheet.point.key,
        value,
        by=user,
        seen_value=entry.seen_value,
        seen_at=entry.seen_at,
        now=now,
        reason=entry.reason,
        device_label=device_label,
        hold_for=entry.hold_for,
        slip=Slip(submission=entry.submission),
    )


def sent_before(sheet: Sheet, entry: Entry, user: User | AnonymousUser) -> CommandRequest | None:
    """The request that this very form has stored already: it was tapped twice, or sent again from the page before."""
    return sent_already(sheet.point.key, user, entry.submission) if isinstance(user, User) else None


def require_care(entry: Entry, *, is_large: bool) -> None:
    """Refuse a large change without a reason or without a held button.

    Raises
    ------
    EntryFault
        With the sentence that the person reads.
    """
    if is_large and not entry.reason.strip():
        raise EntryFault(_("A change this large needs a reason."))
    if is_large and not entry.was_held:
        raise EntryFault(_("A change this large is sent by holding the button."))


def overtaken(sheet: Sheet, entry: Entry, error: RequestError | None) -> Overtaken | None:
    """What a conflict is about, side by side; None if the error is no such one."""
    if not isinstance(error, Conflict) or error.verdict.code is not Code.VALUE_CHANGED:
        return None
    seen, current = entry.seen_value, sheet.seen_value
    at, by = error.verdict.facts.get("at"), error.verdict.facts.get("by")
    try:
        wanted = format_value(sheet.point, parse_value(entry.text))
    except EntryFault:
        wanted = entry.text
    return Overtaken(
        seen=NO_VALUE if seen is None else format_value(sheet.point, seen),
        current=NO_VALUE if current is None else format_value(sheet.point, current),
        wanted=wanted,
        by="" if by is None else str(by),
        at=None if at is None else parse_datetime(str(at)),
    )


def difference(delta: float, shown: Display) -> str:
    """How much more or less, with its sign."""
    text = format_number(delta, resolution=shown.resolution, decimals=shown.decimals)
    return text if text.startswith("−") else f"+{text}"


def _readback(base: BaseStructure, point: PointStructure, shown: ShownValue) -> ShownValue:
    """What is read back of a point, as the point that it is read from: the page's script follows that one."""
    return ShownValue(base.points.get(point.readback or point.key, point), shown.state, shown.now)


def _undoable(history: list[Change], target: Target, now: datetime) -> Change | None:
    """The last change that took, if its value is still the one in force and it is recent."""
    last = next((change for change in history if change.state is State.CONFIRMED), None)
    if last is None or not may_be_undone(last.request, now):
        return None
    is_in_force = agree(last.request.taken_value, confirmed_value(target), tolerance=target.tolerance)
    return last if is_in_force else None


def _in_the_way(target: Target, history: list[Change], user: User | AnonymousUser, now: datetime) -> list[str]:
    """All that blocks a change now, or may undo it: the link, the local switch, an open request, an interlock."""
    found = [sentence(verdict) for verdict in obstacles(target, now=now)]
    found += [
        sentence(Verdict(Code.UNDER_WAY, {"by": change.by}))
        for change in history
        if change.is_open and change.request.requested_by_id != user.pk
    ]
    interlock = last_changes([target.point]).get(target.point)
    if interlock is not None and interlock.source == Source.INTERLOCK:
        facts = {"name": asked_by(interlock)}
        found.append(_("The interlock “%(name)s” put the value in force here, and may do so again.") % facts)
    return found


def _interlocks(point: PointStructure, now: datetime) -> list[str]:
    """What interlocks forbid now of all that might be asked for. Why it is locked stands above everything else."""
    motion = point.motion
    if motion is None or point.limits is None:
        return []
    ends = (motion.opens_with, motion.shuts_with) if motion.takes_commands else (point.limits[1],)
    verdicts = [situations.forbids(point.key, value, at=now) for value in ends if value is not None]
    told = [sentence(found) for found in verdicts if found is not None and found.code is not Code.OVER_TRAVEL]
    return list(dict.fromkeys(told))


def _refusal(target: Target, user: User | AnonymousUser, now: datetime) -> str:
    """Why nothing can be sent now, whatever the value."""
    if not isinstance(user, User) or not may(user, Action.SUBMIT_SETPOINT):
        return sentence(Verdict(Code.NOT_ALLOWED))
    low = target.limits[0] if target.limits else 0.0
    verdict = check(target, min(target.state_numbers, default=low), now=now)
    return sentence(verdict) if verdict else ""
