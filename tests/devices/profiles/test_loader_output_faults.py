"""Each fault of a write, and of what stops an output when this system dies, is told in one sentence."""

from __future__ import annotations

import pytest

PUMP, LIGHT, SETPOINT, VALVE = (f'point "{key}"' for key in ("pump_running", "irradiance", "heating_setpoint", "valve"))
SETPOINT_WRITE = "write = { function = 6, limits = [5, 30] }"
VALVE_WRITE = "write = { function = 5, limits = [0, 1] }"
VALVE_OUTPUT = 'output = { kind = "valve", stopped_by = "device_timeout", on_stop = "close", safe_value = 0 }'
SETPOINT_OUTPUT = 'output = { kind = "setpoint", stopped_by = "supervised", on_stop = "keep" }'


def write(**fields: str) -> tuple[str, str]:
    """The setpoint's write table with other fields."""
    table = {"function": "6", "limits": "[5, 30]"} | fields
    return SETPOINT_WRITE, "write = { " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"


def valve(**fields: str | None) -> tuple[str, str]:
    """The valve's output table with other fields; None leaves one out."""
    table = {"kind": '"valve"', "stopped_by": '"device_timeout"', "on_stop": '"close"', "safe_value": "0"} | fields
    told = (f"{key} = {value}" for key, value in table.items() if value is not None)
    return VALVE_OUTPUT, "output = { " + ", ".join(told) + " }"


