"""What is hashed is written down, and nothing else is: no clock, no order of keys, no locale."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse.ledger.canonical import (
    GENESIS,
    canonical_json,
    decisions_digest,
    entry_hash,
    new_salt,
    payload_text,
    text_digest,
)
from greenhouse.ledger.errors import PayloadRefused

AT = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
values = st.one_of(st.none(), st.text(max_size=50), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
payloads = st.dictionaries(st.text(max_size=20), values, max_size=6)


def test_a_hash_is_what_docs_say_and_sha256sum_computes():
    """Golden: the example of docs/ledger.md, computed there with sha256sum."""
    payload = payload_text({"point": "h1-climate.heating_setpoint", "user": 3, "new": 18.5, "old": None})
    assert payload == '{"new":18.5,"old":null,"point":"h1-climate.heating_setpoint","user":3}'
    expected = "2e54db1f88e1917735b41bec9076078b6e51122938a09601a4a5bcf6973947e1"
    assert entry_hash(1, AT, "command", payload, GENESIS) == expected


def test_the_zone_of_a_time_does_not_matter_but_the_moment_does():
    elsewhere = AT.astimezone(timezone(timedelta(hours=8)))
    assert entry_hash(1, elsewhere, "command", "{}", GENESIS) == entry_hash(1, AT, "command", "{}", GENESIS)
    later = AT + timedelta(microseconds=1)
    assert entry_hash(1, later, "command", "{}", GENESIS) != entry_hash(1, AT, "command", "{}", GENESIS)


@given(payloads)
def test_the_text_of_a_payload_holds_its_values_and_not_their_order(payload):
    text = payload_text(payload)
    assert json.loads(text) == payload
    assert text == payload_text(dict(reversed(payload.items())))
    assert text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", AT])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(PayloadRefused):
        canonical_json({"value": value})


@pytest.mark.parametrize("value", [["a"], {"a": 1}, b"a", AT, "x" * 201])
def test_a_payload_is_flat_and_holds_no_free_text(value):
    with pytest.raises(PayloadRefused, match="value"):
        payload_text({"value": value})


def test_a_digest_of_a_text_is_its_hmac_whatever_its_length():
    salt, text = new_salt(), "夜间太冷。" * 2000  # 10,000 characters
    assert text_digest(text, salt=salt) == hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_the_same_short_reason_has_another_digest_under_each_salt():
    """Or the few usual reasons could be tried one after the other."""
    digests = {text_digest("too warm", salt=new_salt()) for _ in range(50)}
    assert len(digests) == 50


def test_a_salt_that_could_be_guessed_is_refused():
    with pytest.raises(ValueError, match="can be guessed"):
        text_digest("too warm", salt="")


@given(st.lists(payloads, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_a_digest_of_decisions_does_not_depend_on_their_order(decisions, random):
    shuffled = random.sample(decisions, len(decisions))
    assert decisions_digest(shuffled) == decisions_digest(decisions)


@given(st.lists(payloads, min_size=1, max_size=5))
def test_a_digest_of_decisions_tells_each_change(decisions):
    assert decisions_digest([*decisions, {}]) != decisions_digest(decisions)
    assert decisions_digest([*decisions[:-1], {**decisions[-1], "added": 1}]) != decisions_digest(decisions)
