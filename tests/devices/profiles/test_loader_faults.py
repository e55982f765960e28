"""Each fault of a file or of a register is told in one sentence that names the point and says what to do."""

from __future__ import annotations

import pytest

MORE = """
[[point]]
key = "second"
label_zh = "第二"
label_en = "second"
quantity = "count"
unit = "1"
table = "{table}"
address = {address}
type = "{type}"
confidence = "A"
source = "Demo manual p.5"
"""

AIR, VOLUME, PUMP, LIGHT, VALVE, SETPOINT = (
    f'point "{key}"'
    for key in ("air_temperature", "total_volume", "pump_running", "irradiance", "valve", "heating_setpoint")
)
TEMPERATURE = 'key = "air_temperature"'
SETPOINT_WRITE = "write = { function = 6, limits = [5, 30] }"
SETPOINT_OUTPUT = 'output = { kind = "setpoint", stopped_by = "supervised", on_stop = "keep" }'

FAULTS: dict[str, tuple[tuple[str, str], str]] = {
    "unknown top-level key": (
        ("[limits]", "[limit]"),
        'file: unknown key limit (did you mean "limits"?)',
    ),
    "unknown device key": (
        ('title_zh = "演示', 'vendor = "x"\ntitle_zh = "演示'),
        "[device]: unknown key vendor",
    ),
    "unknown point key": (
        ("scale = 0.1\nvalid", "scal = 0.1\nvalid"),
        f'{AIR}: unknown key scal (did you mean "scale"?)',
    ),
    "unknown key in a nested table": (
        (SETPOINT_WRITE, "write = { function = 6, limits = [5, 30], limit = 3 }"),
        f'{SETPOINT}: unknown key write.limit (did you mean "limits"?)',
    ),
    "missing title": (('title_en = "Demonstration controller"\n', ""), "[device]: title_en is missing"),
    "missing Chinese label": (('label_zh = "气温"\n', ""), f"{AIR}: label_zh is missing"),
    "missing English label": (('label_en = "air temperature"\n', ""), f"{AIR}: label_en is missing"),
    "empty label": (
        ('label_zh = "气温"', 'label_zh = " "'),
        f"{AIR}: label_zh must be a text that is not empty, not ' '",
    ),
    "missing source": (('source = "Demo manual p.4"\n', ""), f"{VALVE}: source is missing"),
    "missing address": (("address = 31\n", ""), f"{LIGHT}: address is missing"),
    "missing confidence": (
        ('confidence = "A"\nsource = "Demo manual p.4"', 'source = "Demo manual p.4"'),
        f"{VALVE}: confidence is missing: A (maker's manual), B (two sources agree) or own; else [[unverified]]",
    ),
    "a third party's word is not enough": (
        ('confidence = "A"\nsource = "Demo manual p.4"', 'confidence = "C"\nsource = "Demo manual p.4"'),
        f"{VALVE}: confidence 'C' is not known; known: A, B, own",
    ),
    "key of another style": (
        (TEMPERATURE, 'key = "AirTemperature"'),
        'point "AirTemperature": key "AirTemperature" must be lower-case words joined by underscores',
    ),
    "point without key": ((TEMPERATURE + "\n", ""), "point number 1 (no key): key is missing"),
    "point with an empty key": (
        (TEMPERATURE, 'key = ""'),
        "point number 1 (no key): key must be a text that is not empty, not ''",
    ),
    "duplicate key": (
        ('key = "status_bits"', 'key = "total_volume"'),
        'point "total_volume": 2 entries have this key; give each its own',
    ),
    "key of an unverified register used twice": (
        ('key = "acidity"', 'key = "valve"'),
        'point "valve": 2 entries have this key; give each its own',
    ),
    "text for a number": (("address = 31", 'address = "31"'), f"{LIGHT}: address must be a whole number, not '31'"),
    "truth value for a number": (
        ("scale = 0.1\nvalid", "scale = true\nvalid"),
        f"{AIR}: scale must be a finite number, not True",
    ),
    "fraction for an address": (
        ("address = 31", "address = 31.0"),
        f"{LIGHT}: address must be a whole number, not 31.0",
    ),
    "address 65536": (
        ("address = 31", "address = 65536"),
        f"{LIGHT}: address 65536 is outside 0 to 65535; an address is zero-based, as sent in the request (not 40001)",
    ),
    "negative address": (
        ("address = 31", "address = -1"),
        f"{LIGHT}: address -1 is outside 0 to 65535; an address is zero-based, as sent in the request (not 40001)",
    ),
    "value that runs past the last address": (
        ("address = 10\n", "address = 65535\n"),
        f"{VOLUME}: address 65535: its 2 registers end at 65536, past 65535",
    ),
    "unknown quantity": (
        ('quantity = "irradiance"', 'quantity = "iradiance"'),
        f'{LIGHT}: quantity \'iradiance\' is not known (did you mean "irradiance" or "illuminance"?)',
    ),
    "unknown unit": (('unit = "W/m2"', 'unit = "W/m²"'), f"{LIGHT}: unit 'W/m²' is not known (did you mean \"W/m2\"?)"),
    "unit of another quantity": (
        ('unit = "W/m2"', 'unit = "lx"'),
        f"{LIGHT}: unit lx is no unit of irradiance (legal: W/m2)",
    ),
    "unknown table": (
        ('table = "coil"', 'table = "coils"'),
        f"{VALVE}: table 'coils' is not known (did you mean \"coil\"?)",
    ),
    "register type in a bit table": (
        ('type = "bit"', 'type = "uint16"'),
        f'{VALVE}: type uint16 does not fit the coil table; say type = "bit"',
    ),
    "scale 0": (
        ("scale = 0.1\nvalid", "scale = 0\nvalid"),
        f"{AIR}: scale 0 makes every reading the same; write the step of the register",
    ),
    "scale that is no number": (
        ("scale = 0.1\nvalid", "scale = nan\nvalid"),
        f"{AIR}: scale must be a finite number, not nan",
    ),
    "infinite scale": (("scale = 0.1\nvalid", "scale = inf\nvalid"), f"{AIR}: scale must be a finite number, not inf"),
    "reversed range": (
        ("valid = [-40, 60]", "valid = [60, -40]"),
        f"{AIR}: valid is reversed or empty: 60 is not below -40; write the lower one first",
    ),
    "range without an end": (
        ("valid = [-40, 60]", "valid = [-40, inf]"),
        f"{AIR}: valid must be two finite numbers [low, high], not [-40, inf]",
    ),
    "range without width": (
        ("valid = [-40, 60]", "valid = [60, 60]"),
        f"{AIR}: valid is reversed or empty: 60 is not below 60; write the lower one first",
    ),
    "range of one number": (
        ("valid = [-40, 60]", "valid = [60]"),
        f"{AIR}: valid must be two finite numbers [low, high], not [60]",
    ),
    "invalid word without brackets": (
        ("invalid_words = [0x8000]", "invalid_words = 0x8000"),
        f"{AIR}: invalid_words must be a list of whole numbers, not 32768",
    ),
    "invalid word as a text": (
        ("invalid_words = [0x8000]", 'invalid_words = ["0x8000"]'),
        f"{AIR}: invalid_words must be a list of whole numbers, not ['0x8000']",
    ),
    "truth value as an invalid word": (
        ("invalid_words = [0x8000]", "invalid_words = [true]"),
        f"{AIR}: invalid_words must be a list of whole numbers, not [True]",
    ),
    "invalid word that no register holds": (
        ("invalid_words = [0x8000]", "invalid_words = [-32768]"),
        f"{AIR}: invalid_words: -32768 is no raw number of int16 (0 to 65535, before the sign)",
    ),
    "temperature that cannot fall below zero": (
        ('type = "int16"\nscale = 0.1\nvalid', 'type = "uint16"\nscale = 0.1\nvalid'),
        (
            f"{AIR}: type uint16 cannot show a temperature below 0 degC: frost would read as thousands of degrees; "
            "take a signed type, or say never_negative = true where frost is impossible"
        ),
    ),
    "float with a sign coding": (
        ('type = "int16"\nscale = 0.1\nvalid', 'type = "float32"\ncoding = "sign_bit"\nscale = 0.1\nvalid'),
        f"{AIR}: coding sign_bit needs an unsigned integer type, not float32: the sign is in the coding",
    ),
    "coded bits": (
        ("bits = [3, 1]", 'bits = [3, 1]\ncoding = "sign_bit"'),
        f"{PUMP}: coding sign_bit cannot be joined with bits",
    ),
    "bits outside the register": (
        ("bits = [3, 1]", "bits = [14, 3]"),
        f"{PUMP}: bits [14, 3] do not lie inside the 16 bits of uint16; bit 0 is the lowest",
    ),
    "bits of a signed register": (
        ("", MORE.format(table="input", address=25, type="int16") + "bits = [0, 1]\n"),
        'point "second": bits need an unsigned integer type, not int16',
    ),
    "bits below the lowest": (
        ("bits = [3, 1]", "bits = [-1, 2]"),
        f"{PUMP}: bits [-1, 2] do not lie inside the 16 bits of uint16; bit 0 is the lowest",
    ),
    "no bits at all": (
        ("bits = [3, 1]", "bits = [3, 0]"),
        f"{PUMP}: bits [3, 0] do not lie inside the 16 bits of uint16; bit 0 is the lowest",
    ),
    "bits as one number": (("bits = [3, 1]", "bits = [3]"), f"{PUMP}: bits must be [first, count], not [3]"),
    "state without a name": (
        ('[1, "开", "on"]', '[1, "开", ""]'),
        f"{PUMP}: states holds [1, '开', '']; each entry is [number, \"zh\", \"en\"]",
    ),
    "state named twice": (('[1, "开", "on"]', '[0, "开", "on"]'), f"{PUMP}: states names 0 twice"),
    "counter on a signed type": (
        ('type = "uint32"', 'type = "int32"'),
        f"{VOLUME}: rolls_over_at needs a plain unsigned integer, not int32",
    ),
    "counter that says its highest number": (
        ("rolls_over_at = 4294967296", "rolls_over_at = 4294967295"),
        f"{VOLUME}: rolls_over_at 4294967295 is the highest number; write 4294967296, one more, after which 0 follows",
    ),
    "counter wider than its type": (
        ("rolls_over_at = 4294967296", "rolls_over_at = 4294967297"),
        f"{VOLUME}: rolls_over_at 4294967297 is more than the 4294967296 numbers of uint32",
    ),
    "counter with a moving scale": (
        ("rolls_over_at = 4294967296", 'rolls_over_at = 4294967296\nscale_register = { address = 13, type = "int16" }'),
        f"{VOLUME}: rolls_over_at needs a fixed scale above 0",
    ),
    "two moving scales": (
        (
            'scale_register = { address = 30, type = "int16", exponent_base = 10 }',
            (
                'scale_register = { address = 30, type = "int16" }\n'
                "conditional_scale = { address = 32, bit = 4, when_set = 0.1, when_clear = 1 }"
            ),
        ),
        f"{LIGHT}: scale_register and conditional_scale exclude each other",
    ),
    "scale register inside the value": (
        ("scale_register = { address = 30,", "scale_register = { address = 31,"),
        f"{LIGHT}: scale_register.address 31 is inside the value itself",
    ),
    "scale register that holds a float": (
        ('address = 30, type = "int16"', 'address = 28, type = "float32"'),
        f"{LIGHT}: scale_register.type must be an integer type, not float32",
    ),
    "scale register too far for one request": (
        ("scale_register = { address = 30,", "scale_register = { address = 120,"),
        f"{LIGHT}: needs 90 registers in one request (with the register of its scale), but [limits] allows 80",
    ),
    "scale register past the last address": (
        (
            'address = 31\ntype = "int16"\nscale_register = { address = 30, type = "int16", exponent_base = 10 }',
            'address = 65534\ntype = "int16"\nscale_register = { address = 65535, type = "int32" }',
        ),
        f"{LIGHT}: the register of its scale ends at 65536, past 65535",
    ),
    "coil with a scale in another register": (
        (
            "",
            MORE.format(table="coil", address=9, type="bit")
            + "conditional_scale = { address = 32, bit = 4, when_set = 0.1, when_clear = 1 }\n",
        ),
        'point "second": a coil or discrete input has no scale in another register',
    ),
    "conditional scale of 0": (
        (
            'scale_register = { address = 30, type = "int16", exponent_base = 10 }',
            "conditional_scale = { address = 32, bit = 4, when_set = 0, when_clear = 1 }",
        ),
        f"{LIGHT}: conditional_scale: a scale of 0 makes every reading the same",
    ),
    "bit of a conditional scale out of range": (
        (
            'scale_register = { address = 30, type = "int16", exponent_base = 10 }',
            "conditional_scale = { address = 32, bit = 16, when_set = 0.1, when_clear = 1 }",
        ),
        f"{LIGHT}: conditional_scale.bit 16 is outside 0 to 15",
    ),
    "point in a range that must not be read": (
        ("first = 200", "first = 31"),
        f"{LIGHT}: lies in the unreadable range input 31 to 31",
    ),
    "read-to-clear that is never read": (
        ('key = "heartbeat"\n', 'key = "heartbeat"\nread_to_clear = true\n'),
        'point "heartbeat": read_to_clear is said of a point that is never read',
    ),
    "poll interval of 0": (
        ("valid = [-40, 60]", "valid = [-40, 60]\npoll_s = 0"),
        f"{AIR}: poll_s 0 must be above 0 and at most 86400",
    ),
    "two points on one register": (
        ("", MORE.format(table="input", address=0, type="int16")),
        'point "second": reads the same register input 0 as point "air_temperature"; keep one, or read bits of it',
    ),
    "two halves of two values": (
        ("", MORE.format(table="input", address=11, type="uint32")),
        'point "second": input 11 (uint32) overlaps point "total_volume" at 10 (uint32); check both addresses',
    ),
    "overlapping bit fields": (
        ("", MORE.format(table="input", address=20, type="uint16") + "bits = [2, 2]\n"),
        'point "second": its bits [2, 2] of input 20 overlap those of point "pump_running" [3, 1]',
    ),
    "two points on one coil": (
        ("", MORE.format(table="coil", address=0, type="bit")),
        'point "second": coil 0 is already point "valve"; one coil is one point',
    ),
    "two points that write one register": (
        (
            "",
            MORE.format(table="holding", address=9, type="uint16")
            + f'access = "read_write"\nwrite = {{ function = 6, limits = [0, 9], address = 5 }}\n{SETPOINT_OUTPUT}\n',
        ),
        'point "second": writes holding 5, which point "heartbeat" writes too',
    ),
    "unknown heartbeat point": (
        ('heartbeat = "heartbeat"', 'heartbeat = "pulse"'),
        '[keep_alive]: heartbeat "pulse" is no point of this profile',
    ),
    "time-out that cannot be written": (
        ('timeout = "communication_timeout"', 'timeout = "status_bits"'),
        '[keep_alive]: timeout "status_bits" cannot be written',
    ),
    "time-out that is no duration": (
        ('timeout = "communication_timeout"', 'timeout = "heartbeat"'),
        '[keep_alive]: timeout "heartbeat" must be a duration, not a count',
    ),
    "time-out outside its limits": (
        ("timeout_value = 60", "timeout_value = 5"),
        "[keep_alive]: timeout_value 5 is outside 10 to 600",
    ),
    "time-out without its number": (("timeout_value = 60\n", ""), "[keep_alive]: timeout_value is missing"),
    "unknown parity": (('parity = "N"', 'parity = "none"'), '[serial]: parity "none" must be N, E or O'),
    "126 registers": (("max_registers = 80", "max_registers = 126"), "[limits]: max_registers 126 is outside 1 to 125"),
    "odd maximum for even counts": (
        ("max_registers = 80", "max_registers = 81\neven_only = true"),
        "[limits]: max_registers 81 must be even when even_only is true",
    ),
    "unknown record mode": (
        ("valid = [-40, 60]", 'valid = [-40, 60]\nrecord = { mode = "changes", dead_band = 0.2 }'),
        f"{AIR}: record.mode 'changes' is not known (did you mean \"change\"?)",
    ),
    "dead band below 0": (
        ("valid = [-40, 60]", 'valid = [-40, 60]\nrecord = { mode = "change", dead_band = -1 }'),
        f"{AIR}: record.dead_band -1 is below 0; 0 records every change",
    ),
    "change without a dead band": (
        ("valid = [-40, 60]", 'valid = [-40, 60]\nrecord = { mode = "change" }'),
        f'{AIR}: record.dead_band is missing: mode "change" needs it',
    ),
    "interval without its length": (
        ("valid = [-40, 60]", 'valid = [-40, 60]\nrecord = { mode = "interval" }'),
        f'{AIR}: record.interval_s is missing: mode "interval" needs it',
    ),
    "interval that is longer than a day": (
        ("valid = [-40, 60]", 'valid = [-40, 60]\nrecord = { mode = "interval", interval_s = 90000 }'),
        f"{AIR}: record.interval_s 90000 must be above 0 and at most 86400",
    ),
    "dead band of every poll": (
        ("valid = [-40, 60]", 'valid = [-40, 60]\nrecord = { mode = "every", dead_band = 1 }'),
        f'{AIR}: record.dead_band belongs to mode "change", not to "every"',
    ),
    "unverified register without a reason": (
        ('why = "the word order is not documented"\n', ""),
        'unverified "acidity": why is missing',
    ),
}


@pytest.mark.parametrize(("change", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_once_with_its_point(faults_after, change, sentence):
    assert faults_after(*change) == (sentence,)
