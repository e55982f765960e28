"""The site's alarm file: what a base wants otherwise than shipped. It stands beside the base file."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from django.db import transaction

from greenhouse.alarms.definitions import Override
from greenhouse.alarms.errors import DefinitionsError
from greenhouse.alarms.loader import parse_overrides
from greenhouse.alarms.models import SiteAlarms
from greenhouse.ledger import chain
from greenhouse.site.basefile.importer import begin_change

logger = logging.getLogger(__name__)

_SUFFIX = ".alarms.toml"


def beside(base_file: Path) -> Path:
    """Where the alarm file of a base file stands, if it has one: ``kangbashi.alarms.toml``."""
    return base_file.with_name(base_file.stem + _SUFFIX)


def read(path: Path, *, compartments: Collection[str]) -> str:
    """The checked text of an alarm file; empty if there is none.

    Raises
    ------
    DefinitionsError
        With every fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise DefinitionsError(path.name, [f"the file cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise DefinitionsError(path.name, [f"the file is not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    parse_overrides(text, file=path.name, compartments=compartments)
    return text


def store(text: str, *, now: datetime) -> bool:
    """Keep the checked text, and put its digest into the ledger. False if it was kept already.

    A part of loading the base (`import_base`), which tells the control process when all of it is there.
    """
    kept = SiteAlarms.objects.filter(pk=1).values_list("text", flat=True).first()
    if (kept or "") == text:
        return False
    with transaction.atomic():
        begin_change()
        SiteAlarms.objects.update_or_create(pk=1, defaults={"text": text})
        chain.append(chain.Kind.BASE_LOADED, {"alarms": hashlib.sha256(text.encode()).hexdigest()}, now=now)
    return True


def stored_overrides(*, compartments: Collection[str]) -> tuple[Override, ...]:
    """What the site wants. A text that no longer fits the program or the base is left aside as a whole, and told."""
    text = SiteAlarms.objects.filter(pk=1).values_list("text", flat=True).first() or ""
    try:
        return parse_overrides(text, file="stored alarm file", compartments=compartments)
    except DefinitionsError as error:
        for fault in error.faults:
            logger.error("the site's alarm file is not used, alarms are as shipped: %s", fault)
        return ()
