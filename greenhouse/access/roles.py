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


class Action(StrEnum):
    """What a person may do beyond signing in and looking after the own account."""

    LOOK = "look"
    """See the pages of the base and follow them live."""
    SUBMIT_SETPOINT = "submit_setpoint"
    """Ask for a change of a setpoint or mode; start and stop an irrigation run."""
    HOLD = "hold"
    """Take a point into manual hold, and give it back."""
    EDIT_PROGRAM = "edit_program"
    """Change climate and irrigation programs, and switch them on and off."""
    APPROVE = "approve"
    """Be the second person of a change that needs two."""
    ACKNOWLEDGE_ALARM = "acknowledge_alarm"
    """Say that an alarm was seen."""
    DECIDE_MISSED_RUN = "decide_missed_run"
    """Say what becomes of a scheduled run that was missed."""
    ANNOTATE = "annotate"
    """Note something beside the curves; change and delete one's own notes."""
    REVISE_ANNOTATION = "revise_annotation"
    """Change and delete what somebody else noted."""
    RECORD_HARVEST = "record_harvest"
    """Enter what was harvested, and correct it."""
    PLAN_CROPS = "plan_crops"
    """Say what was planted where and cleared when, and add cultivars."""
    CHANGE_ALARMS = "change_alarms"
    """Change limits, delays and priorities of alarms."""
    MANAGE_PEOPLE = "manage_people"
    """Make logins and give roles, up to what the own role looks after."""
    CONFIGURE = "configure"
    """Change the base file: houses, lines, devices, points."""
    ADMINISTER = "administer"
    """See the records behind the pages."""
    PROBE = "probe"
    """Read raw registers of a device."""
    SEE_TRUTHS = "see_truths"
    """See what is true in a simulated base beside what its instruments say."""


_NAMES: Mapping[str, Promise] = {
    Role.VIEWER: pgettext_lazy("role", "viewer"),
    Role.EDUCATOR: pgettext_lazy("role", "educator"),
    Role.COMMISSIONER: pgettext_lazy("role", "tech commissioner"),
    Role.TECHNICIAN: pgettext_lazy("role", "technician"),
    Role.SUPERVISOR: pgettext_lazy("role", "supervisor"),
    Role.ENGINEER: pgettext_lazy("role", "engineer"),
}

_LOOKS = frozenset({Action.LOOK})
_NOTES = _LOOKS | {Action.ANNOTATE}
_OPERATES = _NOTES | {
    Action.SUBMIT_SETPOINT,
    Action.HOLD,
    Action.ACKNOWLEDGE_ALARM,
    Action.RECORD_HARVEST,
    Action.PLAN_CROPS,
    Action.EDIT_PROGRAM,
}
_LEADS = _OPERATES | {
    Action.APPROVE,
    Action.DECIDE_MISSED_RUN,
    Action.REVISE_ANNOTATION,
    Action.CHANGE_ALARMS,
    Action.MANAGE_PEOPLE,
}
_BUILDS = _LEADS | {Action.CONFIGURE, Action.ADMINISTER, Action.PROBE, Action.SEE_TRUTHS}

ACTIONS_OF: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: _LOOKS,
    Role.EDUCATOR: _LOOKS,
    Role.COMMISSIONER: _NOTES,
    Role.TECHNICIAN: _OPERATES,
    Role.SUPERVISOR: _LEADS,
    Role.ENGINEER: _BUILDS,
}


def role_name(role: str) -> str:
    """Name of a role in the reader's language; of anything else, the same again."""
    return str(_NAMES.get(role, role))


def name_of(user: User) -> str:
    """Name of a person as others see it; a login called as a role has that role's name in the reader's language."""
    return user.get_full_name() or role_name(user.get_username())


def ensure_roles(using: str = DEFAULT_DB_ALIAS, **_signal: object) -> None:
    """Make the groups and give them exactly their rights. Runs after every ``migrate``."""
    if not router.allow_migrate_model(using, Group):
        return
    permissions = Permission.objects.using(using).filter(content_type__app_label="access")
    for role, actions in ACTIONS_OF.items():
        group, _created = Group.objects.using(using).get_or_create(name=role.value)
        group.permissions.set(permissions.filter(codename__in=actions))


def role_of(user: User | AnonymousUser) -> Role | None:
    """The role with the most rights that a person has; None outside all of them. A superuser acts as an engineer."""
    if user.is_superuser:
        return Role.ENGINEER
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in reversed(Role) if role.value in names), None)


def rights_of(user: User) -> frozenset[Action]:
    """All that a person may, by any group or by themselves, or might again if the login were opened."""
    if user.is_superuser:
        return frozenset(Action)
    given = Permission.objects.filter(Q(group__user=user) | Q(user=user), content_type__app_label="access")
    known = {action.value for action in Action}
    return frozenset(Action(name) for name in given.values_list("codename", flat=True) if name in known)


def may(user: User | AnonymousUser, action: Action) -> bool:
    """Whether a person may do something, now. Nobody who is not signed in, or no longer active, may."""
    return user.is_active and user.has_perm(f"access.{action}")
