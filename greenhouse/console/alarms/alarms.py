"""Alarms as pages show them: the strip of the overview, the list of what needs a person, the history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from devices.samples import Freshness, Reason
from greenhouse.access.roles import name_of
from greenhouse.alarms import board
from greenhouse.alarms.board import Standing
from greenhouse.alarms.definitions import Definition, Kind, Priority
from greenhouse.alarms.lifecycle import CALLS, State
from greenhouse.alarms.loader import load_shipped
from greenhouse.alarms.models import Occurrence
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.messages import sentence
from greenhouse.console.values.payloads import PointState
from greenhouse.console.values.shown_value import ShownValue, written
from greenhouse.console.values.words import reason_in_words
from greenhouse.site.display import unit_sign
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.site.virtual_points import ALARM_EVALUATION, control_key

LONGEST_HISTORY = 200
SHOWN_ON_THE_OVERVIEW = 5
PERIODS: Mapping[int, Promise] = {
    1: gettext_lazy("last 24 hours"),
    7: gettext_lazy("last 7 days"),
    30: gettext_lazy("last 30 days"),
    365: gettext_lazy("last year"),
}
"""Days that the history can be asked for."""

_PRIORITY_NAMES: Mapping[Priority, Promise] = {
    Priority.P1: pgettext_lazy("alarm priority", "urgent"),
    Priority.P2: pgettext_lazy("alarm priority", "high"),
    Priority.P3: pgettext_lazy("alarm priority", "medium"),
    Priority.P4: pgettext_lazy("alarm priority", "notice"),
}
_STATE_NAMES: Mapping[State, Promise] = {
    State.NORMAL: pgettext_lazy("alarm state", "over"),
    State.UNACKNOWLEDGED: pgettext_lazy("alarm state", "not acknowledged"),
    State.ACKNOWLEDGED: pgettext_lazy("alarm state", "acknowledged"),
    State.RETURNED: pgettext_lazy("alarm state", "back to normal, not acknowledged"),
    State.SUPPRESSED: pgettext_lazy("alarm state", "suppressed by its cause"),
    State.SHELVED: pgettext_lazy("alarm state", "shelved"),
    State.OUT_OF_SERVICE: pgettext_lazy("alarm state", "out of service"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A priority as shape, number and word.

    Attributes
    ----------
    calls : bool
        Whether it waits for a person.
    """

    priority: Priority
    calls: bool
    count: int = 0

    @property
    def number(self) -> int:
        """1 to 4."""
        return self.priority.value

    @property
    def name(self) -> str:
        """Word, in the reader's language."""
        return str(_PRIORITY_NAMES[self.priority])


@dataclass(frozen=True)
class AlarmRow:
    """One alarm with the words that a page needs."""

    occurrence: Occurrence
    definition: Definition | None
    point: PointStructure | None

    @property
    def mark(self) -> Mark:
        """Its priority."""
        return Mark(Priority(self.occurrence.priority), calls=self.calls)

    @property
    def calls(self) -> bool:
        """Whether it waits for a person."""
        return State(self.occurrence.state) in CALLS

    @property
    def name(self) -> str:
        """What is wrong; the key, if the program no longer knows this alarm."""
        return self.occurrence.definition_key if self.definition is None else str(self.definition.name)

    @property
    def state_name(self) -> str:
        """How it stands, in the reader's language."""
        return str(_STATE_NAMES[State(self.occurrence.state)])

    @property
    def acknowledged_by(self) -> str:
        """Who acknowledged it; empty: nobody yet."""
        by = self.occurrence.acknowledged_by
        return "" if by is None else name_of(by)

    @property
    def unit(self) -> str:
        """Sign of the unit."""
        return "" if self.point is None or self.point.states else unit_sign(self.point.unit)

    @cached_property
    def what_was_seen(self) -> str:
        """The value when it was raised, against its limit; empty where there is no number to tell."""
        kind, seen = Kind(self.occurrence.kind), self.occurrence
        if kind.is_cause:
            return ""
        if kind is Kind.UNCONFIRMED and "planned_stop" in seen.facts:
            return sentence(Verdict(Code.STOP_UNCONFIRMED, {"fault": seen.facts.get("fault")}))
        if kind is Kind.UNCONFIRMED:
            return _("asked for %(asked)s, read back %(value)s") % {
                "asked": self._written(seen.reference_value),
                "value": self._written(seen.value),
            }
        if kind is Kind.RETURN_WAITING:
            return _("held at %(value)s, should return to %(asked)s") % {
                "asked": self._written(seen.reference_value),
                "value": self._written(seen.value),
            }
        if kind is Kind.OUTPUT_LOCKED:
            return _("the motor ran %(ran)s s, and may run %(longest)s s at most") % {
                "ran": round(float(seen.facts.get("ran_s", 0.0))),
                "longest": round(float(seen.facts.get("longest_run_s", 0.0))),
            }
        if kind.follows_programs:
            return self._why_hindered()
        if kind in {Kind.UNUSABLE, Kind.COUNTER}:
            return reason_in_words(Reason(seen.facts.get("reason", 0)).name.lower()) if seen.facts.get("reason") else ""
        if seen.limit is None:
            return self._written(seen.value)
        values = {"value": self._written(seen.value), "limit": self._written(self._limit)}
        if kind is Kind.AWAY and seen.reference_value is not None:
            return _("%(value)s, should be %(limit)s") % values
        return _("%(value)s, limit %(limit)s") % values

    def _why_hindered(self) -> str:
        """Where the output stood, and why it was refused, if that was known."""
        facts = self.occurrence.facts
        value = self.occurrence.value
        stood = _("where it stands is not known")
        if value is not None:
            stood = _("it stands at %(value)s") % {"value": self._written(value)}
        if "verdict" not in facts:
            return stood
        told = {name: fact for name, fact in facts.items() if name != "verdict"}
        return f"{stood} · {sentence(Verdict(Code(facts['verdict']), told))}"

    @property
    def _limit(self) -> float | None:
        """What the value was compared with, as the reader knows it: not a difference but a value."""
        seen = self.occurrence
        if seen.reference_value is None or seen.limit is None:
            return seen.limit
        return seen.reference_value + (0.0 if seen.kind == Kind.AWAY else seen.limit)

    def _written(self, value: float | None) -> str:
        text = written(self.point, value)
        return text if value is None else f"{text} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class AlarmStrip:
    """The alarms of the base in one line.

    Attributes
    ----------
    is_watched : bool
        Whether somebody looks: without that, no alarm means nothing.
    token : str
        Another text when there is something else to show; read before anything else, so never too new.
    """

    standing: Standing
    newest: AlarmRow | None
    is_watched: bool
    token: str

    @property
    def marks(self) -> list[Mark]:
        """Priorities of which there are alarms, the most urgent first."""
        counts, calling = self.standing.counts, self.standing.calling
        return [Mark(priority, priority in calling, counts[priority]) for priority in Priority if counts[priority]]

    @property
    def houses(self) -> str:
        """By compartment, its most urgent priority, and whether that calls, as JSON for the page's script."""
        return json.dumps({key: [mark.value, calls] for key, (mark, calls) in self.standing.compartments.items()})

    @property
    def is_calm(self) -> bool:
        """Nothing is on, nothing waits for a person, and somebody looks."""
        return self.is_watched and not self.marks


