"""Version 1 of the interface, put together."""

from __future__ import annotations

from ninja import NinjaAPI

from greenhouse.api import (
    alarm_views,
    base_views,
    command_views,
    irrigation_views,
    program_views,
    series_views,
    value_views,
)
from greenhouse.api.edge import answer_errors

api = NinjaAPI(title="Greenhouse base", version="1", urls_namespace="api", openapi_url=None, docs_url=None)
for router in (
    base_views.router,
    value_views.router,
    series_views.router,
    program_views.router,
    irrigation_views.router,
    command_views.router,
    alarm_views.router,
    alarm_views.ledger_router,
):
    api.add_router("", router)
answer_errors(api)
