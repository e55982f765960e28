"""The bus in memory obeys the rules of a real one."""

from __future__ import annotations

import doctest

import pytest

from devices.bus import scripted
from devices.bus.protocol import ReadRequest, WriteRequest
from devices.bus.scripted import Breaks, Garbled, Ignores, Owes, Reads, Refuses, ScriptedBus, Silent, Slow
from devices.errors import BadReply, BusClosed, BusTimeout, DeviceException, ReplyPending
from devices.profiles.schema import Table

ASK = ReadRequest(3, Table.HOLDING, 10, 2, 0.5)
TELL = WriteRequest(3, 6, 10, (77,), 0.5)


@pytest.fixture
def elapsed() -> list[float]:
    return []


@pytest.fixture
def bus(elapsed) -> ScriptedBus:
    bus = ScriptedBus(elapsed.append)
    bus.put(3, Table.HOLDING, 10, 215, 650)
    return bus


def test_the_example_in_its_documentation_works():
    assert doctest.testmod(scripted).failed == 0


def test_it_answers_from_its_registers(bus):
    bus.write(WriteRequest(3, 16, 10, (1, 2), 0.5))
    assert bus.read(ASK).tolist() == [1, 2]
    assert bus.word(3, Table.HOLDING, 11) == 2


def test_bits_are_written_to_the_coils(bus):
    bus.put(3, Table.COIL, 0, 0, 0, 0)
    bus.write(WriteRequest(3, 5, 1, (1,), 0.5))
    bus.write(WriteRequest(3, 15, 1, (1, 1), 0.5))
    assert bus.read(ReadRequest(3, Table.COIL, 0, 3, 0.5)).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    "request_", [ReadRequest(3, Table.HOLDING, 9, 2, 0.5), ReadRequest(3, Table.INPUT, 10, 1, 0.5)]
)
def test_an_address_that_was_not_put_is_exception_2(bus, request_):
    with pytest.raises(DeviceException) as caught:
        bus.read(request_)
    assert caught.value.code == 2


def test_a_write_outside_its_registers_is_exception_2_and_changes_nothing(bus):
    with pytest.raises(DeviceException):
        bus.write(WriteRequest(3, 16, 11, (1, 2), 0.5))
    assert bus.word(3, Table.HOLDING, 11) == 650


def test_a_unit_that_does_not_exist_is_silent(bus, elapsed):
    with pytest.raises(BusTimeout):
        bus.read(ReadRequest(4, Table.HOLDING, 10, 2, 0.5))
    assert elapsed == [0.5]


@pytest.mark.parametrize(
    ("fault", "error", "applied", "seconds"),
    [
        (Silent(), BusTimeout, False, [0.5]),
        (Silent(applied=True), BusTimeout, True, [0.5]),
        (Garbled(), BadReply, False, []),
        (Garbled(applied=True), BadReply, True, []),
        (Breaks(), BusClosed, False, []),
        (Breaks(applied=True), BusClosed, True, []),
        (Refuses(6), DeviceException, False, []),
        (Slow(0.4), None, True, [0.4]),
        (Slow(0.6), BusTimeout, False, [0.5]),
        (Ignores(), None, False, []),
    ],
    ids=repr,
)
def test_each_fault_does_to_a_write_what_it_says(bus, elapsed, *, fault, error, applied, seconds):
    """And the write after it goes well."""
    bus.script(3, fault)
    if error is None:
        bus.write(TELL)
    else:
        with pytest.raises(error):
            bus.write(TELL)
    assert (bus.word(3, Table.HOLDING, 10) == 77) is applied
    assert elapsed == seconds
    bus.write(TELL)
    assert bus.word(3, Table.HOLDING, 10) == 77
    assert bus.writes == [TELL, TELL]


def test_what_is_owed_is_not_sent(bus):
    bus.script(3, Owes(1.5))
    with pytest.raises(ReplyPending) as caught:
        bus.write(TELL)
    assert caught.value.wait_s == 1.5
    assert bus.sent == []


def test_a_read_can_be_given_other_words_but_never_of_another_count(bus):
    bus.script(3, Reads((1, 2)), Reads((1,)))
    assert bus.read(ASK).tolist() == [1, 2]
    with pytest.raises(BadReply):
        bus.read(ASK)


def test_a_script_is_one_units_and_none_in_it_goes_well(bus):
    bus.put(4, Table.HOLDING, 10, 1, 2)
    bus.script(3, None, Silent())
    assert bus.read(ASK).tolist() == [215, 650]
    assert bus.read(ReadRequest(4, Table.HOLDING, 10, 2, 0.5)).tolist() == [1, 2]
    with pytest.raises(BusTimeout):
        bus.read(ASK)


def test_a_standing_fault_lasts_until_it_is_healed(bus):
    bus.fail(3, Refuses(11))
    for _ in range(3):
        with pytest.raises(DeviceException):
            bus.read(ASK)
    bus.heal(3)
    assert bus.read(ASK).tolist() == [215, 650]


def test_an_unreachable_peer_is_closed_until_it_is_back(bus):
    bus.connect()
    bus.reachable = False
    assert not bus.is_open
    for call in (bus.connect, lambda: bus.read(ASK), lambda: bus.write(TELL)):
        with pytest.raises(BusClosed):
            call()
    bus.reachable = True
    assert bus.read(ASK).tolist() == [215, 650]
    assert (bus.connects, bus.sent) == (5, [ASK])


def test_it_refuses_what_a_real_bus_refuses(bus):
    with pytest.raises(ValueError, match="count 126"):
        bus.read(ReadRequest(3, Table.HOLDING, 0, 126, 0.5))
