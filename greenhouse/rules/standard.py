"""The programs that a house begins with. Pure; the texts of ``data/standard.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from greenhouse.rules.evaluate.climate_program import ClimateProgram
from greenhouse.rules.evaluate.documents import from_document

_FILE = Path(__file__).parent / "data" / "standard.toml"


@cache
def standard_programs() -> Mapping[str, ClimateProgram]:
    """By kind of house: ``solar_greenhouse``, ``glasshouse``."""
    return {kind: from_document(table) for kind, table in tomllib.loads(_FILE.read_text("utf-8")).items()}