FAULTS: dict[str, tuple[tuple[str, str], str]] = {
    "writable without a write table": (
        (SETPOINT_WRITE + "\n" + SETPOINT_OUTPUT + "\n", ""),
        f"{SETPOINT}: access read_write needs a write table: write = {{ function, limits }}",
    ),
    "write table of a read point": (
        (f'access = "read_write"\n{SETPOINT_WRITE}', SETPOINT_WRITE),
        f"{SETPOINT}: write is given but access is read; say access read_write or write",
    ),
    "write without an output": (
        (SETPOINT_OUTPUT + "\n", ""),
        (
            f"{SETPOINT}: output is missing: say what this moves and what stops it, "
            "output = { kind, stopped_by, on_stop }"
        ),
    ),
    "output of a point that is not written": (
        (f'access = "read_write"\n{SETPOINT_WRITE}\n', ""),
        f"{SETPOINT}: output is given but the point has no write table",
    ),
    "written bits": (
        (
            "bits = [3, 1]",
            (
                'bits = [3, 1]\naccess = "read_write"\n'
                f'write = {{ function = 6, limits = [0, 1], table = "holding" }}\n{SETPOINT_OUTPUT}'
            ),
        ),
        (
            f"{PUMP}: bits cannot be written: the other bits of the register would be overwritten; "
            "write the whole register"
        ),
    ),
    "written value whose scale moves": (
        (
            'table = "input"\naddress = 31\n',
            f'table = "holding"\naddress = 31\naccess = "read_write"\n{SETPOINT_WRITE}\n{SETPOINT_OUTPUT}\n',
        ),
        f"{LIGHT}: a scale in another register can be read but not written: the number to send would be a guess",
    ),
    "missing limits": (
        (SETPOINT_WRITE, "write = { function = 6 }"),
        f"{SETPOINT}: write.limits is missing: the lowest and the highest value that may be sent",
    ),
    "reversed limits": (
        write(limits="[30, 5]"),
        f"{SETPOINT}: write.limits is reversed or empty: 30 is not below 5; write the lower one first",
    ),
    "limits that the register cannot hold": (
        write(limits="[5, 4000]"),
        f"{SETPOINT}: write.limits: 4000 would be sent as 40000, but int16 holds -32768 to 32767",
    ),
    "coil limits beyond on": (
        (VALVE_WRITE, "write = { function = 5, limits = [0, 2] }"),
        f"{VALVE}: write.limits: 2 would be sent as 2, but bit holds 0 to 1",
    ),
    "missing function": (
        (SETPOINT_WRITE, "write = { limits = [5, 30] }"),
        f"{SETPOINT}: write.function is missing",
    ),
    "function that does not write": (
        write(function="3"),
        f"{SETPOINT}: write.function 3 is no write; take 5 or 15 for coils, 6 or 16 for registers",
    ),
    "coil function on a register": (
        write(function="5"),
        f"{SETPOINT}: write.function 5 does not write the holding table; take 6 or 16",
    ),
    "register function on a coil": (
        (VALVE_WRITE, "write = { function = 6, limits = [0, 1] }"),
        f"{VALVE}: write.function 6 does not write the coil table; take 5 or 15",
    ),
    "one-register function for two registers": (
        write(type='"int32"'),
        f"{SETPOINT}: write.function 6 writes one register, but int32 takes 2; take function 16",
    ),
    "bit written to a register": (
        write(type='"bit"', limits="[0, 0.1]"),
        f"{SETPOINT}: write.type bit does not fit the holding table",
    ),
    "write to an input table": (
        write(table='"input"'),
        f"{SETPOINT}: write.table input cannot be written; only coil and holding can",
    ),
    "written value that runs past the last address": (
        write(function="16", type='"int32"', address="65535"),
        f"{SETPOINT}: write.address 65535 ends at 65536, past 65535",
    ),
    "negative tolerance": (
        write(tolerance="-0.1"),
        f"{SETPOINT}: write.tolerance -0.1 must not be below 0",
    ),
    "unknown read-back": (
        write(readback='"heating_temperature"'),
        f'{SETPOINT}: write.readback "heating_temperature" is no point of this profile',
    ),
    "read-back that cannot be read": (
        write(readback='"heartbeat"'),
        f'{SETPOINT}: write.readback "heartbeat" cannot be read; name one that can, or say "none"',
    ),
    "read-back of another quantity": (
        write(readback='"total_volume"'),
        f'{SETPOINT}: write.readback "total_volume" is a volume, so it cannot be compared with a temperature',
    ),
    "write-only point that does not say what shows the write": (
        ('limits = [1, 65535], readback = "none"', "limits = [1, 65535]"),
        (
            'point "heartbeat": write.readback is missing: name the point that shows the write, or say "none" when '
            "nothing does"
        ),
    ),
    "table written as a value": (
        (SETPOINT_WRITE, "write = 6"),
        f"{SETPOINT}: write must be a table, not 6",
    ),
    "valve that nothing stops": (
        valve(stopped_by='"none"'),
        (
            f'{VALVE}: output.stopped_by "none" is refused for a valve: nothing would stop it if this system died; '
            "name what does, or let an engineer sign accepted_risk = { by, reason }"
        ),
    ),
    "valve that stays open at a planned stop": (
        valve(on_stop='"hold"'),
        f'{VALVE}: output.on_stop must be "close" for a valve, which feeds for as long as it is on',
    ),
    "close without a number": (
        valve(safe_value=None),
        f'{VALVE}: output.safe_value is missing: on_stop "close" must know what to write',
    ),
    "safe value that may not be written": (
        valve(safe_value="2"),
        f"{VALVE}: output.safe_value 2 is outside write.limits 0 to 1",
    ),
    "run-time register without its point": (
        valve(stopped_by='"run_time_register"'),
        f"{VALVE}: output.stopped_by run_time_register needs output.run_time_point: the key of the run-time register",
    ),
    "unknown run-time point": (
        valve(stopped_by='"run_time_register"', run_time_point='"run_time"'),
        f'{VALVE}: output.run_time_point "run_time" is no point of this profile',
    ),
    "run-time point that is no writable duration": (
        valve(stopped_by='"run_time_register"', run_time_point='"heartbeat"'),
        f'{VALVE}: output.run_time_point "heartbeat" must be a writable duration',
    ),
    "end switch of a valve": (
        valve(stopped_by='"end_switch"', end_switch_in_hardware="true"),
        f"{VALVE}: output.stopped_by end_switch does not stop a valve: at its end position it still feeds",
    ),
    "supervised valve": (
        valve(stopped_by='"supervised"'),
        (
            f'{VALVE}: output.stopped_by "supervised" is for setpoints and modes; a valve is moved directly: say '
            "device_timeout, run_time_register, end_switch or none"
        ),
    ),
    "winder without end switches": (
        valve(kind='"winder"', stopped_by='"end_switch"', on_stop='"stop_motor"'),
        (
            f"{VALVE}: output.stopped_by end_switch needs output.end_switches (keys of the points that show them) or "
            "end_switch_in_hardware = true"
        ),
    ),
    "unknown end switch": (
        valve(kind='"winder"', stopped_by='"end_switch"', on_stop='"stop_motor"', end_switches='["top"]'),
        f'{VALVE}: output.end_switches: "top" is no point of this profile',
    ),
    "winder that is kept running": (
        valve(kind='"winder"', on_stop='"keep"'),
        f'{VALVE}: output.on_stop "keep" is refused for a winder; say "stop_motor" (or "hold" for a position)',
    ),
    "valve without read-back": (
        (VALVE_WRITE, 'write = { function = 5, limits = [0, 1], readback = "none" }'),
        f"{VALVE}: is a valve output without a read-back; name the point that is read back in write.readback",
    ),
    "toggled valve": (
        (VALVE_WRITE, 'write = { function = 5, limits = [0, 1], kind = "toggle" }'),
        f"{VALVE}: is a valve output written by toggle; only absolute writes can be checked",
    ),
    "risk accepted by nobody": (
        valve(stopped_by='"none"', accepted_risk='{ by = "", reason = "hand valve in series" }'),
        f"{VALVE}: output.accepted_risk needs both who accepts it (by) and why (reason)",
    ),
    "setpoint with a stop of its own": (
        (SETPOINT_OUTPUT, SETPOINT_OUTPUT.replace("supervised", "device_timeout")),
        f'{SETPOINT}: output.stopped_by must be "supervised" for a setpoint, not "device_timeout"',
    ),
    "setpoint that a planned stop closes": (
        (SETPOINT_OUTPUT, SETPOINT_OUTPUT.replace('"keep"', '"close", safe_value = 5')),
        f'{SETPOINT}: output.on_stop must be "keep" for a setpoint, not "close"',
    ),
}


