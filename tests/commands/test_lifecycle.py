"""The table of states: what may follow what."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from greenhouse.commands.lifecycle import (
    BEGINS_AS,
    NOT_SENT,
    OPEN,
    TERMINAL,
    TRANSITIONS,
    UNCONFIRMED,
    UNDER_WAY,
    WAITING,
    State,
    may_follow,
    predecessors,
)
from greenhouse.commands.sources import Source

SENT_NOTHING = {State.EXPIRED, State.SUPERSEDED, State.DECLINED}


def reachable(start: State) -> set[State]:
    found: set[State] = set()
    waiting = [start]
    while waiting:
        for state in TRANSITIONS[waiting.pop()] - found:
            found.add(state)
            waiting.append(state)
    return found


def test_every_state_stands_in_the_table_and_can_be_reached():
    assert set(TRANSITIONS) == set(State)
    assert reachable(State.AWAITING_APPROVAL) == set(State) - {State.AWAITING_APPROVAL}
    assert set(BEGINS_AS) == set(Source)


def test_states_are_either_open_or_final():
    assert {State.AWAITING_APPROVAL, State.REQUESTED, State.DISPATCHED, State.ACCEPTED} == OPEN
    assert set(State) - OPEN == TERMINAL
    assert OPEN - {State.AWAITING_APPROVAL, State.REQUESTED} == UNDER_WAY
    assert OPEN - UNDER_WAY == WAITING


def test_every_end_that_is_not_confirmed_says_whether_something_was_sent():
    assert TERMINAL - {State.CONFIRMED} == UNCONFIRMED | NOT_SENT
    assert UNCONFIRMED.isdisjoint(NOT_SENT)


def test_nothing_returns_to_a_state_it_has_left():
    """So nothing is sent twice."""
    assert not [state for state in State if state in reachable(state)]


def test_what_the_control_process_took_never_ends_as_if_it_had_not():
    """Expired and superseded mean that nothing was sent."""
    assert reachable(State.DISPATCHED).isdisjoint(SENT_NOTHING)


def test_nothing_is_confirmed_or_accepted_before_it_was_dispatched():
    assert TRANSITIONS[State.REQUESTED] == {State.DISPATCHED, State.EXPIRED, State.SUPERSEDED}
    assert TRANSITIONS[State.AWAITING_APPROVAL] == {State.REQUESTED, *SENT_NOTHING}


def test_a_request_is_unverifiable_only_after_an_acknowledgement():
    assert predecessors(State.UNVERIFIABLE) == {State.ACCEPTED}


def test_a_request_the_device_acknowledged_is_no_longer_refused_or_rejected():
    assert not may_follow(State.ACCEPTED, State.REFUSED)
    assert not may_follow(State.ACCEPTED, State.REJECTED)


@given(st.sampled_from([State.REQUESTED, State.AWAITING_APPROVAL]), st.lists(st.sampled_from(list(State)), max_size=12))
def test_however_states_are_tried_a_request_only_walks_the_table(first, tries):
    """Trying any sequence: what is not allowed is not done, and an end stays the end."""
    path = [first]
    for state in tries:
        if may_follow(path[-1], state):
            path.append(state)
    assert len(set(path)) == len(path)
    assert not [state for state in path[:-1] if state in TERMINAL]
    if path[-1] in {State.ACCEPTED, State.CONFIRMED, State.UNVERIFIABLE, State.REJECTED, State.TIMEOUT}:
        assert path[path.index(State.REQUESTED) + 1] is State.DISPATCHED


@given(st.sampled_from(list(State)), st.sampled_from(list(State)))
def test_predecessors_are_the_table_read_backwards(first, second):
    assert (first in predecessors(second)) == may_follow(first, second)
