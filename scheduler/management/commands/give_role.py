"""Give a person a role: ``manage.py give_role li technician``. A person without a login gets one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from greenhouse.access import sign_in_audit
from greenhouse.access.passwords import new_password
from greenhouse.access.roles import Role
from greenhouse.clock import machine_utc_now

NO_ROLE = "none"


class Command(BaseCommand):
    help = "Give a person one role in place of any other; makes the login if there is none, with a generated password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="user name")
        parser.add_argument("role", choices=[*Role, NO_ROLE])

    @transaction.atomic
    def handle(self, *_args: Any, name: str, role: str, **_options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            user = self._make(name)
        if role != Role.ENGINEER and user.is_superuser:
            user.is_superuser = False
            user.save(update_fields=["is_superuser"])
        user.groups.remove(*Group.objects.filter(name__in=list(Role)))
        if role != NO_ROLE:
            user.groups.add(Group.objects.get(name=role))
        sign_in_audit.role_given(user, role, now=machine_utc_now())
        self.stdout.write(f"{name} has no role any more." if role == NO_ROLE else f"{name} is {role} now.")

    def _make(self, name: str) -> User:
        try:
            UnicodeUsernameValidator()(name)
        except ValidationError as error:
            raise CommandError(f"{name}: {error.messages[0]}") from error
        password = new_password()
        self.stdout.write(f"New login {name}, password {password} (shown only now; to be changed under “My account”)")
        return User.objects.create_user(name, password=password)
