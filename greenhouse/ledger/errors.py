"""Errors of the ledger.

LedgerError
├── NotInTransaction    the entry would not stand or fall with what it records  -> fix the caller
├── PayloadRefused      not a flat payload, or it holds free text               -> fix the caller
├── LedgerBroken        the head and the entries contradict each other          -> `manage.py verify_ledger`
└── HeadsFileError      the file of daily heads cannot be read                  -> look at the named line
"""

from __future__ import annotations


class LedgerError(Exception):
    """Something is wrong with an entry or with the chain."""


class NotInTransaction(LedgerError):
    """An entry was appended outside the transaction of the thing that it records."""


class PayloadRefused(LedgerError):
    """The payload has no canonical form, or holds what may not be hashed."""


class LedgerBroken(LedgerError):
    """The stored head does not fit the stored entries: somebody changed one of them."""


class HeadsFileError(LedgerError):
    """A line of the file of daily heads is none."""
