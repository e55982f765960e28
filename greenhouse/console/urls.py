"""Addresses of the console."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter
from django.views.i18n import set_language

from greenhouse.console import schedule_views, setpoint_views, views

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
    path("changes", setpoint_views.recent_changes, name="changes"),
    path("schedules", schedule_views.show_schedules, name="schedules"),
    path("schedules/clock", schedule_views.show_standing, name="clock"),
    path("schedules/runs/<int:run_id>/decision", schedule_views.decide, name="decide_run"),
    path("preferences/theme", views.set_theme, name="theme"),
    path("preferences/language", set_language, name="language"),
    path("login", LoginView.as_view(template_name="console/login.html"), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
]
