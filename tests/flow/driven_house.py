"""A house that a climate program drives over real Modbus, while a base minute lasts a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import Group, User

from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from greenhouse.clock import utc_now
from greenhouse.commands.models import CommandRequest
from greenhouse.rules import decided
from greenhouse.rules.evaluate.decisions import Actuator, Why
from greenhouse.rules.in_force import ProgramInForce
from greenhouse.rules.standard import standard_programs
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import parse_base
from greenhouse.site.current import current_base
from greenhouse.telemetry import series
from scheduler.cycle import ControlCycle
from scheduler.leases.choice import open_leases
from scheduler.machine_clock import clock_of_the_base
from tests.flow.conftest import free_leases
from tests.flow.puppet_plant import PuppetPlant
from tests.paced import paced

PACE = 60.0
WITHIN_S = 60.0


@dataclass
class House:
    """The whole loop, with the weather in the test's hands."""

    simulated: SimulatedBase
    plant: PuppetPlant
    cycle: ControlCycle
    technician: User

    def show(self, **values: float) -> None:
        """Let instruments show something else from now on."""
        named = {key.replace("__", "."): value for key, value in values.items()}
        self.simulated.call(lambda: self.plant.shown.update(named))

    def turn_until(self, is_so: Callable[[], bool]) -> None:
        over_at_s = time.monotonic() + WITHIN_S
        while not is_so():
            assert time.monotonic() < over_at_s, f"not so within {WITHIN_S} s: {self.told()}"
            self.cycle.look()
            self.cycle.tick()
            time.sleep(0.1)  # the lines work in threads of their own; there is nothing to wait for but them

    def turn_for(self, base_time: timedelta) -> None:
        """Let base time pass."""
        until = utc_now() + base_time
        self.turn_until(lambda: utc_now() >= until)

    def value(self, point: str) -> float | None:
        sample = series.latest([point]).get(point)
        return None if sample is None else sample.value

    def why(self, actuator: Actuator) -> Why | None:
        found = decided.newest(["h1"]).get(("h1", actuator))
        return None if found is None else found.decision.why

    def told(self) -> list[tuple[object, ...]]:
        return list(
            CommandRequest.objects.order_by("created_at").values_list("actor", "point_key", "value", "state", "verdict")
        )


class Program:
    """The standard program of a kind of house, to be switched on."""

    def __init__(self, kind: str) -> None:
        self.program = standard_programs()[kind]
        self.is_on = False

    def __call__(self) -> dict[str, ProgramInForce]:
        return dict.fromkeys(current_base().compartments, ProgramInForce(self.program, 1, self.is_on))


@contextmanager
def driven_house(base: str, plant: PuppetPlant, program: Program, *, start: datetime, folder: Path) -> Iterator[House]:
    """The house of a base file at a moment, its control process begun and every device online."""
    with paced(1.0, start=start) as lesson:
        asked = parse_base(base, file="programs.toml", folder=folder)
        devices = tuple(LineDevice(device.key, device.unit_id, device.profile) for device in asked.devices)
        line = SimulatedLine(key="climate", kind=LineKind.TCP, devices=devices, port=0)
        technician = User.objects.create_user("zhang", password="a long password", first_name="张工")
        technician.groups.add(Group.objects.get_or_create(name="technician")[0])
        with SimulatedBase([line], plant, plant_s=lambda: utc_now().timestamp()) as simulated:
            text = base.replace("port = 15020", f"port = {simulated.endpoints['climate'].port}")
            import_base(parse_base(text, file="programs.toml", folder=folder), now=utc_now())
            free_leases("control", "line-climate")
            leases = open_leases(folder / "locks")
            lease = leases.control()
            assert lease.acquire()
            cycle = ControlCycle(
                lease,
                leases,
                clock_of_the_base(folder / "locks"),
                look_again=lambda: None,
                beat=lambda: None,
                climate=program,
            )
            cycle.begin()
            found = House(simulated, plant, cycle, technician)
            found.turn_until(lambda: all(found.value(f"{device.key}.link") == 2.0 for device in asked.devices))
            positions = [
                f"{device.key}.position" for device in asked.devices if device.profile.key != "weather-station"
            ]
            moving = [key for key in positions if key.split(".")[0] in plant.moving]
            found.turn_until(lambda: all(found.value(key) is not None for key in moving))
            lesson.set_pace(PACE)  # only now: a slow start must not cost the morning
            yield found
            cycle.stop_outputs()
            cycle.end()
            leases.close()