@pytest.mark.parametrize(("change", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_once_with_its_point(faults_after, change, sentence):
    assert faults_after(*change) == (sentence,)


ACCEPTED = {
    "an engineer's signature under a valve that nothing stops": valve(
        stopped_by='"none"', accepted_risk='{ by = "Wang, 2026-03-02", reason = "hand valve in series" }'
    ),
    "a relay whose load only the base file knows": valve(kind='"relay"', stopped_by='"none"'),
    "a normally open valve, closed by its highest number": valve(safe_value="1"),
    "a fan that nothing stops": valve(kind='"fan"', stopped_by='"none"'),
    "a vent that stops at its own end switches": valve(
        kind='"vent"', stopped_by='"end_switch"', on_stop='"hold"', end_switch_in_hardware="true"
    ),
    "a valve that the device closes after its run time": valve(
        stopped_by='"run_time_register"', run_time_point='"communication_timeout"'
    ),
    "a tolerance of 0": write(tolerance="0"),
    "limits that only the offset carries into the register": (
        'scale = 0.1\naccess = "read_write"\nwrite = { function = 6, limits = [5, 30] }',
        'offset = -100\nscale = 0.1\naccess = "read_write"\nwrite = { function = 6, limits = [-3300, -3200] }',
    ),
    "a write to the last address": write(address="65535"),
    "a read that differs from its write in table, order and type": write(
        function="16", address="90", type='"float32"', order='"dcba"'
    ),
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_safe_is_not_refused(faults_after, change):
    assert faults_after(*change) == ()


def test_a_keep_alive_of_nothing_keeps_nothing_alive(faults_after):
    told = faults_after(
        'heartbeat = "heartbeat"\nevery_s = 5\ntimeout = "communication_timeout"\ntimeout_value = 60\n', "every_s = 5\n"
    )
    assert told[-1] == "[keep_alive]: names neither a heartbeat nor a timeout; leave the table out"


def test_a_device_timeout_without_its_register_protects_nothing(faults_after):
    told = faults_after('timeout = "communication_timeout"\ntimeout_value = 60\n', "")
    assert told == (
        f"{VALVE}: output.stopped_by device_timeout needs [keep_alive] timeout: the point of the device's own time-out",
    )
