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
    """All shipped profiles by key, read once."""
    return load_directory(SHIPPED_DIRECTORY)


def load_directory(directory: Path) -> Mapping[str, DeviceProfile]:
    """The profiles of a folder by key. A file is named after its key.

    Raises
    ------
    ProfileError
        With every fault of every file.
    """
    profiles: dict[str, DeviceProfile] = {}
    faults: list[str] = []
    for path in sorted(directory.glob("*.toml")):
        try:
            profile = load_profile(path)
        except ProfileError as error:
            faults.extend(f"{error.file}: {fault}" for fault in error.faults)
            continue
        if profile.key != path.stem:
            faults.append(f'{path.name}: [device]: key "{profile.key}" must be the name of its file, "{path.stem}"')
        profiles[profile.key] = profile
    if faults:
        raise ProfileError(directory.name, faults)
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
