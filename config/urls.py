"""Addresses of the operator's pages."""

from django.urls import include, path

from greenhouse.console.records import records

handler500 = "greenhouse.console.outage.server_error"
urlpatterns = [
    path("admin/", records.urls),
    path("", include("greenhouse.console.urls")),
]
