"""How a request that was not stored is answered."""

from __future__ import annotations

from greenhouse.commands.errors import Conflict, InvalidRequest, RequestError


def status_of(error: RequestError) -> int:
    """HTTP status of a request that was not stored."""
    return 409 if isinstance(error, Conflict) else 422 if isinstance(error, InvalidRequest) else 403
