"""Sentences that a pure function writes and a person reads in another language.

Nothing here knows how a text is translated. A sentence keeps its message and what was filled in; whoever stands at the
border (a command, a page) says it again in the reader's language. The catalog finds the messages by the names
``Sentence`` and ``N_``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from devices.profiles.fields import near_words


class Sentence(str):
    """A sentence in English, which remembers how it was made.

    Parameters
    ----------
    message : str
        With a place for each figure, as ``%(value)s``.
    figures : object
        Already in the form in which they are read; a figure may be a sentence.
    """

    message: str
    figures: dict[str, object]

    def __new__(cls, message: str, **figures: object) -> Sentence:
        """Fill the figures in."""
        made = super().__new__(cls, message % figures)
        made.message, made.figures = message, figures
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """What a copy is made from: the text alone would be taken for the message."""
        return (self.message,), self.figures

    def in_words(self, translate: Callable[[str], str]) -> str:
        """The sentence with its message, and those of its figures, translated."""
        figures = {
            name: figure.in_words(translate) if isinstance(figure, Sentence) else figure
            for name, figure in self.figures.items()
        }
        return translate(self.message) % figures


def N_(message: str) -> str:
    """Mark a message that becomes a sentence elsewhere."""
    return message


def no_such(noun: Sentence, told: str, known: Iterable[str]) -> Sentence:
    """That there is none of this name, with what is near and what there is."""
    names = list(known)
    near = near_words(told, names)
    if near:
        return Sentence(
            'there is no %(noun)s "%(told)s" (did you mean %(near)s?); there are %(known)s',
            noun=noun,
            told=told,
            near=", ".join(f'"{word}"' for word in near),
            known=", ".join(names),
        )
    return Sentence(
        'there is no %(noun)s "%(told)s"; there are %(known)s', noun=noun, told=told, known=", ".join(names)
    )
