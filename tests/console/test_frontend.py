"""The page's scripts: what they must agree on with the server, their own rules, and their weight."""

from __future__ import annotations

import gzip
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import translation

from devices.samples import freshness, freshness_limits
from devices.units import Quantity
from greenhouse.console import frontend_build
from greenhouse.console.values.shown_value import bits_in_words, format_number
from greenhouse.console.values.words import age_in_words
from greenhouse.site.display import display

HERE = Path(__file__).parent

AGES_S = (-1000, -11, -10, -1, 0, 1, 9.9, 10, 10.1, 119, 120, 121, 299, 300, 301, 899, 900, 901, 5399, 5401, 1e6)
INTERVALS_S = (1, 2, 5, 60, 200, 3600)
VALUES = (-31.4, -20.5, -0.04, 0.0, 0.049, 3.26, 18.44, 71.6, 643.0, 1234.5)

BITS = {"0": "heating", "1": "ventilating", "3": "dosing CO2"}


def agreed() -> dict[str, list]:
    """Ages and numbers with what the server makes of them."""
    ages = []
    for interval_s in INTERVALS_S:
        limits = freshness_limits(interval_s)
        shape = {"late": limits.late_after_s, "stale": limits.stale_after_s, "dead": limits.dead_after_s}
        ages += [[age, shape, freshness(age=timedelta(seconds=age), interval_s=interval_s).value] for age in AGES_S]
    shown = [display(quantity) for quantity in Quantity]
    numbers = [
        [
            value,
            {"resolution": d.resolution, "decimals": d.decimals},
            format_number(value, resolution=d.resolution, decimals=d.decimals),
        ]
        for d in shown
        for value in VALUES
    ]
    with translation.override("en"):
        words = [[age, age_in_words(age).removesuffix(" ago")] for age in AGES_S]
        bits = [[value, BITS, bits_in_words(value, BITS)] for value in (0.0, 1.0, 4.0, 5.0, 10.0, 32768.0)]
    return {"freshness": ages, "numbers": numbers, "ages": words, "bits": bits}


def test_the_scripts_keep_their_rules_and_agree_with_the_server(tmp_path):
    table = tmp_path / "agreed.json"
    table.write_text(json.dumps(agreed()), encoding="utf-8")
    run = subprocess.run(
        [frontend_build.NODE, "--no-warnings", "--test", *sorted(HERE.glob("*.test.mjs"))],
        capture_output=True,
        text=True,
        env={"AGREED": str(table)},
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A build of the sources as they are."""
    into = tmp_path_factory.mktemp("build") / "build"
    assert frontend_build.build(into=into)
    return into


def test_a_page_is_light_enough_for_a_phone_in_a_greenhouse(built):
    """Design rule PH6: at most 200 kB of scripts and 60 kB of styles, compressed. Charts come on their own pages."""
    assert b"uplot" not in (built / "console.js").read_bytes().lower()
    charts = (built / "chart.js").read_bytes()
    assert len(gzip.compress(charts)) < 60_000
    assert b"uPlot, copyright (c) Leon Sorokin" in charts
    assert len(gzip.compress((built / "console.js").read_bytes())) < 200_000
    assert len(gzip.compress((built / "console.css").read_bytes())) < 60_000


def test_nothing_is_built_twice_from_the_same_sources(built):
    assert not frontend_build.build(into=built)


def test_a_changed_source_or_a_lost_file_is_built_again(built, tmp_path):
    wanted = frontend_build.content_hash()
    assert frontend_build.is_current(built, wanted=wanted)
    assert not frontend_build.is_current(built, wanted="another hash")
    (tmp_path / "console.js").write_text("export {}")
    assert frontend_build.content_hash(tmp_path) != wanted
    assert not frontend_build.is_current(tmp_path, wanted=wanted)


def test_the_lock_names_no_address():
    assert "http" not in frontend_build.LOCK.read_text(encoding="utf-8")
