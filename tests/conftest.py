"""What every test may use."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def _folder_of_this_run() -> Iterator[None]:
    """Databases, secrets and beats of a test run live in a folder of their own."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    yield
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)
