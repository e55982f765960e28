"""The setpoint sheet: what is measured, in force and asked for, and the way from an entry to a stored request."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from greenhouse.access.roles import Action, may
from greenhouse.commands.checks import Code, Target, Verdict, check, confirmed_value
from greenhouse.commands.errors import Conflict, InvalidRequest, RequestError, error_for
from greenhouse.commands.messages import sentence
from greenhouse.commands.models import CommandRequest
from greenhouse.commands.submit import conflict, submit_setpoint
from greenhouse.commands.target import read_target
from greenhouse.console import changes
from greenhouse.console.changes import Change
from greenhouse.console.duties import Hold, hold_of
from greenhouse.console.outputs import stopped_by_in_words
from greenhouse.console.overview import MEASURED_FOR
from greenhouse.commands.risk import is_large
from greenhouse.console.shown_value import ShownValue, format_number, format_value, state_names
from greenhouse.console.states import is_simulated, point_states
from greenhouse.console.words import duration_in_words
from greenhouse.deadlines import Moment
from greenhouse.site.display import Display, display, unit_sign
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.telemetry import sample_time, series

HOLD_HOURS = (1, 2, 4, 8, 12)
"""Lengths of a manual hold that a sheet offers. [h]"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person typed, as typed, and what stood in force on the page then."""

    text: str
    seen_value: float | None
    seen_at: datetime | None
    reason: str = ""
    was_held: bool = False
    hold_for: timedelta | None = None

    @property
    def hold_hours(self) -> str:
        """Length of the manual hold as the form carries it; empty: until it is changed again."""
        return "" if self.hold_for is None else f"{self.hold_for / timedelta(hours=1):g}"

    @property
    def hold_in_words(self) -> str:
        """Length of the manual hold in the reader's language; empty: until it is changed again."""
        return "" if self.hold_for is None else duration_in_words(self.hold_for)


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

    @property
    def hold_choices(self) -> list[tuple[str, str]]:
        """Lengths of a manual hold that are offered: as the form carries them, and in words."""
        return [(f"{hours}", duration_in_words(timedelta(hours=hours))) for hours in HOLD_HOURS]

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
    """An entry that may be sent: old and new value side by side."""

    value: float
    old: str
    new: str
    delta: str
    is_large: bool


def open_sheet(base: BaseStructure, point_key: str, user: User | AnonymousUser, *, now: Moment) -> Sheet | None:
    """The sheet of a point, or None if the point takes no requests."""
    found = read_target(point_key)
    if found is None or found[1].limits is None or not found[1].is_writable:
        return None
    point, target = found
    measured = base.points.get(f"{point.device}.{MEASURED_FOR.get(point.local_key, '')}")
    keys = {point.key, point.readback or point.key} | ({measured.key} if measured else set())
    states = point_states(series.latest(keys))
    readback = base.points.get(point.readback or point.key, point)
    seen_at = sample_time.look(now.wall)
    return Sheet(
        point=point,
        place=_place(base, point),
        target=target,
        measured=ShownValue(measured, states.get(measured.key), seen_at) if measured else None,
        confirmed=ShownValue(readback, states.get(readback.key), seen_at),
        history=changes.of_point(base, point.key),
        refusal=_refusal(target, user, seen_at),
        is_simulated=is_simulated(states),
        hold=hold_of(base, point.key, now),
        may_hold=may(user, Action.HOLD),
    )


def read_entry(form: Mapping[str, str]) -> Entry:
    """The entry of a form.

    Raises
    ------
    EntryFault
        If what the form carries along is not what a page put there. It decides whether the value in force is still the
        one that the person saw, so nothing is guessed from it.
    """
    return Entry(
        text=form.get("value", ""),
        seen_value=_seen_value(form.get("seen_value", "")),
        seen_at=_seen_at(form.get("seen_at", "")),
        reason=form.get("reason", "").replace("\0", ""),  # no keyboard has it, PostgreSQL refuses it
        was_held=form.get("held") == "1",
        hold_for=_hold_for(form.get("hold_for", "")),
    )


