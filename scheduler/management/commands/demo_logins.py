"""Make one demonstration login per role, and print them: ``manage.py demo_logins``.

Passwords are generated per installation and kept in ``var/demo-logins.txt``, readable by its owner only.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError

from greenhouse.access.passwords import new_password
from greenhouse.access.roles import Role

DEMO_ADDRESS = "demo.invalid"
"""Mail domain that marks a login as a demonstration; a person's own login of the same name is left alone."""


class Command(BaseCommand):
    help = "Make one demonstration login per role, with passwords generated for this installation, and print them."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("A base in service has no demonstration logins: manage.py give_role makes people's own.")
        file = settings.VAR_DIR / "demo-logins.txt"
        passwords = read_logins(file)
        for role in Role:
            user = User.objects.filter(username=role.value).first()
            if user is not None and not (user.email or "").endswith(f"@{DEMO_ADDRESS}"):
                self.stderr.write(f"{role.value}: is a person's login, left alone")
                passwords.pop(role.value, None)
            elif user is None or role.value not in passwords:
                passwords[role.value] = passwords.get(role.value) or new_password()
                store_login(role, passwords[role.value])
        write_logins(file, passwords)
        for name, password in passwords.items():
            self.stdout.write(f"{name:<14} {password}")


def store_login(role: Role, password: str) -> None:
    """Make the login of a role, or give it a new password."""
    user, _created = User.objects.get_or_create(username=role.value, defaults={"email": f"{role.value}@{DEMO_ADDRESS}"})
    user.set_password(password)
    user.save()
    user.groups.set([Group.objects.get(name=role.value)])


def read_logins(file: Path) -> dict[str, str]:
    """Passwords by login, as they were written; empty if there is no file."""
    if not file.exists():
        return {}
    lines = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {words[0]: words[1] for words in lines if len(words) == 2}


def write_logins(file: Path, passwords: dict[str, str]) -> None:
    """Keep the passwords where only the owner of the file can read them."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        os.fchmod(out.fileno(), 0o600)
        out.writelines(f"{name:<14} {password}\n" for name, password in passwords.items())
