"""The console as an ASGI application: pages over HTTP, live values over WebSocket."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.console")
pages = get_asgi_application()  # sets Django up; what follows may import models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from config.lifespan import Lifespan  # noqa: E402
from greenhouse.console.live.origin import OwnPagesOnly  # noqa: E402
from greenhouse.console.live.routing import websocket_urlpatterns  # noqa: E402
from greenhouse.console.page.outage import SocketsInAnOutage  # noqa: E402
from greenhouse.training.errors import TrainingError  # noqa: E402
from greenhouse.training.mark import require_right_base  # noqa: E402
from scheduler.runtime import settle  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": OwnPagesOnly(SocketsInAnOutage(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))),
        "lifespan": Lifespan("console", begin=require_right_base, refusal=TrainingError, settle=settle),
    }
)
