"""Storing a base file: idempotent, nothing with a history is deleted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from devices.profiles.outputs import OutputKind, StoppedBy
from devices.profiles.recording import EVERY_POLL, RecordMode, RecordPolicy, effective_policy
from devices.units import Quantity, Unit
from greenhouse.site import structure
from greenhouse.site.basefile import importer
from greenhouse.site.basefile.importer import Change
from greenhouse.site.models import Base, Device, LearnedHole, Line, Point
from greenhouse.site.point_index import point_index
from greenhouse.site.wiring import wired_lines
from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, METER, RELAYS, SERIAL_LINE, SMALL, WEATHER, load

pytestmark = pytest.mark.django_db


def test_a_second_load_of_the_same_file_changes_nothing():
    assert load()["point"].created > 0
    revision, rows = structure.revision(), list(Point.objects.values())
    assert not any(load().values())
    assert structure.revision() == revision
    assert list(Point.objects.values()) == rows


def test_every_change_is_a_new_revision():
    load()
    revision = structure.revision()
    assert load(SMALL.replace("水表", "主水表"))["device"] == Change(changed=1)
    assert structure.revision() != revision


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("水表", "主水表"),
        SMALL.replace(METER, ""),
        SMALL.replace("elevation_m = 1300", "elevation_m = 1250"),
    ],
    ids=["a device is renamed", "a device is gone", "the base lies elsewhere"],
)
def test_an_import_that_was_cut_off_before_it_told_is_told_by_the_next(monkeypatch, text):
    """Everything is stored, so the next import finds no change; the control process must read it all the same."""
    load()
    revision = structure.revision()
    with monkeypatch.context() as killed:
        killed.setattr(importer, "_announce", cut_off)
        with pytest.raises(KeyboardInterrupt):
            load(text)
    assert structure.revision() == revision
    assert not any(load(text).values())
    told = structure.revision()
    assert told != revision
    assert not any(load(text).values())
    assert structure.revision() == told


def cut_off(*_arguments: object) -> None:
    """The process is ended here."""
    raise KeyboardInterrupt


def test_what_left_the_file_is_switched_off_and_comes_back_under_its_id():
    """Samples of a removed meter stay readable, and the meter goes on under the same ids when it returns."""
    load()
    ids = dict(Point.objects.filter(device__key="meter").values_list("key", "id"))
    assert load(SMALL.replace(METER, ""))["device"].disabled == 1
    assert structure.point("meter.total_volume") is None
    assert Point.objects.get(key="meter.total_volume").enabled is False
    load()
    assert dict(Point.objects.filter(device__key="meter").values_list("key", "id")) == ids
    assert structure.point("meter.total_volume") is not None


def test_a_point_that_is_switched_off_in_the_file_is_gone_from_the_structure():
    load()
    load(SMALL.replace(METER, f"{METER}points.flow.enabled = false\n"))
    assert structure.point("meter.flow") is None
    assert structure.point("meter.total_volume") is not None


def test_the_points_of_a_device_that_is_switched_off_are_gone_too():
    load()
    Device.objects.filter(key="meter").update(enabled=False)
    assert structure.point("meter.flow") is None
    assert "meter" not in [device.key for line in wired_lines() for device in line.devices]


def test_two_devices_may_swap_their_unit_ids():
    """The database allows an address to one device; the file may exchange two in one step."""
    load()
    swapped = SMALL.replace("unit_id = 2", "unit_id = 99").replace("unit_id = 3", "unit_id = 2")
    swapped = swapped.replace("unit_id = 99", "unit_id = 3")
    assert load(swapped)["device"] == Change(changed=2)
    assert dict(Device.objects.values_list("key", "unit_id")) == {
        "h1-climate": 1,
        "meter": 3,
        "weather": 2,
        "relays": 1,
    }


def test_a_new_device_may_take_the_address_of_a_removed_one():
    load()
    replaced = SMALL.replace(METER, "").replace("unit_id = 3", "unit_id = 2")
    assert load(replaced)["device"].disabled == 1
    assert Device.objects.get(enabled=True, unit_id=2, line__key="climate").key == "weather"


def test_learned_holes_are_forgotten_when_a_device_becomes_another_kind():
    load()
    meter, weather = Device.objects.get(key="meter"), Device.objects.get(key="weather")
    for device in (meter, weather):
        device.holes.create(table="input", first=5, end=6, learned_at=datetime(2026, 11, 23, tzinfo=UTC))
    load(SMALL.replace('profile = "pulse-water-meter"', 'profile = "seeed-soil-ec"'))
    assert [hole.device for hole in LearnedHole.objects.select_related("device")] == [weather]


def test_points_are_stored_in_canonical_units():
    """pH and EC keep their units; a profile in µS/cm or kPa is stored in mS/cm and bar."""
    text = SMALL.replace('profile = "pulse-water-meter"', 'profile = "seeed-soil-ec"')
    load(text)
    conductivity = next(
        point for point in structure.base().points.values() if point.device == "meter" and "conduct" in point.local_key
    )
    declared = wired_lines()[0].devices[1].profile.point(conductivity.local_key)
    assert (declared.unit, conductivity.unit) == (Unit.MICROSIEMENS_PER_CENTIMETER, Unit.MILLISIEMENS_PER_CENTIMETER)
    assert conductivity.valid == pytest.approx([bound / 1000 for bound in declared.valid])


def test_the_reason_of_an_accepted_risk_stays_with_the_point():
    risk = 'accepted_risk = { by = "Li Na", reason = "a person stands by" }'
    load(f'{SMALL}points.relay_1.output = {{ kind = "pump", stopped_by = "none", on_stop = "close", {risk} }}\n')
    point = structure.point("relays.relay_1")
    assert (point.output_kind, point.stopped_by) == (OutputKind.PUMP, StoppedBy.NONE)
    assert (point.accepted_risk.by, point.accepted_risk.reason) == ("Li Na", "a person stands by")


def test_each_device_has_a_link_point_and_the_control_process_its_own():
    load()
    points = structure.base().points
    assert points["h1-climate.link"].states == (
        (0, "离线", "offline"),
        (1, "通信不稳", "degraded"),
        (2, "在线", "online"),
    )
    assert points["h1-climate.link"].is_virtual
    assert {key for key in structure.base().common_points if key.startswith("control.")} == {
        "control.cycle_time",
        "control.queue_depth",
        "control.lines_up",
        "control.lease_age",
        "control.alarm_evaluation",
        "control.clock",
        "control.store_wait",
        "control.store_transaction",
        "control.store_log",
        "control.store_rows",
        "control.packing_lag",
        "control.main_wait",
        "control.main_transaction",
    }


def test_what_is_recorded_follows_the_quantity_the_profile_and_the_site():
    """A setpoint at any change, a slow poll each time; the site's word counts most."""
    own = 'points.air_temperature.record = { mode = "change", dead_band = 0.3 }\n'
    own += 'points.relative_humidity.record = { mode = "interval", interval_s = 300 }\n'
    load(SMALL.replace(CONTROLLER, CONTROLLER + own))
    records = point_index().records
    assert records["h1-climate.air_temperature"] == RecordPolicy(RecordMode.CHANGE, dead_band=0.3)
    assert records["h1-climate.relative_humidity"] == RecordPolicy(RecordMode.INTERVAL, interval_s=300.0)
    assert records["h1-climate.heating_setpoint"] == RecordPolicy(RecordMode.CHANGE, dead_band=0.0)
    assert records["h1-climate.floor_temperature"] == RecordPolicy(RecordMode.CHANGE, dead_band=0.1)
    assert records["h1-climate.link"] == RecordPolicy(RecordMode.CHANGE, dead_band=0.0)
    assert records["relays.device_address"] == EVERY_POLL
    assert structure.base().points["h1-climate.air_temperature"].record == records["h1-climate.air_temperature"]


