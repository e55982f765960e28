"""Addresses of the console."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, path
from django.views.i18n import set_language

from greenhouse.console import setpoint_views, views

app_name = "console"

urlpatterns: list[URLPattern] = [
    path("", views.show_overview, name="overview"),
    path("trends", views.trends, name="trends"),
    path("attention", views.show_attention, name="attention"),
    path("points", views.show_points, name="points"),
    path("points/<str:key>/set", setpoint_views.setpoint, name="setpoint"),
    path("points/<str:key>/set/changes", setpoint_views.setpoint_changes, name="setpoint_changes"),
    path("points/<str:key>/set/<uuid:request_id>", setpoint_views.tracking, name="tracking"),
    path("changes", setpoint_views.recent_changes, name="changes"),
    path("preferences/theme", views.set_theme, name="theme"),
    path("preferences/language", set_language, name="language"),
    path("login", LoginView.as_view(template_name="console/login.html"), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
]
