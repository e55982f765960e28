"""People of the base: who has a login, with which role, and since when nobody saw them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from greenhouse.access import people
from greenhouse.access.errors import LastEngineer, NameRefused, NameTaken, NotAllowed, OwnAccount
from greenhouse.access.models import OneTimePassword, Seen, SignInFailures
from greenhouse.access.roles import Action, Role, name_of, role_name, role_of
from greenhouse.access.sessions import open_sessions
from greenhouse.access.throttle import account_digest
from greenhouse.clock import machine_moment_now, machine_utc_now
from greenhouse.console.setup.pages import frame, require, rights
from greenhouse.site import structure

_METHODS = require_http_methods(["GET", "HEAD", "POST"])
NO_ROLE = "none"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A login as the page shows it."""

    user: User
    role: Role | None
    seen_at: datetime | None
    sessions: int
    waits: bool
    is_new: bool
    may_change: bool

    @property
    def name(self) -> str:
        """As others see it."""
        return name_of(self.user)

    @property
    def role_words(self) -> str:
        """The role in the reader's language."""
        return role_name(self.role or "") or _("none yet")


class NewPersonForm(forms.Form):
    """A login that is to be made."""

    username = forms.CharField(
        label=gettext_lazy("User name"), max_length=people.LONGEST_NAME, validators=[ProhibitNullCharactersValidator()]
    )
    full_name = forms.CharField(
        label=gettext_lazy("Name that others see"),
        max_length=people.LONGEST_NAME,
        required=False,
        validators=[ProhibitNullCharactersValidator()],
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, by: User, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, label_suffix="")
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.value, role_name(role)) for role in Role if people.may_give(by, role)]


@_METHODS
@never_cache
def show_people(request: HttpRequest) -> HttpResponse:
    """Everybody with a login; and the form of one more."""
    by = require(request, Action.MANAGE_PEOPLE)
    form = NewPersonForm(by, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _list(request, by, form, status=422 if request.method == "POST" else 200)
    data = form.cleaned_data
    try:
        made = people.make_login(
            data["username"], full_name=data["full_name"], role=Role(data["role"]), by=by, now=machine_utc_now()
        )
    except NameTaken:
        form.add_error("username", _("There is a login of this name already."))
    except NameRefused:
        form.add_error("username", _("Letters, digits and @ . + - _ only."))
    except NotAllowed as error:
        raise PermissionDenied from error
    else:
        return _one_time_password(request, made.user, made.password)
    return _list(request, by, form, status=422)


@_METHODS
@never_cache
def show_person(request: HttpRequest, number: int) -> HttpResponse:
    """One login, and what may be done to it."""
    by = require(request, Action.MANAGE_PEOPLE)
    user = get_object_or_404(User, pk=number)
    if request.method != "POST":
        return _person(request, by, user)
    try:
        return _change(request, user, by=by, now=machine_utc_now())
    except (OwnAccount, LastEngineer) as error:
        return _person(request, by, user, fault=_in_words(error))
    except NotAllowed as error:
        raise PermissionDenied from error


def _change(request: HttpRequest, user: User, *, by: User, now: datetime) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "password":
        return _one_time_password(request, user, people.give_password(user, by=by, now=now))
    if action == "role":
        wanted = request.POST.get("role", "")
        if wanted not in {NO_ROLE, *Role}:
            return HttpResponseBadRequest()
        people.give_role(user, None if wanted == NO_ROLE else Role(wanted), by=by, now=now)
    else:
        acts: Mapping[str, Callable[..., None]] = {
            "close": people.close_login,
            "open": people.open_login,
            "end_wait": people.end_wait,
            "sign_out": people.sign_out,
        }
        if action not in acts:
            return HttpResponseBadRequest()
        acts[action](user, by=by, now=now)
    return HttpResponseRedirect(f"{reverse('console:setup_person', args=[user.pk])}?done=1")


def _in_words(error: NotAllowed) -> str:
    if isinstance(error, LastEngineer):
        return _("This is the last engineer. Make another one first: somebody has to let the others in.")
    return _("This is your own login. Another person changes it.")


def _page(request: HttpRequest, name: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    """As other pages, but these are there before any base is: somebody has to be let in to load one."""
    base = structure.base()
    with timezone.override(structure.time_zone()):
        return render(request, f"console/setup/{name}.html", {**frame(base), **context}, status=status)


def _list(request: HttpRequest, by: User, form: NewPersonForm, *, status: int) -> HttpResponse:
    users = User.objects.order_by("-is_active", "username")
    context = {**rights(request), "rows": _rows(users, by), "form": form}
    return _page(request, "people", context, status=status)


def _person(request: HttpRequest, by: User, user: User, *, fault: str = "") -> HttpResponse:
    (row,) = _rows([user], by)
    roles = [(role.value, role_name(role)) for role in Role if people.may_give(by, role)]
    context = {
        "row": row,
        "is_own": user.pk == by.pk,
        "roles": [*roles, (NO_ROLE, _("none"))],
        "fault": fault,
        "was_done": request.GET.get("done") == "1",
    }
    return _page(request, "person", context, status=409 if fault else 200)


def _one_time_password(request: HttpRequest, user: User, password: str) -> HttpResponse:
    context = {"person": user, "password": password, "days": people.ONE_TIME_PASSWORD_LASTS.days}
    return _page(request, "password", context)


def _rows(users: Iterable[User], by: User) -> list[PersonRow]:
    now = machine_moment_now()
    seen = dict(Seen.objects.values_list("user_id", "at"))
    new = set(OneTimePassword.objects.values_list("user_id", flat=True))
    sessions = open_sessions(now=now.wall)
    waiting = {row.account for row in SignInFailures.objects.exclude(account="") if row.remaining(now)}
    return [
        PersonRow(
            user=user,
            role=role_of(user),
            seen_at=seen.get(user.pk) or user.last_login,
            sessions=sessions.get(user.pk, 0),
            waits=account_digest(user.get_username()) in waiting,
            is_new=user.pk in new,
            may_change=user.pk != by.pk and people.may_look_after(by, user),
        )
        for user in users
    ]
