"""Kept no longer than needed: what the terms of the operator file end is destroyed, or loses its person (P16, D16).

Kind by kind, a batch in a transaction with the place it reached, so a run that was killed goes on where it stopped. Each
kind finds the same with or without the kinds before it having acted: a dry run says what the run then does. What is
blocked, held or being erased is not touched (`holds.may_change` says the same of one person).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import cases, consents, holds, ledger, needs, staff, subjects
from kelisim.desk.needs import Kept
from kelisim.desk.visit import Found, Visit
from kelisim.store.models import (
    Attachment,
    Base,
    Case,
    CaseEvent,
    CaseMessage,
    Consent,
    ConsentRecord,
    Contact,
    DocumentShown,
    Fact,
    Hold,
    Letter,
    Merge,
    OutboxMessage,
    ProfileField,
    Reply,
    Representation,
    Subject,
    Viewing,
)

BATCH = 500
FACT, UNTOLD = "retention", "retention untold"

_S, _C, _P, _R = Subject.__table__.c, Contact.__table__.c, ProfileField.__table__.c, ConsentRecord.__table__.c
_N, _K, _E, _M = Consent.__table__.c, Case.__table__.c, CaseEvent.__table__.c, CaseMessage.__table__.c
_A, _O, _V, _D = (
    Attachment.__table__.c,
    OutboxMessage.__table__.c,
    Viewing.__table__.c,
    DocumentShown.__table__.c,
)
_B, _W = Letter.__table__.c, Reply.__table__.c
_H, _Q, _G, _F = Hold.__table__.c, Representation.__table__.c, Merge.__table__.c, Fact.__table__.c

_free = and_(
    _S.state.not_in(holds.FROZEN),
    ~exists().where(_H.subject_id == _S.id, holds.binding(bindparam("today"))),
)
_free_ids = select(_S.id).where(_free)
_ids: Any = bindparam("ids", expanding=True)
_ended = _N.state.in_((consents.WITHDRAWN, consents.EXPIRED))


def _page(model: type[Base], *conditions: Any, beside: tuple[Any, ...] = ()) -> Any:
    """A batch of the rows of a table under these conditions, after a row id and in order."""
    row = model.__table__.c.id
    return (
        select(row, *beside)
        .where(row > bindparam("after"), *conditions)
        .order_by(row)
        .limit(bindparam("most"))
    )


def _of_free(column: Any) -> Any:
    return or_(column.is_(None), column.in_(_free_ids))


_FIELDS = _page(
    ProfileField, _P.subject_id.in_(_free_ids), beside=(_P.subject_id, _P.field.label("name"), _P.since)
)
_CONTACTS = _page(
    Contact, _C.subject_id.in_(_free_ids), beside=(_C.subject_id, _C.channel.label("name"), _C.since)
)
_SHELLS = _page(
    Subject,
    _free,
    _S.since < bindparam("before"),
    *(
        ~exists().where(column == _S.id)
        for column in (_C.subject_id, _P.subject_id, _R.subject_id, _N.subject_id, _K.subject_id, _A.subject_id,
                       _V.subject_id, _Q.subject_id, _Q.representative_id)
    ),
    ~exists().where(_O.subject_id == _S.id, _O.settled_at.is_(None)),
    ~exists().where(_G.other_id == _S.id, _G.moved.is_not(None)),  # what was joined can still be parted
)  # fmt: skip
_in_force = and_(_Q.state == "accepted", or_(_Q.until.is_(None), _Q.until >= bindparam("today")))
_OLD_CASES = _page(
    Case,
    _K.closed_at < bindparam("before"),
    _of_free(_K.subject_id),
    or_(_K.subject_id.is_not(None), _K.facts.is_not(None), _K.words.is_not(None), _K.assignee != "",
        exists().where(_M.case_id == _K.id), exists().where(_B.case_id == _K.id)),
    ~exists().where(_Q.case_id == _K.id, _in_force),
)  # fmt: skip
_OLD_RECORDS = _page(
    ConsentRecord,
    _R.subject_id.in_(_free_ids),
    or_(
        and_(_R.act.in_((consents.STOPPED, consents.RESUMED)), _R.at < bindparam("before")),
        exists().where(_N.subject_id == _R.subject_id, _N.purpose == _R.purpose, _ended, _N.since < bindparam("before")),
    ),
)  # fmt: skip
_OLD_VIEWINGS = _page(Viewing, _V.at < bindparam("before"), _V.subject_id.in_(_free_ids))
_OLD_LETTERS = _page(Letter, _B.case_id.is_(None), _B.at < bindparam("before"), _of_free(_B.subject_id))
_SETTLED = _page(OutboxMessage, _O.settled_at < bindparam("before"), _of_free(_O.subject_id))
_last_step = select(func.max(_E.at)).where(_E.case_id == _K.id).scalar_subquery()
_ANSWERED = _page(
    Case,
    _K.state.in_((cases.ANSWERED, cases.REFUSED)),
    _of_free(_K.subject_id),
    _last_step < bindparam("before"),
    beside=(_K.number,),
)

_GO_ALONG = (
    delete(DocumentShown).where(_D.subject_id.in_(_ids)),
    update(Letter).where(_B.subject_id.in_(_ids)).values(subject_id=null()),
    delete(Hold).where(_H.subject_id.in_(_ids)),
    delete(Merge).where(or_(_G.subject_id.in_(_ids), _G.other_id.in_(_ids))),
    delete(Subject).where(_S.id.in_(_ids)),
)
_NAMES = select(_S.id, _S.pseudonym).where(_S.id.in_(_ids))
_CASE_NAMES = (
    select(_K.id, _K.number, _K.kind, _S.pseudonym)
    .join_from(Case, Subject, _K.subject_id == _S.id, isouter=True)
    .where(_K.id.in_(_ids))
)
_EMPTY = (
    update(Case)
    .where(_K.id.in_(_ids))
    .values(subject_id=null(), facts=null(), words=null(), assignee="")
)  # fmt: skip
_EMPTY_EVENTS = update(CaseEvent).where(_E.case_id.in_(_ids)).values(actor="")
_OF_RECORDS = (
    select(_R.subject_id, _R.purpose, _S.pseudonym)
    .join_from(ConsentRecord, Subject, _R.subject_id == _S.id)
    .where(_R.id.in_(_ids))
    .distinct()
)
_UNLINK = (
    update(ConsentRecord).where(_R.id.in_(_ids)).values(subject_id=null(), evidence=null(), source=null())
)
_whose = and_(_N.subject_id == bindparam("subject"), _N.purpose == bindparam("use"))
_FORGET = delete(Consent).where(
    _whose, _ended, ~exists().where(_R.subject_id == _N.subject_id, _R.purpose == _N.purpose)
)
_UNSHOWN = delete(DocumentShown).where(_D.subject_id == bindparam("subject"), _D.name == bindparam("use"))
_READ = select(_F.value).where(_F.name == FACT)
_READ_UNTOLD = select(_F.value).where(_F.name == UNTOLD)
_TURN = _READ.with_for_update()  # a command and the caretaker take their batches in turn
_made = upsert(Fact)
_WRITE = _made.on_conflict_do_update(index_elements=["name"], set_={"value": _made.excluded.value})


class Page(NamedTuple):
    """What of a batch is over, and the row after which the next batch begins; nothing when it was the last."""

    rows: Sequence[Any]
    after: int | None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of what is kept: how a batch of what is over is found, and what then happens to it."""

    name: str
    find: Callable[[Visit, int], Page]
    end: Callable[[Visit, Sequence[Any]], None]


