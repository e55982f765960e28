"""Between which years an address may ask for something: a base has neither a past nor a future beyond them."""

from __future__ import annotations

FIRST_YEAR, LAST_YEAR = 2000, 2100
