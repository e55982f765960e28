"""WebSocket addresses of the console."""

from django.urls import path, register_converter
from django.urls.resolvers import URLPattern

from greenhouse.console.consumers import LiveConsumer


class TopicConverter:
    """``base``, or a house: ``house:h1``."""

    regex = r"base|house:[a-z0-9-]{1,50}"

    def to_python(self, value: str) -> str:
        """The topic's key."""
        return value

    def to_url(self, value: str) -> str:
        """The same again."""
        return value


register_converter(TopicConverter, "topic")

websocket_urlpatterns: list[URLPattern] = [
    path("live/<topic:topic>", LiveConsumer.as_asgi()),
]
