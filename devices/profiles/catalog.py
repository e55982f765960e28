"""The profiles that ship with the library, found by key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from devices.errors import ProfileError
from devices.profiles.fields import near_matches
from devices.profiles.loader import load_profile
from devices.profiles.schema import DeviceProfile

SHIPPED_DIRECTORY = Path(__file__).parent / "data"


@cache
def load_shipped() -> Mapping[str, DeviceProfile]:
    """All shipped profiles by key, read once.

    Raises
    ------
    ProfileError
        For the first file with faults. A shipped file without faults is a matter of the tests, not of a site.
    """
    profiles: dict[str, DeviceProfile] = {}
    for path in sorted(SHIPPED_DIRECTORY.glob("*.toml")):
        profile = load_profile(path)
        if profile.key != path.stem:
            raise ProfileError(path.name, [f'[device]: key "{profile.key}" must be the name of its file'])
        profiles[profile.key] = profile
    return MappingProxyType(profiles)


def shipped_profile(key: str) -> DeviceProfile:
    """The shipped profile with this key.

    Raises
    ------
    ProfileError
        If there is none; the sentence lists near matches.
    """
    profiles = load_shipped()
    if key not in profiles:
        hint = near_matches(key, profiles) or f"; known: {', '.join(profiles)}"
        raise ProfileError(key, [f'there is no profile "{key}"{hint}'])
    return profiles[key]