def review_entry(sheet: Sheet, entry: Entry, *, now: datetime) -> Review:
    """Check an entry as far as it can be checked before it is sent.

    Raises
    ------
    InvalidRequest, Conflict, Unavailable
        With the sentence that the person reads.
    """
    value = _parse(entry.text)
    if verdict := check(sheet.target, value, now=sample_time.look(now)) or conflict(sheet.target, entry.seen_value):
        raise error_for(verdict)
    old = sheet.seen_value
    if entry.hold_for is None and old is not None and abs(value - old) <= sheet.target.tolerance:
        raise EntryFault(_("%(value)s is in force already.") % {"value": sheet.confirmed.format(value)})
    return Review(
        value=value,
        old="—" if old is None else format_value(sheet.point, old),
        new=format_value(sheet.point, value),
        delta="" if old is None or sheet.choices else _difference(value - old, sheet.display),
        is_large=is_large(sheet.point.quantity, old, value),
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
    value = _parse(entry.text)
    if is_large(sheet.point.quantity, entry.seen_value, value):
        if not entry.reason.strip():
            raise EntryFault(_("A change this large needs a reason."))
        if not entry.was_held:
            raise EntryFault(_("A change this large is sent by holding the button."))
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
    )


class EntryFault(InvalidRequest):
    """The entry itself is not ready to be sent; the sentence says what is missing."""

    def __init__(self, text: str) -> None:
        self._text = text
        super().__init__(Verdict(Code.NONE))

    def __str__(self) -> str:
        return self._text


def status_of(error: RequestError) -> int:
    """HTTP status of a request that was not stored."""
    return 409 if isinstance(error, Conflict) else 422 if isinstance(error, InvalidRequest) else 403


def _parse(text: str) -> float:
    """The number that a person typed; full-width digits, true minus signs and decimal commas mean what they say."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace(",", ".").strip()
    if not _NUMBER.fullmatch(plain):
        raise EntryFault(_("“%(text)s” is not a number.") % {"text": text[:20]})
    return float(plain)


def _seen_value(text: str) -> float | None:
    """The value in force that the page carried along; empty: none was known."""
    try:
        value = float(text) if text else None
    except ValueError as error:
        raise _unreadable() from error
    if value is not None and not math.isfinite(value):
        raise _unreadable()
    return value


def _seen_at(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError as error:  # well formed, but no such day
        raise _unreadable() from error
    if text and (moment is None or moment.tzinfo is None):
        raise _unreadable()
    return moment


def _hold_for(text: str) -> timedelta | None:
    """How long the value is to be held; empty: until it is changed again."""
    if not text:
        return None
    if text not in {f"{hours}" for hours in HOLD_HOURS}:
        raise EntryFault(_("It is not clear how long the value is to be held. Choose again."))
    return timedelta(hours=int(text))


def _unreadable() -> EntryFault:
    return EntryFault(_("It is not clear which value you saw. Look at the value in force again, then decide."))


_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)", re.ASCII)


def _difference(delta: float, shown: Display) -> str:
    text = format_number(delta, resolution=shown.resolution, decimals=shown.decimals)
    return text if text.startswith("−") else f"+{text}"


def _refusal(target: Target, user: User | AnonymousUser, now: datetime) -> str:
    """Why nothing can be sent now, whatever the value."""
    if not isinstance(user, User) or not may(user, Action.SUBMIT_SETPOINT):
        return sentence(Verdict(Code.NOT_ALLOWED))
    low = target.limits[0] if target.limits else 0.0
    verdict = check(target, min(target.state_numbers, default=low), now=now)
    return sentence(verdict) if verdict else ""


def _place(base: BaseStructure, point: PointStructure) -> str:
    parts = (part for house in base.houses for part in house.compartments)
    return next((part.name for part in parts if part.key == point.compartment), base.name)
