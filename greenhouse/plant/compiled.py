"""Functions of the plant model compiled for seasons: the same source, a hundred times as fast.

The model's functions are plain Python and stay so; a live base runs them as they are. For a season they are compiled
once here, each with the compiled versions of those it calls. This is the only module that knows the compiler. Nothing
is reordered for speed (no ``fastmath``), so the same input gives the same result bit for bit.
"""

from __future__ import annotations

import hashlib
import platform
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np

from greenhouse.plant.climate.step import step
from greenhouse.plant.machinery import Orders
from greenhouse.plant.stretch import Array, advance
from greenhouse.plant.whole import WholeParameters, WholeState

P = ParamSpec("P")
R = TypeVar("R")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])

#: Only functions of these packages are compiled along; anything else must already be known to the compiler.
_OURS = "greenhouse.plant"
_COMPILED: dict[types.FunctionType, Any] = {}
_MACHINE_CODE: dict[tuple[Any, Any], Any] = {}
_CONFIG: Any = numba.config
"""The compiler declares its settings at run time only."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The compiled version of a function of the plant model. Compiled at its first call, then kept.

    Raises
    ------
    TypeError
        If it is no plain function of the plant model.
    """
    if not isinstance(function, types.FunctionType) or not function.__module__.startswith(_OURS):
        raise TypeError(f"{function!r} is no plain function of {_OURS}")
    return cast("Callable[P, R]", _compiled(function))


def _compiled(function: types.FunctionType) -> Any:  # noqa: ANN401 - the compiler publishes no types
    if function not in _COMPILED:
        names = dict(function.__globals__)
        for name in function.__code__.co_names:
            called = names.get(name)
            # An attribute may bear the name of the very function that reads it: that is no call.
            if (
                called is not function
                and isinstance(called, types.FunctionType)
                and called.__module__.startswith(_OURS)
            ):
                names[name] = _compiled(called)
        with_compiled = types.FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, function.__closure__
        )
        _COMPILED[function] = numba.njit(with_compiled)
    return _COMPILED[function]


#: A step of a house's climate.
climate_step = compiled(step)


def keep_machine_code(folder: Path) -> None:
    """Keep what is compiled from now on, so that the next process starts at once instead of in a minute.

    Parameters
    ----------
    folder : Path
        Gets a folder for each state of the model's sources: machine code of another state is never used.
    """
    ours = Path(__file__).parent
    made_of = hashlib.sha256(f"{platform.python_version()} {numba.__version__} {np.__version__}".encode())
    for source in sorted(ours.rglob("*.py")):
        made_of.update(source.read_bytes())
    _CONFIG.CACHE_DIR = str(folder / made_of.hexdigest()[:16])


class CompiledHouse:
    """A whole house on the compiled side.

    State and parameters lie there as two rows of numbers. Carrying their three hundred numbers across as they are would
    cost more for every decision than the step that follows it.

    Attributes
    ----------
    moments : array
        What is kept of each step of the weather: a row for each, ``stretch.Moment``'s fields as columns.
    """

    def __init__(self, state: WholeState, parameters: WholeParameters, dt_s: float) -> None:
        self._state_example, self._parameters_example = state, parameters
        self._state, self._parameters = flat(state), flat(parameters)
        self._dt_s = float(dt_s)
        self._stretch = _stretch(state, parameters)
        self._weather: Array = np.empty((0, 0))
        self.moments: Array = np.empty((0, 0))

    @property
    def state(self) -> WholeState:
        """Where everything stands."""
        return like(self._state_example, self._state)

    @state.setter
    def state(self, state: WholeState) -> None:
        self._state = flat(state)

    def change_parameters(self, parameters: WholeParameters) -> None:
        """Go on as another house, as when a fault begins."""
        self._parameters = flat(parameters)

    def meet(self, weather: Array, moments: Array) -> None:
        """Take the weather of the next steps, and where to write what is kept of them."""
        self._weather, self.moments = weather, moments

    def advance(self, orders: Orders, first: int, count: int) -> None:
        """``stretch.advance``, through the weather that was met."""
        self._stretch(self._state, orders, self._weather, self._parameters, self.moments, first, count, self._dt_s)


