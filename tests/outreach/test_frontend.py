"""Visitors' scripts under node."""

from __future__ import annotations

import subprocess
from pathlib import Path

from greenhouse.console import frontend_build
from greenhouse.outreach import front_end

HERE = Path(__file__).parent


def test_what_decides_in_the_scripts(built):
    done = subprocess.run(
        [frontend_build.NODE, "--no-warnings", "--test", *sorted(HERE.glob("*.test.mjs"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_entry_is_built_under_a_name_that_says_its_content(built):
    assert set(front_end.files()) == set(front_end.ENTRIES) == set(frontend_build.OUTREACH_ENTRIES)
    assert front_end.FOLDER == frontend_build.OUTREACH_BUILD
    assert not frontend_build.build_outreach()
