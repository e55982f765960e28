"""What keys look like: as files write them, and as wide as an address may ask for them."""

from __future__ import annotations

KEY_LENGTH = 50
POINT_KEY_LENGTH = 150

ENTRY_KEY = r"[a-z0-9]+(?:-[a-z0-9]+)*"
"""Key of an entry of the base file, of a device profile or of an alarm."""
ENTRY_KEY_FORM = f"lower-case words joined by hyphens, at most {KEY_LENGTH} characters"

ANY_KEY = r"[a-z0-9_-]+"
"""What may be asked for as a key of any kind; nothing else gets as far as a query."""
POINT_KEY = rf"{ANY_KEY}\.{ANY_KEY}"
"""What may be asked for as a point: ``device.point``."""
