"""What axe finds on a page; the page must have been opened with ``bypass_csp``."""

from __future__ import annotations

from playwright.sync_api import Page

from greenhouse.console import catalogs

SCRIPT = catalogs.PROJECT / "node_modules" / "axe-core" / "axe.min.js"

Finding = tuple[str, list[str]]
"""A rule, and the first places that break it."""


def serious_findings(page: Page) -> list[Finding]:
    """What is serious or critical by any rule."""
    return [finding for impact, finding in _findings(page, {}) if impact in {"serious", "critical"}]


def findings_of(page: Page, rule: str) -> list[Finding]:
    """All that breaks one rule, whether axe runs it by itself or not."""
    return [finding for _impact, finding in _findings(page, {"runOnly": [rule]})]


def _findings(page: Page, options: dict[str, object]) -> list[tuple[str, Finding]]:
    page.add_script_tag(path=SCRIPT)
    found = page.evaluate("options => axe.run(document, options)", {"resultTypes": ["violations"], **options})
    return [
        (violation["impact"], (violation["id"], [node["html"][:160] for node in violation["nodes"][:3]]))
        for violation in found["violations"]
    ]
