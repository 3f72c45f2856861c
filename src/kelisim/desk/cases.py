"""Cases: something asked of the operator, with a number, a state, a clock and everything that was said.

A state only moves along `MOVES`, a step at a time and each step once: the row's version rises with every act, so the second
of two members of staff is told what the first did. Whoever looks a case up says as whom: `find` knows only the person's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update

from kelisim.desk import clocks, ledger, numbers
from kelisim.desk.clocks import Clock, Tick
from kelisim.desk.staff import DESK, SUBJECT, Actor
from kelisim.desk.visit import TELEGRAM, Found, Visit
from kelisim.store.models import Case as Row
from kelisim.store.models import CaseEvent, CaseMessage

ACCESS, CORRECTION, BLOCKING, ERASURE, REVOCATION, OBJECTION = (
    "access", "correction", "blocking", "erasure", "revocation", "objection",
)  # fmt: skip
QUESTION, COMPLAINT, REPRESENTATION, BREACH, AUTHORITY = (
    "question", "complaint", "representation", "breach", "authority",
)  # fmt: skip
KINDS = (
    ACCESS, CORRECTION, BLOCKING, ERASURE, REVOCATION, OBJECTION, QUESTION, COMPLAINT, REPRESENTATION, BREACH, AUTHORITY,
)  # fmt: skip

OPEN, WITH_STAFF, WAITING = "open", "with staff", "waiting"
ANSWERED, REFUSED, DONE, WITHDRAWN, CLOSED = "answered", "refused", "done", "withdrawn", "closed"
_ENDS = {ANSWERED, REFUSED, DONE, WITHDRAWN}
MOVES: dict[str, set[str]] = {
    OPEN: {WITH_STAFF, WAITING, *_ENDS},
    WITH_STAFF: {WAITING, *_ENDS},
    WAITING: {WITH_STAFF, *_ENDS},
    ANSWERED: {WITH_STAFF, CLOSED},  # asked again, or the answer did not arrive
    REFUSED: {WITH_STAFF, CLOSED},
    DONE: {CLOSED},
    WITHDRAWN: set(),
    CLOSED: set(),
}
IN_HAND = (OPEN, WITH_STAFF, WAITING)  # the clock runs

# Acts beside the states' own names; those of the clock are in `clocks`.
RECEIVED, ADDED, HANDED, ASKED, ACCEPTED, NOTED, ASSIGNED, MOVED, LATE, REMINDED, RETURNED = (
    "received", "added", "handed", "asked", "accepted", "noted", "assigned", "moved", "late", "reminded", "returned",
)  # fmt: skip
DOUBTED, CONFIRMED = "doubted", "confirmed"  # a letter's mailbox was asked whether it wrote; it did
IN, OUT, NOTE = "in", "out", "note"  # words from the person, to the person, among staff

A_DAY = 5  # new cases of one person; more are joined to an open one, never refused
LONGEST = 4096  # characters of one message

_C, _E, _M = Row.__table__.c, CaseEvent.__table__.c, CaseMessage.__table__.c
_COLUMNS = (
    _C.id, _C.number, _C.subject_id, _C.kind, _C.state, _C.door, _C.locale, _C.version, _C.received_at, _C.due,
    _C.answer_by, _C.assignee, _C.facts, _C.closed_at,
)  # fmt: skip
_OWN = select(*_COLUMNS).where(_C.number == bindparam("number"), _C.subject_id == bindparam("subject"))
_ANY = select(*_COLUMNS).where(_C.number == bindparam("number"))
_in_hand = _C.state.in_(IN_HAND)
_OF = (
    select(*_COLUMNS)
    .where(_C.subject_id == bindparam("subject"))
    .order_by(_in_hand.desc(), _C.received_at.desc(), _C.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("after"))
)
_PAGE = (
    select(*_COLUMNS)
    .where(_C.subject_id == bindparam("subject"), _C.id > bindparam("after"))
    .order_by(_C.id)
    .limit(bindparam("most"))
)
_HOW_MANY = select(func.count()).where(_C.subject_id == bindparam("subject"))
_OPEN_OF = (
    select(*_COLUMNS)
    .where(_C.subject_id == bindparam("subject"), _C.kind == bindparam("what"), _in_hand)
    .order_by(_C.received_at)
)
_NEXT = select(func.count(), func.min(_C.due)).where(_C.subject_id == bindparam("subject"), _in_hand)
_TODAY = (
    select(_C.number, _C.kind)
    .where(_C.subject_id == bindparam("subject"), _C.received_at > bindparam("since"))
    .order_by(_C.received_at)
)
_SAME = select(_C.number).where(
    _C.subject_id == bindparam("subject"), _C.kind == bindparam("what"), _C.words == bindparam("hash"), _in_hand
)  # fmt: skip
_IN_HAND = select(*_COLUMNS).where(_in_hand).order_by(_C.due, _C.received_at).limit(bindparam("most"))
_ASTRAY = (
    select(*_COLUMNS)
    .where(_in_hand, _C.assignee != "", _C.assignee.not_in(bindparam("known", expanding=True)))
    .order_by(_C.due, _C.received_at)
    .limit(bindparam("most"))
)
_OF_STAFF = _IN_HAND.where(_C.assignee == bindparam("whose"))
_MOVE = (
    update(Row)
    .where(_C.id == bindparam("row"), _C.version == bindparam("seen"))
    .values(
        state=bindparam("now"), version=_C.version + 1, due=bindparam("then"), assignee=bindparam("whose"),
        closed_at=bindparam("ended"),
    )
)  # fmt: skip
_BY = update(Row).where(_C.id == bindparam("row")).values(answer_by=bindparam("channel"))
_FACTS = update(Row).where(_C.id == bindparam("row")).values(facts=bindparam("sealed"))
_EVENTS = (
    select(_E.act, _E.role, _E.detail, _E.at, _E.actor)
    .where(_E.case_id == bindparam("case"))
    .order_by(_E.at, _E.id)
)
_MESSAGES = (
    select(_M.id, _M.way, _M.body, _M.at, _M.read_at)
    .where(_M.case_id == bindparam("case"))
    .order_by(_M.at, _M.id)
)
_READ = (
    update(CaseMessage)
    .where(_M.case_id == bindparam("case"), _M.way == OUT, _M.read_at.is_(None))
    .values(read_at=bindparam("now"))
)

_UNREAD = update(CaseMessage).where(_M.id == bindparam("row")).values(read_at=None)


class Overtaken(Exception):
    """Somebody acted on the case since it was read; `case` is how it stands now and `by` the last step."""

    def __init__(self, case: Case, by: Event) -> None:
        super().__init__(f"{case.number}: {by.act} by {by.role} meanwhile")
        self.case, self.by = case, by


class NotAllowed(Exception):
    """The case is in a state from which this act leads nowhere."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as this visit found it; `facts` is what is asked, field by field, opened."""

    id: int
    number: str
    subject_id: int | None
    kind: str
    state: str
    door: str
    locale: str
    version: int
    received_at: datetime
    due: date | None
    answer_by: str
    assignee: str
    facts: dict[str, Any]
    closed_at: datetime | None

    @property
    def in_hand(self) -> bool:
        """Nobody has ended it yet: the clock runs."""
        return self.state in IN_HAND


