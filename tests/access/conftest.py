from __future__ import annotations

from tests.console.conftest import shelf

__all__ = ["shelf"]
