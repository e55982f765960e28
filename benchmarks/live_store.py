"""Beside the live push: people with open sessions, and a writer that stores changed points every second.

Run in a process of its own, with the environment of the base:

- ``python -m benchmarks.live_store sessions 40 1000`` makes 40 people with 1,000 sessions and prints their keys;
- ``python -m benchmarks.live_store write 200 30`` stores 200 changed points a second for 30 s. Each line it prints says
  when the replies arrived [ms since 1970] and when storing them began, on the monotonic clock. [ns]
"""

from __future__ import annotations

import os
import sys
import time

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.console")
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import transaction  # noqa: E402

from devices.samples import Origin, Quality, Reading, Reason  # noqa: E402
from greenhouse.access.roles import Role  # noqa: E402
from greenhouse.clock import utc_now  # noqa: E402
from greenhouse.console.live.stored import topics_of  # noqa: E402
from greenhouse.console.page.topics import BASE_TOPIC  # noqa: E402
from greenhouse.site import structure  # noqa: E402
from greenhouse.site.point_index import point_index  # noqa: E402
from greenhouse.telemetry.codes import to_ms  # noqa: E402
from greenhouse.telemetry.ingest import last_tick, record  # noqa: E402

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_WRITER = "live-push"


@transaction.atomic
def make_sessions(people: int, sessions: int) -> list[str]:
    """Keys of sessions of viewers, shared out among so many people."""
    viewers = Group.objects.get(name=Role.VIEWER)
    users = [User.objects.create_user(f"viewer {number}") for number in range(people)]
    for user in users:
        user.groups.add(viewers)
    keys = []
    for number in range(sessions):
        user = users[number % people]
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), _BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        keys.append(str(session.session_key))
    return keys


def write(points: int, seconds: int) -> None:
    """Store so many changed points of the overview every second."""
    base = structure.base()
    assert base is not None
    carried = topics_of(base, utc_now())[BASE_TOPIC]
    keys = tuple(sorted(key for key in carried if base.points[key].access.can_read))[:points]
    assert len(keys) == points, f"the overview carries {len(keys)} points"
    ids, tick = dict(point_index().ids), last_tick(_WRITER)
    good, none = np.full(points, Quality.GOOD, dtype=np.uint8), np.full(points, Reason.NONE, dtype=np.uint8)
    due_s = time.monotonic()
    for second in range(seconds):
        time.sleep(max(0.0, due_s - time.monotonic()))
        due_s += 1.0
        at = utc_now()
        values = np.linspace(10.0, 30.0, points) + 0.1 * (second % 50)
        reading = Reading(keys, values, good, none, observed_at=at, origin=Origin.SIMULATED)
        tick += 1
        began_ns = time.monotonic_ns()
        record([reading], ids=ids, writer=_WRITER, tick=tick, now=at)
        print(to_ms(at), began_ns, flush=True)


if __name__ == "__main__":
    what, first, second_ = sys.argv[1:]
    if what == "sessions":
        print("\n".join(make_sessions(int(first), int(second_))))
    else:
        write(int(first), int(second_))
