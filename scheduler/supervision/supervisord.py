"""supervisord with quicker looks: ``python -m scheduler.supervision.supervisord --configuration <file>``.

supervisord looks at its processes at least once a second, and needs two looks from a death to a restart; with bad luck
that is a little over the 2 s in which a dead process shall be back. Five looks a second cost nothing that can be
measured.
"""

from __future__ import annotations

from supervisor import poller, supervisord

LOOK_EVERY_S = 0.2


class QuickPoller(poller.Poller):  # type: ignore[misc]  # supervisor publishes no types
    """The poller that supervisord would take, which never sleeps longer than `LOOK_EVERY_S`."""

    def poll(self, timeout: float) -> tuple[list[int], list[int]]:
        """Descriptors that may be read and written, after ``timeout`` at the latest. [s]"""
        ready: tuple[list[int], list[int]] = super().poll(min(timeout, LOOK_EVERY_S))
        return ready


def main() -> None:
    """Run supervisord with the arguments of the command line."""
    poller.Poller = QuickPoller  # supervisord has no option for it; the lock pins the minor version
    supervisord.main()


if __name__ == "__main__":
    main()
