"""A lease that several machines share: a row in PostgreSQL, on top of the file lock of each machine.

Whether it is held is decided here, without asking the store: by the time since the last renewal *began*. One loop
renews all leases of this process, apart from all work, so that a slow tick costs no lease. What cannot be renewed
lapses, and comes back with the first renewal that finds its token unchanged.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import DatabaseError, close_old_connections

from devices.errors import LeaseLost
from greenhouse.clock import boot_s
from greenhouse.fencing import UNFENCED, Fence
from scheduler.leases import rows
from scheduler.leases.file_lease import FileLease, FileLeases
from scheduler.leases.lease import LeaseState
from scheduler.leases.rows import RowFence
from scheduler.leases.term import Term
from scheduler.leases.watch import Watch
from scheduler.runtime import Loop

logger = logging.getLogger(__name__)

_GIVE_BACK_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class _Grant:
    """Set and taken away as a whole, so any thread may look at it once."""

    token: int
    valid_until_s: float


class StoredLease:
    """The right of one process of all machines to use one thing. Made by ``StoredLeases``."""

    def __init__(self, file: FileLease, leases: StoredLeases) -> None:
        self.name = file.name
        self.fence: Fence = UNFENCED
        self._file = file
        self._leases = leases
        self._grant: _Grant | None = None
        self._changing = threading.Lock()  # of the grant: the loop extends it, its owner gives it back
        self._holder: str | None = None

    def acquire(self) -> bool:
        """Take the lease if it is free. True if this object holds it afterwards; ask again until it does."""
        if self.held():
            return True
        self.release()
        if not self._file.acquire():
            self._holder = self._file.holder()
            return False
        try:
            return self._take()
        finally:
            if self._grant is None:
                self._file.release()

    def state(self) -> LeaseState:
        """How it stands, by the clock of this machine."""
        grant = self._grant
        if grant is None or not self._file.held():
            return LeaseState.LOST
        return LeaseState.HELD if self._leases.now_s() < grant.valid_until_s else LeaseState.LAPSED

    def held(self) -> bool:
        """Whether this object holds the lease now."""
        return self.state() is LeaseState.HELD

    def require(self) -> None:
        """Do nothing if the lease is held, else raise ``LeaseLost``."""
        if not self.held():
            raise LeaseLost(self.name)

    def holder(self) -> str | None:
        """Who held it when it was looked at last, for a message."""
        return self._holder

    def release(self) -> None:
        """Give the lease back. The row is told by the loop that renews."""
        with self._changing:
            grant, self._grant = self._grant, None
        if grant is not None:
            self._leases.forget(self, grant.token)
        self._file.release()

    def _take(self) -> bool:
        leases, place = self._leases, self._file.place()
        found = rows.look()
        still_s = leases.watch.see(found, self.name, now_s=leases.now_s())
        row = found.get(self.name)
        self._holder = None if row is None else row.holder
        # Who holds the lock of the same place knows that the former holder is dead or has let go.
        is_free = row is not None and (row.holder is None or row.place == place)
        # By the holder's term: two machines may have been given different ones.
        term = leases.term if row is None else Term(row.lasts_s)
        if not is_free and still_s < term.taken_after_s:
            return False
        began_s = leases.now_s()
        token = rows.take(self.name, row, lasts_s=leases.term.lasts_s, holder=leases.holder, place=place)
        if token is None:
            return False
        self.fence = RowFence(self.name, token)
        self._grant = _Grant(token, began_s + leases.term.writes_for_s)
        leases.keep(self)
        logger.info("lease %s taken under token %d", self.name, token)
        return True

    # -- for the loop that renews

    @property
    def token(self) -> int | None:
        """Token under which it is held, or lapsed."""
        grant = self._grant
        return None if grant is None else grant.token

    def extend(self, token: int, *, began_s: float) -> None:
        """A renewal that began then has found the row unchanged."""
        with self._changing:
            grant = self._grant
            if grant is None or grant.token != token:
                return
            self._grant = replace(grant, valid_until_s=began_s + self._leases.term.writes_for_s)
        if began_s >= grant.valid_until_s:
            logger.warning("lease %s is renewed again; nobody has taken it", self.name)

    def lose(self, token: int) -> None:
        """The row has another token, or is gone."""
        with self._changing:
            grant = self._grant
            if grant is None or grant.token != token:
                return
            self._grant = None
        logger.error("lease %s: token %d is not the newest any more", self.name, token)


class StoredLeases:
    """The leases of a machine that shares its store, and the loop that renews those that this process holds.

    Parameters
    ----------
    files : FileLeases
        The locks of this machine.
    term : Term
        How long a lease of this machine lasts.
    now_s : callable
        Clock that counts a suspended time too. [s]
    """

    def __init__(self, files: FileLeases, *, term: Term, now_s: Callable[[], float] = boot_s) -> None:
        self.term, self.now_s = term, now_s
        self.holder = f"process {os.getpid()} on {socket.gethostname()} ({secrets.token_hex(4)})"
        self.watch = Watch()
        self._files = files
        self._kept: set[StoredLease] = set()
        self._to_give_back: dict[str, int] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._loop: Loop | None = None

    def control(self) -> StoredLease:
        """The right to be the control process of the base."""
        return StoredLease(self._files.control(), self)

    def line(self, key: str) -> StoredLease:
        """The right of a process of any machine to open a line."""
        return StoredLease(self._files.line(key), self)

    def maintenance(self) -> StoredLease:
        """The right to run the schedules of maintenance of the base."""
        return StoredLease(self._files.maintenance(), self)

    def close(self) -> None:
        """Tell the store what was given back, and end the loop. Safe to call twice."""
        loop, self._loop = self._loop, None
        if loop is None or not loop.stop(_GIVE_BACK_WITHIN_S):
            return
        close_old_connections()  # this thread may have asked nothing for long: the store may have been restarted
        try:
            self._give_back()
        except DatabaseError as error:
            logger.warning("the leases are not given back, others have to wait for their end: %s", error)

    def keep(self, lease: StoredLease) -> None:
        """Renew a lease from now on."""
        with self._lock:
            self._kept.add(lease)
            if self._loop is None:
                self._loop = Loop("leases", self.term.renewed_every_s, self.renew, on_fatal=_let_lapse, wake=self._wake)
                self._loop.start()

    def forget(self, lease: StoredLease, token: int) -> None:
        """Renew a lease no more, and free its row soon."""
        with self._lock:
            self._kept.discard(lease)
            self._to_give_back[lease.name] = token
        self._wake.set()

    def renew(self) -> None:
        """Renew what is held and free what was given back."""
        with self._lock:
            ours = {lease.name: (lease, token) for lease in self._kept if (token := lease.token) is not None}
        began_s = self.now_s()
        if ours:
            renewed = rows.renew({name: token for name, (_lease, token) in ours.items()})
            for name, (lease, token) in ours.items():
                if name in renewed:
                    lease.extend(token, began_s=began_s)
                else:
                    lease.lose(token)
        self._give_back()

    def _give_back(self) -> None:
        with self._lock:
            given_back = dict(self._to_give_back)
        if given_back:
            rows.give_back(given_back)
            with self._lock:
                for name, token in given_back.items():
                    if self._to_give_back.get(name) == token:
                        del self._to_give_back[name]


def _let_lapse() -> None:
    """A loop that fails for a defect of ours renews nothing: the leases lapse, and no write leaves."""
