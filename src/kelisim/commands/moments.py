"""When a broadcast begins, as it is typed at a shell, and what a confirmation would lead to."""

from __future__ import annotations

from datetime import datetime, timedelta

from kelisim.desk import broadcasts, bulletins, moments
from kelisim.desk.broadcasts import BREACH, Broadcast
from kelisim.desk.decisions import Impossible
from kelisim.desk.visit import Visit
from kelisim.texts import _

_WHY = {moments.PAST: "is over already", moments.FAR: "is more than 60 days away"}


def read(visit: Visit, typed: str) -> datetime:
    """The moment somebody wrote, where the operator works; without a day the next such hour. Raises Impossible."""
    try:
        return moments.read(visit, typed)
    except moments.Unclear as fault:
        why = _WHY.get(fault.why, "is no moment: write it like “26.11 10:00”, “tomorrow 10:00” or “10:00”")
        raise Impossible(f"“{typed}” {why}") from None


def foreseen(visit: Visit, counted: Broadcast, begins: datetime | None) -> str:
    """What a confirmation now would lead to, before it is given."""
    rules = visit.operator.broadcast
    many = counted.to > rules.approval_above and counted.kind != BREACH
    if many and rules.approval:
        return _("Somebody else of the staff has to approve it before it begins.")
    start = max(begins or visit.at, visit.at)
    if many:
        start = max(start, visit.at + timedelta(minutes=rules.delay_minutes))
    start = broadcasts.in_hours(visit, counted, start)
    if start <= visit.at:
        return _("It begins at once. What has been sent cannot be called back.")
    return _("It begins on {moment} (Almaty time). Until then it can be stopped without a trace.",
             moment=bulletins.moment(visit, start))  # fmt: skip
