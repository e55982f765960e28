"""What people read about climate programs: times of day, faults at their fields, differences in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from greenhouse.access.roles import name_of
from greenhouse.console.values.shown_value import format_number
from greenhouse.rules.errors import (
    NothingToChange,
    ProgramConflict,
    ReasonNeeded,
    RulesError,
)
from greenhouse.rules.evaluate.climate_program import BlanketRule, Fault, FaultCode, ScreenRule, ShadeRule
from greenhouse.rules.evaluate.day_periods import Period, StartKind, TimeOfDay
from greenhouse.rules.evaluate.differences import Difference, Kind
from greenhouse.rules.evaluate.documents import as_text
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.models import Origin, ProgramVersion
from greenhouse.rules.programs import STANDARD

NO_OTHER_REASON = gettext_lazy("This is a large change: say why, in at most 400 characters.")

MINUTES = pgettext_lazy("unit", "min")
UNITS: Mapping[str, str | Promise] = {
    "heating_c": "°C",
    "ventilation_c": "°C",
    "band_k": "K",
    "wider_k_per_k": "K/K",
    "step_pct": "%",
    "rest_min": MINUTES,
    "bottom_above_outside_c": "°C",
    "least_radiation_w_m2": "W/m²",
    "wait_min": MINUTES,
    "only_below_outside_c": "°C",
    "drawn_above_w_m2": "W/m²",
    "back_below_w_m2": "W/m²",
    "above_ventilation_k": "K",
}
LABELS: Mapping[str, Promise] = {
    "start": gettext_lazy("Begins"),
    "heating_c": gettext_lazy("Heat below"),
    "ventilation_c": gettext_lazy("Vent above"),
    "band_k": gettext_lazy("Vents fully open so far above"),
    "wider_k_per_k": gettext_lazy("Wider for each kelvin below 15 °C outside"),
    "step_pct": gettext_lazy("Smallest move of a vent"),
    "rest_min": gettext_lazy("Rest between two moves"),
    "bottom_above_outside_c": gettext_lazy("Bottom vents only above, outside"),
    "up": gettext_lazy("Blanket up"),
    "down": gettext_lazy("Blanket down"),
    "least_radiation_w_m2": gettext_lazy("Wait for so much sun"),
    "wait_min": gettext_lazy("Wait at most"),
    "drawn_from": gettext_lazy("Screen drawn"),
    "open_from": gettext_lazy("Screen open"),
    "only_below_outside_c": gettext_lazy("Draw only below, outside"),
    "drawn_above_w_m2": gettext_lazy("Draw above so much sun"),
    "back_below_w_m2": gettext_lazy("Pull back below so much sun"),
    "above_ventilation_k": gettext_lazy("Only this far above the ventilation temperature"),
}
_CHANGED: Mapping[str, Promise] = {
    "periods.start": gettext_lazy("Period %(n)s begins %(new)s, no longer %(old)s."),
    "periods.heating_c": gettext_lazy("Period %(n)s heats below %(new)s °C instead of %(old)s °C."),
    "periods.ventilation_c": gettext_lazy("Period %(n)s opens the vents above %(new)s °C instead of %(old)s °C."),
    "vents.band_k": gettext_lazy(
        "The vents are fully open %(new)s K above the ventilation temperature, not %(old)s K."
    ),
    "vents.wider_k_per_k": gettext_lazy(
        "For each kelvin below 15 °C outside the vent band widens by %(new)s K instead of %(old)s K."
    ),
    "vents.step_pct": gettext_lazy("A vent moves by at least %(new)s %% instead of %(old)s %%."),
    "vents.rest_min": gettext_lazy("A vent rests %(new)s min between two moves instead of %(old)s min."),
    "vents.bottom_above_outside_c": gettext_lazy(
        "Bottom vents open only above %(new)s °C outside instead of %(old)s °C."
    ),
    "blanket.up": gettext_lazy("The blanket goes up %(new)s, no longer %(old)s."),
    "blanket.down": gettext_lazy("The blanket goes down %(new)s, no longer %(old)s."),
    "blanket.least_radiation_w_m2": gettext_lazy("The blanket waits for %(new)s W/m² of sun instead of %(old)s W/m²."),
    "blanket.wait_min": gettext_lazy("The blanket waits for the sun at most %(new)s min instead of %(old)s min."),
    "screen.drawn_from": gettext_lazy("The screen is drawn %(new)s, no longer %(old)s."),
    "screen.open_from": gettext_lazy("The screen is opened %(new)s, no longer %(old)s."),
    "screen.only_below_outside_c": gettext_lazy(
        "The screen is drawn only below %(new)s °C outside instead of %(old)s °C."
    ),
    "screen.least_radiation_w_m2": gettext_lazy(
        "In the morning the screen waits for %(new)s W/m² of sun instead of %(old)s W/m²."
    ),
    "screen.wait_min": gettext_lazy("The screen waits for the sun at most %(new)s min instead of %(old)s min."),
    "shade.drawn_above_w_m2": gettext_lazy(
        "The shading net is drawn above %(new)s W/m² of sun instead of %(old)s W/m²."
    ),
    "shade.back_below_w_m2": gettext_lazy(
        "The shading net is pulled back below %(new)s W/m² of sun instead of %(old)s W/m²."
    ),
    "shade.above_ventilation_k": gettext_lazy(
        "The shading net is drawn from %(new)s K above the ventilation temperature on, not %(old)s K."
    ),
    "shade.rest_min": gettext_lazy("The shading net rests %(new)s min between two moves instead of %(old)s min."),
}
_ORIGINS: Mapping[str, Promise] = {
    Origin.EDIT: pgettext_lazy("how a program came", "edited"),
    Origin.RETURN: pgettext_lazy("how a program came", "back to version %(number)s"),
    Origin.COPY: pgettext_lazy("how a program came", "copied from %(place)s"),
}


def number_in_words(value: float) -> str:
    """A number of a program, with as many decimals as it needs."""
    return format_number(value, resolution=0.01, decimals=2).rstrip("0").rstrip(".")


def time_in_words(time: TimeOfDay) -> str:
    """A time of day inside a sentence: ``at 07:30``, ``45 min after sunrise``."""
    if time.kind is StartKind.CLOCK:
        return _("at %(time)s") % {"time": as_text(time)}
    is_rise, n = time.kind is StartKind.SUNRISE, abs(time.minutes)
    if not n:
        return _("at sunrise") if is_rise else _("at sunset")
    if time.minutes > 0:
        return (_("%(n)s min after sunrise") if is_rise else _("%(n)s min after sunset")) % {"n": n}
    return (_("%(n)s min before sunrise") if is_rise else _("%(n)s min before sunset")) % {"n": n}


def fault_in_words(fault: Fault) -> str:
    """What is wrong at a field, and what would be right."""
    facts = {name: number_in_words(value) for name, value in fault.facts.items()}
    unit = UNITS.get(fault.field.rpartition(".")[2], "")
    match fault.code:
        case FaultCode.NUMBER_OF_PERIODS:
            return _("A program has %(fewest)s to %(most)s periods, this one has %(periods)s.") % facts
        case FaultCode.NOT_A_NUMBER:
            return _("Give a number here.")
        case FaultCode.OUT_OF_RANGE:
            return _("Only %(low)s to %(high)s %(unit)s is possible.") % {**facts, "unit": unit}
        case FaultCode.CONTROLLER_LIMITS:
            return _("The controller takes only %(low)s to %(high)s %(unit)s.") % {**facts, "unit": unit}
        case FaultCode.TOO_CLOSE:
            return (
                _(
                    "Vent at least %(least)s K above the heating temperature; closer together, heating and vents work"
                    " against each other."
                )
                % facts
            )
        case FaultCode.SAME_START:
            return _("Another period begins at the same time.")
        case FaultCode.CLOCK_ORDER:
            return _("This period begins before an earlier one of the list. Put the periods in the order of the day.")
        case FaultCode.NO_TIME_OF_DAY if fault.facts.get("low") == 0:
            return _("Give a time from 00:00 to 23:59.")
        case FaultCode.NO_TIME_OF_DAY:
            return _("Give minutes, at most %(high)s before or after.") % facts
        case FaultCode.DOWN_BEFORE_UP:
            return _("The blanket has to go down after it has gone up.")
        case FaultCode.TOO_LITTLE_APART:
            return (
                _("Pull it back at least %(least)s W/m² below where it is drawn; else each cloud moves it to and fro.")
                % facts
            )


def difference_in_words(difference: Difference) -> str:
    """What differs, as a sentence."""
    if isinstance(difference.old, Period) or isinstance(difference.new, Period):
        return _period_in_words(difference)
    match difference.old, difference.new:
        case None, BlanketRule() as rule:
            times = {"up": time_in_words(rule.up), "down": time_in_words(rule.down)}
            return _("The program now moves the blanket: up %(up)s, down %(down)s.") % times
        case None, ScreenRule() as rule:
            times = {"drawn": time_in_words(rule.drawn_from), "open": time_in_words(rule.open_from)}
            return _("The program now moves the screen: drawn %(drawn)s, opened %(open)s.") % times
        case None, ShadeRule() as rule:
            sun = {"above": number_in_words(rule.drawn_above_w_m2), "below": number_in_words(rule.back_below_w_m2)}
            return (
                _("The program now moves the shading net: drawn above %(above)s W/m², back below %(below)s W/m².") % sun
            )
        case BlanketRule(), None:
            return _("The program leaves the blanket alone.")
        case ScreenRule(), None:
            return _("The program leaves the screen alone.")
        case ShadeRule(), None:
            return _("The program leaves the shading net alone.")
    part, _dot, rest = difference.field.partition(".")
    number, _dot, name = rest.partition(".") if part == "periods" else ("0", "", rest)
    values = {"old": _value_in_words(difference.old), "new": _value_in_words(difference.new), "n": int(number) + 1}
    return str(_CHANGED[f"{part}.{name}"]) % values


def _period_in_words(difference: Difference) -> str:
    period = difference.new if difference.kind is Kind.CAME else difference.old
    assert isinstance(period, Period)
    facts = {
        "n": int(difference.field.rpartition(".")[2]) + 1,
        "start": time_in_words(period.start),
        "heating": number_in_words(period.heating_c),
        "ventilation": number_in_words(period.ventilation_c),
    }
    if difference.kind is Kind.CAME:
        return (
            _("Period %(n)s is new: it begins %(start)s, heats below %(heating)s °C, vents above %(ventilation)s °C.")
            % facts
        )
    return _("The former period %(n)s, which began %(start)s, is taken out.") % facts


def _value_in_words(value: object) -> str:
    if isinstance(value, TimeOfDay):
        return time_in_words(value)
    assert isinstance(value, int | float)
    return number_in_words(value)


def without_time_in_words(found: Mapping[int, tuple[date, date]]) -> list[str]:
    """Periods that have no time of their own on some days."""
    return [
        _("On days between %(first)s and %(last)s, period %(n)s has no time of its own: a later one begins before it.")
        % {"n": number + 1, "first": f"{first:%m-%d}", "last": f"{last:%m-%d}"}
        for number, (first, last) in sorted(found.items())
    ]


def origin_in_words(version: ProgramVersion, names: Mapping[str, str]) -> str:
    """How a version came. ``names`` has the compartments' names by key."""
    place = names.get(version.copied_from, version.copied_from)
    if version.returned_to == STANDARD:
        return _("back to the standard program")
    return str(_ORIGINS[version.origin]) % {"number": version.returned_to, "place": place}


def refusal_in_words(error: RulesError, newest: ProgramVersion | IrrigationProgramVersion | None = None) -> str:
    """Why a program was not changed."""
    match error:
        case ReasonNeeded():
            return str(NO_OTHER_REASON)
        case NothingToChange():
            return _("Nothing differs from the program in force.")
        case ProgramConflict() if newest is not None:
            return _("%(name)s changed the program meanwhile: version %(number)s is in force now.") % {
                "name": name_of(newest.author),
                "number": newest.number,
            }
        case _:
            return _("The program was not changed.")
