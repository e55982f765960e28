"""Letting Django work on another store for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connections


@contextmanager
def pointed_at(names: Mapping[str, str]) -> Iterator[None]:
    """Within the block, each alias leads to the file or database of that name. Single-threaded programs only."""
    usual = {alias: connections[alias].settings_dict["NAME"] for alias in names}
    try:
        _point(names)
        yield
    finally:
        _point(usual)


def _point(names: Mapping[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
