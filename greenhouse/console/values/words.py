"""The words that pages and their scripts share, in the reader's language.

Frames carry codes; a page carries this table once, so that its script can say them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

WORDS: Mapping[str, str | Promise] = {
    "age.seconds": _("{n} s ago"),
    "age.minutes": _("{n} min ago"),
    "age.hours": _("{n} h ago"),
    "age.days": _("{n} d ago"),
    "freshness.never": _("never received"),
    "freshness.last": _("last value {value}, at {time}"),
    "reason.none": _("not valid"),
    "reason.out_of_range": _("out of range"),
    "reason.not_finite": _("not a number"),
    "reason.invalid_word": _("sensor open"),
    "reason.illegal_address": _("not on this device"),
    "reason.device_fault": _("device fault"),
    "reason.counter_reset": _("counter was reset"),
    "reason.counter_leap": _("counter leapt ahead: meter replaced?"),
    "reason.scale_unknown": _("scale unknown"),
    "reason.clock_suspect": _("clock in doubt"),
    "mode.local": pgettext_lazy("operating mode", "Local switch"),
    "mode.unknown": pgettext_lazy("operating mode", "Unknown"),
    "link.live": pgettext_lazy("link", "Live"),
    "link.late": pgettext_lazy("link", "Late"),
    "link.offline": pgettext_lazy("link", "Offline"),
    "link.as_of": _("as of {time}"),
    "link.as_of_never": _("nothing received yet"),
    "banner.offline": pgettext_lazy("link", "Offline"),
    "banner.showing": _("showing data of {time}"),
    "banner.showing_nothing": _("nothing received yet"),
    "banner.attempt": _("reconnecting (attempt {n})"),
    "banner.restored": _("Back online {time}"),
    "banner.signed_out": _("You are signed out; nothing here is being updated."),
    "banner.not_allowed": _("You may not look at the base any more; nothing here is being updated."),
    "banner.too_many": _("Too many pages are open under your name; close some"),
    "banner.store": _("The store does not answer"),
    "banner.clock": _("The clock of this device is {n} s off; ages follow the server's clock."),
    "sun.sunrise": _("Sunrise in"),
    "sun.sunset": _("Sunset in"),
    "wind.0": pgettext_lazy("wind from", "N"),
    "wind.1": pgettext_lazy("wind from", "NE"),
    "wind.2": pgettext_lazy("wind from", "E"),
    "wind.3": pgettext_lazy("wind from", "SE"),
    "wind.4": pgettext_lazy("wind from", "S"),
    "wind.5": pgettext_lazy("wind from", "SW"),
    "wind.6": pgettext_lazy("wind from", "W"),
    "wind.7": pgettext_lazy("wind from", "NW"),
    "trend.range": _("last hour {low} to {high}"),
    "trend.none": _("no values in the last hour"),
    "trend.band": _("set {low} to {high}"),
    "trend.setpoint": _("set {value}"),
    "bits.none": pgettext_lazy("status bits", "none"),
    "list.comma": pgettext_lazy("between items", ", "),
    "list.names": pgettext_lazy("between names", ", "),
    "session.ends": _("Your sign-in ends in {n} min."),
    "sheet.loading": _("Loading…"),
    "chart.title": pgettext_lazy("title of a chart", "{where}: {what} · {when}"),
    "chart.compared": pgettext_lazy("title of a chart", "{title} · compared with {other}"),
    "chart.part": pgettext_lazy("part of a chart's title", "{label} {low} to {high}"),
    "chart.part_empty": pgettext_lazy("part of a chart's title", "{label} without values"),
    "chart.places": _("{n} places"),
    "chart.last_hours": _("last {n} h"),
    "chart.last_days": _("last {n} days"),
    "chart.span": _("{from} to {to}"),
    "chart.summary": _(
        "{label}: on average {mean}, lowest {low} ({lowAt}), highest {high} ({highAt}), last {newest}; values for "
        "{cover} % of the time; alarms {alarms}, changes {changes}, notes {notes}."
    ),
    "chart.others": _("Other curves: {n}."),
    "chart.no_values": _("There are no values of these points in this time."),
    "chart.nothing": _("No points are chosen."),
    "chart.choose": _("Choose points, or one of the charts that are prepared for each house."),
    "chart.empty": _(
        "Nothing was recorded of these points in this time. Choose another time, or see the state of the values."
    ),
    "chart.many": _("More than {n} curves are hard to tell apart on a small screen."),
    "chart.open": _("All curves"),
    "chart.newest": _("newest value"),
    "chart.never": _("no value in this time"),
    "chart.gap": _("no value"),
    "chart.bad": _("not valid"),
    "chart.partly_bad": _("partly not valid"),
    "chart.cover": _("known for {n} % of it"),
    "chart.table": _("Table"),
    "chart.time": _("Time"),
    "chart.more_rows": _("{n} more rows"),
    "chart.keys": _("{title}. Arrow keys move through time, Escape returns to the newest value."),
    "chart.demo": _("Demo data"),
    "chart.made": _("drawn {time}, time zone {zone}"),
    "chart.retry": _("Try again"),
    "chart.slow": _("Still loading"),
    "chart.offline": _("Offline · showing data of {time}"),
    "chart.failed": _("The server has no answer just now; it is asked again by itself."),
    "chart.unreachable": _("The server cannot be reached; nothing is shown yet."),
    "chart.signed_out": _("You are signed out; sign in again to see the curves."),
    "chart.damaged": _("{point}: the stored samples from {from} to {to} are damaged and cannot be shown."),
    "chart.alone": _("{label}: nothing to compare with in {other}."),
    "chart.cut_alarm": _("There were more alarms than are shown; choose a shorter time."),
    "chart.cut_change": _("There were more changes than are shown; choose a shorter time."),
    "chart.cut_note": _("There are more notes than are shown; choose a shorter time."),
    "chart.kind_alarm": pgettext_lazy("kind of event", "Alarm"),
    "chart.kind_change": pgettext_lazy("kind of event", "Change"),
    "chart.kind_note": pgettext_lazy("kind of event", "Note"),
    "chart.edit_note": _("Edit"),
    "chart.do_following": _("Pause"),
    "chart.do_paused": _("Go on"),
    "chart.do_held": _("Follow the newest"),
    "chart.do_pinned": _("Let go"),
    "chart.chosen": _("{n} of at most {most} chosen"),
    "sheet.press_again": _("Press again to apply"),
    "sheet.unreachable": _("This setpoint cannot be read now. Nothing can be sent without the link."),
    "sheet.close": _("Close"),
}


def word(key: str, **values: object) -> str:
    """The text of a message with its {names} filled in.

    Raises
    ------
    KeyError
        If there is no such message, or a value for one of its names is missing.
    """
    return str(WORDS[key]).format_map(values)


def reason_in_words(reason: str) -> str:
    """Why a value is not good."""
    return word(f"reason.{reason}")


def age_in_words(age_s: float) -> str:
    """An age as people say it: ``6 min ago``."""
    seconds = max(0.0, age_s)
    if seconds < 90:
        return word("age.seconds", n=round(seconds))
    if seconds < 5400:
        return word("age.minutes", n=round(seconds / 60))
    if seconds < 129600:
        return word("age.hours", n=round(seconds / 3600))
    return word("age.days", n=round(seconds / 86400))


def duration_in_words(duration: timedelta) -> str:
    """A length of time as people say it, to the second: ``3 days``, ``1 h 12 min``, ``90 s``."""
    days, rest = divmod(duration, timedelta(days=1))
    if days and not rest:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    seconds = round(duration.total_seconds())
    if seconds % 60:
        return gettext("%(n)s s") % {"n": seconds}
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return gettext("%(n)s min") % {"n": minutes}
    if not minutes:
        return gettext("%(n)s h") % {"n": hours}
    return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def words_of_the_page() -> dict[str, str]:
    """Everything a page's script may have to say, in the reader's language."""
    return {key: str(text) for key, text in WORDS.items()}
