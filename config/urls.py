"""Addresses of the operator's pages."""

from django.urls import include, path

handler500 = "greenhouse.console.outage.server_error"
urlpatterns = [
    path("", include("greenhouse.console.urls")),
]
