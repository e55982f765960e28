"""The page of a store that does not answer, as a person at the base sees it."""

from __future__ import annotations

import pytest

from tests.browser.axe import serious_findings
from tests.browser.conftest import DESK, PHONE
from tests.console.page.test_outage import gone


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("theme", ["light", "night"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_of_an_outage_fits_reads_well_and_comes_back(desk, size, theme, language):
    page = desk.open("/login", wait=False, size=size, theme=theme, language=language, bypass_csp=True)
    with gone():
        response = page.goto("/points")
        assert response.status == 503
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        button = page.locator("a.button")
        box = button.bounding_box()
        assert box["y"] + box["height"] <= size["height"]
        assert box["height"] >= 48
    button.click()
    page.wait_for_selector("html[data-ready=true]")
    assert page.url.endswith("/points")
