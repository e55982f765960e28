"""The log of all changes as people read it: who, from where, what, why, and how it came out, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from heapq import merge
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from greenhouse.access.roles import name_of
from greenhouse.commands import log
from greenhouse.commands.log import Choice, LogPage, Position
from greenhouse.commands.models import CommandRequest, HoldEnd, HoldState, ManualHold
from greenhouse.commands.sources import Source
from greenhouse.console.changes import changes
from greenhouse.console.changes.changes import Change, Step
from greenhouse.console.changes.program_rows import ProgramRow, program_rows
from greenhouse.console.page.years import FIRST_YEAR, LAST_YEAR
from greenhouse.console.values.places import placed
from greenhouse.rules.changes import ProgramChoice, authors, how_many
from greenhouse.site.structure import BaseStructure

ROWS_OF_A_PAGE = 50
_PERSON = re.compile(r"[0-9]{1,10}")
_MOST_NUMBER = 2**31 - 1
_LAST_ID = UUID(int=2**128 - 1)

SOURCE_NAMES: Mapping[Source, Promise] = {
    Source.PERSON: pgettext_lazy("source of a change", "person"),
    Source.PROGRAM: pgettext_lazy("source of a change", "schedule or program"),
    Source.INTERLOCK: pgettext_lazy("source of a change", "interlock"),
    Source.CONTROLLER: pgettext_lazy("source of a change", "controller on site"),
}
_HOLD_ENDS: Mapping[HoldEnd, Promise] = {
    HoldEnd.NOT_TAKEN: pgettext_lazy("end of a manual hold", "did not begin"),
    HoldEnd.REPLACED: pgettext_lazy("end of a manual hold", "replaced by a newer value"),
    HoldEnd.RETURNED: pgettext_lazy("end of a manual hold", "ended by its time"),
    HoldEnd.GIVEN_BACK: pgettext_lazy("end of a manual hold", "given back early"),
    HoldEnd.CHANGED_SINCE: pgettext_lazy("end of a manual hold", "left alone: changed meanwhile"),
    HoldEnd.RESTORED: pgettext_lazy("end of a manual hold", "ended by a restored backup"),
    HoldEnd.NOT_READ_BACK: pgettext_lazy("end of a manual hold", "not returned: nothing was read back"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asked for, as it stands in the address. Empty: not asked for."""

    house: str = ""
    point: str = ""
    person: str = ""
    source: str = ""
    first: str = ""
    last: str = ""

    @property
    def query(self) -> str:
        """As the address carries it."""
        named = {"house": self.house, "point": self.point, "person": self.person, "source": self.source}
        named |= {"from": self.first, "to": self.last}
        return urlencode({name: text for name, text in named.items() if text})

    @property
    def are_set(self) -> bool:
        """Whether anything is left out."""
        return bool(self.query)


@dataclass(frozen=True, slots=True)
class LogRow:
    """One change with everything that is to be known of it, told by the clock of the base."""

    change: Change
    zone: ZoneInfo

    @property
    def is_program(self) -> bool:
        """Tells it from a change of a program."""
        return False

    @property
    def at(self) -> datetime:
        """When it was asked for."""
        return self.request.created_at

    @property
    def request(self) -> CommandRequest:
        """As stored."""
        return self.change.request

    @property
    def source_name(self) -> str:
        """Where it comes from, in the reader's language."""
        return str(SOURCE_NAMES[Source(self.request.source)])

    @property
    def scope(self) -> str:
        """How far it reached: this compartment alone, or how many of a batch."""
        if self.request.batch is None:
            return _("this compartment only")
        return _("batch of %(n)s compartments") % {"n": len(self.request.batch.rows.all())}

    @property
    def steps(self) -> list[Step]:
        """What has happened; nothing that is still ahead."""
        return [step for step in self.change.steps if step.at is not None]

    @property
    def undoes(self) -> CommandRequest | None:
        """The change that this one took back."""
        return self.request.undo_of

    @property
    def hold(self) -> str:
        """What became of its manual hold; empty: it had none."""
        hold = _hold_of(self.request)
        return "" if hold is None else _hold_in_words(hold, self.zone)


