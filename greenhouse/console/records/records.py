"""Django's admin as the base has it: the records behind the pages, to read, for engineers.

What has a page of its own is changed there and only there, where it is checked, asked for twice and recorded: the base
on the configuration pages, people on theirs, settings through requests. So nothing here can be added or changed, with
one exception that no page has: an address that a device once refused can be forgotten, so that it is tried again.

Not here at all: logins and groups (the admin would set passwords and rights past the record), sessions (their keys open
an account), failed sign-ins, and raw series (their tables have keys of several columns; the curves show them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import display_for_field
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from greenhouse.access.models import Seen
from greenhouse.access.roles import Action, may
from greenhouse.alarms import models as alarms
from greenhouse.clock import utc_now
from greenhouse.commands import models as commands
from greenhouse.configuration import models as configuration
from greenhouse.console.account.views import SignOut
from greenhouse.console.records.words import column_name
from greenhouse.ledger import chain
from greenhouse.ledger import models as ledger
from greenhouse.rules import models as rules
from greenhouse.schedules import models as schedules
from greenhouse.site import models as site_models
from greenhouse.telemetry import models as telemetry

if TYPE_CHECKING:
    ModelAdmin: TypeAlias = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class Records(admin.AdminSite):
    """The admin without a door of its own: one signs in, and out, where everybody does."""

    site_title = _("Records")
    site_header = _("Records of the base")
    index_title = _("What stands behind the pages")
    enable_nav_sidebar = False
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        """Engineers only, asked at every request."""
        return may(request.user, Action.ADMINISTER)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002  (Django's signature)
        """Refuse at once. Django would send people to a sign-in of its own."""
        guarded = super().admin_view(view, cacheable)

        def shown(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not self.has_permission(request):
                raise PermissionDenied
            answer: HttpResponseBase = guarded(request, *args, **kwargs)
            return answer

        return shown

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, _extra_context: object = None) -> HttpResponse:
        """The one sign-in, which counts failures."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return HttpResponseRedirect(f"{reverse('console:login')}?{request.GET.urlencode()}")

    def logout(self, request: HttpRequest, _extra_context: object = None) -> HttpResponse:  # type: ignore[override]
        """The one sign-out, which is recorded."""
        answer = SignOut.as_view()(request)
        assert isinstance(answer, HttpResponse)
        return answer

    def password_change(self, _request: HttpRequest, _extra_context: object = None) -> HttpResponse:  # type: ignore[override]
        """Where the own password is changed."""
        return HttpResponseRedirect(reverse("console:account"))

    def password_change_done(self, request: HttpRequest, _extra_context: object = None) -> HttpResponse:  # type: ignore[override]
        """As before it."""
        return self.password_change(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Groups and tables in the reader's language; the models' own names are for programmers."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = _GROUPS.get(app["app_label"], app["name"])
            for model in app["models"]:
                table = self._registry[model["model"]]
                assert isinstance(table, ReadOnly)
                model["name"] = table.title
        return apps


class ReadOnly(ModelAdmin):
    """A table to read."""

    title: Promise | str = ""
    actions = None
    show_full_result_count = False
    list_per_page = 50
    change_list_template = "admin/records_list.html"
    change_form_template = "admin/records_detail.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As the whole site."""
        return may(request.user, Action.ADMINISTER)

    def has_view_permission(self, request: HttpRequest, _obj: object = None) -> bool:
        """As the whole site."""
        return may(request.user, Action.ADMINISTER)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Never, unless a table says otherwise."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The rows, under a title that people read."""
        return super().changelist_view(request, {**(extra_context or {}), **self._titles()})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One row, under the same title."""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **self._titles()})

    def _titles(self) -> dict[str, Any]:
        group = _GROUPS.get(self.opts.app_label, self.opts.app_label)
        return {"title": self.title, "records_title": self.title, "records_group": group}


def _column(model: type[Model], name: str) -> Callable[[Model], str]:
    """A column of a list, under a name that people read."""
    table = model._meta  # noqa: SLF001  (Django's documented model API)
    field = table.get_field(name)
    assert isinstance(field, Field)

    def shown(row: Model) -> str:
        return str(display_for_field(getattr(row, name), field, Records.empty_value_display))

    shown.__name__ = name  # Django names the cells of the column by it
    return admin.display(description=lazy(column_name, str)(table, name), ordering=name)(shown)


def _columns(model: type[Model], names: Iterable[str]) -> dict[str, Any]:
    """The columns of a list; what other tables name in them comes with the same query."""
    fields = [model._meta.get_field(name) for name in names]  # noqa: SLF001  (as above)
    others = [field.name for field in fields if field.many_to_one or field.one_to_one]
    return {"list_display": [_column(model, field.name) for field in fields], "list_select_related": others or False}


class LearnedHoles(ReadOnly):
    """Addresses that a device refused; forgotten ones are tried again when the control process next starts."""

    title = _("Addresses that devices refuse")

    def has_delete_permission(self, request: HttpRequest, _obj: object = None) -> bool:
        """Engineers."""
        return may(request.user, Action.ADMINISTER)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Model]) -> Any:  # noqa: ANN401
        """In the admin's own log, and in the ledger."""
        found = list(queryset)
        entries = super().log_deletions(request, queryset)
        for row in found:
            assert isinstance(row, site_models.LearnedHole)
            assert isinstance(request.user, User)
            facts: dict[str, str | int] = {
                "device": row.device.key,
                "table": row.table,
                "first": row.first,
                "end": row.end,
            }
            chain.append(
                chain.Kind.BASE_LOADED, {"event": "hole_forgotten", "by": request.user.pk, **facts}, now=utc_now()
            )
        return entries


_GROUPS: Mapping[str, Promise] = {
    "access": _("Sign-in"),
    "admin": _("Records"),
    "alarms": _("Alarms"),
    "commands": _("Requests and settings"),
    "configuration": _("Configuration"),
    "ledger": _("Ledger"),
    "rules": _("Programs"),
    "schedules": _("Schedules"),
    "site": _("Structure"),
    "telemetry": _("Values"),
}

_TABLES: Sequence[tuple[type[Model], Promise, Iterable[str]]] = (
    (LogEntry, _("What was done here"), ("action_time", "user", "action_flag", "object_repr")),
    (Seen, _("When people were last here"), ("user", "at")),
    (
        alarms.Occurrence,
        _("Alarms that came"),
        ("definition_key", "object_key", "priority", "state", "raised_at", "cleared_at"),
    ),
    (alarms.OccurrenceEvent, _("Steps of alarms"), ("at", "kind", "state", "actor")),
    (alarms.RunningDelay, _("Delays that run"), ("definition_key", "object_key", "since")),
    (alarms.SiteAlarms, _("The alarm file in force"), ("id",)),
    (
        commands.CommandRequest,
        _("Requests"),
        ("created_at", "point_key", "value", "unit", "source", "requested_by", "state"),
    ),
    (commands.CommandEvent, _("Steps of requests"), ("at", "state", "actor", "role", "new_value", "verdict")),
    (commands.ManualHold, _("Manual holds"), ("point_key", "state", "ends_at", "ended_at", "end")),
    (commands.InForce, _("Settings in force"), ("point_key", "value", "at")),
    (commands.PlannedStop, _("Planned stops"), ("at", "outputs", "unconfirmed")),
    (commands.DiagnosticRead, _("Raw reads"), ("created_at", "line_key", "unit_id", "table", "address", "count")),
    (configuration.Version, _("Versions of the base file"), ("number", "at", "author", "origin", "reason")),
    (configuration.Standing, _("The version in force"), ("applied",)),
    (ledger.Entry, _("Entries of the ledger"), ("number", "at", "kind", "payload")),
    (ledger.Head, _("Head of the ledger"), ("number", "hash")),
    (
        rules.ProgramVersion,
        _("Versions of climate programs"),
        ("compartment_key", "number", "created_at", "author", "origin", "reason"),
    ),
    (
        rules.ProgramSwitch,
        _("Climate programs switched on and off"),
        ("compartment_key", "is_on", "created_at", "author", "reason"),
    ),
    (schedules.Schedule, _("Schedules"), ("key", "owner", "kind", "enabled", "beyond")),
    (schedules.DueRun, _("Runs of schedules"), ("due_at", "schedule", "state", "decision", "decided_by")),
    (site_models.Base, _("The base"), ("key", "name_zh", "revision", "is_being_loaded")),
    (site_models.House, _("Houses"), ("key", "name_zh", "kind", "area_m2", "enabled")),
    (site_models.Compartment, _("Compartments"), ("key", "name_zh", "house", "area_m2", "enabled")),
    (site_models.Line, _("Lines"), ("key", "name_zh", "kind", "enabled")),
    (site_models.Device, _("Devices"), ("key", "name_zh", "line", "unit_id", "profile", "enabled")),
    (site_models.Point, _("Points, those switched off too"), ("key", "label_zh", "quantity", "unit", "enabled")),
    (site_models.SiteProfile, _("Device profiles of the site"), ("key",)),
    (telemetry.Latest, _("Newest values"), ("point_id", "ts_ms", "value", "quality", "writer", "tick")),
    (telemetry.Tick, _("Newest ticks"), ("writer", "tick", "committed_at_ms")),
    (telemetry.Packed, _("How far values are packed"), ("frozen_until_ms", "packed_until_ms")),
)
_SEARCHED = ("key", "point_key", "object_key", "payload", "reason")


def _site() -> Records:
    site = Records()
    holes = _columns(site_models.LearnedHole, ("device", "table", "first", "end", "learned_at"))
    site.register(site_models.LearnedHole, type("LearnedHoleRecords", (LearnedHoles,), holes))
    for model, title, columns in _TABLES:
        names = {field.name for field in model._meta.get_fields()}  # noqa: SLF001  (Django's documented model API)
        searched = tuple(name for name in _SEARCHED if name in names)
        options = {"title": title, "search_fields": searched, **_columns(model, columns)}
        site.register(model, type(f"{model.__name__}Records", (ReadOnly,), options))
    return site


records = _site()
