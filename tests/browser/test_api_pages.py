"""The page that describes the interface for programs, and the tokens of the account page, in a real browser."""

from __future__ import annotations

import pytest

from greenhouse.access.models import ApiToken
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import ACCOUNT

DOCS = "/api/v1/docs"


@pytest.mark.parametrize("size", [{"width": 320, "height": 640}, PHONE, DESK], ids=["small", "phone", "desk"])
@pytest.mark.parametrize("path", [DOCS, ACCOUNT])
def test_no_page_scrolls_sideways(desk, path, size):
    page = desk.open(path, size=size, wait=False)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]


def test_the_page_works_without_a_script(desk):
    page = desk.open(DOCS, wait=False, java_script_enabled=False)
    assert page.locator("section.api-operation").count() > 20


def test_a_person_makes_a_token_copies_it_and_revokes_it(desk):
    page = desk.open(ACCOUNT, wait=False)
    page.fill("#token-name", "weather bridge")
    page.check("input[name=scopes][value=alarm]")
    page.click("button:has-text('生成令牌')")
    secret = page.locator(".secret code").inner_text()
    assert secret.startswith("gh_")
    answer = page.request.get("/api/v1/ledger/head", headers={"Authorization": f"Bearer {secret}", "Cookie": ""})
    assert answer.status == 200
    assert ApiToken.objects.get().scopes == ["alarm", "read"]
    page.click("button[aria-label='吊销 weather bridge']")
    page.wait_for_selector(".tokens", state="detached")
    answer = page.request.get("/api/v1/ledger/head", headers={"Authorization": f"Bearer {secret}", "Cookie": ""})
    assert answer.status == 401
