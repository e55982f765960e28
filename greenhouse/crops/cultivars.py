"""Cultivars: those that come with the system, and those that people add."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from greenhouse.access.errors import NotAllowed
from greenhouse.access.roles import Action, may
from greenhouse.crops.catalog import Cultivar, crops, shipped_cultivars
from greenhouse.crops.errors import NameRefused, NameTaken, UnknownCrop
from greenhouse.crops.models import LONGEST_SOURCE, NAME_LENGTH, AddedCultivar
from greenhouse.ledger import chain
from greenhouse.site.keys import KEY_LENGTH

_NUMBER_ROOM = 6


def all_cultivars() -> Mapping[str, Cultivar]:
    """Every cultivar by key: those of the system first, then those of the base by their Chinese name."""
    added = AddedCultivar.objects.order_by("name_zh")
    return dict(shipped_cultivars()) | {
        row.key: Cultivar(key=row.key, crop=row.crop, zh=row.name_zh, en=row.name_en, source=row.source)
        for row in added
    }


def cultivar_of(known: Mapping[str, Cultivar], key: str, crop: str) -> Cultivar:
    """The cultivar of a key; of one that is not known any more, the key itself as its name."""
    return known.get(key) or Cultivar(key=key, crop=crop, zh=key, en=key, source="")


def add(
    crop: str, *, name_zh: str, name_en: str, source: str, by: User | AnonymousUser, now: datetime
) -> AddedCultivar:
    """Add a cultivar. An English name that is left out is the Chinese one.

    Raises
    ------
    NotAllowed, UnknownCrop, NameRefused, NameTaken
        Nothing was stored.
    """
    if not isinstance(by, User) or not may(by, Action.PLAN_CROPS):
        raise NotAllowed
    if crop not in crops():
        raise UnknownCrop
    zh = _line(name_zh, NAME_LENGTH)
    en = _line(name_en, NAME_LENGTH) or zh
    if not zh:
        raise NameRefused
    told = _line(source, LONGEST_SOURCE)
    known = all_cultivars()
    for other in known.values():
        if other.crop == crop and {zh.casefold(), en.casefold()} & {other.zh.casefold(), other.en.casefold()}:
            raise NameTaken
    row = AddedCultivar(
        key=_free_key(en, known), crop=crop, name_zh=zh, name_en=en, source=told, added_by=by, added_at=now
    )
    payload: dict[str, str | int | None] = {"event": "cultivar_added", "cultivar": row.key, "crop": crop, "user": by.pk}
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            chain.append_or_report([(chain.Kind.CROP, payload)], now=now)
    except IntegrityError as error:  # two at the same moment
        raise NameTaken from error
    return row


def _line(text: str, longest: int) -> str:
    """One line without control characters."""
    cleaned = "".join(sign for sign in text if unicodedata.category(sign) != "Cc").strip()
    if len(cleaned) > longest:
        raise NameRefused
    return cleaned


def _free_key(name: str, known: Mapping[str, Cultivar]) -> str:
    stem = slugify(name)[: KEY_LENGTH - _NUMBER_ROOM] or "cultivar"
    key, number = stem, 1
    while key in known:
        number += 1
        key = f"{stem}-{number}"
    return key
