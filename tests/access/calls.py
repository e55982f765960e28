"""How each row of docs/roles.md is called, and what an answer means.

A new page needs no line here, unless its address has parts or its form must hold something: then one line in `CALLS`,
with a function that stages what it needs and returns the parts of the address and the form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from greenhouse.access.roles import Role
from greenhouse.commands.submit import submit_setpoint
from tests.console.conftest import ONLINE, SETPOINT, Shelf

PASSWORD = "for tests only"
NEW_PASSWORD = "Blanket up at sunrise 7"
ANONYMOUS, NO_ROLE = "anonymous", "no role"


@dataclass(frozen=True)
class Call:
    """One request: the parts of its address, and its form."""

    parts: Mapping[str, object] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)


def someone(column: str) -> User | None:
    """The person of a column: of a role, without one, or nobody."""
    if column == ANONYMOUS:
        return None
    user = User.objects.create_user(f"a {column}", password=PASSWORD)
    if column != NO_ROLE:
        user.groups.add(Group.objects.get(name=column))
    return user


def sent(method: str, page: str, shelf: Shelf, client: Client) -> HttpResponse:
    """The answer to a row's request."""
    call = CALLS.get(f"{method} {page}", CALLS.get(page, lambda _shelf: Call()))(shelf)
    address = reverse(f"console:{page}", kwargs=call.parts)
    return client.post(address, call.form) if method == "POST" else client.get(address)


def is_allowed(response: HttpResponse) -> bool:
    """Whether an answer is what was asked for (True) or a refusal (False); anything else is a fault of the test."""
    to_the_login = response.status_code == 302 and response["Location"].startswith("/login?next=")
    if to_the_login or response.status_code in {401, 403}:
        return False
    assert response.status_code < 400, f"neither taken nor refused: {response.status_code}"
    return True


def a_setpoint(shelf: Shelf) -> Call:
    """A controller that takes a request, and the form of one."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    return Call({"key": SETPOINT}, {"value": "16.5", "seen_value": "16", "step": "apply"})


def a_request(shelf: Shelf) -> Call:
    """A request of a colleague that is on its way."""
    shelf.put({**ONLINE, SETPOINT: 16.0})
    colleague = User.objects.create_user("colleague")
    colleague.groups.add(Group.objects.get(name=Role.TECHNICIAN))
    request = submit_setpoint(SETPOINT, 17.0, by=colleague, seen_value=16.0, seen_at=None, now=timezone.now())
    return Call({"key": SETPOINT, "request_id": request.pk})


def a_login(_shelf: Shelf) -> Call:
    """The name and password of somebody."""
    User.objects.create_user("somebody", password=PASSWORD)
    return Call(form={"username": "somebody", "password": PASSWORD})


CHANGE = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}

CALLS: Mapping[str, Callable[[Shelf], Call]] = {
    "setpoint": a_setpoint,
    "setpoint_changes": a_setpoint,
    "tracking": a_request,
    "POST login": a_login,
    "POST change_password": lambda _shelf: Call(form=CHANGE),
    "POST theme": lambda _shelf: Call(form={"theme": "night"}),
    "POST language": lambda _shelf: Call(form={"language": "en"}),
}
