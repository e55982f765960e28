"""Which database holds which tables."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db.models import Model

MAIN: Final = "default"
OF_APP: Final = {"telemetry": "telemetry", "outreach": "outreach"}
"""Database by app, of those that have one of their own."""


class Router:
    """Samples live in ``telemetry``, what is published in ``outreach``, everything else in ``default``.

    On SQLite these are three files, so that a busy sample writer never holds up a command, and so that visitors' pages
    come from a file that holds nothing else. On PostgreSQL ``default`` and ``telemetry`` mean the same database; then
    ``migrate`` on ``default`` makes the tables of both. ``outreach`` is never the same as the others.
    """

    def db_for_read(self, model: type[Model], **_hints: object) -> str:
        """Database a query goes to."""
        return OF_APP.get(model._meta.app_label, MAIN)  # noqa: SLF001  (_meta is Django's documented model API)

    def db_for_write(self, model: type[Model], **_hints: object) -> str:
        """Database a change goes to."""
        return self.db_for_read(model)

    def allow_relation(self, first: Model, second: Model, **_hints: object) -> bool:
        """No foreign key crosses the files."""
        # A signed-in person arrives as a lazy object: __class__ looks through it, type() does not.
        return self.db_for_read(first.__class__) == self.db_for_read(second.__class__)

    def allow_migrate(self, db: str, app_label: str, **_hints: object) -> bool:
        """Whether the tables of an app are made in a database."""
        its = OF_APP.get(app_label, MAIN)
        if settings.TELEMETRY_SHARES_MAIN_DATABASE and "outreach" not in (db, its):
            return True
        return db == its
