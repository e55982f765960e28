"""What people read about irrigation programs: their parts, faults at their fields, differences in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from greenhouse.console.programs.words import MINUTES, number_in_words, time_in_words
from greenhouse.console.programs.words import refusal_in_words as refusal_of_any_program
from greenhouse.console.values.words import word
from greenhouse.rules.errors import ReasonNeeded, RulesError
from greenhouse.rules.evaluate.day_periods import StartKind, TimeOfDay
from greenhouse.rules.evaluate.irrigation_program import (
    ClockStarts,
    Dose,
    DoseKind,
    Fault,
    FaultCode,
    IntervalStarts,
    IrrigationProgram,
    RadiationStarts,
    Starts,
)
from greenhouse.rules.irrigation_models import IrrigationProgramVersion
from greenhouse.rules.irrigation_programs import names_of_programs
from greenhouse.site.structure import points_of
from greenhouse.site.valve_groups import valve_groups

DOSE_UNITS: Mapping[DoseKind, str | Promise] = {
    DoseKind.VOLUME_PER_AREA: "L/m²",
    DoseKind.VOLUME: "L",
    DoseKind.TIME: MINUTES,
}
"""A dose by time is kept in seconds and written in minutes."""
DOSE_KINDS: Mapping[DoseKind, Promise] = {
    DoseKind.VOLUME_PER_AREA: pgettext_lazy("kind of dose", "liters per square meter (L/m²)"),
    DoseKind.VOLUME: pgettext_lazy("kind of dose", "liters for each group (L)"),
    DoseKind.TIME: pgettext_lazy("kind of dose", "minutes for each group (min)"),
}
START_KINDS: Mapping[str, Promise] = {
    "clock": pgettext_lazy("kind of start", "at clock times"),
    "interval": pgettext_lazy("kind of start", "again and again, from one time to another"),
    "radiation": pgettext_lazy("kind of start", "whenever the sun has given so much"),
}
LABELS: Mapping[str, Promise] = {
    "starts.first": gettext_lazy("Not before"),
    "starts.last": gettext_lazy("Not after"),
    "starts.interval_min": gettext_lazy("Time between two starts"),
    "starts.sum_j_cm2": gettext_lazy("Sum of radiation for each run"),
    "starts.without_radiation_min": gettext_lazy("If the radiation is not known, water after (empty: do not)"),
    "rest_min": gettext_lazy("Least time between two runs"),
}
UNITS: Mapping[str, str | Promise] = {
    "starts.interval_min": MINUTES,
    "starts.sum_j_cm2": "J/cm²",
    "starts.without_radiation_min": MINUTES,
    "rest_min": MINUTES,
}


def groups_in_words(program: IrrigationProgram) -> str:
    """The groups in the order of watering."""
    groups = valve_groups()
    names = [groups[one.key].name if one.key in groups else one.key for one in program.groups]
    return word("list.names").join(names) or "—"


def dose_in_words(dose: Dose) -> str:
    """What each group gets."""
    amount = dose.amount / 60 if dose.kind is DoseKind.TIME else dose.amount
    return f"{number_in_words(amount)} {DOSE_UNITS[dose.kind]}"


def starts_in_words(starts: Starts) -> str:
    """When runs begin."""
    match starts:
        case ClockStarts(minutes):
            clocks = [f"{one // 60:02d}:{one % 60:02d}" for one in minutes]
            return _("at %(times)s") % {"times": word("list.names").join(clocks) or "—"}
        case IntervalStarts(first, interval_min, last) if first == last:
            return _("once a day, %(first)s") % {"first": time_in_words(first), "n": number_in_words(interval_min)}
        case IntervalStarts(first, interval_min, last):
            facts = {"n": number_in_words(interval_min), "first": _plain(first), "last": _plain(last)}
            return _("every %(n)s min from %(first)s to %(last)s") % facts
        case RadiationStarts(first, last, sum_j_cm2, _without):
            facts = {"sum": number_in_words(sum_j_cm2), "first": _plain(first), "last": _plain(last)}
            return _("after every %(sum)s J/cm² of sun from %(first)s to %(last)s") % facts


def _plain(time: TimeOfDay) -> str:
    """A time of day after a preposition of its own: ``07:30``, ``45 min after sunrise``."""
    if time.kind is StartKind.CLOCK:
        return f"{time.minutes // 60:02d}:{time.minutes % 60:02d}"
    return time_in_words(time) if time.minutes else (_("sunrise") if time.kind is StartKind.SUNRISE else _("sunset"))


def sentences(old: IrrigationProgram, new: IrrigationProgram) -> list[str]:
    """What differs, in sentences; empty: nothing."""
    said = []
    if old.name != new.name:
        said.append(_("It is called “%(new)s”.") % {"new": new.name or "—"})
    if [one.key for one in old.groups] != [one.key for one in new.groups]:
        facts = {"old": groups_in_words(old), "new": groups_in_words(new)}
        said.append(_("It waters %(new)s; before: %(old)s.") % facts)
    if old.dose != new.dose:
        facts = {"old": dose_in_words(old.dose), "new": dose_in_words(new.dose)}
        said.append(_("Each group gets %(new)s instead of %(old)s.") % facts)
    said += _starts_differ(old.starts, new.starts)
    if old.rest_min != new.rest_min:
        facts = {"old": number_in_words(old.rest_min), "new": number_in_words(new.rest_min)}
        said.append(_("Between two runs lie at least %(new)s min instead of %(old)s min.") % facts)
    return said


def _starts_differ(old: Starts, new: Starts) -> list[str]:
    if old == new:
        return []
    said = []
    if starts_in_words(old) != starts_in_words(new):
        facts = {"old": starts_in_words(old), "new": starts_in_words(new)}
        said.append(_("Runs begin %(new)s; before: %(old)s.") % facts)
    if isinstance(new, RadiationStarts):
        before = old.without_radiation_min if isinstance(old, RadiationStarts) else None
        after = new.without_radiation_min
        if after is None and before is not None:
            said.append(_("While the radiation is not known, it does not water."))
        elif after is not None and after != before:
            facts = {"new": number_in_words(after)}
            said.append(_("While the radiation is not known, it waters after %(new)s min.") % facts)
    return said


_FAULTS: Mapping[FaultCode, Promise] = {
    FaultCode.NUMBER_OF_GROUPS: gettext_lazy("A program waters %(fewest)s to %(most)s groups, this one %(groups)s."),
    FaultCode.NO_VALVE: gettext_lazy("The base has no such valve group any more. Choose another one, or take it out."),
    FaultCode.VALVE_TWICE: gettext_lazy("Another group of this program opens the same valve (%(valve)s)."),
    FaultCode.VALVE_OF_ANOTHER: gettext_lazy(
        "The program “%(program)s” opens the same valve (%(valve)s). Switch that one off first."
    ),
    FaultCode.NO_DOSE: gettext_lazy("Give more than 0."),
    FaultCode.NO_METER: gettext_lazy("Nothing counts the water of this group: give its dose in minutes."),
    FaultCode.NOT_A_NUMBER: gettext_lazy("Give a number here."),
    FaultCode.OUT_OF_RANGE: gettext_lazy("Only %(low)s to %(high)s %(unit)s is possible."),
    FaultCode.NUMBER_OF_STARTS: gettext_lazy("Give %(fewest)s to %(most)s times of day; these are %(starts)s."),
    FaultCode.CLOCK_ORDER: gettext_lazy("Put the times in the order of the day, each once."),
    FaultCode.NO_TIME_OF_DAY: gettext_lazy("Give minutes, at most %(high)s before or after."),
    FaultCode.LAST_BEFORE_FIRST: gettext_lazy("This lies before the first start, so there would never be a run."),
    FaultCode.SHORTER_THAN_REST: gettext_lazy("Two starts are closer together than the %(rest)s min between two runs."),
    FaultCode.SHORTER_THAN_RUN: gettext_lazy(
        "Two starts are closer together than a run of all groups takes (%(run)s min)."
    ),
}


def fault_in_words(fault: Fault, dose: DoseKind) -> str:
    """What is wrong at a field, and what would be right."""
    told, is_clock = _FAULTS[fault.code], fault.facts.get("low") == 0
    if fault.code is FaultCode.NO_TIME_OF_DAY and fault.field.startswith("starts.minutes"):
        told = gettext_lazy("Give times from 00:00 to 23:59, such as 06:30 11:00.")
    elif fault.code is FaultCode.NO_TIME_OF_DAY and is_clock:
        told = gettext_lazy("Give a time from 00:00 to 23:59.")
    return str(told) % _facts(fault, dose)


def _facts(fault: Fault, dose: DoseKind) -> dict[str, str]:
    """What a sentence names: numbers in the unit of the form, valves and programs as people call them."""
    is_amount = fault.field == "dose.amount"
    by = 60.0 if is_amount and dose is DoseKind.TIME else 1.0
    facts = {name: number_in_words(fact / by) for name, fact in fault.facts.items() if not isinstance(fact, str)}
    facts["unit"] = str(DOSE_UNITS[dose] if is_amount else UNITS.get(fault.field, "m²"))
    if "valve" in fault.facts:
        facts["valve"] = _valve(fault)
    if "program" in fault.facts:
        key = str(fault.facts["program"])
        facts["program"] = names_of_programs({key})[key]
    return facts


def _valve(fault: Fault) -> str:
    key = str(fault.facts.get("valve", ""))
    point = points_of({key}).get(key)
    return key if point is None else point.label


def days_in_words(days: Sequence[date]) -> str:
    """That some days of the coming year have no time for a start; empty: all have."""
    if not days:
        return ""
    facts = {"n": len(days), "first": f"{days[0]:%m-%d}", "last": f"{days[-1]:%m-%d}"}
    return (
        ngettext(
            "On %(n)s day of the coming year (%(first)s) there is no start: the sun has moved one end past the other.",
            "On %(n)s days of the coming year, between %(first)s and %(last)s, there is no start: the sun has moved one"
            " end past the other.",
            len(days),
        )
        % facts
    )


def refusal_in_words(error: RulesError, newest: IrrigationProgramVersion | None = None) -> str:
    """Why a program was not changed."""
    if isinstance(error, ReasonNeeded):
        return _("Say why, in at most 400 characters.")
    return refusal_of_any_program(error, newest)
