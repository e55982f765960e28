"""The process that visitors reach: what it knows, what it answers, and what it cannot do."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connections
from django.urls import URLPattern, URLResolver

from config import urls as operator_urls
from config.public import urls as public_urls
from greenhouse.outreach import urls as outreach_urls
from tests.architecture.test_imports import loaded_by
from tests.outreach.public_server import PATIENCE_S, PROJECT, SECRETS
from tests.outreach.publication import just_now, publish

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "telemetry", "outreach"])
BOOT = "import config.public.asgi\nfrom django.urls import get_resolver\nget_resolver().url_patterns\n"
OURS = ("config", "devices", "greenhouse", "scheduler", "tests", "benchmarks", "scripts")
ARGUMENTS = {"int": "1", "point": "h1-climate.heating_setpoint", "uuid": "00000000-0000-4000-8000-000000000000"}
"""What stands in an address in place of an argument of such a kind."""
KNOWN = (
    "config.environment",
    "config.lifespan",
    "config.middleware",
    "config.public",
    "config.settings.public",
    "greenhouse.outreach",
    "scheduler.heartbeat",
)


def test_the_booted_process_has_loaded_nothing_of_the_base(built, tmp_path):
    loaded = loaded_by(f"{BOOT}import greenhouse.outreach.views", GREENHOUSE_VAR=str(tmp_path))
    ours = {name for name in loaded if name.partition(".")[0] in OURS} - set(OURS) - {"config.settings"}
    assert "greenhouse.outreach.models" in ours
    assert {name for name in ours if not any(name == known or name.startswith(f"{known}.") for known in KNOWN)} == set()
    others = {"channels", "ninja", "pymodbus", "apscheduler", "pandas", "supervisor", "serial"}
    assert {name.partition(".")[0] for name in loaded} & others == set()
    assert not {
        name
        for name in loaded
        if name.startswith(("django.contrib.auth", "django.contrib.sessions", "django.contrib.admin"))
    }


def test_it_knows_no_secret_of_the_base(built, tmp_path):
    """Neither in its settings nor in its environment, even if it was started with them."""
    program = (
        f"{BOOT}import os\nfrom django.conf import settings\n"
        "told = {n: repr(getattr(settings, n)) for n in dir(settings) if n.isupper()}\n"
        "text = repr(told) + repr(dict(os.environ))\n"
        f"assert not [s for s in {list(SECRETS.values())!r} if s in text]\n"
        "assert 'main.sqlite3' not in text and 'telemetry.sqlite3' not in text\n"
        "assert list(settings.DATABASES) == ['default']\n"
        "assert settings.DATABASES['default']['NAME'].endswith('/outreach.sqlite3?mode=ro')\n"
    )
    loaded_by(program, GREENHOUSE_VAR=str(tmp_path), **SECRETS)


def test_the_running_process_was_not_even_given_a_secret(public_server):
    environment = Path(f"/proc/{public_server.pid}/environ").read_text(encoding="utf-8", errors="replace")
    assert "GREENHOUSE_VAR" in environment
    assert not [secret for secret in SECRETS.values() if secret in environment]


def addresses_of(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """An address for each pattern, those of included lists too, with something in place of each argument."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from addresses_of(pattern.url_patterns, route)
        else:
            yield re.sub(r"<(?:(\w+):)?\w+>", lambda found: ARGUMENTS.get(found[1] or "", "h1"), route)


def test_every_address_of_the_console_is_unknown_here(public_server):
    own = {str(pattern.pattern) for pattern in outreach_urls.urlpatterns}
    addresses = set(addresses_of(operator_urls.urlpatterns)) - own
    assert {"setup/people", "admin/login/", "api/v1/points", "houses/h1/program", "metrics"} <= addresses
    built = PROJECT / "greenhouse" / "console" / "static"
    addresses |= {f"static/{file.relative_to(built)}" for file in built.rglob("*") if file.is_file()}
    assert len(addresses) > 150
    answers = {address: public_server.ask(f"/{quote(address)}")[0] for address in addresses}
    assert {address: status for address, status in answers.items() if status != 404} == {}
    assert len(public_urls.urlpatterns) == 1


@pytest.mark.parametrize(
    "guess",
    [
        "/live/base",
        "/wall/",
        "/go/admin",
        "/en/admin/",
        "//admin/",
        "/wall/../admin/",
        "/%61dmin/",
        "/setup%2Fpeople",
        "/static/../config/settings/base.py",
        "/static/outreach/build/../../../models.py",
        "/static/%2e%2e/%2e%2e/main.sqlite3",
        "/.env",
        "/outreach.sqlite3",
        "http://127.0.0.1:8000/admin/",
    ],
)
def test_a_guessed_address_leads_nowhere(public_server, guess):
    assert public_server.ask(guess)[0] == 404