@dataclass(frozen=True, slots=True)
class Run:
    """A day's run as far as it came: the kind and row it is at, what it did by kind, and when it ended."""

    day: str
    kind: int
    after: int
    done: dict[str, int]
    ended_at: str = ""

    @property
    def over(self) -> bool:
        return bool(self.ended_at)


def step(visit: Visit) -> Run:
    """One batch of today's run, begun or gone on with; `over` when there is nothing left to do today."""
    run = _run(visit.one(_TURN))
    if run is None or run.day != visit.today.isoformat():
        run = Run(visit.today.isoformat(), 0, 0, {})
    if run.over:
        return run
    kind = KINDS[run.kind]
    page = kind.find(visit, run.after)
    done = dict(run.done)
    if page.rows:
        kind.end(visit, page.rows)
        done[kind.name] = done.get(kind.name, 0) + len(page.rows)
    if page.after is not None:
        run = Run(run.day, run.kind, page.after, done)
    elif run.kind + 1 < len(KINDS):
        run = Run(run.day, run.kind + 1, 0, done)
    else:
        run = Run(run.day, 0, 0, done, visit.at.isoformat())
        before = _untold(visit)
        told = {name: before.get(name, 0) + done.get(name, 0) for name in before | done}
        visit.run(_WRITE, name=UNTOLD, value=json.dumps(told))
    _save(visit, run)
    return run


