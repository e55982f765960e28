"""Alarm definitions and a site's overrides from TOML: all of a file, or every fault of it at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from devices.profiles.fields import Fields, near_matches
from devices.profiles.outputs import OutputKind
from devices.units import Quantity
from greenhouse.access.roles import Role
from greenhouse.alarms.definitions import (
    SHORTEST_RESPONSE_MIN,
    Definition,
    Gate,
    GateState,
    Kind,
    Override,
    Priority,
    Selection,
    Severity,
    Wording,
)
from greenhouse.alarms.errors import DefinitionsError
from greenhouse.site.basefile.schema import HouseKind
from greenhouse.site.keys import ENTRY_KEY, ENTRY_KEY_FORM, KEY_LENGTH

SHIPPED_DIRECTORY = Path(__file__).parent / "data"
LONGEST_ACTION_ZH = 60
LONGEST_TEXT = 400
LONGEST_DELAY_S = 86_400.0
_MINUTES_A_DAY = 1_440.0


class _PriorityWord(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


@cache
def load_shipped() -> Mapping[str, Definition]:
    """All shipped definitions by key, read once."""
    return load_directory(SHIPPED_DIRECTORY)


def load_directory(directory: Path) -> Mapping[str, Definition]:
    """The definitions of a folder by key.

    Raises
    ------
    DefinitionsError
        With every fault of every file.
    """
    definitions: dict[str, Definition] = {}
    faults: list[str] = []
    for path in sorted(directory.glob("*.toml")):
        try:
            found = parse_definitions(path.read_text(encoding="utf-8-sig"), file=path.name)
        except DefinitionsError as error:
            faults += [f"{path.name}: {fault}" for fault in error.faults]
            continue
        faults += [
            f'{path.name}: alarm "{key}" is defined in another file already' for key in found & definitions.keys()
        ]
        definitions |= found
    faults += [
        f'alarm "{found.key}": covered_by "{found.covered_by}" is no alarm{near_matches(found.covered_by, definitions)}'
        for found in definitions.values()
        if found.covered_by is not None and found.covered_by not in definitions
    ]
    if faults:
        raise DefinitionsError(directory.name, faults)
    return MappingProxyType(definitions)


def parse_definitions(text: str, *, file: str) -> dict[str, Definition]:
    """Definitions of one file by key.

    Raises
    ------
    DefinitionsError
        With every fault.
    """
    faults: list[str] = []
    root = _root(text, file, faults)
    definitions = [_read_definition(fields) for fields in root.sections("alarm")]
    root.finish()
    faults += _repeated(definition.key for definition in definitions)
    if faults:
        raise DefinitionsError(file, faults)
    return {definition.key: definition for definition in definitions}


def parse_overrides(text: str, *, file: str, compartments: Iterable[str]) -> tuple[Override, ...]:
    """A site's overrides of the shipped definitions.

    Parameters
    ----------
    compartments : iterable of str
        Keys of the compartments of the base.

    Raises
    ------
    DefinitionsError
        With every fault.
    """
    faults: list[str] = []
    root, known = _root(text, file, faults), set(compartments)
    overrides = [
        _read_override(fields, known) for fields in root.sections("alarm", places=_numbered(root.rows("alarm")))
    ]
    root.finish()
    if faults:
        raise DefinitionsError(file, faults)
    return tuple(overrides)


def overridden(definition: Definition, override: Override) -> Definition:
    """A definition as a site wants it."""
    stated = override.priority
    return replace(
        definition,
        limit=definition.limit if override.limit is None else override.limit,
        deadband=definition.deadband if override.deadband is None else override.deadband,
        on_delay_s=definition.on_delay_s if override.on_delay_s is None else override.on_delay_s,
        off_delay_s=definition.off_delay_s if override.off_delay_s is None else override.off_delay_s,
        stated_priority=definition.stated_priority if stated is None else stated,
        priority_reason=definition.priority_reason if stated is None else override.reason,
    )


def _root(text: str, file: str, faults: list[str]) -> Fields:
    try:
        return Fields(tomllib.loads(text), where="file", faults=faults)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionsError(file, [f"not valid TOML: {error}"]) from error


def _numbered(rows: Sequence[object]) -> list[str]:
    """One alarm may be overridden several times, for several compartments: the key alone does not name the place."""
    return [
        f'alarm[{number}] "{row.get("key", "")}"' if isinstance(row, dict) else f"alarm[{number}]"
        for number, row in enumerate(rows, start=1)
    ]


def _repeated(keys: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    faults = []
    for key in keys:
        if key and key in seen:
            faults.append(f'alarm "{key}": is defined twice')
        seen.add(key)
    return faults


def _read_definition(fields: Fields) -> Definition:
    kind = fields.choice("kind", Kind)
    if "kind" in fields.broken:
        kind = Kind.STATE  # asks for nothing that may not be there
    definition = Definition(
        key=_read_key(fields),
        kind=kind,
        name=_read_wording(fields, "name"),
        cause=_read_wording(fields, "cause"),
        consequence=_read_wording(fields, "consequence"),
        action=_read_action(fields),
        severity=fields.choice("severity", Severity),
        respond_within_min=_read_minutes(fields),
        owner=fields.choice("owner", Role),
        reviewed_on=_read_date(fields, "reviewed_on"),
        selection=_read_selection(fields, kind),
        on_delay_s=_read_delay(fields, "on_delay_s"),
        off_delay_s=_read_delay(fields, "off_delay_s"),
        limit=fields.number("limit") if kind.has_limit else 0.0,
        deadband=_read_deadband(fields) if kind.has_limit else 0.0,
        reference=fields.optional_text("reference") if kind.has_limit else None,
        gate=_read_gate(fields) if kind.has_limit else None,
        states=fields.integers("states") if kind is Kind.STATE else (),
        bits=fields.integers("bits") if kind is Kind.BITS else (),
        covered_by=fields.optional_text("covered_by"),
        stated_priority=_read_priority(fields),
        priority_reason=fields.optional_text("priority_reason") or "",
    )
    _check_definition(fields, definition)
    fields.finish()
    return definition


def _check_definition(fields: Fields, definition: Definition) -> None:
    if "kind" not in fields.broken:
        if definition.kind is Kind.STATE and not definition.states:
            fields.fault("states", "must name the numbers that are wrong")
        if definition.kind is Kind.BITS and not all(0 <= bit < 32 for bit in definition.bits or (-1,)):
            fields.fault("bits", "must name the bits that are wrong, 0 to 31")
        if definition.kind is Kind.AWAY and definition.limit <= 0 and "limit" not in fields.broken:
            fields.fault("limit", f"{definition.limit:g} must be above 0: how far away is too far")
    if definition.stated_priority is not None and not definition.priority_reason:
        fields.fault("priority", "is computed; overruling it takes a priority_reason")
    is_too_short = 0 < definition.respond_within_min < SHORTEST_RESPONSE_MIN
    if definition.severity is Severity.SEVERE and is_too_short and "severity" not in fields.broken:
        fields.fault(
            "respond_within_min",
            f"{definition.respond_within_min:g} is too short for what is severe: no person is so fast, automate it",
        )


def _read_override(fields: Fields, compartments: set[str]) -> Override:
    key = fields.text("key")
    definition = load_shipped().get(key)
    if definition is None and "key" not in fields.broken:
        fields.fault("key", f'"{key}" is no alarm{near_matches(key, load_shipped())}')
    has_limit = definition is None or definition.kind.has_limit
    for name in ("limit", "deadband"):
        if name in fields and not has_limit:
            fields.fault(name, "does not belong to this alarm: it compares no number")
    override = Override(
        key=key,
        reason=fields.text("reason"),
        compartments=fields.texts("compartments"),
        enabled=fields.flag("enabled") if "enabled" in fields else True,
        limit=fields.optional_number("limit"),
        deadband=_read_deadband(fields) if "deadband" in fields else None,
        on_delay_s=_read_delay(fields, "on_delay_s") if "on_delay_s" in fields else None,
        off_delay_s=_read_delay(fields, "off_delay_s") if "off_delay_s" in fields else None,
        priority=_read_priority(fields),
    )
    for compartment in override.compartments:
        if compartment not in compartments:
            fields.fault(
                "compartments", f'"{compartment}" is not on this base{near_matches(compartment, compartments)}'
            )
    fields.finish()
    return override


def _read_key(fields: Fields) -> str:
    key = fields.text("key", pattern=ENTRY_KEY, form=ENTRY_KEY_FORM)
    if len(key) > KEY_LENGTH:
        fields.fault("key", f"is longer than {KEY_LENGTH} characters")
    return key


def _read_wording(fields: Fields, name: str) -> Wording:
    texts = {language: fields.text(f"{name}_{language}") for language in ("zh", "en")}
    for language, text in texts.items():
        if len(text) > LONGEST_TEXT:
            fields.fault(f"{name}_{language}", f"is longer than {LONGEST_TEXT} characters")
    return Wording(texts["zh"], texts["en"])


def _read_action(fields: Fields) -> Wording:
    action = _read_wording(fields, "action")
    if len(action.zh) > LONGEST_ACTION_ZH:
        fields.fault(
            "action_zh", f"has {len(action.zh)} characters; more than {LONGEST_ACTION_ZH} are not read in a hurry"
        )
    return action


def _read_delay(fields: Fields, name: str) -> float:
    delay_s = fields.number(name)
    if not 0 <= delay_s <= LONGEST_DELAY_S:
        fields.fault(name, f"{delay_s:g} is outside 0 to {LONGEST_DELAY_S:g}")
    return delay_s


def _read_minutes(fields: Fields) -> float:
    minutes = fields.number("respond_within_min")
    if "respond_within_min" not in fields.broken and not 0 < minutes <= _MINUTES_A_DAY:
        fields.fault("respond_within_min", f"{minutes:g} must be above 0 and at most {_MINUTES_A_DAY:g}")
    return minutes


def _read_deadband(fields: Fields) -> float:
    deadband = fields.number("deadband")
    if deadband < 0:
        fields.fault("deadband", f"{deadband:g} must not be below 0")
    return deadband


def _read_date(fields: Fields, name: str) -> date:
    text = fields.text(name, pattern=r"\d{4}-\d{2}-\d{2}", form="a day as YYYY-MM-DD, in quotation marks")
    try:
        return date.fromisoformat(text)
    except ValueError:
        if name not in fields.broken:
            fields.fault(name, f'"{text}" is no day')
        return date.min


def _read_priority(fields: Fields) -> Priority | None:
    if "priority" not in fields:
        return None
    return Priority[fields.choice("priority", _PriorityWord).value]


def _read_selection(fields: Fields, kind: Kind) -> Selection:
    if kind.is_cause or kind.follows_commands:
        return Selection()
    points = fields.nested("points")
    if points is None:
        if kind is not Kind.UNUSABLE:
            fields.fault("points", "is missing: which points does this alarm look at?")
        return Selection()
    selection = Selection(
        quantity=points.choice("quantity", Quantity) if "quantity" in points else None,
        keys=points.texts("keys"),
        houses=tuple(HouseKind(word) for word in _known_words(points, "houses", HouseKind)),
        moves=tuple(OutputKind(word) for word in _known_words(points, "moves", OutputKind)),
        once_per_compartment=points.flag("once_per_compartment"),
    )
    points.finish()
    return selection


def _read_gate(fields: Fields) -> Gate | None:
    only_while = fields.nested("only_while")
    if only_while is None:
        return None
    gate = Gate(points=only_while.texts("points"), state=only_while.choice("are", GateState))
    if not gate.points:
        only_while.fault("points", "must name at least one point")
    only_while.finish()
    return gate


def _known_words(fields: Fields, name: str, words: type[HouseKind | OutputKind]) -> list[str]:
    known = [word.value for word in words]
    wrong = [word for word in fields.texts(name) if word not in known]
    if wrong:
        fields.fault(name, f"{wrong[0]!r} is not known; known: {', '.join(known)}")
    return [word for word in fields.texts(name) if word in known]
