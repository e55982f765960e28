"""The command that turns a register list into a profile file."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from devices.profiles.loader import load_profile, parse_profile

LIST = """name,table,address,type,order,scale,unit,writable,min,max,label_zh,label_en,quantity,source
air_temperature,input,30001,int16,,0.1,℃,no,-40,60,气温,air temperature,temperature,sheet 1
"""


@pytest.fixture
def run(tmp_path):
    """Run the command on a list; what it prints."""

    def run(text: str = LIST, *more: str) -> str:
        file = tmp_path / "list.csv"
        file.write_text(text, encoding="gb18030")
        out = StringIO()
        names = ["--key=house-9", "--title-zh=9号温室", "--title-en=House 9", "--source=installer"]
        call_command("import_profile", str(file), *names, "--address-base=reference", *more, stdout=out)
        return out.getvalue()

    return run


def test_it_prints_a_profile_that_loads(run):
    assert parse_profile(run(), file="house-9.toml").points[0].address == 0


def test_it_writes_the_profile_into_a_file(run, tmp_path):
    file = tmp_path / "house-9.toml"
    run(LIST, f"--output={file}")
    assert load_profile(file).key == "house-9"


def test_it_never_overwrites_a_file(run, tmp_path):
    file = tmp_path / "house-9.toml"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(CommandError, match="File exists; nothing was written"):
        run(LIST, f"--output={file}")
    assert file.read_text(encoding="utf-8") == "mine"


def test_it_tells_the_faults_of_the_list_and_writes_nothing(run, tmp_path):
    file = tmp_path / "house-9.toml"
    with pytest.raises(CommandError, match=r'list\.csv: 1 fault\(s\)\n  line 2 \("air_temperature"\): type'):
        run(LIST.replace("int16", "int17"), f"--output={file}")
    assert not file.exists()


def test_the_way_of_counting_addresses_must_be_said(tmp_path):
    with pytest.raises(CommandError, match="--address-base"):
        call_command("import_profile", "list.csv", "--key=a", "--title-zh=甲", "--title-en=a", "--source=s")


def test_a_missing_list_is_told(tmp_path):
    names = ["--key=a", "--title-zh=甲", "--title-en=a", "--source=s", "--address-base=0"]
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_profile", str(tmp_path / "list.csv"), *names)
