"""What people read about entries of the base file, their fields, and why a change was not made."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from greenhouse.alarms.binding import NeverRaised
from greenhouse.configuration import errors
from greenhouse.configuration.differences import Difference
from greenhouse.configuration.models import Origin, Version

KINDS: Mapping[str, Promise] = {
    "base": pgettext_lazy("base file", "Base"),
    "house": pgettext_lazy("base file", "House"),
    "compartment": pgettext_lazy("base file", "Compartment"),
    "line": pgettext_lazy("base file", "Line"),
    "device": pgettext_lazy("base file", "Device"),
    "valve_group": pgettext_lazy("base file", "Valve group"),
    "alarm": pgettext_lazy("base file", "Alarm"),
    "profile": pgettext_lazy("base file", "Device profile"),
}
FIELDS: Mapping[str, Promise] = {
    "name_zh": pgettext_lazy("field", "Name in Chinese"),
    "name_en": pgettext_lazy("field", "Name in English"),
    "label_zh": pgettext_lazy("field", "Name in Chinese"),
    "label_en": pgettext_lazy("field", "Name in English"),
    "latitude_deg": pgettext_lazy("field", "Latitude"),
    "longitude_deg": pgettext_lazy("field", "Longitude"),
    "elevation_m": pgettext_lazy("field", "Height above sea level"),
    "time_zone": pgettext_lazy("field", "Time zone"),
    "kind": pgettext_lazy("field", "Kind"),
    "area_m2": pgettext_lazy("field", "Area inside"),
    "house": pgettext_lazy("base file", "House"),
    "host": pgettext_lazy("field", "Address on the network"),
    "port": pgettext_lazy("field", "Port"),
    "serial_port": pgettext_lazy("field", "Serial port"),
    "baudrate": pgettext_lazy("field", "Baud rate"),
    "parity": pgettext_lazy("field", "Parity"),
    "stopbits": pgettext_lazy("field", "Stop bits"),
    "line": pgettext_lazy("base file", "Line"),
    "unit_id": pgettext_lazy("field", "Unit id"),
    "profile": pgettext_lazy("base file", "Device profile"),
    "compartment": pgettext_lazy("base file", "Compartment"),
    "compartments": pgettext_lazy("field", "Compartments"),
    "origin": pgettext_lazy("field", "Origin of the values"),
    "timeout_s": pgettext_lazy("field", "Wait for a reply"),
    "retries": pgettext_lazy("field", "Further tries"),
    "enabled": pgettext_lazy("field", "In use"),
    "poll_s": pgettext_lazy("field", "Seconds between two reads"),
    "record": pgettext_lazy("field", "What becomes history"),
    "valid": pgettext_lazy("field", "Plausible range"),
    "limits": pgettext_lazy("field", "Allowed range of a setting"),
    "approval": pgettext_lazy("field", "A second person agrees"),
    "limit": pgettext_lazy("field", "Limit"),
    "deadband": pgettext_lazy("field", "Back by more than"),
    "on_delay_s": pgettext_lazy("field", "Wrong for so long"),
    "off_delay_s": pgettext_lazy("field", "Right for so long"),
    "priority": pgettext_lazy("field", "Priority"),
    "valves": pgettext_lazy("field", "Valves"),
    "pump": pgettext_lazy("field", "Pump"),
    "meter": pgettext_lazy("field", "Water meter"),
    "longest_run_min": pgettext_lazy("field", "Longest run in minutes"),
    "reason": pgettext_lazy("field", "Reason"),
}


def kind_in_words(kind: str) -> str:
    """What kind of entry it is."""
    return str(KINDS.get(kind, kind))


def field_in_words(field: str) -> str:
    """A field; one of a point with the key of the point before it."""
    *parents, name = field.split(".")
    words = str(FIELDS.get(name, name))
    point = ".".join(parents[1:]) if parents[:1] == ["points"] else ".".join(parents)
    return f"{point} · {words}" if point else words


def difference_in_words(difference: Difference) -> tuple[str, str]:
    """What a difference is about: the entry, and its field."""
    entry = f"{kind_in_words(difference.kind)} {difference.key}".strip() or _("The file itself")
    return entry, field_in_words(difference.field) if difference.field else ""


def origin_in_words(version: Version) -> str:
    """How a version came."""
    if version.origin == Origin.FILE:
        return _("loaded from the file on disk")
    if version.origin == Origin.RETURN:
        return _("version %(n)s applied again") % {"n": version.returned_to}
    return _("changed on a page")


def never_raised_in_words(found: NeverRaised) -> str:
    """Why an alarm is none."""
    return _(
        "Alarm %(alarm)s: its limit %(limit)s lies outside the valid range of %(point)s, %(lowest)s to %(highest)s. It "
        "could never be raised."
    ) % {
        "alarm": found.alarm,
        "point": found.point,
        "limit": f"{found.limit:g}",
        "lowest": f"{found.lowest:g}",
        "highest": f"{found.highest:g}",
    }


def refusal_in_words(error: errors.ConfigurationError) -> str:
    """Why nothing was changed, and what to do."""
    match error:
        case errors.Conflict():
            return _(
                "Somebody else changed the base in the meantime (version %(n)s). Look at it, then start again."
            ) % {"n": error.newest}
        case errors.Unfinished():
            return _("Version %(n)s is being applied right now. If this does not end within a minute, finish it.") % {
                "n": error.number
            }
        case errors.NothingToChange():
            return _("This is what the base is already; there is nothing to change.")
        case errors.NoReason():
            return _("Say why, in at most 400 characters.")
        case errors.EditImpossible():
            return _("A form cannot change this entry without harming the file. An engineer changes it as text.")
    return _("The base was not changed.")
