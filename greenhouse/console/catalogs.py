"""The translations: taken out of the sources, kept in ``locale``, compiled without any program outside Python.

English texts are the message ids; Chinese is the translation that must be complete. Pages' scripts carry no texts of
their own (see `greenhouse.console.values.words`), so Python files and templates are all there is to search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parents[2]
SOURCE_FOLDERS = ("config", "greenhouse", "scheduler")
LOCALE = "zh_Hans"

_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "Sentence": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
_BEGAN = datetime(2026, 11, 23, tzinfo=UTC)
"""Dates in the header would change the file at every run and say nothing that the history does not."""

Key = tuple[str, str | None]
"""Message id (the singular one) and context."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something a catalog must not have."""

    message: str
    why: str

    def __str__(self) -> str:
        return f"{self.message!r}: {self.why}"


def catalog_file(project: Path = PROJECT) -> Path:
    """The file that translators edit."""
    return project / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def update(project: Path = PROJECT) -> int:
    """Bring the catalog in line with the sources, keeping every translation. Returns how many still lack one."""
    file = catalog_file(project)
    merged = _merge(project, _read(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    written = BytesIO()
    write_po(written, merged, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    file.write_bytes(written.getvalue())
    return sum(not _is_translated(message) for message in merged if message.id)


def compile_catalog(project: Path = PROJECT) -> bool:
    """Write the compiled catalog if it is missing or older than its source. False: it was current."""
    source = catalog_file(project)
    compiled = source.with_suffix(".mo")
    if compiled.is_file() and compiled.stat().st_mtime >= source.stat().st_mtime:
        return False
    written = BytesIO()
    write_mo(written, _read(source))
    compiled.write_bytes(written.getvalue())
    return True


def faults(project: Path = PROJECT) -> list[Fault]:
    """Everything that is wrong with the catalog: missing, left over, untranslated, uncertain, or wrongly filled in."""
    kept, wanted = _by_key(_read(catalog_file(project))), _by_key(_extracted(project))
    found = [Fault(key[0], "stands in the sources but not in the catalog") for key in wanted.keys() - kept.keys()]
    found += [Fault(key[0], "stands in the catalog but in no source") for key in kept.keys() - wanted.keys()]
    for key, message in kept.items():
        if not _is_translated(message):
            found.append(Fault(key[0], "is not translated"))
        elif message.fuzzy:
            found.append(Fault(key[0], "is marked fuzzy"))
        elif _placeholders(message.id) != _placeholders(message.string or ()):
            found.append(Fault(key[0], "has other placeholders in its translation"))
    return sorted(found, key=str)


def _merge(project: Path, kept: Catalog) -> Catalog:
    merged = Catalog(
        locale=LOCALE,
        domain="django",
        project="kangbashi-greenhouse",
        version="1",
        header_comment="# Chinese texts of the greenhouse management system.",
        creation_date=_BEGAN,
        revision_date=_BEGAN,
        fuzzy=False,
    )
    translated = _by_key(kept)
    for key, message in _by_key(_extracted(project)).items():
        old = translated.get(key)
        merged.add(
            message.id,
            old.string if old else None,
            locations=message.locations,
            flags=old.flags if old else (),
            auto_comments=message.auto_comments,
            context=message.context,
        )
    return merged


def _extracted(project: Path) -> Catalog:
    catalog = Catalog(locale=LOCALE)
    for file in _sources(project):
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".html":
            text = templatize(text, origin=str(file))
        for _line, message_id, comments, context in extract(
            "python", BytesIO(text.encode()), keywords=_KEYWORDS, comment_tags=("Translators:",)
        ):
            location = file.relative_to(project).as_posix()
            catalog.add(message_id, None, locations=[(location, 0)], auto_comments=comments, context=context)
    return catalog


def _sources(project: Path) -> Iterator[Path]:
    for folder in SOURCE_FOLDERS:
        for pattern in ("*.py", "*.html"):
            yield from sorted((project / folder).rglob(pattern))


def _read(file: Path) -> Catalog:
    if not file.is_file():
        return Catalog(locale=LOCALE)
    with file.open("rb") as stream:
        return read_po(stream, locale=LOCALE, domain="django")


def _by_key(catalog: Catalog) -> dict[Key, Message]:
    return {(_first(message.id), message.context): message for message in catalog if message.id}


def _first(text: str | list[str] | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _is_translated(message: Message) -> bool:
    texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return bool(texts) and all(texts)


def _placeholders(text: str | list[str] | tuple[str, ...]) -> set[str]:
    texts = [text] if isinstance(text, str) else text
    return {found for part in texts for found in _PLACEHOLDER.findall(part)}
