"""Whether the control process gives its base a past, and how it starts the processes that make it."""

from __future__ import annotations

import subprocess
import sys
import time

from django.conf import settings

from greenhouse.fencing import Fence
from greenhouse.site import structure
from greenhouse.site.basefile.errors import BaseFileError
from greenhouse.site.basefile.reader import load_base
from greenhouse.site.point_index import point_index
from scheduler.demo_history.filling import Filling
from scheduler.demo_history.harvesting import Harvesting
from scheduler.demo_history.making import refusal


def history_filling(fence: Fence) -> Filling | None:
    """What fills in the past of a base whose devices are all simulated; None for any other, and where it is off."""
    if settings.DEMO_HISTORY_DAYS == 0:
        return None
    try:
        base_file = load_base(settings.BASE_FILE)
    except BaseFileError:  # the base runs by what is stored; its simulator will say what is wrong with the file
        return None
    if refusal(base_file) is not None:
        return None
    ids = frozenset(point.id for point in structure.all_points())
    return Filling(
        _start_pasts,
        point_index(),
        fence,
        ids=ids,
        harvesting=Harvesting(_start_harvests),
        monotonic_s=time.monotonic(),
    )


def _start_pasts() -> subprocess.Popen[bytes]:
    return _started("demohistory", "--to-pipe")


def _start_harvests() -> subprocess.Popen[bytes]:
    return _started("demoharvest", "--lacking")


def _started(*command: str) -> subprocess.Popen[bytes]:
    """A child that ends by its broken pipe when this process dies."""
    line = [sys.executable, "manage.py", *command]
    return subprocess.Popen(line, cwd=settings.BASE_DIR, stdout=subprocess.PIPE)  # noqa: S603 - fixed programs
