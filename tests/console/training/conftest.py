from __future__ import annotations

import pytest

from greenhouse.site.point_index import point_index
from tests.bases import TRAINING, load
from tests.console.conftest import AIR, ONLINE, Shelf

TRUTH = "truth-h1.air_temperature"
TRUE_C, READ_C = 33.8, 36.1
"""A truth that stands nowhere by chance, and what the controller says of it."""


@pytest.fixture
def training_shelf(db) -> Shelf:
    """The small base for training, with a truth and a reading of it."""
    load(TRAINING)
    shelf = Shelf(dict(point_index().ids))
    shelf.put({**ONLINE, "truth-h1.link": 2.0, TRUTH: TRUE_C, AIR: READ_C})
    return shelf
