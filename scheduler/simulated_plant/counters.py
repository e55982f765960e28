"""Counters of the simulated base that survive a restart, as those of real meters do.

What is kept runs ahead of what was counted by what can flow until it is kept again: a process that was killed goes on a
little too high and never falls back, so no reader sees a counter that ran backward.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path

logger = logging.getLogger(__name__)

COUNTERS_FILE = "simulator-counters.json"


def keep_counters(folder: Path, counters: Mapping[str, float]) -> None:
    """Leave the counters where the next start finds them."""
    path = folder / COUNTERS_FILE
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(dict(counters)), encoding="utf-8")
    unfinished.replace(path)


def kept_counters(folder: Path) -> dict[str, float]:
    """What the last run counted; nothing where there was none, or its file is no counters' file."""
    path = folder / COUNTERS_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        logger.warning("%s cannot be read, so the simulated meters begin anew: %s", path.name, error)
        return {}
    if not isinstance(found, dict):
        logger.warning("%s holds no counters, so the simulated meters begin anew", path.name)
        return {}
    return {
        key: float(value)
        for key, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
