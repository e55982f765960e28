"""The six roles of a base and what each may do. The rights are written here; `migrate` brings the groups in line.

A site that needs other rights makes a group of its own beside these.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy


class Role(StrEnum):
    """Groups of people, from the least rights to the most."""

    VIEWER = "viewer"
    EDUCATOR = "educator"
    COMMISSIONER = "commissioner"
    TECHNICIAN = "technician"
    SUPERVISOR = "supervisor"
    ENGINEER = "engineer"


_NAMES: Mapping[str, Promise] = {
    Role.VIEWER: pgettext_lazy("role", "viewer"),
    Role.EDUCATOR: pgettext_lazy("role", "educator"),
    Role.COMMISSIONER: pgettext_lazy("role", "tech commissioner"),
    Role.TECHNICIAN: pgettext_lazy("role", "technician"),
    Role.SUPERVISOR: pgettext_lazy("role", "supervisor"),
    Role.ENGINEER: pgettext_lazy("role", "engineer"),
}


def role_name(role: str) -> str:
    """Name of a role in the reader's language; of anything else, the same again."""
    return str(_NAMES.get(role, role))


SUBMIT = "commands.submit"
"""The right to ask for a change of a setpoint."""

PROBE = "commands.probe"
"""The right to read raw registers of a device."""

_RIGHTS: dict[Role, frozenset[str]] = {
    Role.VIEWER: frozenset(),
    Role.EDUCATOR: frozenset(),
    Role.COMMISSIONER: frozenset(),
    Role.TECHNICIAN: frozenset({SUBMIT}),
    Role.SUPERVISOR: frozenset({SUBMIT}),
    Role.ENGINEER: frozenset({SUBMIT, PROBE}),
}


def ensure_roles(using: str = DEFAULT_DB_ALIAS, **_signal: object) -> None:
    """Make the groups and give them exactly their rights. Runs after every ``migrate``."""
    if not router.allow_migrate_model(using, Group):
        return
    for role, rights in _RIGHTS.items():
        group, _created = Group.objects.using(using).get_or_create(name=role.value)
        group.permissions.set(_permissions(rights, using))


def _permissions(rights: frozenset[str], using: str) -> list[Permission]:
    wanted = Q(pk__in=())
    for right in rights:
        app_label, codename = right.split(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    return list(Permission.objects.using(using).filter(wanted))


def role_of(user: User | AnonymousUser) -> Role | None:
    """The role with the most rights that a person has; None outside all of them. A superuser acts as an engineer."""
    if user.is_superuser:
        return Role.ENGINEER
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in reversed(Role) if role.value in names), None)


def may_submit(user: User | AnonymousUser) -> bool:
    """Whether a person may ask for a change of a setpoint."""
    return user.is_active and user.has_perm(SUBMIT)
