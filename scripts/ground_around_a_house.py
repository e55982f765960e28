"""Conduction in the ground around a long house, in two dimensions: what the model's column of soil has to agree with.

python -m scripts.ground_around_a_house

The year is a mean and a wave. Both are solved exactly on a grid of squares, column by column (a block-tridiagonal
system), so there is no run-up. The plant model itself never uses this.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CELL_M: Final = 0.25
WIDE_M, DEEP_M = 36.0, 16.0
HOUSE_M, FOOTING_M = 8.0, 0.5
YEAR_S: Final = 365.25 * 86400.0
#: Surface resistances of floor, wall of a pit and ground outside. [m2 K W-1] (EN ISO 13370)
FLOOR_M2K_W, FACE_M2K_W, OUTSIDE_M2K_W = 0.17, 0.13, 0.04
CONDUCTIVITY_W_M_K, HEAT_J_M3_K = 0.85, 1.73e6
#: A house over the year, and the ground's face outside at Kangbashi: mean, swing, warmest day of the year.
INSIDE, OUTSIDE = (18.0, 6.0, 190.0), (8.75, 15.75, 203.0)
MIDDLE_OF_WINTER_DAY, WINTER_DAYS = 0.0, 62.0

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Response:
    """Heat into the ground for a kelvin inside, and out of it into the house for a kelvin outside. [W m-2 K-1]"""

    inside: complex
    outside: complex


def respond(sunk_m: float, wall_m2k_w: float, per_s: float) -> Response:
    """The ground's response to a wave of ``per_s`` radians a second; 0 for the mean."""
    columns, rows = round(WIDE_M / CELL_M), round(DEEP_M / CELL_M)
    x = (np.arange(columns) + 0.5) * CELL_M - WIDE_M / 2
    below = np.abs(x) < HOUSE_M / 2
    under_wall = (np.abs(x) >= HOUSE_M / 2) & (np.abs(x) < HOUSE_M / 2 + FOOTING_M)
    pit = round(sunk_m / CELL_M)
    solid = np.ones((columns, rows), dtype=bool)
    solid[below, :pit] = False
    half = CELL_M / 2 / CONDUCTIVITY_W_M_K
    inward, outward = np.zeros((columns, rows)), np.zeros((columns, rows))
    inward[below, pit] = CELL_M / (half + FLOOR_M2K_W)
    outward[~below & ~under_wall, 0] = CELL_M / (half + OUTSIDE_M2K_W)
    first, last = np.flatnonzero(below)[[0, -1]]
    for column in (first - 1, last + 1):
        inward[column, :pit] += CELL_M / (half + FACE_M2K_W + wall_m2k_w)
    across = np.where(solid[1:] & solid[:-1], CONDUCTIVITY_W_M_K, 0.0)
    down = np.where(solid[:, 1:] & solid[:, :-1], CONDUCTIVITY_W_M_K, 0.0)
    diagonal = (inward + outward + 1j * per_s * HEAT_J_M3_K * CELL_M**2).astype(np.complex128)
    diagonal[1:] += across
    diagonal[:-1] += across
    diagonal[:, 1:] += down
    diagonal[:, :-1] += down
    diagonal[~solid] = 1.0
    from_inside, from_outside = _solved(diagonal, across, down, inward, outward)
    lost = (inward * (1.0 - from_inside)).sum() / HOUSE_M
    return Response(complex(lost), complex((inward * from_outside).sum() / HOUSE_M))


def _solved(
    diagonal: Complex,
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    inward: NDArray[np.float64],
    outward: NDArray[np.float64],
) -> tuple[Complex, Complex]:
    """Temperatures for a kelvin inside and for one outside: columns eliminated from left to right, and back."""
    left: list[Complex] = []
    heats: list[Complex] = []
    for column, own in enumerate(diagonal):
        block = np.diag(own) - np.diag(down[column], 1) - np.diag(down[column], -1)
        heat = np.stack([inward[column], outward[column]], axis=1).astype(np.complex128)
        if column:
            link = across[column - 1][:, None]
            block -= link * np.linalg.inv(left[-1]) * link.T
            heat += link * np.linalg.solve(left[-1], heats[-1])
        left.append(block)
        heats.append(heat)
    found = [np.linalg.solve(left[-1], heats[-1])]
    for column in range(len(left) - 2, -1, -1):
        found.append(np.linalg.solve(left[column], heats[column] + across[column][:, None] * found[-1]))
    all_columns = np.stack(found[::-1])
    return all_columns[:, :, 0], all_columns[:, :, 1]


def winter_loss_w_m2(mean: Response, wave: Response) -> float:
    """Heat that a square meter of floor loses into the ground, mean of December and January."""
    per_day = 2.0 * math.pi / 365.25

    def swing(response: complex, warmest_day: float) -> float:
        """Mean over the two months of a wave that answers one of size 1."""
        half = per_day * WINTER_DAYS / 2.0
        phase = per_day * (MIDDLE_OF_WINTER_DAY - warmest_day)
        return (response * cmath.exp(1j * phase)).real * math.sin(half) / half

    lost = mean.inside.real * (INSIDE[0] - OUTSIDE[0])
    lost += INSIDE[1] * swing(wave.inside, INSIDE[2]) - OUTSIDE[1] * swing(wave.outside, OUTSIDE[2])
    return lost


def main() -> None:
    """Print what a level and a sunk floor lose."""
    print("sunk  wall     mean        wave inside     wave outside    December, January")
    for sunk_m, wall_m2k_w in ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.5, 1.5)):
        mean = respond(sunk_m, wall_m2k_w, 0.0)
        wave = respond(sunk_m, wall_m2k_w, 2.0 * math.pi / YEAR_S)
        told = [
            f"{abs(one):.3f} {-math.degrees(cmath.phase(one)) / 360.0 * 365.25:+.0f} d"
            for one in (wave.inside, wave.outside)
        ]
        print(
            f"{sunk_m:.1f} m {wall_m2k_w:.1f} R  {mean.inside.real:.3f} W/m2/K  {told[0]:>14}  {told[1]:>14}"
            f"  {winter_loss_w_m2(mean, wave):6.2f} W/m2"
        )


if __name__ == "__main__":
    main()
