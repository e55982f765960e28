"""The page of curves in a real browser: what a person sees, touches and takes along."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from playwright.sync_api import Page, expect

from devices.samples import Origin, Reading
from greenhouse.access.roles import Role
from greenhouse.annotations.models import Annotation
from greenhouse.clock import moment_now
from greenhouse.commands.submit import submit_setpoint
from greenhouse.site.point_index import point_index
from greenhouse.telemetry import ingest
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import CHINESE, LATIN_IN_CHINESE, TARGETS, text_of

AIR = "h1-climate.air_temperature"
SETPOINT = "h1-climate.heating_setpoint"
GONE = "h2-climate.air_temperature"
HOUR = f"/trends?points={AIR},{SETPOINT}&hours=1"


@pytest.fixture
def silent() -> set[str]:
    return {GONE}


def opened(desk, path: str = HOUR, **options: object) -> Page:
    """The page with its curves drawn."""
    page = desk.open(path, **{"size": DESK, **options})
    page.wait_for_selector("[data-chart-drawn]", state="attached")
    return page


def shown(page: Page) -> dict:
    """What the chart's own table and read-out say."""
    return page.evaluate(
        """() => ({ title: document.querySelector(".chart-title").textContent,
                    summary: document.querySelector(".chart-summary").textContent,
                    time: document.querySelector(".readout-time").textContent,
                    values: [...document.querySelectorAll(".readout-value")].map(e => e.textContent),
                    follow: document.querySelector("[data-chart]").dataset.chartFollow,
                    state: document.querySelector("[data-chart]").dataset.chartState })"""
    )


def middle_of(page: Page, share: float = 0.5) -> tuple[float, float]:
    """A place on the first panel."""
    box = page.locator(".u-over").first.bounding_box()
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def test_the_chart_says_in_words_what_it_shows(desk):
    page = opened(desk)
    words = shown(page)
    assert words["title"].startswith("1号日光温室：室内气温 ")
    assert words["title"].endswith(" °C · 最近 1 小时")
    assert "平均 " in words["summary"]
    assert "数据覆盖" in words["summary"]
    assert page.locator(".chart-tag").inner_text() == "演示数据"
    assert page.locator(".chart-panel").count() == 1


def inked_columns(page: Page) -> list[float]:
    """Where the first panel has something in the ink of the first curve, as shares of its width."""
    return page.evaluate(
        """() => {
            const canvas = document.querySelector(".uplot canvas");
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const isInk = (x, y) => {
                const i = 4 * (y * width + x);
                return data[i + 3] > 200 && data[i] < 60 && data[i + 2] < 60;
            };
            const over = document.querySelector(".u-over");
            const [left, wide] = [over.offsetLeft * devicePixelRatio, over.offsetWidth * devicePixelRatio];
            const rows = [...Array(height - 40).keys()];
            const inked = [...Array(width).keys()].filter((x) => x > left + 1 && rows.some((y) => isInk(x, y)));
            return inked.map((x) => (x - left) / wide);
        }"""
    )


@pytest.mark.parametrize("ratio", [1, 2])
def test_curves_are_painted_where_they_belong_at_every_pixel_ratio(desk, ratio):
    """uPlot paints in device pixels: whatever is drawn over it must too."""
    page = opened(desk, size=PHONE, device_scale_factor=ratio)
    sizes = page.evaluate(
        "() => { const c = document.querySelector('.uplot canvas'); return [c.width, c.clientWidth]; }"
    )
    assert sizes[0] == pytest.approx(ratio * sizes[1], abs=ratio)
    inked = inked_columns(page)
    assert len(inked) > 100 * ratio
    assert inked[0] < 0.05
    assert inked[-1] > 0.95


