"""A real browser before the real console: uvicorn in a thread, the base staged behind the store."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import uvicorn
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from config.asgi import application
from greenhouse.access.roles import Role
from greenhouse.console import catalogs, frontend_build
from greenhouse.site.basefile.importer import import_base
from greenhouse.site.basefile.reader import load_base
from tests.browser.line_cut import LineCut
from tests.browser.stage import Controller, Stage
from tests.console.live.service_server import socket_options

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PASSWORD = "for tests only"
CHROMIUM = shutil.which("chromium")
FONTS = "/usr/share/fonts/opentype/noto"
PATIENCE_MS = 30_000

expect.set_options(timeout=PATIENCE_MS)  # a busy machine is slow, and slowness is no failure


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True, databases=["default", "telemetry", "outreach"]))


@pytest.fixture(scope="session")
def _front_end() -> None:
    frontend_build.build()
    frontend_build.build_outreach()
    catalogs.compile_catalog()


@pytest.fixture(scope="module")
def browser(_front_end) -> Iterator[Browser]:
    """Debian's chromium. One per module: while it is open, the module's thread runs the browser's event loop."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine (apt-get install chromium fonts-noto-cjk)")
    if not os.path.isdir(FONTS):  # noqa: PTH112  (asked of the machine, not of the project)
        pytest.skip("no Chinese font on this machine (apt-get install fonts-noto-cjk)")
    # Django refuses its database in a thread with a running event loop; this one belongs to the browser, not to Django.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            yield opened
            opened.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def base(db) -> None:
    """The demonstration base, as it is shipped."""
    import_base(load_base(settings.BASE_FILE), now=timezone.now())


@pytest.fixture
def controller() -> Controller:
    """What the staged controllers do; a test changes it before it sends."""
    return Controller()


@pytest.fixture
def silent() -> set[str]:
    """Points of which nothing is stored from the start; a module says its own."""
    return set()


@pytest.fixture
def stage(base, controller, silent) -> Iterator[Stage]:
    """The far side of the store, alive."""
    stage = Stage(utc_now=timezone.now, controller=controller, silent=silent)
    stage.start()
    yield stage
    stage.stop()


class RunningConsole:
    """The console in a thread of its own; a test may stop it and start it again."""

    def start(self) -> int:
        """Start it. Returns its port."""
        config = uvicorn.Config(application, port=0, log_level="warning", lifespan="off", **socket_options())
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="console")
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
        return self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        """End it, with whatever pages are open."""
        self._server.should_exit = True
        self._thread.join(timeout=20)


@pytest.fixture
def console(base) -> RunningConsole:
    """The console, not started yet."""
    return RunningConsole()


@pytest.fixture
def server(console) -> Iterator[LineCut]:
    """The console on a port of its own, behind a line that can be cut."""
    line = LineCut(console.start())
    line.start()
    yield line
    line.stop()
    console.stop()


@dataclass
class Desk:
    """Opens pages, each as a person of their own."""

    browser: Browser
    address: str

    def __post_init__(self) -> None:
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []
        """What the pages' own scripts complained about."""

    def open(
        self,
        path: str = "/",
        *,
        role: Role = Role.TECHNICIAN,
        name: str = "",
        size: dict[str, int] = PHONE,
        theme: str = "light",
        language: str = "zh-hans",
        wait: bool = True,
        **options: object,
    ) -> Page:
        """A page of a person, signed in, and alive unless told not to wait for that."""
        context = self.browser.new_context(viewport=size, base_url=self.address, **options)
        self._contexts.append(context)
        self._put(context, {"console_theme": theme, "console_language": language})
        page = context.new_page()
        self.sign_in(page, role, name)
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(path)
        if wait:
            page.wait_for_selector("html[data-link=linked]")
        return page

    def sign_in(self, page: Page, role: Role, name: str = "") -> None:
        """From its next page on the browser is this person's; what it keeps stays."""
        self._put(page.context, _session_of(role, name))

    def _put(self, context: BrowserContext, cookies: dict[str, str]) -> None:
        context.add_cookies([{"name": k, "value": v, "url": self.address} for k, v in cookies.items()])

    def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def desk(browser, server, stage) -> Iterator[Desk]:
    """A desk before a base that is alive."""
    desk = Desk(browser, server.address)
    yield desk
    desk.close()
    assert desk.faults == []


@pytest.fixture
def in_store() -> Iterator[Callable[[Callable[[], object]], object]]:
    """Runs a question to the database in a thread of its own."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        yield lambda question: thread.submit(question).result()
        thread.submit(connections.close_all).result()


def _session_of(role: Role, name: str) -> dict[str, str]:
    from django.test import Client

    user, is_new = User.objects.get_or_create(username=name or role.value)
    if is_new:
        user.groups.add(Group.objects.get(name=role.value))
    client = Client()
    client.force_login(user)
    return {key: morsel.value for key, morsel in client.cookies.items()}
