"""The state of the base as Prometheus reads it. Numbers come from the store, those of writes from this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from devices.samples import Freshness, Sample, freshness
from greenhouse.alarms import board
from greenhouse.api.readiness import readiness
from greenhouse.clock import pace
from greenhouse.commands import history
from greenhouse.database.metrics import sessions_waiting, wal_bytes, write_metrics
from greenhouse.site.current import NoBase, current_base
from greenhouse.site.structure import BaseStructure, PointStructure
from greenhouse.site.virtual_points import CONTROL, LINK
from greenhouse.telemetry import sample_time, series

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_DATABASES = ("default", "telemetry")


def exposition(wall: datetime, *, sockets: Callable[[], int]) -> bytes:
    """All metrics in Prometheus's text format.

    Parameters
    ----------
    wall : datetime
        Now, by the wall clock.
    sockets : callable
        How many pages this process serves live.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(wall, sockets))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, wall: datetime, sockets: Callable[[], int]) -> None:
        self._wall, self._sockets = wall, sockets

    def describe(self) -> Iterator[Metric]:
        """Nothing: the registry would ask the store for it."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Every metric, read now."""
        yield from _of_readiness(self._wall)
        try:
            base = current_base()
        except NoBase:
            pass
        else:
            yield from _of_points(base, sample_time.look(self._wall))
        yield from _of_commands()
        yield from _of_alarms()
        yield from _of_databases()
        yield GaugeMetricFamily("greenhouse_sockets", "Pages that this process serves live.", value=self._sockets())


def _of_readiness(wall: datetime) -> Iterator[Metric]:
    found = GaugeMetricFamily("greenhouse_ready", "1: the part serves (see /readyz).", labels=["part"])
    for part, fault in readiness(wall).faults.items():
        found.add_metric([part], 0.0 if fault else 1.0)
    yield found


def _of_points(base: BaseStructure, now: datetime) -> Iterator[Metric]:
    age = GaugeMetricFamily("greenhouse_point_age_seconds", "Age of the newest value.", labels=["point"])
    link = GaugeMetricFamily(
        "greenhouse_link_state", "0 offline, 1 degraded, 2 online; as last stored.", labels=["device"]
    )
    control = GaugeMetricFamily(
        "greenhouse_control", "Health of the control process, in the unit of its point.", labels=["measure", "unit"]
    )
    newest = series.latest()
    kinds = Counter(dict.fromkeys(Freshness, 0))
    for point in base.points.values():
        sample = newest.get(point.key)
        if point.access.can_read:
            kinds[_freshness(point, sample, now)] += 1
        if sample is None:
            continue
        age.add_metric([point.key], (now - sample.observed_at).total_seconds())
        if sample.value is None:
            continue
        if point.local_key == LINK and point.is_virtual:
            link.add_metric([point.device or ""], float(sample.value))
        elif point.key.startswith(f"{CONTROL}."):
            control.add_metric([point.local_key, point.unit.value], float(sample.value))
    yield from (age, link, control)
    counts = GaugeMetricFamily("greenhouse_points", "Polled points by freshness.", labels=["freshness"])
    for kind, count in kinds.items():
        counts.add_metric([kind.value], count)
    yield counts


def _freshness(point: PointStructure, sample: Sample | None, now: datetime) -> Freshness:
    if sample is None:
        return Freshness.DEAD
    return freshness(age=now - sample.observed_at, interval_s=point.poll_s, pace=pace())


def _of_commands() -> Iterator[Metric]:
    ended = CounterMetricFamily("greenhouse_commands_ended", "Commands by how they ended.", labels=["state"])
    for state, count in sorted(history.ended_by_state().items()):
        ended.add_metric([state.value], count)
    yield ended
    yield GaugeMetricFamily(
        "greenhouse_commands_open", "Commands that may still do something.", value=len(history.open_requests())
    )


def _of_alarms() -> Iterator[Metric]:
    found = GaugeMetricFamily("greenhouse_alarms", "Alarms that are not history.", labels=["priority", "state"])
    for (priority, state), count in sorted(board.open_by_state().items()):
        found.add_metric([str(priority.value), state.value], count)
    yield found


def _of_databases() -> Iterator[Metric]:
    writes = CounterMetricFamily("greenhouse_writes", "Write transactions of this process.", labels=["database"])
    slow = CounterMetricFamily("greenhouse_writes_over_limit", "Of these, over 50 ms.", labels=["database"])
    held = CounterMetricFamily("greenhouse_write_seconds", "Time in write transactions.", labels=["database"])
    waits = CounterMetricFamily("greenhouse_lock_wait_seconds", "Waiting for the write lock.", labels=["database"])
    longest = GaugeMetricFamily("greenhouse_lock_wait_longest_seconds", "The longest such wait.", labels=["database"])
    timeouts = CounterMetricFamily("greenhouse_lock_timeouts", "Locks not given in time.", labels=["database"])
    for alias, one in sorted(write_metrics().items()):
        writes.add_metric([alias], one.transactions)
        slow.add_metric([alias], one.over_limit)
        held.add_metric([alias], one.total_s)
        waits.add_metric([alias], one.lock_wait_total_s)
        longest.add_metric([alias], one.lock_wait_longest_s)
        timeouts.add_metric([alias], one.lock_timeouts)
    yield from (writes, slow, held, waits, longest, timeouts)
    log = GaugeMetricFamily("greenhouse_wal_bytes", "Size of SQLite's write-ahead log.", labels=["database"])
    sessions = GaugeMetricFamily("greenhouse_sessions_waiting", "PostgreSQL: waiting for a lock.", labels=["database"])
    for alias in _DATABASES:
        if (size := wal_bytes(alias)) is not None:
            log.add_metric([alias], size)
        if (waiting := sessions_waiting(alias)) is not None:
            sessions.add_metric([alias], waiting)
    yield from (log, sessions)