def test_a_dead_band_is_a_difference():
    """0.9 °F are 0.5 K, whatever the offset of the scale."""
    declared = RecordPolicy(RecordMode.CHANGE, dead_band=0.9)
    effective = effective_policy(declared, Quantity.TEMPERATURE, Unit.DEGREE_FAHRENHEIT, is_writable=False, poll_s=5.0)
    assert effective.dead_band == pytest.approx(0.5)


def test_wiring_gets_the_profile_with_the_overrides_of_the_site():
    load(SMALL.replace(CONTROLLER, f"{CONTROLLER}retries = 4\npoints.heating_setpoint.limits = [8, 20]\n"))
    climate, field = wired_lines()
    assert (climate.key, climate.host, climate.port, climate.gap) == ("climate", "127.0.0.1", 15020, None)
    assert (field.serial_port, field.baudrate, field.parity) == ("/dev/ttyUSB0", 9600, "N")
    controller = climate.devices[0]
    assert controller.profile.point("heating_setpoint").write.limits == (8, 20)
    assert controller.profile.retries == 4
    assert set(controller.point_ids) == {f"h1-climate.{point.key}" for point in controller.profile.points} | {
        "h1-climate.link"
    }


def test_a_base_of_any_size_is_read_with_the_same_number_of_queries():
    load(BASE + HOUSE + COMPARTMENT + LINE + CONTROLLER)
    with CaptureQueriesContext(
        connection,
    ) as small:
        structure.base(), wired_lines()
    load(SMALL + HOUSE.replace('"h1"', '"h2"') + COMPARTMENT.replace('"h1"', '"h2"'))
    with CaptureQueriesContext(connection) as large:
        structure.base(), wired_lines()
    assert len(large) == len(small)


