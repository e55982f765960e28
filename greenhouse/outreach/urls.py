"""Addresses that visitors reach: there are no others."""

from django.urls import path, register_converter

from greenhouse.outreach import views
from greenhouse.outreach.pages import DISPLAYS


class DisplayConverter:
    """Names of the displays."""

    regex = "|".join(DISPLAYS)

    @staticmethod
    def to_python(value: str) -> str:
        """The name."""
        return value

    @staticmethod
    def to_url(value: str) -> str:
        """The name."""
        return value


register_converter(DisplayConverter, "display")

urlpatterns = [
    path("", views.start, name="start"),
    path("wall", views.wall, name="wall"),
    path("data.json", views.data, name="data"),
    path("base", views.base, {"language": "zh"}, name="base-zh"),
    path("en/base", views.base, {"language": "en"}, name="base-en"),
    path("go/<display:name>", views.phone, {"language": "zh"}, name="go-zh"),
    path("en/go/<display:name>", views.phone, {"language": "en"}, name="go-en"),
    path("healthz", views.healthz, name="healthz"),
]
