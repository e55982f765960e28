"""What looking at alarms costs the control cycle at each tick."""

from __future__ import annotations

import os
import statistics
import time
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.results import Row, Section, at_most
from devices.profiles.recording import RecordMode, RecordPolicy
from devices.profiles.schema import Access
from devices.samples import Origin, Reading
from devices.units import Quantity, Unit

_POINTS_PER_DEVICE = 40
_START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
_GOAL_MS = 5.0


def measure(*, quick: bool) -> Section:
    """Let every point of a base speak at every tick, calm and with a value that crosses its limit."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    ticks = 20 if quick else 300
    rows: list[Row] = []
    for count in (1_000, 20_000):
        costs_ms = _costs_ms(count, ticks if count == 1_000 else max(5, ticks // 10))
        middle = statistics.median(costs_ms)
        what = f"{count:,} points, each with a sample at every tick: median"
        rows.append(at_most(what, middle, _GOAL_MS, "{:.1f} ms") if count == 1_000 else Row(what, f"{middle:.1f} ms"))
        rows.append(Row("99th percentile", f"{np.percentile(costs_ms, 99):.1f} ms"))
    text = (
        f"Devices of {_POINTS_PER_DEVICE} points behind their links: each point is watched for usable values, four of "
        "each device against limits too, one relative to a setpoint. Evaluation alone, without the store: nothing "
        "is written while nothing goes on or off. A polled base brings a fifth of these samples per tick."
    )
    return Section("Alarms", text, rows)


def _costs_ms(count: int, ticks: int) -> list[float]:
    from greenhouse.alarms.evaluation import Evaluation

    devices = count // _POINTS_PER_DEVICE
    bindings = [binding for number in range(devices) for binding in _bindings(f"device-{number}")]
    evaluation = Evaluation(bindings, resumed={}, last_good_s={}, from_s=_START.timestamp())
    blocks = [tuple(f"device-{number}.point-{i}" for i in range(_POINTS_PER_DEVICE)) for number in range(devices)]
    links = tuple(f"device-{number}.link" for number in range(devices))
    random = np.random.default_rng(7)
    costs_ms = []
    for tick in range(ticks):
        at = _START + timedelta(seconds=tick)
        readings = [_reading(points, 18.0 + random.normal(0.0, 0.5, _POINTS_PER_DEVICE), at) for points in blocks]
        readings.append(_reading(links, np.full(devices, 2.0), at))
        began_s = time.perf_counter()
        evaluation.see(readings)
        evaluation.pass_time(at.timestamp(), float(tick))
        evaluation.running()
        costs_ms.append(1000 * (time.perf_counter() - began_s))
    return costs_ms


def _reading(points: tuple[str, ...], values: np.ndarray, at: datetime) -> Reading:
    zeros = np.zeros(len(points), np.uint8)
    return Reading(points, values, zeros, zeros, at, Origin.SIMULATED)


def _bindings(device: str) -> list:
    from greenhouse.alarms.binding import Binding
    from greenhouse.alarms.definitions import Wording
    from greenhouse.alarms.loader import load_shipped
    from greenhouse.site.structure import PointStructure

    shipped, name = load_shipped(), Wording("", "")

    def bound(key: str, local_key: str, reference: str | None = None) -> Binding:
        point = PointStructure(
            id=0,
            key=f"{device}.{local_key}",
            local_key=local_key,
            device=device,
            compartment=None,
            label_zh="",
            label_en="",
            quantity=Quantity.TEMPERATURE,
            unit=Unit.DEGREE_CELSIUS,
            access=Access.READ,
            poll_s=5.0,
            record=RecordPolicy(RecordMode.EVERY),
            valid=None,
            limits=None,
            tolerance=None,
            confirm_within_s=None,
            readback=None,
            is_absolute=False,
            needs_approval=False,
            output_kind=None,
            stopped_by=None,
            accepted_risk=None,
            states=(),
            is_virtual=False,
        )
        return Binding(
            shipped[key], point.key, name, name, None, point, reference=reference, device=device, line="line"
        )

    values = ("air-temperature-low-low", "air-temperature-high-high", "relative-humidity-high")
    return [
        bound("link-lost", "link"),
        *(bound("sensor-unusable", f"point-{number}") for number in range(_POINTS_PER_DEVICE)),
        *(bound(key, f"point-{number}") for number, key in enumerate(values)),
        bound("air-temperature-low", "point-0", reference=f"{device}.point-4"),
    ]
