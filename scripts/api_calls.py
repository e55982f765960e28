"""Calls of the open interface that nobody would think of, made from its description by Schemathesis.

Half of them break the description on purpose. Where a key or an id is wanted, a part of the calls names one that there
is, and where a time is wanted, one of the last days: what is always refused at the door proves little.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    CheckFunction,
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok

from greenhouse.clock import utc_now

AnyCase: TypeAlias = "Case[Any]"
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REAL_SHARE = 0.6
"""Share of the calls that name what there is."""
LONGEST_ROUND = 40
"""Calls of one operation before the others have their turn again."""
LONGEST_ADDRESS = 60_000
"""About where the HTTP server stops to read an address. [bytes]"""
NOT_HTTP = b"Invalid HTTP request received."
"""The HTTP server's own answer to what is no HTTP, such as a length that is no number."""
PATIENCE_S = 30.0


@dataclass
class Tally:
    """What came of the calls in one name."""

    calls: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest_s: float = 0.0


@dataclass(frozen=True)
class Known:
    """What there is in the base: keys of points, of writable ones, ids of commands and alarms."""

    points: Sequence[str]
    writable: Sequence[str]
    commands: Sequence[str]
    alarms: Sequence[str]


def make_calls(
    description: Mapping[str, Any],
    server: str,
    *,
    calls: int,
    known: Known,
    headers: Mapping[str, str],
    seed_number: int,
) -> Tally:
    """Make so many calls, spread over all operations.

    Parameters
    ----------
    description : mapping
        The interface as OpenAPI.
    server : str
        Address, without a path.
    headers : mapping
        Who calls.
    seed_number : int
        The same number makes the same calls.
    """
    schema = schemathesis.openapi.from_dict(dict(description))
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    tally, chance = Tally(), random.Random(seed_number)  # noqa: S311  (nobody attacks a proof)
    with requests.Session() as session:
        for number in itertools.count():
            each = min(LONGEST_ROUND, -(-(calls - tally.calls) // (2 * len(operations))))
            if each <= 0:
                break
            for operation, mode in itertools.product(operations, (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)):

                @seed(seed_number * 1000 + number)
                @settings(
                    max_examples=each,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=_cases(operation, mode))
                def call(case: AnyCase) -> None:
                    _name_what_there_is(case, known, chance)
                    _make(case, server, session, headers, tally)

                call()
    return tally


def _cases(operation: Any, mode: GenerationMode) -> st.SearchStrategy[AnyCase]:  # noqa: ANN401  (its class is private)
    """Cases of an operation; where nothing about it can be broken, sound ones."""
    if mode is GenerationMode.NEGATIVE and not list(operation.iter_parameters()) and not operation.body:
        mode = GenerationMode.POSITIVE
    found: st.SearchStrategy[AnyCase] = operation.as_strategy(generation_mode=mode)
    return found


def _name_what_there_is(case: AnyCase, known: Known, chance: random.Random) -> None:
    """Put real keys, ids and times into a case, more often than not."""

    def may() -> bool:
        return chance.random() < REAL_SHARE

    ids = {"point": known.points, "command": known.commands, "alarm": known.alarms}
    for name, real in ids.items():
        if real and case.path_parameters and name in case.path_parameters and may():
            case.path_parameters[name] = chance.choice(real)
    query: dict[str, Any] = case.query or {}
    if "point" in query and may():
        query["point"] = chance.choice(known.points)
    if "points" in query and may():
        query["points"] = ",".join(chance.sample(known.points, chance.randint(1, 5)))
    if "start" in query and "end" in query and may():
        start = utc_now() - timedelta(seconds=chance.randrange(3 * 86_400))
        query["start"], query["end"] = start.isoformat(), (start + timedelta(hours=chance.randint(0, 48))).isoformat()
    body: Any = case.body
    if isinstance(body, dict) and "point" in body and may():
        body["point"] = chance.choice(known.writable)
        if chance.random() < REAL_SHARE:
            body |= {"value": chance.choice([15.0, 16.5, 17.0]), "seen_value": chance.choice([16.0, 16.0, None, 99.0])}


def _make(case: AnyCase, server: str, session: requests.Session, headers: Mapping[str, str], tally: Tally) -> None:
    response = case.call(base_url=server, session=session, headers=dict(headers), timeout=PATIENCE_S)
    tally.calls += 1
    tally.statuses[response.status_code] += 1
    tally.longest_s = max(tally.longest_s, response.elapsed)
    is_long = len(response.request.url or "") > LONGEST_ADDRESS
    if response.status_code in {400, 414} and (is_long or response.content == NOT_HTTP):
        return  # the HTTP server itself refuses it, and knows no problems
    try:
        case.validate_response(response, checks=CHECKS)
    except (Failure, FailureGroup) as failure:
        tally.faults.append(f"{case.method} {case.formatted_path} {response.status_code}: {failure}")
