"""A base of forty houses: found, read and reached on a phone and on a desk."""

from __future__ import annotations

import pytest
from django.utils import timezone

from greenhouse.alarms import site_file
from greenhouse.site.basefile.importer import import_base
from tests.bases import BASE, COMPARTMENT, CONTROLLER, HOUSE, LINE, WEATHER, read
from tests.browser.conftest import DESK, PHONE

FORTY = range(1, 41)
AT_ONCE = (
    '[[alarm]]\nkey = "air-temperature-low-low"\non_delay_s = 0\noff_delay_s = 0\nreason = "a test has no minutes"'
)


@pytest.fixture
def base(db) -> None:
    """Forty solar greenhouses, each with a controller, and a weather station."""
    houses = [
        (HOUSE + COMPARTMENT + CONTROLLER)
        .replace('"h1', f'"h{number}')
        .replace("1号", f"{number}号")
        .replace("greenhouse 1", f"greenhouse {number}")
        .replace("unit_id = 1", f"unit_id = {number + 10}")
        for number in FORTY
    ]
    now = timezone.now()
    text = BASE + LINE + WEATHER + "".join(houses)
    import_base(read(text), now=now, also=lambda: site_file.store(AT_ONCE, now=now))


def test_forty_houses_fit_a_phone_and_a_desk_and_each_is_a_tap_away(desk):
    for size in (PHONE, DESK):
        page = desk.open("/", size=size)
        page.wait_for_selector(".instrument .gauge")
        assert page.locator(".house").count() == 40
        assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]
        cut = page.evaluate(
            """() => [...document.querySelectorAll(".house")]
                .filter(house => house.scrollWidth > house.clientWidth || house.scrollHeight > house.clientHeight)
                .map(house => house.innerText.slice(0, 20))"""
        )
        assert cut == []
        page.click(".house-index summary")
        page.click('.house-index a[href="/houses/h37"]')
        page.wait_for_selector('h1:text-is("37号日光温室")')


def test_the_house_in_trouble_is_marked_at_once_and_lifted_when_the_page_is_opened_again(desk, stage):
    """Nothing moves under the finger: the mark comes where the card stands, the order changes on opening."""
    page = desk.open("/")
    order = "() => [...document.querySelectorAll('.house-alarm')].map(mark => mark.dataset.compartment)"
    before = page.evaluate(order)
    top = page.locator('.house-name[href="/houses/h33"]').bounding_box()["y"]
    stage.set("h33-climate.air_temperature", 3.9)
    page.wait_for_selector('.house-alarm[data-compartment="h33"][data-priority="1"]', state="visible")
    assert page.evaluate(order) == before
    assert abs(page.locator('.house-name[href="/houses/h33"]').bounding_box()["y"] - top) <= 24  # the strip above grew
    page.reload()
    page.wait_for_selector("html[data-link=linked]")
    assert page.evaluate(order) == ["h33", *[key for key in before if key != "h33"]]
    assert page.locator(".houses-title").first.inner_text().startswith("需处理")
    assert "气温过低" in page.locator(".house-why").inner_text()