def test_nothing_is_there_before_the_first_load():
    assert structure.base() is None
    assert structure.revision() is None
    assert wired_lines() == ()
    assert point_index().ids == {}


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (Device, {"unit_id": 0}),
        (Device, {"unit_id": 256}),
        (Line, {"host": None}),
        (Line, {"port": 0}),
        (Point, {"poll_s": 0}),
        (Point, {"limit_low": 5.0, "limit_high": 5.0}),
        (Point, {"accepted_risk_by": "Li Na", "accepted_risk_reason": ""}),
    ],
)
def test_the_database_itself_refuses_what_makes_no_sense(table, change):
    load()
    with pytest.raises(IntegrityError), transaction.atomic():
        table.objects.filter(key__in=("meter", "climate", "h1-climate.heating_setpoint")).update(**change)


def test_two_enabled_devices_never_share_an_address():
    load()
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.filter(key="meter").update(unit_id=3)


def test_the_command_tells_every_fault_and_stores_nothing(tmp_path, capsys):
    file = tmp_path / "base.toml"
    file.write_text(SMALL.replace("unit_id = 2", "unit_id = 0").replace("area_m2 = 480", "area_m2 = -1"), "utf-8")
    with pytest.raises(CommandError, match=r"base.toml: 3 fault\(s\); nothing was stored"):
        call_command("load_base", str(file))
    assert capsys.readouterr().err.count("\n") == 3
    assert not Base.objects.exists()


def test_the_command_can_check_without_storing(tmp_path, capsys):
    file = tmp_path / "base.toml"
    file.write_text(SMALL, encoding="utf-8")
    call_command("load_base", str(file), "--check")
    assert capsys.readouterr().out == "small: no faults\n"
    assert not Base.objects.exists()


def test_the_command_says_what_it_did(tmp_path, capsys):
    file = tmp_path / "base.toml"
    file.write_text(SMALL, encoding="utf-8")
    call_command("load_base", str(file))
    assert "house: 1 created, 0 changed, 0 switched off" in capsys.readouterr().out
    call_command("load_base", str(file))
    assert capsys.readouterr().out == "small: nothing to change\n"


def test_the_parts_of_the_small_base_are_what_the_tests_say():
    """Guards the texts that other tests cut out."""
    assert all(part in SMALL for part in (METER, WEATHER, RELAYS, SERIAL_LINE))


@pytest.mark.django_db
def test_a_device_that_is_switched_off_in_the_file_is_switched_off_and_frees_its_unit_id():
    load()
    off = SMALL.replace('key = "meter"', 'key = "meter"\nenabled = false')
    another = off + METER.replace('key = "meter"', 'key = "another"')
    load(another)
    assert not Device.objects.get(key="meter").enabled
    assert not Point.objects.filter(device__key="meter", enabled=True).exists()
    assert Device.objects.get(key="another").enabled
