"""The crops and cultivars that come with the system, from ``data/crops.toml``. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "crops.toml"


class Counted(StrEnum):
    """What of a harvest is taken down beside its weight."""

    WEIGHT = "weight"
    STEMS = "stems"
    """Of a cut flower: how many."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A crop.

    Attributes
    ----------
    base_c : float
        Temperature below which it does not develop; of its thermal time.
    base_reference : str
        Where that figure comes from.
    """

    key: str
    zh: str
    en: str
    counted: Counted
    base_c: float
    base_reference: str


@dataclass(frozen=True, slots=True)
class Cultivar:
    """A cultivar of a crop."""

    key: str
    crop: str
    zh: str
    en: str
    source: str


@cache
def crops() -> Mapping[str, Crop]:
    """Every crop by key, in the order of the file."""
    return {
        key: Crop(
            key=key,
            zh=told["zh"],
            en=told["en"],
            counted=Counted(told["counted"]),
            base_c=float(told["base_c"]),
            base_reference=told["base_reference"],
        )
        for key, told in _told()["crop"].items()
    }


@cache
def shipped_cultivars() -> Mapping[str, Cultivar]:
    """The cultivars of the file by key."""
    return {
        key: Cultivar(key=key, crop=told["crop"], zh=told["zh"], en=told["en"], source=told["source"])
        for key, told in _told()["cultivar"].items()
    }


def _told() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