def are_watched(base: BaseStructure, states: Mapping[str, PointState], *, now: datetime) -> bool:
    """Whether alarms are evaluated at this moment, by what the control process says of itself."""
    point = base.points.get(control_key(ALARM_EVALUATION))
    if point is None:
        return False
    shown = ShownValue(point, states.get(point.key), now)
    return shown.freshness is Freshness.LIVE and shown.believable_value == 1.0


def alarm_strip(base: BaseStructure, states: Mapping[str, PointState], *, now: datetime) -> AlarmStrip:
    """The alarms of the base in one line, now."""
    told = token(base, states, now=now)
    standing = board.standing()
    newest = None if standing.newest is None else _row(base, standing.newest)
    return AlarmStrip(standing, newest, is_watched=are_watched(base, states, now=now), token=told)


def listed(base: BaseStructure) -> list[AlarmRow]:
    """What needs a person, the most urgent first."""
    return [_row(base, occurrence) for occurrence in board.listed()]


def listed_in(base: BaseStructure, compartment: str | None) -> list[AlarmRow]:
    """What needs a person in one compartment; None: in what serves the whole base."""
    return [row for row in listed(base) if row.occurrence.compartment_key == compartment]


def lifting(rows: Iterable[AlarmRow]) -> dict[str, AlarmRow]:
    """By compartment, the alarm for which its card is lifted: the most urgent of those that are more than a notice."""
    found: dict[str, AlarmRow] = {}
    for row in rows:
        if row.occurrence.compartment_key and row.occurrence.priority < Priority.P4:
            found.setdefault(row.occurrence.compartment_key, row)
    return found


def history(base: BaseStructure, house: str, *, days: int, now: datetime) -> Sequence[AlarmRow]:
    """What was raised in these days, newest first.

    Parameters
    ----------
    house : str
        Key of a house; anything else: the whole base.
    """
    parts = next((found.compartments for found in base.houses if found.key == house), None)
    compartments = None if parts is None else [part.key for part in parts]
    found = board.history(compartments=compartments, since=now - timedelta(days=days), count=LONGEST_HISTORY)
    return [_row(base, occurrence) for occurrence in found]


def of_occurrences(base: BaseStructure, occurrences: Sequence[Occurrence]) -> list[AlarmRow]:
    """Alarms with the words that a page needs, in the same order."""
    return [_row(base, occurrence) for occurrence in occurrences]


def token(base: BaseStructure, states: Mapping[str, PointState], *, now: datetime) -> str:
    """Another text whenever a page has to show something else about alarms."""
    return f"{board.revision()} {'watched' if are_watched(base, states, now=now) else 'unwatched'}"


def _row(base: BaseStructure, occurrence: Occurrence) -> AlarmRow:
    definition = load_shipped().get(occurrence.definition_key)
    return AlarmRow(occurrence, definition, base.points.get(occurrence.object_key))
