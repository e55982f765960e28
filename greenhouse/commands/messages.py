"""Sentences for verdicts and names for states, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.units import Unit
from greenhouse.commands.checks import Code, Verdict
from greenhouse.commands.lifecycle import State
from greenhouse.site.display import unit_sign

STATE_NAMES: Mapping[State, Promise] = {
    State.AWAITING_APPROVAL: _("waits for approval"),
    State.REQUESTED: _("submitted"),
    State.DISPATCHED: _("being sent"),
    State.ACCEPTED: _("received by the controller"),
    State.CONFIRMED: _("in force"),
    State.UNVERIFIABLE: _("cannot be verified"),
    State.REFUSED: _("refused"),
    State.REJECTED: _("rejected by the controller"),
    State.TIMEOUT: _("not confirmed"),
    State.EXPIRED: _("expired"),
    State.SUPERSEDED: _("replaced"),
    State.DECLINED: _("declined"),
}

_SENTENCES: Mapping[Code, Promise] = {
    Code.NOT_ALLOWED: _("You may not change setpoints. Ask a supervisor for this right."),
    Code.UNKNOWN_POINT: _("This point is not part of the base, or it is switched off."),
    Code.NOT_WRITABLE: _("This point can only be read."),
    Code.DIRECT_OUTPUT: _("This output is moved by its controller, not by a request."),
    Code.NO_READBACK_POINT: _("The controller cannot be read back here, so the change could not be verified."),
    Code.NOT_FINITE: _("This is not a number."),
    Code.OUT_OF_LIMITS: _(
        "%(value)s %(unit)s is outside the allowed %(low)s to %(high)s %(unit)s. An engineer may change these limits."
    ),
    Code.NOT_A_STATE: _("%(value)s is none of the modes of this point."),
    Code.LINK_UNKNOWN: _("The control process does not report; nothing can be sent now."),
    Code.LINK_DOWN: _("The controller is offline; nothing can be sent."),
    Code.LOCATION_UNKNOWN: _("Whether the controller is switched to local is not known; nothing can be sent."),
    Code.LOCAL_CONTROL: _("The controller is switched to local on site. Switch it to remote there first."),
    Code.VALUE_CHANGED: _("The value has changed meanwhile to %(current)s %(unit)s (%(by)s). Look again, then decide."),
    Code.UNDER_WAY: _("A change by %(by)s is on its way to the controller. Wait until it has ended."),
    Code.REPLACED: _("Replaced by a newer request of %(by)s before it was sent. Nothing was sent."),
    Code.NOT_TAKEN: _("No control process took the request in time. Nothing was sent."),
    Code.NOT_SENT: _("Nothing was sent. The log of the control process says why."),
    Code.LINE_DOWN: _("Nothing was sent: the line to the controller is interrupted."),
    Code.LINE_BUSY: _("Nothing was sent: too many changes are waiting on this line. Try again shortly."),
    Code.NOT_PROTECTED: _(
        "Nothing was sent: the controller's own time-out could not be set, so nothing would stop the output by itself."
    ),
    Code.TOO_LATE: _("Nothing was sent: the request had become too old before its turn came."),
    Code.LEASE_LOST: _("Nothing was sent: another process controls this line."),
    Code.DEVICE_REFUSED: _("The controller refused the value (Modbus exception %(exception)s)."),
    Code.NO_ANSWER: _("The controller did not answer. Whether it took the value is not known; look at it."),
    Code.READBACK_DIFFERS: _("Not confirmed: the controller still holds %(readback)s %(unit)s."),
    Code.NOTHING_TO_READ_BACK: _("The controller received the value, but nothing can be read back."),
    Code.ACKNOWLEDGEMENT_LOST: _("The acknowledgement was lost; the value was read back and is in force."),
    Code.INTERRUPTED: _(
        "The control process was restarted meanwhile. Whether the value was sent is not known; it is not sent again."
    ),
    Code.CONTROL_FAULT: _(
        "A fault in the control process. Whether the value was sent is not known; look at the controller. Its log says "
        "why."
    ),
    Code.HELD: _("%(by)s holds this point manually; no program moves it until then."),
    Code.REASON_TOO_LONG: _("The reason has %(length)s characters; at most %(limit)s are kept. Shorten it."),
    Code.REASON_MISSING: _("Give the reason."),
    Code.MAY_NOT_HOLD: _("You may not hold points manually. Ask a supervisor for this right."),
    Code.HOLD_LENGTH: _("A manual hold lasts %(longest_h)s hours at most."),
    Code.NOT_HELD: _("This point cannot be held: a second write would do something else than the first."),
    Code.HOLD_OVER: _("This manual hold is over already."),
    Code.MAY_NOT_APPROVE: _("Only a supervisor or an engineer may approve a change."),
    Code.OWN_REQUEST: _("You asked for this change yourself; a second person has to approve it."),
    Code.DECIDED: _("This change has been decided meanwhile (%(by)s)."),
    Code.DECLINED: _("%(by)s declined: %(reason)s"),
    Code.NOT_APPROVED: _("No second person approved the change in time. Nothing was sent."),
    Code.CHANGED_ON_SITE: _("Changed at the controller on site, not from here."),
    Code.RESTORED: _("A backup was put back meanwhile. Requests of its time are not carried out."),
    Code.SET_ON_SITE: _(
        "Not tried again: the controller holds %(current)s %(unit)s meanwhile, set on site. Nothing was sent."
    ),
    Code.NOT_READ_BACK: _(
        "Not tried again now: the controller is not read back, so a value set on site meanwhile would not be seen."
    ),
    Code.IN_FORCE_ALREADY: _("This value is in force here already. Nothing was sent."),
    Code.UNDO_OVER: _("This change can no longer be taken back by one tap. Set the value that is wanted."),
    Code.HOLD_NOT_LONGER: _("The manual hold lasts longer than that already."),
    Code.BROKEN_OFF: _("The batch broke off before this compartment. Nothing was sent here."),
    Code.TOO_FEW_PLACES: _("Choose compartments that have this setpoint."),
    Code.BLANKET_NOT_UP: _("Vents stay shut until the blanket is fully up; it stands at %(position)s %%."),
    Code.BLANKET_UNKNOWN: _("Vents stay shut: where the blanket stands is not known."),
    Code.VENTS_OPEN: _("The blanket does not come down on open vents; one stands at %(position)s %%. Shut it first."),
    Code.VENT_UNKNOWN: _("The blanket does not come down: whether the vents are shut is not known."),
    Code.WIND_LIMITS_VENT: _("Wind of %(wind)s m/s lets this vent open to %(limit)s %% at most."),
    Code.RAIN_LIMITS_VENT: _("Rain lets this vent open to %(limit)s %% at most."),
    Code.WIND_UNKNOWN: _("The wind is not known, so vents open to %(limit)s %% at most."),
    Code.WIND_UNKNOWN_BLANKET: _("The wind is not known, so the blanket is not rolled up."),
    Code.RAIN_UNKNOWN: _("Whether it rains is not known, so vents open to %(limit)s %% at most."),
    Code.WIND_HOLDS_BLANKET: _("The blanket is not moved from %(limit)s m/s of wind on; it blows at %(wind)s m/s."),
    Code.WIND_HOLDS_NET: _("The shading net is not drawn from %(limit)s m/s of wind on; it blows at %(wind)s m/s."),
    Code.WIND_UNKNOWN_NET: _("The wind is not known, so the shading net is not drawn."),
    Code.RAIN_HOLDS_NET: _("The shading net is not drawn in rain or snow."),
    Code.RAIN_UNKNOWN_NET: _("Whether it rains is not known, so the shading net is not drawn."),
    Code.OVER_TRAVEL: _(
        "The motor ran longer than its travel takes and was stopped. Look at it on site, then release it here."
    ),
    Code.NO_OPEN_VALVE: _("The pump does not start while no valve is open."),
    Code.NOT_LOCKED: _("This output is not locked, or somebody has released it already."),
    Code.NEEDS_RUN: _("A valve is opened, and a pump started, by an irrigation run of limited time alone."),
    Code.RUN_TIME_NOT_SET: _("The valve stays shut: the time after which it closes by itself was not confirmed."),
    Code.RUN_TIME_UNKNOWN: _("A run lasts from %(low)s to %(high)s minutes here."),
    Code.RUN_OVER: _("This irrigation run is over already."),
    Code.STOP_UNCONFIRMED: _("A planned stop could not confirm this output in its safe state (%(fault)s)."),
}
"""Facts of the sentences are filled in by name; a missing one is shown as a dash."""
_SIGNS = {unit.value: unit_sign(unit) for unit in Unit}


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "—"


def sentence(verdict: Verdict) -> str:
    """The verdict in the reader's language; empty if there is nothing to say."""
    if verdict.code is Code.NONE:
        return ""
    facts = _Facts({name: _fact(name, fact) for name, fact in verdict.facts.items() if fact is not None})
    return str(_SENTENCES[verdict.code]) % facts


def _fact(name: str, fact: str | float) -> str:
    if isinstance(fact, float):
        return f"{fact:g}"
    return _SIGNS.get(str(fact), str(fact)) if name == "unit" else str(fact)


def state_name(state: State) -> str:
    """Name of the state in the reader's language."""
    return str(STATE_NAMES[state])
