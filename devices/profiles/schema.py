"""What a device profile says: the registers of one kind of device, each with its source.

A profile is data (``data/*.toml``). These frozen classes are its checked form; ``loader`` builds them and reports every
fault of a file at once. Addresses are zero-based, as sent in the request. Limits, ranges, scales and offsets are
written in the point's declared ``unit``; the codec converts to the canonical one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices.modbus_limits import MAX_READ_BITS, MAX_READ_REGISTERS
from devices.profiles.outputs import OutputSpec
from devices.profiles.recording import RecordPolicy
from devices.units import Quantity, Unit


class Table(StrEnum):
    """The four tables of Modbus."""

    COIL = "coil"
    DISCRETE = "discrete"
    INPUT = "input"
    HOLDING = "holding"

    @property
    def read_function(self) -> int:
        """Function code that reads this table."""
        return {"coil": 1, "discrete": 2, "holding": 3, "input": 4}[self.value]

    @property
    def is_bits(self) -> bool:
        """Whether an address of this table is one bit."""
        return self in (Table.COIL, Table.DISCRETE)


class WordType(StrEnum):
    """How words become a number."""

    BIT = "bit"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"

    @property
    def word_count(self) -> int:
        """Registers taken (a bit of a coil table takes one address)."""
        if self is WordType.BIT:
            return 1
        return int(self.value.lstrip("uintfloa")) // 16

    @property
    def is_integer(self) -> bool:
        """Whether the raw number is an integer."""
        return "int" in self.value or self is WordType.BIT


class Order(StrEnum):
    """Order of the four bytes of a 32-bit value (and alike for 64 bits); ``a`` is the most significant."""

    ABCD = "abcd"
    CDAB = "cdab"
    BADC = "badc"
    DCBA = "dcba"


class Coding(StrEnum):
    """How a negative number is written where it is not two's complement."""

    PLAIN = "plain"
    SIGN_BIT = "sign_bit"
    """The most significant bit is the sign, the rest the magnitude."""
    OFFSET_10000 = "offset_10000"
    """10000 + magnitude is a negative number (KinCony SHT30: 10250 is -250)."""


class Access(StrEnum):
    """What may be done with a point."""

    READ = "read"
    WRITE = "write"
    READ_WRITE = "read_write"

    @property
    def can_read(self) -> bool:
        """Whether the point is polled."""
        return self is not Access.WRITE

    @property
    def can_write(self) -> bool:
        """Whether the point takes commands."""
        return self is not Access.READ


class Confidence(StrEnum):
    """How well a register is known. What is known worse than these stands under ``[[unverified]]``."""

    MAKER = "A"
    """Read in the maker's own manual or register table."""
    CORROBORATED = "B"
    """Two independent sources agree, or the maker's text reached us through a third party."""
    OWN = "own"
    """Defined here as a reference map, or given by the installer of the site's own controller."""


class WriteKind(StrEnum):
    """What a write does when it is carried out twice."""

    ABSOLUTE = "absolute"
    TOGGLE = "toggle"
    PULSE = "pulse"


class Role(StrEnum):
    """What a point is to whoever controls a climate; `devices.profiles.roles` says which points may be it."""

    AIR_TEMPERATURE = "air_temperature"
    """Of the compartment. The only temperature there that a program decides by."""
    HEATING_SETPOINT = "heating_setpoint"
    VENTILATION_SETPOINT = "ventilation_setpoint"
    BLANKET = "blanket"
    ROOF_VENT = "roof_vent"
    LEE_VENT = "lee_vent"
    WINDWARD_VENT = "windward_vent"
    BOTTOM_VENT = "bottom_vent"
    SCREEN = "screen"
    """The thermal screen inside."""
    SHADE = "shade"
    """The shading net above the roof."""
    OUTSIDE_TEMPERATURE = "outside_temperature"
    WIND_SPEED = "wind_speed"
    RAIN = "rain"
    """1: rain or snow falls; 0: it does not."""
    RADIATION = "radiation"
    """Global irradiance outside."""


@dataclass(frozen=True, slots=True)
class WriteSpec:
    """How a point is written.

    Attributes
    ----------
    function : int
        5, 6, 15 or 16.
    table, address, type, order
        Where and how; the same as the point's unless the profile says otherwise.
    limits : (low, high)
        Lowest and highest value that may be sent, in the point's declared unit.
    tolerance : float
        Largest difference between sent and read-back value that counts as the same, declared unit.
    readback : str or None
        Key of the point that is read back (usually the point itself). None: the write cannot be verified.
    confirm_within_s : float
        How long the device may take until the read-back agrees. [s]
    needs_approval : bool
        Whether a second person has to agree to a change that a person asks for.
    """

    function: int
    table: Table
    address: int
    type: WordType
    order: Order
    limits: tuple[float, float]
    tolerance: float
    readback: str | None
    kind: WriteKind = WriteKind.ABSOLUTE
    confirm_within_s: float = 2.0
    needs_approval: bool = False


@dataclass(frozen=True, slots=True)
class ScaleRegister:
    """A scale that the device keeps in another register of the same table.

    The value is ``raw * base ** (sign * word)`` for an exponent, or ``raw * word`` for a multiplier.
    """

    address: int
    type: WordType
    exponent_base: int | None
    exponent_sign: int = -1


