"""Compiled for a season, equipment and instruments give the bits that they give in the simulated base."""

from __future__ import annotations

import pytest

from greenhouse.plant.faults import apply, plant_faults, tear, torn_fir_transmission, torn_leak
from greenhouse.plant.instruments import instrument
from greenhouse.plant.machinery import Orders, equipment, machinery_at_rest, run
from greenhouse.plant.noise import noise_key
from greenhouse.plant.outfit import solar_outfit
from greenhouse.plant.sensors import SOUND, follow, reading, sensor_at

compiler = pytest.importorskip("greenhouse.plant.compiled", reason="comes with the climate model")

PLAIN = (apply, run, equipment, follow, reading, tear, torn_fir_transmission, torn_leak)


def course(functions):
    """A day of restless orders under several faults, with an instrument on a vent; everything that was seen."""
    apply, run, equipment, follow, reading, tear, torn_fir_transmission, torn_leak = functions
    broken = plant_faults(
        {
            "torn_film": 0.01,
            "stuck_roof_vent": 0.3,
            "burst_pipe": 0.2,
            "drifted_ec_probe": -0.01,
            "blocked_drippers": 0.1,
        }
    )
    key, sensor, outfit = noise_key("h1-climate.air_temperature", 1), instrument("air_temperature"), solar_outfit(480.0)
    machinery, felt, seen = machinery_at_rest(15.0), sensor_at(20.0), []
    for step in range(1440):
        orders = Orders(*(float((step * 7 + number * 13) % 101) / 100.0 for number in range(13)), 2.0, 5.8)
        now = apply(broken, outfit, step / 1440.0)
        machinery = run(machinery, orders, now, 15.0, 60.0)
        stands = equipment(machinery, orders, now, 15.0)
        felt = follow(felt, 20.0 + stands.roof_vent, sensor, 60.0)
        seen.append((machinery, stands, reading(felt, key, step, sensor, SOUND)))
    hole = tear(broken, 1.22)
    return repr((seen, hole, torn_fir_transmission(0.25, hole), torn_leak(1e-4, hole, 0.65, 0.09)))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_day_is_the_same_bit_for_bit():
    assert course([compiler.compiled(function) for function in PLAIN]) == course(PLAIN)
