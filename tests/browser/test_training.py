"""The training page on a real base: plant model, real Modbus, real control cycle, faults by `simfault`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from devices.simulator.control import ControlServer
from greenhouse.access.roles import Role
from greenhouse.clock import utc_now
from greenhouse.site.basefile.importer import import_base
from greenhouse.telemetry import series
from scheduler.simulation import simulated_plant, write_address
from tests.bases import TRAINING, read
from tests.browser.conftest import DESK, PHONE
from tests.browser.wired import WiredBase, wait_until
from tests.flow.conftest import free_leases

TRUTH, AIR = "truth-h1.air_temperature", "h1-climate.air_temperature"
OFTEN = "\n[device.points]\nair_temperature = { poll_s = 0.5 }\n"
FAULT_BITS = OFTEN + "device_faults = { poll_s = 0.5 }\n"
DRIFT_K_H = 3600.0
"""A kelvin a second."""


def text_of(**ports: int) -> str:
    """The small base for training, whose air is read twice a second."""
    text = TRAINING.replace("port = 15020", f"port = {ports['climate']}").replace(
        "port = 15027", f"port = {ports['truth']}"
    )
    controller = 'compartment = "h1"\norigin = "simulated"\n'
    before, between, after = text.split(controller)
    return before + controller + OFTEN + between + controller + FAULT_BITS + after


class TestOnARealBase:
    @pytest.fixture
    def simulated(self, settings, tmp_path) -> Iterator[SimulatedBase]:
        settings.VAR_DIR = tmp_path
        plan = read(text_of(climate=1, truth=2))
        lines = [
            SimulatedLine(
                line.key,
                LineKind.TCP,
                tuple(LineDevice(it.key, it.unit_id, it.profile) for it in plan.devices if it.line == line.key),
            )
            for line in plan.lines
        ]
        with SimulatedBase(lines, simulated_plant(plan, start=utc_now(), seed=1)) as running:
            control = ControlServer(running)
            write_address(tmp_path, control.start())
            yield running
            control.stop()

    @pytest.fixture
    def base(self, transactional_db, simulated, tmp_path) -> WiredBase:
        ports = {key: endpoint.port for key, endpoint in simulated.endpoints.items()}
        import_base(read(text_of(**ports)), now=utc_now())
        free_leases("control", "line-climate", "line-truth")
        return WiredBase(simulated, tmp_path / "locks")

    @pytest.fixture
    def stage(self, base, in_store) -> Iterator[WiredBase]:
        base.start()
        wait_until(lambda: len(in_store(lambda: series.latest([TRUTH, AIR]))) == 2)
        yield base
        base.stop()

    def test_a_drifting_sensor_parts_from_the_truth_and_a_killed_simulator_shows(self, desk, stage, simulated):
        page = desk.open("/training", role=Role.ENGINEER, size=DESK)
        page.wait_for_selector(f'.reading[data-point="{AIR}"][data-freshness="live"]')
        wait_until(lambda: difference(page) is not None)
        truth_c, apart_k = number(page, TRUTH), difference(page)
        assert abs(apart_k) < 2.0
        expect(page.locator('.reading[data-point="truth-h1.device_faults"]')).to_contain_text("无")

        call_command("simfault", "on", "drifting", AIR, f"{DRIFT_K_H}")
        wait_until(lambda: (difference(page) or 0.0) > apart_k + 3.0)
        assert number(page, TRUTH) == pytest.approx(truth_c, abs=0.5)
        assert number(page, AIR) > truth_c + 2.0
        expect(page.locator('.reading[data-point="truth-h1.device_faults"]')).to_contain_text("读数漂移")

        simulated.stop()
        for point in (TRUTH, AIR):
            page.wait_for_selector(f'.reading[data-point="{point}"]:not([data-freshness="live"])')
        assert difference(page) is None
        age = page.locator(f'[data-age-of="{TRUTH}"]')
        was_s = seconds(age.inner_text())
        wait_until(lambda: seconds(age.inner_text()) > was_s)


def number(page: Page, point: str) -> float:
    """The number of a value on the page."""
    return float(page.inner_text(f'.reading[data-point="{point}"] .reading-number').replace("−", "-"))


def difference(page: Page) -> float | None:
    """What stands as the difference of the air's reading; None for a dash."""
    text = page.inner_text(f'[data-difference][data-reading="{AIR}"] b').replace("−", "-")
    return None if text == "—" else float(text)


def seconds(age: str) -> int:
    """The number of an age in seconds."""
    found = re.fullmatch(r"(\d+) 秒前", age)
    assert found, age
    return int(found[1])


class TestOnTheDemonstrationBase:
    @pytest.fixture
    def silent(self) -> set[str]:
        """The truth of the air says only what a test puts."""
        return {TRUTH}

    def test_a_stale_truth_is_shown_as_stale_and_compared_with_nothing(self, desk, stage):
        stage.put_once(TRUTH, 17.0, age_s=400)
        page = desk.open("/training", role=Role.ENGINEER)
        page.wait_for_selector(f'.reading[data-point="{TRUTH}"][data-freshness="stale"]')
        assert page.inner_text(f'[data-age-of="{TRUTH}"]') == "7 分钟前"
        assert difference(page) is None
        stage.put_once(TRUTH, 17.0, age_s=0)
        page.wait_for_selector(f'.reading[data-point="{TRUTH}"][data-freshness="live"]')
        wait_until(lambda: difference(page) is not None)

    @pytest.mark.parametrize("size", [PHONE, DESK])
    def test_nothing_is_wider_than_the_page(self, desk, size):
        for language in ("zh-hans", "en"):
            page = desk.open("/training", role=Role.ENGINEER, size=size, language=language)
            page.wait_for_selector("[data-chart-drawn]", state="attached")
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