def untold(visit: Visit) -> dict[str, int]:
    """What ended runs did since this was asked before: it is told now."""
    found = _untold(visit)
    if found:
        visit.run(_WRITE, name=UNTOLD, value=json.dumps({}))
    return found


def _untold(visit: Visit) -> dict[str, int]:
    row = visit.one(_READ_UNTOLD)
    found: dict[str, int] = json.loads(row.value) if row is not None else {}
    return found


def again(visit: Visit) -> None:
    """Begin today's run anew if it has ended already (by command)."""
    run = _run(visit.one(_TURN))
    if run is None or run.over:
        _save(visit, Run(visit.today.isoformat(), 0, 0, {}))


def last(visit: Visit) -> Run | None:
    """The last run as far as it came, or nothing before the first."""
    return _run(visit.one(_READ))


def _run(row: Found | None) -> Run | None:
    return Run(**json.loads(row.value)) if row is not None else None


def foresee(visit: Visit) -> dict[str, int]:
    """What a run would end now, by kind; nothing is changed."""
    found = {}
    for kind in KINDS:
        n, after = 0, 0
        while True:
            page = kind.find(visit, after)
            n += len(page.rows)
            if page.after is None:
                break
            after = page.after
        if n:
            found[kind.name] = n
    return found


def counts(done: dict[str, int]) -> str:
    """How many of what, in a line: for the log and the terminal, counts only."""
    return ", ".join(f"{name} {n}" for name, n in done.items()) or "nothing"


def _save(visit: Visit, run: Run) -> None:
    told = {"day": run.day, "kind": run.kind, "after": run.after, "done": run.done, "ended_at": run.ended_at}
    visit.run(_WRITE, name=FACT, value=json.dumps(told))


def _rows(statement: Any, before: Callable[[Visit], datetime]) -> Callable[[Visit, int], Page]:
    """Find by the statement alone what is older than that."""

    def find(visit: Visit, after: int) -> Page:
        rows = visit.all(statement, after=after, most=BATCH, today=visit.today, before=before(visit))
        return Page(rows, rows[-1].id if len(rows) == BATCH else None)

    return find


def _unneeded(statement: Any) -> Callable[[Visit, int], Page]:
    """Find what no purpose in force and no open request needs."""

    def find(visit: Visit, after: int) -> Page:
        rows = visit.all(statement, after=after, most=BATCH, today=visit.today)
        over = needs.over(visit, [Kept(row.id, row.subject_id, row.name, row.since) for row in rows])
        return Page(over, rows[-1].id if len(rows) == BATCH else None)

    return find


def _years(count: str) -> Callable[[Visit], datetime]:
    """So many years ago; what began on a 29 February ends with a 28th."""

    def before(visit: Visit) -> datetime:
        year = visit.at.year - int(getattr(visit.operator.retention, count))
        day = 28 if (visit.at.month, visit.at.day) == (2, 29) else visit.at.day
        return visit.at.replace(year=year, day=day)

    return before


def _days(count: str) -> Callable[[Visit], datetime]:
    return lambda visit: visit.at - timedelta(days=getattr(visit.operator.retention, count))


def _yesterday(visit: Visit) -> datetime:
    return visit.at - timedelta(days=1)


