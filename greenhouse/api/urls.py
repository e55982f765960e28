"""Addresses of the open interface."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from greenhouse.api import docs_views
from greenhouse.api.edge import edge
from greenhouse.api.parameters import only_known
from greenhouse.api.v1 import api

app_name = "api"


def _operations() -> list[URLPattern]:
    """Addresses of the operations; their root alone leads nowhere."""
    found: list[URLPattern | URLResolver] = api.urls[0]
    operations = [entry for entry in found if isinstance(entry, URLPattern) and entry.name != "api-root"]
    for operation in operations:
        operation.callback = edge(only_known(operation.callback))
    return operations


urlpatterns = [
    *_operations(),
    path("openapi.json", edge(docs_views.openapi), name="openapi"),
    path("docs", edge(docs_views.docs, is_page=True), name="docs"),
    path("", edge(docs_views.begin), name="api-root"),
    re_path(r"^.*$", edge(docs_views.nothing), name="nothing"),
]
