"""What a page may follow live: the base as a whole, all its points, one compartment, or what is true in it."""

from __future__ import annotations

from greenhouse.access.roles import Action

BASE_TOPIC, POINTS_TOPIC = "base", "points"


def house_topic(key: str) -> str:
    """The topic of the page of a compartment."""
    return f"houses/{key}"


def training_topic(key: str) -> str:
    """The topic of the training page of a compartment."""
    return f"training/{key}"


def action_of(topic: str) -> Action:
    """What a person must be allowed to do, beside looking, to follow a topic. Only these carry truths."""
    return Action.SEE_TRUTHS if topic.startswith(training_topic("")) else Action.LOOK
