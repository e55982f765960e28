"""Addresses of the operator's process: the console, the open interface, and what watches over them."""

from django.urls import include, path

from greenhouse.api.edge import edge
from greenhouse.api.health_views import healthz, metrics_view, readyz
from greenhouse.console.live.consumers import HUB
from greenhouse.console.records.records import records

handler500 = "greenhouse.console.page.outage.server_error"
urlpatterns = [
    path("admin/", records.urls),
    path("", include("greenhouse.console.urls")),
    path("api/v1/", include("greenhouse.api.urls")),
    path("healthz", edge(healthz), name="healthz"),
    path("readyz", edge(readyz), name="readyz"),
    path("metrics", edge(metrics_view(HUB.count_sockets)), name="metrics"),
]
