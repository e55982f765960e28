"""The changes that forms make, each from one source to the next. Nothing is checked here; `source.check` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from greenhouse.configuration import blocks
from greenhouse.configuration.blocks import Changes, Value
from greenhouse.configuration.source import Source

Fields = Mapping[str, "Value | None"]
"""New values by field; None: as the profile or the default says."""

PLACES = ("base", "house", "compartment", "line")


def with_entry(source: Source, kind: str, key: str, fields: Fields) -> Source:
    """Another name, area, address, ... of the base, a house, a compartment, a line or a device."""
    return replace(source, base=blocks.changed(source.base, kind, None if kind == "base" else key, _at((), fields)))


def with_point(source: Source, device: str, point: str, fields: Fields) -> Source:
    """A point that differs from its profile in other ways."""
    return replace(source, base=blocks.changed(source.base, "device", device, _at(("points", point), fields)))


def with_device(source: Source, fields: Fields) -> Source:
    """One more device."""
    return replace(source, base=blocks.added(source.base, "device", _at((), _given(fields))))


def without_device(source: Source, key: str) -> Source:
    """A device less. Its points stay in the store with their history, switched off."""
    return replace(source, base=blocks.removed(source.base, "device", key))


def with_alarm(source: Source, position: int | None, fields: Fields) -> Source:
    """An alarm otherwise than shipped: the ``position``-th entry of the alarm file anew, or one more."""
    if position is not None:
        return replace(source, alarms=blocks.changed(source.alarms, "alarm", position, _at((), fields)))
    return replace(source, alarms=blocks.added(source.alarms, "alarm", _at((), _given(fields))))


def without_alarm(source: Source, position: int) -> Source:
    """An alarm as shipped again, as far as this entry said otherwise."""
    return replace(source, alarms=blocks.removed(source.alarms, "alarm", position))


def _given(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _at(path: tuple[str, ...], fields: Fields) -> Changes:
    return {(*path, name): None if value == [] else _plain(value) for name, value in fields.items()}


def _plain(value: Value | None) -> Value | None:
    """Whole numbers without a decimal point, as people write them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [int(item) if isinstance(item, float) and item.is_integer() else item for item in value]  # type: ignore[return-value]
    return value
