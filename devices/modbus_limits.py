"""What Modbus allows in one request, in one place. A device may allow less: that stands in its profile.

References
----------
MODBUS Application Protocol Specification V1.1b3, 4.4 (addresses) and 6.1 to 6.12 (counts).
MODBUS over Serial Line, Specification and Implementation Guide V1.02, 2.2 (unit addresses).
"""

from __future__ import annotations

from typing import Final

ADDRESS_SPACE: Final = 65536
HIGHEST_ADDRESS: Final = ADDRESS_SPACE - 1

MAX_READ_REGISTERS: Final = 125
MAX_READ_BITS: Final = 2000
MAX_WRITTEN: Final = {5: 1, 6: 1, 15: 1968, 16: 123}
"""Most values that one write may carry, by function."""

TCP_UNIT_IDS: Final = range(1, 256)
"""255 is what devices with an address of their own expect; others are units behind a gateway."""
RTU_UNIT_IDS: Final = frozenset(range(1, 248)) | {254}
"""1 to 247 by the specification. 254 lies in its reserved range, but some sensors answer to it whatever their own
address is (Senseair S8: "any sensor", one per line)."""
