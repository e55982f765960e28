"""How often a page flashes, from the frames that the browser draws.

A flash is a pair of opposing changes of relative luminance by a tenth or more (WCAG 2.2, success criterion 2.3.1).
"""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Page

BLOCKS = (32, 18)
"""Across and down: a block of a screen of 1920x1080 measures 60x60."""
LEAST_CHANGE = 0.1
Luminance = npt.NDArray[np.float64]


def frames_of(page: Page, duration_ms: int) -> tuple[list[float], Luminance]:
    """Draw for a time: when frames came, in seconds, and the mean luminance of each block in each of them."""
    devtools = page.context.new_cdp_session(page)
    times: list[float] = []
    seen: list[Luminance] = []

    def take(frame: dict[str, Any]) -> None:
        picture = Image.open(BytesIO(b64decode(frame["data"]))).convert("RGB").resize(BLOCKS, Image.Resampling.BOX)
        times.append(frame["metadata"]["timestamp"])
        seen.append(luminance(np.asarray(picture, dtype=np.float64) / 255.0))
        devtools.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    devtools.on("Page.screencastFrame", take)
    devtools.send("Page.startScreencast", {"format": "jpeg", "quality": 70, "maxWidth": 960, "maxHeight": 540})
    page.wait_for_timeout(duration_ms)
    devtools.send("Page.stopScreencast")
    return times, np.array([each.ravel() for each in seen])


def luminance(rgb: npt.NDArray[np.float64]) -> Luminance:
    """Relative luminance of sRGB colors (WCAG 2.2, definition of relative luminance). Shape: rows, columns."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def most_flashes_a_second(times: list[float], blocks: Luminance) -> float:
    """Of all blocks and seconds the most flashes: half the number of turns within a second."""
    return max((_most(np.array(_turns(times, block))) for block in blocks.T), default=0.0)


def _turns(times: list[float], values: Luminance) -> list[float]:
    """When a series had changed by `LEAST_CHANGE` against the direction in which it went before."""
    turns = []
    extreme, direction = values[0], 0.0
    for at, value in zip(times, values, strict=True):
        change = value - extreme
        if abs(change) >= LEAST_CHANGE and change * direction <= 0:
            turns.append(at)
            extreme, direction = value, change
        elif change * direction > 0:
            extreme = value
    return turns


def _most(turns: npt.NDArray[np.float64]) -> float:
    return max((float(((turns >= at) & (turns < at + 1.0)).sum()) / 2.0 for at in turns), default=0.0)
