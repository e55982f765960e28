"""The search for holes: what a device refuses in a block is found in a few reads and never swept up again."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.profiles.schema import PointSpec, ReadLimits, ScaleRegister, Table, WordType
from devices.read_plan import Block, Hole, HoleSearch, plan_reads
from tests.devices.points import make_point

TYPE_OF_LENGTH = {1: WordType.INT16, 2: WordType.FLOAT32, 4: WordType.INT64}


@dataclass
class RefusingDevice:
    """Answers exception 2 to a read of any register that it does not have, across its borders, and of too many."""

    illegal: set[int] = field(default_factory=set)
    borders: set[int] = field(default_factory=set)
    longest: int = 125
    reads: int = 0

    def answers(self, block: Block) -> bool:
        self.reads += 1
        return self.would_answer(block.address, block.end)

    def would_answer(self, first: int, end: int) -> bool:
        crossed = self.borders & set(range(first + 1, end))
        return not crossed and not self.illegal & set(range(first, end)) and end - first <= self.longest


def search_through(device: RefusingDevice, block: Block, limits: ReadLimits) -> HoleSearch:
    search = HoleSearch(block, limits=limits)
    while search.block is not None:
        search.note(answered=device.answers(search.block))
    return search


@dataclass
class Settled:
    """What is left when a driver has read all blocks and searched every refused one."""

    blocks: tuple[Block, ...]
    holes: frozenset[Hole]
    illegal: frozenset[PointSpec]
    searches: int


def settle(device: RefusingDevice, points, *, gap, limits) -> Settled:
    holes: frozenset[Hole] = frozenset()
    illegal: frozenset[PointSpec] = frozenset()
    for searches in range(2 * len(points) + 2):
        blocks = plan_reads((p for p in points if p not in illegal), limits=limits, gap=gap, holes=holes)
        refused = next((block for block in blocks if not device.answers(block)), None)
        if refused is None:
            return Settled(blocks, holes, illegal, searches)
        search = search_through(device, refused, limits)
        assert search.holes | set(search.illegal), "a search that learns nothing would be repeated for ever"
        holes |= search.holes
        illegal |= frozenset(search.illegal)
    raise AssertionError("the plan never settles")


def registers(*addresses) -> list[PointSpec]:
    return [make_point(at=address) for address in addresses]


def the_block(points, *, gap=50) -> Block:
    (block,) = plan_reads(points, limits=ReadLimits(), gap=gap)
    return block


def test_the_hole_is_the_gap_that_is_refused():
    """Of three gaps the second one is bad."""
    device = RefusingDevice(illegal={27})

    search = search_through(device, the_block(registers(0, 10, 20, 30, 40)), ReadLimits())

    assert search.holes == {Hole(Table.INPUT, 21, 30)}
    assert search.illegal == ()


def test_the_first_try_is_the_middle_gap():
    """A gap is the likelier place than a register that the profile names."""
    search = HoleSearch(the_block(registers(0, 10, 30, 31, 32, 33)), limits=ReadLimits())

    assert search.block is not None
    assert (search.block.address, search.block.count) == (0, 11)


def test_a_point_that_is_refused_alone_is_illegal():
    """Its neighbors, without any gap, stay readable."""
    device = RefusingDevice(illegal={2})

    search = search_through(device, the_block(registers(0, 1, 2, 3)), ReadLimits())

    assert [point.key for point in search.illegal] == ["input_2"]
    assert search.holes == {Hole(Table.INPUT, 2, 3)}


def test_an_illegal_point_at_the_edge_is_never_swept_up_again():
    """The next plan may cut its blocks elsewhere."""
    search = search_through(RefusingDevice(illegal={2}), the_block(registers(0, 1, 2)), ReadLimits())

    assert search.holes == {Hole(Table.INPUT, 2, 3)}


def test_what_follows_from_an_earlier_answer_is_not_asked():
    """0-1, 2-3, 2, 3: that 0-3 without 2 is refused follows from 2."""
    device = RefusingDevice(illegal={2})

    search_through(device, the_block(registers(0, 1, 2, 3)), ReadLimits())

    assert device.reads == 4


def test_all_fields_of_an_illegal_register_are_illegal():
    fields = [make_point(key=f"bit_{i}", type=WordType.UINT16, bits=(i, 1)) for i in range(3)]

    search = HoleSearch(the_block(fields), limits=ReadLimits())

    assert search.block is None
    assert [point.key for point in search.illegal] == ["bit_0", "bit_1", "bit_2"]


def test_a_value_is_illegal_with_its_scale_but_the_scale_alone_is_not():
    radiation = make_point(key="radiation", address=5, scale_register=ScaleRegister(4, WordType.INT16, 10))
    block = the_block([*registers(3, 4), radiation])

    search = search_through(RefusingDevice(illegal={5}), block, ReadLimits())

    assert [point.key for point in search.illegal] == ["radiation"]


def test_a_device_that_answers_one_register_at_a_time_is_read_so():
    """Delta VFD-E drives: nothing is illegal, nothing can be merged."""
    device = RefusingDevice(borders={1, 2, 3})

    settled = settle(device, registers(0, 1, 2, 3), gap=10, limits=ReadLimits())

    assert [block.count for block in settled.blocks] == [1, 1, 1, 1]
    assert settled.holes == {Hole(Table.INPUT, border, border) for border in (1, 2, 3)}
    assert not settled.illegal


def test_a_device_that_allows_less_than_it_says_is_read_in_shorter_blocks():
    device = RefusingDevice(longest=20)

    settled = settle(device, registers(*range(50)), gap=10, limits=ReadLimits())

    assert all(device.would_answer(block.address, block.end) for block in settled.blocks)
    assert len(settled.blocks) <= 4
    assert not settled.illegal


def test_values_that_overlap_can_be_told_apart():
    """Two values share a scale register, and the device refuses the one read that spans all three."""
    first = make_point(key="first", address=0, scale_register=ScaleRegister(3, WordType.INT16, 10))
    second = make_point(key="second", address=6, scale_register=ScaleRegister(3, WordType.INT16, 10))

    settled = settle(RefusingDevice(longest=5), [first, second], gap=10, limits=ReadLimits())

    assert [(block.address, block.count) for block in settled.blocks] == [(0, 4), (3, 4)]


def test_a_value_inside_another_one_does_not_hide_a_border():
    """The long value covers the short one at 4; the border lies behind both."""
    points = [make_point(key="long", address=3, type=WordType.INT64), *registers(4, 7)]

    device = RefusingDevice(borders={7})

    search_through(device, the_block(points), ReadLimits())
    assert device.reads == 3, "3 to 6, 4 to 7 and 7; that 4 is answered alone follows from 3 to 6"

    settled = settle(device, points, gap=0, limits=ReadLimits())

    assert [(block.address, block.count) for block in settled.blocks] == [(3, 4), (7, 1)]


def test_a_border_holds_wherever_the_search_had_cut():
    """Cut before the register at 3, which lies in the same even pair as the value before it."""
    points = [make_point(key="value", address=1, type=WordType.FLOAT32), *registers(3, 4, 5)]
    limits = ReadLimits(even_only=True)

    settled = settle(RefusingDevice(longest=4), points, gap=0, limits=limits)

    assert [(block.address, block.count) for block in settled.blocks] == [(0, 4), (4, 2)]


def test_an_even_only_device_is_asked_evenly_during_a_search():
    """The register that makes a request even is no part of the hole if it was answered."""
    device, limits = RefusingDevice(illegal={5}), ReadLimits(max_registers=80, even_only=True)
    (block,) = plan_reads(registers(0, 1, 2, 9, 12), limits=limits, gap=10)
    search = HoleSearch(block, limits=limits)
    while search.block is not None:
        assert (search.block.address % 2, search.block.count % 2) == (0, 0)
        search.note(answered=device.answers(search.block))

    assert search.holes == {Hole(Table.INPUT, 4, 8)}


def test_a_search_that_is_over_takes_no_more_answers():
    search = HoleSearch(the_block(registers(0)), limits=ReadLimits())

    assert search.block is None
    with pytest.raises(RuntimeError, match="over"):
        search.note(answered=True)


def test_asking_again_after_a_timeout_changes_nothing():
    """The driver simply reads the same block once more."""
    search = HoleSearch(the_block(registers(0, 10)), limits=ReadLimits())

    assert search.block == search.block == the_block(registers(0))


@pytest.mark.parametrize("bad_gap", range(15))
def test_one_bad_gap_of_fifteen_costs_a_dozen_reads(bad_gap):
    """Halving sixteen points takes four cuts of at most two reads, and one read across each cut on the way back."""
    device = RefusingDevice(illegal={bad_gap * 6 + 3})
    block = the_block(registers(*range(0, 96, 6)))

    search = search_through(device, block, ReadLimits())

    assert search.holes == {Hole(Table.INPUT, bad_gap * 6 + 1, bad_gap * 6 + 6)}
    assert device.reads <= 3 * int(math.log2(16))


@st.composite
def devices_and_points(draw, *, points_at_most=14):
    points, address = [], 0
    for i in range(draw(st.integers(2, points_at_most))):
        address += draw(st.sampled_from([0, 0, 0, 1, 2, 5, 9]))
        length = draw(st.sampled_from([1, 1, 1, 2, 4]))
        points.append(make_point(key=f"p{i}", address=address, type=TYPE_OF_LENGTH[length]))
        address += draw(st.sampled_from([length, length, length, 0]))
    illegal = draw(st.sets(st.integers(0, address + 4), max_size=6))
    borders = draw(st.sets(st.integers(0, address + 4), max_size=2))
    return RefusingDevice(illegal=illegal, borders=borders, longest=draw(st.sampled_from([4, 7, 125]))), points


limits_of_devices = st.builds(ReadLimits, max_registers=st.sampled_from([6, 10, 125]), even_only=st.booleans())
gaps = st.sampled_from([0, 2, 10])


@given(case=devices_and_points(), limits=limits_of_devices, gap=gaps)
def test_every_legal_point_is_read_and_every_illegal_one_is_found(case, limits, gap):
    """Whatever a device refuses: the plan settles, and only what is refused alone is left out."""
    device, points = case

    settled = settle(device, points, gap=gap, limits=limits)

    def is_legal(point) -> bool:
        first, end = point.extent
        if limits.even_only:
            first, end = first // 2 * 2, (end + 1) // 2 * 2
        return device.would_answer(first, end)

    assert {point.key for point in settled.illegal} == {point.key for point in points if not is_legal(point)}
    read = {point.key for block in settled.blocks for point in block.points}
    assert read == {point.key for point in points if is_legal(point)}
    assert all(device.would_answer(block.address, block.end) for block in settled.blocks)


@given(case=devices_and_points(), limits=limits_of_devices, gap=gaps)
def test_a_hole_holds_something_that_is_refused(case, limits, gap):
    """An illegal register, or a border of the device."""
    device, points = case
    device.longest = 125

    for hole in settle(device, points, gap=gap, limits=limits).holes:
        refused = device.illegal & set(range(hole.first, hole.end))
        assert refused or device.borders & set(range(hole.first, hole.end + 1))


@st.composite
def points_with_bad_gaps(draw):
    """Single registers that are all legal, with illegal ones in some of the gaps between them."""
    addresses, illegal, address = [], set(), 0
    for _ in range(draw(st.integers(2, 40))):
        gap = draw(st.integers(0, 4))
        if gap and draw(st.integers(0, 5)) == 0:
            illegal.add(address + draw(st.integers(0, gap - 1)))
        address += gap
        addresses.append(address)
        address += 1
    return RefusingDevice(illegal=illegal), registers(*addresses)


@given(case=points_with_bad_gaps(), longest=st.sampled_from([8, 40, 125]))
def test_a_settled_plan_is_as_short_as_if_the_holes_had_been_known(case, longest):
    """And each hole costs a number of reads that grows with the logarithm of the block only."""
    device, points = case
    limits = ReadLimits(max_registers=longest)
    known = plan_reads(points, limits=limits, gap=10, holes=[Hole(Table.INPUT, a, a + 1) for a in device.illegal])

    settled = settle(device, points, gap=10, limits=limits)

    assert len(settled.blocks) == len(known)
    assert not settled.illegal
    plan_rounds = (settled.searches + 1) * len(known)
    assert device.reads - plan_rounds <= len(device.illegal) * 3 * (math.log2(len(points)) + 1)
