"""Tables whose rows are neither changed nor deleted, not even by SQL: triggers that refuse it, for migrations."""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps


class AppendOnly(RunPython):
    """Let the database refuse every change of the rows of a table.

    Parameters
    ----------
    table : str
        Name of the table.
    name : str
        What its triggers are called after.
    rows : str
        What a row is, several of them, for the refusal: ``ledger entries``.
    """

    def __init__(self, table: str, *, name: str, rows: str) -> None:
        self.table, self.name, self.rows = table, name, rows
        super().__init__(self._protect, self._unprotect)

    def protecting(self, vendor: str) -> list[str]:
        """Statements that refuse it."""
        refusal = f"{self.rows} are neither changed nor deleted"
        if vendor == "sqlite":
            return [
                f"CREATE TRIGGER {self.name}_no_{action} BEFORE {action} ON {self.table} "
                f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
                for action in ("UPDATE", "DELETE")
            ]
        function = (
            f"CREATE FUNCTION {self.name}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
        )
        trigger = (
            f"CREATE TRIGGER {self.name}_append_only BEFORE UPDATE OR DELETE ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}_refuse()"
        )
        return [function, trigger]

    def unprotecting(self, vendor: str) -> list[str]:
        """Statements that take it back."""
        if vendor == "sqlite":
            return [f"DROP TRIGGER {self.name}_no_{action}" for action in ("UPDATE", "DELETE")]
        return [f"DROP TRIGGER {self.name}_append_only ON {self.table}", f"DROP FUNCTION {self.name}_refuse()"]

    def _protect(self, _apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in self.protecting(schema_editor.connection.vendor):
            schema_editor.execute(statement)

    def _unprotect(self, _apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in self.unprotecting(schema_editor.connection.vendor):
            schema_editor.execute(statement)


class StillAppendOnly(AppendOnly):
    """Protect a table again after a migration that adds columns to it.

    SQLite makes such a table anew, and its triggers go with the old one. Where they are there still, nothing happens.
    """

    def protecting(self, vendor: str) -> list[str]:
        """Statements that refuse it again."""
        if vendor != "sqlite":
            return []
        return [text.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS") for text in super().protecting(vendor)]

    def unprotecting(self, _vendor: str) -> list[str]:
        """Nothing: the first protection is what is taken back."""
        return []
