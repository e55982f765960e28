"""Parameters of the plant model from TOML: each with its unit, what it is, and where the figure comes from.

A part of the model declares its parameters as a ``NamedTuple`` of floats; each field says its unit and its physical
range. The file has a table of the same name for each part, and one for each parameter in it::

    [film.beam_transmission]
    value = 0.72
    unit = "1"
    zh = "薄膜与骨架的直射光透过率"
    en = "Transmission of beam light by film and frame"
    reference = "Xu et al. 2024, Table 2"
    tuned = "0.94 of the film alone, less frame and dust"      # only where it was tuned: why

A ``NamedTuple`` of floats is what a compiler for numbers takes as it is, so the same functions run plainly in a
simulated base and compiled in a season.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar, get_args, get_origin, get_type_hints

from devices.profiles.fields import Fields
from greenhouse.plant.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Unit:
    """Unit of a parameter and the range outside of which it cannot be true.

    Attributes
    ----------
    name : str
        As the file writes it: ``W m-2 K-1``; ``1`` for a ratio.
    lowest, highest : float
        Both allowed. In the unit itself.
    """

    name: str
    lowest: float = 0.0
    highest: float = 1e12


class Parameters(Protocol):
    """A ``NamedTuple`` of floats, each annotated with its ``Unit``.

    Known by ``_asdict``: mypy gives the ``_make`` of a ``NamedTuple`` a signature that fits no protocol.
    """

    def _asdict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Stated:
    """What the file says about one parameter."""

    part: str
    name: str
    value: float
    unit: str
    zh: str
    en: str
    reference: str
    tuned: str


Part = TypeVar("Part", bound=Parameters)


class ParameterFile:
    """A file that was read and found whole.

    Attributes
    ----------
    stated : tuple of Stated
        Every parameter, in the order of the file: for documents and pages.
    """

    def __init__(self, stated: Iterable[Stated]) -> None:
        self.stated = tuple(stated)

    def part(self, name: str, kind: type[Part]) -> Part:
        """The values of one part, in the order of its fields.

        Raises
        ------
        KeyError
            If the file was not read with this part.
        """
        values = {one.name: one.value for one in self.stated if one.part == name}
        make: Callable[..., Part] = kind
        return make(*(values[field] for field in units_of(kind)))


def units_of(kind: type[Parameters]) -> Mapping[str, Unit]:
    """The unit of each field of a part, in the order of its fields."""
    units = {}
    for field, hint in get_type_hints(kind, include_extras=True).items():
        found = [extra for extra in get_args(hint)[1:] if isinstance(extra, Unit)]
        if get_origin(hint) is not Annotated or not found:
            raise TypeError(f"{kind.__name__}.{field} declares no unit")
        units[field] = found[0]
    return units


def parse_parameters(text: str, *, file: str, parts: Mapping[str, type[Parameters]]) -> ParameterFile:
    """Read a parameter file.

    Parameters
    ----------
    text : str
        The TOML document.
    file : str
        Its name, for faults.
    parts : mapping of str to type
        The tables that the file must have, and what each is read into.

    Raises
    ------
    ParameterError
        With every fault: no TOML, a part or parameter missing or unknown, another unit, a value outside its range, no
        reference, no description in one of the two languages.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(file, [f"is not TOML: {error}"]) from error
    faults: list[str] = []
    top = Fields(document, where="file", faults=faults)
    stated: list[Stated] = []
    for name, kind in parts.items():
        stated += parameters_of(top, name, kind)
    top.finish()
    if faults:
        raise ParameterError(file, faults)
    return ParameterFile(stated)


def parameters_of(top: Fields, name: str, kind: type[Parameters]) -> list[Stated]:
    """One part of a document that may hold more than parameters; its faults go where the document's go."""
    part = top.section(name, required=True)
    if part is None:
        return []
    stated = [_read(part, name, field, unit) for field, unit in units_of(kind).items()]
    part.finish()
    return [one for one in stated if one is not None]


def _read(part: Fields, name: str, field: str, unit: Unit) -> Stated | None:
    table = part.nested(field)
    if table is None:
        if field not in part:
            part.fault(field, "is missing")
        return None
    stated = Stated(
        part=name,
        name=field,
        value=table.number("value"),
        unit=table.text("unit"),
        zh=table.text("zh"),
        en=table.text("en"),
        reference=table.text("reference"),
        tuned=table.text("tuned", default=""),
    )
    if table.is_sound("unit") and stated.unit != unit.name:
        table.fault("unit", f'"{stated.unit}" must be "{unit.name}"; convert the value')
    if table.is_sound("value") and not unit.lowest <= stated.value <= unit.highest:
        table.fault("value", f"{stated.value:g} is outside {unit.lowest:g} to {unit.highest:g} {unit.name}")
    table.finish()
    return stated
