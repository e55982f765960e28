"""What `benchmarks.trends` measures, in a process and on databases of its own. Prints JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np

from benchmarks.results import PROJECT
from benchmarks.store_run import databases
from greenhouse.clock import utc_now

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_POINTS = 20
_DAYS = 365
_AS_SAMPLES = timedelta(days=2)
_EVERY_S = 50
"""As often as the demonstration base records a point on the average. [s]"""
_DESK, _PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Opened:
    """One opening of a page. Times from the start of the navigation. [ms]"""

    page_ms: float
    asked_ms: float
    answered_ms: float
    drawn_ms: float
    data_bytes: float
    script_bytes: float
    buckets: float


_TIMES = """() => {
    const chart = document.querySelector("[data-chart]").dataset;
    const [page] = performance.getEntriesByType("navigation");
    const all = performance.getEntriesByType("resource");
    const data = all.find((entry) => entry.name.includes("/trends/data"));
    const scripts = all.filter((entry) => entry.name.endsWith(".js"));
    return {
        page_ms: page.responseEnd,
        asked_ms: data.requestStart,
        answered_ms: data.responseEnd,
        drawn_ms: Number(chart.chartDrawn),
        data_bytes: data.encodedBodySize,
        script_bytes: scripts.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
        buckets: Number(chart.chartBuckets),
    };
}"""


def main() -> None:
    """Measure with so many openings of each page."""
    count = int(sys.argv[1])
    with databases():
        keys = _fill(utc_now())
        session = _session()
        with _console() as address:
            found = _measure(address, session, keys, count)
    sys.stdout.write(json.dumps(found))


def _fill(now: datetime) -> list[str]:
    """The demonstration base with a past. The keys of its first temperatures."""
    from django.core.management import call_command

    from devices.units import Quantity
    from greenhouse.site.point_index import point_index

    call_command("load_base", verbosity=0, stdout=sys.stderr)
    call_command("collectstatic", interactive=False, verbosity=0)
    index = point_index()
    keys = [key for key, quantity in index.quantities.items() if quantity is Quantity.TEMPERATURE][:_POINTS]
    _store_hours([index.ids[key] for key in keys], now)
    _store_samples(keys, now)
    _pack(now)
    return keys


def _pack(now: datetime) -> None:
    """What the control process does with the samples: days become chunks, whole days roll-ups."""
    from greenhouse.site.point_index import point_index
    from greenhouse.telemetry.packing import PointTraits, pack
    from greenhouse.telemetry.rollups import roll_up

    traits = PointTraits(point_index())
    for work in (pack(traits, now), roll_up(traits)):
        for _slice in work:
            pass


def _store_hours(ids: list[int], now: datetime) -> None:
    from django.db import connections

    from greenhouse.telemetry import store
    from greenhouse.telemetry.buckets import Buckets, MeanKind, pack_buckets
    from greenhouse.telemetry.codes import to_ms
    from greenhouse.telemetry.levels import DAY_MS, Level, day_of, period

    packed_day, draw = day_of(to_ms(now - _AS_SAMPLES)), np.random.default_rng(1)
    for point_id in ids:
        for first in sorted({period(Level.HOUR, day)[0] for day in (packed_day - _DAYS, packed_day)}):
            hours = np.arange(24 * (min(period(Level.HOUR, first)[1], packed_day) - first))
            days = first + hours / 24
            warmth = 16 + point_id % 5 + 6 * np.sin(2 * np.pi * (days - 0.3)) + 4 * np.sin(2 * np.pi * days / 365)
            mean = np.round(warmth + draw.normal(0, 0.4, len(hours)), 1)
            buckets = Buckets(
                start_ms=first * DAY_MS + Level.HOUR.ms * hours.astype(np.int64),
                minimum=mean - 0.6,
                mean=mean,
                maximum=mean + 0.6,
                resultant=np.full(len(hours), np.nan),
                count=np.full(len(hours), 120),
                unusable=np.zeros(len(hours), np.int64),
                covered_ms=np.full(len(hours), Level.HOUR.ms),
            )
            ends_ms = int(buckets.start_ms[0]), int(buckets.start_ms[-1])
            row = store.RollupRow(
                point_id,
                Level.HOUR.value,
                first,
                len(hours),
                *ends_ms,
                pack_buckets(buckets, MeanKind.ARITHMETIC),
            )
            store.save_rollups([row], (point_id, 0), {})
    store.set_packed(store.Packed(packed_day * DAY_MS, packed_day * DAY_MS))
    with connections["telemetry"].cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_rollup_due")


def _store_samples(keys: list[str], now: datetime) -> None:
    """The last days, sample by sample."""
    from devices.samples import Origin, Reading
    from greenhouse.site.point_index import point_index
    from greenhouse.telemetry import ingest

    ids, draw, zeros = point_index().ids, np.random.default_rng(2), np.zeros(len(keys), np.uint8)
    start = now - _AS_SAMPLES - timedelta(days=1)
    count = int((now - start).total_seconds() // _EVERY_S)
    for first in range(0, count, 100):
        readings = [
            Reading(
                tuple(keys),
                np.round(18 + draw.normal(0, 0.3, len(keys)), 1),
                zeros,
                zeros,
                start + timedelta(seconds=_EVERY_S * number),
                Origin.SIMULATED,
            )
            for number in range(first, min(first + 100, count))
        ]
        ingest.record(readings, ids=ids, writer="bench", tick=first // 100 + 1, now=now)


def _session() -> dict[str, str]:
    from django.contrib.auth.models import Group, User
    from django.test import Client

    user = User.objects.create_user("li")
    user.groups.add(Group.objects.get(name="technician"))
    client = Client()
    client.force_login(user)
    return {key: morsel.value for key, morsel in client.cookies.items()}


@contextmanager
def _console() -> Iterator[str]:
    """The console in a process of its own."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--lifespan", "off"]
    process = subprocess.Popen([*command, "--log-level", "warning"], cwd=PROJECT, stdout=sys.stderr, env=os.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/login", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urlopen(address, timeout=1):  # noqa: S310  (an address of our own)
                return
        except (URLError, TimeoutError):
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise SystemExit("the console did not start")


def _measure(address: str, session: dict[str, str], keys: list[str], count: int) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    year, day = f"points={','.join(keys)}&hours=8760", f"points={','.join(keys[:4])}&hours=24"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        _open(browser, address, session, day, _DESK)
        years = [_open(browser, address, session, year, _DESK) for _ in range(count)]
        days = [_open(browser, address, session, day, _DESK) for _ in range(count)]
        phones = [_open(browser, address, session, year, _PHONE) for _ in range(count)]
        browser.close()
    return {
        "opened_ms": median(one.drawn_ms for one in years),
        "slowest_ms": max(one.drawn_ms for one in years),
        "page_ms": median(one.page_ms for one in years),
        "data_ms": median(one.answered_ms - one.asked_ms for one in years),
        "drawn_ms": median(one.drawn_ms - one.answered_ms for one in years),
        "data_kb": years[0].data_bytes / 1000,
        "scripts_kb": years[0].script_bytes / 1000,
        "buckets": years[0].buckets,
        "day_opened_ms": median(one.drawn_ms for one in days),
        "phone_opened_ms": median(one.drawn_ms for one in phones),
    }


def _open(browser: Browser, address: str, session: dict[str, str], query: str, size: dict[str, int]) -> Opened:
    context = browser.new_context(viewport=size, base_url=address, device_scale_factor=2 if size == _PHONE else 1)
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in session.items()])
    page = context.new_page()
    page.goto(f"/trends?{query}")
    page.wait_for_selector("[data-chart-drawn]", state="attached")
    opened = Opened(**page.evaluate(_TIMES))
    context.close()
    return opened


if __name__ == "__main__":
    main()
