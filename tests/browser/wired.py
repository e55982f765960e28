"""Three houses whose controllers answer on real Modbus, before a real control cycle in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from playwright.sync_api import Page

from devices.profiles.catalog import SHIPPED_DIRECTORY
from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from devices.simulator.compartment import Enclosure
from devices.simulator.faults import Fault
from devices.simulator.plant import PlantDevice
from devices.simulator.steady_plant import SteadyPlant
from devices.simulator.write_log import WrittenBy
from greenhouse.clock import utc_now
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import parse_base
from greenhouse.telemetry import series
from scheduler.cycle import ControlCycle
from scheduler.leases.choice import open_leases
from scheduler.machine_clock import LinuxClock
from tests.browser.sheet import LOOK, OPENER, SETPOINT, apply, open_sheet, review
from tests.flow.conftest import NOON, free_leases

HOUSES = ("h1", "h2", "h3")
SHIPPED, SLOW = "climate-controller", "slow-climate-controller"
PROFILES = "profiles"
LOOK_EVERY_S = 0.03
TICK_EVERY_S = 0.3


def base_text(port: int, profile: str) -> str:
    """Three houses, a controller in each, on one line."""
    text = f"""
profiles = "{PROFILES}"

[base]
key = "wired"
name_zh = "连线基地"
name_en = "Wired base"
latitude_deg = 39.6
longitude_deg = 109.8
elevation_m = 1300
"""
    for number, house in enumerate(HOUSES, start=1):
        names = f'name_zh = "{number}号日光温室"\nname_en = "Solar greenhouse {number}"\narea_m2 = 480\n'
        text += f'[[house]]\nkey = "{house}"\nkind = "solar"\n{names}'
        text += f'[[compartment]]\nkey = "{house}"\nhouse = "{house}"\n{names}'
    text += (
        f'[[line]]\nkey = "climate"\nname_zh = "气候"\nname_en = "Climate"\n'
        f'kind = "tcp"\nhost = "127.0.0.1"\nport = {port}\n'
    )
    for number, house in enumerate(HOUSES, start=1):
        text += f"""
