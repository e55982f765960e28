"""Why a reading differs from the truth, as far as the simulated base knows it: it was made to differ so."""

from __future__ import annotations

from django.utils.translation import gettext as _

from devices.units import Quantity
from greenhouse.plant.instruments import instrument
from greenhouse.plant.point_sources import Computed, Felt, Own, Source, Truth
from greenhouse.site.display import unit_sign
from greenhouse.site.structure import PointStructure


def cause_in_words(source: Source, reading: PointStructure) -> str:
    """What makes the difference. Empty where nothing is known of it."""
    if source is Own.COUNT:
        return _(
            "The controller counts the run time of the motor and does not see the position: each start, each reversal "
            "and all that slips parts the two, until the motor runs to an end."
        )
    if isinstance(source, Computed):
        return _("The device computes it from its own instruments: what they have wrong is wrong here too.")
    if not isinstance(source, Felt):
        return ""
    if source.instrument is None:
        return _("There is no instrument between them: only the moments of reading and the rounding differ.")
    if source.truth is Truth.FEED_CONDUCTIVITY:
        return _(
            "The unit doses until this probe shows the setpoint: where the probe drifts the feed becomes wrong, and "
            "the reading stays as it was."
        )
    return _of_an_instrument(source.instrument, difference_unit(reading))


def _of_an_instrument(kind: str, unit: str) -> str:
    """Figures of the kind (``greenhouse/plant/data/sensors.toml``): each instrument has its own deviation for life."""
    sensor = instrument(kind)
    figures = {
        "lag": f"{sensor.lag_s:g}",
        "bias": f"{sensor.bias_sd:g} {unit}".strip(),
        "gain": f"{100.0 * sensor.gain_sd:g}",
        "drift": f"{sensor.drift_sd_a:g} {unit}".strip(),
    }
    if sensor.gain_sd > 0.0:
        return (
            _(
                "An instrument stands between them. It lags by about %(lag)s s; each of its kind is off by an amount "
                "of its own (standard deviation %(bias)s and %(gain)s %% of the value) and drifts by about "
                "%(drift)s a year."
            )
            % figures
        )
    return (
        _(
            "An instrument stands between them. It lags by about %(lag)s s; each of its kind is off by an amount of "
            "its own (standard deviation %(bias)s) and drifts by about %(drift)s a year."
        )
        % figures
    )


def difference_unit(point: PointStructure) -> str:
    """Sign of the unit of a difference of two values of a point."""
    return "K" if point.quantity is Quantity.TEMPERATURE else unit_sign(point.unit)
