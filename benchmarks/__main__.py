"""Runs the benchmarks and writes their document: ``make bench``."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from benchmarks import (
    alarms,
    backup,
    base_load,
    command_path,
    control_rounds,
    decoding,
    demo_history,
    first_page,
    ledger,
    live_push,
    nudges,
    plant,
    polling,
    serial_line,
    single_read,
    store,
    trends,
    visitors,
    writes,
)
from benchmarks.results import PROJECT, circumstances, document, renewed
from greenhouse.clock import utc_now

logger = logging.getLogger("benchmarks")
BENCHMARKS = {
    "polling": polling.measure,
    "single-read": single_read.measure,
    "serial-line": serial_line.measure,
    "writes": writes.measure,
    "nudges": nudges.measure,
    "decoding": decoding.measure,
    "store": store.measure,
    "ledger": ledger.measure,
    "backup": backup.measure,
    "base-load": base_load.measure,
    "command-path": command_path.measure,
    "control-rounds": control_rounds.measure,
    "alarms": alarms.measure,
    "trends": trends.measure,
    "live-push": live_push.measure,
    "first-page": first_page.measure,
    "visitors": visitors.measure,
    "plant": plant.measure,
    "demo-history": demo_history.measure,
}
_DOCUMENT = PROJECT / "docs" / "benchmarks.md"


def main(arguments: list[str] | None = None) -> None:
    """Run what was asked for. A missed goal is a result, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fraction of everything, to see that it runs")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="one benchmark; may be repeated")
    parser.add_argument("--output", type=Path, help="file to write; default: docs/benchmarks.md, quick: the screen")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    names = options.only or list(BENCHMARKS)
    if options.only and not options.quick and options.output is None:
        for name in names:  # each is kept as soon as it is measured
            _DOCUMENT.write_text(renewed(_DOCUMENT.read_text(encoding="utf-8"), [_table(name)]), encoding="utf-8")
        return
    text = document([_table(name, quick=options.quick) for name in names], is_quick=options.quick)
    path = options.output or (None if options.quick else _DOCUMENT)
    if path is None:
        sys.stdout.write(text)
    else:
        path.write_text(text, encoding="utf-8")
        logger.info("written: %s", path)


def _table(name: str, *, quick: bool = False) -> str:
    logger.info("measuring: %s", name)
    seen = circumstances(utc_now())
    return BENCHMARKS[name](quick=quick).table(seen)


if __name__ == "__main__":
    main()
