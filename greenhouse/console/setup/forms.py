"""The forms of the configuration pages. Each reads an entry of the base file and says which of its fields change.

They know the shape of an entry and no more: what is right is decided by the file's own reader, whose faults come back
to the field that they name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator, RegexValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from devices.samples import Origin
from greenhouse.alarms.definitions import Definition
from greenhouse.configuration.blocks import Value
from greenhouse.configuration.edits import Fields
from greenhouse.configuration.faults import LocatedFault
from greenhouse.configuration.models import LONGEST_REASON
from greenhouse.console.setup.words import FIELDS
from greenhouse.site.basefile.schema import HouseKind, LineKind, Parity

_ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f]*$", _("One line without control characters."))
HOUSE_KINDS: Mapping[str, Promise] = {
    HouseKind.SOLAR: pgettext_lazy("kind of house", "solar greenhouse"),
    HouseKind.GLASSHOUSE: pgettext_lazy("kind of house", "glasshouse"),
}
ORIGINS: Mapping[str, Promise] = {
    Origin.MEASURED: pgettext_lazy("origin", "measured"),
    Origin.SIMULATED: pgettext_lazy("origin", "simulated"),
    Origin.ESTIMATED: pgettext_lazy("origin", "estimated"),
    Origin.MANUAL: pgettext_lazy("origin", "typed in"),
}
RECORDS: Mapping[str, Promise] = {
    "": pgettext_lazy("record", "as the profile says"),
    "every": pgettext_lazy("record", "every read"),
    "change": pgettext_lazy("record", "what changed"),
    "interval": pgettext_lazy("record", "one in an interval"),
}
APPROVALS: Mapping[str, Promise] = {
    "": pgettext_lazy("approval", "as the profile says"),
    "yes": pgettext_lazy("approval", "needed"),
    "no": pgettext_lazy("approval", "not needed"),
}


def text(*, required: bool = True, longest: int = 200) -> forms.CharField:
    """A field for a name or an address."""
    return forms.CharField(required=required, max_length=longest, validators=[_ONE_LINE])


def number(*, required: bool = False) -> forms.FloatField:
    """A field for a number with a point."""
    return forms.FloatField(required=required, widget=forms.TextInput(attrs={"inputmode": "decimal"}))


def whole(*, required: bool = False) -> forms.IntegerField:
    """A field for a whole number."""
    return forms.IntegerField(required=required, widget=forms.TextInput(attrs={"inputmode": "numeric"}))


def choice(choices: Iterable[tuple[str, Any]], *, required: bool = True) -> forms.ChoiceField:
    """A field with a closed set of answers."""
    return forms.ChoiceField(required=required, choices=list(choices))


class EntryForm(forms.Form):
    """A form of one entry.

    Attributes
    ----------
    notes : dict
        What to know beside a field: its unit, what the profile says.
    """

    units: Mapping[str, str] = {"latitude_deg": "°", "longitude_deg": "°", "elevation_m": "m", "area_m2": "m²"}

    def __init__(self, *args: Any, notes: Mapping[str, str] | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.notes = dict(notes or {})
        for name, field in self.fields.items():
            field.label = str(FIELDS.get(name, field.label or name))
            field.widget.attrs.setdefault("autocomplete", "off")
            if note := self.notes.get(name) or self.units.get(name):
                field.help_text = note

    def values(self) -> Fields:
        """What the entry says with this form; None: the field is not in the file."""
        return {name: self._value(value) for name, value in self.cleaned_data.items()}

    @staticmethod
    def _value(value: object) -> Value | None:
        if value is None or value == "":
            return None
        if isinstance(value, str | int | float | bool | list | dict):
            return value
        raise TypeError(type(value))

    def take_faults(self, faults: Sequence[LocatedFault], *, prefix: str = "") -> list[LocatedFault]:
        """Show faults at the fields that they name. Returns those that belong to no field."""
        left = []
        for fault in faults:
            field = fault.field.removeprefix(prefix).split(".", 1)[0]
            if fault.field.startswith(prefix) and field in self.fields:
                self.add_error(field, fault.sentence)
            else:
                left.append(fault)
        return left


class BaseForm(EntryForm):
    """The base itself."""

    name_zh = text()
    name_en = text()
    latitude_deg = number(required=True)
    longitude_deg = number(required=True)
    elevation_m = number(required=True)
    time_zone = text(required=False, longest=50)


class HouseForm(EntryForm):
    """A house."""

    name_zh = text()
    name_en = text()
    kind = choice(HOUSE_KINDS.items())
    area_m2 = number(required=True)


class CompartmentForm(EntryForm):
    """A part of a house."""

    name_zh = text()
    name_en = text()
    area_m2 = number(required=True)


class NetworkLineForm(EntryForm):
    """A line over the network."""

    units = {"connect_timeout_s": "s"}
    name_zh = text()
    name_en = text()
    kind = choice([(LineKind.TCP, "Modbus TCP"), (LineKind.RTU_OVER_TCP, "RTU over TCP")])
    host = text(longest=255)
    port = whole(required=True)


WHERE_A_LINE_LEADS = ("host", "port", "serial_port")
"""Nobody's business who only looks."""


class SerialLineForm(EntryForm):
    """A line over a serial port."""

    name_zh = text()
    name_en = text()
    serial_port = text(longest=255)
    baudrate = whole()
    parity = choice([("", "—"), *((parity.value, parity.value) for parity in Parity)], required=False)
    stopbits = whole()


