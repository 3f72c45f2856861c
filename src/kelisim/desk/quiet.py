"""Quiet hours: what nobody asked for waits for the morning (LAW.md 6.1); answers, codes and receipts never do."""

from __future__ import annotations

from datetime import datetime, timedelta

from kelisim.desk.visit import Visit, zone

# Kinds of messages that answer the person's own act at once. To staff, withdrawals and alarms go at any hour too.
ANSWERS = ("receipt", "code", "code-known", "withdrawal", "alarm", "stop-notice", "anchor", "conditions")


def until(visit: Visit) -> datetime | None:
    """When the quiet hours end, or nothing when it is not quiet now."""
    begins, ends = visit.operator.quiet_hours
    here = visit.at.astimezone(zone(visit.operator.zone))
    now = here.time()
    over_night = begins > ends
    still = (now >= begins or now < ends) if over_night else (begins <= now < ends)
    if not still:
        return None
    opens = here.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return opens if opens > here else opens + timedelta(days=1)
