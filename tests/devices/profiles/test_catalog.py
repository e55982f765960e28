"""Profiles are found by key, and a wrong key says which ones are near."""

from __future__ import annotations

import pytest

from devices.errors import ProfileError
from devices.profiles.catalog import load_directory, load_shipped, shipped_profile


def test_a_shipped_profile_is_found_by_its_key():
    assert shipped_profile("vent-motor").key == "vent-motor"


def test_an_unknown_key_lists_near_matches():
    with pytest.raises(ProfileError) as caught:
        shipped_profile("vent-moter")
    assert caught.value.faults == ('there is no profile "vent-moter" (did you mean "vent-motor" or "screen-motor"?)',)


def test_a_key_near_to_nothing_lists_all():
    with pytest.raises(ProfileError, match="known: abb-acs580, agrowtek-gcx"):
        shipped_profile("?")


def test_the_shipped_profiles_cannot_be_changed_by_a_caller():
    with pytest.raises(TypeError):
        load_shipped()["mine"] = shipped_profile("vent-motor")


def test_a_file_must_be_named_after_its_key(tmp_path, demo_profile):
    (tmp_path / "demo.toml").write_text(demo_profile, encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load_directory(tmp_path)
    assert caught.value.faults == ('demo.toml: [device]: key "demo-controller" must be the name of its file, "demo"',)


def test_the_faults_of_all_files_are_told_at_once(tmp_path, demo_profile):
    (tmp_path / "demo-controller.toml").write_text(demo_profile, encoding="utf-8")
    (tmp_path / "a.toml").write_text(demo_profile.replace('parity = "N"', 'parity = "X"'), encoding="utf-8")
    (tmp_path / "b.toml").write_text("[device", encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load_directory(tmp_path)
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["a.toml", "b.toml"]


def test_an_empty_folder_has_no_profiles(tmp_path):
    assert load_directory(tmp_path) == {}
