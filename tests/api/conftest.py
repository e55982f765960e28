from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from greenhouse.access import rates, tokens
from greenhouse.access.roles import Role
from greenhouse.access.tokens import Scope
from greenhouse.api import health_views
from tests.console.conftest import person, shelf, technician

__all__ = ["person", "shelf", "technician"]


@pytest.fixture(autouse=True)
def _nothing_is_remembered(settings) -> Iterator[None]:
    """What the process keeps in memory belongs to another test's database."""
    rates.allowances.forget()
    health_views.asked_readiness.forget()
    settings.API_STRANGERS_CALLS_PER_MINUTE = settings.API_CALLS_PER_MINUTE
    yield
    rates.allowances.forget()


def token_of(user: User, *scopes: Scope, name: str = "bridge", lasts: timedelta = timedelta(days=30)) -> str:
    """A new token's secret."""
    return tokens.make(user, name, scopes=scopes or tuple(Scope), lasts=lasts, now=timezone.now())[1]


@dataclass
class Program:
    """A program that calls with a token, in English unless it says otherwise."""

    secret: str
    language: str = "en"

    def get(self, address: str, **headers: str) -> HttpResponse:
        return Client().get(f"/api/v1{address}", headers=self._headers(headers))

    def post(self, address: str, body: object = None, **headers: str) -> HttpResponse:
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        return Client().post(
            f"/api/v1{address}", content, content_type="application/json", headers=self._headers(headers)
        )

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", "Accept-Language": self.language} | {
            name.replace("_", "-"): value for name, value in more.items()
        }


def problem(response: HttpResponse, status: int, kind: str) -> dict[str, Any]:
    """The problem of an answer, which must be this one."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), response.content
    body: dict[str, Any] = response.json()
    assert (body["type"], body["status"]) == (f"/api/v1/docs#problem-{kind}", status), body
    assert all((body["title"], body["detail"]))
    return body


@pytest.fixture
def program(person) -> Callable[..., Program]:
    """Makes a program that acts for a person of a role."""

    def make(role: Role = Role.ENGINEER, *scopes: Scope) -> Program:
        return Program(token_of(person(role), *scopes))

    return make
