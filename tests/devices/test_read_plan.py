"""The read plan: the fewest legal requests that bring every point."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devices.profiles.schema import (
    Access,
    DeviceProfile,
    PointSpec,
    ReadLimits,
    ScaleRegister,
    Table,
    WordType,
)
from devices.read_plan import Hole, never_swept, plan_reads
from devices.units import Quantity, Unit
from tests.devices.points import make_point

TYPE_OF_LENGTH = {1: WordType.INT16, 2: WordType.FLOAT32, 4: WordType.INT64}


def at(*addresses, **changes) -> list[PointSpec]:
    return [make_point(at=address, **changes) for address in addresses]


def plan(points, *, gap=10, limits=None, **options) -> list[tuple[int, int]]:
    """Blocks as (address, count)."""
    return [
        (block.address, block.count) for block in plan_reads(points, gap=gap, limits=limits or ReadLimits(), **options)
    ]


def test_no_points_need_no_request():
    assert plan_reads([], limits=ReadLimits(), gap=10) == ()


def test_neighbors_are_read_together():
    assert plan(at(0, 1, 2)) == [(0, 3)]


@pytest.mark.parametrize(("gap", "blocks"), [(0, [(0, 2), (12, 1)]), (9, [(0, 2), (12, 1)]), (10, [(0, 13)])])
def test_a_gap_is_counted_in_unwanted_registers(gap, blocks):
    """Between 1 and 12 stand ten registers that nobody wants."""
    assert plan(at(0, 1, 12), gap=gap) == blocks


@pytest.mark.parametrize(
    ("max_registers", "blocks"),
    [(1, 10), (4, 3), (80, 1), (125, 1)],
)
def test_a_block_is_as_long_as_the_device_allows(max_registers, blocks):
    assert len(plan(at(*range(10)), limits=ReadLimits(max_registers=max_registers))) == blocks


def test_no_device_reads_more_than_the_protocol_allows():
    """Whatever a profile claims: 125 registers, 2000 bits."""
    generous = ReadLimits(max_registers=1000, max_bits=9000)

    assert plan(at(*range(126)), limits=generous) == [(0, 125), (125, 1)]
    coils = at(*range(2001), table=Table.COIL, type=WordType.BIT)
    assert plan(coils, limits=generous) == [(0, 2000), (2000, 1)]


def test_tables_are_never_mixed():
    points = [*at(0, 1), *at(0, 1, table=Table.HOLDING), *at(2, table=Table.DISCRETE, type=WordType.BIT)]

    blocks = plan_reads(points, limits=ReadLimits(), gap=10)

    assert [(block.table, block.address, block.count) for block in blocks] == [
        (Table.DISCRETE, 2, 1),
        (Table.INPUT, 0, 2),
        (Table.HOLDING, 0, 2),
    ]


def test_fields_of_one_register_are_read_once():
    fields = [
        make_point(key=f"bit_{i}", type=WordType.UINT16, bits=(i, 1), quantity=Quantity.STATE, unit=Unit.NONE)
        for i in range(16)
    ]

    (block,) = plan_reads(fields, limits=ReadLimits(max_registers=1), gap=0)

    assert (block.count, [point.key for point in block.points]) == (1, [f"bit_{i}" for i in range(16)])


def test_what_cannot_be_read_is_left_out():
    """A command register that cannot be read back is no reason to ask for it."""
    assert plan([*at(0), *at(100, access=Access.WRITE), *at(200, access=Access.READ_WRITE)]) == [(0, 1), (200, 1)]


def test_a_long_value_is_never_cut():
    assert plan(at(0, 2, 4, type=WordType.FLOAT32), limits=ReadLimits(max_registers=5)) == [(0, 4), (4, 2)]


def test_a_value_and_its_scale_are_read_together():
    """Else the scale could change between two requests."""
    radiation = make_point(address=5, scale_register=ScaleRegister(3, WordType.INT16, 10))

    assert plan([*at(0), radiation], limits=ReadLimits(max_registers=5)) == [(0, 1), (3, 3)]


@pytest.mark.parametrize(
    ("addresses", "blocks"),
    [
        ([0], [(0, 2)]),
        ([3], [(2, 2)]),
        ([1, 2], [(0, 4)]),
        ([7, 13], [(6, 2), (12, 2)]),
        ([7, 12], [(6, 2), (12, 2)]),
        ([7, 11], [(6, 6)]),
        ([65535], [(65534, 2)]),
    ],
)
def test_even_only_devices_get_even_requests(addresses, blocks):
    """Eastron meters answer nothing else. The register that makes it even counts as wanted; gap 2."""
    assert plan(at(*addresses), limits=ReadLimits(max_registers=80, even_only=True), gap=2) == blocks


def test_an_odd_maximum_of_an_even_only_device_is_not_reached():
    assert plan(at(*range(8)), limits=ReadLimits(max_registers=5, even_only=True)) == [(0, 4), (4, 4)]


def test_bits_need_not_be_even():
    coils = at(3, table=Table.COIL, type=WordType.BIT)

    assert plan(coils, limits=ReadLimits(even_only=True)) == [(3, 1)]


def test_a_register_that_clears_on_reading_is_read_alone():
    """Kipp & Zonen SMP: reading register 7 restarts the standard deviation."""
    points = [*at(5, 6, 8, 9), *at(7, read_to_clear=True)]

    assert plan(points) == [(5, 2), (7, 1), (8, 2)]


def test_fields_of_a_clearing_register_are_read_in_one_request():
    """The second request would find zeros."""
    fields = [
        make_point(
            key=f"event_{i}",
            address=7,
            type=WordType.UINT16,
            bits=(i, 1),
            quantity=Quantity.STATE,
            unit=Unit.NONE,
            read_to_clear=True,
        )
        for i in range(3)
    ]

    (block,) = plan_reads(fields, limits=ReadLimits(), gap=10)

    assert (block.address, block.count, len(block.points)) == (7, 1, 3)


def test_what_clears_on_reading_is_never_swept_up_for_other_points():
    """Nor when its own point is due at another time, or no point wants it at all."""
    clearing = make_point(at=7, read_to_clear=True)
    profile = DeviceProfile("kipp", "", "", "", (*at(5, 9), clearing), unreadable=((Table.INPUT, 20, 22),))

    never = never_swept(profile)

    assert never == ((Table.INPUT, 20, 22), (Table.INPUT, 7, 8))
    assert plan(at(5, 9, 19, 23), unreadable=never) == [(5, 1), (9, 11), (23, 1)]


def test_what_is_unreadable_in_one_table_is_readable_in_another():
    never = [(Table.HOLDING, 1, 2)]

    assert plan(at(0, 2), unreadable=never) == [(0, 3)]
    assert plan(at(0, 2, table=Table.HOLDING), unreadable=never) == [(0, 1), (2, 1)]


def test_nothing_is_read_across_a_hole():
    assert plan(at(0, 5, 9), holes=[Hole(Table.INPUT, 2, 4)]) == [(0, 1), (5, 5)]
    assert plan(at(0, 5, 9), holes=[Hole(Table.HOLDING, 2, 4)]) == [(0, 10)]


def test_a_border_is_not_crossed():
    """Where a device answers on both sides and not across."""
    assert plan(at(0, 1, 2, 3), holes=[Hole(Table.INPUT, 2, 2)]) == [(0, 2), (2, 2)]
    assert plan(at(0, 4), holes=[Hole(Table.INPUT, 2, 2)]) == [(0, 1), (4, 1)]


def test_a_border_before_two_values_does_not_part_them():
    values = [make_point(key="low_word", address=5), make_point(key="whole", address=5, type=WordType.INT32)]

    assert plan(values, holes=[Hole(Table.INPUT, 5, 5)]) == [(5, 2)]


def test_a_point_in_a_hole_is_still_read():
    """A hole was learned while nobody wanted this point; only asking tells."""
    assert plan(at(0, 3, 6), holes=[Hole(Table.INPUT, 1, 6)]) == [(0, 1), (3, 1), (6, 1)]


@pytest.mark.parametrize(
    ("points", "limits", "complaint"),
    [
        (at(8, type=WordType.FLOAT32), ReadLimits(max_registers=1), "input_8: 2 addresses .* the device allows 1"),
        (at(1, type=WordType.FLOAT32), ReadLimits(max_registers=2, even_only=True), "input_1: 4 addresses"),
        (at(3), ReadLimits(max_registers=1, even_only=True), "input_3: 2 addresses .* allows 0"),
        (at(65535, type=WordType.FLOAT32), ReadLimits(), "input_65535: address 65536 is past the last one"),
        (at(9), ReadLimits(), "input_9: reading 9 to 9 sweeps up 9"),
        (at(10), ReadLimits(even_only=True), "input_10: reading 10 to 11 sweeps up 11"),
        (at(8, read_to_clear=True), ReadLimits(even_only=True), "input_8: reading 8 to 9 sweeps up 9"),
    ],
)
def test_a_point_that_no_request_can_read_is_named(points, limits, complaint):
    never = [(Table.INPUT, 9, 10), (Table.INPUT, 11, 12)]

    with pytest.raises(ValueError, match=complaint):
        plan_reads(points, limits=limits, gap=10, unreadable=never)


def test_every_fault_is_named_at_once():
    with pytest.raises(ValueError, match=r"input_1: .*input_4: .*input_65535: "):
        plan_reads(at(1, 4, 65535, type=WordType.FLOAT32), limits=ReadLimits(max_registers=1), gap=10)


# --- properties -------------------------------------------------------------------------------------------------------

limits_of_devices = st.builds(ReadLimits, max_registers=st.sampled_from([4, 5, 6, 8, 80, 125]), even_only=st.booleans())
gaps = st.sampled_from([0, 1, 2, 3, 10])


@st.composite
def some_points(draw, *, space=30, most=8):
    """Points of different lengths, some sharing registers, some with a scale register, some clearing."""
    points = []
    for i in range(draw(st.integers(1, most))):
        length = draw(st.sampled_from([1, 1, 2, 2, 4]))
        address = draw(st.integers(0, space - length))
        scale = None
        if length == 1 and draw(st.integers(0, 4)) == 0:
            scale = ScaleRegister(max(0, address - draw(st.integers(1, 3))), WordType.INT16, 10)
        clears = scale is None and draw(st.integers(0, 9)) == 0
        points.append(
            make_point(
                key=f"p{i}",
                address=address,
                type=TYPE_OF_LENGTH[length],
                scale_register=scale,
                read_to_clear=clears,
            )
        )
    return points


holes_of_devices = st.lists(
    st.builds(lambda first, length: Hole(Table.INPUT, first, first + length), st.integers(0, 30), st.integers(0, 3)),
    max_size=3,
)
unreadable_ranges = st.lists(
    st.builds(lambda first, length: (Table.INPUT, first, first + length), st.integers(0, 30), st.integers(1, 2)),
    max_size=2,
)


def planned(points, **options):
    try:
        return plan_reads(points, **options)
    except ValueError:
        assume(False)  # a point that cannot be read at all: told above
        raise


@given(points=some_points(), limits=limits_of_devices, gap=gaps, holes=holes_of_devices, never=unreadable_ranges)
def test_every_plan_is_legal_and_brings_every_point(points, limits, gap, holes, never):
    blocks = planned(points, limits=limits, gap=gap, unreadable=never, holes=holes)

    assert sorted(point.key for block in blocks for point in block.points) == sorted(point.key for point in points)
    for block in blocks:
        swept = set(range(block.address, block.end))
        wanted = {a for point in block.points for a in range(*point.extent)}
        padded = {a ^ 1 for a in wanted} if limits.even_only else set()
        clearing = {a for point in block.points if point.read_to_clear for a in range(*point.extent)}
        others = {a for point in points if point.read_to_clear for a in range(*point.extent)} - clearing
        assert wanted <= swept
        assert block.end <= 65536
        assert block.count <= limits.max_registers
        if limits.even_only:
            assert (block.address % 2, block.count % 2) == (0, 0)
        assert not swept & others
        assert not (swept - clearing) & {a for _, first, end in never for a in range(first, end)}
        assert not clearing or all(point.read_to_clear for point in block.points)
        assert not (swept - wanted - padded) & {a for hole in holes for a in range(hole.first, hole.end)}
        unwanted = sorted(wanted | padded & swept)
        assert all(after - before - 1 <= gap for before, after in pairwise(unwanted))


@given(points=some_points(), gap=gaps, limits=limits_of_devices, data=st.data())
def test_the_order_of_points_does_not_matter(points, gap, limits, data):
    shuffled = data.draw(st.permutations(points))

    assert planned(points, limits=limits, gap=gap) == plan_reads(shuffled, limits=limits, gap=gap)


def partitions(points):
    """All ways to share out the points."""
    if not points:
        yield []
        return
    for groups in partitions(points[1:]):
        yield [[points[0]], *groups]
        for i, group in enumerate(groups):
            yield [*groups[:i], [points[0], *group], *groups[i + 1 :]]


def is_one_legal_block(group, *, limits, gap, barred, borders) -> bool:
    """Whether one request can bring these points: told address by address."""
    spans = sorted(p.extent for p in group)
    if limits.even_only:
        spans = [(first // 2 * 2, (end + 1) // 2 * 2) for first, end in spans]
    start, end = spans[0][0], max(end for _, end in spans)
    if end - start > limits.max_registers or any(p.read_to_clear for p in group):
        return len(set(spans)) == 1
    reached = start
    for low, high in spans:
        swept = set(range(reached, low))
        if len(swept) > gap or swept & barred:
            return False
        crossed = range(max(start + 1, min(reached, low)), max(reached, low) + 1)
        if high > reached and borders & set(crossed):
            return False
        reached = max(reached, high)
    return True


@given(
    points=some_points(space=18, most=6),
    limits=limits_of_devices,
    gap=gaps,
    holes=holes_of_devices,
    never=unreadable_ranges,
)
def test_no_other_way_to_share_out_the_points_needs_fewer_requests(points, limits, gap, holes, never):
    """Against all partitions of the points, not only those in the order of addresses."""
    assume(len({span for p in points if p.read_to_clear for span in [p.extent]}) <= 1)
    blocks = planned(points, limits=limits, gap=gap, unreadable=never, holes=holes)

    barred = {a for _, first, end in never for a in range(first, end)}
    barred |= {a for p in points if p.read_to_clear for a in range(*p.extent)}
    barred |= {a for hole in holes for a in range(hole.first, hole.end)}
    borders = {hole.first for hole in holes if hole.first == hole.end}
    fewest = min(
        len(groups)
        for groups in partitions(points)
        if all(is_one_legal_block(g, limits=limits, gap=gap, barred=barred, borders=borders) for g in groups)
    )

    assert len(blocks) == fewest


@given(addresses=st.sets(st.integers(0, 400), min_size=50, max_size=200), longest=st.sampled_from([1, 4, 80, 125]))
def test_many_registers_need_as_few_blocks_as_counting_shows(addresses, longest):
    """With an endless gap a block reaches as far as it may: the least number of windows that cover all addresses."""
    windows, reach = 0, -1
    for address in sorted(addresses):
        if address > reach:
            windows, reach = windows + 1, address + longest - 1

    assert len(plan(at(*addresses), limits=ReadLimits(max_registers=longest), gap=1000)) == windows
