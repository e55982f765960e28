"""What says that the store does not answer, as against a query that is wrong."""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, OperationalError


def is_outage(error: BaseException | None) -> bool:
    """Whether an error says that the store does not answer: locked, full, damaged, gone. Not that a query is wrong."""
    while error is not None:
        if isinstance(error, (OperationalError, InterfaceError)) or type(error) is DatabaseError:
            return True
        error = error.__cause__
    return False