@dataclass(frozen=True, slots=True)
class ShownLog:
    """A page of the log.

    Attributes
    ----------
    older : str
        Query of the page after this one; empty: this is the last one.
    is_first : bool
        Whether the newest changes are on it.
    """

    rows: list[LogRow | ProgramRow]
    count: int
    older: str
    is_first: bool


def read_filters(query: QueryDict) -> Filters:
    """What an address asks for. What is not there to be chosen is left out, so that a form never lies."""
    texts = {name: query.get(name, "").replace("\0", "") for name in ("house", "point", "person", "source")}
    is_source = texts["source"] in {source.value for source in Source}
    is_person = _PERSON.fullmatch(texts["person"]) is not None and int(texts["person"]) <= _MOST_NUMBER
    return Filters(
        house=texts["house"][:100],
        point=texts["point"][:200],
        person=texts["person"] if is_person else "",
        source=texts["source"] if is_source else "",
        first=_day_text(query.get("from", "")),
        last=_day_text(query.get("to", "")),
    )


def show(base: BaseStructure, filters: Filters, after: Position | None) -> ShownLog:
    """A page of the log."""
    choice, zone = choice_of(base, filters), ZoneInfo(base.time_zone)
    page = log.read_page(choice, count=ROWS_OF_A_PAGE, after=after)
    rows = [LogRow(change, zone) for change in changes.of_requests(base, page.rows)]
    programs = _programs(base, filters, before=None if after is None else after.at, page=page)
    shown, end = _cut(sorted([*rows, *programs], key=lambda row: row.at, reverse=True), page.older)
    older = "" if end is None else urlencode({"after": f"{end.at.isoformat()}_{end.id}"})
    of_programs = _program_choice(base, filters)
    return ShownLog(
        rows=shown,
        count=log.how_many(choice) + (0 if of_programs is None else how_many(of_programs)),
        older="&".join(filter(None, (filters.query, older))) if older else "",
        is_first=after is None,
    )


def read_position(text: str) -> Position | None:
    """Where a page begins; None: at the newest change, as for anything that no page has put there."""
    at, _mark, number = text.rpartition("_")
    try:
        moment, row = parse_datetime(at), UUID(number)
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year < LAST_YEAR:
        return None
    return Position(moment, row)


def choice_of(base: BaseStructure, filters: Filters) -> Choice:
    """The same in terms of the store. Days are those of the base."""
    zone = ZoneInfo(base.time_zone)
    first, last = parse_date(filters.first or ""), parse_date(filters.last or "")
    return Choice(
        points=_points(base, filters),
        person=int(filters.person) if filters.person else None,
        source=Source(filters.source) if filters.source else None,
        since=None if first is None else _midnight(first, zone),
        until=None if last is None else _midnight(last + timedelta(days=1), zone),
    )


def point_choices(base: BaseStructure) -> list[tuple[str, list[tuple[str, str]]]]:
    """Points that take requests, by place: key and label."""
    found: dict[str, list[tuple[str, str]]] = {}
    for place, point in placed(base):
        if point.is_writable and point.limits is not None:
            found.setdefault(place, []).append((point.key, point.label))
    return list(found.items())


def people_choices() -> list[tuple[str, str]]:
    """Everybody who has asked for a change, or changed a program: number and name."""
    found = {user.pk: name_of(user) for user in (*log.people(), *authors())}
    return [(str(number), name) for number, name in sorted(found.items(), key=lambda one: one[1])]


def csv_rows(base: BaseStructure, filters: Filters) -> Iterator[list[str]]:
    """Every chosen change as a row of a file, after the names of its columns."""
    zone = ZoneInfo(base.time_zone)
    programs: Iterable[LogRow | ProgramRow] = _all_programs(base, filters)
    yield _header()
    points: Iterable[LogRow | ProgramRow] = (
        LogRow(change, zone)
        for requests in log.every_page(choice_of(base, filters))
        for change in changes.of_requests(base, requests)
    )
    for row in merge(points, programs, key=lambda row: row.at, reverse=True):
        yield row.cells(zone, str(SOURCE_NAMES[Source.PERSON])) if isinstance(row, ProgramRow) else _cells(row)


