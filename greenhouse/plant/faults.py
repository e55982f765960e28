"""Faults of the plant itself: what breaks in a house, whoever looks at it.

A fault changes what the model is told about the house and its equipment; no function of the model knows that there are
faults. What goes wrong between the plant and the one who reads it (a line, a device, a point) belongs to
``devices.simulator.faults``; ADR 22 draws the border.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from devices.profiles.fields import Fields
from greenhouse.plant.actuators import DriveParameters
from greenhouse.plant.errors import ParameterError, PlantInputError
from greenhouse.plant.machinery import Outfit, Supply, check_within
from greenhouse.plant.sentences import Sentence, no_such
from greenhouse.plant.watering import Pipework

FAULTS_FILE = Path(__file__).parent / "data" / "faults.toml"


class PlantFaults(NamedTuple):
    """How severe each fault is; 0 is a fault that is off. Units and ranges are in ``data/faults.toml``."""

    torn_film: float
    stuck_roof_vent: float
    stuck_bottom_vent: float
    blocked_drippers: float
    burst_pipe: float
    boiler_trip: float
    power_cut: float
    frozen_winder: float
    drifted_ec_probe: float


NO_FAULTS = PlantFaults(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class Tear(NamedTuple):
    """What a torn film adds to a house.

    Attributes
    ----------
    open_m2_m2 : float
        Opening per square meter of floor that no motor shuts.
    film_share : float
        Share of the cover that still has its film.
    """

    open_m2_m2: float
    film_share: float


def apply(faults: PlantFaults, outfit: Outfit, ec_drift_days: float) -> Outfit:
    """The equipment as the faults leave it.

    Parameters
    ----------
    outfit : Outfit
        Without faults; what comes back is never given in again.
    ec_drift_days : float
        How long the probe of the feed unit has been drifting. [d]
    """
    pipework, supply = outfit.pipework, outfit.supply
    return Outfit(
        floor_m2=outfit.floor_m2,
        roof_vent=hindered(outfit.roof_vent, faults.stuck_roof_vent),
        bottom_vent=hindered(outfit.bottom_vent, faults.stuck_bottom_vent),
        blanket=hindered(outfit.blanket, faults.frozen_winder),
        screen=outfit.screen,
        shade=outfit.shade,
        heating=outfit.heating,
        dosing=outfit.dosing,
        water=outfit.water,
        pipework=Pipework(
            pump=pipework.pump,
            blocked=1.0 - (1.0 - pipework.blocked) * (1.0 - faults.blocked_drippers),
            burst=max(pipework.burst, faults.burst_pipe),
        ),
        supply=Supply(
            mains=0.0 if faults.power_cut > 0.0 else supply.mains,
            boiler=0.0 if faults.boiler_trip > 0.0 else supply.boiler,
            ec_probe_error_ms_cm=supply.ec_probe_error_ms_cm + faults.drifted_ec_probe * ec_drift_days,
        ),
    )


def hindered(drive: DriveParameters, severity: float) -> DriveParameters:
    """A drive whose load follows only a part of what the motor turns; at 1 it does not follow at all."""
    return DriveParameters(
        travel_s=drive.travel_s,
        start_loss_s=drive.start_loss_s,
        slip_forward=max(drive.slip_forward, severity),
        slip_backward=max(drive.slip_backward, severity),
        backlash=drive.backlash,
        minimum_step=drive.minimum_step,
    )


def tear(faults: PlantFaults, cover_m2_m2: float) -> Tear:
    """What a torn film adds.

    Parameters
    ----------
    cover_m2_m2 : float
        Area of the film per square meter of floor.
    """
    return Tear(open_m2_m2=faults.torn_film * cover_m2_m2, film_share=1.0 - faults.torn_film)


def torn_fir_transmission(film_transmission: float, tear: Tear) -> float:
    """Long-wave transmission of the whole cover: where the film is gone all of it passes, weighted by area."""
    return tear.film_share * film_transmission + 1.0 - tear.film_share


def torn_leak(leak: float, tear: Tear, discharge: float, wind_pressure: float) -> float:
    """Leakage of the house per wind speed, with the tear. [m³ m⁻² s⁻¹ per m/s]

    A hole that nothing shuts breathes with the wind as an open roof vent of its area does, so it stands beside the
    leakage that every house has, and a blanket over it cuts both.

    Parameters
    ----------
    leak : float
        Of the whole house, the same unit.
    discharge, wind_pressure : float
        Coefficients of its openings.

    References
    ----------
    Vanthoor (2011), eq. 8.65, wind alone: f = C_d/2 · A · √C_w · v.
    """
    return leak + 0.5 * discharge * tear.open_m2_m2 * math.sqrt(wind_pressure)


@dataclass(frozen=True, slots=True)
class Severity:
    """The number that belongs to a fault. ``lowest`` may be negative: a probe drifts either way."""

    zh: str
    en: str
    unit: str
    lowest: float
    highest: float
    usual: float


@dataclass(frozen=True, slots=True)
class PlantFaultKind:
    """A fault that can be switched on, in the words of the two languages."""

    key: str
    zh: str
    en: str
    changes_zh: str
    changes_en: str
    severity: Severity
    reference: str


@cache
def fault_kinds() -> tuple[PlantFaultKind, ...]:
    """Every fault, in the order of ``PlantFaults``."""
    return parse_fault_kinds(FAULTS_FILE.read_text(encoding="utf-8"), file=FAULTS_FILE.name)


def plant_faults(severities: Mapping[str, float]) -> PlantFaults:
    """The faults that are on, by key.

    Raises
    ------
    PlantInputError
        If there is no such fault, or its severity is outside its range.
    """
    kinds = {kind.key: kind for kind in fault_kinds()}
    for key, severity in severities.items():
        if key not in kinds:
            raise PlantInputError(no_such(Sentence("plant fault"), key, kinds))
        check_within(
            Sentence("severity of %(fault)s", fault=key),
            severity,
            kinds[key].severity.lowest,
            kinds[key].severity.highest,
        )
    return PlantFaults._make(severities.get(key, 0.0) for key in PlantFaults._fields)


def parse_fault_kinds(text: str, *, file: str) -> tuple[PlantFaultKind, ...]:
    """Read the file of faults.

    Raises
    ------
    ParameterError
        With every fault of it: a kind missing or unknown, no words in one of the languages, a range that is none.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(file, [f"is not TOML: {error}"]) from error
    faults: list[str] = []
    top = Fields(document, where="file", faults=faults)
    kinds = []
    for key in PlantFaults._fields:
        table = top.section(key, required=True)
        if table is not None:
            kinds.append(_kind(key, table))
    top.finish()
    if faults:
        raise ParameterError(file, faults)
    return tuple(kinds)


