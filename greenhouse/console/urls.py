"""Addresses of the console."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from greenhouse.console.account import preference_views, session_views
from greenhouse.console.account import views as account_views
from greenhouse.console.alarms import views as alarm_views
from greenhouse.console.changes import views as change_views
from greenhouse.console.duties import views as duty_views
from greenhouse.console.house import views as house_views
from greenhouse.console.irrigation import program_views as irrigation_program_views
from greenhouse.console.irrigation import views as irrigation_views
from greenhouse.console.overview import views as overview_views
from greenhouse.console.pace import views as pace_views
from greenhouse.console.page.middleware import open_without_role
from greenhouse.console.points import views as point_views
from greenhouse.console.programs import version_views as program_version_views
from greenhouse.console.programs import views as program_views
from greenhouse.console.schedules import views as schedule_views
from greenhouse.console.setup import alarm_views as setup_alarm_views
from greenhouse.console.setup import edit_views, file_views, people_views
from greenhouse.console.setup import views as setup_views
from greenhouse.console.sheet import batch_views
from greenhouse.console.sheet import views as setpoint_views
from greenhouse.console.training import views as training_views
from greenhouse.console.trends import annotation_views
from greenhouse.console.trends import views as trends_views
from greenhouse.console.yields import crop_views, harvest_views, review_views
from greenhouse.site.keys import ENTRY_KEY, POINT_KEY

app_name = "console"


class Key(StringConverter):
    """Key of an entry of the base file, of a device profile or of an alarm."""

    regex = ENTRY_KEY


class PointKey(StringConverter):
    """Key of a point. Nothing else gets as far as a query: PostgreSQL knows texts that it will not even compare."""

    regex = POINT_KEY


class PlacePart(StringConverter):
    """A part of the page of a place."""

    regex = "|".join(house_views.PARTS)


class Place(StringConverter):
    """Kind of an entry that has no more to it than its own fields."""

    regex = "base|house|compartment|line"


class YieldTable(StringConverter):
    """A table of the yield review that is offered as a file."""

    regex = "|".join(review_views.TABLES)


register_converter(YieldTable, "table")
register_converter(Place, "place")
register_converter(PlacePart, "part")
register_converter(PointKey, "point")
register_converter(Key, "key")

urlpatterns: list[URLPattern] = [
    path("", overview_views.show_overview, name="overview"),
    path("last-hour", overview_views.last_hour, name="last_hour"),
    path("trends", trends_views.show_trends, name="trends"),
    path("trends/data", trends_views.trend_data, name="trend_data"),
    path("trends/points", trends_views.trend_points, name="trend_points"),
    path("trends/notes", annotation_views.annotate, name="annotate"),
    path("trends/notes/<uuid:note_id>", annotation_views.annotation, name="annotation"),
    path("trends/export.csv", trends_views.trend_file, name="trend_file"),
    path("houses/<slug:key>", house_views.show_house, name="house"),
    path("houses/<slug:key>/<part:part>", house_views.house_part, name="house_part"),
    path("programs", program_views.show_programs, name="programs"),
    path("houses/<key:key>/program", program_views.program, name="program"),
    path("houses/<key:key>/program/switch", program_views.switch_program, name="switch_program"),
    path("houses/<key:key>/program/versions", program_version_views.show_versions, name="program_versions"),
    path("houses/<key:key>/program/versions/<int:number>", program_version_views.show_version, name="program_version"),
    path("houses/<key:key>/program/copy", program_version_views.copy_program, name="copy_program"),
    path("irrigation", irrigation_views.show_irrigation, name="irrigation"),
    path("irrigation/runs", irrigation_views.show_runs, name="irrigation_runs"),
    path("irrigation/runs/<uuid:run_id>/stop", irrigation_views.stop_irrigation, name="stop_irrigation"),
    path("irrigation/groups/<key:key>/start", irrigation_views.start_irrigation, name="start_irrigation"),
    path("irrigation/new-program", irrigation_program_views.new_program, name="new_irrigation_program"),
    path("irrigation/programs/<key:key>", irrigation_program_views.irrigation_program, name="irrigation_program"),
    path(
        "irrigation/programs/<key:key>/switch",
        irrigation_program_views.switch_program,
        name="switch_irrigation_program",
    ),
    path(
        "irrigation/programs/<key:key>/versions",
        irrigation_program_views.show_versions,
        name="irrigation_program_versions",
    ),
    path(
        "irrigation/programs/<key:key>/versions/<int:number>",
        irrigation_program_views.show_version,
        name="irrigation_program_version",
    ),
    path("equipment", house_views.show_equipment, name="equipment"),
    path("equipment/<part:part>", house_views.equipment_part, name="equipment_part"),
    path("attention", point_views.show_attention, name="attention"),
    path("points", point_views.show_points, name="points"),
    path("points/wrong", point_views.show_wrong_points, name="wrong_points"),
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
    path("points/<point:key>/release", setpoint_views.release_output, name="release_output"),
    path("duties", duty_views.show_duties, name="duties"),
    path("decisions", duty_views.decisions, name="decisions"),
    path("changes", change_views.recent_changes, name="changes"),
    path("changes/log", change_views.show_log, name="change_log"),
    path("changes/log.csv", change_views.log_file, name="change_log_file"),
    path("schedules", schedule_views.show_schedules, name="schedules"),
    path("schedules/clock", schedule_views.show_standing, name="clock"),
    path("schedules/short", schedule_views.show_short, name="short_schedules"),
    path("schedules/runs/<int:run_id>/decision", schedule_views.decide, name="decide_run"),
    path("harvest", harvest_views.harvest, name="harvest"),
    path("harvest/last", harvest_views.last_harvests, name="last_harvests"),
    path("harvest/<uuid:harvest_id>", harvest_views.correct_harvest, name="correct_harvest"),
    path("yields", review_views.show_yields, name="yields"),
    path("yields/<table:table>.csv", review_views.yield_file, name="yield_file"),
    path("yields/workbook.xlsx", review_views.yield_workbook, name="yield_workbook"),
    path("crops", crop_views.show_crops, name="crops"),
    path("crops/cycles", crop_views.start_cycle, name="start_cycle"),
    path("crops/cycles/<uuid:cycle_id>", crop_views.end_cycle, name="end_cycle"),
    path("crops/cultivars", crop_views.add_cultivar, name="add_cultivar"),
    path("training", training_views.show_training, name="training"),
    path("training/data", training_views.training_data, name="training_data"),
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
    path("training/banner", pace_views.show_banner, name="training_banner"),
    path("training/pace", pace_views.training_pace, name="training_pace"),
    path("preferences/theme", login_not_required(preference_views.set_theme), name="theme"),
    path("preferences/gloves", login_not_required(preference_views.set_gloves), name="gloves"),
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
