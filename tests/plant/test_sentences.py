"""Sentences of pure parts: English as they are, and another language by whoever translates."""

from __future__ import annotations

import copy
import pickle

import pytest

from greenhouse.plant.sentences import Sentence, no_such

GERMAN = {"wind speed": "Wind", "%(name)s: %(hours)s hours at 100 %%": "%(hours)s Stunden %(name)s zu 100 %%"}
NESTED = Sentence("%(name)s: %(hours)s hours at 100 %%", name=Sentence("wind speed"), hours=3)


def test_a_sentence_is_its_english_text():
    assert NESTED == "wind speed: 3 hours at 100 %"


def test_a_sentence_is_said_again_with_its_figures():
    assert NESTED.in_words(lambda message: GERMAN[message]) == "3 Stunden Wind zu 100 %"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_can_still_be_translated(copied):
    assert copied(NESTED).in_words(lambda message: GERMAN[message]) == "3 Stunden Wind zu 100 %"


def test_a_figure_that_is_not_given_is_an_error_at_once():
    with pytest.raises(KeyError):
        Sentence("%(name)s is wrong")


def test_what_there_is_and_what_is_near_is_told():
    assert no_such(Sentence("house"), "glashouse", ["glasshouse", "barn"]) == (
        'there is no house "glashouse" (did you mean "glasshouse"?); there are glasshouse, barn'
    )
    assert no_such(Sentence("house"), "x", ["barn"]) == 'there is no house "x"; there are barn'