def _drop(model: type[Base], what: str, of_person: bool) -> Callable[[Visit, Sequence[Any]], None]:
    """Destroy rows; the ledger says of whom where it is one person's, else how many."""
    gone = delete(model).where(model.__table__.c.id.in_(_ids))

    def end(visit: Visit, rows: Sequence[Any]) -> None:
        visit.run(gone, ids=[row.id for row in rows])
        if not of_person:
            ledger.note(visit, ledger.DESTROYED, f"{what}: {len(rows)}", actor=staff.DESK.role)
            return
        names = {row.id: row.pseudonym for row in visit.all(_NAMES, ids=[row.subject_id for row in rows])}
        for row in rows:
            ledger.note_of(visit, names[row.subject_id], ledger.DESTROYED, row.name)

    return end


def _end_shells(visit: Visit, rows: Sequence[Any]) -> None:
    """Of a person nothing is left but the row that bound it together: the link to the ledger dies with it."""
    ids = [row.id for row in rows]
    for found in visit.all(_NAMES, ids=ids):
        ledger.note_of(visit, found.pseudonym, ledger.DESTROYED, "subject")
    for statement in _GO_ALONG:
        visit.run(statement, ids=ids)


def _end_cases(visit: Visit, rows: Sequence[Any]) -> None:
    """Words, files, fields and everybody's names go; number, kind and dates stay and name nobody."""
    ids = [row.id for row in rows]
    for found in visit.all(_CASE_NAMES, ids=ids):
        ledger.note_of(visit, found.pseudonym or "", ledger.ANONYMISED, f"case {found.kind}", found.number)
    visit.run(delete(CaseMessage).where(_M.case_id.in_(_ids)), ids=ids)
    visit.run(delete(Attachment).where(_A.case_id.in_(_ids)), ids=ids)
    visit.run(delete(Letter).where(_B.case_id.in_(_ids)), ids=ids)
    visit.run(delete(Reply).where(_W.case_id.in_(_ids)), ids=ids)
    visit.run(delete(Representation).where(_Q.case_id.in_(_ids)), ids=ids)
    visit.run(_EMPTY_EVENTS, ids=ids)
    visit.run(_EMPTY, ids=ids)


def _end_records(visit: Visit, rows: Sequence[Any]) -> None:
    """The evidence loses its person; the state and what was shown go with its last row (DESIGN.md 8.3)."""
    ids = [row.id for row in rows]
    whose = visit.all(_OF_RECORDS, ids=ids)
    visit.run(_UNLINK, ids=ids)
    for found in whose:
        visit.run(_UNSHOWN, subject=found.subject_id, use=found.purpose)
        visit.run(_FORGET, subject=found.subject_id, use=found.purpose)
        ledger.note_of(visit, found.pseudonym, ledger.ANONYMISED, f"consent {found.purpose}")


def _close(visit: Visit, rows: Sequence[Any]) -> None:
    """Nobody came back to an answer for so long: the request is closed, and its years begin."""
    for row in rows:
        case = cases.known(visit, row.number)
        visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
        cases.act(visit, case, cases.CLOSED, to=cases.CLOSED, actor=staff.DESK)
    visit.subject = None


# In this order no kind makes another of the same run find more: a dry run stays true.
KINDS = (
    Kind("persons", _rows(_SHELLS, _yesterday), _end_shells),
    Kind("fields", _unneeded(_FIELDS), _drop(ProfileField, "fields", True)),
    Kind("addresses", _unneeded(_CONTACTS), _drop(Contact, "addresses", True)),
    Kind("requests", _rows(_OLD_CASES, _years("cases_years")), _end_cases),
    Kind("consents", _rows(_OLD_RECORDS, _years("consent_records_years")), _end_records),
    Kind("viewings", _rows(_OLD_VIEWINGS, _years("viewings_years")), _drop(Viewing, "viewings", False)),
    Kind("letters", _rows(_OLD_LETTERS, _days("settled_days")), _drop(Letter, "letters", False)),
    Kind("messages", _rows(_SETTLED, _days("settled_days")), _drop(OutboxMessage, "messages", False)),
    Kind("closed requests", _rows(_ANSWERED, _days("answered_days")), _close),
)
