"""Storing what a simulated base grew and gave in its last two seasons. Resumable: what is there is left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from greenhouse.crops import cycles
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.errors import CropError
from greenhouse.crops.models import CropCycle, TargetPer
from greenhouse.forecast.season import MakeHouse
from greenhouse.harvest import simulated
from greenhouse.harvest.entries import Weighed
from greenhouse.harvest.simulated import Simulated
from greenhouse.site.basefile.schema import BaseFile
from scheduler.demo_history.crops import DemoCycle, DemoPick, cycles_until, pickings

_NAMES = uuid5(NAMESPACE_URL, "https://kangbashi.invalid/demo-harvest")
_ENTERED = time(17, 30)
Told = Callable[[str], None]


def fill_in(
    base_file: BaseFile, *, seed: int, now: datetime, make_house: MakeHouse, told: Told, lacking_only: bool = False
) -> int:
    """Store the cycles and harvests that are lacking. Returns how many harvests.

    A compartment in which people have planted something of their own is left to them.

    Parameters
    ----------
    lacking_only : bool
        Leave cycles alone that once had all harvests of their past; otherwise what has ripened since is added.
    """
    today = cycles.local_day(now)
    zone = ZoneInfo(base_file.base.time_zone)
    rows: dict[DemoCycle, CropCycle] = {}
    for cycle in cycles_until(base_file, today):
        try:
            rows[cycle] = _started(cycle, base_file.base.key, now)
        except CropError as error:
            told(f"{cycle.compartment}, {cycle.planted_on}: left out ({type(error).__name__})")
    complete = simulated.complete_cycles() if lacking_only else frozenset()
    wanted = [cycle for cycle, row in rows.items() if row.pk not in complete]
    stored = 0
    for cycle, picks in pickings(wanted, today, seed, make_house):
        row = rows[cycle]
        stored += simulated.store(row, _harvests(row, picks, zone), now=now)
        told(f"{cycle.compartment}, {cycle.planting.cultivar}, planted {cycle.planted_on}: {len(picks)} harvests")
    return stored


def _started(cycle: DemoCycle, base_key: str, now: datetime) -> CropCycle:
    key = uuid5(_NAMES, f"{base_key}/{cycle.compartment}/{cycle.planting.cultivar}/{cycle.planted_on}")
    new = NewCycle(
        compartment=cycle.compartment,
        cultivar=cycle.planting.cultivar,
        area_m2=cycle.area_m2,
        planted_on=cycle.planted_on,
        ended_on=cycle.ended_on,
        target_kg_m2=cycle.planting.target_kg_m2,
        target_per=TargetPer.WEEK,
    )
    row = cycles.start_simulated(new, key=key, now=now)
    if row.ended_on is None and cycle.ended_on is not None:
        row = cycles.end_simulated(row.pk, on=cycle.ended_on, now=now)
    return row


def _harvests(row: CropCycle, picks: Sequence[DemoPick], zone: ZoneInfo) -> list[Simulated]:
    return [
        Simulated(
            id=_id_of(row, pick),
            weighed=Weighed(row.pk, pick.day, pick.grade, pick.mass_g),
            entered_at=datetime.combine(pick.day, _ENTERED, tzinfo=zone),
        )
        for pick in picks
    ]


def _id_of(row: CropCycle, pick: DemoPick) -> UUID:
    return uuid5(row.pk, f"{pick.day}/{pick.grade}")
