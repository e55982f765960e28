"""Crops, grades and refusals in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from greenhouse.access.errors import NotAllowed
from greenhouse.crops import errors as crop_errors
from greenhouse.crops.catalog import Cultivar, crops
from greenhouse.crops.cultivars import cultivar_of
from greenhouse.crops.errors import CropError
from greenhouse.crops.models import CropCycle
from greenhouse.harvest import errors as harvest_errors
from greenhouse.harvest.ending import HarvestedLater
from greenhouse.harvest.errors import HarvestError, WeightFault
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.models import LONGEST_NOTE
from greenhouse.harvest.sums import YieldUnit
from greenhouse.harvest.weights import kilograms
from greenhouse.site.naming import in_readers_language
from greenhouse.site.structure import BaseStructure

GRADES: Mapping[Grade, Promise] = {
    Grade.EXTRA: pgettext_lazy("grade", "extra"),
    Grade.FIRST: pgettext_lazy("grade", "first"),
    Grade.SECOND: pgettext_lazy("grade", "second"),
    Grade.CULL: pgettext_lazy("grade", "cull"),
}
UNITS: Mapping[YieldUnit, Promise] = {
    YieldUnit.KG_M2: gettext_lazy("kg/m²"),
    YieldUnit.KG_MU: gettext_lazy("kg/667 m²"),
    YieldUnit.T_HA: gettext_lazy("t/ha"),
}
_WEIGHTS: Mapping[WeightFault, Promise] = {
    WeightFault.NO_NUMBER: gettext_lazy("The weight must be a number of kilograms with a point, as 12.5."),
    WeightFault.NOT_ABOVE_ZERO: gettext_lazy("The weight must be above 0 kg. An entry that was wrong is withdrawn."),
    WeightFault.TOO_FINE: gettext_lazy("A weight is taken to the gram: at most three digits after the point."),
    WeightFault.TOO_MUCH: gettext_lazy("More than 100 000 kg at once cannot be entered."),
}


def crop_name(key: str) -> str:
    """Name of a crop; of an unknown one its key."""
    crop = crops().get(key)
    return key if crop is None else in_readers_language(crop.zh, crop.en)


def cultivar_name(known: Mapping[str, Cultivar], key: str) -> str:
    """Name of a cultivar; of an unknown one its key."""
    found = cultivar_of(known, key, "")
    return in_readers_language(found.zh, found.en)


def place_name(base: BaseStructure, key: str) -> str:
    """Name of a compartment; of one that is gone its key."""
    place = base.compartments.get(key)
    return key if place is None else place.name


def cycle_name(base: BaseStructure, known: Mapping[str, Cultivar], cycle: CropCycle) -> str:
    """Where and what, as one chooses it."""
    names = {"place": place_name(base, cycle.compartment_key), "cultivar": cultivar_name(known, cycle.cultivar)}
    return _("%(place)s · %(cultivar)s") % names


def season_name(season: int) -> str:
    """A season by the years that it lies in."""
    return f"{season}/{(season + 1) % 100:02d}"


def why(error: HarvestError | CropError | NotAllowed) -> str:
    """Why something was not stored, for the person who wrote it."""
    if isinstance(error, NotAllowed):
        return _("You may not do this. A technician, a supervisor or an engineer does it.")
    return _why_no_cycle(error) if isinstance(error, CropError) else _why_no_harvest(error)


def _why_no_harvest(error: HarvestError) -> str:
    match error:
        case harvest_errors.WeightRefused():
            return str(_WEIGHTS[error.fault])
        case harvest_errors.StemsRefused():
            return _("Stems are counted of cut flowers only, as a whole number above 0.")
        case harvest_errors.GradeRefused():
            return _("Choose a grade.")
        case harvest_errors.DayRefused():
            return _why_no_day(error)
        case harvest_errors.TextRefused():
            return _("A correction needs a reason; a note or reason has at most %(most)d characters.") % {
                "most": LONGEST_NOTE
            }
        case harvest_errors.Doubtful():
            weights = {"kg": kilograms(error.mass_g), "usual": kilograms(error.usual_g)}
            return (
                _(
                    "%(kg)s kg is ten times the usual or more (%(usual)s kg). Is the point in the right place? If the "
                    "weight is right, say why and store it again; nothing was stored yet."
                )
                % weights
            )
        case harvest_errors.UnknownHarvest():
            return _("There is no such entry.")
        case harvest_errors.CorrectedMeanwhile():
            return _("This entry was corrected meanwhile. Open the newest one; nothing was stored.")
        case harvest_errors.NothingToCorrect():
            return _("This is what stands there already. Nothing was stored.")
        case harvest_errors.OtherContent():
            return _("This form was stored before with other figures. Correct that entry instead.")
        case HarvestedLater():
            return _("Something was harvested on %(day)s: the cycle cannot end before that.") % {"day": _day(error.day)}
    return str(error)


def _why_no_day(error: harvest_errors.DayRefused) -> str:
    other = "" if error.other is None else _day(error.other)
    match error.fault:
        case harvest_errors.DayFault.IN_FUTURE:
            return _("This day has not come yet: today is %(day)s.") % {"day": other}
        case harvest_errors.DayFault.BEFORE_PLANTING:
            return _("This crop was planted on %(day)s: nothing was harvested before that.") % {"day": other}
        case harvest_errors.DayFault.AFTER_CLEARING:
            return _("This crop was cleared on %(day)s: nothing was harvested after that.") % {"day": other}
    return _("Choose the day of the harvest.")


_OF_CYCLES: Mapping[type[CropError], Promise] = {
    crop_errors.UnknownCrop: gettext_lazy("Choose a crop and its cultivar."),
    crop_errors.UnknownCultivar: gettext_lazy("Choose a crop and its cultivar."),
    crop_errors.UnknownCompartment: gettext_lazy("Choose a compartment."),
    crop_errors.UnknownCycle: gettext_lazy("Choose what was harvested."),
    crop_errors.NameRefused: gettext_lazy("A cultivar needs a name of at most 60 characters."),
    crop_errors.NameTaken: gettext_lazy("This crop has a cultivar of that name already."),
    crop_errors.TargetRefused: gettext_lazy("A target is a number of kg/m² above 0, for each week or in total."),
    crop_errors.HasEnded: gettext_lazy("This cycle has ended already."),
    crop_errors.ChangedMeanwhile: gettext_lazy(
        "Somebody else has changed this cycle meanwhile. This is how it stands now."
    ),
    crop_errors.OtherContent: gettext_lazy("This form was stored before with other content. Open the page again."),
}


def _why_no_cycle(error: CropError) -> str:
    match error:
        case crop_errors.AreaRefused():
            return _("The area must be above 0 m² and at most the %(most)s m² of the compartment.") % {
                "most": f"{error.most_m2:g}"
            }
        case crop_errors.NoRoom():
            return _("On %(day)s only %(free)s m² of the compartment are free: other crops stand on the rest.") % {
                "free": f"{error.free_m2:g}",
                "day": _day(error.day),
            }
        case crop_errors.DayRefused():
            return _why_no_day_of_cycle(error)
    return str(_OF_CYCLES[type(error)])


def _why_no_day_of_cycle(error: crop_errors.DayRefused) -> str:
    day = {"day": _day(error.other)}
    match error.fault:
        case crop_errors.DayFault.IN_FUTURE:
            return _("This day has not come yet: today is %(day)s.") % day
        case crop_errors.DayFault.END_BEFORE_START:
            return _("The cycle was planted on %(day)s and cannot end before that.") % day
    return _("Days before %(day)s are not taken.") % day


def _day(day: date) -> str:
    return day.isoformat()