def _programs(base: BaseStructure, filters: Filters, *, before: datetime | None, page: LogPage) -> list[ProgramRow]:
    """Changes of programs within the stretch of time of a page, and no more than it takes to fill one."""
    choice = _program_choice(base, filters)
    if choice is None:
        return []
    oldest = None if page.older is None else page.older.at
    part = replace(choice, after=oldest, before=before)
    found = list(program_rows(base, part, most=ROWS_OF_A_PAGE + 1))
    if len(found) <= ROWS_OF_A_PAGE:
        return found
    since = found[-1].at  # what was stored at one moment, as a copy to many compartments, stays together
    return list(program_rows(base, replace(part, since=since if part.since is None else max(since, part.since))))


def _cut(rows: list[LogRow | ProgramRow], older: Position | None) -> tuple[list[LogRow | ProgramRow], Position | None]:
    """As many rows as stand on a page, newest first, and where the next one begins; None: this is the last one."""
    if len(rows) <= ROWS_OF_A_PAGE:
        return rows, older
    oldest = rows[ROWS_OF_A_PAGE - 1].at
    return [row for row in rows if row.at >= oldest], Position(oldest - datetime.resolution, _LAST_ID)


def _all_programs(base: BaseStructure, filters: Filters) -> list[ProgramRow]:
    choice = _program_choice(base, filters)
    return [] if choice is None else list(program_rows(base, choice))


def _program_choice(base: BaseStructure, filters: Filters) -> ProgramChoice | None:
    """What is asked for of programs; None: nothing, since people alone change them and none is a point."""
    if filters.point or filters.source not in {"", Source.PERSON.value}:
        return None
    of_points = choice_of(base, filters)
    house = next((house for house in base.houses if house.key == filters.house), None)
    return ProgramChoice(
        compartments=None if house is None else frozenset(part.key for part in house.compartments),
        person=of_points.person,
        since=of_points.since,
        until=of_points.until,
    )


def _header() -> list[str]:
    return [
        _("asked at"),
        _("place"),
        _("point"),
        _("key"),
        _("old value"),
        _("new value"),
        _("unit"),
        _("who"),
        _("role"),
        _("source"),
        _("from where"),
        _("scope"),
        _("reason"),
        _("manual hold"),
        _("approved by"),
        _("result"),
        _("why"),
        _("read back"),
        _("steps"),
        pgettext("column", "number"),
        _("takes back"),
        _("batch"),
    ]


def _cells(row: LogRow) -> list[str]:
    request, change, zone = row.request, row.change, row.zone
    steps = [f"{step.name} {step.at.astimezone(zone).isoformat()}" for step in row.steps if step.at is not None]
    return [
        request.created_at.astimezone(zone).isoformat(),
        change.place,
        change.label,
        request.point_key,
        _plain(request.previous_value),
        _plain(request.value),
        change.unit,
        change.by,
        change.role_name,
        row.source_name,
        request.device_label,
        row.scope,
        request.reason,
        row.hold,
        change.approved_by,
        change.state_name,
        change.why,
        _plain(request.readback_value),
        " | ".join(steps),
        str(request.pk),
        "" if request.undo_of_id is None else str(request.undo_of_id),
        "" if request.batch_id is None else str(request.batch_id),
    ]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _hold_of(request: CommandRequest) -> ManualHold | None:
    return getattr(request, "hold", None)


def _hold_in_words(hold: ManualHold, zone: ZoneInfo) -> str:
    if hold.state == HoldState.ENDED:
        words = str(_HOLD_ENDS[HoldEnd(hold.end)])
    else:
        words = _("until %(time)s") % {"time": f"{hold.ends_at.astimezone(zone):%m-%d %H:%M}"}
    if hold.extended_by is None:
        return words
    return _("%(hold)s, put off by %(by)s") % {"hold": words, "by": name_of(hold.extended_by)}


def _points(base: BaseStructure, filters: Filters) -> frozenset[str] | None:
    if filters.point:
        return frozenset({filters.point})
    house = next((house for house in base.houses if house.key == filters.house), None)
    if house is None:
        return None
    return frozenset(key for part in house.compartments for key in part.points)


def _day_text(text: str) -> str:
    """A day as an address writes it; nothing for one that is none, or on which no base has ever been."""
    try:
        day = parse_date(text)
    except ValueError:
        return ""
    if day is None or not FIRST_YEAR <= day.year < LAST_YEAR or len(text) > len("2026-01-01"):
        return ""
    return text


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
