"""The texts that make a base, and their check by the same readers as `load_base`."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from devices.samples import Origin
from greenhouse.alarms import site_file
from greenhouse.alarms.definitions import Override
from greenhouse.alarms.errors import DefinitionsError
from greenhouse.alarms.loader import parse_overrides
from greenhouse.clock import is_training
from greenhouse.configuration.errors import FaultySource
from greenhouse.site.basefile.checks import place
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.reader import load_base, parse_stored_base, read_text
from greenhouse.site.basefile.schema import BaseFile

BASE_NAME, ALARMS_NAME = "base.toml", "alarms.toml"
ALARMS_PLACE = "alarms: "
"""Before each fault of the alarm file, so that its place is not sought in the base file."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a base file, of its alarm file (empty: none), and of its own device profiles by key."""

    base: str
    alarms: str = ""
    profiles: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of all texts."""
        whole = json.dumps([self.base, self.alarms, dict(self.profiles)], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Checked:
    """A source without faults, as values."""

    source: Source
    base: BaseFile
    overrides: tuple[Override, ...]


def check(source: Source) -> Checked:
    """Read a source.

    Raises
    ------
    FaultySource
        With every fault of both files.
    """
    faults: list[str] = []
    base: BaseFile | None = None
    overrides: tuple[Override, ...] = ()
    try:
        base = parse_stored_base(source.base, file=BASE_NAME, profiles=source.profiles)
    except BaseFileError as error:
        faults += error.faults
    try:
        overrides = parse_overrides(source.alarms, file=ALARMS_NAME, compartments=_compartments(source.base))
    except DefinitionsError as error:
        faults += [ALARMS_PLACE + fault for fault in error.faults]
    if base is not None and is_training():
        faults += _not_simulated(base)
    if base is None or faults:
        raise FaultySource(faults)
    return Checked(source, base, overrides)


def require_simulated(base: BaseFile) -> None:
    """Let no base with a real device become a training base.

    Raises
    ------
    FaultySource
        With every device that is not simulated.
    """
    if faults := _not_simulated(base):
        raise FaultySource(faults)


def _not_simulated(base: BaseFile) -> list[str]:
    """Devices that a training base must not have: a clock that runs fast would drive real machines."""
    fault = _("origin {origin}: on a training base every device is simulated")
    return [
        f"{place('device', number, device.key)}: {fault.format(origin=device.origin.value)}"
        for number, device in enumerate(base.devices, 1)
        if device.origin is not Origin.SIMULATED
    ]


def read_disk(path: Path) -> Source:
    """The base file of a path with all that stands beside it, checked.

    Raises
    ------
    BaseFileError, DefinitionsError
        With every fault of the one or the other.
    """
    base = load_base(path)
    compartments = [compartment.key for compartment in base.compartments]
    return Source(
        base=read_text(path),
        alarms=site_file.read(site_file.beside(path), compartments=compartments),
        profiles={own.key: own.text for own in base.profiles},
    )


def _compartments(text: str) -> list[str]:
    """Keys of the compartments, as far as the text can be read at all."""
    try:
        tables = tomllib.loads(text).get("compartment", [])
    except tomllib.TOMLDecodeError:
        return []
    rows = tables if isinstance(tables, list) else []
    return [str(row.get("key", "")) for row in rows if isinstance(row, dict)]
