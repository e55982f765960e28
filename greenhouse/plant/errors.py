"""The errors of the plant model.

::

    PlantError
    ├── ParameterError   a parameter file is wrong; also a FaultyFile, with every fault of it
    ├── WeatherError     a weather file is wrong; also a FaultyFile
    └── PlantInputError  a step was asked with what no house can have: a time step, a control, a date
"""

from __future__ import annotations

from devices.errors import FaultyFile


class PlantError(Exception):
    """Something is wrong with what the plant model was given."""


class ParameterError(FaultyFile, PlantError):
    """A parameter file that is wrong. Nothing of it was taken."""


class WeatherError(FaultyFile, PlantError):
    """A weather file that is wrong. Nothing of it was taken."""


class PlantInputError(PlantError):
    """A model was asked for what no house can have; the text names the input, its value and what is allowed."""
