"""The canonical form of what is hashed, and the hashes. Pure; written down in ``docs/ledger.md``.

Changing anything here would make every stored entry look altered.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from greenhouse.ledger.errors import PayloadRefused

Payload: TypeAlias = Mapping[str, str | int | float | None]
Json: TypeAlias = "str | int | float | Sequence[Json] | Mapping[str, Json] | None"

GENESIS = "0" * 64
"""What stands for the hash before entry 1."""
FORM = "greenhouse-ledger-1"
"""First line of what is hashed; another form would have another name."""
LONGEST_TEXT = 200
"""Characters of one text of a payload: keys and codes. Anything longer is free text, which enters as a digest only."""
_SHORTEST_SALT = 16


def canonical_json(value: Json) -> str:
    """The one text of a value: ASCII, keys in order of their code points, no blanks, shortest floats.

    Raises
    ------
    PayloadRefused
        If a number is not finite or something is no JSON.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PayloadRefused(f"has no canonical form: {error}") from error


def payload_text(payload: Payload) -> str:
    """Canonical text of the payload of an entry.

    Raises
    ------
    PayloadRefused
        If it is not flat, or a text is longer than ``LONGEST_TEXT``.
    """
    values: Mapping[str, object] = payload  # a caller without types may hand in anything
    for key, value in values.items():
        if not (value is None or isinstance(value, str | int | float)):
            raise PayloadRefused(f"{key!r}: a payload holds texts, numbers and None, not {type(value).__name__}")
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise PayloadRefused(f"{key!r} has {len(value)} characters: free text enters as its digest (text_digest)")
    return canonical_json(payload)


def entry_hash(number: int, at: datetime, kind: str, payload: str, previous_hash: str) -> str:
    """SHA-256 of an entry, as 64 hexadecimal digits.

    Parameters
    ----------
    number : int
        1, 2, 3, ...
    at : datetime
        Aware; hashed as UTC with microseconds.
    kind, payload, previous_hash : str
        As stored.
    """
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return _sha256("\n".join((FORM, str(number), moment, kind, payload, previous_hash)))


def decisions_digest(decisions: Iterable[Mapping[str, Json]]) -> str:
    """Digest of what programs decided in one tick, the same whatever the order of the decisions.

    SHA-256 of their canonical texts, sorted, one per line. Whoever stores the decisions elsewhere can check them
    against the ledger with this function.

    Raises
    ------
    PayloadRefused
        If a decision has no canonical form.
    """
    return _sha256("".join(f"{text}\n" for text in sorted(canonical_json(decision) for decision in decisions)))


def new_salt() -> str:
    """A salt for one text. It is stored beside the text and never enters the ledger."""
    return secrets.token_hex(16)


def text_digest(text: str, *, salt: str) -> str:
    """HMAC-SHA-256 of a free text under its salt, as 64 hexadecimal digits.

    The ledger keeps this instead of the text. With text and salt anybody can show that the text was not changed;
    without the salt not even "too warm" can be guessed, and once both are deleted the digest says nothing.

    Parameters
    ----------
    text : str
        Any length; not normalized.
    salt : str
        From `new_salt`, another one for each text.

    Raises
    ------
    ValueError
        If the salt is so short that it could be guessed.
    """
    if len(salt) < _SHORTEST_SALT:
        raise ValueError(f"a salt of {len(salt)} characters can be guessed; take one from new_salt()")
    return hmac.new(salt.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