def test_a_gap_stays_a_gap(desk, in_store):
    """T15: nothing leads across the time in which the sensor was silent."""
    now = timezone.now()
    minutes = [*range(50, 40, -1), *range(10, 0, -1)]

    def store() -> None:
        zero = np.zeros(1, np.uint8)
        readings = [
            Reading((GONE,), np.array([18.0]), zero, zero, now - timedelta(minutes=minute), Origin.SIMULATED)
            for minute in minutes
        ]
        ingest.record(readings, ids=point_index().ids, writer="gap", tick=1, now=now)

    in_store(store)
    inked = inked_columns(opened(desk, f"/trends?points={GONE}&hours=1"))
    assert [share for share in inked if 0.42 < share < 0.78] == []
    assert any(0.2 < share < 0.3 for share in inked)
    assert any(share > 0.85 for share in inked)


def test_different_quantities_stand_in_panels_of_their_own_under_one_cursor(desk):
    page = opened(desk, "/trends?house=h1&preset=openings")
    assert page.locator(".chart-panel").count() == 2
    page.mouse.move(*middle_of(page))
    lines = page.evaluate("() => [...document.querySelectorAll('.u-cursor-x')].map(e => e.getBoundingClientRect().x)")
    assert len(lines) == 2
    assert lines[0] == pytest.approx(lines[1], abs=1)


def test_the_read_out_is_fixed_under_the_chart_and_follows_the_mouse(desk):
    page = opened(desk)
    before = shown(page)
    assert before["time"] == "最新值"
    page.mouse.move(*middle_of(page, 0.6))
    during = shown(page)
    assert during["time"] != "最新值"
    readout, chart = page.locator(".readout").bounding_box(), page.locator(".chart-panels").bounding_box()
    assert readout["y"] >= chart["y"] + chart["height"] - 1
    page.mouse.move(5, 300)
    assert shown(page)["time"] == "最新值"


def test_a_tap_holds_a_moment_and_the_page_scrolls_over_the_chart(desk):
    page = opened(desk, size=PHONE, has_touch=True, is_mobile=True)
    page.touchscreen.tap(*middle_of(page, 0.4))
    held = shown(page)
    assert held["follow"] == "held"
    assert held["time"] != "最新值"
    assert page.evaluate("() => getComputedStyle(document.querySelector('.u-over')).touchAction") == "pan-y"
    page.tap(".chart-follow")
    assert shown(page)["time"] == "最新值"


def test_keys_move_through_time_and_what_they_find_is_said(desk):
    page = opened(desk)
    page.focus(".chart-panels")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    first = shown(page)["time"]
    said = page.locator(".readout-live").inner_text()
    assert "室内气温" in said
    page.keyboard.press("Home")
    assert shown(page)["time"] < first
    page.keyboard.press("Escape")
    assert shown(page)["time"] == "最新值"


def scale_end(page: Page) -> str:
    """Where the chart ends."""
    return page.get_attribute("[data-chart]", "data-chart-end")


def wait_beyond(page: Page, end: str) -> None:
    """Until the chart ends later than that."""
    page.wait_for_selector(f"[data-chart]:not([data-chart-end='{end}'])")


def test_new_values_come_in_at_the_right_and_wait_while_somebody_looks(desk):
    page = opened(desk)
    began = scale_end(page)
    wait_beyond(page, began)
    page.mouse.move(*middle_of(page))
    page.wait_for_timeout(1000)
    held, time = scale_end(page), shown(page)["time"]
    page.wait_for_timeout(11_000)
    assert scale_end(page) == held
    assert shown(page)["time"] == time
    page.mouse.move(5, 300)
    wait_beyond(page, held)


def test_following_can_be_paused(desk):
    """X5."""
    page = opened(desk)
    page.click(".chart-follow")
    assert shown(page)["follow"] == "paused"
    assert page.locator(".chart-follow").inner_text() == "继续更新"
    held = scale_end(page)
    page.wait_for_timeout(7000)
    assert scale_end(page) == held
    page.click(".chart-follow")
    wait_beyond(page, held)


