"""Visitors' pages as an ASGI application: HTTP alone, no socket, no session."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.public"  # whatever the base's own processes go by
_pages = get_asgi_application()

from config.lifespan import Lifespan, Message  # noqa: E402  (Django is set up first)

_lifespan = Lifespan("public")


async def application(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Serve one connection. A socket is refused before anything looks at it."""
    if scope["type"] == "lifespan":
        await _lifespan(scope, receive, send)
    elif scope["type"] == "http":
        await _pages(dict(scope), receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})
