"""What one person and one page may ask of the web process."""

from __future__ import annotations

from greenhouse.console.live.socket_limits import Allowance, Places


def test_a_page_may_say_a_few_things_at_once_and_then_one_in_a_while():
    allowance = Allowance(at_once=3, per_s=0.5)
    assert [allowance.spend(10.0) for _ in range(4)] == [True, True, True, False]
    assert not allowance.spend(11.0)
    assert allowance.spend(12.0)
    assert [allowance.spend(1000.0) for _ in range(4)] == [True, True, True, False]


def test_places_are_counted_per_person_and_in_all_and_come_back():
    places = Places(per_person=2, in_all=3)
    assert [places.take(1), places.take(1), places.take(1)] == [True, True, False]
    assert [places.take(2), places.take(3)] == [True, False]
    places.give_back(1)
    assert places.take(3)
    for person in (1, 2, 3):
        places.give_back(person)
    assert places.taken == 0