def test_the_address_holds_the_whole_view_and_brings_it_back(desk):
    """X6: points, time, comparison, language."""
    page = opened(desk, language="en")
    page.click("a[data-hours='6']")
    page.select_option("#compare", "h2")
    page.click("[data-pick]")
    page.fill("#pick-search", "weather wind speed")
    page.check("#picker [name=point][value='weather.wind_speed']")
    page.click("#picker .button--main")
    page.wait_for_selector(".chart-panel >> nth=1")
    query = parse_qs(urlsplit(page.url).query)
    expected = {"hours": ["6"], "compare": ["h2"], "lang": ["en"]}
    assert {name: query[name] for name in expected} == expected
    assert set(query["points"][0].split(",")) == {AIR, SETPOINT, "weather.wind_speed"}
    again = opened(desk, page.url.removeprefix(desk.address), language="zh-hans", role=Role.VIEWER)
    assert again.get_attribute("html", "lang") == "en"
    assert again.locator("a[data-hours='6']").get_attribute("aria-current") == "true"
    assert again.input_value("#compare") == "h2"
    assert again.locator(".chart-panel").count() == 2
    assert shown(again)["title"] == shown(page)["title"]


def test_a_span_is_chosen_with_the_mouse_and_left_with_one_button(desk):
    page = opened(desk)
    (x, y), (to, _y) = middle_of(page, 0.3), middle_of(page, 0.7)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to, y, steps=5)
    page.mouse.up()
    page.wait_for_selector("[data-now]:not([hidden])")
    query = parse_qs(urlsplit(page.url).query)
    assert "hours" not in query
    assert query["from"] < query["to"]
    page.wait_for_selector("[data-chart-follow=fixed]")
    page.click("[data-now]")
    page.wait_for_selector("[data-chart-follow=following]")


def test_a_house_is_compared_dashed_on_the_same_axis(desk):
    page = opened(desk, f"/trends?points={AIR}&hours=1&compare=h3")
    assert page.locator(".chart-panel").count() == 1
    assert "3号日光温室" in page.locator(".readout-other").first.inner_text()


def test_what_was_never_recorded_is_said(desk):
    page = opened(desk, f"/trends?points={GONE}&hours=1")
    assert "无数值" in shown(page)["title"]
    assert "没有这些点位的记录" in page.locator(".chart-notices").inner_text()


def test_an_unknown_point_is_said_and_the_others_are_drawn(desk):
    page = opened(desk, f"/trends?points=h9-climate.nothing,{AIR}&hours=1")
    assert "h9-climate.nothing" in page.locator(".chart-notices").inner_text()
    assert page.locator(".readout-row").count() == 1


def test_no_points_are_said_with_a_way_on(desk):
    page = opened(desk, "/trends?points=")
    assert shown(page)["title"] == "还没有选择点位。"
    assert "请选择点位" in shown(page)["summary"]
    assert not page.locator(".chart-panels").is_visible()
    page.click("[data-pick]")
    page.fill("#pick-search", AIR)
    page.check(f"#picker [name=point][value='{AIR}']")
    page.click("#picker .button--main")
    page.wait_for_selector(".uplot canvas")
    assert int(page.get_attribute("[data-chart]", "data-chart-buckets")) > 1000


def test_a_cut_line_leaves_the_curves_and_says_so(desk, server):
    page = opened(desk)
    server.cut()
    page.wait_for_selector("[data-chart-state=offline]")
    assert "离线 · 显示" in page.locator(".chart-state").inner_text()
    assert shown(page)["values"][0] != "—"
    server.mend()
    page.click("[data-chart-retry]")
    page.wait_for_selector("[data-chart-state=shown]")


def test_a_server_without_an_answer_is_said_and_asked_again(desk):
    page = opened(desk)
    page.route("**/trends/data*", lambda route: route.fulfill(status=503, body="<h1>no store</h1>"))
    page.click("a[data-hours='6']")
    page.wait_for_selector("[data-chart-state=error]")
    assert "自动重试" in page.locator(".chart-state").inner_text()
    page.unroute("**/trends/data*")
    page.wait_for_selector("[data-chart-state=shown]")
    assert shown(page)["title"].endswith("最近 6 小时")


