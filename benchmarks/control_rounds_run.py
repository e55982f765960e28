"""The process of `benchmarks.control_rounds`: ``python -m benchmarks.control_rounds_run COMPARTMENTS ROUNDS``."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

_NOON = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
_EVERY = 10
"""Climate programs are evaluated every ten seconds. [s]"""
_SHOWN = {
    "air_temperature": 26.0,
    "position": 0.0,
    "control_location": 1.0,
    "heating_setpoint": 10.0,
    "ventilation_setpoint": 24.0,
    "wind_speed": 2.0,
    "irradiance": 500.0,
    "link": 2.0,
}


def base_text(compartments: int) -> str:
    """A base file of so many solar greenhouses, four on a line."""
    names = 'name_zh = "试验"\nname_en = "Trial"\n'
    text = f'[base]\nkey = "rounds"\n{names}latitude_deg = 39.6\nlongitude_deg = 109.8\nelevation_m = 1300\n'

    def entry(kind: str, key: str, rest: str) -> str:
        return f'[[{kind}]]\nkey = "{key}"\nname_zh = "{key}"\nname_en = "{key}"\n{rest}'

    def device(key: str, profile: str, line: str, unit: int, house: str) -> str:
        place = f'compartment = "{house}"\n' if house else ""
        wiring = f'line = "{line}"\nunit_id = {unit}\nprofile = "{profile}"\n'
        return entry("device", key, f'{wiring}{place}origin = "simulated"\n')

    for number in range((compartments + 3) // 4):
        text += entry("line", f"line-{number}", f'kind = "tcp"\nhost = "127.0.0.1"\nport = {16000 + number}\n')
    text += device("weather", "weather-station", "line-0", 100, "")
    for number in range(compartments):
        house, line, unit = f"h{number + 1}", f"line-{number // 4}", 1 + 10 * (number % 4)
        text += entry("house", house, 'kind = "solar"\narea_m2 = 480\n')
        text += entry("compartment", house, f'house = "{house}"\narea_m2 = 480\n')
        text += device(f"{house}-climate", "climate-controller", line, unit, house)
        text += device(f"{house}-blanket", "blanket-winder", line, unit + 1, house)
        for place, role in enumerate(("roof_vent", "bottom_vent")):
            text += device(f"{house}-{role.replace('_', '-')}", "vent-motor", line, unit + 2 + place, house)
            text += f'[device.points.target_position]\nrole = "{role}"\noutput = {{ travel_s = 180 }}\n'
        text += device(f"{house}-valves", "valve-block-8", line, unit + 4, house)
        for half, valve in (("north", 1), ("south", 2)):
            valves = f'valves = ["{house}-valves.valve_{valve}"]\nmeter = "{house}-valves.total_volume"\n'
            text += entry("valve_group", f"{house}-{half}", f'compartment = "{house}"\narea_m2 = 240\n{valves}')
    return text.replace("\\n", "\n")


class Rounds:
    """The rounds of a control process over a stored base, at seconds that follow one another as fast as they can."""

    def __init__(self, compartments: int) -> None:
        from devices.samples import Origin
        from greenhouse.commands.models import IrrigationRun
        from greenhouse.fencing import UNFENCED
        from greenhouse.rules import irrigation_programs, programs
        from greenhouse.site import structure
        from greenhouse.site.point_index import point_index
        from scheduler.climate_rounds import ClimateRounds
        from scheduler.interlock_rounds import InterlockRounds
        from scheduler.irrigation_rounds import IrrigationRounds

        self.cpu_s = 0.0
        self.second, self.origin, self.air_c = 0, Origin.SIMULATED, _SHOWN["air_temperature"]
        self.told: dict[str, float] = {}
        prepare(compartments, at=_NOON - timedelta(minutes=1))
        self.points = [point for point in structure.all_points() if point.access.can_read]
        self.ids = point_index().ids
        self.runs = IrrigationRun.objects
        self.climate = ClimateRounds(programs.all_in_force, fence=UNFENCED)
        self.interlocks = InterlockRounds(fence=UNFENCED)
        self.irrigation = IrrigationRounds(irrigation_programs.in_force, fence=UNFENCED)

    def poll(self) -> None:
        """Store what every point shows, as a tick does."""
        import numpy as np

        from devices.samples import Reading
        from greenhouse.telemetry import ingest

        zeros = np.zeros(len(self.points), np.uint8)
        values = np.array([self._shown(point.key, point.local_key) for point in self.points], np.float64)
        keys, at = tuple(point.key for point in self.points), self.moment().wall
        reading = Reading(keys, values, zeros, zeros, at, self.origin)
        ingest.record([reading], ids=self.ids, writer="control", tick=self.second + 1, now=at)

    def _shown(self, key: str, local_key: str) -> float:
        if key.endswith("-blanket.position"):
            return 100.0
        if key.endswith("-climate.air_temperature"):
            return self.air_c
        if local_key == "air_temperature":
            return 15.0
        if local_key == "total_volume":
            return 1.0 + self.second / 1000.0
        # Everything is read back as it was told, and stands there at once.
        target = key.removesuffix(".position") + ".target_position" if local_key == "position" else key
        return self.told.get(target, _SHOWN.get(local_key, 0.0))

    def moment(self):  # noqa: ANN201 - Moment is imported late
        """Now, by a clock of our own."""
        from greenhouse.deadlines import Moment

        at = _NOON + timedelta(seconds=self.second)
        return Moment(at, "bench", at.timestamp())

    def take(self, *, climate: bool) -> float:
        """One second's work between two looks; how long it took. [ms]"""
        now = self.moment()
        began_s, cpu_s = time.perf_counter(), time.process_time()
        self.interlocks.run(now, monotonic_s=float(self.second))
        self.irrigation.run(now, monotonic_s=float(self.second))
        if climate:
            self.climate.run(now, tick=self.second)
        self.cpu_s += time.process_time() - cpu_s
        return 1000.0 * (time.perf_counter() - began_s)

    def confirm(self) -> None:
        """What the bus would have done: every open request was sent, taken and read back."""
        from greenhouse.commands import dispatch
        from greenhouse.commands.lifecycle import State

        class AtOnce:
            def __init__(self) -> None:
                self.orders: list[dispatch.WriteOrder] = []

            def start(self, order: dispatch.WriteOrder) -> None:
                self.orders.append(order)

        writer, now = AtOnce(), self.moment()
        while dispatch.dispatch_next(now, writer):
            pass
        for order in writer.orders:
            self.told[order.point_key] = order.value
            dispatch.record_outcome(order.request_id, State.CONFIRMED, now=now, readback_value=order.value)


