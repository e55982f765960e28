"""One value for several compartments: reviewed side by side, and followed compartment by compartment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _

from greenhouse.commands.batches import Place, is_whole_base, submit_batch
from greenhouse.commands.checks import Code, Target, Verdict, agree, confirmed_value
from greenhouse.commands.history import requests_of_batch
from greenhouse.commands.messages import sentence
from greenhouse.commands.models import BatchRow, CommandBatch
from greenhouse.commands.policies import needs_approval
from greenhouse.commands.risk import is_large
from greenhouse.commands.sources import Source
from greenhouse.commands.submit import conflict, forbids
from greenhouse.commands.target import read_target
from greenhouse.console.changes import changes
from greenhouse.console.changes.changes import Change
from greenhouse.console.sheet.entry import Entry, EntryFault, parse_value
from greenhouse.console.sheet.sheet import Sheet, difference, require_care
from greenhouse.console.values.places import place_name
from greenhouse.console.values.shown_value import format_value, written
from greenhouse.deadlines import Moment
from greenhouse.site.display import display, unit_sign
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.telemetry import sample_time


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One compartment before a batch is sent.

    Attributes
    ----------
    seen_value : float or None
        What is in force there on this page, for the form to carry along.
    fault : str
        Why nothing will be sent there, in the reader's language; empty if it will.
    """

    point: PointStructure
    place: str
    seen_value: float | None
    old: str
    new: str
    delta: str
    fault: str
    is_large: bool
    needs_second: bool


@dataclass(frozen=True, slots=True)
class BatchReview:
    """A batch that may be sent: every compartment with its old and new value, and how careful the sending is."""

    rows: list[ReviewRow]
    is_whole_base: bool

    @property
    def sent_count(self) -> int:
        """To how many compartments it would be sent."""
        return sum(not row.fault for row in self.rows)

    @property
    def may_be_sent(self) -> bool:
        """Whether anything would be sent at all."""
        return self.sent_count > 0

    @property
    def is_large(self) -> bool:
        """Whether it wants a reason and a held button: all compartments at once always do."""
        return self.is_whole_base or any(row.is_large for row in self.rows if not row.fault)

    @property
    def needs_second(self) -> bool:
        """Whether it wants a second person somewhere."""
        return self.is_whole_base or any(row.needs_second for row in self.rows if not row.fault)


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One compartment of a batch that was sent: its request, or why there is none."""

    row: BatchRow
    place: str
    change: Change | None
    old: str
    point: PointStructure | None

    @property
    def state(self) -> str:
        """How far it has come; a row without a request was refused."""
        return "refused" if self.change is None else str(self.change.request.state)

    @property
    def state_name(self) -> str:
        """The same, in the reader's language."""
        return _("not sent") if self.change is None else self.change.state_name

    @property
    def sign(self) -> str:
        """Sign of the state."""
        return "lock" if self.change is None else self.change.sign

    @property
    def why(self) -> str:
        """Why it is not in force, in the reader's language; empty if there is nothing to say."""
        if self.change is None:
            return sentence(Verdict(Code(self.row.verdict), self.row.facts))
        return self.change.why


@dataclass(frozen=True, slots=True)
class BatchResult:
    """A batch as far as every compartment has come."""

    batch: CommandBatch
    rows: list[ResultRow]
    label: str
    new: str
    unit: str

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many compartments stand where, in words: never one tick for all."""
        return list(Counter(row.state_name for row in self.rows).items())

    @property
    def is_open(self) -> bool:
        """Whether anything of it is still on its way or waits."""
        return any(row.change is not None and row.change.is_open for row in self.rows)


def review_batch(base: BaseStructure, sheet: Sheet, entry: Entry, *, now: datetime) -> BatchReview:
    """Every chosen compartment with what would happen there.

    Raises
    ------
    EntryFault
        If there is no value, or something was chosen that is not offered.
    """
    value = parse_value(entry.text)
    offered = {found.key for found in sheet.elsewhere}
    if not set(entry.also) <= offered:
        raise EntryFault(_("One of the chosen compartments does not have this setpoint. Choose again."))
    keys = [sheet.point.key, *entry.also]
    found = [row for row in (_review_row(base, key, value, entry, now) for key in keys) if row is not None]
    return BatchReview(found, is_whole_base(sheet.point, keys, base.points.values()))


def send_batch(
    sheet: Sheet, entry: Entry, review: BatchReview, *, user: User | AnonymousUser, device_label: str, now: Moment
) -> CommandBatch:
    """Store a request for each compartment.

    Raises
    ------
    RequestError
        Of any kind; nothing was stored.
    """
    require_care(entry, is_large=review.is_large)
    seen = {sheet.point.key: entry.seen_value, **entry.seen}
    places = [Place(row.point.key, seen.get(row.point.key), entry.seen_at) for row in review.rows]
    return submit_batch(
        places,
        parse_value(entry.text),
        by=user,
        now=now,
        submission=entry.submission or uuid4(),
        reason=entry.reason,
        device_label=device_label,
        hold_for=entry.hold_for,
    )


def batch_result(base: BaseStructure, batch_id: UUID) -> BatchResult | None:
    """What has become of a batch; None if there is none."""
    batch = CommandBatch.objects.filter(pk=batch_id).select_related("requested_by").first()
    if batch is None:
        return None
    rows = list(batch.rows.all())
    by_request = {change.request.pk: change for change in changes.of_requests(base, requests_of_batch(batch.pk))}
    first = base.points.get(rows[0].point_key) if rows else None
    return BatchResult(
        batch=batch,
        rows=[_result_row(base, row, None if row.request_id is None else by_request[row.request_id]) for row in rows],
        label=rows[0].point_key if first is None else first.label,
        new=written(first, batch.value),
        unit="" if first is None else unit_sign(first.unit),
    )


def _result_row(base: BaseStructure, row: BatchRow, change: Change | None) -> ResultRow:
    point = base.points.get(row.point_key)
    old = written(point, row.seen_value)
    place = row.point_key if point is None else place_name(base, point)
    return ResultRow(row=row, place=place, change=change, old=old, point=point)


def _review_row(base: BaseStructure, key: str, value: float, entry: Entry, now: datetime) -> ReviewRow | None:
    found = read_target(key)
    if found is None:
        return None
    point, target = found
    current = confirmed_value(target)
    at = sample_time.look(now)
    forbidden = forbids(point, target, value, at=at)
    verdict = forbidden or _already(target, value, entry, current)
    return ReviewRow(
        point=point,
        place=place_name(base, point),
        seen_value=current,
        old=written(point, current),
        new=format_value(point, value),
        delta="" if current is None or point.states else difference(value - current, display(point.quantity)),
        fault="" if verdict is None else sentence(verdict),
        is_large=is_large(point.quantity, current, value),
        needs_second=needs_approval(target, Source.PERSON, value),
    )


def _already(target: Target, value: float, entry: Entry, current: float | None) -> Verdict | None:
    if entry.hold_for is None and agree(current, value, tolerance=target.tolerance):
        return Verdict(Code.IN_FORCE_ALREADY)
    seen = entry.seen.get(target.point)
    # What the page before showed there; a value that has changed since is said here, before anything is sent.
    return None if seen is None else conflict(target, seen)
