"""Words and times as the store writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from devices.samples import Origin

ALIAS: Final = "telemetry"
"""Name of the database that holds the samples."""

ORIGIN_CODES: Final = {Origin.MEASURED: 0, Origin.MANUAL: 1, Origin.ESTIMATED: 2, Origin.SIMULATED: 3}
"""Never renumber: the numbers stand in the store."""
ORIGINS: Final = {code: origin for origin, code in ORIGIN_CODES.items()}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC, rounded down.

    Raises
    ------
    TypeError
        If the time is naive: nobody knows which moment it means.
    """
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Aware UTC time."""
    return _EPOCH + milliseconds * _MILLISECOND
