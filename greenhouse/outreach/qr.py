"""QR codes as SVG: dark on white with its quiet zone, never inverted."""

from __future__ import annotations

from functools import lru_cache

import segno

QUIET_MODULES = 4


@lru_cache(maxsize=32)
def qr_svg(address: str) -> str:
    """The code of an address, as an inline SVG without a size of its own."""
    code = segno.make(address, error="m", micro=False, boost_error=False)
    return code.svg_inline(
        omitsize=True, border=QUIET_MODULES, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
