"""All pictures on one page, and that page as pictures: composed by the browser that took them."""

from __future__ import annotations

from html import escape
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.pictures.shots import SHOTS, SIZES, Look, Shot

INDEX = "index.html"
SHOWN_PX = {"phone": 234, "desk": 468, "wall": 468, "large": 468}
COLUMNS = {"phone": 8, "desk": 4, "wall": 4, "large": 4}
LOOK_NAMES = {
    ("light", "zh-hans"): "by day",
    ("sun", "zh-hans"): "in glare",
    ("night", "zh-hans"): "by night",
    ("light", "en"): "English",
}
STYLE = """
body { margin: 24px; font: 14px/1.4 "Noto Sans CJK SC", sans-serif; color: #17211c; background: #fff }
h1 { font-size: 22px } h2 { font-size: 18px; margin: 0 0 12px }
section { padding: 16px 0 }
.grid { display: grid; gap: 20px 16px; align-items: start }
figure { margin: 0 } figcaption { padding-top: 4px }
img { width: 100%; border: 1px solid #7c8983; display: block }
small { color: #4a5650 }
"""


def file_name(shot: Shot, size: str, look: Look) -> str:
    """Name of a picture's file."""
    theme, language = look
    return f"{shot.name}-{size}-{theme}-{language}.png"


def write_index(folder: Path) -> int:
    """Write the page. Returns how many pictures are on it; those that were not taken are left out."""
    sections, count = [], 0
    for size, (width, height) in SIZES.items():
        figures = [
            _figure(shot, size, look)
            for shot in SHOTS
            if size in shot.sizes
            for look in shot.looks_at(size)
            if (folder / file_name(shot, size, look)).exists()
        ]
        count += len(figures)
        grid = f"grid-template-columns: repeat({COLUMNS[size]}, {SHOWN_PX[size]}px)"
        sections.append(
            f'<section id="{size}"><h2>{size}, {width} × {height}</h2>'
            f'<div class="grid" style="{grid}">{"".join(figures)}</div></section>'
        )
    page = f"<title>Pictures of the console</title><style>{STYLE}</style><h1>Pictures of the console</h1>"
    (folder / INDEX).write_text(f"<!doctype html><meta charset=utf-8>{page}{''.join(sections)}", encoding="utf-8")
    return count


def compose(browser: Browser, folder: Path) -> list[Path]:
    """One picture of the whole page for each size. Returns their files."""
    page = browser.new_page(viewport={"width": 2060, "height": 1200})
    page.goto((folder / INDEX).as_uri())
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    files = []
    for size in SIZES:
        files.append(folder / f"contact-sheet-{size}.png")
        page.locator(f"#{size}").screenshot(path=files[-1])
    page.close()
    return files


def _figure(shot: Shot, size: str, look: Look) -> str:
    name = file_name(shot, size, look)
    points = f" <small>{escape(' '.join(shot.shows))}</small>" if shot.shows else ""
    caption = f"{escape(shot.caption)}, {LOOK_NAMES[look]}{points}"
    return f'<figure><a href="{name}"><img src="{name}" alt=""></a><figcaption>{caption}</figcaption></figure>'
