"""Makes and stores the simulated past of the demonstration base; for ``benchmarks.demo_history``. Prints JSON.

``--quick`` makes that of one house and of what is common, without the compiler.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.results import PROJECT
from benchmarks.store_run import databases

if TYPE_CHECKING:
    from greenhouse.forecast.season import MakeHouse
    from greenhouse.site.basefile.schema import BaseFile
    from greenhouse.site.point_index import PointIndex


def _measure(days: int, *, quick: bool) -> dict[str, float]:
    from django.conf import settings

    from greenhouse.clock import utc_now
    from greenhouse.fencing import UNFENCED
    from greenhouse.plant.compiled import CompiledHouse, keep_machine_code
    from greenhouse.plant.stretch import PlainHouse
    from greenhouse.site.basefile.importer import import_base
    from greenhouse.site.basefile.reader import load_base
    from greenhouse.site.point_index import point_index
    from greenhouse.telemetry import backfill, store
    from greenhouse.telemetry.packing import PointTraits
    from greenhouse.telemetry.retention import retention_of
    from scheduler.demo_history.making import Wanted, make, what_is_left

    now = utc_now()
    base_file = load_base(PROJECT / "bases" / "kangbashi.toml")
    if quick:
        base_file = replace(
            base_file, devices=tuple(device for device in base_file.devices if device.compartment in {None, "h1"})
        )
    make_house = PlainHouse if quick else CompiledHouse
    import_base(base_file, now=now)
    index = point_index()
    _record_once(base_file, index, now)
    backfill.begin_packing()
    keep_machine_code(Path(settings.VAR_DIR) / "machine-code")
    wanted = Wanted(days, settings.SIMULATION_SEED, retention_of(settings.TELEMETRY_KEEP_DAYS), now)
    began_cpu_s = time.process_time()
    _compile(make_house)
    compiling_s = time.process_time() - began_cpu_s
    traits = PointTraits(index)
    took_ms, storing_cpu_s = [], 0.0
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    for past in make(base_file, what_is_left(base_file, index).until_ms, wanted, index, make_house):
        at_s, at_cpu_s = time.monotonic(), time.process_time()
        backfill.store_past(past, traits, now=now, fence=UNFENCED)
        took_ms.append(1000.0 * (time.monotonic() - at_s))
        storing_cpu_s += time.process_time() - at_cpu_s
    sizes = {
        table: store.fetch(f"SELECT COUNT(*), SUM(n), SUM(LENGTH(data)) FROM {table}")[0]  # noqa: S608
        for table in ("telemetry_chunk", "telemetry_rollup")
    }
    return {
        "points": len(took_ms),
        "took_s": time.monotonic() - began_s,
        "cpu_s": time.process_time() - began_cpu_s,
        "storing_cpu_s": storing_cpu_s,
        "compiling_s": compiling_s,
        "longest_ms": max(took_ms),
        "median_ms": statistics.median(took_ms),
        "chunks": sizes["telemetry_chunk"][0],
        "samples": int(sizes["telemetry_chunk"][1]),
        "rollups": sizes["telemetry_rollup"][0],
        "bytes": int(sizes["telemetry_chunk"][2] + sizes["telemetry_rollup"][2]),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
    }


def _record_once(base_file: BaseFile, index: PointIndex, now: datetime) -> None:
    """One sample of every point of the base, as its devices would show it."""
    from django.conf import settings

    from devices.samples import Origin, Reading
    from greenhouse.telemetry import ingest
    from scheduler.simulation import simulated_plant

    plant = simulated_plant(base_file, start=now, seed=settings.SIMULATION_SEED)
    points = [(device.key, point) for device in base_file.devices for point in device.profile.points]
    readable = [(key, point) for key, point in points if point.access.can_read]
    values = [plant.value(key, point.key) or 0.0 for key, point in readable]
    good = np.zeros(len(values), np.uint8)
    keys = tuple(f"{key}.{point.key}" for key, point in readable)
    reading = Reading(keys, np.array(values), good, good, now, Origin.SIMULATED)
    ingest.record([reading], ids=index.ids, writer="control", tick=1, now=now)


def _compile(make_house: MakeHouse) -> None:
    """Let the compiler do its work before the clock starts."""
    from devices.simulator.compartment import Enclosure
    from scheduler.demo_history.life import Fitted, live_through
    from scheduler.demo_history.outside import outside_of
    from scheduler.demo_history.year import LOCAL, NO_ERRORS
    from scheduler.simulated_plant.outdoors import BaseWeather
    from scheduler.simulated_plant.settling import fitting_of, settled

    until = datetime(2026, 1, 1, 1, tzinfo=UTC).astimezone(LOCAL)
    fitted = Fitted(None, NO_ERRORS, (), has_blanket=False, has_net=False, turn=0)
    fitting = fitting_of(Enclosure.GLASSHOUSE, 500.0)
    outside = outside_of(date(2026, 1, 1), until, seed=1)
    live_through(fitting, fitted, outside, settled(fitting, BaseWeather(1), outside.begin), make_house)


if __name__ == "__main__":
    with databases():
        sys.stdout.write(json.dumps(_measure(int(sys.argv[1]), quick="--quick" in sys.argv)) + "\n")
