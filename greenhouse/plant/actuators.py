"""Motors that take time and lose count, and water that warms slowly.

A drive has two positions: where it truly stands, and where its controller believes it stands from counting run time.
They part with every start, with every reversal and with every turn that slips, and meet again at an end switch.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from greenhouse.plant.parameters import Unit


class DriveParameters(NamedTuple):
    """A motor that winds, pushes or pulls from one end to the other.

    Attributes
    ----------
    travel_s : float
        From end to end, and what the controller counts with.
    start_loss_s : float
        Run time of each start in which nothing moves yet: contactor, run-up, taking the load.
    slip_forward, slip_backward : float
        Share of the way that is lost while it runs toward 1 and toward 0. At 1 the motor turns and nothing moves.
    backlash : float
        Play that is taken up after a reversal before anything moves, share of the full travel.
    minimum_step : float
        The controller starts the motor for no smaller change than this.
    """

    travel_s: Annotated[float, Unit("s", lowest=1.0, highest=3600.0)]
    start_loss_s: Annotated[float, Unit("s", highest=30.0)]
    slip_forward: Annotated[float, Unit("1", highest=1.0)]
    slip_backward: Annotated[float, Unit("1", highest=1.0)]
    backlash: Annotated[float, Unit("1", highest=0.5)]
    minimum_step: Annotated[float, Unit("1", highest=0.5)]


class Drive(NamedTuple):
    """What the contactors of a motor do during a step.

    Attributes
    ----------
    direction : float
        1 forward, -1 backward, 0 off.
    run_s : float
        How long from the start of the step; longer than the step means to its end.
    """

    direction: float
    run_s: float


STANDING = Drive(0.0, 0.0)


class DriveState(NamedTuple):
    """Where a drive stands, and what it has done so far.

    Attributes
    ----------
    position, believed : float
        True, and as its controller counts; 0 to 1.
    slack : float
        How much of the backlash is taken up forward, 0 to ``backlash``.
    loss_left_s : float
        What the present start still loses.
    running : float
        Direction in which the motor still turned when the step ended; 0 when it stood.
    starts, run_s, traveled : float
        Counted since the beginning: starts, seconds of the motor, full travels of the load.
    """

    position: float
    believed: float
    slack: float
    loss_left_s: float
    running: float
    starts: float
    run_s: float
    traveled: float


def drive_at(position: float) -> DriveState:
    """A drive that stands and knows where, with its backlash taken up backward."""
    return DriveState(position, position, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def move(state: DriveState, drive: Drive, params: DriveParameters, dt_s: float) -> DriveState:
    """Let a motor run for a step.

    At an end switch the motor is cut and the controller believes what is true again. A drive that stands on the switch
    of its direction does not start. Backlash is the play operator: the load follows the shaft only where the play is
    used up.

    References
    ----------
    Agronomy §1.4 (11), the rate limits. Visintin (1994), Differential Models of Hysteresis, III.1: the play operator.
    """
    run_s = min(drive.run_s, dt_s)
    forward = drive.direction > 0.0
    end = 1.0 if forward else 0.0
    if drive.direction == 0.0 or run_s <= 0.0 or state.position == end:
        believed = end if drive.direction != 0.0 and state.position == end else state.believed
        return DriveState(state.position, believed, state.slack, 0.0, 0.0, state.starts, state.run_s, state.traveled)
    is_start = state.running != drive.direction
    loss_s = params.start_loss_s if is_start else state.loss_left_s
    lost_s = min(loss_s, run_s)
    held = 1.0 - (params.slip_forward if forward else params.slip_backward)
    shaft = state.slack + drive.direction * (run_s - lost_s) / params.travel_s * held
    slack = min(params.backlash, max(0.0, shaft))
    reached = state.position + shaft - slack
    position = min(1.0, max(0.0, reached))
    # The end switch cut the motor as soon as the load was there; what is left of the run did not take place.
    cut_s = abs(reached - position) * params.travel_s / held if held > 0.0 else 0.0
    believed = min(1.0, max(0.0, state.believed + drive.direction * run_s / params.travel_s))
    at_end = position == end
    return DriveState(
        position=position,
        believed=end if at_end else believed,
        slack=slack,
        loss_left_s=loss_s - lost_s,
        running=drive.direction if run_s == dt_s and not at_end else 0.0,
        starts=state.starts + (1.0 if is_start else 0.0),
        run_s=state.run_s + run_s - cut_s,
        traveled=state.traveled + abs(position - state.position),
    )


def toward(target: float, state: DriveState, params: DriveParameters, dt_s: float) -> Drive:
    """What a controller that counts run time does during a step to come to a position.

    For 0 and 1 it runs until the end switch answers, which is how it finds its count again. For anything between it
    does not start for less than the minimum step; once it runs, it runs until its count says that it is there.
    """
    if target <= 0.0 or target >= 1.0:
        end = 1.0 if target >= 1.0 else 0.0
        if state.position == end:
            return Drive(0.0, 0.0)
        return Drive(1.0 if target >= 1.0 else -1.0, dt_s)
    gap = target - state.believed
    direction = 1.0 if gap > 0.0 else -1.0
    if gap == 0.0 or (state.running != direction and abs(gap) < params.minimum_step):
        return Drive(0.0, 0.0)
    return Drive(direction, min(dt_s, abs(gap) * params.travel_s))


class HeatingDesign(NamedTuple):
    """What the heating of a house is sized for: no sun, no screen, in balance. No step reads it.

    Attributes
    ----------
    outside_c, inside_c : float
    wind_m_s : float
    load_w_m2 : float
        Heat that this takes, per floor area.
    """

    outside_c: Annotated[float, Unit("degC", lowest=-50.0, highest=10.0)]
    inside_c: Annotated[float, Unit("degC", highest=30.0)]
    wind_m_s: Annotated[float, Unit("m s-1", highest=20.0)]
    load_w_m2: Annotated[float, Unit("W m-2", lowest=10.0, highest=1000.0)]


class HeatingParameters(NamedTuple):
    """Boiler, mixing valve and mains of a compartment, seen as one lag.

    The pipes in the house are not in it: their own heat lags behind the supply in the climate model.

    Attributes
    ----------
    full_supply_c : float
        What the mixing valve sends at full demand.
    lag_s : float
        Time constant with which the supply follows, warming and cooling.
    """

    full_supply_c: Annotated[float, Unit("degC", lowest=30.0, highest=110.0)]
    lag_s: Annotated[float, Unit("s", lowest=60.0, highest=7200.0)]


class HeatingState(NamedTuple):
    """The water that the mixing valve sends. [°C]"""

    supply_c: float


def heat(state: HeatingState, demand: float, pipe_c: float, params: HeatingParameters, dt_s: float) -> HeatingState:
    """Let the supply follow its demand for a step.

    Parameters
    ----------
    demand : float
        0 to 1, of what the boiler can give; 0 also for a boiler that tripped.
    pipe_c : float
        The pipes' own temperature, to which the water falls without demand.

    References
    ----------
    Agronomy §1.4 (11): first order, 15 to 25 min together with the pipes. Solved exactly, so the length of the step
    changes nothing.
    """
    wanted_c = pipe_c + demand * max(0.0, params.full_supply_c - pipe_c)
    return HeatingState(wanted_c + (state.supply_c - wanted_c) * math.exp(-dt_s / params.lag_s))
