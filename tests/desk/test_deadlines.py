"""The working calendar: the dates people are promised, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kelisim.desk import deadlines
from kelisim.desk.deadlines import Calendar, WrongZone, assert_zone, holiday_name

NOW = datetime(2026, 11, 22, tzinfo=UTC)
# Received · 1 · 3 · 10 · 15 working days.
VECTORS = """
2026-03-20 2026-03-26 2026-03-30 2026-04-08 2026-04-15
2026-05-26 2026-05-28 2026-06-01 2026-06-10 2026-06-17
2026-08-28 2026-08-31 2026-09-02 2026-09-11 2026-09-18
2026-10-23 2026-10-27 2026-10-29 2026-11-09 2026-11-16
2026-11-20 2026-11-23 2026-11-25 2026-12-04 2026-12-11
2026-11-21 2026-11-23 2026-11-25 2026-12-04 2026-12-11
2026-12-10 2026-12-11 2026-12-15 2026-12-25 2027-01-05
2026-12-11 2026-12-14 2026-12-17 2026-12-28 2027-01-06
2026-12-15 2026-12-17 2026-12-21 2026-12-30 2027-01-11
2026-12-31 2027-01-05 2027-01-08 2027-01-19 2027-01-26
2027-03-12 2027-03-16 2027-03-18 2027-04-01 2027-04-08
2027-04-30 2027-05-04 2027-05-06 2027-05-19 2027-05-26
"""
ROWS = [tuple(map(date.fromisoformat, line.split())) for line in VECTORS.split("\n") if line]
DAYS = st.dates(date(2022, 1, 1), date(2040, 12, 31))
TERMS = st.integers(1, 40)


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].isoformat())
def test_the_last_day_is_that_of_the_table(calendar: Calendar, row: tuple[date, ...]) -> None:
    assert [calendar.due(row[0], n).last for n in (1, 3, 10, 15)] == list(row[1:])


def test_the_days_off_of_2026_are_those_of_the_official_calendar(calendar: Calendar) -> None:
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    off = [f"{day:%m-%d}" for day in year if day.weekday() < 5 and not calendar.is_working(day)]
    assert (
        " ".join(off) == "01-01 01-02 01-07 03-09 03-23 03-24 03-25 05-01 05-07 05-11 05-27 07-06 10-26 12-16"
    )


def test_the_thirtieth_of_august_works_from_2026_and_the_fifteenth_of_march_is_free_from_2027(
    calendar: Calendar,
) -> None:
    assert calendar.is_working(date(2026, 8, 31))
    assert calendar.is_working(date(2028, 8, 30))
    assert not calendar.is_working(date(2027, 3, 15))


def test_a_saturday_the_state_made_a_working_day_counts(calendar: Calendar) -> None:
    assert calendar.is_working(date(2024, 5, 4))
    assert not calendar.is_working(date(2024, 5, 8))
    assert calendar.day_off_name(date(2024, 5, 8), "ru") == "Дополнительный выходной"


@given(received=DAYS, n=TERMS)
def test_a_term_counts_exactly_its_working_days_and_names_every_other(received: date, n: int) -> None:
    calendar = Calendar()
    due = calendar.due(received, n)
    between = [received + timedelta(days=i) for i in range(1, (due.last - received).days + 1)]
    assert sum(map(calendar.is_working, between)) == n
    assert [day for day in between if not calendar.is_working(day)] == list(due.skipped)
    assert received < due.first <= due.last
    assert calendar.is_working(due.first) and calendar.is_working(due.last)
    assert due.first == calendar.next_working(received)


@given(received=DAYS, n=TERMS)
def test_a_later_receipt_or_a_longer_term_never_ends_earlier(received: date, n: int) -> None:
    calendar = Calendar()
    last = calendar.due(received, n).last
    assert calendar.due(received + timedelta(days=1), n).last >= last
    assert calendar.due(received, n + 1).last > last


@given(received=DAYS, n=TERMS, extra=st.integers(1, 30))
def test_a_day_off_announced_late_moves_only_the_terms_it_lies_in(received: date, n: int, extra: int) -> None:
    plain = Calendar()
    day = received + timedelta(days=extra)
    before, after = plain.due(received, n), Calendar(extra_days_off=[day]).due(received, n)
    touched = plain.is_working(day) and day <= before.last
    assert (after.last == plain.next_working(before.last)) if touched else (after.last == before.last)
    assert (day in after.skipped) == (day <= after.last)


def test_the_operators_lists_win_over_the_package() -> None:
    # Kurban-ait announced for a Monday instead of the estimated Sunday; a working Saturday.
    ours = Calendar(extra_days_off=[date(2027, 5, 17)], extra_working_days=[date(2027, 5, 22)])
    assert ours.due(date(2027, 5, 14), 1).last == date(2027, 5, 18)
    assert ours.due(date(2027, 5, 21), 1).last == date(2027, 5, 22)
    assert ours.day_off_name(date(2027, 5, 17), "kk") == "Қосымша демалыс күні"


def test_a_holiday_made_a_working_day_has_no_name() -> None:
    ours = Calendar(extra_working_days=[date(2026, 12, 16)])
    assert ours.is_working(date(2026, 12, 16))
    assert ours.holiday_name(date(2026, 12, 16), "en") is None


def test_a_six_day_week_counts_saturdays_and_moves_only_sunday_holidays() -> None:
    six = Calendar(weekend=[6])
    assert six.due(date(2026, 11, 20), 1).last == date(2026, 11, 21)
    # Victory Day 2026 is a Saturday: simply free in a six-day week, moved to Monday in a five-day one.
    assert not six.is_working(date(2026, 5, 9))
    assert six.is_working(date(2026, 5, 11))
    assert not six.is_working(date(2026, 10, 26))
    assert not Calendar().is_working(date(2026, 5, 11))


def test_the_calendar_says_the_same_as_the_package_for_the_usual_weekend(calendar: Calendar) -> None:
    package = holidays.country_holidays("KZ")
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366 * 12)]
    assert [calendar.is_working(day) for day in days] == [package.is_working_day(day) for day in days]


def test_every_day_not_counted_has_its_name_in_three_languages(calendar: Calendar) -> None:
    due = calendar.due(date(2026, 3, 20), 1)
    assert due.first == date(2026, 3, 26)
    names = {locale: [off.name for off in calendar.explain(due, locale)] for locale in ("kk", "ru", "en")}
    assert names == {
        "kk": ["Наурыз мейрамы"] * 3 + ["Наурыз мейрамы (ауыстырылған демалыс)"] * 2,
        "ru": ["Наурыз мейрамы"] * 3 + ["Наурыз мейрамы (перенос выходного)"] * 2,
        "en": ["Nauryz"] * 3 + ["Nauryz (day in lieu)"] * 2,
    }
    weekend = calendar.explain(calendar.due(date(2026, 11, 20), 1), "ru")
    assert [(off.day, off.name) for off in weekend] == [
        (date(2026, 11, 21), "суббота"),
        (date(2026, 11, 22), "воскресенье"),
    ]


def test_every_holiday_of_twenty_years_has_our_own_russian_and_kazakh_name() -> None:
    days = [date(2022, 1, 1) + timedelta(days=n) for n in range(366 * 20)]
    for locale in ("kk", "ru"):
        said = "".join(holiday_name(day, locale) or "" for day in days)
        assert not any(letter in said for letter in "abcdefghijklmnopqrstuvwxyz%")
    assert holiday_name(date(2026, 12, 16), "kk") == "Тәуелсіздік күні"
    assert holiday_name(date(2026, 12, 17), "kk") is None


def test_kurban_ait_is_called_expected_until_it_is_announced(calendar: Calendar) -> None:
    day = date(2028, 5, 5)
    assert calendar.is_expected(day)
    assert calendar.holiday_name(day, "ru") == "Курбан-айт (ожидаемая дата)"
    assert Calendar(extra_days_off=[day]).holiday_name(day, "ru") == "Курбан-айт"
    assert holiday_name(date(2026, 5, 27), "ru") == "Курбан-айт"


def test_lists_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="2026-12-31 is listed both"):
        Calendar(extra_days_off=[date(2026, 12, 31)], extra_working_days=[date(2026, 12, 31)])
    for weekend in (range(7), [7], [-1]):
        with pytest.raises(ValueError, match="weekend"):
            Calendar(weekend=weekend)


def test_a_moment_is_not_taken_for_a_day_and_a_term_of_nothing_is_refused(calendar: Calendar) -> None:
    with pytest.raises(TypeError):
        calendar.due(datetime(2026, 11, 20, 22, 0, tzinfo=UTC), 1)
    with pytest.raises(ValueError):
        calendar.due(date(2026, 11, 20), 0)


def test_almaty_stands_five_hours_from_utc() -> None:
    assert assert_zone(NOW) == ZoneInfo("Asia/Almaty")
    evening = datetime(2026, 11, 20, 19, 30, tzinfo=UTC).astimezone(assert_zone(NOW))
    assert evening.date() == date(2026, 11, 21)


def test_old_zone_data_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongZone, match="6:00:00"):
        assert_zone(datetime(2023, 6, 1, tzinfo=UTC))  # what the data before 2024a say of today
    monkeypatch.setattr(deadlines, "ZONE", "Asia/Nowhere")
    with pytest.raises(WrongZone, match="unknown"):
        assert_zone(NOW)
