"""Secrets that an installation makes for itself on its first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def installation_secret(path: Path, *, length: int = 50) -> str:
    """Secret kept in a file that only its owner may read; made once.

    Several processes may start at the same moment: the file is written aside and then linked into place, so that one
    of them wins and all of them read the same secret.

    Raises
    ------
    ImproperlyConfigured
        If the file is empty or others may read it.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(length))
        try:
            os.link(aside, path)
        except FileExistsError:
            pass  # another process was first; its secret counts
        finally:
            aside.unlink()
    if path.stat().st_mode & 0o077:
        raise ImproperlyConfigured(f"{path} may be read by others; run: chmod 600 {path}")
    secret = path.read_text(encoding="ascii").strip()
    if not secret:
        raise ImproperlyConfigured(f"{path} is empty; delete it and a new secret is made (all sessions end)")
    return secret
