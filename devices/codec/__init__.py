"""Words of a device to values, and values to words. Pure: no bus, no clock, no store.

Every rule exists once: ``BlockDecoder`` decodes a whole block, and a single point is a block of one. The tests check
all of it against an oracle that shares no code with this package.

Order of a value of more than one register
------------------------------------------
``abcd`` most significant word first, most significant byte first: what Modbus prescribes for one register.
``cdab`` words reversed. ``badc`` the two bytes of each word exchanged. ``dcba`` both.
For 64 bits alike: *all four* words reversed, the bytes of *each* word exchanged. One register has no word order, so
there ``cdab`` equals ``abcd`` and ``dcba`` equals ``badc``.
"""

from devices.codec.counters import advance_counter, counter_value, in_present_scale, most_steps, resume_counter
from devices.codec.decode import BlockDecoder, Decoded, PointValue, decode_point
from devices.codec.encode import encode_reading, encode_write, matches, write_tolerance, written_value
from devices.codec.layout import Words
from devices.codec.scaling import to_canonical

__all__ = [
    "BlockDecoder",
    "Decoded",
    "PointValue",
    "Words",
    "advance_counter",
    "counter_value",
    "decode_point",
    "encode_reading",
    "encode_write",
    "in_present_scale",
    "matches",
    "most_steps",
    "resume_counter",
    "to_canonical",
    "write_tolerance",
    "written_value",
]
