"""Four layers behind a surface: soil under the floor, the rest of the north wall (§1.4 (7)).

Heat conduction is implicit: the chain is eliminated from its far end toward the surface, and once the surface is known
the layers follow from it.
"""

from __future__ import annotations

from typing import NamedTuple


class Chain(NamedTuple):
    """Four layers. Per floor area, the first next to the surface.

    Attributes
    ----------
    stored1 … stored4 : float
        Heat capacity over the time step. [W m-2 K-1]
    link0 … link4 : float
        Conductance of surface to layer 1, layer 1 to 2, … layer 4 to the far side. [W m-2 K-1]
    edge2, edge3 : float
        Conductance of layers 2 and 3 to the air outside. [W m-2 K-1]
    """

    stored1: float
    stored2: float
    stored3: float
    stored4: float
    link0: float
    link1: float
    link2: float
    link3: float
    link4: float
    edge2: float
    edge3: float


class Before(NamedTuple):
    """Temperatures of the layers before the step, of the far side, and of the air outside. [°C]"""

    layer1_c: float
    layer2_c: float
    layer3_c: float
    layer4_c: float
    far_c: float
    outside_c: float


class Eliminated(NamedTuple):
    """What is left of a chain: each layer's diagonal and right side once all behind it are eliminated."""

    row1: float
    row2: float
    row3: float
    row4: float
    heat1: float
    heat2: float
    heat3: float
    heat4: float


class Layers(NamedTuple):
    """Temperatures of the layers after the step. [°C]"""

    layer1_c: float
    layer2_c: float
    layer3_c: float
    layer4_c: float


def eliminated(chain: Chain, before: Before) -> Eliminated:
    """Eliminate a chain from its far end up to the surface."""
    row4 = chain.stored4 + chain.link3 + chain.link4
    heat4 = chain.stored4 * before.layer4_c + chain.link4 * before.far_c
    row3 = chain.stored3 + chain.link2 + chain.link3 + chain.edge3 - chain.link3 * chain.link3 / row4
    heat3 = chain.stored3 * before.layer3_c + chain.edge3 * before.outside_c + chain.link3 / row4 * heat4
    row2 = chain.stored2 + chain.link1 + chain.link2 + chain.edge2 - chain.link2 * chain.link2 / row3
    heat2 = chain.stored2 * before.layer2_c + chain.edge2 * before.outside_c + chain.link2 / row3 * heat3
    row1 = chain.stored1 + chain.link0 + chain.link1 - chain.link1 * chain.link1 / row2
    heat1 = chain.stored1 * before.layer1_c + chain.link1 / row2 * heat2
    return Eliminated(row1, row2, row3, row4, heat1, heat2, heat3, heat4)


def surface_row(chain: Chain, left: Eliminated) -> float:
    """What the chain adds to its surface's diagonal. [W m-2 K-1]"""
    return chain.link0 - chain.link0 * chain.link0 / left.row1


def surface_heat(chain: Chain, left: Eliminated) -> float:
    """What the chain adds to its surface's right side. [W m-2]"""
    return chain.link0 / left.row1 * left.heat1


def layers(chain: Chain, left: Eliminated, surface_c: float) -> Layers:
    """The layers once the surface's temperature is known."""
    layer1_c = (left.heat1 + chain.link0 * surface_c) / left.row1
    layer2_c = (left.heat2 + chain.link1 * layer1_c) / left.row2
    layer3_c = (left.heat3 + chain.link2 * layer2_c) / left.row3
    layer4_c = (left.heat4 + chain.link3 * layer3_c) / left.row4
    return Layers(layer1_c, layer2_c, layer3_c, layer4_c)
