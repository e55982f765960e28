"""The README's pictures of three people, put together from pictures of the console and of visitors' pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image

from tests.browser.pictures.contact_sheet import file_name
from tests.browser.pictures.shots import DAY, SHOTS, Shot

TAKEN = {"house-program": "phone", "yields": "desk", "wall-warm": "wall", "visit-go-warm": "phone"}
"""Size of each picture by its name."""
COLORS = 200
PHONE_ROWS = 700
WALL = (960, 540)
GAP = 16


def shots() -> list[Shot]:
    """What has to be taken for the README."""
    return [replace(shot, sizes=(TAKEN[shot.name],), looks=(DAY,)) for shot in SHOTS if shot.name in TAKEN]


def compose(folder: Path, into: Path) -> list[Path]:
    """Write the README's pictures. Returns their files."""
    taken = {shot.name: Image.open(folder / file_name(shot, *shot.sizes, DAY)).convert("RGB") for shot in shots()}
    house, wall, phone = taken["house-program"], taken["wall-warm"].resize(WALL), taken["visit-go-warm"]
    phone = phone.resize((phone.width * WALL[1] // phone.height, WALL[1]))
    visitors = Image.new("RGB", (WALL[0] + GAP + phone.width, WALL[1]), "white")
    visitors.paste(wall, (0, 0))
    visitors.paste(phone, (WALL[0] + GAP, 0))
    made = {
        "technician": house.crop((0, 0, house.width, PHONE_ROWS)),
        "commissioner": taken["yields"],
        "visitors": visitors,
    }
    for name, picture in made.items():
        few = picture.quantize(COLORS, dither=Image.Dither.NONE)
        few.save(into / f"{name}.png", optimize=True)
    return [into / f"{name}.png" for name in made]
