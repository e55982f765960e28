"""Pictures of the console for people to look at: ``make screenshots`` writes them into ``screenshots/``.

Bases are staged for them (``pictures/scenes.py``), each in a process of its own. ``index.html`` shows all of them with
what they show, ``contact-sheet-*.png`` is the same as pictures. ``--address`` takes the pictures of a base that runs
already, as far as they need no staging.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright  # noqa: E402  (the path comes first)

from tests.browser.pictures import contact_sheet, readme, scenes  # noqa: E402
from tests.browser.pictures.scenes import SCENES, Scene  # noqa: E402
from tests.browser.pictures.shots import SHOTS, SIZES, Look, Shot  # noqa: E402

SETTLES_MS = 500


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Debian's chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def take(browser: Browser, scene: Scene, shots: Sequence[Shot], into: Path, *, is_whole: bool) -> list[str]:
    """Take these pictures in every size and look. Returns what could not be taken, and why."""
    failed = []
    for size, (width, height) in SIZES.items():
        people: dict[tuple[str, Look, bool], BrowserContext] = {}
        for shot in shots:
            for look in shot.looks_at(size) if size in shot.sizes else ():
                who = (shot.role if shot.is_signed_in else "", look, shot.wears_gloves)
                if who not in people:
                    people[who] = _context(browser, scene, {"width": width, "height": height}, *who)
                name = contact_sheet.file_name(shot, size, look)
                try:
                    _take_one(people[who], scene, shot, into / name, is_whole=is_whole)
                except (Error, AssertionError) as fault:  # one picture must not cost the others
                    failed.append(f"{name}: {str(fault).splitlines()[0]}")
                if shot.name == "signed-out":
                    people.clear()
    return failed


def _take_one(context: BrowserContext, scene: Scene, shot: Shot, file: Path, *, is_whole: bool) -> None:
    page = context.new_page()
    page.set_default_timeout(20_000)
    try:
        with shot.around(scene):
            page.goto(shot.path.format(**scene.addresses))
            page.wait_for_selector(shot.wait)
            if shot.is_signed_in:  # the last hour of each value comes after the page; visitors' pages ask for ever
                page.wait_for_load_state("networkidle")
            if shot.step is not None:
                shot.step(page, scene)
            page.wait_for_timeout(SETTLES_MS)
            # what blinks is shown lit
            page.screenshot(path=file, full_page=is_whole and "sheet=" not in shot.path, animations="disabled")
    finally:
        page.close()


def _context(
    browser: Browser,
    scene: Scene,
    size: dict[str, int],
    role: str,
    look: Look,
    wears_gloves: bool,  # noqa: FBT001  (unpacked)
) -> BrowserContext:
    """A browser of somebody who is signed in, or of nobody."""
    theme, language = look
    locale = "en-US" if language == "en" else "zh-CN"  # how the browser writes a date to be filled in
    context = browser.new_context(viewport=size, base_url=scene.address, locale=locale)
    cookies = {"console_theme": theme, "console_language": language}
    if wears_gloves:
        cookies["console_gloves"] = "on"
    context.add_cookies([{"name": name, "value": value, "url": scene.address} for name, value in cookies.items()])
    if role:
        name, password = scene.logins[role]
        page: Page = context.new_page()
        page.goto("/login")
        page.fill("#id_username", name)
        page.fill("#id_password", password)
        page.press("#id_password", "Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        page.close()
    return context


def main() -> None:
    """Take the pictures and put them together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", help="of a console that runs already")
    parser.add_argument("--user", default="technician")
    parser.add_argument("--password", default="")
    parser.add_argument("--scene", choices=SCENES, help="only the pictures of this scene, and no contact sheet")
    parser.add_argument("--only", nargs="*", help="only the pictures of these names")
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=list(SIZES), help="only pictures of these sizes")
    parser.add_argument("--readme", action="store_true", help="only those of the README, put together in its folder")
    parser.add_argument("--whole", action="store_true", help="whole pages, not only what is seen without scrolling")
    arguments = parser.parse_args()
    into = PROJECT / "screenshots"
    into.mkdir(exist_ok=True)
    chosen = readme.shots() if arguments.readme else _chosen(arguments.only, arguments.sizes)
    if arguments.address:
        scene = scenes.running(arguments.address, arguments.user, arguments.password)
        plain = [shot for shot in chosen if shot.step is None and "{" not in shot.path and shot.scene == "calm"]
        with opened_browser() as browser:
            _tell(take(browser, scene, plain, into, is_whole=arguments.whole))
    elif arguments.scene:
        mine = [shot for shot in chosen if shot.scene == arguments.scene]
        with scenes.staged(arguments.scene) as scene, opened_browser() as browser:
            _tell(take(browser, scene, mine, into, is_whole=arguments.whole))
    else:
        _take_all(into, sys.argv[1:], {shot.scene for shot in chosen})


def _chosen(only: Sequence[str] | None, sizes: Sequence[str]) -> list[Shot]:
    return [
        replace(shot, sizes=tuple(size for size in shot.sizes if size in sizes))
        for shot in SHOTS
        if not only or shot.name in only
    ]


def _take_all(into: Path, options: Sequence[str], wanted: set[str]) -> None:
    """Each scene in a process of its own, then the contact sheet. Exits with 1 if a picture is missing."""
    failed = False
    for name in SCENES:
        if name in wanted:
            command = [sys.executable, str(Path(__file__)), "--scene", name, *options]
            failed = subprocess.run(command, check=False).returncode != 0 or failed
    if "--readme" in options:
        files = [] if failed else readme.compose(into, PROJECT / "docs" / "pictures")
        sys.stdout.write(f"{', '.join(str(file.relative_to(PROJECT)) for file in files)}\n")
        sys.exit(failed)
    count = contact_sheet.write_index(into)
    with opened_browser() as browser:
        sheets = contact_sheet.compose(browser, into)
    sys.stdout.write(f"{count} pictures in {into / contact_sheet.INDEX}, also as {', '.join(s.name for s in sheets)}\n")
    sys.exit(failed)


def _tell(failed: Sequence[str]) -> None:
    """Say what is missing. Exits with 1 if anything is."""
    for line in failed:
        sys.stderr.write(f"not taken: {line}\n")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
