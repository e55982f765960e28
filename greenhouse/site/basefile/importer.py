"""A checked base file into the database: idempotent, in short transactions, without deleting what has a history."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from django.db import transaction

from greenhouse.ledger import chain
from greenhouse.site.basefile.rows import Row, control_rows, point_rows
from greenhouse.site.basefile.schema import BaseFile, CompartmentEntry, HouseEntry, LineEntry
from greenhouse.site.models import (
    Base,
    Compartment,
    Device,
    House,
    LearnedHole,
    Line,
    Point,
    SiteProfile,
    ValveGroup,
)

ROWS_PER_TRANSACTION = 25
"""Keeps each write transaction well under 50 ms on a small machine, so that a running base is not held up."""


@dataclass(frozen=True, slots=True)
class Change:
    """How many entries of one kind an import created, changed and switched off."""

    created: int = 0
    changed: int = 0
    disabled: int = 0

    def __bool__(self) -> bool:
        return bool(self.created or self.changed or self.disabled)


Entry = TypeVar("Entry", House, Compartment, Line, Device, Point, ValveGroup)
_Item = TypeVar("_Item")


def import_base(file: BaseFile, *, now: datetime, also: Callable[[], bool] | None = None) -> dict[str, Change]:
    """Make the database say what the file says.

    Everything is stored in short transactions. Before the first change the base is marked as being loaded; the last
    transaction takes the mark away, gives the base a new revision and records the change in the ledger. An import that
    was cut off is completed by the next one, also if nothing was left but to tell. Until then who has read the base
    goes on with what it was, and who reads it anew sees the mark; a first import that was cut off has left no base.

    Parameters
    ----------
    file : BaseFile
        Checked.
    now : datetime
        Aware.
    also : callable, optional
        Stores what comes with the base but is kept elsewhere, before the new revision is told, and says whether it
        changed anything. In the transaction of its change it calls `begin_change`.

    Returns
    -------
    dict of Change
        By kind of entry, in the order of storing.
    """
    with _no_collection():
        return _import(file, now, also)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let no garbage be collected meanwhile: with a large base that takes 0.1 s, and falls into some transaction."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _import(file: BaseFile, now: datetime, also: Callable[[], bool] | None) -> dict[str, Change]:
    changes = {"profile": _store_profiles(file), "base": _store_base(file)}
    changes["house"] = _store(House, {house.key: _columns(house) for house in file.houses})
    houses = dict(House.objects.values_list("key", "pk"))
    changes["compartment"] = _store(
        Compartment,
        {
            entry.key: {**_columns(entry, without=("house",)), "house_id": houses[entry.house]}
            for entry in file.compartments
        },
    )
    changes["line"] = _store(Line, {line.key: _columns(line) for line in file.lines})
    changes["device"] = _store_devices(file)
    changes["point"] = _store_points(file)
    changes["valve_group"] = _store_valve_groups(file)
    if also is not None:
        changes["alarms"] = Change(changed=int(also()))
    if any(changes.values()) or Base.objects.filter(is_being_loaded=True).exists():
        _announce(file, changes, now)
    return changes


def begin_change() -> None:
    """Leave a mark before anything is changed: whoever is cut off after the last change has nothing left to find."""
    Base.objects.filter(is_being_loaded=False).update(is_being_loaded=True)


def _announce(file: BaseFile, changes: Mapping[str, Change], now: datetime) -> None:
    revision = uuid4()
    counts = {f"{kind}_{name}": count for kind, change in changes.items() for name, count in asdict(change).items()}
    with transaction.atomic():
        if not Base.objects.update(revision=revision, is_being_loaded=False):
            Base.objects.create(**asdict(file.base), revision=revision)
        chain.append(chain.Kind.BASE_LOADED, {"base": file.base.key, "revision": str(revision), **counts}, now=now)


def _columns(entry: HouseEntry | CompartmentEntry | LineEntry, *, without: Sequence[str] = ()) -> Row:
    return {name: value for name, value in asdict(entry).items() if name != "key" and name not in without}


def _store_profiles(file: BaseFile) -> Change:
    stored = dict(SiteProfile.objects.values_list("key", "text"))
    different = [own for own in file.profiles if stored.get(own.key) != own.text]
    if different:
        begin_change()
    for own in different:
        SiteProfile.objects.update_or_create(key=own.key, defaults={"text": own.text})
    created = sum(own.key not in stored for own in different)
    return Change(created=created, changed=len(different) - created)


def _store_base(file: BaseFile) -> Change:
    wanted = asdict(file.base)
    row = Base.objects.first()
    if row is None:
        return Change(created=1)  # with the last step: there is no base before all of it is there
    if all(getattr(row, name) == value for name, value in wanted.items()):
        return Change()
    Base.objects.filter(pk=row.pk).update(**wanted, is_being_loaded=True)
    return Change(changed=1)


def _store_devices(file: BaseFile) -> Change:
    lines = dict(Line.objects.values_list("key", "pk"))
    compartments = dict(Compartment.objects.values_list("key", "pk"))
    rows: dict[str, Row] = {
        entry.key: {
            "name_zh": entry.name_zh,
            "name_en": entry.name_en,
            "profile": entry.profile_key,
            "line_id": lines[entry.line],
            "unit_id": entry.unit_id,
            "compartment_id": None if entry.compartment is None else compartments[entry.compartment],
            "origin": entry.origin.value,
            "timeout_s": entry.timeout_s,
            "retries": entry.retries,
            "overrides": dict(entry.overrides),
        }
        for entry in file.devices
    }
    _release(rows)
    return _store(Device, rows)


def _release(rows: Mapping[str, Row]) -> None:
    """Free the addresses of devices that move or turn into another kind, and forget what was learned about them there.

    Two devices may swap their unit ids in one file; the database allows an address to one enabled device at a time.
    """
    moved = [
        device.pk
        for device in Device.objects.filter(enabled=True)
        if device.key in rows
        and any(getattr(device, name) != rows[device.key][name] for name in ("line_id", "unit_id", "profile"))
    ]
    if moved:
        begin_change()
    for some in _slices(moved):
        with transaction.atomic():
            LearnedHole.objects.filter(device__in=some).delete()
            Device.objects.filter(pk__in=some).update(enabled=False)


def _store_points(file: BaseFile) -> Change:
    devices = dict(Device.objects.values_list("key", "pk"))
    rows: dict[str, Row] = {key: {**row, "device_id": None} for key, row in control_rows()}
    for entry in file.devices:
        rows.update({key: {**row, "device_id": devices[entry.key]} for key, row in point_rows(entry)})
    return _store(Point, rows, ordered=False)


def _store_valve_groups(file: BaseFile) -> Change:
    compartments = dict(Compartment.objects.values_list("key", "pk"))
    rows: dict[str, Row] = {
        group.key: {
            "name_zh": group.name_zh,
            "name_en": group.name_en,
            "compartment_id": compartments[group.compartment],
            "valves": list(group.valves),
            "area_m2": group.area_m2,
            "longest_run_s": group.longest_run_min * 60.0,
            "pump": group.pump,
            "meter": group.meter,
        }
        for group in file.valve_groups
    }
    return _store(ValveGroup, rows)


def _store(model: type[Entry], rows: Mapping[str, Row], *, ordered: bool = True) -> Change:
    """Create, change and switch off rows of one table. ``ordered``: their order in the file is their position."""
    existing: dict[str, Entry] = {row.key: row for row in model.objects.all()}
    created: list[Entry] = []
    changed: list[tuple[int, Row]] = []
    for position, (key, row) in enumerate(rows.items()):
        wanted = {**row, "enabled": True, **({"position": position} if ordered else {})}
        stored = existing.get(key)
        if stored is None:
            created.append(model(key=key, **wanted))
        elif different := {name: value for name, value in wanted.items() if getattr(stored, name) != value}:
            changed.append((stored.pk, different))
    gone = [row.pk for key, row in existing.items() if key not in rows and row.enabled]
    if gone or changed or created:
        begin_change()
    for some_keys in _slices(gone):
        model.objects.filter(pk__in=some_keys).update(enabled=False)
    for some_changes in _slices(changed):
        _change(model, some_changes)
    for some in _slices(created):
        model.objects.bulk_create(some)
    return Change(created=len(created), changed=len(changed), disabled=len(gone))


@transaction.atomic
def _change(model: type[Entry], changes: Sequence[tuple[int, Row]]) -> None:
    """Give rows their new columns, each its own few: `bulk_update` takes seconds to write one statement of them all."""
    for pk, different in changes:
        model.objects.filter(pk=pk).update(**different)


def _slices(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[first : first + ROWS_PER_TRANSACTION] for first in range(0, len(items), ROWS_PER_TRANSACTION))
