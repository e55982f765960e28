"""What was asked for and how it ended, against what the devices were told."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

from devices.simulator.write_log import WriteRecord
from greenhouse.clock import utc_now
from greenhouse.commands.checks import Code
from greenhouse.commands.lifecycle import NOT_SENT, State, may_follow
from greenhouse.commands.models import CommandRequest
from scripts.prove_commands.result import Result

LATE_S = 5.0
"""A write that a killed process had sent may arrive this long after its request was ended."""
CLOCKS_AGREE_WITHIN_S = 0.05


def judge(acknowledged: list[str], writes: list[WriteRecord], result: Result) -> None:
    """Compare what was asked for and how it ended with what the devices were told."""
    requests = list(CommandRequest.objects.prefetch_related("events").order_by("created_at"))
    asked = [request for request in requests if request.source != "controller"]
    result.requests, result.acknowledged, result.writes = len(asked), len(acknowledged), len(writes)
    result.returns = sum(request.source == "program" for request in asked)
    result.states = dict(sorted(Counter(request.state for request in asked).items()))
    if not (result.requests and result.writes):
        result.faults.append("nothing was asked for and written: this proves nothing")
    if missing := set(acknowledged) - {str(request.pk) for request in requests}:
        result.faults.append(f"{len(missing)} acknowledged requests are lost")
    if on_site := [request for request in requests if request.source == "controller"]:
        result.faults.append(f"{len(on_site)} writes of ours were taken for changes on site, e.g. {on_site[0]}")
    carried_out = match(asked, writes, result)
    for request in asked:
        times, state = carried_out[str(request.pk)], State(request.state)
        lowest, highest = (1, 1) if state is State.CONFIRMED else (0, 0) if state in NOT_SENT else (0, 1)
        if not lowest <= times <= highest:
            result.faults.append(f"{request} was carried out {times} times")
        if request.ended_at is None:
            result.faults.append(f"{request} has no end")
        if request.verdict == Code.INTERRUPTED:
            result.interrupted_and_written += times
            result.interrupted_and_not_written += not times
        check_history(request, result)


def match(asked: list[CommandRequest], writes: list[WriteRecord], result: Result) -> Counter[str]:
    """How often each request was carried out. Each write belongs to a request that was open when it came."""
    monotonic_to_wall = utc_now() - timedelta(seconds=time.monotonic())
    by_value = defaultdict(list)
    for request in asked:
        by_value[request.point_key, round(request.value, 3)].append(request)
    carried_out: Counter[str] = Counter()
    for write in writes:
        at = monotonic_to_wall + timedelta(seconds=write.at_s)
        early, late = timedelta(seconds=CLOCKS_AGREE_WITHIN_S), timedelta(seconds=LATE_S)
        owners = [
            request
            for request in by_value[f"{write.device}.{write.point}", round(write.value, 3)]
            if request.created_at - early <= at <= (request.ended_at or at) + late
        ]
        if owners:
            carried_out[str(owners[-1].pk)] += 1
        else:
            result.faults.append(f"nobody asked for {write.device}.{write.point} := {write.value:g}")
    return carried_out


def check_history(request: CommandRequest, result: Result) -> None:
    """The events of a request walk the table of states, and the last one is its end."""
    states = [State(event.state) for event in request.events.order_by("id")]
    if not states or states[-1] != request.state:
        result.faults.append(f"{request} is not where its last event says")
    if wrong := [f"{old} to {new}" for old, new in pairwise(states) if not may_follow(old, new)]:
        result.faults.append(f"{request} went from {', '.join(wrong)}")