def test_curves_whose_script_does_not_come_are_no_empty_place(desk):
    page = desk.open(HOUR, size=DESK, wait=False)
    page.route(re.compile(r"/build/chart[^/]*\.js"), lambda route: route.abort())
    page.reload()
    expect(page.locator("[data-chart]")).to_have_text("连不上服务器，还没有可显示的数据。")


def test_the_table_holds_the_same_numbers(desk):
    page = opened(desk)
    page.click(".chart-follow")
    page.click(".chart-table > summary")
    page.wait_for_selector(".chart-table tbody tr")
    assert page.locator(".chart-table tbody tr").count() == 120
    heads = page.locator(".chart-table thead th").all_inner_texts()
    assert heads == ["时间", "室内气温 (°C)", "加热设定温度 (°C)"]
    # At one moment, for time goes on. The step that has just begun may hold nothing yet, or one of the two.
    newest, rows = page.evaluate(
        """() => [[...document.querySelectorAll(".readout-value")].map(e => e.textContent),
                  [...document.querySelectorAll(".chart-table tbody tr")].slice(0, 3).map(
                      row => [...row.querySelectorAll("td")].map(e => e.textContent))]"""
    )
    filled = [next(cell for cell in column if cell != "—") for column in zip(*rows, strict=True)]
    assert [cell.split(" ")[0] for cell in filled] == [value.split(" ")[0] for value in newest]
    page.click("[data-more-rows]")
    assert page.locator(".chart-table tbody tr").count() == 240


def test_file_and_picture_are_taken_along(desk, tmp_path):
    page = opened(desk)
    page.click("[data-take] summary")
    with page.expect_download() as file:
        page.click("[data-csv]")
    rows = list(csv.reader(io.StringIO(Path(file.value.path()).read_text(encoding="utf-8-sig"))))
    assert "演示数据" in rows[0][2]
    assert len(rows) > 500
    page.select_option("[data-csv-step]", "900")
    with page.expect_download() as file:
        page.click("[data-csv]")
    assert len(Path(file.value.path()).read_text(encoding="utf-8-sig").splitlines()) <= 6
    with page.expect_download() as picture:
        page.click("[data-png]")
    content = Path(picture.value.path()).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000


def test_a_note_is_written_by_keyboard_alone_and_appears_everywhere(desk, in_store):
    """C10: on the chart, in the list, in the file."""
    page = opened(desk)
    text = "<img src=x onerror=alert(1)> 风口卡住"
    page.focus(".chart-panels")
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    page.focus("[data-here]")
    page.keyboard.press("Enter")
    page.focus("#note-text")
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".event[data-kind=note]")
    assert page.locator(".event[data-kind=note] .event-what").inner_text() == text
    assert page.locator(".events img").count() == 0
    assert "批注1条" in shown(page)["summary"]
    note = in_store(Annotation.objects.get)
    assert timezone.now() - note.start < timedelta(minutes=5)
    content = page.request.get(page.get_attribute("[data-csv]", "href")).text()
    assert text in content
    page.focus(".event[data-kind=note] .event-go")
    page.keyboard.press("Enter")
    assert shown(page)["follow"] == "held"
    page.click(".event[data-kind=note] a")
    page.fill("#note-text", "修好了")
    page.click("button[value=save]")
    page.wait_for_selector("[data-chart-drawn]", state="attached")
    assert page.locator(".event[data-kind=note] .event-what").inner_text() == "修好了"
    page.click(".event[data-kind=note] a")
    page.click("button[value=delete]")
    page.wait_for_selector("[data-chart-drawn]", state="attached")
    assert page.locator(".event[data-kind=note]").count() == 0


def test_a_change_stands_in_the_list_and_leads_to_its_moment(desk, in_store):
    person = in_store(lambda: User.objects.create_user("zhang", first_name="张工"))
    in_store(lambda: person.groups.add(Group.objects.get(name=Role.TECHNICIAN)))
    asked = {"by": person, "seen_value": 16.0, "seen_at": None}
    in_store(lambda: submit_setpoint(SETPOINT, 17.0, now=moment_now(), **asked))
    page = opened(desk)
    change = page.locator(".event[data-kind=change]")
    assert "16.0 → 17.0 °C" in change.inner_text()
    assert "张工" in change.inner_text()
    change.locator("button").click()
    assert shown(page)["follow"] == "held"


