"""Addresses of the console."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from greenhouse.console import (
    account_views,
    alarm_views,
    duty_views,
    schedule_views,
    session_views,
    setpoint_views,
    views,
)
from greenhouse.console.middleware import open_without_role

app_name = "console"


class PointKey(StringConverter):
    """Key of a point. Nothing else gets as far as a query: PostgreSQL knows texts that it will not even compare."""

    regex = r"[a-z0-9_-]+\.[a-z0-9_-]+"


register_converter(PointKey, "point")

urlpatterns: list[URLPattern] = [
    path("", views.show_overview, name="overview"),
    path("trends", views.trends, name="trends"),
    path("attention", views.show_attention, name="attention"),
    path("points", views.show_points, name="points"),
    path("points/wrong", views.show_wrong_points, name="wrong_points"),
    path("points/<point:key>/set", setpoint_views.setpoint, name="setpoint"),
    path("points/<point:key>/set/changes", setpoint_views.setpoint_changes, name="setpoint_changes"),
    path("points/<point:key>/set/<uuid:request_id>", setpoint_views.tracking, name="tracking"),
    path("alarms", alarm_views.show_alarms, name="alarms"),
    path("alarms/strip", alarm_views.show_strip, name="alarm_strip"),
    path("alarms/listed", alarm_views.show_listed, name="listed_alarms"),
    path("alarms/<uuid:occurrence_id>/acknowledge", alarm_views.acknowledge_alarm, name="acknowledge_alarm"),
    path("points/<point:key>/holds/<uuid:hold_id>/give-back", setpoint_views.give_back, name="give_back"),
    path("duties", duty_views.show_duties, name="duties"),
    path("decisions", duty_views.decisions, name="decisions"),
    path("changes", setpoint_views.recent_changes, name="changes"),
    path("schedules", schedule_views.show_schedules, name="schedules"),
    path("schedules/clock", schedule_views.show_standing, name="clock"),
    path("schedules/runs/<int:run_id>/decision", schedule_views.decide, name="decide_run"),
    path("preferences/theme", login_not_required(views.set_theme), name="theme"),
    path("preferences/language", login_not_required(require_POST(set_language)), name="language"),
    path("login", account_views.SignIn.as_view(), name="login"),
    path("logout", open_without_role(account_views.SignOut.as_view()), name="logout"),
    path("session", session_views.show_session, name="session"),
    path("session/extend", session_views.extend_session, name="extend_session"),
    path("account", account_views.show_account, name="account"),
    path("account/password", account_views.change_password, name="change_password"),
    path("account/sign-out", account_views.sign_out_everywhere, name="sign_out_everywhere"),
]
