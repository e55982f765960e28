"""Crops of three houses and what was picked of them, for pages and pictures."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import sin
from uuid import uuid4

from django.contrib.auth.models import User

from greenhouse.crops import cycles
from greenhouse.crops.cycles import NewCycle
from greenhouse.crops.models import CropCycle, TargetPer
from greenhouse.harvest import entries
from greenhouse.harvest.entries import Weighed
from greenhouse.harvest.grades import Grade
from greenhouse.harvest.models import Harvest

_SHARES = {Grade.EXTRA: 0.25, Grade.FIRST: 0.5, Grade.SECOND: 0.18, Grade.CULL: 0.07}


def store_harvests(now: datetime, *, by: User) -> dict[str, str]:
    """Two cultivars of tomato in two houses for 15 weeks, roses in a third. Ids of a cycle and of a corrected entry."""
    today = cycles.local_day(now)
    planted = today - timedelta(days=107)
    first, second = (
        cycles.start(
            NewCycle(house, cultivar, 440.0, planted, None, 0.45, TargetPer.WEEK), submission=uuid4(), by=by, now=now
        )
        for house, cultivar in (("h1", "provence"), ("h2", "jingcai-8"))
    )
    roses = cycles.start(NewCycle("g1-b", "carola", 300.0, planted), submission=uuid4(), by=by, now=now)
    for week in range(9, 16):
        for cycle, kg in ((first, 190.0), (second, 165.0)):
            _pick(cycle, week, kg * (1.0 + 0.25 * sin(week + kg)), by, now)
    cut = today - timedelta(days=3)
    weighed = Weighed(roses.pk, cut, Grade.EXTRA, 14_200, stems=310, note="李师傅，东侧")
    row = entries.enter(weighed, submission=uuid4(), by=by, now=now)
    mended = Weighed(roses.pk, cut, Grade.EXTRA, 12_400, stems=310, note="李师傅，东侧")
    row = entries.correct(row.pk, mended, reason="看错秤", submission=uuid4(), by=by, now=now)
    return {"cycle": str(first.pk), "harvest": str(row.pk)}


def _pick(cycle: CropCycle, week: int, kg: float, by: User, now: datetime) -> Harvest | None:
    day, row = cycle.planted_on + timedelta(days=7 * week), None
    for grade, share in _SHARES.items():
        weighed = Weighed(cycle.pk, day, grade, round(kg * share * 10) * 100)
        row = entries.enter(weighed, submission=uuid4(), by=by, now=now)
    return row