[[device]]
key = "{house}-climate"
name_zh = "气候控制器"
name_en = "Climate controller"
line = "climate"
unit_id = {number}
profile = "{profile}"
compartment = "{house}"
origin = "simulated"
"""
    return text


VALVES = """
[[device]]
key = "h1-valves"
name_zh = "阀组"
name_en = "Valves"
line = "climate"
unit_id = 10
profile = "valve-block-8"
compartment = "h1"
origin = "simulated"
[[valve_group]]
key = "h1-north"
name_zh = "1号日光温室北半区"
name_en = "North half of solar greenhouse 1"
compartment = "h1"
valves = ["h1-valves.valve_1", "h1-valves.valve_2"]
area_m2 = 240
meter = "h1-valves.total_volume"
"""
"""A valve block in the first house, on the line of the controllers."""


class WiredBase:
    """The far side of the pages: simulated controllers, and the control process as a thread."""

    def __init__(self, simulated: SimulatedBase, locks: Path) -> None:
        self.simulated = simulated
        self._locks = locks
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control")
        self.faults: list[BaseException] = []

    def start(self) -> None:
        """Begin to control; back when every controller has been read."""
        self._thread.start()

    def stop(self) -> None:
        """The planned stop."""
        self._stopping.set()
        self._thread.join(timeout=30)
        assert self.faults == []

    def orders(self) -> list[tuple[str, float]]:
        """Every write that reached a controller, without heartbeats and time-outs."""
        return [
            (f"{record.device}.{record.point}", round(record.value, 6))
            for record in self.simulated.writes()
            if record.written_by is WrittenBy.MASTER and record.point not in ("heartbeat", "communication_timeout")
        ]

    def set_on_site(self, device: str, point: str, value: float) -> None:
        """Somebody turns the knob at the controller."""
        plant = self.simulated._plant
        self.simulated.call(lambda: plant.command(device, point, value))

    def _run(self) -> None:
        leases = open_leases(self._locks)
        try:
            lease = leases.control()
            assert lease.acquire()
            cycle = ControlCycle(lease, leases, LinuxClock(self._locks), look_again=lambda: None, beat=lambda: None)
            cycle.begin()
            next_tick_s = 0.0
            while not self._stopping.wait(LOOK_EVERY_S):
                cycle.look()
                if time.monotonic() >= next_tick_s:
                    next_tick_s = time.monotonic() + TICK_EVERY_S
                    cycle.tick()
            cycle.stop_outputs()
            cycle.end()
        except BaseException as error:
            self.faults.append(error)
            raise
        finally:
            leases.close()
            connections.close_all()


def _profile(folder: Path, confirms_within_s: float | None) -> str:
    """Key of the controllers' profile: the shipped one, or one of the site's own that is waited for longer."""
    own = folder / PROFILES
    own.mkdir()
    if confirms_within_s is None:
        return SHIPPED
    text = (SHIPPED_DIRECTORY / f"{SHIPPED}.toml").read_text(encoding="utf-8")
    text = text.replace(f'key = "{SHIPPED}"', f'key = "{SLOW}"', 1)
    slow = text.replace("limits = [0, 35] }", f"limits = [0, 35], confirm_within_s = {confirms_within_s} }}")
    assert slow != text
    (own / f"{SLOW}.toml").write_text(slow, encoding="utf-8")
    return SLOW


@contextmanager
def wired_base(folder: Path, *, confirms_within_s: float | None = None, more: str = "") -> Iterator[WiredBase]:
    """The base, imported and answering; its control process is not started yet. ``more``: devices on the same line."""
    key = _profile(folder, confirms_within_s)
    asked = parse_base(base_text(1, SHIPPED) + more, file="wired.toml", folder=folder).devices
    plant = SteadyPlant(
        [PlantDevice(device.key, device.profile, device.compartment) for device in asked],
        dict.fromkeys(HOUSES, Enclosure.SOLAR_GREENHOUSE),
        start=NOON,
    )
    devices = tuple(LineDevice(device.key, device.unit_id, device.profile) for device in asked)
    line = SimulatedLine(key="climate", kind=LineKind.TCP, devices=devices, port=0)
    with SimulatedBase([line], plant) as simulated:
        port = simulated.endpoints["climate"].port
        assert port is not None
        import_base(parse_base(base_text(port, key) + more, file="wired.toml", folder=folder), now=utc_now())
        free_leases("control", "line-climate")
        yield WiredBase(simulated, folder / "locks")


@contextmanager
def controlled(base: WiredBase, in_store: Callable[[Callable[[], object]], object]) -> Iterator[WiredBase]:
    """The base with its control process, from the moment when every controller has been read."""
    base.start()
    keys = [f"{house}-climate.{point}" for house in HOUSES for point in ("heating_setpoint", "control_location")]
    wait_until(lambda: len(in_store(lambda: series.latest(keys))) == len(keys))
    yield base
    base.stop()


def wait_until(is_so: Callable[[], bool], *, within_s: float = 30.0) -> None:
    """Wait for something outside the browser."""
    over_at_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < over_at_s, f"not so within {within_s} s"
        time.sleep(0.05)


def follow_a_late_answer(page: Page, stage: WiredBase, *, answers_after_s: float) -> float:
    """Raise the setpoint by one at a controller that shows its old value for a while; look every 100 ms.

    Until the register was read back, the sheet and the card show the old value, which is returned.
    """
    before = page.inner_text(f"a{OPENER} .reading-number")
    open_sheet(page)
    review(page, f"{float(before) + 1:g}")
    stage.simulated.switch_on(Fault.STUCK, SETPOINT)
    apply(page)
    page.wait_for_selector("#sheet [data-command]")
    answers_at_s: float | None = time.monotonic() + answers_after_s
    seen: list[tuple[str, str, str]] = []
    while not seen or seen[-1][0] != "confirmed":
        assert len(seen) < 300, seen[-1]
        seen.append(tuple(page.evaluate(LOOK)))
        if answers_at_s is not None and time.monotonic() > answers_at_s:
            assert {(sheet, card) for _, sheet, card in seen} == {(before, before)}
            stage.simulated.clear()
            answers_at_s = None
        page.wait_for_timeout(100)
    assert answers_at_s is None, "confirmed before the controller showed it"
    states = list(dict.fromkeys(state for state, *_ in seen))
    assert [state for state in states if state not in {"requested", "dispatched"}] == ["accepted", "confirmed"]
    return float(before)
