"""The dates of the open cases, all together: moved by a late holiday, due soon, over; computed each time, never remembered.

A case row keeps its due date only to be listed by; what counts is the fold of its events (I10). So an alarm does not depend
on a reminder having been sent, and a reminder that bounced is written again the next working day (T-LAW-01).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import bindparam, func, select, update

from kelisim.desk import answers, cases, clocks, explanations, handoffs, staff, subjects
from kelisim.desk.cases import Case
from kelisim.desk.clocks import Clock, Tick
from kelisim.desk.deadlines import Calendar
from kelisim.desk.visit import Visit
from kelisim.store.models import Case as Row
from kelisim.store.models import CaseEvent

BATCH = 200  # cases folded at once
HALF = 4  # days a term must have to be reminded of at its half as well

_C, _E = Row.__table__.c, CaseEvent.__table__.c
_OPEN = (
    select(_C.id, _C.number, _C.kind, _C.state, _C.subject_id, _C.due)
    .where(_C.state.in_(cases.IN_HAND), _C.id > bindparam("after"))
    .order_by(_C.id)
    .limit(bindparam("most"))
)
_STEPS = (
    select(_E.case_id, _E.act, _E.at, _E.detail)
    .where(
        _E.case_id.in_(bindparam("cases", expanding=True)),
        _E.act.in_((*clocks.TICKS, cases.REMINDED, cases.LATE)),
    )
    .order_by(_E.case_id, _E.at, _E.id)
)
_MOVE = (
    update(Row)
    .where(_C.id == bindparam("row"), _C.due == bindparam("old"), _C.state.in_(cases.IN_HAND))
    .values(due=bindparam("new"))
)
_HOW_MANY = select(func.count()).where(_C.state.in_(cases.IN_HAND))


@dataclass(frozen=True, slots=True)
class Dated:
    """An open case with its clock; `due` is what its row says, `reminded` the days on which staff were reminded this term."""

    id: int
    number: str
    kind: str
    subject_id: int | None
    handed: bool  # staff have it; what the desk carries out by itself they hear of only when it is late
    due: date | None
    clock: Clock
    reminded: tuple[date, ...]
    told_late: bool

    @property
    def has_moved(self) -> bool:
        """The fold says another day than the row, and it is known: a clock that stands moves when it goes on."""
        return self.due != self.clock.last and not self.clock.standing

    def is_over(self, today: date) -> bool:
        """The last day has passed."""
        return today > self.clock.last and not self.clock.standing


def in_hand(visit: Visit, after: int = 0, most: int = BATCH) -> list[Dated]:
    """The open cases after a row id, in the order of the rows, each with its clock wound."""
    rows = visit.all(_OPEN, after=after, most=most)
    if not rows:
        return []
    steps = visit.all(_STEPS, cases=[row.id for row in rows])
    of = {case: list(found) for case, found in groupby(steps, key=lambda step: step.case_id)}
    found = []
    for row in rows:
        days = [(step.act, visit.day_of(step.at), step.detail) for step in of.get(row.id, [])]
        if not any(act == clocks.RECEIVED for act, _day, _detail in days):
            continue  # a row without its beginning is named by `kelisim check`, it must not stop the others
        clock = clocks.wind(
            visit.operator, visit.desk.calendar, row.kind, [Tick(*each) for each in days], visit.today
        )
        term = [(act, day) for act, day, _detail in days if day >= clock.due.received]
        found.append(
            Dated(
                row.id, row.number, row.kind, row.subject_id, row.state != cases.OPEN, row.due, clock,
                tuple(day for act, day in term if act == cases.REMINDED),
                any(act == cases.LATE for act, _day in term),
            )
        )  # fmt: skip
    return found


def every(visit: Visit) -> list[Dated]:
    """All open cases."""
    found: list[Dated] = []
    while some := in_hand(visit, found[-1].id if found else 0):
        found += some
    return found


def overdue(visit: Visit) -> list[Dated]:
    """The open cases whose last day has passed, the longest first: recomputed from their events (T-LAW-01)."""
    return sorted(
        (case for case in every(visit) if case.is_over(visit.today)), key=lambda case: case.clock.last
    )


def how_many(visit: Visit) -> int:
    """How many cases are open."""
    row = visit.one(_HOW_MANY)
    return int(row[0]) if row is not None else 0


def remind_on(clock: Clock, calendar: Calendar) -> tuple[date, ...]:
    """The days on which staff are reminded before the end: at half of a long term, and on the working day before its last."""
    due = clock.due
    days = (due.received + timedelta(days=n) for n in range(1, (due.last - due.received).days + 1))
    counted = [day for day in days if day not in due.skipped]
    half = [counted[(len(counted) - 1) // 2]] if len(counted) >= HALF else []
    eve = due.last - timedelta(days=1)
    while eve > due.received and not calendar.is_working(eve):
        eve -= timedelta(days=1)
    return (*half, eve if eve > due.received else due.last)


def owes(visit: Visit, case: Dated) -> bool:
    """Whether something is to be done about the date of a case now; `attend` does it."""
    return case.has_moved or bool(_reminder(visit, case)) or _tells(visit, case)


def attend(visit: Visit, number: str) -> None:
    """Move a date that the calendar moved, remind staff, tell the person once that we are late: whatever is owed now.

    Looks again at the case as it is in this transaction; nothing is owed when it was answered meanwhile.
    """
    case = cases.known(visit, number)
    dated = next(iter(in_hand(visit, case.id - 1, 1)), None)
    if dated is None or dated.id != case.id:
        return
    visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
    if visit.subject is not None:
        visit.locale = visit.subject.locale
    if dated.has_moved:
        _move(visit, case, dated)
    if what := _reminder(visit, dated):
        for address in _readers(visit, case, what):
            handoffs.write(visit, case, what, address)
        cases.remark(visit, case, cases.REMINDED, what)
    if _tells(visit, dated):
        answers.notice(visit, "svc.late", number)
        cases.remark(visit, case, cases.LATE, str(dated.clock.last))


def _move(visit: Visit, case: Case, dated: Dated) -> None:
    old, new = dated.due, dated.clock.last
    if old is None or not visit.run(_MOVE, row=case.id, old=old, new=new):
        return
    received = next(step for step in cases.events(visit, case) if step.act == cases.RECEIVED)
    terms = f"{dated.clock.pack}|{dated.clock.due.n - dated.clock.extended}"
    same = not received.detail or received.detail == terms
    cases.remark(
        visit, case, cases.MOVED, f"{old}|{new}|{explanations.HOLIDAY if same else explanations.TERMS}"
    )
    for address in _readers(visit, case, handoffs.MOVED):
        handoffs.write(visit, case, handoffs.MOVED, address)
    if visit.subject is not None:
        answers.notice(visit, "svc.moved", case.number)


def _reminder(visit: Visit, case: Dated) -> str:
    """Which reminder staff are owed today: none, that it is due soon, or that it is over."""
    if case.clock.standing or not visit.desk.calendar.is_working(visit.today):
        return ""
    if case.is_over(visit.today):
        return handoffs.OVER if visit.today not in case.reminded else ""
    last = max(case.reminded, default=date.min)
    begun = any(last < day <= visit.today for day in remind_on(case.clock, visit.desk.calendar))
    return handoffs.SOON if begun and case.handed else ""


def _tells(visit: Visit, case: Dated) -> bool:
    """Whether the person is to be told, once, that the term is over."""
    return case.is_over(visit.today) and not case.told_late and case.subject_id is not None


def _readers(visit: Visit, case: Case, what: str) -> list[str]:
    """Whom a letter about a date goes to: whoever works on the case, or stands in for them; once it is over the person
    responsible and their deputy as well, so that one mailbox that takes no letters keeps no alarm back."""
    person = handoffs.assignee(visit, case)
    if person is None:
        person = staff.chosen(visit, case.kind)
    elif staff.away(visit, person):
        deputies = [other for other in visit.operator.staff if other.address == person.deputy]
        person = next((other for other in deputies if not staff.away(visit, other)), person)
    readers = [person.address]
    if what == handoffs.OVER:
        head = staff.responsible(visit)
        known = {other.address for other in visit.operator.staff}
        readers += [address for address in (head.address, head.deputy or "") if address in known]
    return list(dict.fromkeys(readers))
