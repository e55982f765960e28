"""What a program means on a day: its stretches as rows and as a drawing, with the times of the sun."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from greenhouse.agronomy.sun import sun_times
from greenhouse.console.programs.words import number_in_words, time_in_words
from greenhouse.rules.evaluate.climate_program import ClimateProgram
from greenhouse.rules.evaluate.day_course import Stretch, course
from greenhouse.rules.evaluate.day_periods import Day, TimeOfDay, is_between, moment_of, without_time
from greenhouse.site.structure import BaseStructure

WIDTH, HEIGHT = 360.0, 216.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 352.0, 20.0, 150.0
_LANE_TOP, _LANE_HEIGHT = 184.0, 12.0
_HOURS = (0, 6, 12, 18, 24)
_MARGIN_C = 2.0
_LEAST_SPAN_C = 12.0
_YEAR_DAYS = 365
_MINUTE = timedelta(minutes=1)
Place = Callable[[datetime], float]
"""Where a moment lies from left to right."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of the day in words."""

    begins: str
    ends: str
    number: int
    how: str
    heating: str
    ventilation: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A line or a sign at a place of the drawing, with its words."""

    at: str
    words: str
    text_at: str = ""
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Bar:
    """A span on the lane below the curves."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The day as lines; every coordinate is a text, so that no language writes it in its own way."""

    heating: str
    ventilation: str
    hours: tuple[Mark, ...]
    temperatures: tuple[Mark, ...]
    sun: tuple[Mark, ...]
    numbers: tuple[Mark, ...]
    now: str
    bars: tuple[Bar, ...]
    lane: str


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A program on a day."""

    date: date
    sunrise: str
    sunset: str
    rows: tuple[Row, ...]
    drawing: Drawing
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaseDay:
    """A local day of the base."""

    day: Day
    ends: datetime
    zone: ZoneInfo

    def clock(self, moment: datetime) -> str:
        """The local time of a moment; its end is 24:00."""
        return "24:00" if moment == self.ends else f"{moment.astimezone(self.zone):%H:%M}"


def day_of(base: BaseStructure, on: date) -> BaseDay:
    """A local day of the base with its sun."""
    zone = ZoneInfo(base.time_zone)
    sun = sun_times(on, latitude_deg=base.latitude_deg, longitude_deg=base.longitude_deg)
    midnight = datetime.combine(on, time(), zone)
    return BaseDay(Day(midnight, sun), datetime.combine(on + timedelta(days=1), time(), zone), zone)


def today(base: BaseStructure, now: datetime) -> BaseDay:
    """The local day of a moment."""
    return day_of(base, now.astimezone(ZoneInfo(base.time_zone)).date())


def stretch_in_force(program: ClimateProgram, day: BaseDay, now: datetime) -> Stretch:
    """The stretch of the day in which a moment lies."""
    stretches = course(program.periods, day.day, day.ends)
    return next((found for found in reversed(stretches) if found.begins <= now), stretches[0])


def periods_without_time(base: BaseStructure, program: ClimateProgram, on: date) -> dict[int, tuple[date, date]]:
    """Periods that have no time on some day of the year that begins on a day."""
    days = [day_of(base, on + timedelta(days=ahead)).day for ahead in range(_YEAR_DAYS)]
    return without_time(program.periods, days)


def shown_day(program: ClimateProgram, day: BaseDay, now: datetime | None) -> ShownDay:
    """A program on a day. ``now`` marks the stretch in force; None: another day, or a program that is not in force."""
    stretches = course(program.periods, day.day, day.ends)
    sun = day.day.sun
    return ShownDay(
        date=day.day.midnight.date(),
        sunrise="" if sun.sunrise is None else day.clock(sun.sunrise),
        sunset="" if sun.sunset is None else day.clock(sun.sunset),
        rows=tuple(_row(program, stretch, day, now) for stretch in stretches),
        drawing=_drawing(program, stretches, day, now),
        parts=tuple(_parts(program, day)),
    )


def _row(program: ClimateProgram, stretch: Stretch, day: BaseDay, now: datetime | None) -> Row:
    period = program.periods[stretch.number]
    return Row(
        begins=day.clock(stretch.begins),
        ends=day.clock(stretch.ends),
        number=stretch.number + 1,
        how=time_in_words(period.start),
        heating=number_in_words(period.heating_c),
        ventilation=number_in_words(period.ventilation_c),
        is_now=now is not None and stretch.begins <= now < stretch.ends,
    )


def _parts(program: ClimateProgram, day: BaseDay) -> Iterator[str]:
    """What becomes of blanket, screen and shading net today, in a sentence each."""
    if (blanket := program.blanket) is not None:
        times = {"up": _today(blanket.up, day), "down": _today(blanket.down, day)}
        yield _("Blanket up from %(up)s, down from %(down)s.") % times
    if (screen := program.screen) is not None:
        times = {"drawn": _today(screen.drawn_from, day), "open": _today(screen.open_from, day)}
        yield _("Screen drawn from %(drawn)s, open from %(open)s.") % times
    if (shade := program.shade) is not None:
        sun = {"above": number_in_words(shade.drawn_above_w_m2), "below": number_in_words(shade.back_below_w_m2)}
        yield _("Shading net drawn above %(above)s W/m² of sun, back below %(below)s W/m².") % sun


def _today(told: TimeOfDay, day: BaseDay) -> str:
    moment = moment_of(told, day.day)
    return "—" if moment is None else day.clock(moment)


def _drawing(program: ClimateProgram, stretches: Sequence[Stretch], day: BaseDay, now: datetime | None) -> Drawing:
    low, high = _range(program)

    def x(moment: datetime) -> float:
        share = (moment - day.day.midnight) / (day.ends - day.day.midnight)
        return _LEFT + min(1.0, max(0.0, share)) * (_RIGHT - _LEFT)

    def y(value_c: float) -> float:
        return _BOTTOM - (value_c - low) / (high - low) * (_BOTTOM - _TOP)

    def line(name: str) -> str:
        steps = [(found, y(getattr(program.periods[found.number], name))) for found in stretches]
        return " ".join(
            f"{'M' if not index else 'L'}{x(found.begins):.1f} {at:.1f}H{x(found.ends):.1f}"
            for index, (found, at) in enumerate(steps)
        )

    step = 5 if high - low <= 30 else 10
    first = int(-(-low // step)) * step
    return Drawing(
        heating=line("heating_c"),
        ventilation=line("ventilation_c"),
        hours=tuple(_hour(hour) for hour in _HOURS),
        temperatures=tuple(
            Mark(f"{y(value):.1f}", str(value), f"{y(value) + 4:.1f}") for value in range(first, int(high) + 1, step)
        ),
        sun=tuple(_sun(day, x)),
        numbers=tuple(
            Mark(f"{(x(found.begins) + x(found.ends)) / 2:.1f}", str(found.number + 1))
            for found in stretches
            if x(found.ends) - x(found.begins) > 12
        ),
        now="" if now is None else f"{x(now):.1f}",
        bars=tuple(_bars(program, day, x)),
        lane=_lane(program),
    )


def _range(program: ClimateProgram) -> tuple[float, float]:
    values = [value for period in program.periods for value in (period.heating_c, period.ventilation_c)]
    low, high = min(values) - _MARGIN_C, max(values) + _MARGIN_C
    return low, max(high, low + _LEAST_SPAN_C)


def _hour(hour: int) -> Mark:
    at = _LEFT + hour / 24 * (_RIGHT - _LEFT)
    anchor = {0: "start", 24: "end"}.get(hour, "middle")
    return Mark(f"{at:.1f}", f"{hour:02d}:00", anchor=anchor)


def _sun(day: BaseDay, x: Place) -> Iterator[Mark]:
    for moment, sign in ((day.day.sun.sunrise, "↑"), (day.day.sun.sunset, "↓")):
        if moment is not None:
            yield Mark(f"{x(moment):.1f}", f"☀{sign} {day.clock(moment)}")


def _bars(program: ClimateProgram, day: BaseDay, x: Place) -> Iterator[Bar]:
    """When the blanket is down or the screen drawn, as spans."""
    if program.blanket is not None:
        first, last = program.blanket.down, program.blanket.up
    elif program.screen is not None:
        first, last = program.screen.drawn_from, program.screen.open_from
    else:
        return
    moments = (moment_of(first, day.day), moment_of(last, day.day))
    edges = sorted({day.day.midnight, day.ends, *(moment for moment in moments if moment is not None)})
    for begins, ends in pairwise(edges):
        if is_between(first, last, day.day, begins + _MINUTE / 2):
            yield Bar(f"{x(begins):.1f}", f"{_LANE_TOP:.1f}", f"{x(ends) - x(begins):.1f}", f"{_LANE_HEIGHT:.1f}")


def _lane(program: ClimateProgram) -> str:
    if program.blanket is not None:
        return _("blanket down")
    return "" if program.screen is None else _("screen drawn")
