"""The stored base file: which version is in force, and the one way to another.

The store wins over the file on disk. A file on disk comes in by ``load_base`` alone, and only while nobody has changed
the stored one after the file was last loaded (ADR 21).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from devices.errors import FaultyFile
from greenhouse.alarms import site_file
from greenhouse.configuration.errors import (
    Conflict,
    Disputed,
    NoReason,
    NothingToChange,
    Unfinished,
)
from greenhouse.configuration.models import LONGEST_REASON, Origin, Standing, Version
from greenhouse.configuration.source import Checked, Source, check, read_disk
from greenhouse.ledger import chain
from greenhouse.site.basefile.importer import Change, import_base

Changes: TypeAlias = Mapping[str, Change]
"""What an import did, by kind of entry."""


class DiskStanding(StrEnum):
    """How the file on disk stands to the newest stored version."""

    SAME = "same"
    STORE_IS_NEWER = "store_is_newer"
    """Changed on a page after the file was loaded; the file has not been touched."""
    FILE_IS_NEWER = "file_is_newer"
    """The file was changed; ``load_base`` would take it."""
    DISPUTED = "disputed"
    """Both."""
    UNREADABLE = "unreadable"
    """No such file on this machine, or a faulty one."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes the configuration, and why. ``person`` is None for the command line."""

    person: User | None
    reason: str


def newest() -> Version | None:
    """The newest version; None before the first one."""
    return Version.objects.select_related("author").first()


def applied() -> int:
    """Number of the version that the base's tables follow; 0 before the first one."""
    return Standing.objects.filter(pk=Standing.ONLY).values_list("applied", flat=True).first() or 0


def source_of(version: Version | None) -> Source:
    """The texts of a version; empty before the first one."""
    if version is None:
        return Source("")
    return Source(version.base_text, version.alarms_text, version.profile_texts)


def apply(
    source: Source,
    author: Author,
    *,
    seen: int,
    now: datetime,
    origin: Origin = Origin.PAGE,
    returned_to: int | None = None,
) -> Version:
    """Store a source as the next version and make the base what it says.

    Parameters
    ----------
    seen : int
        Number of the version that the author changed; 0 for the first one.

    Raises
    ------
    FaultySource, NoReason, NothingToChange, Conflict, Unfinished
        Nothing was stored.
    """
    checked = check(source)
    reason = author.reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise NoReason
    version = _claimed(
        source, Author(author.person, reason), seen=seen, now=now, origin=origin, returned_to=returned_to
    )
    _carry_out(version, checked, now=now)
    return version


def _claimed(
    source: Source, author: Author, *, seen: int, now: datetime, origin: Origin, returned_to: int | None
) -> Version:
    before = newest()
    number = 0 if before is None else before.number
    if number != seen:
        raise Conflict(number)
    if before is not None and before.digest == source.digest:
        raise NothingToChange
    if applied() != number:
        raise Unfinished(number)
    version = Version(
        number=seen + 1,
        base_text=source.base,
        alarms_text=source.alarms,
        profile_texts=dict(source.profiles),
        digest=source.digest,
        origin=origin.value,
        returned_to=returned_to,
        author=author.person,
        reason=author.reason,
        reason_salt=chain.new_salt(),
        at=now,
    )
    try:
        with transaction.atomic():
            version.save(force_insert=True)
            chain.append(chain.Kind.BASE_LOADED, _recorded(version), now=now)
    except IntegrityError as error:  # two at the same moment: the number is given once
        raise Conflict(seen + 1) from error
    return version


def _recorded(version: Version) -> chain.Payload:
    return {
        "version": version.number,
        "digest": version.digest,
        "origin": version.origin,
        "returned_to": version.returned_to,
        "by": version.author_id,
        "reason": chain.text_digest(version.reason, salt=version.reason_salt),
    }


def finish(*, now: datetime) -> Changes:
    """Make the base what the newest version says. Completes an import that was cut off; otherwise changes nothing.

    Returns
    -------
    mapping
        By kind of entry; empty before the first version.

    Raises
    ------
    FaultySource
        If the program has learned since to refuse what it once took.
    """
    version = newest()
    return {} if version is None else _carry_out(version, check(source_of(version)), now=now)


def _carry_out(version: Version, checked: Checked, *, now: datetime) -> Changes:
    changes = import_base(checked.base, now=now, also=lambda: site_file.store(checked.source.alarms, now=now))
    Standing.objects.update_or_create(pk=Standing.ONLY, defaults={"applied": version.number})
    return changes


def load_disk(path: Path, *, now: datetime, file_wins: bool = False) -> Changes:
    """Take the file on disk, unless the store has been changed since it was last taken.

    Parameters
    ----------
    file_wins : bool
        Take it in any case.

    Raises
    ------
    BaseFileError, DefinitionsError, FaultySource
        The file is wrong. Nothing was stored.
    Disputed
        Both were changed. Nothing was stored.
    """
    disk, version = read_disk(path), newest()
    standing = _standing(disk, version)
    if standing is DiskStanding.DISPUTED and not file_wins:
        raise Disputed
    is_taken = standing is DiskStanding.FILE_IS_NEWER or (file_wins and standing is not DiskStanding.SAME)
    if not is_taken:
        return finish(now=now)
    if version is not None and applied() != version.number:
        finish(now=now)
    checked, seen = check(disk), 0 if version is None else version.number
    author = Author(None, f"load_base {path.name}"[:LONGEST_REASON])
    taken = _claimed(disk, author, seen=seen, now=now, origin=Origin.FILE, returned_to=None)
    return _carry_out(taken, checked, now=now)


def disk_standing(path: Path) -> tuple[DiskStanding, Source | None]:
    """How the file on disk stands to the store, and what it says; None where it cannot be read."""
    try:
        disk = read_disk(path)
    except FaultyFile:
        return DiskStanding.UNREADABLE, None
    return _standing(disk, newest()), disk


def _standing(disk: Source, version: Version | None) -> DiskStanding:
    if version is None:
        return DiskStanding.FILE_IS_NEWER
    if disk.digest == version.digest:
        return DiskStanding.SAME
    if version.origin == Origin.FILE:
        return DiskStanding.FILE_IS_NEWER
    taken = Version.objects.filter(origin=Origin.FILE).values_list("digest", flat=True).first()
    return DiskStanding.STORE_IS_NEWER if taken == disk.digest else DiskStanding.DISPUTED
