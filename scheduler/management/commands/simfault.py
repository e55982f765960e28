"""``manage.py simfault``: switch faults of the running simulated base on and off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from devices.simulator.base import SimulatorFailed
from devices.simulator.control import ask
from devices.simulator.faults import FAULT_KINDS, FaultKind, FaultRefused
from scheduler.simulated_plant.breakdowns import breakdown_kinds
from scheduler.simulation import read_address


class Command(BaseCommand):
    """One question to the control socket of the simulator."""

    help = (
        "Break things on the running simulated base and mend them again. Examples: "
        "`simfault on dead h1-climate`, `simfault on drifting h1-climate.air_temperature 2`, "
        "`simfault on late solar-east 900`, `simfault on torn_film h1 0.02`, "
        "`simfault list`, `simfault clear h1-climate`, `simfault clear`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|kinds|targets|on|clear|writes")
        actions.add_parser("list", help="faults that are on")
        actions.add_parser("kinds", help="every fault there is, what it befalls and what it does")
        targets = actions.add_parser("targets", help="everything that a fault can befall on this base")
        targets.add_argument("fault", choices=list(_kinds()))
        on = actions.add_parser("on", help="switch a fault on")
        on.add_argument("fault", choices=list(_kinds()))
        on.add_argument(
            "target", help="a line, a device, a point as device.point, a compartment, or clock; see `simfault kinds`"
        )
        on.add_argument("amount", nargs="?", type=float, help="the number that belongs to the fault")
        clear = actions.add_parser("clear", help="switch the faults of a target off, or all of them")
        clear.add_argument(
            "target", nargs="?", help="a line, a device, a point, a compartment or clock; left out: everything"
        )
        writes = actions.add_parser("writes", help="writes that the simulated devices accepted, oldest first")
        writes.add_argument("--last", type=int, default=20, help="how many at most (default 20)")

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        if action == "kinds":
            self._show_kinds()
            return
        request: dict[str, object] = {"do": {"list": "active", "on": "switch_on"}.get(action, action)}
        request |= {key: options[key] for key in ("fault", "target", "amount") if options.get(key) is not None}
        try:
            answer = ask(read_address(settings.VAR_DIR), request)
        except (FaultRefused, SimulatorFailed) as error:
            raise CommandError(str(error)) from error
        if action == "writes":
            answer = answer[-max(0, options["last"]) :] if options["last"] else []
        if not answer:
            self.stdout.write({"writes": "no write was accepted"}.get(action, "no fault is on"))
        for entry in answer:
            self.stdout.write(_sentence(action, entry))

    def _show_kinds(self) -> None:
        for fault, kind in _kinds().items():
            self.stdout.write(f"{fault:18} {kind.scope:11} {kind.effect}")
            if kind.amount is not None:
                default = "" if kind.amount.default is None else f" (default {kind.amount.default:g})"
                self.stdout.write(f"{'':31}amount: {kind.amount.meaning}{default}")


def _kinds() -> Mapping[str, FaultKind]:
    """Faults of lines, devices and points, and those of the houses."""
    return {**FAULT_KINDS, **breakdown_kinds()}


def _sentence(action: str, entry: object) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    if action == "writes":
        taken = "" if entry["applied"] == entry["value"] else f", took {entry['applied']}"
        point = f"{entry['device']}.{entry['point']}"
        return f"{entry['at_s']:.3f} s  {point} = {entry['value']:g}{taken} ({entry['written_by']})"
    amount = "" if entry["amount"] is None else f" {entry['amount']:g}"
    return f"{'cleared: ' if action == 'clear' else ''}{entry['fault']} {entry['target']}{amount}"