@dataclass(frozen=True, slots=True)
class ConditionalScale:
    """A scale that depends on one bit of another register of the same table."""

    address: int
    bit: int
    when_set: float
    when_clear: float


@dataclass(frozen=True, slots=True)
class PointSpec:
    """One point of a device.

    Attributes
    ----------
    key : str
        Lower-case words joined by underscores, unique in the profile.
    label_zh, label_en : str
        What a person reads.
    bits : (first, count) or None
        A field of a register, counted from the least significant bit.
    valid : (low, high) or None
        Physical range, declared unit. Outside: the value is kept and marked bad.
    invalid_words : tuple of int
        Raw unsigned numbers that mean "no sensor".
    rolls_over_at : int or None
        A counter, and how many raw numbers it has: 0 follows the highest one, so a full uint32 says 4294967296.
    most_per_h : float or None
        Of a counter: most that it can count in an hour, declared unit. More between two readings is another device's.
    never_negative : bool
        An unsigned type is right although the quantity could fall below zero (a temperature that never freezes).
    confidence : Confidence
        How well the register is known.
    states : tuple of (number, zh, en)
        Names of the numbers of a mode or state; for status bits, names of the bits.
    read_to_clear : bool
        Reading changes the device; never read as part of a larger block.
    poll_s : float
        How often the point should be read. [s]
    source : str
        Where the register is documented.
    record : RecordPolicy or None
        Which polls become history; its dead band in the declared unit. None: the default of the quantity.
    role : Role or None
        What it is to whoever controls a climate.
    """

    key: str
    label_zh: str
    label_en: str
    quantity: Quantity
    unit: Unit
    table: Table
    address: int
    type: WordType
    source: str
    order: Order = Order.ABCD
    coding: Coding = Coding.PLAIN
    bits: tuple[int, int] | None = None
    scale: float = 1.0
    offset: float = 0.0
    scale_register: ScaleRegister | None = None
    conditional_scale: ConditionalScale | None = None
    valid: tuple[float, float] | None = None
    invalid_words: tuple[int, ...] = ()
    rolls_over_at: int | None = None
    most_per_h: float | None = None
    read_to_clear: bool = False
    access: Access = Access.READ
    poll_s: float = 5.0
    write: WriteSpec | None = None
    output: OutputSpec | None = None
    states: tuple[tuple[int, str, str], ...] = ()
    never_negative: bool = False
    confidence: Confidence = Confidence.OWN
    record: RecordPolicy | None = None
    role: Role | None = None

    @property
    def word_count(self) -> int:
        """Addresses taken by the value itself."""
        return self.type.word_count

    @property
    def extent(self) -> tuple[int, int]:
        """First address and one past the last that must be read together, with the scale register."""
        first, last = self.address, self.address + self.word_count
        if self.scale_register is not None:
            first = min(first, self.scale_register.address)
            last = max(last, self.scale_register.address + self.scale_register.type.word_count)
        if self.conditional_scale is not None:
            first = min(first, self.conditional_scale.address)
            last = max(last, self.conditional_scale.address + 1)
        return first, last


@dataclass(frozen=True, slots=True)
class UnverifiedPoint:
    """A register that is known too badly to be polled: its order or its scale is not certain, or its only source is one
    third party. Kept so that an engineer can try it with ``probe``."""

    key: str
    table: Table
    address: int
    type_text: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What one read request may ask of a device."""

    max_registers: int = MAX_READ_REGISTERS
    max_bits: int = MAX_READ_BITS
    even_only: bool = False
    """Start and count must be even."""


@dataclass(frozen=True, slots=True)
class SerialDefaults:
    """How the device leaves the factory. A unit id of None is not documented."""

    baudrate: int
    parity: str
    stopbits: int
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """What the driver does so that the device knows that this system is alive.

    Attributes
    ----------
    heartbeat : str or None
        Key of a point that is written with a counting number every ``every_s``.
    every_s : float
        Interval of heartbeat writes. [s]
    timeout : str or None
        Key of the point that holds the device's own communication time-out.
    timeout_value : float
        Written to ``timeout`` at start and after each reconnect, declared unit of that point.
    """

    heartbeat: str | None
    every_s: float
    timeout: str | None
    timeout_value: float


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """One kind of device."""

    key: str
    title_zh: str
    title_en: str
    source: str
    points: tuple[PointSpec, ...]
    unverified: tuple[UnverifiedPoint, ...] = ()
    serial: SerialDefaults | None = None
    limits: ReadLimits = ReadLimits()
    timeout_s: float = 0.5
    retries: int = 1
    unreadable: tuple[tuple[Table, int, int], ...] = ()
    """Address ranges (table, first, one past the last) that a read must never sweep up: they clear on reading."""
    keep_alive: KeepAlive | None = None
    notes: str = ""

    def point(self, key: str) -> PointSpec:
        """The point with this key.

        Raises
        ------
        KeyError
            If the profile has no such point.
        """
        for point in self.points:
            if point.key == key:
                return point
        raise KeyError(f"{self.key} has no point {key}")
