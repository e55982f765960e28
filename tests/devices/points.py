"""Points for tests: an air temperature in an input register, unless the test says otherwise."""

from __future__ import annotations

from dataclasses import replace

from devices.profiles.outputs import OnStop, OutputSpec
from devices.profiles.schema import Access, PointSpec, Table, WordType, WriteSpec
from devices.units import Quantity, Unit

AIR_TEMPERATURE = PointSpec(
    key="air_temperature",
    label_zh="空气温度",
    label_en="Air temperature",
    quantity=Quantity.TEMPERATURE,
    unit=Unit.DEGREE_CELSIUS,
    table=Table.INPUT,
    address=0,
    type=WordType.INT16,
    source="made up for tests",
)


def make_point(**changes) -> PointSpec:
    """A point; ``at`` names it after its address."""
    if (at := changes.pop("at", None)) is not None:
        changes = {"key": f"{changes.get('table', 'input')}_{at}", "address": at, **changes}
    return replace(AIR_TEMPERATURE, **changes)


def make_setpoint(*, write: dict | None = None, **changes) -> PointSpec:
    """A holding register that is read and written alike, as int16 at scale 0.1 between 5 and 35."""
    point = make_point(**{"key": "heating_setpoint", "table": Table.HOLDING, "scale": 0.1, **changes})
    spec = {
        "function": 6 if point.word_count == 1 else 16,
        "table": point.table,
        "address": point.address,
        "type": point.type,
        "order": point.order,
        "limits": (5.0, 35.0),
        "tolerance": 0.05,
        "readback": point.key,
        **(write or {}),
    }
    return replace(point, access=Access.READ_WRITE, write=WriteSpec(**spec))


def make_output(kind, stopped_by, *, on_stop=OnStop.CLOSE, key="valve", address=0, **output):
    point = make_setpoint(
        key=key,
        quantity=Quantity.STATE,
        unit=Unit.NONE,
        table=Table.COIL,
        type=WordType.BIT,
        address=address,
        scale=1.0,
        write={"function": 5, "limits": (0.0, 1.0), "tolerance": 0.0},
    )
    return replace(point, output=OutputSpec(kind, stopped_by, on_stop, safe_value=0.0, **output))
