"""The two stores that can be copied and put back, behind the same functions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.db import connection

from scheduler.backup import postgresql, sqlite
from scheduler.backup.manifest import Facts


class Engine(Protocol):
    """What `sqlite` and `postgresql` can do; their docstrings say more."""

    NAME: str
    FILES: Mapping[str, str]

    def version(self) -> str:
        """Version of the database software."""
        ...

    def size_bytes(self) -> int:
        """Room that a copy needs at most. [bytes]"""
        ...

    def copy_into(self, folder: Path) -> Facts:
        """Copy the store into a folder, while others write it."""
        ...

    def facts_of(self, folder: Path) -> Facts:
        """What a copy holds, read from the copy itself."""
        ...

    def present_base(self) -> str | None:
        """Key of the base in the store that is in place."""
        ...

    def sessions(self) -> int:
        """How many other programs are known to use the store."""
        ...

    def staged(self, folder: Path, *, now: datetime) -> AbstractContextManager[Mapping[str, str]]:
        """A store made of a backup, beside the present one: its file or database by alias."""
        ...

    def put_in_place(self, staged: Mapping[str, str], *, now: datetime) -> str:
        """Exchange the present store for the staged one. Returns where the former one is."""
        ...

    def require_whole_store(self) -> None:
        """Do nothing unless an exchange was interrupted."""
        ...


_ENGINES: dict[str, Engine] = {sqlite.NAME: sqlite, postgresql.NAME: postgresql}


def present_engine() -> Engine:
    """That of the store which this installation uses."""
    return _ENGINES[connection.vendor]


def engine_called(name: str) -> Engine | None:
    """That of a manifest; None if there is no such."""
    return _ENGINES.get(name)
