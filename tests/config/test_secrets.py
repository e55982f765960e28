"""The secret that an installation makes for itself."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.secrets import installation_secret


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    file = tmp_path / "secrets" / "django"
    secret = installation_secret(file)
    assert len(secret) >= 50
    assert installation_secret(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["django"]


def test_two_installations_have_two_secrets(tmp_path):
    assert installation_secret(tmp_path / "a") != installation_secret(tmp_path / "b")


def test_processes_that_start_together_read_one_secret(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _number: installation_secret(tmp_path / "django"), range(32)))
    assert len(found) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_secret_that_others_may_read_is_refused(tmp_path, mode):
    file = tmp_path / "django"
    installation_secret(file)
    file.chmod(mode)
    with pytest.raises(ImproperlyConfigured, match="may be read by others"):
        installation_secret(file)


def test_an_empty_secret_is_refused(tmp_path):
    file = tmp_path / "django"
    file.touch(mode=0o600)
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        installation_secret(file)