@dataclass(frozen=True, slots=True)
class Event:
    """A step of the timeline: what, by which role, with which code, when; `actor` is for the records alone."""

    act: str
    role: str
    detail: str
    at: datetime
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Words of a case, opened."""

    id: int
    way: str
    words: str
    at: datetime
    read_at: datetime | None


def begin(
    visit: Visit,
    kind: str,
    *,
    words: str = "",
    facts: dict[str, Any] | None = None,
    received: datetime | None = None,
    answer_by: str = TELEGRAM,
    actor: Actor = SUBJECT,
) -> Case:
    """Take a request of the subject (of nobody: an authority's) and start its clock; the caller hands it to staff.

    `received` is when it came where that is not now (a letter has its own day). A person's sixth new case of a day is not
    refused: see `room`.
    """
    made, number = numbers.row_id(), numbers.number(numbers.CASE)
    at = received or visit.at
    subject = visit.subject
    clock = clocks.wind(
        visit.operator, visit.desk.calendar, kind, [Tick(RECEIVED, visit.day_of(at))], visit.today
    )
    sealed = None
    if facts:
        sealed = visit.desk.vault.seal("cases", "facts", made, json.dumps(facts, ensure_ascii=False))
    visit.add(
        Row, id=made, number=number, subject_id=subject.id if subject is not None else None, kind=kind, state=OPEN,
        door=visit.door, locale=visit.locale, version=0, received_at=at, due=clock.last, answer_by=answer_by,
        assignee="", facts=sealed, words=_likeness(visit, words) if words else None, closed_at=None,
    )  # fmt: skip
    case = Case(
        made, number, subject.id if subject is not None else None, kind, OPEN, visit.door, visit.locale, 0, at,
        clock.last, answer_by, "", facts or {}, None,
    )  # fmt: skip
    _note(visit, case, RECEIVED, actor, f"{clock.pack}|{clock.due.n}", at)
    if words:
        say(visit, case, IN, words)
    ledger.note(visit, ledger.RECORDED, f"case {kind}", number, actor.role)
    return case


def act(
    visit: Visit,
    case: Case,
    what: str,
    *,
    to: str = "",
    actor: Actor = SUBJECT,
    detail: str = "",
    assignee: str | None = None,
) -> Case:
    """Take one step: `what` into the timeline and, where `to` is given, into that state. Returns the case as it is then.

    Raises NotAllowed for a move `MOVES` does not know and Overtaken when the case is no longer as it was read.
    """
    now = to or case.state
    if now != case.state and now not in MOVES[case.state]:
        raise NotAllowed(f"{case.number} is {case.state}: it cannot become {now}")
    if now == REFUSED and now != case.state and not (detail.partition("|")[0] and actor.label):
        raise NotAllowed(f"{case.number}: a refusal names its ground and the one who refuses (T-STAFF-04)")
    ended = visit.at if now in (WITHDRAWN, CLOSED, DONE) else None
    due = case.due
    # Only an act the clock counts moves the date here; a calendar that changed meanwhile moves it with its own event, told to
    # both sides (`dates`). What was answered and is asked again begins a term anew.
    if now in IN_HAND and (what in clocks.MOVING or not case.in_hand):
        due = _wind(visit, case, Tick(what, visit.today, detail)).last
    whose = case.assignee if assignee is None else assignee
    if not visit.run(_MOVE, row=case.id, seen=case.version, now=now, then=due, whose=whose, ended=ended):
        newer = known(visit, case.number)
        raise Overtaken(newer, events(visit, newer)[-1])
    _note(visit, case, what, actor, detail, visit.at)
    if case.in_hand and case.due is not None and due is not None and due != case.due:
        remark(visit, case, MOVED, f"{case.due}|{due}|{what}")
    return replace(
        case, state=now, version=case.version + 1, due=due, assignee=whose, closed_at=ended or case.closed_at
    )


def remark(visit: Visit, case: Case, what: str, detail: str = "") -> None:
    """Write what the desk did by itself into the timeline; no state moves and nobody's act is overtaken by it."""
    _note(visit, case, what, DESK, detail, visit.at)


def say(visit: Visit, case: Case, way: str, words: str) -> int:
    """Keep words with a case; the row id."""
    made = numbers.row_id()
    sealed = visit.desk.vault.seal("case_messages", "body", made, words)
    visit.add(CaseMessage, id=made, case_id=case.id, way=way, body=sealed, at=visit.at, read_at=None)
    return made


def set_facts(visit: Visit, case: Case, facts: dict[str, Any]) -> Case:
    """Change what is asked, as the person decided."""
    sealed = visit.desk.vault.seal("cases", "facts", case.id, json.dumps(facts, ensure_ascii=False))
    visit.run(_FACTS, row=case.id, sealed=sealed)
    return replace(case, facts=facts)


def answer_by(visit: Visit, case: Case, channel: str) -> Case:
    """Answer by another way from now on."""
    visit.run(_BY, row=case.id, channel=channel)
    return replace(case, answer_by=channel)


def find(visit: Visit, number: str) -> Case | None:
    """The person's own case; another's and one that does not exist are the same nothing (I2)."""
    if visit.subject is None or not numbers.is_number(number):
        return None
    row = visit.one(_OWN, number=number, subject=visit.subject.id)
    return _opened(visit, row) if row is not None else None


def known(visit: Visit, number: str) -> Case:
    """Any case, for staff and the desk itself; raises LookupError."""
    row = visit.one(_ANY, number=number)
    if row is None:
        raise LookupError(f"there is no case {number}")
    return _opened(visit, row)


def of_subject(visit: Visit, most: int = 5, after: int = 0) -> list[Case]:
    """The person's cases, those in hand first, the youngest of each first."""
    return [_opened(visit, row) for row in visit.all(_OF, subject=visit.known.id, most=most, after=after)]


def page(visit: Visit, after: int, most: int) -> list[Case]:
    """The person's cases in the order they came, those behind the row id `after`: whoever reads all of them comes again."""
    return [_opened(visit, row) for row in visit.all(_PAGE, subject=visit.known.id, after=after, most=most)]


def how_many(visit: Visit) -> int:
    """How many cases the person ever had here."""
    row = visit.one(_HOW_MANY, subject=visit.known.id)
    return int(row[0]) if row is not None else 0


def in_hand(visit: Visit, kind: str) -> list[Case]:
    """The person's cases of a kind that nobody has ended, the oldest first."""
    return [_opened(visit, row) for row in visit.all(_OPEN_OF, subject=visit.known.id, what=kind)]


def all_in_hand(visit: Visit) -> list[Case]:
    """The person's cases of every kind that nobody has ended."""
    return [case for kind in KINDS for case in in_hand(visit, kind)]


def pending(visit: Visit) -> tuple[int, date | None]:
    """How many cases of the person are in hand and the nearest due date."""
    row = visit.one(_NEXT, subject=visit.known.id)
    return (int(row[0]), row[1]) if row is not None else (0, None)


def for_staff(visit: Visit, whose: str = "", most: int = 200) -> list[Case]:
    """All cases in hand by due date, or those of one member of staff."""
    rows = visit.all(_OF_STAFF, whose=whose, most=most) if whose else visit.all(_IN_HAND, most=most)
    return [_opened(visit, row) for row in rows]


def astray(visit: Visit, most: int = 200) -> list[Case]:
    """Cases in hand of somebody who is no longer of the staff (T-STAFF-02), by due date."""
    known = [person.address for person in visit.operator.staff]
    return [_opened(visit, row) for row in visit.all(_ASTRAY, known=known, most=most)]


def same(visit: Visit, kind: str, words: str) -> Case | None:
    """The open case in which the person said just these words already."""
    row = visit.one(_SAME, subject=visit.known.id, what=kind, hash=_likeness(visit, words))
    return find(visit, row.number) if row is not None else None


def room(visit: Visit, kind: str) -> Case | None:
    """Nothing while a new case may be begun; above the day's number, the open case that takes the words instead."""
    today = visit.all(_TODAY, subject=visit.known.id, since=visit.at - timedelta(days=1))
    if len(today) < A_DAY:
        return None
    alike = sorted(today, key=lambda row: row.kind != kind)
    return next(
        (case for row in alike if (case := find(visit, row.number)) is not None and case.in_hand), None
    )


def clock(visit: Visit, case: Case) -> Clock:
    """The clock of a case, recomputed from its events."""
    return _wind(visit, case)


def _wind(visit: Visit, case: Case, *more: Tick) -> Clock:
    ticks = [Tick(step.act, visit.day_of(step.at), step.detail) for step in events(visit, case)] + list(more)
    return clocks.wind(visit.operator, visit.desk.calendar, case.kind, ticks, visit.today)


def events(visit: Visit, case: Case) -> list[Event]:
    """The timeline, oldest first."""
    return [Event(*row) for row in visit.all(_EVENTS, case=case.id)]


def messages(visit: Visit, case: Case, *ways: str) -> list[Message]:
    """What was said in a case, oldest first; of some ways only when they are named. Notes are for staff alone."""
    unseal = visit.desk.vault.unseal
    return [
        Message(row.id, row.way, unseal("case_messages", "body", row.id, row.body), row.at, row.read_at)
        for row in visit.all(_MESSAGES, case=case.id)
        if not ways or row.way in ways
    ]


def read(visit: Visit, case: Case) -> None:
    """The person opened the answers."""
    visit.run(_READ, case=case.id, now=visit.at)


def unread(visit: Visit, case: Case) -> None:
    """The last answer did not arrive: nobody has read it."""
    said = messages(visit, case, OUT)
    if said:
        visit.run(_UNREAD, row=said[-1].id)


def _note(visit: Visit, case: Case, what: str, actor: Actor, detail: str, at: datetime) -> None:
    visit.add(CaseEvent, case_id=case.id, act=what, role=actor.role, actor=actor.label, detail=detail, at=at)


def _likeness(visit: Visit, words: str) -> bytes:
    """A keyed hash of the words, so that the same words twice are found without reading any."""
    return visit.desk.vault.find("words", " ".join(words.casefold().split()))


def _opened(visit: Visit, row: Found) -> Case:
    facts: dict[str, Any] = {}
    if row.facts is not None:
        facts = json.loads(visit.desk.vault.unseal("cases", "facts", row.id, row.facts))
    return Case(
        row.id, row.number, row.subject_id, row.kind, row.state, row.door, row.locale, row.version, row.received_at,
        row.due, row.answer_by, row.assignee, facts, row.closed_at,
    )  # fmt: skip
