"""When an alarm is on, told from the whole history at once: slow, plain, and written without looking at the conditions.

Each function returns, for every event, whether the alarm is on after it.
"""

from __future__ import annotations

from collections.abc import Sequence

Samples = Sequence[tuple[int, float | None]]


def beyond(value: float, *, side: str, limit: float) -> bool:
    return {"high": value > limit, "low": value < limit, "away": abs(value) > limit}[side]


def is_wrong_at(values: Sequence[float], last: int, *, side: str, limit: float, deadband: float) -> bool:
    """The newest sample up to ``last`` that is clearly wrong or clearly right decides."""
    clearly_right = {"high": limit - deadband, "low": limit + deadband, "away": limit - deadband}[side]
    for value in reversed(values[: last + 1]):
        if beyond(value, side=side, limit=limit):
            return True
        is_back = value > clearly_right if side == "low" else (abs(value) if side == "away" else value) < clearly_right
        if is_back:
            return False
    return False


def value_alarm(
    samples: Samples, *, side: str, limit: float, deadband: float, on_delay: int, off_delay: int, gap: int
) -> list[bool]:
    usable = [(at, value) for at, value in samples if value is not None]
    values = [value for _at, value in usable]
    wrong = [is_wrong_at(values, i, side=side, limit=limit, deadband=deadband) for i in range(len(values))]
    found: list[bool] = []
    for at, value in samples:
        if value is None:
            found.append(found[-1] if found else False)
            continue
        i = usable.index((at, value))
        first = i
        while first > 0 and wrong[first - 1] == wrong[i] and usable[first][0] - usable[first - 1][0] <= gap:
            first -= 1
        lasted = at - usable[first][0]
        is_decided = lasted >= (on_delay if wrong[i] else off_delay)
        found.append(wrong[i] if is_decided else (found[-1] if found else False))
    return found


def unusable_alarm(
    events: Sequence[tuple[int, bool | None]], *, on_delay: int, off_delay: int, begun: int
) -> list[bool]:
    """``None`` is the passing of time without a sample."""
    found: list[bool] = []
    for number, (at, good) in enumerate(events):
        was_on = found[-1] if found else False
        goods = [t for t, is_good in events[: number + 1] if is_good]
        if not was_on:
            found.append(good is not True and at - max([begun, *goods]) >= on_delay)
            continue
        raised = max(i for i in range(number) if found[i] and not (i and found[i - 1]))
        since = [(t, g) for t, g in events[raised + 1 : number + 1] if g is not None]
        run: list[int] = []
        for t, is_good in since:
            run = [*run, t] if is_good and (not run or t - run[-1] < on_delay) else ([t] if is_good else [])
        found.append(not (good is True and run and at - run[0] >= off_delay))
    return found
