"""A good profile, and the faults it has once something in it is changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from devices.errors import ProfileError
from devices.profiles.loader import parse_profile

DEMO_PROFILE = Path(__file__).with_name("demo_profile.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def demo_profile() -> str:
    """Text of a profile that has no fault."""
    return DEMO_PROFILE


@pytest.fixture(scope="session")
def faults_of() -> Callable[[str], tuple[str, ...]]:
    """Faults of a text."""

    def told(text: str) -> tuple[str, ...]:
        try:
            parse_profile(text, file="demo.toml")
        except ProfileError as error:
            return error.faults
        return ()

    return told


@pytest.fixture(scope="session")
def faults_after(faults_of) -> Callable[[str, str], tuple[str, ...]]:
    """Faults of the demo profile with its first ``old`` replaced, or with more at its end when ``old`` is empty."""

    def told(old: str, new: str) -> tuple[str, ...]:
        assert old in DEMO_PROFILE
        return faults_of(DEMO_PROFILE.replace(old, new, 1) if old else DEMO_PROFILE + new)

    return told
