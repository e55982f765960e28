"""Functions of the plant model compiled for seasons: the same source, a hundred times as fast.

The model's functions are plain Python and stay so; a live base runs them as they are. For a season they are compiled
once here, each with the compiled versions of those it calls. This is the only module that knows the compiler. Nothing
is reordered for speed (no ``fastmath``), so the same input gives the same result bit for bit.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

from greenhouse.plant.climate.step import step

P = ParamSpec("P")
R = TypeVar("R")

#: Only functions of these packages are compiled along; anything else must already be known to the compiler.
_OURS = "greenhouse.plant"
_COMPILED: dict[types.FunctionType, Any] = {}


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