def test_a_page_that_is_not_there_names_no_other(public_server):
    _, _, page = public_server.ask("/setup/people")
    assert "没有这个页面" in page.decode()
    assert b"/setup" not in page
    assert b"go/" not in page


def test_writing_to_the_outreach_database_fails(built, tmp_path):
    publish(just_now())
    (tmp_path / "outreach.sqlite3").symlink_to(connections["outreach"].settings_dict["NAME"])
    program = (
        f"{BOOT}from django.db import DatabaseError, connection\nfrom greenhouse.outreach.models import Fact\n"
        "assert Fact.objects.count() > 50\n"
        "def tried(*acts):\n"
        "    refused = 0\n"
        "    for act in acts:\n"
        "        try:\n            act()\n"
        "        except DatabaseError as error:\n"
        "            assert 'readonly' in str(error)\n            refused += 1\n"
        "    return refused\n"
        "run = lambda sql: lambda: connection.cursor().execute(sql)\n"
        "assert tried(Fact.objects.all().delete, lambda: Fact.objects.update(value=99),\n"
        "             run('CREATE TABLE mine (a)'), run('PRAGMA query_only=OFF'),\n"
        "             run('DELETE FROM outreach_fact')) == 4\n"
    )
    loaded_by(program, GREENHOUSE_VAR=str(tmp_path))


def test_nobody_can_do_more_than_read_and_nobody_is_told_apart(public_server):
    public_server.publish()
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert public_server.ask("/wall", method=method)[0] == 405
    cookies = {"Cookie": "console_session=stolen; console_language=en"}
    status, headers, page = public_server.ask("/go/now", **cookies)
    assert (status, headers["Set-Cookie"]) == (200, None)
    assert page == public_server.ask("/go/now")[2]
    assert "Cookie" not in headers["Vary"]


def test_only_its_own_host_name_is_answered(public_server):
    for host in ("localhost", "127.0.0.1", "base.lan", "visit.localhost.evil.example"):
        assert public_server.ask("/wall", host=host)[0] == 400
    assert public_server.ask("/wall")[0] == 200


def test_pages_may_load_only_what_this_server_sends(public_server):
    _, headers, page = public_server.ask("/wall")
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert b"style=" not in page
    assert b"<style" not in page


def test_before_the_first_publication_there_is_a_page_and_no_made_up_value(fresh_server):
    status, headers, body = fresh_server.ask("/data.json")
    assert (status, headers["Retry-After"], json.loads(body)) == (404, "10", {"waiting": True})
    assert fresh_server.ask("/wall")[0] == 200
    assert fresh_server.ask("/base")[0] == 200


def test_who_has_the_document_is_sent_nothing(public_server):
    public_server.publish()
    status, headers, body = public_server.ask("/data.json", **{"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"], headers["Cache-Control"]) == (200, "gzip", "public, max-age=5")
    assert json.loads(gzip.decompress(body))["values"]["air_temperature"]["v"] == 18.4
    assert len(body) < 4000
    status, headers, body = public_server.ask("/data.json", **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")
    assert headers["Date"]


def test_a_database_that_goes_takes_no_value_away(fresh_server):
    fresh_server.publish()
    assert fresh_server.ask("/data.json")[0] == 200
    (fresh_server.var / "outreach.sqlite3").unlink()
    with sqlite3.connect(fresh_server.var / "outreach.sqlite3") as other:
        other.execute("CREATE TABLE nothing_of_ours (a)")
    over_at_s = time.monotonic() + PATIENCE_S
    while "the outreach database does not answer" not in fresh_server.log.read_text(encoding="utf-8"):
        assert fresh_server.ask("/data.json")[0] == 200
        assert time.monotonic() < over_at_s
        time.sleep(0.1)  # it looks every two seconds
    assert fresh_server.ask("/data.json")[0] == 200


def test_scripts_and_styles_are_kept_for_good(public_server):
    page = public_server.ask("/wall")[2].decode()
    script = next(part.split('"')[0] for part in page.split('src="')[1:])
    status, headers, _ = public_server.ask(script)
    assert status == 200
    assert int(headers["Cache-Control"].partition("max-age=")[2].partition(",")[0]) >= 31_536_000


def test_a_base_in_service_needs_a_host_name_for_its_visitors(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings.public"],
        cwd=PROJECT,
        env={"GREENHOUSE_VAR": str(tmp_path), "GREENHOUSE_PRODUCTION": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "GREENHOUSE_PUBLIC_HOST is not set" in done.stderr
