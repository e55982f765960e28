"""Noise that is a function of a key and a count: the same number whenever it is asked for, in any order, at any speed.

Nothing is drawn from a generator that remembers, so a season that is resumed, a sensor that is added and a step that
is asked twice change no other number. Only integer arithmetic below 2⁶³ and exact additions are used: plain Python and
compiled code give the same bits.

References
----------
Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3", SC '11: counter-based generators. Wellons,
"Prospecting for Hash Functions" (2018) and its hash-prospector: the 32-bit permutation ``x ^= x >> 16; x *= 0x21f0aaad;
x ^= x >> 15; x *= 0x735a2d97; x ^= x >> 15``. Both of its factors are below 2³¹, so no product leaves a signed 64-bit
number. Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, §26.9: the sum of uniforms.
"""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_WORD = 0xFFFF_FFFF
_HALF = 0xFFFF
_FIRST_FACTOR = 0x21F0_AAAD
_SECOND_FACTOR = 0x735A_2D97
_DRAW_STRIDE = 0x9E37_79B9  # 2³² over the golden ratio: draws of one step lie far apart

_SUM_MEAN = 4.0 * _HALF / 2.0
_SUM_SD = math.sqrt(4.0 * ((_HALF + 1.0) ** 2 - 1.0) / 12.0)


class NoiseKey(NamedTuple):
    """Two words of 32 bits that tell one source of noise from every other."""

    first: int
    second: int


def noise_key(name: str, seed: int) -> NoiseKey:
    """The key of a named source.

    Parameters
    ----------
    name : str
        ``h1-climate.air_temperature``; another name gives noise that has nothing to do with this one's.
    seed : int
        Another seed gives other noise everywhere.
    """
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return NoiseKey(int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:], "big"))


def mixed(word: int) -> int:
    """Another 32-bit word: a permutation in which every bit of the input moves every bit of the output."""
    word = ((word ^ (word >> 16)) * _FIRST_FACTOR) & _WORD
    word = ((word ^ (word >> 15)) * _SECOND_FACTOR) & _WORD
    return word ^ (word >> 15)


def noise_word(key: NoiseKey, step: int, draw: int) -> int:
    """The 32-bit word of a source at a step; ``draw`` numbers the words that one step needs.

    Both words of the key enter between permutations, so two sources share no stretch of numbers. Repeats after 2³²
    steps.
    """
    word = mixed((step & _WORD) ^ key.first)
    return mixed((word + key.second + draw * _DRAW_STRIDE) & _WORD)


def uniform(key: NoiseKey, step: int, draw: int) -> float:
    """A number from 0 up to but without 1."""
    return noise_word(key, step, draw) / 4294967296.0


def bell(key: NoiseKey, step: int, draw: int) -> float:
    """A number of mean 0 and standard deviation 1, nearly normal and never beyond 3.47.

    The sum of four 16-bit uniforms: an instrument has no reading ten standard deviations off, and a sum needs no
    logarithm, whose last bit differs from one library to the next. ``draw`` takes two words: use every second number.
    """
    first = noise_word(key, step, draw)
    second = noise_word(key, step, draw + 1)
    total = (first & _HALF) + (first >> 16) + (second & _HALF) + (second >> 16)
    return (total - _SUM_MEAN) / _SUM_SD


def bells(key: NoiseKey, steps: Words, draw: int) -> NDArray[np.float64]:
    """``bell`` at many steps, bit for bit."""
    first, second = (_noise_words(key, steps, draw + further) for further in (0, 1))
    half = np.uint64(_HALF)
    total = (first & half) + (first >> np.uint64(16)) + (second & half) + (second >> np.uint64(16))
    numbers: NDArray[np.float64] = (total.astype(np.float64) - _SUM_MEAN) / _SUM_SD
    return numbers


def _noise_words(key: NoiseKey, steps: Words, draw: int) -> Words:
    word = _mixed_words((steps & np.uint64(_WORD)) ^ np.uint64(key.first))
    return _mixed_words((word + np.uint64(key.second + draw * _DRAW_STRIDE)) & np.uint64(_WORD))


def _mixed_words(words: Words) -> Words:
    words = ((words ^ (words >> np.uint64(16))) * np.uint64(_FIRST_FACTOR)) & np.uint64(_WORD)
    words = ((words ^ (words >> np.uint64(15))) * np.uint64(_SECOND_FACTOR)) & np.uint64(_WORD)
    return words ^ (words >> np.uint64(15))
