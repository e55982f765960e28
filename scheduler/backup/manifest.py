"""What a backup says about itself: ``manifest.json`` in its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.utils.translation import gettext as _

from scheduler.backup.errors import NotSound

FORM = 1
MANIFEST = "manifest.json"
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Size and SHA-256 of a file. [bytes]"""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be read in the copied store itself, so a manifest that says something else is found out.

    Attributes
    ----------
    base : str or None
        Key of the base; None if none was loaded.
    migrations : tuple of str
        Applied ones as ``app.name``, sorted.
    ledger_number, ledger_hash : optional
        The ledger's head; None in a store from before the ledger, or before its first entry.
    """

    base: str | None
    migrations: tuple[str, ...]
    ledger_number: int | None = None
    ledger_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that a restore has to know before it touches the store.

    Attributes
    ----------
    made_at : datetime
        Aware UTC; the copied state is of this moment or a little later.
    engine, engine_version : str
        ``sqlite`` or ``postgresql``, and which.
    software : str
        Version of this system.
    facts : Facts
        About the copied store.
    files : mapping of StoredFile
        By name, the manifest itself left out.
    """

    made_at: datetime
    engine: str
    engine_version: str
    software: str
    facts: Facts
    files: Mapping[str, StoredFile]

    def write(self, folder: Path) -> None:
        """Put it into the folder of its backup."""
        content = {"form": FORM, **asdict(self), "made_at": self.made_at.isoformat()}
        (folder / MANIFEST).write_text(json.dumps(content, indent=1, sort_keys=True), encoding="ascii")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises
    ------
    NotSound
        If there is none, or it does not say what it has to.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="ascii"))
        if content["form"] != FORM:
            raise NotSound(
                _("%(folder)s: the manifest has form %(form)s, which this version does not know.")
                % {"folder": folder, "form": content["form"]}
            )
        facts = content["facts"]
        return Manifest(
            made_at=datetime.fromisoformat(content["made_at"]).astimezone(UTC),
            engine=str(content["engine"]),
            engine_version=str(content["engine_version"]),
            software=str(content["software"]),
            facts=Facts(facts["base"], tuple(facts["migrations"]), facts["ledger_number"], facts["ledger_hash"]),
            files={name: StoredFile(int(file["size"]), str(file["sha256"])) for name, file in content["files"].items()},
        )
    except OSError as error:
        raise NotSound(_("%(folder)s is no backup: it has no manifest.") % {"folder": folder}) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotSound(_("%(folder)s: the manifest cannot be read.") % {"folder": folder}) from error


def stored_file(path: Path) -> StoredFile:
    """Size and sum of a file as it lies on the disk."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return StoredFile(size, digest.hexdigest())