def _kind(key: str, table: Fields) -> PlantFaultKind:
    severity = table.nested("severity")
    if severity is None and "severity" not in table:
        table.fault("severity", "is missing")
    kind = PlantFaultKind(
        key=key,
        zh=table.text("zh"),
        en=table.text("en"),
        changes_zh=table.text("changes_zh"),
        changes_en=table.text("changes_en"),
        severity=_NO_SEVERITY if severity is None else _severity(severity),
        reference=table.text("reference"),
    )
    table.finish()
    return kind


_NO_SEVERITY = Severity(zh="", en="", unit="1", lowest=0.0, highest=0.0, usual=0.0)


def _severity(table: Fields) -> Severity:
    severity = Severity(
        zh=table.text("zh"),
        en=table.text("en"),
        unit=table.text("unit"),
        lowest=table.number("lowest"),
        highest=table.number("highest"),
        usual=table.number("usual"),
    )
    is_sound = all(table.is_sound(name) for name in ("lowest", "highest", "usual"))
    if is_sound and not severity.lowest <= 0.0 < severity.highest:
        table.fault("lowest", f"{severity.lowest:g} to {severity.highest:g} must hold 0, which is off, and go above it")
    elif is_sound and (severity.usual == 0.0 or not severity.lowest <= severity.usual <= severity.highest):
        table.fault("usual", f"{severity.usual:g} must be inside the range and not 0")
    table.finish()
    return severity