def test_the_choice_of_points_is_searched_counted_and_limited(desk):
    page = opened(desk, size=PHONE)
    page.click("[data-pick]")
    page.fill("#pick-search", "2号 气温")
    options = page.locator("#picker label.option:visible")
    options.first.wait_for()
    assert {
        "2号" in text
        for text in page.eval_on_selector_all(
            "#picker label.option:not([hidden])", "all => all.map(e => e.dataset.words)"
        )
    } == {True}
    assert min(box["height"] for box in (option.bounding_box() for option in options.all())) >= 48
    page.fill("#pick-search", "没有这个")
    assert page.locator("[data-none-found]").is_visible()
    page.fill("#pick-search", "")
    page.evaluate("() => document.querySelectorAll('#picker details').forEach(d => d.open = true)")
    boxes = page.locator("#picker [name=point]:not(:checked)")
    for _ in range(18):
        boxes.first.check()
    assert page.locator("#picker [data-chosen]").inner_text() == "已选20个，最多20个"
    assert boxes.first.is_disabled()


def test_without_scripts_the_page_leads_to_the_data(desk):
    page = desk.open(HOUR, wait=False, java_script_enabled=False)
    assert "导出的表格" in page.inner_text("main")
    href = page.get_attribute("[data-csv]", "href")
    assert page.request.get(href).text().startswith("\ufeff")
    page.click("[data-pick]")
    page.wait_for_selector("main [data-choice]")


def test_a_chart_on_any_page_is_drawn_from_its_own_div(desk):
    """The house page writes no more than this."""
    page = opened(desk)
    page.evaluate(
        """async query => {
            const place = document.createElement("section");
            place.innerHTML = `<div data-chart data-chart-query="${query}"></div>`;
            document.body.append(place);
            const charts = await import(document.querySelector("meta[name=chart-script]").content);
            charts.mountCharts(place);
        }""",
        f"points={AIR}&amp;hours=6",
    )
    page.wait_for_selector("body > section [data-chart-drawn]", state="attached")
    assert "最近 6 小时" in page.locator("body > section .chart-title").inner_text()


EVERY = (HOUR, "/trends?house=h1&preset=openings&compare=1d", "/trends?points=", "/trends/points?points=" + AIR)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_runs_out_of_a_narrow_page(desk, language):
    """X2."""
    for path in EVERY:
        for theme in ("light", "sun"):
            page = desk.open(path, size={"width": 320, "height": 640}, language=language, theme=theme)
            page.wait_for_timeout(500)
            for number in range(page.locator(".trends-own").count()):
                page.locator(".trends-own > summary").nth(number).click()
                assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, (path, theme, number)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, (path, theme)


def test_everything_that_is_tapped_is_large_enough_for_a_glove(desk):
    """T4 and PH2, the menus and the list of points included."""
    page = opened(desk, size=PHONE)
    page.click("[data-pick]")
    page.wait_for_selector("#picker [data-choice]")
    small = [t for t in page.evaluate(TARGETS) if 0 < t["width"] < 48 or 0 < t["height"] < 48]
    assert [t for t in small if "INPUT" not in t["tag"] and t["name"] not in {"point", ""}] == []


def test_a_chinese_page_has_no_english_and_an_english_one_no_chinese(desk):
    """X3."""
    chinese = text_of(opened(desk, "/trends?house=h1&preset=openings"))
    known = LATIN_IN_CHINESE | {"technician", "CSV", "P", "Esc"}
    assert set(re.findall(r"[A-Za-z]+", chinese)) <= known
    english = text_of(opened(desk, "/trends?house=h1&preset=openings", language="en"))
    assert CHINESE.findall(english.replace("语言", "").replace("中文", "")) == []
