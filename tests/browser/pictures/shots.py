"""Which pictures there are: each page in each state worth a look, and the acceptance points that it shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.browser.pictures import steps
from tests.browser.pictures.scenes import Scene
from tests.browser.pictures.steps import LINKED, Step

SIZES = {"phone": (390, 844), "desk": (1440, 900), "wall": (1920, 1080), "large": (3840, 2160)}
USUAL_SIZES = ("phone", "desk", "wall")
Look = tuple[str, str]
DAY, GLARE, NIGHT, ENGLISH = ("light", "zh-hans"), ("sun", "zh-hans"), ("night", "zh-hans"), ("light", "en")
ALL = (DAY, GLARE, NIGHT, ENGLISH)
WALL_LOOKS = (DAY,)
"""A wall panel in the house is looked at as it hangs there."""


@dataclass(frozen=True)
class Shot:
    """One page in one state."""

    scene: str
    name: str
    path: str
    caption: str
    shows: tuple[str, ...] = ()
    """Acceptance points."""
    role: str = "technician"
    looks: tuple[Look, ...] = (DAY,)
    sizes: tuple[str, ...] = USUAL_SIZES
    step: Step | None = None
    wait: str = LINKED
    around: Callable[[Scene], AbstractContextManager[None]] = steps.usual
    is_signed_in: bool = True
    wears_gloves: bool = False

    def looks_at(self, size: str) -> tuple[Look, ...]:
        """Themes and languages of this page in a size."""
        return tuple(look for look in self.looks if size in ("phone", "desk") or look in WALL_LOOKS)


def sheet(key: str) -> str:
    """The overview with the sheet of a setpoint."""
    return f"/?sheet={key}"


SIGNED_OUT_SHOTS = (
    Shot("busy", "login", "/login", "Sign in", looks=ALL, wait="#id_username", is_signed_in=False),
    Shot(
        "busy",
        "login-failed",
        "/login",
        "Sign in: a wrong password",
        step=steps.wrong_password,
        wait="#id_username",
        is_signed_in=False,
    ),
    Shot("busy", "api-docs", "/api/v1/docs", "The interface for programs", looks=(DAY, ENGLISH), wait="main"),
)
OVERVIEW_SHOTS = (
    Shot("calm", "overview", "/", "Overview, nothing wrong", ("T1", "T2"), looks=ALL),
    Shot("calm", "house", "/houses/h2", "A house", ("T2",), looks=ALL),
    Shot("calm", "glasshouse", "/houses/g1-b", "An area of the glasshouse"),
    Shot("calm", "equipment", "/equipment", "What serves all houses", looks=(DAY, ENGLISH)),
    Shot("busy", "overview-busy", "/", "Overview on an ordinary day", ("T13",), looks=(DAY, ENGLISH)),
    Shot("busy", "overview-menu", "/", "The menu", step=steps.menu, looks=(DAY, ENGLISH)),
    Shot("busy", "house-busy", "/houses/h2", "A house with a manual hold", ("T13",)),
    Shot("busy", "house-local", "/houses/h4", "A house switched to local", ("X4",)),
    Shot("busy", "house-program", "/houses/h2#actuators", "What a program decided, and why", looks=ALL),
    Shot("busy", "points", "/points", "How every value stands", ("X4",), looks=ALL),
    Shot("busy", "overview-offline", "/", "Overview without its link", ("T16", "X4"), step=steps.offline_page),
    Shot("busy", "house-offline", "/houses/h2", "A house without its link", ("X4",), step=steps.offline_page),
)
SHEET_SHOTS = (
    Shot("busy", "sheet", sheet(steps.ROUTINE), "The sheet as it opens", ("T6",), step=steps.draft, looks=ALL),
    Shot(
        "busy",
        "sheet-gloves",
        sheet(steps.ROUTINE),
        "The sheet for gloves",
        ("T4",),
        step=steps.draft,
        wears_gloves=True,
    ),
    Shot("busy", "sheet-keypad", sheet(steps.ROUTINE), "Keypad and choice of compartments", step=steps.keypad),
    Shot(
        "busy",
        "sheet-review",
        sheet(steps.ROUTINE),
        "Review of a routine change",
        ("T7",),
        step=steps.routine_review,
        looks=ALL,
    ),
    Shot(
        "busy",
        "sheet-large",
        sheet(steps.ROUTINE),
        "Review of a large change: reason and hold",
        ("T7", "T11"),
        step=steps.large_review,
        looks=ALL,
    ),
    Shot(
        "busy",
        "sheet-large-keyboard",
        sheet(steps.ROUTINE),
        "The same by keyboard",
        ("T11",),
        step=steps.large_by_keyboard,
    ),
    Shot(
        "busy",
        "sheet-second-person",
        sheet(steps.SECOND_PERSON),
        "A hazardous change waits for a second person",
        step=steps.waits_for_second,
        looks=ALL,
    ),
    Shot("busy", "sheet-on-its-way", sheet(steps.ON_ITS_WAY), "Sent, not read back", ("T8",), step=steps.on_its_way),
    Shot("busy", "sheet-confirmed", sheet(steps.CONFIRMED), "In force, with the way back", step=steps.confirmed),
    Shot("busy", "sheet-not-taken", sheet(steps.KEPT), "The controller kept its value", ("T9",), step=steps.not_taken),
    Shot(
        "busy", "sheet-conflict", sheet(steps.CONFLICT), "Somebody was faster", ("T12",), step=steps.conflict, looks=ALL
    ),
    Shot("busy", "sheet-refused", sheet(steps.REFUSED), "Refused: switched to local on site", step=steps.draft),
    Shot("busy", "sheet-locked", sheet("h6-blanket.motor_command"), "Locked: the motor ran too long", step=steps.draft),
    Shot("busy", "sheet-held", sheet(steps.HELD), "A manual hold", ("T13",), step=steps.draft, looks=(DAY, ENGLISH)),
    Shot("busy", "sheet-offline", sheet(steps.ROUTINE), "Without a link", ("T16", "X4"), step=steps.offline),
    Shot("busy", "sheet-batch", sheet(steps.ROUTINE), "Review for all compartments", step=steps.batch_review),
    Shot("busy", "batch", "{batch}", "What became of a batch", looks=(DAY, ENGLISH)),
)
HISTORY_SHOTS = (
    Shot(
        "busy",
        "trends",
        "/trends?house=h2&preset=temperature&hours=24",
        "Curves of a day",
        ("X6",),
        looks=ALL,
        step=steps.curves,
    ),
    Shot(
        "busy",
        "trends-compare",
        "/trends?house=h2&preset=temperature&hours=24&compare=1d",
        "The day before beside it, a moment held",
        step=steps.curves_pointed_at,
        looks=(DAY, ENGLISH),
    ),
    Shot("busy", "openings", "/trends?house=h1&preset=openings&hours=24", "Openings", step=steps.curves),
    Shot(
        "busy",
        "trends-points",
        "/trends?house=h2&preset=temperature&hours=24",
        "Choosing points",
        step=steps.points_to_choose,
    ),
    Shot("busy", "trends-none", "/trends?points=", "No curve chosen", ("X4",)),
    Shot("busy", "note", "/trends/notes/{note}", "A note beside the curves", wait="main"),
    Shot("busy", "schedules", "/schedules", "Schedules and missed runs", role="engineer", looks=ALL),
    Shot("busy", "change-log", "/changes/log", "The log of changes", looks=(DAY, ENGLISH), step=steps.unfolded),
    Shot("busy", "decisions-none", "/decisions", "Nothing waits for anybody", ("X4",)),
    Shot(
        "busy",
        "decisions",
        "/decisions",
        "A change waits for a second person",
        role="supervisor",
        looks=(DAY, ENGLISH),
        step=steps.ask_for_approval,
    ),
)
ALARM_SHOTS = (
    Shot("calm", "alarms-none", "/alarms", "No alarm", ("X4",)),
    Shot("troubled", "overview-alarms", "/", "Overview with alarms", looks=ALL),
    Shot("troubled", "house-alarms", "/houses/h2", "A house with an alarm", looks=(DAY, NIGHT)),
    Shot("troubled", "equipment-alarms", "/equipment", "What serves all houses, with an alarm"),
    Shot("troubled", "alarms", "/alarms", "Alarms", looks=ALL),
)
SETUP_SHOTS = tuple(
    Shot("busy", name, path, caption, role="engineer", looks=looks, step=step, wait=wait)
    for name, path, caption, looks, step, wait in (
        ("setup", "/setup", "Structure of the base", ALL, None, LINKED),
        ("setup-unfolded", "/setup", "Structure, unfolded", (DAY,), steps.unfolded, LINKED),
        ("setup-base", "/setup/base/kangbashi", "The base itself", (DAY,), None, "main"),
        ("setup-compartment", "/setup/compartment/h1", "A compartment", (DAY,), None, "main"),
        ("setup-device", "/setup/devices/h1-climate", "A device", (DAY, ENGLISH), None, "main"),
        ("setup-new-device", "/setup/devices/add", "A new device", (DAY,), None, "main"),
        ("setup-point", "/setup/points/h1-climate.heating_setpoint", "A point and its limits", (DAY,), None, "main"),
        (
            "setup-review",
            "/setup/points/h1-climate.heating_setpoint",
            "Review of changed limits",
            (DAY,),
            steps.reviewed_limits,
            "main",
        ),
        (
            "setup-fault",
            "/setup/points/h1-climate.heating_setpoint",
            "A fault at its field",
            (DAY,),
            steps.refused_limits,
            "main",
        ),
        ("setup-alarms", "/setup/alarms", "Limits of alarms", (DAY, ENGLISH), None, "main"),
        ("setup-alarm", "/setup/alarms/air-temperature-low-low", "One alarm", (DAY,), None, "main"),
        ("setup-profiles", "/setup/profiles", "Device profiles", (DAY,), None, "main"),
        ("setup-profile", "/setup/profiles/climate-controller", "A register map", (DAY,), None, "main"),
        ("setup-versions", "/setup/versions", "Versions of the base file", (DAY,), None, "main"),
        ("setup-version", "/setup/versions/2", "What a version changed", (DAY,), None, "main"),
        ("setup-file", "/setup/file", "The base file as text", (DAY,), None, "main"),
        ("setup-people", "/setup/people", "People and roles", (DAY, ENGLISH), None, "main"),
        ("setup-new-login", "/setup/people", "A password that is shown once", (DAY,), steps.new_login, "main"),
        ("setup-person", "{person}", "One person", (DAY,), None, "main"),
    )
)
PROGRAM_SHOTS = (
    Shot("busy", "programs", "/programs", "Climate programs", ("X4",), looks=(DAY, ENGLISH)),
    Shot("busy", "program", "/houses/h2/program", "A program and what it means today", ("X4",), looks=ALL),
    Shot(
        "busy",
        "program-form",
        "/houses/h2/program",
        "The form of a program",
        step=steps.program_form,
        looks=(DAY, ENGLISH),
    ),
    Shot("busy", "program-glasshouse", "/houses/g1-b/program", "The program of a glasshouse", looks=(DAY,)),
    Shot(
        "busy",
        "program-review",
        "/houses/h2/program",
        "Review of a large change",
        step=steps.reviewed_program,
        looks=(DAY, ENGLISH),
    ),
    Shot("busy", "program-faults", "/houses/h2/program", "Faults at their fields", step=steps.mistyped_program),
    Shot("busy", "program-conflict", "/houses/h5/program", "Somebody was faster", step=steps.program_conflict),
    Shot("busy", "program-versions", "/houses/h2/program/versions", "Versions in sentences", looks=(DAY, ENGLISH)),
    Shot("busy", "program-version", "/houses/h2/program/versions/1", "An older version and the way back"),
    Shot("troubled", "program-unreadable", "/houses/h3/program", "A program that cannot be read"),
    Shot("busy", "program-copy", "/houses/h2/program/copy", "Copying to other houses"),
)
IRRIGATION_SHOTS = (
    Shot("busy", "irrigation", "/irrigation", "Water: runs, groups, programs", ("X4",), looks=ALL),
    Shot(
        "busy",
        "irrigation-programs",
        "/irrigation#programs-title",
        "Irrigation programs",
        looks=(DAY, ENGLISH),
    ),
    Shot(
        "busy", "irrigation-missed", "/irrigation#missed-title", "Runs that were missed or ended", looks=(DAY, ENGLISH)
    ),
    Shot("busy", "irrigation-start", "/irrigation/groups/h1-south/start", "Water by hand", looks=ALL),
    Shot(
        "busy",
        "irrigation-start-review",
        "/irrigation/groups/h1-south/start",
        "What a run by hand means",
        looks=(DAY, ENGLISH),
        step=steps.run_by_hand,
    ),
    Shot("busy", "irrigation-new", "/irrigation/new-program", "A new irrigation program", looks=(DAY, ENGLISH)),
    Shot("busy", "irrigation-program", "/irrigation/programs/morning", "An irrigation program", looks=ALL),
    Shot(
        "busy",
        "irrigation-review",
        "/irrigation/programs/morning",
        "Review of a change",
        looks=(DAY, ENGLISH),
        step=steps.irrigation_review,
    ),
    Shot(
        "busy",
        "irrigation-faults",
        "/irrigation/programs/morning",
        "Faults at their fields",
        looks=(DAY, ENGLISH),
        step=steps.mistyped_irrigation,
    ),
    Shot(
        "busy",
        "irrigation-conflict",
        "/irrigation/programs/morning",
        "Somebody was faster",
        looks=(DAY, ENGLISH),
        step=steps.irrigation_conflict,
    ),
    Shot("busy", "irrigation-versions", "/irrigation/programs/morning/versions", "Versions", looks=(DAY, ENGLISH)),
    Shot("busy", "irrigation-version", "/irrigation/programs/morning/versions/1", "A version and the way back"),
    Shot("troubled", "irrigation-troubled", "/irrigation#programs-title", "A program that cannot be read, in the list"),
    Shot(
        "troubled",
        "irrigation-unreadable",
        "/irrigation/programs/noon",
        "An irrigation program that cannot be read",
        looks=(DAY, ENGLISH),
    ),
)
TRAINING_SHOTS = (
    Shot(
        "busy",
        "training",
        "/training?hours=6",
        "Truth and readings of a simulated house; a sensor drifts",
        ("X4",),
        role="engineer",
        looks=ALL,
        step=steps.curves,
    ),
    Shot("busy", "training-pace", "/training/pace", "The pace of a training base, on a live one", role="engineer"),
    Shot("busy", "training-glasshouse", "/training?place=g1-a", "The same of the glasshouse", role="engineer"),
)
YIELD_SHOTS = (
    Shot("busy", "harvest", "/harvest", "Entering a harvest", ("X4",), looks=ALL),
    Shot("busy", "harvest-gloves", "/harvest", "The same for gloves", wears_gloves=True),
    Shot("busy", "harvest-correction", "/harvest/{harvest}", "Correcting a harvest", looks=(DAY, ENGLISH)),
    Shot("busy", "yields", "/yields", "Yields of two cultivars against their target", ("C1", "C2"), looks=ALL),
    Shot("busy", "yields-mu", "/yields?unit=kg_mu&axis=calendar", "The same in kg/667 m² by calendar weeks", ("C2",)),
    Shot("busy", "crops", "/crops", "What grows where", looks=(DAY, ENGLISH)),
    Shot("busy", "crop-end", "/crops/cycles/{cycle}", "The end of a crop"),
    Shot("calm", "yields-empty", "/yields", "No crop yet", ("X4",)),
    Shot("calm", "harvest-empty", "/harvest", "Nothing planted yet", ("X4",)),
)
HEARD, WAITING = "html[data-feed=heard]", "html[data-feed=waiting]"
WALL_DISPLAYS = (
    ("now", "how the greenhouses are"),
    ("warm", "why it is warm"),
    ("drink", "how much a plant drinks"),
    ("today", "the day so far"),
)


def visitor_shot(
    scene: str, name: str, path: str, caption: str, *shows: str, sizes: tuple[str, ...], wait: str = HEARD
) -> Shot:
    """A page that nobody signs in to."""
    path = f"{{visit}}{path}"
    return Shot(scene, name, path, caption, shows, sizes=sizes, wait=wait, is_signed_in=False)


VISITORS_SHOTS = (
    *(
        visitor_shot(
            scene,
            f"wall-{name}{end}",
            f"/wall?only={name}",
            f"The wall: {caption}{when}",
            "V1",
            "V3",
            "V4",
            sizes=("wall", "large"),
        )
        for scene, end, when in (
            ("visitors", "", ""),
            ("visitors-morning", "-morning", ", in the morning"),
            ("visitors-sunset", "-sunset", ", at sunset"),
            ("visitors-night", "-night", ", at night"),
        )
        for name, caption in WALL_DISPLAYS
    ),
    *(
        visitor_shot(
            "visitors-late",
            f"wall-{name}-old",
            f"/wall?only={name}",
            "The wall: old values",
            "V5",
            sizes=("wall", "large"),
        )
        for name, _ in WALL_DISPLAYS
    ),
    *(
        visitor_shot(
            "visitors-first",
            f"wall-{name}-first",
            f"/wall?only={name}",
            "The wall: nothing published yet",
            "X4",
            sizes=("wall", "large"),
            wait=WAITING,
        )
        for name, _ in WALL_DISPLAYS
    ),
    *(
        visitor_shot("visitors", f"visit{path.replace('/', '-')}", path, caption, "X1", "X2", "X3", sizes=("phone",))
        for path, caption in (
            ("/go/now", "A visitor's phone: now"),
            ("/go/warm", "A visitor's phone: warm"),
            ("/en/go/drink", "A visitor's phone: drink"),
            ("/go/today", "A visitor's phone: today"),
            ("/base", "About the base"),
            ("/en/base", "About the base, in English"),
        )
    ),
    visitor_shot(
        "visitors-first",
        "visit-first",
        "/go/warm",
        "A phone before the first values",
        "X4",
        sizes=("phone",),
        wait=WAITING,
    ),
)
OTHER_SHOTS = (
    Shot("busy", "account", "/account", "Own account with tokens", looks=(DAY, ENGLISH), wait="main"),
    Shot("busy", "not-allowed", "/setup/file", "A page of another role", ("X4",), wait="main"),
    Shot("busy", "not-found", "/nowhere", "No such page", ("X4",), wait="main"),
    Shot("busy", "signed-out", "/", "The session ended under the page", step=steps.signed_out, looks=(DAY, ENGLISH)),
    Shot(
        "busy",
        "store-away",
        "/points",
        "The store does not answer (503)",
        ("X4",),
        looks=(DAY, NIGHT, ENGLISH),
        wait="main",
        around=steps.without_store,
    ),
    Shot("empty", "empty", "/", "No base yet, for a technician", ("X4",), wait="main", looks=(DAY, ENGLISH)),
    Shot("empty", "empty-first", "/setup/first", "The first base, for an engineer", role="engineer", wait="main"),
    Shot("empty", "empty-alarms", "/alarms", "Alarms without a base", ("X4",), wait="main"),
    Shot("empty", "empty-trends", "/trends", "Curves without a base", ("X4",), wait="main"),
    Shot("many", "forty-houses", "/", "Forty houses"),
    Shot("many", "forty-setup", "/setup", "Structure of forty houses", role="engineer"),
)
SHOTS = (
    OVERVIEW_SHOTS
    + SHEET_SHOTS
    + HISTORY_SHOTS
    + ALARM_SHOTS
    + SETUP_SHOTS
    + PROGRAM_SHOTS
    + IRRIGATION_SHOTS
    + TRAINING_SHOTS
    + YIELD_SHOTS
    + VISITORS_SHOTS
    + OTHER_SHOTS
    + SIGNED_OUT_SHOTS
)
