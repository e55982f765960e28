"""Well-known registers, decoded through their shipped profiles, give the readings that their sources print."""

from __future__ import annotations

import numpy as np
import pytest

from devices.codec import decode_point, encode_write
from devices.profiles.catalog import shipped_profile
from devices.samples import Quality, Reason

# device, point, words as they come from the point's own address, value in the canonical unit, source of the example
READINGS = [
    ("senseair-k30", "co2_concentration", [0x0301], 769.0, "CO2Meter AN123: 68 04 00 03 00 01 reads 769 ppm"),
    ("senseair-s8", "co2_concentration", [0x0301], 769.0, "CO2Meter AN123, same register"),
    ("kincony-sht30", "air_temperature", [10250], -25.0, "KinCony product page: 10250 is -25.0 degC"),
    ("kincony-sht30", "air_temperature", [250], 25.0, "KinCony product page: 250 is 25.0 degC"),
    ("dfrobot-sen0483", "wind_speed", [37], 3.7, "SEN0483 wiki: 37 is 3.7 m/s"),
    ("xy-md02", "air_temperature", [0xFF33], -20.5, "two's complement of 205 at 0.1 degC"),
    ("renke-rs-ws", "air_temperature", [65516], -2.0, "65516 seen as -20 steps (modbus2mqtt issue 39), at 0.1 degC"),
    ("jxct-soil-7in1", "acidity", [650], 6.5, "pH in hundredths (JXBS-3001 manual 2.0)"),
    ("seeed-soil-ec", "substrate_temperature", [2150], 21.5, "Seeed manual p.8: temperature in hundredths"),
    ("seeed-soil-ec", "conductivity", [1413], 1.413, "1413 uS/cm calibration solution is 1.413 mS/cm"),
    ("apogee-sq422x", "photon_flux_density", [0x44FA, 0x0000], 2000.0, "IEEE 754 of 2000, most significant word first"),
    ("tuf-2000", "flow_rate", [0x0000, 0x41AC], 21.5, "IEEE 754 of 21.5, least significant word first"),
    ("sensecap-one", "air_pressure", [0x0533, 0x7BE0], 87.260128, "87,260,128 thousandths of a pascal"),
    ("eastron-sdm630", "voltage_l1", [0x4366, 0x3333], 230.2, "IEEE 754 of 230.2, most significant word first"),
    ("agrowtek-sxc", "wind_speed", [10], 4.4704, "10 mph; 1 mile is 1609.344 m"),
    ("abb-acs580", "actual_1", [20000], 100.0, "ACH580 manual: 20000 is 100 %"),
    ("danfoss-fc102", "main_actual_value", [0x4000], 100.0, "FC 202 design guide: 0x4000 is 100 %"),
    ("belimo-mod", "position", [5000], 50.0, "Belimo register list: hundredths of a percent"),
    ("elt-mb350", "relative_humidity", [57], 57.0, "MB-350U manual p.10: humidity without decimals"),
]


@pytest.mark.parametrize(("device", "key", "words", "value", "source"), READINGS)
def test_a_known_reading_is_decoded_as_its_source_says(device, key, words, value, source):
    decoded = decode_point(np.array(words, dtype=np.uint16), shipped_profile(device).point(key))
    assert decoded.value == pytest.approx(value, rel=1e-6), source
    assert decoded.quality is Quality.GOOD


FAILED_SENSORS = [
    ("agrowtek-sxc", "air_temperature", 9999),
    ("agrowtek-sxc", "co2_concentration", 0),
    ("agrowtek-sxc", "co2_concentration", 9999),
    ("belimo-uk24mod", "position", 65535),
    ("climate-controller", "air_temperature", 0x8000),
    ("climate-controller", "relative_humidity", 0xFFFF),
]


@pytest.mark.parametrize(("device", "key", "word"), FAILED_SENSORS)
def test_a_failed_sensor_gives_no_value(device, key, word):
    """Agrowtek manuals: 9999 is a failed sensor, CO2 reads 0; UK24MOD manual: 65535 is not available."""
    decoded = decode_point(np.array([word], dtype=np.uint16), shipped_profile(device).point(key))
    assert (decoded.value, decoded.quality, decoded.reason) == (None, Quality.BAD, Reason.INVALID_WORD)


@pytest.mark.parametrize(("exponent", "raw", "value"), [(0, 812, 812.0), (1, 8125, 812.5), (0xFFFF, 81, 810.0)])
def test_a_pyranometer_is_scaled_by_its_own_register(exponent, raw, value):
    """Kipp & Zonen SMP manual: value = raw / 10 ** (register 4); a negative number multiplies."""
    point = shipped_profile("kipp-smp").point("irradiance")
    decoded = decode_point(np.array([exponent, raw], dtype=np.uint16), point)
    assert decoded.value == pytest.approx(value)


@pytest.mark.parametrize(("bits", "value"), [(0b10000, 21.5), (0b00000, 215.0)])
def test_a_room_panel_s_decimals_follow_bit_4(bits, value):
    """iSMA TP manual p.37: one decimal when bit 4 of register 315 is set. 215 degC is then out of range."""
    point = shipped_profile("isma-tp").point("air_temperature")
    words = np.zeros(16, dtype=np.uint16)
    words[0], words[15] = 215, bits
    assert decode_point(words, point).value == pytest.approx(value)


def test_one_based_manuals_are_sent_zero_based():
    """Danfoss register 50000, S+S 3x0001, Eastron 30001 and ABB 400001, less one; XY-MD02 really starts at 1."""
    first = {
        ("danfoss-fc102", "control_word"): 49999,
        ("eastron-sdm630", "voltage_l1"): 0,
        ("abb-acs580", "control_word"): 0,
        ("xy-md02", "air_temperature"): 1,
    }
    assert {place: shipped_profile(place[0]).point(place[1]).address for place in first} == first


WRITES = [
    ("climate-controller", "heating_setpoint", 18.5, (185,)),
    ("climate-controller", "co2_setpoint", 800.0, (800,)),
    ("water-fertilizer-unit", "conductivity_setpoint", 2.35, (235,)),
    ("vent-motor", "target_position", 33.3, (333,)),
    ("valve-block-8", "valve_3", 1.0, (1,)),
    ("danfoss-fc102", "bus_reference", 100.0, (0x4000,)),
    ("belimo-mod", "setpoint", 50.0, (5000,)),
]


@pytest.mark.parametrize(("device", "key", "value", "words"), WRITES)
def test_a_setpoint_is_sent_in_the_register_s_own_steps(device, key, value, words):
    assert encode_write(shipped_profile(device).point(key), value) == words
