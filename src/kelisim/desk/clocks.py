"""The clock of a case: the fold of its events under the terms that held on the day it was received (LAW.md 1.1, 8.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from kelisim.desk.deadlines import Calendar, Due
from kelisim.desk.operator import Operator

RECEIVED, STOPPED, RESUMED, EXTENDED = "received", "stopped", "resumed", "extended"
MOVING = (STOPPED, RESUMED, EXTENDED)  # the acts that may move a date
_ENDED, _AGAIN = (
    ("answered", "refused"),
    "added",
)  # what the person adds after an answer is a receipt of its own
TICKS = (RECEIVED, *MOVING, *_ENDED, _AGAIN)

# The term of the policy pack that counts for a kind of case.
TERM = {
    "access": "access", "correction": "correction", "blocking": "block", "erasure": "erasure", "revocation": "revocation",
    "objection": "objection", "question": "question", "complaint": "complaint", "representation": "representative",
    "breach": "leak", "authority": "authority",
}  # fmt: skip
IN_CALENDAR_DAYS = ("authority",)


class Tick(NamedTuple):
    """An event the clock counts: what happened, on which day in Almaty, and what it says."""

    act: str
    day: date
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A due date that can explain itself: receipt, term, the days it did not count, stops, extension and pack."""

    due: Due
    term: str
    pack: str
    working: bool
    stops: tuple[tuple[date, date], ...] = ()
    extended: int = 0
    standing: bool = False  # it stands today: the date is not known yet

    @property
    def last(self) -> date:
        """The last day, until its midnight in Almaty."""
        return self.due.last


def wind(operator: Operator, calendar: Calendar, kind: str, ticks: Iterable[Tick], today: date) -> Clock:
    """The clock of a case, recomputed from its events alone; raises LookupError for a case nobody received.

    A stop and an extension move it only where the pack of the day of receipt allows them; an open stop lasts until today.
    """
    received: date | None = None
    extended, standing, ended = 0, None, False
    stops: list[tuple[date, date]] = []
    for tick in ticks:
        if tick.act == RECEIVED or (tick.act == _AGAIN and ended):
            received, extended, standing, ended, stops = tick.day, 0, None, False, []
        elif tick.act in _ENDED:
            ended = True
        elif tick.act == STOPPED:
            standing = standing or tick.day
        elif tick.act == RESUMED and standing is not None:
            stops.append((standing, tick.day))
            standing = None
        elif tick.act == EXTENDED:
            extended = int(tick.detail)
    if received is None:
        raise LookupError("a case without a day of receipt has no clock")
    pack = operator.pack_on(received)
    term = TERM[kind]
    if standing is not None:
        stops.append((standing, max(today, standing)))
    if not pack.stops:
        stops, standing = [], None
    if extended > pack.extensions.get(term, 0):
        extended = pack.extensions.get(term, 0)
    days = getattr(pack.terms, term) + extended
    working = term not in IN_CALENDAR_DAYS
    due = _working(calendar, received, days, stops) if working else _calendar(calendar, received, days)
    return Clock(due, term, pack.name, working, tuple(stops), extended, standing is not None)


def _working(calendar: Calendar, received: date, days: int, stops: list[tuple[date, date]]) -> Due:
    """Working days from the day after the receipt; a day on which the clock stood does not count."""
    plain = calendar.due(received, days)
    if not stops:
        return plain
    day, first, left, skipped = received, None, days, []
    while left:
        day += timedelta(days=1)
        if calendar.is_working(day) and not any(begun < day <= ended for begun, ended in stops):
            first = first or day
            left -= 1
        else:
            skipped.append(day)
    return Due(received, days, first or day, day, tuple(skipped))


def _calendar(calendar: Calendar, received: date, days: int) -> Due:
    """Calendar days; when the last is no working day it ends on the one before, the stricter reading (D14)."""
    last = received + timedelta(days=days)
    skipped = []
    while not calendar.is_working(last) and last > received + timedelta(days=1):
        skipped.append(last)
        last -= timedelta(days=1)
    return Due(received, days, received + timedelta(days=1), last, tuple(reversed(skipped)))
