"""Which database holds which tables."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Model

MAIN, TELEMETRY = "default", "telemetry"
_TELEMETRY_APP = "telemetry"


class TelemetryRouter:
    """Samples live in the database ``telemetry``, everything else in ``default``.

    On SQLite these are two files, so that a busy sample writer never holds up a command. On PostgreSQL both names mean
    the same database; then ``migrate`` on ``default`` makes all the tables.
    """

    def db_for_read(self, model: type[Model], **_hints: object) -> str:
        """Database a query goes to."""
        app_label = model._meta.app_label  # noqa: SLF001  (_meta is Django's documented model API)
        return TELEMETRY if app_label == _TELEMETRY_APP else MAIN

    def db_for_write(self, model: type[Model], **_hints: object) -> str:
        """Database a change goes to."""
        return self.db_for_read(model)

    def allow_relation(self, first: Model, second: Model, **_hints: object) -> bool:
        """No foreign key crosses the files."""
        # A signed-in person arrives as a lazy object: __class__ looks through it, type() does not.
        return self.db_for_read(first.__class__) == self.db_for_read(second.__class__)

    def allow_migrate(self, db: str, app_label: str, **_hints: object) -> bool:
        """Whether the tables of an app are made in a database."""
        if settings.TELEMETRY_SHARES_MAIN_DATABASE:
            return True
        return (db == TELEMETRY) == (app_label == _TELEMETRY_APP)
