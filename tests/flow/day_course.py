"""How the day goes: what people do, how fast time passes, and what is written down of it all."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from greenhouse.clock import boot_s
from tests.flow.day_base import COMPARTMENTS, DayBase, Person, Witness

START = datetime(2027, 3, 3, 21, 30, tzinfo=UTC)
"""Half past five in the morning at the base, of a cold and sunny day of the simulated weather."""
AFTER_NOON, NEXT_MORNING = "13:00", "05:30"
FAST, WINDING, SLOW = 600.0, 120.0, 60.0
"""A day in less than three minutes; a winder's travel in three seconds; a dose of ten minutes in ten seconds."""
SOLAR = tuple(key for key in COMPARTMENTS if key.startswith("h"))
DOSE_S, DOSE_L = 600.0, 120.0
PROGRAMS = {
    "solar": {"groups": ["h1-north", "h1-south"], "dose": {"kind": "time", "amount": DOSE_S}},
    "glass": {"groups": ["g1-a-north"], "dose": {"kind": "volume", "amount": DOSE_L}},
}
HARVEST_KG, NOTE = "86.4", "row 3, picked by Li"
VALVES = [f"{key}-valves.valve_{number}" for key in COMPARTMENTS for number in range(1, 9)]
METERS = [f"{key}-valves.total_volume" for key in COMPARTMENTS]
POSITIONS = [
    *(f"truth-{key}.{part}_position" for key in SOLAR for part in ("blanket", "roof_vent", "bottom_vent")),
    *(f"truth-g1-a.{part}_position" for part in ("lee_vent", "windward_vent")),
]
TRUTH_OF = {
    "h1-vent-roof.target_position": "truth-h1.roof_vent_position",
    "h2-vent-roof.target_position": "truth-h2.roof_vent_position",
    "h1-vent-bottom.target_position": "truth-h1.bottom_vent_position",
    "h2-vent-bottom.target_position": "truth-h2.bottom_vent_position",
    "g1-a-vent-lee.target_position": "truth-g1-a.lee_vent_position",
    "g1-a-vent-windward.target_position": "truth-g1-a.windward_vent_position",
}
"""What a vent is told, and where it truly stands."""
DOWN = 2.0
"""Command of a winder."""


@dataclass
class Day:
    """What a day left behind.

    Attributes
    ----------
    settled_at : float
        From here on only programs and people of the base moved anything. Base time, seconds since 1970.
    witness : Witness
        What the plant itself had.
    opened, closed : dict
        What valves and meters were before the planned stop, and after it.
    hours : int
        Whole hours that it lasted.
    """

    base: DayBase
    witness: Witness
    settled_at: float
    stop_at: float
    opened: dict[str, float | None]
    closed: dict[str, float | None]
    published: list[dict[str, Any]]
    stores: dict[str, Any]
    hours: int


def live_a_day(var: Path, *, until: str) -> Day:
    """A morning or twenty-four hours of the base, over all its processes, until `AFTER_NOON` or `NEXT_MORNING`."""
    base = DayBase(var, start=START)
    witness = Witness(base, [*POSITIONS, *VALVES, *METERS, "truth-h1.air_temperature"])
    try:
        base.start()
        witness.start()
        technician, engineer = base.person("technician"), base.person("engineer")
        go_at(base, engineer, SLOW)
        settled_at = hand_over_to_programs(base, technician)
        harvest(base.person("supervisor"), technician)
        pass_until(base, engineer, "07:20", FAST)
        pass_until(base, engineer, "08:20", WINDING)
        pass_until(base, engineer, "09:30", FAST)
        go_at(base, engineer, SLOW)
        irrigate(base)
        if until == NEXT_MORNING:
            pass_until(base, engineer, "17:20", FAST)
            pass_until(base, engineer, "18:40", WINDING)
        pass_until(base, engineer, until, FAST)
        go_at(base, engineer, SLOW)
        stop_at, opened, closed = stop_in_the_middle_of_a_run(base)
        for name in ("maintenance", "public", "console", "simulator"):
            base.end(name)
        witness.stop()
        stores = {
            name: base.stores(name)
            for name in ("runs", "decisions", "requests", "ledger", "stops", "alarms", "harvests")
        }
        first, last = (START + timedelta(hours=hours) for hours in (1, hours_until(until)))
        stores["course"] = base.stores("course", begins_at=first.timestamp(), ends_at=last.timestamp())
        stores["positions"] = base.stores("samples", points=["h1-blanket.position", "h1-vent-roof.position"])
        return Day(base, witness, settled_at, stop_at, opened, closed, witness.published, stores, hours_until(until))
    finally:
        base.close()


