"""``manage.py load_base`` beside a base that was changed on the pages."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from greenhouse.configuration import versions
from greenhouse.site.models import Base
from tests.bases import SMALL
from tests.configuration.test_versions import change_on_disk, change_on_page

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "base.toml"
    path.write_text(SMALL, encoding="utf-8")
    call_command("load_base", str(path))
    return path


def test_a_start_keeps_what_was_changed_on_a_page_and_says_so(disk, capsys):
    change_on_page()
    call_command("load_base", str(disk))
    assert "changed on the pages since" in capsys.readouterr().out
    assert Base.objects.get().name_zh == "甲"


def test_a_dispute_is_refused_and_told_how_to_end_it(disk):
    change_on_page()
    change_on_disk(disk)
    with pytest.raises(CommandError, match="--file-wins"):
        call_command("load_base", str(disk))
    assert Base.objects.get().name_zh == "甲"


def test_a_start_with_a_dispute_goes_on_with_the_stored_base(disk, capsys):
    change_on_page()
    change_on_disk(disk)
    call_command("load_base", str(disk), stored_wins=True)
    assert "--file-wins" in capsys.readouterr().err
    assert Base.objects.get().name_zh == "甲"


def test_the_stored_base_can_be_written_into_the_file(disk):
    change_on_page("写回")
    call_command("load_base", str(disk), write=True)
    assert "写回" in disk.read_text(encoding="utf-8")
    assert versions.disk_standing(disk)[0] is versions.DiskStanding.SAME
