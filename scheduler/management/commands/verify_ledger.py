"""``manage.py verify_ledger``: whether the record of what people and programs did is whole."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from greenhouse.ledger.errors import HeadsFileError
from greenhouse.ledger.heads import parse_head, read_heads
from greenhouse.ledger.verify import Fault, FaultKind, verify


class Command(BaseCommand):
    """Ends with 0 if the ledger is sound and with 1 at the first fault, which it names."""

    help = "Walk the ledger and name the first entry that was altered, is missing, stands elsewhere or was cut off."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", metavar="NUMBER:HASH", help="a head that you noted yourself")
        parser.add_argument(
            "--heads",
            metavar="FILE",
            type=Path,
            help="file of daily heads, best a copy from elsewhere (default: GREENHOUSE_LEDGER_HEADS, if it is there)",
        )

    def handle(self, *_args: Any, head: str | None, heads: Path | None, **_options: Any) -> None:
        known = self._heads_of(heads) | self._head(head)
        found = verify(known)
        if isinstance(found, Fault):
            raise CommandError(sentence(found))
        self.stdout.write(
            _("The ledger is sound. Its head: %(number)d:%(hash)s") % {"number": found.number, "hash": found.hash}
        )
        self.stdout.write(
            ngettext(
                "%(count)d head kept outside the database agrees.",
                "%(count)d heads kept outside the database agree.",
                len(known),
            )
            % {"count": len(known)}
            if known
            else _("No head from outside the database was given: entries cut off at the end would not be noticed.")
        )

    def _heads_of(self, file: Path | None) -> dict[int, str]:
        try:
            return read_heads(file or settings.LEDGER_HEADS)
        except FileNotFoundError as error:
            if file is None:
                return {}
            raise CommandError(_("There is no file %(file)s.") % {"file": file}) from error
        except HeadsFileError as error:
            raise CommandError(str(error)) from error

    def _head(self, text: str | None) -> dict[int, str]:
        if text is None:
            return {}
        try:
            return dict([parse_head(text)])
        except ValueError as error:
            raise CommandError(
                _("--head %(text)s: give the number and the 64 digits of the hash, as in 17:3f…") % {"text": text}
            ) from error


def sentence(fault: Fault) -> str:
    """What is wrong, in the reader's language."""
    facts = {"number": fault.number, "other": fault.other, "next": (fault.other or 0) + 1}
    return str(_SENTENCES[fault.kind]) % facts


_SENTENCES: dict[FaultKind, Promise] = {
    FaultKind.ALTERED: gettext_lazy("Entry %(number)d of the ledger was altered after it was written."),
    FaultKind.MISSING: gettext_lazy("Entry %(number)d of the ledger is missing; there are later ones."),
    FaultKind.REORDERED: gettext_lazy(
        "Entry %(number)d of the ledger was written as entry %(other)d: the order was changed."
    ),
    FaultKind.TRUNCATED: gettext_lazy("The ledger was cut off: entry %(number)d and all that followed are gone."),
    FaultKind.REWRITTEN: gettext_lazy(
        "Entry %(number)d is not the one whose head was kept outside the database: "
        "the ledger was rewritten from an entry between %(next)d and %(number)d on."
    ),
    FaultKind.HEAD: gettext_lazy(
        "The stored head of the ledger does not belong to its last entry, number %(number)d: one of them was changed."
    ),
}
