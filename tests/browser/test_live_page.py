"""A page that stays open: asleep, over a restart, over the end of its session, for a month."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from greenhouse.console.live import consumers
from greenhouse.console.page import build
from tests.browser.conftest import DESK, PASSWORD

AIR = "h1-climate.air_temperature"
CO2 = "h1-climate.co2_concentration"
SETPOINT = "h1-climate.heating_setpoint"
BANNER = "#link-banner"


def reading(page: Page, point: str) -> dict[str, str]:
    return page.evaluate("point => ({...document.querySelector(`.reading[data-point='${point}']`).dataset})", point)


def mark(page: Page) -> None:
    """Leave a sign in the page that a reload would take away."""
    page.evaluate("() => { window.marked = true }")


def is_same_page(page: Page) -> bool:
    return page.evaluate("() => window.marked === true")


def test_a_phone_woken_from_sleep_shows_old_values_as_old_at_once_and_comes_back(desk, server):
    """PH7. Asleep for ten minutes while the line was dead: no timer ran, no close was heard."""
    page = desk.open("/login", wait=False)
    page.clock.install()
    page.goto("/")
    page.wait_for_selector("html[data-link=linked]")
    mark(page)
    number = page.inner_text(f'.reading[data-point="{CO2}"] .reading-number')
    server.freeze()
    asleep = page.evaluate(
        """async () => {
            const now = Date.now, ticks = performance.now.bind(performance);
            Date.now = () => now() + 600000;  // this clock went on, the other stood still
            document.dispatchEvent(new Event("visibilitychange"));
            const reading = document.querySelector(".reading[data-point='h1-climate.co2_concentration']");
            return { link: document.documentElement.dataset.link, fresh: reading.dataset.freshness,
                     number: reading.querySelector(".reading-number").textContent,
                     age: reading.querySelector(".reading-age").textContent,
                     banner: document.querySelector("#link-banner").textContent.trim() };
        }"""
    )
    assert (asleep["link"], asleep["fresh"], asleep["number"]) == ("lost", "stale", number)
    assert asleep["age"] == "10 分钟前"
    assert "离线" in asleep["banner"]
    server.mend()
    page.wait_for_selector("html[data-link=linked]", timeout=60_000)
    page.wait_for_selector(f'.reading[data-point="{CO2}"][data-freshness=live]')
    assert is_same_page(page)
    expect(page.locator(BANNER)).to_contain_text("已恢复连接")


@pytest.mark.parametrize(("away", "back"), [("pagehide", "pageshow"), ("freeze", "resume")])
def test_a_page_put_away_holds_no_socket_and_comes_back_with_its_values(desk, away, back):
    """As the browser does with a page that is gone back from, or with a tab in the background."""
    page = desk.open()
    say = """([name, onDocument]) => (onDocument ? document : window).dispatchEvent(
        onDocument ? new Event(name) : new PageTransitionEvent(name, { persisted: true }))"""
    page.evaluate(say, [away, away == "freeze"])
    assert page.get_attribute("html", "data-link") == "lost"
    assert reading(page, CO2)["freshness"] != "live"
    page.wait_for_timeout(1000)
    assert page.get_attribute("html", "data-link") == "lost"
    assert consumers.PLACES.taken == 0
    page.evaluate(say, [back, back == "resume"])
    page.wait_for_selector("html[data-link=linked]")
    page.wait_for_selector(f'.reading[data-point="{CO2}"][data-freshness=live]')


def test_a_page_that_the_browser_had_kept_is_as_old_as_it_is(desk, server):
    """A phone out of the pocket, without its line: the browser shows the page of three hours ago again."""
    page = desk.open("/points")
    page.goto("/")  # with all its cookies: kept under them
    page.wait_for_selector("html[data-link=linked]")
    page.goto("/points")
    page.add_init_script("{ const now = Date.now; Date.now = () => now() + 3 * 3600 * 1000 }")
    server.cut()
    page.go_back(wait_until="commit")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_selector(f'.reading[data-point="{CO2}"][data-freshness=dead]')
    assert page.locator(".reading[data-freshness=live], .reading[data-freshness=late]").count() == 0


def test_a_server_that_is_started_again_finds_its_pages_back(desk, server, console, stage):
    page = desk.open()
    mark(page)
    console.stop()
    expect(page.locator(BANNER)).to_contain_text("离线")
    expect(page.locator(BANNER)).to_contain_text(re.compile(r"正在重新连接（第 \d 次）"))
    server.lead_to(console.start())
    page.wait_for_selector("html[data-link=linked]", timeout=60_000)
    expect(page.locator(BANNER)).to_contain_text("已恢复连接")
    stage.set(AIR, 21.7)
    expect(page.locator(f'.reading[data-point="{AIR}"] .reading-number')).to_have_text("21.7")
    assert is_same_page(page)
    expect(page.locator("#version-banner")).to_be_hidden()


def test_a_new_version_is_offered_and_loaded_only_when_asked_for(desk, server, console, monkeypatch):
    page = desk.open()
    mark(page)
    console.stop()
    monkeypatch.setattr(build, "build_id", lambda: "another")
    server.lead_to(console.start())
    offer = page.locator("#version-banner")
    expect(offer).to_contain_text("有新版本", timeout=60_000)
    assert is_same_page(page)
    offer.get_by_role("button").click()
    page.wait_for_selector("html[data-link=linked]")
    assert not is_same_page(page)
    expect(page.locator("#version-banner")).to_be_hidden()


def test_a_device_with_a_wrong_clock_is_told_so_and_shows_right_ages(desk):
    """DQ3."""
    page = desk.open()
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 95000 }")
    expect(page.locator(f"{BANNER} .banner-text")).to_have_text("本机时钟相差 95 秒；数据时间以服务器为准。")
    page.wait_for_selector(f'.reading[data-point="{CO2}"][data-freshness=live]')


def set_password(name: str) -> None:
    user = User.objects.get(username=name)
    user.set_password(PASSWORD)
    user.save()


def test_the_end_of_a_session_is_said_before_and_can_be_put_off(desk, in_store):
    soon = timezone.now() + timedelta(minutes=3.5)
    page = desk.open()
    in_store(lambda: Session.objects.update(expire_date=soon))
    page.reload()
    warning = page.locator("#session-banner")
    expect(warning).to_contain_text("登录将在 4 分钟后失效。")
    warning.get_by_role("button", name="保持登录").click()
    expect(warning).to_be_hidden()
    left = in_store(lambda: Session.objects.get().expire_date) - timezone.now()
    assert left > timedelta(hours=11)


def test_a_warning_goes_away_when_another_page_has_put_the_end_off(desk, in_store):
    page = desk.open()
    in_store(lambda: Session.objects.update(expire_date=timezone.now() + timedelta(minutes=3)))
    page.reload()
    expect(page.locator("#session-banner")).to_be_visible()
    in_store(lambda: Session.objects.update(expire_date=timezone.now() + timedelta(hours=3)))
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#session-banner")).to_be_hidden()


def test_signing_in_again_keeps_the_page_and_what_was_entered(desk, stage, in_store):
    """The session ends under an entry; the wrong password, the right one, and the entry is sent."""
    page = desk.open(name="li")
    mark(page)
    page.click(f'a[data-setpoint="{SETPOINT}"]')
    page.wait_for_selector('#sheet [data-cmd-state="draft"]')
    page.fill("#new-value", "16.5")
    in_store(lambda: set_password("li"))  # which ends the session
    sign_in = page.locator("#sign-in")
    expect(sign_in).to_be_visible()
    expect(page.locator(BANNER)).to_contain_text("登录已失效，本页不再更新")
    assert sign_in.locator("[name=username]").input_value() == "li"
    sign_in.locator("[name=password]").fill("wrong")
    page.keyboard.press("Enter")
    expect(sign_in.locator(".fault")).to_contain_text("用户名或密码不正确")
    sign_in.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(sign_in).to_be_hidden()
    page.wait_for_selector("html[data-link=linked]")
    assert is_same_page(page)
    assert page.input_value("#new-value") == "16.5"
    page.click("#sheet .actions button")
    page.click('#sheet button[value="apply"]')
    page.wait_for_selector('#sheet [data-command][data-cmd-state="confirmed"]')
    assert stage.orders == [(SETPOINT, 16.5)]


def test_somebody_else_who_signs_in_gets_a_page_of_their_own(desk, in_store):
    desk.open(name="wang", size=DESK)
    page = desk.open(name="li")
    mark(page)
    in_store(lambda: [set_password(name) for name in ("li", "wang")])
    sign_in = page.locator("#sign-in")
    expect(sign_in).to_be_visible()
    sign_in.locator("[name=username]").fill("wang")
    sign_in.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#sign-in[data-person=wang]", state="attached")
    assert not is_same_page(page)


def take_role_away(name: str) -> None:
    User.objects.get(username=name).groups.clear()


def test_who_lost_the_role_is_told_that_and_not_that_the_session_ended(desk, in_store):
    page = desk.open(name="li")
    in_store(lambda: take_role_away("li"))
    expect(page.locator(BANNER)).to_contain_text("您已无权查看本基地")
    expect(page.locator("#sign-in")).to_be_hidden()
    assert page.get_attribute("html", "data-link") == "not-allowed"


A_MONTH = """async ({ snapshot, person, rounds }) => {
    const first = JSON.parse(snapshot);
    const points = Object.entries(first.points).slice(0, 200);
    let open = null, id = 0;
    class Socket extends EventTarget {
        constructor() { super(); open = this; }
        send() {}
        close() { if (open === this) open = null; }
        hear(frame) { this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) })); }
    }
    const page = { WebSocket, fetch };
    window.WebSocket = Socket;
    const json = { "Content-Type": "application/json" };
    window.fetch = async (address) => String(address).startsWith("/session")
        ? new Response(JSON.stringify({ person, left_s: 43200, csrf: "x" }), { headers: json })
        : new Response(`<p>${id}</p>`, { status: 200 });
    for (let round = 0; round < rounds; round += 1) {
        window.dispatchEvent(new Event("offline"));
        window.dispatchEvent(new Event("online"));
        open.hear({ ...first, epoch: String(round), sequence: 0 });
        const at = Date.now();
        const another = (state) => ({ ...state, value: Math.random() * 40, at });
        const changed = Object.fromEntries(points.map(([key, state]) => [key, another(state)]));
        const commands = Array.from({ length: 5 }, () => ({ id: String(++id), state: "confirmed", created: at,
            point: "h1-climate.heating_setpoint", value: 1, times: {} }));
        open.hear({ ...first, type: "changes", epoch: String(round), sequence: 1, at, points: changed, commands });
        if (round % 20 === 0) await new Promise((go) => setTimeout(go, 0));
    }
    window.WebSocket = page.WebSocket;
    window.fetch = page.fetch;
}"""


def weight(page: Page, devtools) -> tuple[int, int, int]:
    """Bytes of the heap, DOM nodes and listeners: the least of five moments, in each after a collection.

    What is just being replaced is there twice for a moment, up to a fifth of the heap.
    """
    found = []
    for _ in range(5):
        page.clock.fast_forward("00:01:00")
        found.append(weight_now(page, devtools))
    heap, nodes, listeners = (min(each) for each in zip(*found, strict=True))
    return heap, nodes, listeners


def weight_now(page: Page, devtools) -> tuple[int, int, int]:
    """Bytes of the heap after a collection, DOM nodes and listeners."""
    page.wait_for_timeout(500)
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    counted = devtools.send("Memory.getDOMCounters")
    return devtools.send("Runtime.getHeapUsage")["usedSize"], counted["nodes"], counted["jsEventListeners"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_page_left_open_for_a_month_does_not_grow(desk):
    """A thousand reconnects with five thousand requests, and then thirty days in steps of four hours."""
    page = desk.open("/login", wait=False, size=DESK)
    page.clock.install()
    received: list[str] = []
    page.on("websocket", lambda opened: opened.on("framereceived", lambda text: received.append(str(text))))
    page.goto("/")
    page.wait_for_selector("html[data-link=linked]")
    page.wait_for_selector(".instrument .gauge")
    snapshot = next(text for text in received if '"snapshot"' in text[:30])
    person = page.get_attribute("#sign-in", "data-person")
    devtools = page.context.new_cdp_session(page)
    page.evaluate(A_MONTH, {"snapshot": snapshot, "person": person, "rounds": 100})
    page.clock.fast_forward("01:00:00")
    before = weight(page, devtools)
    for _ in range(10):
        page.evaluate(A_MONTH, {"snapshot": snapshot, "person": person, "rounds": 100})
    for _ in range(30 * 6):
        page.clock.fast_forward("04:00:00")
    after = weight(page, devtools)
    assert after[0] < 1.1 * before[0], (before, after)
    assert after[1] <= 1.1 * before[1], (before, after)
    assert after[2] <= 1.1 * before[2], (before, after)


SUFFIXES = (".js", ".css")


def test_the_first_page_is_light(desk):
    """T21 and PH6: what the overview really loads, compressed as it is in service."""
    page = desk.open("/login", wait=False)
    bodies: dict[str, bytes] = {}
    page.on(
        "response",
        lambda answer: bodies.update({answer.url: answer.body()}) if "/static/" in answer.url else None,
    )
    page.goto("/")
    page.wait_for_selector("html[data-link=linked]")
    weights = {end: sum(len(gzip.compress(b)) for url, b in bodies.items() if url.endswith(end)) for end in SUFFIXES}
    assert 0 < weights[".js"] <= 200_000
    assert 0 < weights[".css"] <= 60_000
    assert not [url for url in bodies if url.endswith((".woff", ".woff2", ".ttf"))]
