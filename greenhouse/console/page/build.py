"""Which build of the console this process runs, so that an open page can tell when it is an old one."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

_CONSOLE = Path(__file__).resolve().parent
_SUFFIXES = frozenset({".py", ".html", ".js", ".css", ".svg"})


@cache
def build_id() -> str:
    """Hash of everything that pages are made from, as it was when this process first asked."""
    digest = hashlib.sha256()
    parts = (path for path in _CONSOLE.rglob("*") if path.suffix in _SUFFIXES)
    catalogs = (path for folder in settings.LOCALE_PATHS for path in Path(folder).rglob("*.po"))
    for path in sorted([*parts, *catalogs]):
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def page_version(revision: UUID | None) -> str:
    """Version of a page: another one after an update of this program, and after the base was changed."""
    return f"{build_id()}.{'' if revision is None else revision.hex[:12]}"
