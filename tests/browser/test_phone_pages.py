"""What a visitor's phone shows: the same displays, and the page about the base, in either language."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.browser.axe import serious_findings
from tests.browser.conftest import PHONE
from tests.browser.test_wall import public_server, running_server, show  # noqa: F401  (fixtures)
from tests.outreach.public_server import PublicServer

NARROW = {"width": 320, "height": 640}
PAGES = ("/go/now", "/go/warm", "/go/drink", "/go/today", "/base")
MOST_BYTES = 300_000


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_axe_finds_nothing_and_no_page_is_wider_than_the_phone(show, public_server, prefix):  # noqa: F811
    public_server.publish()
    for path in PAGES:
        page = show(f"{prefix}{path}", size=PHONE, bypass_csp=True)
        assert serious_findings(page) == []
        for size in (PHONE, NARROW):
            page.set_viewport_size(size)
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        targets = page.eval_on_selector_all("a", "all => all.map(a => a.getBoundingClientRect().height)")
        assert min(targets) >= 44
        page.close()


def test_the_other_language_is_one_tap_away_on_the_same_page(show, public_server):  # noqa: F811
    """X3: and no sentence mixes both."""
    public_server.publish()
    for path in PAGES:
        page = show(path, size=PHONE)
        assert page.get_attribute("html", "lang") == "zh-Hans"
        page.click(".language")
        page.wait_for_selector("html[data-feed=heard]")
        assert page.url.endswith(f"/en{path}")
        assert page.get_attribute("html", "lang") == "en"
        english = page.inner_text("main")
        assert not any("一" <= letter <= "鿿" for letter in english), english
        page.click(".language")
        page.wait_for_url(lambda url, path=path: url.endswith(path) and "/en/" not in url)


def test_a_first_view_weighs_little_and_sets_nothing(show, public_server):  # noqa: F811
    public_server.publish()
    page = show("/base", size=PHONE, wait=False)
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body()) if response.status == 200 else 0))
    page.goto("/go/now")
    page.wait_for_selector("html[data-feed=heard]")
    assert 0 < sum(sizes) <= MOST_BYTES
    assert page.context.cookies() == []


def test_each_house_shows_its_number_and_where_it_comes_from(show, public_server):  # noqa: F811
    public_server.publish()
    page = show("/go/now", size=PHONE)
    assert page.inner_text('.list [data-house="1"]') == "18.4"
    assert page.locator(".list li").count() == 9
    assert "演示数据" in page.inner_text(".source")
    page = show("/base", size=PHONE)
    assert page.locator(".houses li").count() == 9
    assert "演示数据" in page.inner_text(".source")
    assert "4416平方米" in page.inner_text(".lead")


def test_an_old_value_is_told_on_the_phone_too(show, public_server):  # noqa: F811
    public_server.publish(age=timedelta(hours=3, minutes=10))  # the page knows the server's time to a second
    page = show("/en/go/warm", size=PHONE)
    assert "Older than half an hour" in page.inner_text(".sentence")
    assert "3 h ago" in page.inner_text(".source")


def test_before_anything_is_published_the_phone_waits(browser, transactional_db, tmp_path):
    server = PublicServer(tmp_path)
    server.start()
    try:
        page = browser.new_page(viewport=PHONE)
        page.goto(f"{server.address}/go/warm")
        page.wait_for_function("() => document.querySelector('[data-status]').innerText.includes('等待第一批数据')")
        assert page.inner_text(".hero [data-value]") == "—"
        page.close()
    finally:
        server.kill()
