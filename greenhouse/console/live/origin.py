"""Who may open a socket: pages of this very site, as forms may be sent by them alone.

A browser sends the console's cookie with a socket of any page on the same host name, whatever its port, and asks no
permission first. So the page's origin must be the address that the socket itself was asked at, or one that the
installer trusts with forms too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, WebSocketScope
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

_ORIGIN = re.compile(r"https?://[^/?#\\@\s]+")


class OwnPagesOnly:
    """Let a socket through if a page of this site asks for it, and turn every other away before it is taken.

    Parameters
    ----------
    application : ASGI application
        What serves the sockets.
    """

    def __init__(self, application: ASGI3Application) -> None:
        self._application = application

    async def __call__(self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one socket."""
        headers = {name: value.decode("latin-1").lower() for name, value in scope["headers"]}
        serve = self._application if is_own_page(headers) else WebsocketDenier()
        await serve(scope, receive, send)


def is_own_page(headers: Mapping[bytes, str]) -> bool:
    """Whether the page that asks was served at the address that is asked."""
    host, origin = headers.get(b"host", ""), headers.get(b"origin", "")
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS) or not _ORIGIN.fullmatch(origin):
        return False
    return origin.partition("://")[2] == host or origin in settings.CSRF_TRUSTED_ORIGINS
