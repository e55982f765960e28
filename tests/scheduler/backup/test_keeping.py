"""Which backups are kept: days, weeks and months, by the base's own days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scheduler.backup.keeping import Keep, kept, prune
from scheduler.backup.making import backups_in

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 1, 18, 10, tzinfo=UTC)
KEEP = Keep()
moments = st.lists(st.integers(0, 800 * 24), max_size=60, unique=True).map(
    lambda hours: {START + timedelta(hours=hour) for hour in hours}
)


def test_after_two_years_of_daily_pruning_days_weeks_and_months_are_there():
    there: set[datetime] = set()
    for day in range(730):
        there = kept(there | {START + timedelta(days=day)}, KEEP, zone=SHANGHAI)
    days = sorted((moment.astimezone(SHANGHAI).date() for moment in there), reverse=True)
    assert days[:7] == [date(2028, 1, 1) - timedelta(days=back) for back in range(7)]
    assert {day.isocalendar()[:2] for day in days} >= {(2027, 52), (2027, 51), (2027, 50), (2027, 49)}
    assert len({(day.year, day.month) for day in days}) == 12
    assert len(days) == 7 + 2 + 10  # the last ones of two weeks and of two months are among the days already


def test_of_several_backups_of_a_day_the_last_stays():
    morning, evening = START, START + timedelta(hours=6)
    assert kept({morning, evening}, KEEP, zone=SHANGHAI) == {evening}


def test_a_day_begins_at_the_base_and_not_in_greenwich():
    before, after = START.replace(hour=15, minute=59), START.replace(hour=16, minute=1)
    assert kept({before, after}, KEEP, zone=SHANGHAI) == {before, after}


@given(moments)
def test_keeping_twice_changes_nothing_and_the_newest_stays(made):
    once = kept(made, KEEP, zone=SHANGHAI)
    assert once <= made
    assert not made or max(made) in once
    assert kept(once, KEEP, zone=SHANGHAI) == once


@given(moments)
def test_old_backups_are_not_lost_to_many_new_ones(made):
    """As many days, weeks and months as are kept have one, if they ever had."""
    once = kept(made, KEEP, zone=SHANGHAI)
    months = {(at.astimezone(SHANGHAI).year, at.astimezone(SHANGHAI).month) for at in made}
    assert len({(at.astimezone(SHANGHAI).year, at.astimezone(SHANGHAI).month) for at in once}) >= min(12, len(months))


def test_pruning_deletes_only_what_is_a_backup(tmp_path):
    for name in ("backup-20260101T000000Z", "backup-20260101T010000Z", "backup-of-my-photos", "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / ".removed-backup-20250101T000000Z").mkdir()  # of a run that was killed
    gone = prune(tmp_path, KEEP, zone=SHANGHAI)
    assert [path.name for path in gone] == ["backup-20260101T000000Z"]
    assert {path.name for path in tmp_path.iterdir()} == {"backup-20260101T010000Z", "backup-of-my-photos", "notes"}
    assert [path.name for path in backups_in(tmp_path).values()] == ["backup-20260101T010000Z"]
