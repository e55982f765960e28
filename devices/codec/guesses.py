"""What words could mean, for an engineer who reads an unknown register: every type in every order. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from devices.codec.layout import Words, from_words, number_form, read_numbers
from devices.profiles.schema import Coding, Order, WordType


@dataclass(frozen=True, slots=True)
class Guess:
    """One meaning of the words that begin at an address.

    Attributes
    ----------
    number : int or float
        Without any scale. NaN and infinity are shown as they are.
    """

    address: int
    type: WordType
    order: Order
    number: int | float


def guesses(words: Words, *, address: int, types: tuple[WordType, ...]) -> tuple[Guess, ...]:
    """Every meaning of a block's words.

    Parameters
    ----------
    words : uint16 array, shape (n,)
        Registers as they came.
    address : int
        Address of the first one.
    types : tuple of WordType
        Types to try. A type that does not fit behind an address is left out there.

    Returns
    -------
    Ordered by address, then type, then order. A single register has no word order, so only ``abcd`` and ``badc``.
    """
    found = []
    numbers = tuple(int(word) for word in words)
    for offset in range(len(numbers)):
        for word_type in types:
            part = numbers[offset : offset + word_type.word_count]
            if len(part) == word_type.word_count:
                orders = (Order.ABCD, Order.BADC) if len(part) == 1 else tuple(Order)
                found += [
                    Guess(address + offset, word_type, order, _number(part, word_type, order)) for order in orders
                ]
    return tuple(found)


def _number(words: tuple[int, ...], word_type: WordType, order: Order) -> int | float:
    unsigned = np.array([from_words(words, order)], dtype=f"<u{2 * len(words)}")
    number: int | float = read_numbers(unsigned, number_form(word_type, Coding.PLAIN, is_field=False))[0].item()
    return number
