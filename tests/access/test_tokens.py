"""Tokens: only a digest is kept, they do no more than their person, and they end with their person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from greenhouse.access import tokens
from greenhouse.access.models import ApiToken
from greenhouse.access.roles import Role
from greenhouse.access.tokens import Scope
from greenhouse.ledger.models import Entry
from tests.access.calls import someone

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

DAY = timedelta(days=1)


@pytest.fixture
def technician(shelf) -> User:
    return someone(Role.TECHNICIAN)


def made(owner: User, *scopes: Scope, lasts: timedelta = DAY) -> tuple[ApiToken, str]:
    return tokens.make(owner, "bridge", scopes=scopes or (Scope.READ,), lasts=lasts, now=timezone.now())


def test_the_secret_stands_nowhere_in_the_database(technician):
    token, secret = made(technician)
    assert secret.startswith("gh_")
    assert len(secret) == 46
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_apitoken WHERE id = %s", [token.pk])
        row = cursor.fetchone()
    assert not any(secret in str(cell) or secret[12:] in str(cell) for cell in row)
    assert tokens.prove(secret, now=timezone.now()).owner == technician


@pytest.mark.parametrize("wrong", ["", "gh_", "gh_x", "\0", "\ud800", "x" * 100_000])
def test_what_is_no_token_opens_nothing(technician, wrong):
    made(technician)
    with pytest.raises(tokens.UnknownToken):
        tokens.prove(wrong, now=timezone.now())


def test_a_token_ends_by_its_time(technician):
    _token, secret = made(technician, lasts=DAY)
    with pytest.raises(tokens.TokenOver):
        tokens.prove(secret, now=timezone.now() + DAY)


def test_a_revoked_token_opens_nothing_and_can_be_revoked_once(technician):
    token, secret = made(technician)
    assert tokens.revoke(token.pk, by=technician, now=timezone.now())
    assert not tokens.revoke(token.pk, by=technician, now=timezone.now())
    with pytest.raises(tokens.TokenRevoked):
        tokens.prove(secret, now=timezone.now())


def test_nobody_revokes_the_token_of_another(technician):
    token, secret = made(technician)
    assert not tokens.revoke(token.pk, by=someone(Role.ENGINEER), now=timezone.now())
    assert tokens.prove(secret, now=timezone.now()) == token


def test_a_deactivated_persons_tokens_are_gone_for_good(technician):
    _token, secret = made(technician)
    User.objects.filter(pk=technician.pk).update(is_active=False)
    with pytest.raises(tokens.TokenOfNobody):
        tokens.prove(secret, now=timezone.now())
    User.objects.filter(pk=technician.pk).update(is_active=True)
    with pytest.raises(tokens.TokenRevoked):
        tokens.prove(secret, now=timezone.now())
    assert '"event":"token_revoked"' in Entry.objects.last().payload


def test_making_and_revoking_are_in_the_ledger_without_the_secret(technician):
    token, secret = made(technician, Scope.READ, Scope.ALARM)
    tokens.revoke(token.pk, by=technician, now=timezone.now())
    first, second = (entry.payload for entry in Entry.objects.filter(kind="rights").order_by("number"))
    assert '"event":"token_made"' in first
    assert '"scopes":"alarm read"' in first
    assert '"event":"token_revoked"' in second
    assert f'"token":{token.pk}' in first
    assert f'"token":{token.pk}' in second
    assert secret not in first + second
    assert token.hint not in first + second


def test_a_use_is_noted_to_the_minute(technician):
    token, _secret = made(technician)
    now = timezone.now()
    for later_s, noted_s in ((0, 0), (30, 0), (61, 61)):
        tokens.note_use(ApiToken.objects.get(pk=token.pk), now=now + timedelta(seconds=later_s))
        assert ApiToken.objects.get(pk=token.pk).last_used_at == now + timedelta(seconds=noted_s)


@pytest.mark.django_db(transaction=True, databases=["default", "telemetry"])
def test_a_store_that_takes_no_writes_lets_a_token_read(technician):
    def refuse(execute, sql, params, many, context):
        if sql.startswith("UPDATE"):
            raise OperationalError("database or disk is full")
        return execute(sql, params, many, context)

    token, secret = made(technician)
    with connection.execute_wrapper(refuse):
        tokens.note_use(tokens.prove(secret, now=timezone.now()), now=timezone.now())
    assert ApiToken.objects.get(pk=token.pk).last_used_at is None


def test_a_person_has_a_bounded_number_of_live_tokens(technician):
    for _ in range(tokens.MOST_LIVE):
        token, _secret = made(technician)
    with pytest.raises(tokens.TooManyTokens):
        made(technician)
    tokens.revoke(token.pk, by=technician, now=timezone.now())
    made(technician)


# --- the account page -------------------------------------------------------------------------------------------------

FORM = {"name": "bridge", "scopes": ["read", "command"], "days": "90"}


@pytest.fixture
def page(technician) -> Client:
    client = Client()
    client.force_login(technician)
    client.cookies["console_language"] = "en"
    return client


def test_the_page_makes_a_token_and_shows_it_once(page, technician):
    answer = page.post("/account/tokens", FORM)
    token = ApiToken.objects.get()
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert tokens.prove(secret, now=timezone.now()).scopes == ["command", "read"]
    assert token.expires_at - token.created_at == timedelta(days=90)
    again = page.get("/account").content.decode()
    assert secret not in again
    assert token.hint in again


def test_the_page_offers_no_scope_that_its_person_may_not_use(shelf):
    client = Client()
    client.force_login(someone(Role.VIEWER))
    assert [value for value, _name in client.get("/account").context["token_form"].scope_choices] == ["read"]
    assert client.post("/account/tokens", FORM).status_code == 422
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"name": "x" * 61}, {"name": "a\0b"}, {"scopes": []}, {"scopes": ["all"]}, {"days": "7000"}],
)
def test_the_page_refuses_what_is_not_right_and_keeps_what_was_typed(page, change):
    answer = page.post("/account/tokens", FORM | change)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_the_page_escapes_a_name(page):
    html = page.post("/account/tokens", FORM | {"name": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;" in html


def test_the_page_revokes_a_token(page, technician):
    token, secret = made(technician)
    assert page.post(f"/account/tokens/{token.pk}/revoke").status_code == 302
    with pytest.raises(tokens.TokenRevoked):
        tokens.prove(secret, now=timezone.now())
    assert page.post(f"/account/tokens/{2**80}/revoke").status_code == 302
