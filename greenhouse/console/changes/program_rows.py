"""Changes of programs as the log shows them, among the changes of points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from greenhouse.access.roles import name_of, role_name
from greenhouse.rules.changes import ProgramChange, ProgramChoice, program_changes, watered_compartments
from greenhouse.rules.models import IrrigationProgramVersion, Origin, ProgramVersion
from greenhouse.site.structure import BaseStructure


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A version that was stored, or a switch that was turned."""

    change: ProgramChange
    base: BaseStructure

    @property
    def is_program(self) -> bool:
        """Tells it from a change of a point."""
        return True

    @property
    def id(self) -> str:
        """Unique among all rows."""
        return f"{type(self.change).__name__.lower()}-{self.change.pk}"

    @property
    def at(self) -> datetime:
        """When it was stored."""
        return self.change.created_at

    @property
    def place(self) -> str:
        """The compartments that it is of; the base, if there is no such compartment any more."""
        change = self.change
        keys = (
            sorted(watered_compartments(change))
            if isinstance(change, IrrigationProgramVersion)
            else [change.compartment_key]
        )
        names = [self.base.compartments[key].name for key in keys if key in self.base.compartments]
        return pgettext("between names", ", ").join(names) or self.base.name

    @property
    def program(self) -> str:
        """Which program."""
        if isinstance(self.change, IrrigationProgramVersion):
            name = self.change.document.get("name")
            return _("irrigation program “%(name)s”") % {"name": name or self.change.program_key}
        return _("climate program")

    @property
    def number(self) -> int:
        """Of the version that was in force afterwards; 0: the standard program."""
        change = self.change
        return (
            change.number if isinstance(change, ProgramVersion | IrrigationProgramVersion) else change.program_version
        )

    @property
    def what(self) -> str:
        """What became of it."""
        change = self.change
        if isinstance(change, ProgramVersion) and change.number == 1:
            return _("version 1 in place of the standard program")
        if isinstance(change, ProgramVersion):
            return _("version %(new)s in place of version %(old)s") % {"new": change.number, "old": change.number - 1}
        state = pgettext("program", "on") if change.is_on else pgettext("program", "off")
        if isinstance(change, IrrigationProgramVersion):
            return _("version %(new)s, %(state)s") % {"new": change.number, "state": state}
        words = _("switched on with version %(n)s") if change.is_on else _("switched off with version %(n)s")
        return words % {"n": change.program_version}

    @property
    def how(self) -> str:
        """Where a version comes from; empty: somebody edited it, or it is no version."""
        change = self.change
        if not isinstance(change, ProgramVersion) or change.origin == Origin.EDIT:
            return ""
        if change.origin == Origin.COPY:
            part = self.base.compartments.get(change.copied_from)
            return _("copied from %(place)s") % {"place": change.copied_from if part is None else part.name}
        if not change.returned_to:
            return _("back to the standard program")
        return _("back to version %(number)s") % {"number": change.returned_to}

    @property
    def by(self) -> str:
        """Who."""
        return name_of(self.change.author)

    @property
    def role_name(self) -> str:
        """In which role."""
        return role_name(self.change.role)

    @property
    def reason(self) -> str:
        """Why; empty: none was needed."""
        return self.change.reason

    @property
    def address(self) -> str:
        """Where it can be read what differs; empty: there is no such page."""
        change = self.change
        if isinstance(change, IrrigationProgramVersion):
            return reverse("console:irrigation_program_version", args=[change.program_key, change.number])
        if change.compartment_key not in self.base.compartments:
            return ""
        return reverse("console:program_version", args=[change.compartment_key, self.number])

    def cells(self, zone: ZoneInfo, source_name: str) -> list[str]:
        """As a row of the file: in the columns of a change of a point, with versions for values."""
        change = self.change
        old = str(change.number - 1) if isinstance(change, ProgramVersion | IrrigationProgramVersion) else ""
        return [
            self.at.astimezone(zone).isoformat(),
            self.place,
            self.program,
            "",
            old,
            str(self.number),
            "",
            self.by,
            self.role_name,
            source_name,
            "",
            "",
            self.reason,
            "",
            "",
            self.what,
            self.how,
            "",
            "",
            self.id,
            "",
            "",
        ]


def program_rows(base: BaseStructure, choice: ProgramChoice, *, most: int | None = None) -> Iterator[ProgramRow]:
    """The chosen changes, newest first; no more than ``most``."""
    return (ProgramRow(change, base) for change in program_changes(choice, most=most))
