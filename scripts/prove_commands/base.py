"""The base under proof: some climate controllers on one line, simulated on real Modbus, and an empty store for it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command

from devices.simulator.base import LineDevice, LineKind, SimulatedBase, SimulatedLine
from devices.simulator.compartment import Enclosure
from devices.simulator.plant import PlantDevice
from devices.simulator.steady_plant import SteadyPlant
from greenhouse.clock import utc_now
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import parse_base
from scripts.prove_commands.load import ASKERS, HOUSES

PROJECT = Path(__file__).resolve().parents[2]


def base_text(port: int) -> str:
    """The base file: some climate controllers on one line."""
    text = (
        '[base]\nkey = "proof"\nname_zh = "验证基地"\nname_en = "Proof base"\n'
        "latitude_deg = 39.6\nlongitude_deg = 109.8\nelevation_m = 1300\n"
        '[[line]]\nkey = "climate"\nname_zh = "气候线路"\nname_en = "Climate line"\nkind = "tcp"\n'
        f'host = "127.0.0.1"\nport = {port}\n'
    )
    for number in range(1, HOUSES + 1):
        house = f'key = "h{number}"\nname_zh = "{number}号温室"\nname_en = "House {number}"\narea_m2 = 480\n'
        text += f'[[house]]\n{house}kind = "solar"\n[[compartment]]\n{house}house = "h{number}"\n'
        text += (
            f'[[device]]\nkey = "h{number}-climate"\nname_zh = "控制器"\nname_en = "Controller"\nline = "climate"\n'
            f'unit_id = {number}\nprofile = "climate-controller"\ncompartment = "h{number}"\norigin = "simulated"\n'
        )
    return text


def simulated_base() -> SimulatedBase:
    """The controllers of the base file, on a free port."""
    devices = parse_base(base_text(1), file="proof.toml", folder=PROJECT).devices
    plant = SteadyPlant(
        [PlantDevice(device.key, device.profile, device.compartment) for device in devices],
        {f"h{number}": Enclosure.SOLAR_GREENHOUSE for number in range(1, HOUSES + 1)},
        start=utc_now(),
    )
    members = tuple(LineDevice(device.key, device.unit_id, device.profile) for device in devices)
    return SimulatedBase([SimulatedLine(key="climate", kind=LineKind.TCP, devices=members, port=0)], plant)


def prepare(port: int) -> None:
    """An empty store with the base and the people who ask."""
    for alias in settings.DATABASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    import_base(parse_base(base_text(port), file="proof.toml", folder=PROJECT), now=utc_now())
    for number in range(ASKERS):
        user = User.objects.create_user(f"asker{number}")
        user.groups.add(Group.objects.get(name="technician"))
