"""``manage.py season``: what a person types, what comes back, and what is refused in words."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.plant.weather.epw_text import epw_text

QUICK = ("--plain", "--step", "300", "--decide", "300", "--language", "en")


def season(*arguments):
    out = StringIO()
    call_command("season", *QUICK, *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_two_days_give_a_report_and_its_files(tmp_path):
    files = {name: tmp_path / f"season.{name}" for name in ("json", "csv", "svg")}
    asked = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    told = season("--days", "2", "--seed", "4", *asked)
    assert told.startswith("SIMULATED")
    assert "tomato on soil in a solar greenhouse, 2 days from 2026-01-01 on" in told
    assert len(json.loads(files["json"].read_text())["season"]["by_day"]["day"]) == 2
    assert len(files["csv"].read_text().splitlines()) == 3
    assert files["svg"].read_text().startswith("<svg")


def test_a_scenario_brings_its_days_and_a_fault_makes_it_colder():
    told = season("--scenario", "cold_clear_m25", "--days", "1", "--crop", "none", "--against", "crop=lettuce")
    assert "Empty solar greenhouse, 1 days" in told
    assert "Against: lettuce on soil" in told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--crop", "tomatto"), r'no crop "tomatto" \(did you mean "tomato"\?\); there are .*none'),
        (("--house", "barn"), 'no house "barn"'),
        (("--medium", "air"), 'no growing medium "air"'),
        (("--scenario", "cold"), 'no scenario "cold"'),
        (("--days", "-3"), "give 1 or more"),
        (("--days", "9999"), "a season of 9999 days"),
        (("--seed", "-1"), "seed"),
        (("--step", "0"), "above 0 and at most 300 s"),
        (("--step", "3600"), "above 0 and at most 300 s"),
        (("--first", "31.1.2026"), "write it as 2026-01-31"),
        (("--first", "1900-01-01"), "from 1901 to 2199"),
        (("--planted", "2026-01-02", "--days", "1"), "cannot be planted in the future"),
        (("--fault", "torn_film"), "write it as torn_film=0.02"),
        (("--fault", "torn_flim=0.1"), 'did you mean "torn_film"'),
        (("--fault", "torn_film=0.9"), "severity of torn_film is 0.9"),
        (("--fault", "torn_film=nan"), "severity of torn_film"),
        (("--epw", "nowhere.epw"), "nowhere.epw"),
        (("--json", "/nowhere/season.json"), "there is no folder /nowhere"),
        (("--against", "house:glasshouse"), "write name=value"),
        (("--against", "days=soon"), "must be a whole number"),
    ],
)
def test_what_cannot_be_is_refused_in_words(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        season(*arguments)


def refused(*arguments):
    with pytest.raises(CommandError) as caught:
        season(*arguments, "--language", "zh-hans")
    return str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--crop", "tomatto"), '没有名为“tomatto”的作物（是不是"tomato"？）'),
        (("--house", "barn"), "没有名为“barn”的温室"),
        (("--step", "0"), "步长0秒无法计算"),
        (("--step", "3600"), "步长3600秒无法计算"),
        (("--first", "31.1.2026"), "不是日期"),
        (("--planted", "2026-01-02", "--days", "1"), "不能在将来定植"),
        (("--fault", "torn_film=0.9"), "torn_film的严重程度为0.9，必须在0到0.2之间"),
        (("--epw", "nowhere.epw"), "没有文件nowhere.epw"),
        (("--against", "days=soon"), "必须是整数"),
    ],
)
def test_a_chinese_reader_is_refused_in_chinese(arguments, sentence):
    assert sentence in refused(*arguments)


def test_a_chinese_reader_is_told_every_fault_of_a_weather_file(tmp_path):
    """Gaps, missing columns and the wrong hemisphere, with the names of columns in Chinese too."""
    lines = epw_text(2026).splitlines()
    lines[0] = lines[0].replace("39.83", "-39.83")
    for number in range(4000, 4010):
        fields = lines[number].split(",")
        lines[number] = ",".join([*fields[:6], "99.9", *fields[7:]])
    lines[5000] = ",".join(lines[5000].split(",")[:21])
    file = tmp_path / "south.epw"
    file.write_text("\n".join(lines))
    told = refused("--epw", str(file))
    assert "south.epw：3处错误" in told
    assert "第1行：纬度-39.83与基地（39.6）不在同一半球" in told
    assert "第5001行：只有21列，缺第22列“风速”" in told
    assert "干球温度：从06-16 第9小时（第4001行）起连续10小时缺值" in told


def test_the_notes_of_a_weather_file_are_told_in_chinese(tmp_path):
    file = tmp_path / "dongsheng.epw"
    file.write_text(epw_text(2026))
    told = season("--epw", str(file), "--first", "2026-12-31", "--language", "zh-hans")
    assert "其中没有沙尘和冰雹" in told


def test_a_faulty_weather_file_is_refused_with_its_faults(tmp_path):
    file = tmp_path / "south.epw"
    file.write_text("LOCATION,Nowhere\n")
    with pytest.raises(CommandError, match=r"south\.epw"):
        season("--epw", str(file))


def test_a_sound_weather_file_is_run_through(tmp_path):
    file = tmp_path / "dongsheng.epw"
    file.write_text(epw_text(2026))
    told = season("--epw", str(file), "--first", "2026-12-31")
    assert "1 days from 2026-12-31 on" in told
    assert "Note: dust and hail are not in it" in told
