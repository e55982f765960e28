"""The controllers of simulated motors: what a blanket winder and a vent motor do with their drive, and what they show.

Pure: a state, a step, a state. They believe their count and their end switches and know nothing of the truth between.
"""

from __future__ import annotations

from typing import NamedTuple

from greenhouse.plant.actuators import Drive, DriveParameters, DriveState, drive_at, move, toward
from greenhouse.plant.point_sources import rolled_up_pct

STOP, ROLL_UP, ROLL_DOWN = 0.0, 1.0, 2.0
STORM_GUST_M_S, CALM_GUST_M_S = 12.0, 9.0
LONGEST_RUN = 1.3
"""Of the full travel: what runs longer has jammed (``agronomy.md`` §3.5)."""

_REMOTE = 1.0
UP_A, DOWN_A, VENT_A = 4.2, 3.1, 1.4
_STALLED = 2.5


class WinderState(NamedTuple):
    """A blanket winder; position 1 of its drive covers the house.

    Attributes
    ----------
    command : float
        STOP, ROLL_UP or ROLL_DOWN, as its register holds it.
    run_s : float
        Of the present move.
    is_stalled : bool
        In the last step the motor turned and the blanket did not follow.
    """

    drive: DriveState
    command: float
    run_s: float
    is_stalled: bool


class VentState(NamedTuple):
    """A vent motor.

    Attributes
    ----------
    target_pct : float
        As its register holds it. [%]
    run_s : float
        Of the present move.
    has_given_up : bool
        The move lasted too long; a new target starts another one.
    is_locked : bool
        The wind holds the vent shut.
    is_stalled : bool
        In the last step the motor turned and the vent did not follow.
    """

    drive: DriveState
    target_pct: float
    run_s: float
    has_given_up: bool
    is_locked: bool
    is_stalled: bool


def winder_at(covered: float) -> WinderState:
    """A winder that stands."""
    return WinderState(drive_at(covered), STOP, 0.0, is_stalled=False)


def vent_at(position: float) -> VentState:
    """A vent motor that stands where it was sent."""
    return VentState(drive_at(position), 100.0 * position, 0.0, has_given_up=False, is_locked=False, is_stalled=False)


def command_winder(state: WinderState, command: float) -> WinderState | None:
    """Take a written motor command; the run time starts again, also for the same one. None: it is rejected."""
    if command not in (STOP, ROLL_UP, ROLL_DOWN):
        return None
    return state._replace(command=command, run_s=0.0)


def advance_winder(
    state: WinderState, run_time_limit_s: float, params: DriveParameters, mains: float, dt_s: float
) -> WinderState:
    """Turn until an end switch, the run-time limit, a stop or a power cut ends the move.

    The command falls with the power: a winder never starts by itself when the power comes back.
    """
    left_s = max(0.0, run_time_limit_s - state.run_s)
    if state.command == STOP or mains <= 0.0 or left_s <= 0.0:
        return WinderState(move(state.drive, Drive(0.0, 0.0), params, dt_s), STOP, state.run_s, is_stalled=False)
    direction = -1.0 if state.command == ROLL_UP else 1.0
    after = move(state.drive, Drive(direction, min(dt_s, left_s)), params, dt_s)
    ran_s = after.run_s - state.drive.run_s
    is_over = after.running == 0.0 or left_s <= dt_s
    return WinderState(
        drive=after,
        command=STOP if is_over else state.command,
        run_s=state.run_s + ran_s,
        is_stalled=_is_stalled(state.drive, after),
    )


def winder_readings(state: WinderState) -> dict[str, float]:
    """The points of the profile ``blanket-winder`` that are not settings, canonical units."""
    current_a = {STOP: 0.0, ROLL_UP: UP_A, ROLL_DOWN: DOWN_A}[state.command]
    return {
        "position": rolled_up_pct(state.drive.believed),
        "motor_state": state.command,
        "motor_current": current_a * (_STALLED if state.is_stalled else 1.0),
        "run_seconds": state.run_s,
        "end_switch_up": float(state.drive.position == 0.0),
        "end_switch_down": float(state.drive.position == 1.0),
        "control_location": _REMOTE,
    }


def command_vent(state: VentState, target_pct: float) -> VentState | None:
    """Take a written target. None: rejected, because the wind lock-out lets nothing open further than it is."""
    if not 0.0 <= target_pct <= 100.0:
        return None
    if state.is_locked and target_pct > 100.0 * state.drive.believed:
        return None
    return state._replace(target_pct=target_pct, run_s=0.0, has_given_up=False)


def advance_vent(state: VentState, gust_m_s: float, params: DriveParameters, mains: float, dt_s: float) -> VentState:
    """Move toward the target, or shut in a storm; a move that lasts too long is given up until the next target."""
    is_locked = gust_m_s > (CALM_GUST_M_S if state.is_locked else STORM_GUST_M_S)
    target = 0.0 if is_locked else state.target_pct / 100.0
    has_given_up = state.has_given_up and is_locked == state.is_locked
    wish = toward(target, state.drive, params, dt_s)
    if has_given_up or mains <= 0.0:
        wish = Drive(0.0, 0.0)
    after = move(state.drive, wish, params, dt_s)
    ran_s = after.run_s - state.drive.run_s
    run_s = state.run_s + ran_s if ran_s > 0.0 and state.drive.running == wish.direction else ran_s
    return VentState(
        drive=after,
        target_pct=state.target_pct,
        run_s=run_s,
        has_given_up=has_given_up or run_s >= LONGEST_RUN * params.travel_s,
        is_locked=is_locked,
        is_stalled=_is_stalled(state.drive, after),
    )


def vent_readings(before: VentState, state: VentState) -> dict[str, float]:
    """The points of the profile ``vent-motor`` that are not settings, canonical units; the last step tells movement."""
    counted = state.drive.believed - before.drive.believed
    is_running = state.drive.run_s > before.drive.run_s
    return {
        "position": 100.0 * state.drive.believed,
        "motor_state": 0.0 if not is_running else 1.0 if counted > 0.0 else 2.0,
        "motor_current": 0.0 if not is_running else VENT_A * (_STALLED if state.is_stalled else 1.0),
        "wind_lockout": float(state.is_locked),
        "control_location": _REMOTE,
    }


def _is_stalled(before: DriveState, after: DriveState) -> bool:
    """Whether the motor ran on past its start and neither the load nor the play moved."""
    is_running_on = before.running != 0.0 and before.running == after.running and before.loss_left_s == 0.0
    return is_running_on and (after.position, after.slack) == (before.position, before.slack)
