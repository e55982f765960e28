"""WebSocket addresses of the console."""

from django.urls import path, re_path, register_converter
from django.urls.resolvers import URLPattern

from greenhouse.console.live.consumers import LiveConsumer, NoSuchTopic
from greenhouse.console.page.topics import BASE_TOPIC, POINTS_TOPIC, house_topic, training_topic
from greenhouse.site.keys import ANY_KEY


class TopicConverter:
    """What a page may follow."""

    regex = f"{BASE_TOPIC}|{POINTS_TOPIC}|{house_topic(ANY_KEY)}|{training_topic(ANY_KEY)}"

    def to_python(self, value: str) -> str:
        """The topic's key."""
        return value

    def to_url(self, value: str) -> str:
        """The same again."""
        return value


register_converter(TopicConverter, "topic")

websocket_urlpatterns: list[URLPattern] = [
    path("live/<topic:topic>", LiveConsumer.as_asgi()),
    re_path("", NoSuchTopic.as_asgi()),
]
