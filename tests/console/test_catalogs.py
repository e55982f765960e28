"""The translations: complete, certain, and of the texts that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from greenhouse.console import catalogs
from greenhouse.console.values.words import WORDS, words_of_the_page

FRONTEND = catalogs.PROJECT / "greenhouse" / "console" / "frontend"


def test_every_text_of_the_project_is_translated_and_none_is_left_over():
    assert [str(fault) for fault in catalogs.faults()] == []


@pytest.fixture
def project(tmp_path) -> Path:
    """A little project of one module and one template."""
    (tmp_path / "greenhouse").mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "greenhouse" / "texts.py").write_text(
        "from django.utils.translation import gettext_lazy as _, pgettext_lazy\n"
        'A = _("Heating")\nB = pgettext_lazy("setpoint", "Heat")\nC = _("%(n)s houses")\n',
        encoding="utf-8",
    )
    (tmp_path / "config" / "page.html").write_text(
        '{% load i18n %}{% translate "Menu" %}{% blocktranslate with x=y %}Only {{ x }}{% endblocktranslate %}',
        encoding="utf-8",
    )
    catalogs.update(tmp_path)
    return tmp_path


def fill(project: Path, texts: dict[str, str]) -> None:
    """Translate, as a translator would with an editor."""
    file = catalogs.catalog_file(project)
    text = file.read_text(encoding="utf-8")
    for message, translation in texts.items():
        text = text.replace(f'msgid "{message}"\nmsgstr ""', f'msgid "{message}"\nmsgstr "{translation}"')
    file.write_text(text, encoding="utf-8")


ALL = {"Heating": "加热", "Heat": "加热", "%(n)s houses": "%(n)s 座温室", "Menu": "菜单", "Only %(x)s": "仅%(x)s"}


def test_texts_are_found_in_modules_and_templates(project):
    assert {fault.message for fault in catalogs.faults(project)} == set(ALL)
    fill(project, ALL)
    assert catalogs.faults(project) == []


def test_an_update_keeps_translations_and_drops_what_no_source_says(project):
    fill(project, ALL)
    (project / "config" / "page.html").write_text("{% load i18n %}{% translate 'New' %}", encoding="utf-8")
    assert catalogs.update(project) == 1
    text = catalogs.catalog_file(project).read_text(encoding="utf-8")
    assert "加热" in text
    assert "菜单" not in text
    fill(project, {"New": "新"})
    assert catalogs.faults(project) == []


def test_an_update_without_changes_changes_nothing(project):
    before = catalogs.catalog_file(project).read_bytes()
    catalogs.update(project)
    assert catalogs.catalog_file(project).read_bytes() == before


@pytest.mark.parametrize(
    ("translation", "why"),
    [("座温室", "placeholders"), ("%(m)s 座温室", "placeholders"), ("", "not translated")],
)
def test_a_translation_that_loses_what_is_filled_in_is_a_fault(project, translation, why):
    fill(project, {**ALL, "%(n)s houses": translation})
    (fault,) = catalogs.faults(project)
    assert why in str(fault)


def test_an_uncertain_translation_is_a_fault(project):
    fill(project, ALL)
    file = catalogs.catalog_file(project)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('msgid "Menu"', '#, fuzzy\nmsgid "Menu"'), encoding="utf-8")
    (fault,) = catalogs.faults(project)
    assert "fuzzy" in str(fault)


def test_compiling_needs_no_program_and_is_skipped_when_current(project):
    fill(project, ALL)
    assert catalogs.compile_catalog(project)
    assert not catalogs.compile_catalog(project)


def test_every_word_a_script_says_is_in_the_table_of_the_page():
    said = {
        match
        for file in FRONTEND.rglob("*.js")
        for match in re.findall(r'word\(\s*"([\w.]+)"', file.read_text(encoding="utf-8"))
    }
    assert said
    assert said <= WORDS.keys()
    templates = re.findall(
        r"word\(\s*`([\w.]+)\.\$", "".join(f.read_text(encoding="utf-8") for f in FRONTEND.rglob("*.js"))
    )
    assert all(any(key.startswith(f"{prefix}.") for key in WORDS) for prefix in templates)


def test_the_table_of_the_page_has_a_text_for_every_reason_a_value_can_have():
    from devices.samples import Reason

    assert {f"reason.{reason.name.lower()}" for reason in Reason} <= words_of_the_page().keys()
