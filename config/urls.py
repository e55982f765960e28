"""Addresses of the operator's pages."""

from django.urls import include, path

urlpatterns = [
    path("", include("greenhouse.console.urls")),
]
