"""Decisions of programs in the reader's language, each in one sentence: what is wanted, and why."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from greenhouse.commands.weather_limits import OPEN_PCT
from greenhouse.rules.evaluate.decisions import VENTS, Actuator, Decision, Why

_SETPOINTS: Mapping[Actuator, Promise] = {
    Actuator.HEATING_SETPOINT: _("Heating below %(target)s °C"),
    Actuator.VENTILATION_SETPOINT: _("Ventilation above %(target)s °C"),
}
_OPEN: Mapping[Actuator, Promise] = {
    Actuator.ROOF_VENT: _("Roof vent %(target)s %%"),
    Actuator.LEE_VENT: _("Lee vent %(target)s %%"),
    Actuator.WINDWARD_VENT: _("Windward vent %(target)s %%"),
    Actuator.BOTTOM_VENT: _("Bottom vent %(target)s %%"),
    Actuator.BLANKET: _("Blanket up"),
    Actuator.SCREEN: _("Screen drawn"),
    Actuator.SHADE: _("Shading net drawn"),
}
_SHUT: Mapping[Actuator, Promise] = {
    Actuator.ROOF_VENT: _("Roof vent shut"),
    Actuator.LEE_VENT: _("Lee vent shut"),
    Actuator.WINDWARD_VENT: _("Windward vent shut"),
    Actuator.BOTTOM_VENT: _("Bottom vent shut"),
    Actuator.BLANKET: _("Blanket down"),
    Actuator.SCREEN: _("Screen open"),
    Actuator.SHADE: _("Shading net back"),
}
_STAYS: Mapping[Actuator, Promise] = {
    Actuator.HEATING_SETPOINT: _("Heating stays as it is"),
    Actuator.VENTILATION_SETPOINT: _("Ventilation stays as it is"),
    Actuator.ROOF_VENT: _("Roof vent stays as it is"),
    Actuator.LEE_VENT: _("Lee vent stays as it is"),
    Actuator.WINDWARD_VENT: _("Windward vent stays as it is"),
    Actuator.BOTTOM_VENT: _("Bottom vent stays as it is"),
    Actuator.BLANKET: _("Blanket stays as it is"),
    Actuator.SCREEN: _("Screen stays as it is"),
    Actuator.SHADE: _("Shading net stays as it is"),
}

_SENTENCES: Mapping[Why, Promise] = {
    Why.PERIOD: _("%(what)s: period %(period)s of the program has begun."),
    Why.COOL_ENOUGH: _("%(what)s: the air at %(air)s °C is not above %(from)s °C, where it begins to open."),
    Why.TOO_WARM: _("%(what)s: the air at %(air)s °C is above the ventilation temperature of %(from)s °C."),
    Why.ROOF_FIRST: _(
        "%(what)s: the other vents open first; it follows above %(from)s °C, and the air is at %(air)s °C."
    ),
    Why.COLD_OUTSIDE: _("%(what)s: at %(outside)s °C it is too cold outside; it opens above %(limit)s °C only."),
    Why.OUTSIDE_UNKNOWN: _(
        "%(what)s: the temperature outside is not known, and it opens above %(limit)s °C outside only."
    ),
    Why.WIND: _("%(what)s: wind of %(wind)s m/s allows no more than %(limit)s %%."),
    Why.RAIN: _("%(what)s: rain allows no more than %(limit)s %%."),
    Why.RAIN_UNKNOWN: _("%(what)s: whether it rains is not known, which allows no more than %(limit)s %%."),
    Why.WIND_UNKNOWN: _("%(what)s: the wind is not known, which allows no more than %(limit)s %%."),
    Why.AIR_UNKNOWN: _("%(what)s: the air inside is not known; it follows the %(outside)s °C outside."),
    Why.NOTHING_KNOWN: _("%(what)s: neither the air inside nor the temperature outside is known."),
    Why.BLANKET_NOT_UP: _("%(what)s: the blanket is not fully up yet; it stands at %(position)s %%."),
    Why.BLANKET_UNKNOWN: _("%(what)s: where the blanket stands is not known."),
    Why.NIGHT: _("%(what)s: it is night by the program."),
    Why.DAY: _("%(what)s: it is day by the program."),
    Why.WAITS_FOR_SUN: _("%(what)s: it waits for %(limit)s W/m² of sun; there are %(radiation)s W/m²."),
    Why.WAITED_LONG_ENOUGH: _("%(what)s: it has waited %(wait)s minutes for the sun, which is long enough."),
    Why.BLANKET_COMES_DOWN: _("%(what)s: the blanket comes down and must not lie on open vents."),
    Why.WAITS_FOR_VENTS: _("%(what)s: it waits till the vents are shut; one stands at %(position)s %%."),
    Why.WIND_HOLDS_BLANKET: _("%(what)s: wind of %(wind)s m/s; from %(limit)s m/s on no blanket is moved."),
    Why.WIND_KEEPS_BLANKET_UP: _(
        "%(what)s: it should come down, but wind of %(wind)s m/s blows; from %(limit)s m/s on no blanket is moved."
    ),
    Why.WARM_OUTSIDE: _("%(what)s: at %(outside)s °C it is not colder outside than %(limit)s °C."),
    Why.STRONG_SUN: _("%(what)s: the sun shines with %(radiation)s W/m² and the air inside is at %(air)s °C."),
    Why.LITTLE_SUN: _("%(what)s: %(radiation)s W/m² of sun are less than %(limit)s W/m²."),
    Why.SUN_UNKNOWN: _("%(what)s: how much sun there is is not known."),
    Why.NEEDS_NO_SHADE: _("%(what)s: the air at %(air)s °C is below %(from)s °C and needs no shade."),
    Why.WIND_TAKES_NET: _("%(what)s: wind of %(wind)s m/s; from %(limit)s m/s on it is not drawn."),
    Why.RAIN_TAKES_NET: _("%(what)s: in rain and snow it is not drawn."),
    Why.RESTS: _("%(what)s: it has moved a moment ago and rests for %(rest)s minutes."),
}
_WITHOUT_A_FACT: Mapping[Why, tuple[str, Promise]] = {
    Why.RAIN_UNKNOWN: ("limit", _("%(what)s: whether it rains is not known.")),
    Why.STRONG_SUN: (
        "air",
        _("%(what)s: the sun shines with %(radiation)s W/m², and the air inside is not known."),
    ),
    Why.WIND_UNKNOWN: ("limit", _("%(what)s: the wind is not known.")),
    Why.WAITS_FOR_SUN: (
        "radiation",
        _("%(what)s: it waits for %(limit)s W/m² of sun; how much there is is not known."),
    ),
}
"""The sentence where the named fact is not there."""


def sentence(decision: Decision) -> str:
    """What is wanted of an actuator and why, in the reader's language."""
    facts = {name: number_in_a_sentence(fact) for name, fact in decision.facts.items()}
    told = _SENTENCES[decision.why]
    if decision.why in _WITHOUT_A_FACT and _WITHOUT_A_FACT[decision.why][0] not in facts:
        told = _WITHOUT_A_FACT[decision.why][1]
    return str(told) % {"what": _what(decision), **facts}


def _what(decision: Decision) -> str:
    actuator, target = decision.actuator, decision.target
    if target is None:
        return str(_STAYS[actuator])
    if actuator in _SETPOINTS:
        return str(_SETPOINTS[actuator]) % {"target": number_in_a_sentence(target)}
    is_shut = target < OPEN_PCT if actuator not in VENTS else target <= 0.0
    return str(_SHUT[actuator] if is_shut else _OPEN[actuator]) % {"target": number_in_a_sentence(target)}


def number_in_a_sentence(value: float) -> str:
    """At most one decimal, with a true minus sign."""
    return f"{value:.1f}".removesuffix(".0").replace("-", "−")
