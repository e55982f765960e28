"""Template tags of the console."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import template
from django.contrib.auth.models import User
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from devices.profiles.schema import Confidence
from devices.units import Quantity, Unit
from greenhouse.access.roles import name_of
from greenhouse.console.account.session_views import session_left
from greenhouse.console.page.build import page_version
from greenhouse.console.records import words as records_words
from greenhouse.console.setup.profile_quality import confidence_in_words
from greenhouse.console.values.quantities import quantity_name
from greenhouse.console.values.shown_value import ShownValue, format_value
from greenhouse.console.values.words import duration_in_words
from greenhouse.site.display import unit_sign
from greenhouse.site.naming import in_readers_language
from greenhouse.site.structure import BaseStructure, PointStructure

if TYPE_CHECKING:
    from django.db.models.options import Options

register = template.Library()


@register.simple_tag
def reading_attributes(reading: ShownValue) -> SafeString:
    """The ``data-`` attributes of a value."""
    return format_html_join(" ", 'data-{}="{}"', reading.attributes.items())


@register.inclusion_tag("console/_reading.html")
def reading(value: ShownValue, *, css: str = "", note: bool = True) -> dict[str, object]:
    """A value with its unit and what is to be said of it."""
    return {"reading": value, "css": css, "with_note": note}


@register.simple_tag
def icon(name: str, css: str = "icon") -> SafeString:
    """A sign of the page's sprite. It always stands with a word."""
    return format_html('<svg class="{}" aria-hidden="true"><use href="#{}"/></svg>', css, name)


@register.simple_tag
def bilingual(zh: str, en: str) -> str:
    """A name in the reader's language."""
    return in_readers_language(zh, en)


@register.simple_tag
def person(user: User) -> str:
    """A person as others see them."""
    return name_of(user)


@register.filter(name="quantity_name")
def name_of_quantity(quantity: Quantity) -> str:
    """Name of a quantity in the reader's language."""
    return quantity_name(quantity)


@register.filter(name="unit_sign")
def sign_of_unit(unit: Unit) -> str:
    """A unit as people write it."""
    return unit_sign(unit)


@register.filter(name="confidence_in_words")
def words_of_confidence(confidence: Confidence) -> str:
    """How well a register is known."""
    return confidence_in_words(confidence)


@register.simple_tag
def column_name(table: Options[Any], name: str) -> str:
    """Name of a column of the records."""
    return records_words.column_name(table, name)


@register.filter
def as_value_of(value: float, point: PointStructure) -> str:
    """A number written as values of this point are."""
    return format_value(point, value)


@register.filter
def elapsed(at: datetime, now: datetime) -> str:
    """How long ago something was, in the reader's words; to the minute, once it is more than one."""
    passed = max(timedelta(seconds=1), now - at)
    exact = timedelta(minutes=1) if passed >= timedelta(minutes=1) else timedelta(seconds=1)
    return duration_in_words(passed - passed % exact)


@register.filter
def language_tag(code: str) -> str:
    """Language of a text as HTML wants it."""
    return {"zh-hans": "zh-CN"}.get(code, code)


@register.filter
def unlocalized(number: object) -> str:
    """A number for the page's script: a point as decimal sign in every language."""
    return f"{number:.10g}" if isinstance(number, int | float) else str(number)


@register.simple_tag(name="page_version", takes_context=True)
def version_of_this_page(context: Context) -> str:
    """Version of the page that is being written, to be compared with that of frames."""
    base = context.get("base")
    return page_version(base.revision if isinstance(base, BaseStructure) else None)


@register.simple_tag(takes_context=True)
def session_left_s(context: Context) -> int:
    """How long its reader stays signed in. [s]"""
    return round(session_left(context["request"]).total_seconds())
