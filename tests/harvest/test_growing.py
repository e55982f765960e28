"""What a cycle grew in, from samples in the store: sums of what is there, and how much of the time that is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from devices.samples import Origin, Quality, Reading, Reason
from greenhouse.crops import cycles
from greenhouse.crops.cycles import NewCycle
from greenhouse.harvest.growing import growing_of, span_of
from greenhouse.harvest.pipes import Pipes, pipe_heat_w_m2
from greenhouse.site.current import current_base
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
MIDNIGHT = datetime(2026, 11, 23, 16, tzinfo=UTC)
"""Of the 24th, in Kangbashi."""
NOW = MIDNIGHT + timedelta(hours=4, minutes=20)
VALUES = {"h1-climate.air_temperature": 34.0, "h1-climate.photon_flux_density": 500.0}


def store(hours: int) -> None:
    """Samples every five seconds of so many hours after midnight."""
    readings = [
        Reading(
            points=tuple(VALUES),
            values=np.array(list(VALUES.values())),
            quality=np.full(2, Quality.GOOD, np.uint8),
            reason=np.full(2, Reason.NONE, np.uint8),
            observed_at=MIDNIGHT + timedelta(seconds=5 * n),
            origin=Origin.SIMULATED,
        )
        for n in range(720 * hours + 1)
    ]
    ingest.record(readings, ids=dict(point_index().ids), writer="test", tick=1, now=NOW)


@pytest.fixture
def cycle(technician):
    new = NewCycle("h1", "provence", 100.0, date(2026, 11, 24))
    return cycles.start(new, submission=uuid4(), by=technician, now=NOW)


def test_the_span_is_from_midnight_to_the_last_full_hour_or_to_the_end_of_the_last_day(cycle):
    zone = cycles.structure.time_zone()
    assert span_of(cycle, zone, NOW) == (MIDNIGHT, MIDNIGHT + timedelta(hours=4))
    cycle.ended_on = date(2026, 11, 24)
    assert span_of(cycle, zone, NOW + timedelta(days=9)) == (MIDNIGHT, MIDNIGHT + timedelta(days=1))


def test_sums_are_of_what_is_there_with_their_coverage(cycle):
    """Two of four hours at 34 °C: 2 × 24 / 24 °C d above 10 °C; 2 × 1.8 mol/m². The last one holds a little longer."""
    store(hours=2)
    found = growing_of(current_base(), [cycle], now=NOW)[str(cycle.pk)]
    assert found.thermal_time_c_d.value == pytest.approx(2.0, rel=0.03)
    assert found.thermal_time_c_d.coverage == pytest.approx(0.5, abs=0.02)
    assert found.light_mol_m2.value == pytest.approx(3.6, rel=0.03)
    assert not found.thermal_time_c_d.is_enough
    assert (found.water_l_m2.value, found.heat_mj_m2.value) == (None, None)


def test_what_is_whole_is_enough(cycle):
    store(hours=4)
    found = growing_of(current_base(), [cycle], now=NOW)[str(cycle.pk)]
    assert found.coverage == pytest.approx(1.0, abs=0.01)
    assert found.thermal_time_c_d.is_enough


def test_a_place_that_is_gone_has_nothing(cycle):
    cycle.compartment_key = "h9"
    assert growing_of(current_base(), [cycle], now=NOW)[str(cycle.pk)].coverage == 0.0


def test_pipes_give_what_the_formula_says():
    """1 m of 51 mm pipe in a m²: 0.1602 m²; 40 K: 1.99 × 0.1602 × 40^1.32 = 41.5 W; and radiation."""
    pipes = Pipes(1.0, 0.051, 0.88)
    (heat,) = pipe_heat_w_m2([60.0], [20.0], pipes)
    radiated = 0.88 * 5.670374e-8 * np.pi * 0.051 * (333.15**4 - 293.15**4)
    assert heat == pytest.approx(1.99 * np.pi * 0.051 * 40**1.32 + radiated)
    assert heat == pytest.approx(81.0, abs=1.5)
    assert pipe_heat_w_m2([15.0], [20.0], pipes).tolist() == [0.0]
    assert np.isnan(pipe_heat_w_m2([np.nan], [20.0], pipes)[0])
