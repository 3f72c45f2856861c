"""Moments as staff type them: «26.11 10:00», «ертең 10:00», «завтра 10:00», "tomorrow 10:00"; and the next sensible ones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from kelisim.desk.visit import Visit, zone

PAST, FAR, UNREAD = "past", "far", "unread"
FARTHEST = timedelta(days=60)

_HOUR = re.compile(r"(?P<hour>\d{1,2})\s*[:.\-]\s*(?P<minute>\d{2})")
_DAY = re.compile(r"(?P<day>\d{1,2})[./](?P<month>\d{1,2})(?:[./](?P<year>\d{4}|\d{2}))?")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_WORDS = {
    "бүгін": 0, "бугин": 0, "сегодня": 0, "today": 0,
    "ертең": 1, "ертен": 1, "завтра": 1, "tomorrow": 1,
    "бүрсігүні": 2, "бурсигуни": 2, "послезавтра": 2,
}  # fmt: skip
_BETWEEN = {"", "в", "at", "сағат", "сагат", "с", "г", "ж", "к", "на", "on", "дня", "года"}


class Unclear(ValueError):
    """No moment that could be meant: PAST, FAR or UNREAD."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read(visit: Visit, typed: str) -> datetime:
    """The moment that was typed, where the operator works; an hour alone is its next coming. Raises Unclear."""
    here = visit.at.astimezone(zone(visit.operator.zone))
    day, rest = _day(here.date(), typed.casefold().strip())
    found = _HOUR.search(rest)
    if found is None or set(re.split(r"[\s,.]+", _HOUR.sub(" ", rest, count=1))) - _BETWEEN:
        raise Unclear(UNREAD)
    try:
        at = time(int(found["hour"]), int(found["minute"]))
    except ValueError:
        raise Unclear(UNREAD) from None
    when = datetime.combine(day or here.date(), at, here.tzinfo)
    if day is None and when <= here:
        when += timedelta(days=1)
    if when <= here:
        raise Unclear(PAST)
    if when - here > FARTHEST:
        raise Unclear(FAR)
    return when.astimezone(UTC)


def _day(today: date, typed: str) -> tuple[date | None, str]:
    """The day that is named and what is left of the words; none: an hour alone."""
    for word, days in _WORDS.items():
        if re.search(rf"\b{word}\b", typed):
            return today + timedelta(days=days), re.sub(rf"\b{word}\b", " ", typed, count=1)
    iso = _ISO.search(typed)
    found = iso or _DAY.match(typed)
    # «10.30» alone is an hour; a day is followed by one.
    if found is None or (iso is None and _HOUR.search(typed[found.end() :]) is None):
        return None, typed
    year = int(found["year"] or today.year)
    year += 2000 if year < 100 else 0
    try:
        day = date(year, int(found["month"]), int(found["day"]))
        if not found["year"] and day < today:
            day = day.replace(year=year + 1)
    except ValueError:
        raise Unclear(UNREAD) from None
    return day, typed[: found.start()] + " " + typed[found.end() :]


def offered(visit: Visit, most: int = 4) -> list[datetime]:
    """The next sensible times: within the hours in which people are written to, soon first, then tomorrow and a working day."""
    here = visit.at.astimezone(zone(visit.operator.zone))
    soon = (here + timedelta(minutes=61)).replace(minute=0, second=0, microsecond=0)
    today, following = here.date(), visit.desk.calendar.next_working(here.date())
    wanted = [soon, *(_on(here, today, hour) for hour in (10, 14, 18)), _on(here, today + timedelta(days=1), 10),
              _on(here, today + timedelta(days=1), 18), _on(here, following, 10), _on(here, following, 14),
              _on(here, today + timedelta(days=2), 10)]  # fmt: skip
    fits = [at for at in wanted if at > here + timedelta(minutes=30) and _by_day(visit, at)]
    return [at.astimezone(UTC) for at in sorted(set(fits))][:most]


def _on(here: datetime, day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), here.tzinfo)


def _by_day(visit: Visit, at: datetime) -> bool:
    begins, ends = visit.operator.quiet_hours
    return (ends <= at.time() < begins) if begins > ends else not begins <= at.time() < ends
