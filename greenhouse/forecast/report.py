"""A season in words and figures: for a person, and as data. Two of them side by side."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from greenhouse.forecast.days import DayFigures, over_all
from greenhouse.forecast.season import Season
from greenhouse.forecast.wording import said
from greenhouse.plant.crops.parameters import CropKind
from greenhouse.plant.machinery import Machinery
from greenhouse.rules.evaluate.documents import as_document

HOUSE_WORDS = {"solar_greenhouse": N_("solar greenhouse"), "glasshouse": N_("glasshouse")}
CROP_WORDS = {
    "tomato": N_("tomato"),
    "cucumber": N_("cucumber"),
    "sweet_pepper": N_("sweet pepper"),
    "strawberry": N_("strawberry"),
    "lettuce": N_("lettuce"),
    "rose": N_("rose"),
}
MEDIUM_WORDS = {"substrate": N_("substrate"), "soil": N_("soil")}
MOTOR_WORDS = {
    "roof_vent": N_("Roof vent"),
    "bottom_vent": N_("Bottom vent"),
    "blanket": N_("Blanket"),
    "screen": N_("Screen"),
    "shade": N_("Shading net"),
}


class Line(NamedTuple):
    """A figure of the report: its key in files, its words, its unit, how many decimals are meant."""

    key: str
    words: str
    unit: str
    decimals: int


LINES = (
    Line("air_low_c", N_("Lowest air temperature"), "°C", 1),
    Line("air_mean_c", N_("Mean air temperature"), "°C", 1),
    Line("air_high_c", N_("Highest air temperature"), "°C", 1),
    Line("outside_mean_c", N_("Mean outside temperature"), "°C", 1),
    Line("below_lowest_h", N_("Hours below the crop's limit"), "h", 1),
    Line("above_highest_h", N_("Hours above the crop's limit"), "h", 1),
    Line("below_band_kh", N_("Degree-hours below the band"), "K h", 0),
    Line("above_band_kh", N_("Degree-hours above the band"), "K h", 0),
    Line("vpd_mean_kpa", N_("Mean vapor pressure deficit"), "kPa", 2),
    Line("vpd_low_h", N_("Hours too moist"), "h", 0),
    Line("vpd_high_h", N_("Hours too dry"), "h", 0),
    Line("co2_day_ppm", N_("Mean CO2 in daylight"), "ppm", 0),
    Line("light_mol_m2", N_("Mean daily light above the crop"), "mol/m²", 1),
    Line("first_kg_m2", N_("Yield, first grade"), "kg/m²", 2),
    Line("second_kg_m2", N_("Yield, second grade"), "kg/m²", 2),
    Line("cull_kg_m2", N_("Culled"), "kg/m²", 2),
    Line("pieces_m2", N_("Pieces picked"), "1/m²", 0),
    Line("first_pieces_m2", N_("Pieces of the first grade"), "1/m²", 0),
    Line("irrigation_l_m2", N_("Irrigation water"), "L/m²", 0),
    Line("drain_l_m2", N_("Drain"), "L/m²", 0),
    Line("uptake_l_m2", N_("Taken up by the crop"), "L/m²", 0),
    Line("fog_l_m2", N_("Fog"), "L/m²", 1),
    Line("drain_ec_ms_cm", N_("EC of the drain"), "mS/cm", 1),
    Line("heat_mj_m2", N_("Heat"), "MJ/m²", 0),
    Line("lamp_kwh_m2", N_("Electricity of the lamps"), "kWh/m²", 1),
    Line("co2_g_m2", N_("CO2 dosed"), "g/m²", 0),
)


class Figure(NamedTuple):
    """A figure of a whole season."""

    key: str
    words: str
    unit: str
    value: float
    decimals: int


def figures(season: Season) -> list[Figure]:
    """All figures of a season in the language of the moment."""
    rows = [
        Figure(line.key, _(line.words), line.unit, over_all(season.days, line.key), line.decimals) for line in LINES
    ]
    sold = sum(row.value for row in rows if row.key in {"first_kg_m2", "second_kg_m2"})
    given = next(row.value for row in rows if row.key == "irrigation_l_m2")
    if sold > 0.0:
        rows.append(Figure("water_l_kg", _("Water for a kilogram sold"), "L/kg", given / sold, 1))
    rows += _motors(season.machinery)
    return rows


def _motors(machinery: Machinery) -> list[Figure]:
    rows = []
    for key, words in MOTOR_WORDS.items():
        drive = getattr(machinery, key)
        motor = _(words)
        rows.append(Figure(f"{key}_starts", _("%(motor)s: starts") % {"motor": motor}, "", drive.starts, 0))
        rows.append(Figure(f"{key}_traveled", _("%(motor)s: full travels") % {"motor": motor}, "", drive.traveled, 1))
    return rows


def heading(season: Season) -> str:
    """What was run, in a line."""
    plan = season.plan
    words = {
        "crop": _(CROP_WORDS[plan.crop.value]),
        "house": _(HOUSE_WORDS[plan.kind.value]),
        "medium": _(MEDIUM_WORDS[plan.medium.value]),
        "first": plan.first.isoformat(),
        "days": plan.days,
    }
    if plan.planted is None:
        return _("Empty %(house)s, %(days)s days from %(first)s on") % words
    return _("%(crop)s on %(medium)s in a %(house)s, %(days)s days from %(first)s on") % words


def program_words(season: Season) -> str:
    """Which program ran it, in a line."""
    if season.plan.climate is None:
        return _("Program: the frozen baseline")
    return _("Program: climate by a program that people can set, irrigation by the frozen baseline")


def text(season: Season, against: Season | None = None) -> str:
    """The report for a person; with another season beside it, and what the first has more."""
    lines = [_("SIMULATED. Nothing here was measured."), heading(season), program_words(season)]
    if season.plan.planted is not None and season.plan.crop not in {CropKind.TOMATO, CropKind.LETTUCE}:
        lines.append(_("A generic crop: most of its growth is a tomato's."))
    lines += [_("Note: %(note)s") % {"note": said(note)} for note in season.plan.weather.notes]
    if against is not None:
        lines += [_("Against: %(season)s") % {"season": heading(against)}, program_words(against)]
    lines.append("")
    lines += _table(season, against)
    return "\n".join(lines)


def _table(season: Season, against: Season | None) -> list[str]:
    rows = [(row.words, row.unit, row.value, row.decimals, row.key) for row in figures(season)]
    others = {} if against is None else {row.key: row.value for row in figures(against)}
    width = max(_width(words) for words, *_rest in rows)
    lines = []
    for words, unit, value, decimals, key in rows:
        line = f"{words}{' ' * (width - _width(words))} {value:12.{decimals}f}"
        if key in others:
            line += f" {others[key]:12.{decimals}f} {value - others[key]:+12.{decimals}f}"
        elif against is not None:
            line += f" {'–':>12} {'–':>12}"
        lines.append(f"{line}  {unit}".rstrip())
    return lines


def _width(words: str) -> int:
    # A terminal shows a Chinese character as wide as two letters.
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in words)


def as_json(season: Season, against: Season | None = None) -> str:
    """All figures and all days as data, keys in English."""
    document = {"season": _document(season)}
    if against is not None:
        document["against"] = _document(against)
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)


def _document(season: Season) -> dict[str, object]:
    plan = season.plan
    return {
        "origin": "simulated",
        "house": plan.kind.value,
        "crop": plan.crop.value,
        "medium": plan.medium.value,
        "first": plan.first.isoformat(),
        "days": plan.days,
        "planted": None if plan.planted is None else plan.planted.isoformat(),
        "faults": {key: value for key, value in plan.faults._asdict().items() if value},
        "step_s": plan.step_s,
        "decide_s": plan.decide_s,
        "climate_program": None if plan.climate is None else as_document(plan.climate),
        "notes": list(plan.weather.notes),
        "figures": {row.key: row.value for row in figures(season)},
        "by_day": {name: [_plain(day, name) for day in season.days] for name in DayFigures._fields},
    }


def _plain(day: DayFigures, name: str) -> object:
    value = getattr(day, name)
    return value.isoformat() if name == "day" else value


def as_csv(seasons: Sequence[Season]) -> str:
    """A row for each day; with several seasons, one after the other with their number in front."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(["season", "origin", *DayFigures._fields])
    for number, season in enumerate(seasons, start=1):
        for day in season.days:
            rows.writerow([number, "simulated", *(_plain(day, name) for name in DayFigures._fields)])
    return written.getvalue()
