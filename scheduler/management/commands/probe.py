"""``manage.py probe``: show what a device's registers hold, under every type and order.

While a control process holds the line, the read is stored as a request and carried out between two polls; only a line
that nobody holds is opened here.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from devices.bus.protocol import ReadRequest, Words
from devices.bus.settings import legal_unit_ids
from devices.bus.shapes import check_request
from devices.codec.guesses import guesses
from devices.errors import DevicesError
from devices.profiles.schema import Order, Table, WordType
from greenhouse.clock import moment_now
from greenhouse.commands import diagnostics
from greenhouse.site.wiring import LineWiring, wired_lines
from scheduler.leases.choice import locks_folder, open_leases
from scheduler.leases.lease import NOBODY_KNOWN
from scheduler.wiring import line_settings, read_once

ANSWER_WITHIN_S = 15.0
SCALES = (0.1, 0.01, 0.001)
_LOOK_EVERY_S = 0.05


class Command(BaseCommand):
    """One read, shown in every way it can be understood."""

    help = "Read registers of a device and show them under every type, order and scale. Writes nothing to the device."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("line", help="key of the line in the base file")
        parser.add_argument("unit", type=int, help="unit number of the device on that line")
        parser.add_argument("address", type=int, help="first address, zero-based, as sent in the request")
        parser.add_argument("count", type=int, nargs="?", default=4, help="how many (default 4)")
        parser.add_argument("--table", choices=[table.value for table in Table], default="holding")
        parser.add_argument("--timeout", type=float, default=1.0, help="seconds to wait for the reply (default 1)")
        parser.add_argument("--wide", action="store_true", help="show 64-bit types too")

    def handle(
        self,
        *_args: Any,
        line: str,
        unit: int,
        address: int,
        count: int,
        table: str,
        timeout: float,
        wide: bool,
        **_options: Any,
    ) -> None:
        wiring = next((found for found in wired_lines() if found.key == line), None)
        if wiring is None:
            known = ", ".join(found.key for found in wired_lines()) or "none; load a base file first"
            raise CommandError(f'The base has no line "{line}". Its lines: {known}.')
        request = ReadRequest(unit, Table(table), address, count, timeout)
        try:
            check_request(request, legal_unit_ids(line_settings(wiring)))
        except ValueError as error:
            raise CommandError(f"This cannot be asked: {error}") from error
        words = self._read(wiring, request)
        if request.table.is_bits:
            self.stdout.write(_bits(words, request))
        else:
            self.stdout.write(_registers(words, request, wide=wide))

    def _read(self, wiring: LineWiring, request: ReadRequest) -> Words:
        leases = open_leases(locks_folder())
        lease = leases.line(wiring.key)
        if not lease.acquire():
            self.stdout.write(
                f"Line {wiring.key} is held by {lease.holder() or NOBODY_KNOWN}; asking it to read between polls."
            )
            return _ask_control(wiring.key, request)
        self.stdout.write(f"Nobody holds line {wiring.key}; opening it here.")
        try:
            return read_once(wiring, request)
        except DevicesError as error:
            raise CommandError(str(error)) from error
        finally:
            lease.release()
            leases.close()


def _ask_control(line: str, request: ReadRequest) -> Words:
    read = diagnostics.ask(
        line,
        request.unit_id,
        request.table,
        address=request.address,
        count=request.count,
        timeout_s=request.timeout_s,
        now=moment_now(),
    )
    over_at_s = time.monotonic() + ANSWER_WITHIN_S
    while time.monotonic() < over_at_s:
        found = diagnostics.result_of(read.pk)
        if found.ended_at is not None:
            if found.words is None:
                raise CommandError(found.fault)
            return np.array(found.words, dtype=np.uint16)
        time.sleep(_LOOK_EVERY_S)  # a person waits at a terminal; there is nothing to be woken by
    raise CommandError(f"No control process carried out the read within {ANSWER_WITHIN_S:g} s.")


def _bits(words: Words, request: ReadRequest) -> str:
    return "\n".join(f"{request.address + i:>6}  {int(word)}" for i, word in enumerate(words))


def _registers(words: Words, request: ReadRequest, *, wide: bool) -> str:
    lines = [f"{'address':>7}  {'hex':>6}  {'uint16':>7}  {'int16':>7}" + "".join(f"  {f'x{s:g}':>9}" for s in SCALES)]
    for i, word in enumerate(words):
        signed = int(word) - 0x10000 if word & 0x8000 else int(word)
        scaled = "".join(f"  {signed * scale:>9.3f}" for scale in SCALES)
        lines.append(f"{request.address + i:>7}  0x{int(word):04X}  {int(word):>7}  {signed:>7}{scaled}")
    types: tuple[WordType, ...] = (WordType.UINT32, WordType.INT32, WordType.FLOAT32)
    if wide:
        types += (WordType.UINT64, WordType.INT64, WordType.FLOAT64)
    found = guesses(words, address=request.address, types=types)
    if found:
        lines += ["", f"{'address':>7}  {'type':<8}" + "".join(f"  {order.value:>22}" for order in Order)]
    for start in range(0, len(found), len(Order)):
        row = found[start : start + len(Order)]
        lines.append(
            f"{row[0].address:>7}  {row[0].type.value:<8}" + "".join(f"  {_shown(guess.number):>22}" for guess in row)
        )
    return "\n".join(lines)


def _shown(number: int | float) -> str:
    return str(number) if isinstance(number, int) else f"{number:.7g}"