def flat(nested: tuple[Any, ...]) -> Array:
    """All numbers of a tuple of tuples in a row."""
    numbers: list[float] = []
    for part in nested:
        if isinstance(part, tuple):
            numbers.extend(flat(part))
        else:
            numbers.append(float(part))
    return np.array(numbers)


def like(example: Tuple, row: Array) -> Tuple:
    """A tuple of tuples of the shape of an example, with the numbers of a row."""
    numbers = iter(row.tolist())
    return cast("Tuple", _like(example, numbers))


def _like(example: Any, numbers: Any) -> Any:  # noqa: ANN401 - numbers at the bottom, tuples of any kind above
    if not isinstance(example, tuple):
        return next(numbers)
    parts = [_like(part, numbers) for part in example]
    return example._make(parts) if hasattr(example, "_make") else tuple(parts)


def _stretch(state: WholeState, parameters: WholeParameters) -> Any:  # noqa: ANN401 - the compiler publishes no types
    """``advance`` for rows of numbers. Of one shape of tuples there is one."""
    key = (_shape(state), _shape(parameters))
    if key not in _MACHINE_CODE:
        # Names and no closure: what closes over compiled functions is found again by no other process.
        names = {
            **globals(),
            "_READ_STATE": _reader(state),
            "_READ_PARAMETERS": _reader(parameters),
            "_WRITE_STATE": _writer(state),
            "_ADVANCE": _compiled(cast("types.FunctionType", advance)),
        }
        function = types.FunctionType(_advance_rows.__code__, names, _advance_rows.__name__)
        _MACHINE_CODE[key] = numba.njit(function, cache=bool(_CONFIG.CACHE_DIR))
    return _MACHINE_CODE[key]


_READ_STATE: Any = None
_READ_PARAMETERS: Any = None
_WRITE_STATE: Any = None
_ADVANCE: Any = None


def _advance_rows(  # noqa: PLR0917 - numba takes no keyword-only parameters
    state_row: Array,
    orders: Orders,
    weather: Array,
    parameters_row: Array,
    moments: Array,
    first: int,
    count: int,
    dt_s: float,
) -> None:
    before, given = _READ_STATE(state_row), _READ_PARAMETERS(parameters_row)
    _WRITE_STATE(_ADVANCE(before, orders, weather, given, moments, first, count, dt_s), state_row)


def _shape(nested: Any) -> Any:  # noqa: ANN401 - numbers at the bottom, tuples of any kind above
    return (type(nested), tuple(_shape(part) for part in nested)) if isinstance(nested, tuple) else float


def _reader(example: tuple[Any, ...]) -> Any:  # noqa: ANN401 - the compiler publishes no types
    """A compiled function that makes such a tuple of a row of numbers."""
    names: dict[str, Any] = {}
    expression, _ = _made(example, 0, names)
    return _function(f"def read(row):\n    return {expression}", "read", names)


def _made(example: Any, at: int, names: dict[str, Any]) -> tuple[str, int]:  # noqa: ANN401 - as of ``_shape``
    if not isinstance(example, tuple):
        return f"row[{at}]", at + 1
    parts = []
    for part in example:
        made, at = _made(part, at, names)
        parts.append(made)
    kind = type(example).__name__ if hasattr(example, "_make") else ""
    if kind:
        names[kind] = type(example)
    return f"{kind}({', '.join(parts)},)", at


def _writer(example: tuple[Any, ...]) -> Any:  # noqa: ANN401 - the compiler publishes no types
    """A compiled function that puts such a tuple into a row of numbers."""
    lines = [f"    row[{at}] = value{path}" for at, path in enumerate(_paths(example, ""))]
    return _function("\n".join(["def write(value, row):", *lines]), "write", {})


def _paths(example: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - as of ``_shape``
    if not isinstance(example, tuple):
        yield path
        return
    for position, part in enumerate(example):
        yield from _paths(part, f"{path}[{position}]")


def _function(source: str, name: str, names: dict[str, Any]) -> Any:  # noqa: ANN401 - the compiler publishes no types
    # The compiler takes no loop over parts of different kinds, so what a person would write out is written out here,
    # from nothing but the names and counts of this model's own tuples.
    exec(source, names)  # noqa: S102
    return numba.njit(names[name])
