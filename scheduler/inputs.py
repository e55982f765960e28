"""Whether what schedules decide by is live. After a start nothing is, until the control process has polled."""

from __future__ import annotations

from datetime import datetime

from devices.samples import Freshness, Sample
from greenhouse.clock import pacing
from greenhouse.site import structure
from greenhouse.site.virtual_points import CONTROL, LINK, VIRTUAL_POLL_S
from greenhouse.telemetry import sample_time, series

_HEALTH = f"{CONTROL}."


def has_fresh_inputs(now: datetime) -> bool:
    """Whether the control process is at work and knows the link to every device it has ever reached.

    A device that does not answer is known too: its link says so, and whoever decides by its values sees their age.
    """
    base = structure.base()
    if base is None:
        return False
    newest = series.latest([key for key in base.points if key.startswith(_HEALTH) or key.endswith(f".{LINK}")])
    at = sample_time.look(now)
    return any(key.startswith(_HEALTH) for key in newest) and all(_is_live(one, at) for one in newest.values())


def _is_live(sample: Sample, now: datetime) -> bool:
    return pacing().freshness(sample.observed_at, interval_s=VIRTUAL_POLL_S, at=now) is Freshness.LIVE