def go_at(base: DayBase, engineer: Person, pace: float) -> None:
    """An engineer sets another pace, and waits until the base is alive at it."""
    if base.clock().pace == pace:
        return
    engineer.send("/training/pace", {"pace": f"{pace:g}"})
    base.paces.append(pace)
    base.wait_until(lambda: base.clock().pace_at(boot_s()) == pace, f"the pace is {pace:g}")
    base.wait_until(lambda: base.stores("is_live") is True, "the base is alive at its new pace")


def pass_until(base: DayBase, engineer: Person, local: str, pace: float) -> None:
    """Let time pass; a busy machine comes later than asked, and nothing here minds."""
    go_at(base, engineer, pace)
    until = at_local(local)
    base.wait_until(lambda: base.now() >= until, f"it is {local}", within_s=600.0)


def at_local(local: str) -> datetime:
    """The moment after `START` at which clocks of the base show this."""
    hour, minute = map(int, local.split(":"))
    shown = START.astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=hour, minute=minute)
    return shown if shown > START else shown + timedelta(days=1)


def hours_until(local: str) -> int:
    """Whole hours from `START` to then."""
    return (at_local(local) - START) // timedelta(hours=1)


def hand_over_to_programs(base: DayBase, technician: Person) -> float:
    """Switch programs on by their pages; where winders and vents followed their own controllers, they obey from now."""
    for key in COMPARTMENTS:
        page = f"/houses/{key}/program"
        technician.send(page, {"to": "on", "reason": "a day in the base"}, to=f"{page}/switch")
    vents = [point for point in POSITIONS if "vent" in point]
    base.wait_until(lambda: all((value or 0.0) <= 3.0 for value in base.truth(vents)), "the vents are shut")
    base.wait_until(lambda: base.stores("is_idle") is True, "nothing is under way")
    for key in SOLAR:
        base.wait_until(lambda: roll_down(base, f"{key}-blanket.motor_command"), "the blanket obeys")  # noqa: B023
    return base.now().timestamp()


def roll_down(base: DayBase, command: str) -> bool:
    """By a person's request. True once one has been confirmed; a busy machine may refuse the first."""
    if base.stores("is_idle") is not True:
        return False
    if any((row["point"], row["state"]) == (command, "confirmed") for row in base.stores("requests")):
        return True
    base.stores("set_by_hand", point=command, value=DOWN)
    return False


def harvest(supervisor: Person, technician: Person) -> None:
    """A crop is said to stand there, and somebody weighs what it gave."""
    cycle = {"compartment": "h1", "cultivar": "provence", "area": "480", "planted_on": "2026-12-20"}
    supervisor.send("/crops", cycle, to="/crops/cycles")
    page = technician.get("/harvest")
    (key,) = re.findall(r'<option value="([0-9a-f-]{36})"', page)
    fields = {"cycle": key, "day": "2027-03-04", "grade": "first", "kg": HARVEST_KG, "note": NOTE}
    technician.send("/harvest", fields)


def irrigate(base: DayBase) -> None:
    """Programs water a house half by half and a glasshouse by volume, all within the time that its register takes."""
    base.stores("water", programs=PROGRAMS, in_min=5.0)
    count = sum(len(document["groups"]) for document in PROGRAMS.values())
    base.wait_until(
        lambda: sum(bool(run["ended"]) for run in base.stores("runs")) >= count, "every run has ended", within_s=300.0
    )


def stop_in_the_middle_of_a_run(base: DayBase) -> tuple[float, dict[str, Any], dict[str, Any]]:
    """A person waters; while water flows the control process is told to stop."""
    meter = ["h2-valves.total_volume"]
    (before_m3,) = base.truth(meter)
    base.stores("start_run", group="h2-north", minutes=60.0)
    watched = ["h2-valves.valve_1", "h2-valves.valve_2"]
    base.wait_until(lambda: base.truth(watched) == [1.0, 1.0], "the valves of the run are open")
    base.wait_until(lambda: base.truth(meter) != [before_m3], "water flows through its meter")
    opened = dict(zip(VALVES, base.truth(VALVES), strict=True))
    stop_at = base.now().timestamp()
    assert base.end("control") == 0
    closed = dict(zip(VALVES, base.truth(VALVES), strict=True))
    time.sleep(0.5)  # the witness looks once more
    return stop_at, opened, closed
