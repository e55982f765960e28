"""Addresses of the public process."""

from django.urls import include, path

handler404 = "greenhouse.outreach.views.not_found"
handler500 = "greenhouse.outreach.views.server_error"
urlpatterns = [path("", include("greenhouse.outreach.urls"))]