def prepare(compartments: int, *, at: datetime) -> None:
    """An empty store with a base, and every program on."""
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command

    from greenhouse.deadlines import Moment
    from greenhouse.rules import irrigation_programs, programs
    from greenhouse.site.basefile.importer import import_base
    from greenhouse.site.basefile.reader import parse_base

    for alias in settings.DATABASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    import_base(parse_base(base_text(compartments), file="rounds.toml", folder=Path.cwd()), now=at)
    by = User.objects.create_user("technician")
    by.groups.add(Group.objects.get(name="technician"))
    for number in range(1, compartments + 1):
        programs.switch(f"h{number}", is_on=True, seen_version=0, by=by, reason="benchmark", now=at)
        document = {
            "groups": [f"h{number}-north", f"h{number}-south"],
            "dose": {"kind": "time", "amount": 3000},
            "starts": {"kind": "clock", "minutes": [720]},
            "rest_min": 0,
        }
        irrigation_programs.save(
            f"water-{number}",
            document,
            is_on=True,
            seen_version=0,
            by=by,
            reason="benchmark",
            now=Moment(at, "bench", 0.0),
        )


def main(compartments: int, rounds: int) -> dict[str, list[float]]:
    """Let water flow everywhere, then take the time of rounds of each kind."""
    from greenhouse.commands.models import CommandRequest

    work = Rounds(compartments)
    for _settling in range(8):
        work.poll()
        work.take(climate=True)
        work.confirm()
        work.second += 1
    running = work.runs.filter(state="running").count()
    assert running == compartments, f"{running} runs are under way, not {compartments}"
    took_ms: dict[str, list[float]] = {"second": [], "quiet": [], "busy": [], "requests": []}
    work.cpu_s = 0.0
    for number in range(rounds * _EVERY):
        work.second += 1
        work.poll()
        is_climate = number % _EVERY == 0
        took_ms["quiet" if is_climate else "second"].append(work.take(climate=is_climate))
        work.confirm()
    took_ms["share"] = [work.cpu_s / (rounds * _EVERY)]
    for number in range(max(3, rounds // 3)):
        work.second += 240  # vents rest for some minutes between two moves
        work.air_c = 30.0 + 4.0 * (number % 2)
        before = CommandRequest.objects.count()
        work.poll()
        took_ms["busy"].append(work.take(climate=True))
        took_ms["requests"].append(float(CommandRequest.objects.count() - before))
        work.confirm()
    return took_ms


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
