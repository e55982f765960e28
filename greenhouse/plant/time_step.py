"""How long a step of the model may be: the same for climate, equipment, roots and crop."""

from __future__ import annotations

from typing import Final

from greenhouse.plant.errors import PlantInputError
from greenhouse.plant.sentences import Sentence

#: Longest step that the model is proven for. [s]
LONGEST_STEP_S: Final = 300.0


def check_step(dt_s: float) -> None:
    """Refuse a time step that is none, or longer than the model is proven for.

    Raises
    ------
    PlantInputError
        If it is not above 0 and at most ``LONGEST_STEP_S``.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise PlantInputError(
            Sentence(
                "a step of %(step)s s cannot be computed: it must be above 0 and at most %(longest)s s; 60 s is the "
                "usual one",
                step=f"{dt_s:g}",
                longest=f"{LONGEST_STEP_S:g}",
            )
        )
