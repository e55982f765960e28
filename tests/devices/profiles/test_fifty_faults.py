"""A file with fifty faults gives fifty sentences, all at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from devices.errors import ProfileError
from devices.profiles.loader import load_profile

FIFTY_FAULTS = Path(__file__).with_name("fifty_faults.toml")


def test_fifty_faults_give_fifty_sentences_each_naming_its_point():
    with pytest.raises(ProfileError) as caught:
        load_profile(FIFTY_FAULTS)
    named = Counter(fault.split('"')[1] for fault in caught.value.faults)
    assert named == {f"p{number:02}": 1 for number in range(1, 51)}
    assert len({fault.split(":", 1)[1] for fault in caught.value.faults}) == 50
    assert str(caught.value).startswith("fifty_faults.toml: 50 fault(s)\n")
