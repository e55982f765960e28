"""What the description tells agrees with what holds: limits, and what each object is."""

from __future__ import annotations

from django.utils import translation
from pydantic import BaseModel

from greenhouse.api import export, shapes
from greenhouse.api.description import describe, operations
from greenhouse.api.v1 import api


def test_the_limits_of_a_series_are_told_as_they_are():
    with translation.override("en"):
        (told,) = (
            found["description"] for _method, path, found in operations(describe(api)) if path.endswith("/series")
        )
    assert f"at most {export.MOST_ROWS:,} buckets" in told
    assert f"{export.MOST_READ:,} stored values" in told


def test_an_object_is_described_in_the_same_words_in_the_code_and_for_programs():
    with translation.override("en"):
        schemas = describe(api)["components"]["schemas"]
    for name, shape in vars(shapes).items():
        if isinstance(shape, type) and issubclass(shape, BaseModel) and name in schemas:
            assert schemas[name]["description"] == " ".join((shape.__doc__ or "").split()), name
    assert len(schemas) > 20