class DeviceForm(EntryForm):
    """A device on a line."""

    units = {"timeout_s": "s"}
    name_zh = text()
    name_en = text()
    line = choice([])
    unit_id = whole(required=True)
    profile = choice([])
    compartment = choice([], required=False)
    origin = choice([("", "—"), *ORIGINS.items()], required=False)
    timeout_s = number()
    retries = whole()
    enabled = forms.BooleanField(required=False)

    def offer(self, *, lines: Iterable[str], compartments: Iterable[str], profiles: Iterable[str]) -> None:
        """The answers that this base has."""
        offers: dict[str, list[tuple[str, Any]]] = {
            "line": [(key, key) for key in lines],
            "compartment": [("", _("the whole base")), *((key, key) for key in compartments)],
            "profile": [(key, key) for key in profiles],
        }
        for name, choices in offers.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def values(self) -> Fields:
        """As any entry; a device in use does not say so."""
        return {**super().values(), "enabled": None if self.cleaned_data["enabled"] else False}


class NewDeviceForm(DeviceForm):
    """One more device, under a key for ever."""

    key = text(longest=50)
    field_order = ("key",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["key"].label = _("Key (never changes)")


class PointForm(EntryForm):
    """Where a point differs from its profile. Everything is in the profile's unit; empty: as the profile says."""

    label_zh = text(required=False)
    label_en = text(required=False)
    enabled = forms.BooleanField(required=False)
    poll_s = number()
    valid_low = number()
    valid_high = number()
    limits_low = number()
    limits_high = number()
    approval = choice(APPROVALS.items(), required=False)
    record = choice(RECORDS.items(), required=False)
    record_dead_band = number()
    record_interval_s = number()

    LABELS: Mapping[str, Promise] = {
        "valid_low": _("Plausible from"),
        "valid_high": _("Plausible to"),
        "limits_low": _("May be set from"),
        "limits_high": _("May be set to"),
        "record_dead_band": _("Changes up to this are none"),
        "record_interval_s": _("Seconds between two values of history"),
    }

    def __init__(self, *args: Any, is_readable: bool, is_writable: bool, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        absent = {"valid_low", "valid_high", "poll_s", "record", "record_dead_band", "record_interval_s"}
        if is_readable:
            absent = set()
        if not is_writable:
            absent |= {"limits_low", "limits_high", "approval"}
        for name in absent:
            del self.fields[name]
        for name, label in self.LABELS.items():
            if name in self.fields:
                self.fields[name].label = str(label)

    def clean(self) -> dict[str, Any]:
        """Both ends of a range in their order, or none."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("valid", "limits"):
            if (data.get(f"{name}_low") is None) != (data.get(f"{name}_high") is None):
                self.add_error(f"{name}_high", _("Give both ends of the range, or none."))
            elif data.get(f"{name}_low") is not None and data[f"{name}_low"] >= data[f"{name}_high"]:
                self.add_error(f"{name}_high", _("The upper end has to lie above the lower one."))
        return data

    def values(self) -> Fields:
        """The point's table in the base file."""
        data = self.cleaned_data
        found: dict[str, Value | None] = {
            "label_zh": data["label_zh"] or None,
            "label_en": data["label_en"] or None,
            "enabled": None if data["enabled"] else False,
        }
        if "poll_s" in self.fields:
            found |= {"poll_s": data["poll_s"], "valid": self._range("valid"), "record": self._record()}
        if "approval" in self.fields:
            found |= {"limits": self._range("limits"), "approval": {"yes": True, "no": False}.get(data["approval"])}
        return found

    def _range(self, name: str) -> Value | None:
        low, high = self.cleaned_data[f"{name}_low"], self.cleaned_data[f"{name}_high"]
        return None if low is None or high is None else [low, high]

    def _record(self) -> Value | None:
        mode = self.cleaned_data["record"]
        if not mode:
            return None
        found: dict[str, str | float] = {"mode": mode}
        name = {"change": "dead_band", "interval": "interval_s"}.get(mode, "")
        if name and (value := self.cleaned_data[f"record_{name}"]) is not None:
            found[name] = value
        return found

    def take_faults(self, faults: Sequence[LocatedFault], *, prefix: str = "") -> list[LocatedFault]:
        """As any entry; a fault of a range stands at its lower end."""
        left = []
        for fault in super().take_faults(faults, prefix=prefix):
            name = f"{fault.field.removeprefix(prefix)}_low"
            if name in self.fields:
                self.add_error(name, fault.sentence)
            else:
                left.append(fault)
        return left


class AlarmForm(EntryForm):
    """An alarm otherwise than shipped. Empty: as shipped."""

    compartments = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    enabled = forms.BooleanField(required=False)
    limit = number()
    deadband = number()
    on_delay_s = number()
    off_delay_s = number()
    priority = choice([("", "—"), *((name, name) for name in ("P1", "P2", "P3", "P4"))], required=False)
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        validators=[ProhibitNullCharactersValidator(), _ONE_LINE],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(  # what a Django form takes besides
        self,
        *args: Any,  # noqa: ANN401
        definition: Definition,
        compartments: Iterable[tuple[str, str]],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["compartments"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(compartments)
        if not definition.kind.has_limit:
            del self.fields["limit"], self.fields["deadband"]

    def values(self) -> Fields:
        """As any entry; an alarm that is looked at does not say so."""
        return {**super().values(), "enabled": None if self.cleaned_data["enabled"] else False}


class ReasonForm(forms.Form):
    """Why something is changed."""

    reason = forms.CharField(max_length=LONGEST_REASON, validators=[ProhibitNullCharactersValidator(), _ONE_LINE])
