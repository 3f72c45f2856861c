"""Quiet hours: what nobody asked for waits for the morning (LAW.md 6.1); answers, codes and receipts never do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from kelisim.desk.visit import Visit, zone

# Kinds of messages that answer the person's own act at once. To staff, withdrawals and alarms go at any hour too.
ANSWERS = (
    "receipt", "code", "code-known", "alarm", "stop-notice", "anchor", "conditions", "answer", "answer-letter",
    "case", "file", "file-letter", "alert-letter", "ack", "stop-ack", "confirm", "echo", "told", "preview", "panel", "bulletin",
)  # fmt: skip
# What concerns the person's own request or data but was not asked for now: it needs no consent and waits for the morning.
WAITING = ("notice", "notice-letter", "renewal-letter")
# To staff, in working hours only.
IN_WORKING_HOURS = ("reminder", "digest")
WITHOUT_CONSENT = (*ANSWERS, *WAITING, *IN_WORKING_HOURS)


def until(visit: Visit, kind: str = "") -> datetime | None:
    """When a message of this kind may go, or nothing when it may go now."""
    if kind in ANSWERS:
        return None
    if kind in IN_WORKING_HOURS:
        return _office(visit)
    begins, ends = visit.operator.quiet_hours
    here = visit.at.astimezone(zone(visit.operator.zone))
    now = here.time()
    over_night = begins > ends
    still = (now >= begins or now < ends) if over_night else (begins <= now < ends)
    if not still:
        return None
    opens = _at(here, ends)
    return opens if opens > here else opens + timedelta(days=1)


def worked(visit: Visit, span: timedelta) -> datetime:
    """The moment at which so much time of working hours has passed from now."""
    at, left = visit.at, span
    while True:
        begins = _office(replace(visit, at=at)) or at
        here = begins.astimezone(zone(visit.operator.zone))
        closes = _at(here, visit.operator.working_hours[1])
        if begins + left < closes:
            return (begins + left).astimezone(UTC)
        at, left = closes.astimezone(UTC), left - (closes - here)


def morning(visit: Visit, day: date) -> datetime:
    """When the quiet hours of a day end."""
    return datetime.combine(day, visit.operator.quiet_hours[1], zone(visit.operator.zone))


def _office(visit: Visit) -> datetime | None:
    """When the office opens next, or nothing while it is open."""
    begins, ends = visit.operator.working_hours
    here = visit.at.astimezone(zone(visit.operator.zone))
    calendar, today = visit.desk.calendar, here.date()
    if calendar.is_working(today) and here.time() < ends:
        return None if here.time() >= begins else _at(here, begins)
    following = calendar.next_working(today)
    return _at(here + (following - today), begins)


def _at(here: datetime, hour: time) -> datetime:
    return here.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
