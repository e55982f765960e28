"""What a climate program wants of a compartment at a moment.

Pure: the same rules run live, in seasons and in a what-if.
"""

from __future__ import annotations

from datetime import datetime

from greenhouse.rules.evaluate import covers, shading, vents
from greenhouse.rules.evaluate.day_periods import number_in_force
from greenhouse.rules.evaluate.decisions import VENTS, Actuator, Decision, Why, Wish
from greenhouse.rules.evaluate.snapshot import ClimateSnapshot


def evaluate(snapshot: ClimateSnapshot, now: datetime) -> tuple[Decision, ...]:
    """What the program wants of every actuator that it moves.

    Parameters
    ----------
    snapshot : ClimateSnapshot
        Of the local day of ``now``; its program has no faults.
    now : datetime
        Aware.

    Returns
    -------
    tuple of Decision
        In the order of the equipment; no entry for an actuator that the program leaves alone.
    """
    rule = snapshot.program.blanket
    blanket = None if rule is None else covers.blanket(rule, snapshot, now)
    wishes = {actuator: _wish(actuator, blanket, snapshot, now) for actuator in snapshot.equipment}
    return tuple(_decided(actuator, wish, snapshot, now) for actuator, wish in wishes.items() if wish is not None)


def _wish(actuator: Actuator, blanket: Wish | None, snapshot: ClimateSnapshot, now: datetime) -> Wish | None:
    program = snapshot.program
    number = number_in_force(program.periods, snapshot.day, now)
    period = program.periods[number]
    if actuator in VENTS:
        return vents.opening(actuator, period.ventilation_c, blanket, snapshot, now)
    match actuator:
        case Actuator.HEATING_SETPOINT:
            return Wish(period.heating_c, Why.PERIOD, {"period": number + 1.0})
        case Actuator.VENTILATION_SETPOINT:
            return Wish(period.ventilation_c, Why.PERIOD, {"period": number + 1.0})
        case Actuator.BLANKET:
            return blanket
        case Actuator.SCREEN:
            return None if program.screen is None else covers.screen(program.screen, snapshot, now)
        case _:
            rule = program.shade
            return None if rule is None else shading.net(rule, period.ventilation_c, snapshot, now)


def _decided(actuator: Actuator, wish: Wish, snapshot: ClimateSnapshot, now: datetime) -> Decision:
    """The wish as a decision; the same target again keeps the moment since when it is wanted."""
    before = snapshot.last.get(actuator)
    is_same = before is not None and before.target == wish.target
    return Decision(
        actuator=actuator,
        target=wish.target,
        why=wish.why,
        since=before.since if before is not None and is_same else now,
        facts=wish.facts,
        is_safe_state=wish.is_safe_state,
    )
