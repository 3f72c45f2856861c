"""Moments as staff type them in three languages, and the next sensible ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from tests.doorstep import a_desk

from kelisim.desk import moments, subjects
from kelisim.desk.visit import Visit, zone

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=zone("Asia/Almaty"))  # a Monday


def visit(at: datetime = NOON) -> Visit:
    """A visit at this moment; nothing is read from a store."""
    desk = a_desk()
    return Visit(None, desk, "test", "", at.astimezone(UTC), "kk", subjects.visitor(desk, "", ""))  # type: ignore[arg-type]


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    """A moment in Almaty."""
    return datetime(year, month, day, hour, minute, tzinfo=zone("Asia/Almaty"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("26.11 10:00", at(26, 10)), ("26.11. 10:00", at(26, 10)), ("26/11 9:05", at(26, 9, 5)),
        ("26.11.2026 10:00", at(26, 10)), ("26.11.26, 10:00", at(26, 10)), ("2026-11-26 10:00", at(26, 10)),
        ("ертең 10:00", at(24, 10)), ("Ертең сағат 10:00", at(24, 10)), ("ертен 10.30", at(24, 10, 30)),
        ("завтра 10:00", at(24, 10)), ("завтра в 10:00", at(24, 10)), ("послезавтра 18:00", at(25, 18)),
        ("tomorrow 10:00", at(24, 10)), ("tomorrow at 10:00", at(24, 10)), ("10:00 tomorrow", at(24, 10)),
        ("бүгін 18:00", at(23, 18)), ("сегодня 18:00", at(23, 18)), ("today 18:00", at(23, 18)),
        ("18:30", at(23, 18, 30)), ("10.30", at(24, 10, 30)), ("  18 : 30 ", at(23, 18, 30)),
        ("05.01 10:00", at(5, 10, 0, 1, 2027)),
    ],
)  # fmt: skip
def test_what_is_typed_is_understood(typed: str, meant: datetime) -> None:
    assert moments.read(visit(), typed) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("сегодня 09:00", moments.PAST), ("23.11.2026 12:00", moments.PAST), ("2025-11-26 10:00", moments.PAST),
        ("26.11.2027 10:00", moments.FAR), ("30.06 10:00", moments.FAR), ("", moments.UNREAD), ("soon", moments.UNREAD),
        ("26.11", moments.UNREAD), ("25:00", moments.UNREAD), ("31.02 10:00", moments.UNREAD), ("завтра", moments.UNREAD),
        ("10:00 or 11:00", moments.UNREAD), ("not 10:00", moments.UNREAD), ("завтра 10:99", moments.UNREAD),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_apart(typed: str, why: str) -> None:
    with pytest.raises(moments.Unclear) as told:
        moments.read(visit(), typed)
    assert told.value.why == why


@pytest.mark.parametrize("hour", range(24))
def test_what_is_offered_is_soon_and_by_day(hour: int) -> None:
    now = datetime.combine(date(2026, 11, 23), time(hour, 40), zone("Asia/Almaty"))
    offered = moments.offered(visit(now))
    assert len(offered) == len(set(offered)) == 4 and offered == sorted(offered)
    for each in offered:
        here = each.astimezone(zone("Asia/Almaty"))
        assert time(9) <= here.time() < time(21)
        assert timedelta(minutes=30) < each - now < timedelta(days=4)
