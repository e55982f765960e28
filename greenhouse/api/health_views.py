"""Whether the process lives, whether the base serves, and its state for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from greenhouse.access.browser import client_address
from greenhouse.access.tokens import Scope
from greenhouse.api import callers, metrics
from greenhouse.api.edge import to_json
from greenhouse.api.readiness import Asked, readiness
from greenhouse.clock import moment_now

asked_readiness = Asked(readiness)


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers. Asks no store, so that a store that is gone restarts nothing."""
    return HttpResponse(to_json({"status": "alive"}), content_type="application/json")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Which part of the base does not serve. Open to everybody, so it tells no value and no name."""
    found = asked_readiness(moment_now().wall, translation.get_language() or "")
    parts = {part: {"ok": not fault, **({"fault": fault} if fault else {})} for part, fault in found.faults.items()}
    body = {"status": "ready" if found.is_ready else "not ready", "parts": parts}
    return HttpResponse(to_json(body), status=200 if found.is_ready else 503, content_type="application/json")


def metrics_view(sockets: Callable[[], int]) -> Callable[[HttpRequest], HttpResponse]:
    """The view of the metrics.

    Parameters
    ----------
    sockets : callable
        How many pages this process serves live: only the whole installation knows.
    """

    @require_safe
    def show_metrics(request: HttpRequest) -> HttpResponse:
        """The state of the base, for a token or session that may read, or for an address that the settings name."""
        now = moment_now()
        if client_address(request) not in settings.METRICS_FROM:
            caller = callers.caller_of_token(request, now) or callers.caller_of_session(request, now)
            if caller is None:
                callers.take_as_stranger(request, now)
                raise callers.not_signed_in()
            caller.require(Scope.READ)
        return HttpResponse(metrics.exposition(now.wall, sockets=sockets), content_type=metrics.CONTENT_TYPE)

    return show_metrics
