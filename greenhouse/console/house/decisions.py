"""What the program of a compartment decided of each actuator, in one sentence, and what keeps it from happening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from greenhouse.commands import interlocks
from greenhouse.commands.messages import sentence
from greenhouse.commands.situations import Samples, move_of, situation_of
from greenhouse.rules import asking, decided, wording
from greenhouse.rules.decided import Decided
from greenhouse.site.point_index import index_of
from greenhouse.site.roles import MOVING, BaseRoles, base_roles
from greenhouse.telemetry import series


@dataclass(frozen=True, slots=True)
class SaidDecision:
    """A decision as people read it.

    Attributes
    ----------
    at : datetime
        Since when it stands.
    is_safe_state : bool
        Whether it was decided without an input that the program needs.
    refusal : str
        Why an interlock forbids it now; empty if none does.
    """

    sentence: str
    at: datetime
    is_safe_state: bool
    refusal: str


def said_decisions(compartment: str | None, *, now: datetime) -> Mapping[str, SaidDecision]:
    """The decisions that stand in a compartment, by the point that each moves. Three queries, however many they are.

    Parameters
    ----------
    now : datetime
        On the clock of the samples.
    """
    found = {} if compartment is None else decided.newest([compartment])
    if not found:
        return {}
    roles = base_roles()
    samples = series.latest(roles.points.keys(), index=index_of(roles.points.values()))
    return {
        one.point: SaidDecision(
            sentence=wording.sentence(one.decision),
            at=one.at,
            is_safe_state=one.decision.is_safe_state,
            refusal=_refusal(one, roles, samples, now),
        )
        for one in found.values()
    }


def _refusal(one: Decided, roles: BaseRoles, samples: Samples, now: datetime) -> str:
    point = roles.points.get(one.point)
    if point is None or point.output_kind not in MOVING or not asking.is_missing(one, roles, samples, now):
        return ""
    value = asking.value_of(point, one.decision.target)
    if value is None:
        return ""
    verdict = interlocks.check(move_of(point, value), situation_of(point, roles, samples, at=now), now)
    return "" if verdict is None else sentence(verdict)
