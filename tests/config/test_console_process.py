"""The console as a web process: headers, cookies, signs of life, and what it must not be able to do."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client

from config.lifespan import Lifespan
from config.middleware import ContentSecurityPolicy
from scheduler import heartbeat

PROJECT = Path(__file__).parents[2]


def test_a_page_may_load_only_what_this_server_sends(client: Client):
    headers = client.get("/nothing-here").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'self'",) * 3
    assert (policy["object-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


async def test_pages_that_are_served_asynchronously_carry_the_policy_too(async_client: AsyncClient):
    response = await async_client.get("/nothing-here")
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]


async def test_a_static_file_is_served_asynchronously_without_a_warning(async_client: AsyncClient):
    """Whole, in part, and not at all when it has not changed. Warnings are errors here."""
    (settings.STATIC_ROOT / "sample.txt").write_text("pixels", encoding="utf-8")
    assert (await async_client.get("/static/missing.txt")).status_code == 404
    found = await async_client.get("/static/sample.txt")
    assert (found.status_code, found.content, found.headers["Content-Length"]) == (200, b"pixels", "6")
    assert found.headers["Content-Type"] == 'text/plain; charset="utf-8"'
    part = await async_client.get("/static/sample.txt", headers={"Range": "bytes=0-2"})
    assert (part.status_code, part.content) == (206, b"pix")
    same = await async_client.get("/static/sample.txt", headers={"If-None-Match": found.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")


async def test_a_page_may_bring_a_policy_of_its_own():
    async def page(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})

    response = await ContentSecurityPolicy(page)(HttpRequest())
    assert response.headers["Content-Security-Policy"] == "default-src 'none'"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites():
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.CSRF_COOKIE_HTTPONLY
    assert {settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE} == {"Lax"}


def test_chinese_comes_first():
    assert [code for code, _name in settings.LANGUAGES] == ["zh-hans", "en"]
    assert settings.LANGUAGE_CODE == "zh-hans"


async def test_the_server_beats_from_its_own_loop_until_it_is_shut_down(tmp_path, monkeypatch):
    monkeypatch.setenv("GREENHOUSE_VAR", str(tmp_path))
    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    running = asyncio.create_task(Lifespan("console")({}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert await outbox.get() == {"type": "lifespan.startup.complete"}
    assert heartbeat.last_beat("console").pid == os.getpid()
    await inbox.put({"type": "lifespan.shutdown"})
    assert await outbox.get() == {"type": "lifespan.shutdown.complete"}
    await running


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("GREENHOUSE_DEBUG", "perhaps", "neither yes nor no"),
        ("GREENHOUSE_LOG_LEVEL", "loud", "none of DEBUG, ERROR, INFO, WARNING"),
        ("DATABASE_URL", "sqlite:///x", "must start with postgresql://"),
        ("GREENHOUSE_BASE_FILE", "bases/own.toml", "must be an absolute path"),
    ],
)
def test_a_bad_setting_stops_the_start(tmp_path, variable, value, sentence):
    environment = os.environ | {"GREENHOUSE_VAR": str(tmp_path), variable: value}
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings.console"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert sentence in done.stderr
