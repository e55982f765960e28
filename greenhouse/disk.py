"""Files that must outlive a power cut, and the room there is for them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until the content of a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """The same for a folder with all its files."""
    for path in folder.iterdir():
        sync(path)
    sync(folder)


def free_bytes(folder: Path) -> int:
    """Room that is left on the disk of a folder. [bytes]"""
    return shutil.disk_usage(folder).free
