"""Parameter files of houses."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from greenhouse.plant.climate.checks import check_house
from greenhouse.plant.climate.house import (
    Air,
    Blanket,
    Cover,
    Ground,
    House,
    Lamps,
    Leaves,
    Photosynthesis,
    Pipes,
    Screen,
    Shade,
    Shape,
    Soiling,
    Vents,
    Wall,
)
from greenhouse.plant.parameters import ParameterFile, parse_parameters

DATA: Final = Path(__file__).resolve().parent.parent / "data"

PARTS: Final = {
    "shape": Shape,
    "cover": Cover,
    "blanket": Blanket,
    "screen": Screen,
    "shade": Shade,
    "wall": Wall,
    "ground": Ground,
    "vents": Vents,
    "leaves": Leaves,
    "photosynthesis": Photosynthesis,
    "air": Air,
    "pipes": Pipes,
    "lamps": Lamps,
    "soiling": Soiling,
}


def house_of(file: ParameterFile) -> House:
    """The house that a parameter file describes.

    Raises
    ------
    PlantInputError
        If no house can have this shape: no floor, a roof without run, a house without air.
    """
    house = House(
        shape=file.part("shape", Shape),
        cover=file.part("cover", Cover),
        blanket=file.part("blanket", Blanket),
        screen=file.part("screen", Screen),
        shade=file.part("shade", Shade),
        wall=file.part("wall", Wall),
        ground=file.part("ground", Ground),
        vents=file.part("vents", Vents),
        leaves=file.part("leaves", Leaves),
        photosynthesis=file.part("photosynthesis", Photosynthesis),
        air=file.part("air", Air),
        pipes=file.part("pipes", Pipes),
        lamps=file.part("lamps", Lamps),
        soiling=file.part("soiling", Soiling),
    )
    check_house(house)
    return house


def read_parameters(path: Path) -> ParameterFile:
    """Read a house's parameter file with every figure's unit, words and source.

    Raises
    ------
    ParameterError
        With every fault of the file.
    """
    return parse_parameters(path.read_text(encoding="utf-8"), file=path.name, parts=PARTS)


def read_house(kind: str) -> House:
    """The house of a kind that comes with the model: ``solar_greenhouse`` or ``glasshouse``."""
    return house_of(read_parameters(DATA / f"{kind}.toml"))
