"""Addresses of the console."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from greenhouse.console import (
    account_views,
    alarm_views,
    batch_views,
    duty_views,
    house_views,
    log_views,
    schedule_views,
    session_views,
    setpoint_views,
    views,
)
from greenhouse.console.middleware import open_without_role
from greenhouse.console.setup import alarm_views as setup_alarm_views
from greenhouse.console.setup import edit_views, file_views, people_views
from greenhouse.console.setup import views as setup_views
from greenhouse.console.trends import annotation_views
from greenhouse.console.trends import views as trends_views

app_name = "console"


class Key(StringConverter):
    """Key of an entry of the base file, of a device profile or of an alarm."""

    regex = r"[a-z0-9]+(?:-[a-z0-9]+)*"


class PointKey(StringConverter):
    """Key of a point. Nothing else gets as far as a query: PostgreSQL knows texts that it will not even compare."""

    regex = r"[a-z0-9_-]+\.[a-z0-9_-]+"


class PlacePart(StringConverter):
    """A part of the page of a place."""

    regex = "|".join(house_views.PARTS)


class Place(StringConverter):
    """Kind of an entry that has no more to it than its own fields."""

    regex = "base|house|compartment|line"


register_converter(Place, "place")
register_converter(PlacePart, "part")
register_converter(PointKey, "point")
register_converter(Key, "key")

urlpatterns: list[URLPattern] = [
    path("", views.show_overview, name="overview"),
    path("last-hour", views.last_hour, name="last_hour"),
    path("trends", trends_views.show_trends, name="trends"),
    path("trends/data", trends_views.trend_data, name="trend_data"),
    path("trends/points", trends_views.trend_points, name="trend_points"),
    path("trends/notes", annotation_views.annotate, name="annotate"),
    path("trends/notes/<uuid:note_id>", annotation_views.annotation, name="annotation"),
    path("trends/export.csv", trends_views.trend_file, name="trend_file"),
    path("houses/<slug:key>", house_views.show_house, name="house"),
    path("houses/<slug:key>/<part:part>", house_views.house_part, name="house_part"),
    path("equipment", house_views.show_equipment, name="equipment"),
    path("equipment/<part:part>", house_views.equipment_part, name="equipment_part"),
    path("attention", views.show_attention, name="attention"),
    path("points", views.show_points, name="points"),
    path("points/wrong", views.show_wrong_points, name="wrong_points"),
    path("points/<point:key>/set", setpoint_views.setpoint, name="setpoint"),
    path("points/<point:key>/set/changes", setpoint_views.setpoint_changes, name="setpoint_changes"),
    path("points/<point:key>/set/<uuid:request_id>", setpoint_views.tracking, name="tracking"),
    path("points/<point:key>/set/<uuid:request_id>/undo", setpoint_views.undo_change, name="undo_change"),
    path("batches/<uuid:batch_id>", batch_views.show_batch, name="batch"),
    path("batches/<uuid:batch_id>/rows", batch_views.show_batch_rows, name="batch_rows"),
    path("alarms", alarm_views.show_alarms, name="alarms"),
    path("alarms/strip", alarm_views.show_strip, name="alarm_strip"),
    path("alarms/short", alarm_views.show_short, name="short_alarms"),
    path("alarms/listed", alarm_views.show_listed, name="listed_alarms"),
    path("alarms/<uuid:occurrence_id>/acknowledge", alarm_views.acknowledge_alarm, name="acknowledge_alarm"),
    path("points/<point:key>/holds/<uuid:hold_id>/give-back", setpoint_views.give_back, name="give_back"),
    path("points/<point:key>/holds/<uuid:hold_id>/extend", setpoint_views.extend_hold, name="extend_hold"),
    path("duties", duty_views.show_duties, name="duties"),
    path("decisions", duty_views.decisions, name="decisions"),
    path("changes", setpoint_views.recent_changes, name="changes"),
    path("changes/log", log_views.show_log, name="change_log"),
    path("changes/log.csv", log_views.log_file, name="change_log_file"),
    path("schedules", schedule_views.show_schedules, name="schedules"),
    path("schedules/clock", schedule_views.show_standing, name="clock"),
    path("schedules/short", schedule_views.show_short, name="short_schedules"),
    path("schedules/runs/<int:run_id>/decision", schedule_views.decide, name="decide_run"),
    path("setup", setup_views.show_structure, name="setup_structure"),
    path("setup/tree", setup_views.show_tree, name="setup_tree"),
    path("setup/first", file_views.first_base, name="setup_first"),
    path("setup/file", file_views.edit_file, name="setup_file"),
    path("setup/apply", file_views.apply_source, name="setup_apply"),
    path("setup/finish", file_views.finish, name="setup_finish"),
    path("setup/versions", file_views.show_versions, name="setup_versions"),
    path("setup/versions/<int:number>", file_views.show_version, name="setup_version"),
    path("setup/devices/add", edit_views.add_device, name="setup_new_device"),
    path("setup/devices/<key:key>", edit_views.edit_device, name="setup_device"),
    path("setup/devices/<key:key>/remove", edit_views.remove_device, name="setup_remove_device"),
    path("setup/points/<point:key>", edit_views.edit_point, name="setup_point"),
    path("setup/profiles", setup_views.show_profiles, name="setup_profiles"),
    path("setup/profiles/<key:key>", setup_views.show_profile, name="setup_profile"),
    path("setup/alarms", setup_alarm_views.show_alarms, name="setup_alarms"),
    path("setup/alarms/<key:key>", setup_alarm_views.edit_alarm, name="setup_alarm"),
    path("setup/people", people_views.show_people, name="setup_people"),
    path("setup/people/<int:number>", people_views.show_person, name="setup_person"),
    path("setup/<place:kind>/<key:key>", edit_views.edit_entry, name="setup_entry"),
    path("preferences/theme", login_not_required(views.set_theme), name="theme"),
    path("preferences/gloves", login_not_required(views.set_gloves), name="gloves"),
    path("preferences/language", login_not_required(require_POST(set_language)), name="language"),
    path("login", account_views.SignIn.as_view(), name="login"),
    path("logout", open_without_role(account_views.SignOut.as_view()), name="logout"),
    path("session", session_views.show_session, name="session"),
    path("session/extend", session_views.extend_session, name="extend_session"),
    path("account", account_views.show_account, name="account"),
    path("account/password", account_views.change_password, name="change_password"),
    path("account/tokens", account_views.make_token, name="make_token"),
    path("account/tokens/<int:token_id>/revoke", account_views.revoke_token, name="revoke_token"),
    path("account/sign-out", account_views.sign_out_everywhere, name="sign_out_everywhere"),
]
