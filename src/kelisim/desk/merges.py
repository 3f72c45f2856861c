"""Two records found to be one person become one, by both proofs, and can be parted again for 30 days (T-ID-06, T-ID-12).

What one person holds as two is moved to the one who stays; of two states the stricter holds, and no consent ever rises: what
was agreed to on the other side does not come along. Consents, records and the ledger of the other stay theirs, as history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import aliased

from kelisim.desk import (
    alerts,
    blocking,
    cases,
    consents,
    corrections,
    dialogue,
    holds,
    ledger,
    outbox,
    staff,
    subjects,
    suppressions,
)
from kelisim.desk.cases import Case
from kelisim.desk.visit import CHANNELS, EMAIL, TELEGRAM, Visit, Visitor
from kelisim.store import models
from kelisim.store.models import Contact, Merge, OutboxMessage, ProfileField
from kelisim.store.models import Subject as Row

ASKED, DONE, UNDONE, DECLINED = "asked", "done", "undone", "declined"
PATIENCE = timedelta(hours=24)  # for the Yes of the other chat
PARTED_FOR = timedelta(days=30)

_S, _C, _P, _M, _O = (each.__table__.c for each in (Row, Contact, ProfileField, Merge, OutboxMessage))
_own = aliased(Contact.__table__, name="own")
_chat = exists().where(_own.c.subject_id == _S.id, _own.c.channel == TELEGRAM)
_OTHERS = (
    select(_S.id, _chat.label("chat"))
    .where(
        _S.id != bindparam("subject"),
        _S.state.in_((subjects.ACTIVE, subjects.BLOCKED, subjects.CLOSED)),
        exists().where(
            _C.subject_id == _S.id, _C.channel == EMAIL, _C.hash == bindparam("found"),
            or_(_C.confirmed_at.is_not(None), ~_chat),  # who has a chat must have proved the mailbox there (T-ID-05)
        ),
    )
    .order_by(_S.id)
)  # fmt: skip
_WAITS = select(_M.id).where(
    _M.subject_id == bindparam("subject"), _M.other_id == bindparam("other"), _M.state == ASKED
)
_FIND = select(_M.id, _M.subject_id, _M.other_id, _M.state, _M.moved, _M.at).where(_M.id == bindparam("row"))
_OF = (
    select(_M.id, _M.at)
    .where(_M.subject_id == bindparam("subject"), _M.state == DONE, _M.at > bindparam("after"))
    .order_by(_M.at)
)
_STEP = (
    update(Merge)
    .where(_M.id == bindparam("row"), _M.state == bindparam("was"))
    .values(state=bindparam("now"), at=bindparam("stamp"), moved=bindparam("sealed"))
)
_REPOINT = (
    update(Merge)
    .where(_M.subject_id == bindparam("other"), _M.state == DONE)
    .values(subject_id=bindparam("one"))
)
_LAPSE = delete(Merge).where(_M.state == ASKED, _M.at < bindparam("before"))
_SETTLE = (
    update(Merge)
    .where(
        _M.state == DONE, _M.moved.is_not(None), _M.at < bindparam("before"),
        exists().where(_S.id == _M.subject_id, _S.state.not_in(holds.FROZEN)),  # what is frozen stands still (I7)
        ~exists().where(models.Hold.subject_id == _M.subject_id, holds.binding(bindparam("today"))),
    )
    .values(moved=None)
)  # fmt: skip
_TAKE = (
    update(Contact)
    .where(_C.id == bindparam("row"))
    .values(subject_id=bindparam("one"), since=bindparam("then"), confirmed_at=bindparam("proved"))
)
_SINCE = select(_C.since).where(_C.id == bindparam("row"))
_LEAVE = delete(Contact).where(_C.id == bindparam("row"))
_FIELDS = select(_P.id, _P.field).where(_P.subject_id == bindparam("subject"))
_TAKE_FIELD = update(ProfileField).where(_P.id == bindparam("row")).values(subject_id=bindparam("one"))
_LEAVE_FIELD = delete(ProfileField).where(_P.id == bindparam("row"))
_ANSWERS = (
    update(OutboxMessage)
    .where(
        _O.subject_id == bindparam("other"), _O.state == "waiting", _O.purpose == "", _O.kind != "receipt",
        _O.broadcast_id.is_(None),
    )
    .values(subject_id=bindparam("one"))
)  # fmt: skip
_STATE = update(Row).where(_S.id == bindparam("subject")).values(state=bindparam("now"))


def _owned(table: Table, column: str) -> tuple[Any, Any]:
    """The rows of a table that a subject has by a column, and how they go to another."""
    whose = table.c[column]
    return (
        select(table.c.id).where(whose == bindparam("subject")).order_by(table.c.id),
        update(table)
        .where(whose == bindparam("other"), table.c.id.in_(bindparam("rows", expanding=True)))
        .values({column: bindparam("one")}),
    )


# What goes along whole, row by row.
_ALONG = {
    f"{model.__tablename__}.{column}": _owned(model.__table__, column)  # type: ignore[arg-type]
    for model, column in (
        (models.Case, "subject_id"), (models.Attachment, "subject_id"), (models.Viewing, "subject_id"),
        (models.Hold, "subject_id"), (models.Representation, "subject_id"), (models.Representation, "representative_id"),
        (models.Letter, "subject_id"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record under the mailbox that was proved; `chat`: another Telegram account, which must say Yes there."""

    id: int
    chat: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A joining that can still be parted: its row, and when it was made."""

    id: int
    at: datetime


def candidates(visit: Visit, found: bytes) -> list[Candidate]:
    """Whose records stand under this mailbox beside the visit's subject, who has just proved it."""
    return [
        Candidate(row.id, bool(row.chat)) for row in visit.all(_OTHERS, subject=visit.known.id, found=found)
    ]


def seen_as(visit: Visit, subject_id: int) -> Visit | None:
    """The visit as if by another of the two: their record, and their own chat if they have one."""
    subject = subjects.by_id(visit, subject_id)
    if subject is None:
        return None
    theirs = replace(visit, subject=subject, visitor=Visitor("", "", b""), locale=subject.locale)
    chat = next(iter(subjects.contacts(theirs, TELEGRAM)), None)
    return replace(theirs, visitor=Visitor(TELEGRAM, "", chat.hash)) if chat is not None else theirs


def ask(visit: Visit, other: int) -> int:
    """Ask the other chat; the row its button names. Asked again it is the same. Raises NotWhileBlocked."""
    subjects.free(visit)
    known = visit.one(_WAITS, subject=visit.known.id, other=other)
    if known is not None:
        return int(known.id)
    return visit.add(Merge, subject_id=visit.known.id, other_id=other, state=ASKED, moved=None, at=visit.at)


def waits(visit: Visit, row: int) -> bool:
    """Whether the person at the door is asked to join by this row, and may still say Yes."""
    known = visit.one(_FIND, row=row)
    return (
        known is not None and visit.subject is not None and known.other_id == visit.subject.id
        and known.state == ASKED and visit.at - known.at <= PATIENCE
    )  # fmt: skip


def agree(visit: Visit, row: int) -> Case | None:
    """The other chat's Yes: the records become one, and this chat is theirs too; nothing when it is too late."""
    if not waits(visit, row):
        return None
    known = visit.one(_FIND, row=row)
    mine = seen_as(visit, known.subject_id) if known is not None else None
    if mine is None or mine.known.state != subjects.ACTIVE or holds.held(mine) or holds.held(visit):
        decline(visit, row)  # what an order holds stands still (I7); asked anew when it has ended
        return None
    dialogue.drop(visit)
    case = _join(mine, visit, row)
    subjects.recognise(visit)
    if case is not None:
        alerts.post(visit, alerts.CONTACT, case.number)
    return case


def decline(visit: Visit, row: int) -> bool:
    """The other chat's No; whether it was still being asked."""
    if not waits(visit, row):
        return False
    return visit.run(_STEP, row=row, was=ASKED, now=DECLINED, stamp=visit.at, sealed=None) > 0


def join(visit: Visit, other: int) -> Case | None:
    """Join a record that no chat has, by the person's Yes after they proved its mailbox. Raises NotWhileBlocked."""
    subjects.free(visit)
    theirs = seen_as(visit, other)
    if theirs is None or theirs.visitor.channel == TELEGRAM:
        return None
    row = ask(visit, other)
    case = _join(visit, theirs, row)
    if case is not None:
        alerts.post(visit, alerts.CONTACT, case.number)
    return case


def _join(mine: Visit, theirs: Visit, row: int) -> Case | None:
    """Make one of two: everything of `theirs` that is data comes to `mine`, the stricter of each state holds."""
    one, other = mine.known, theirs.known
    stopped = {**suppressions.stopped(mine), **suppressions.stopped(theirs)}
    withdrawn = {
        code for code, known in consents.standing(theirs).items()
        if known.state == consents.WITHDRAWN and code != consents.DESK
    }  # fmt: skip
    later = {code: known.since for code, known in consents.standing(theirs).items()}
    moved: dict[str, Any] = {"state": other.state, "contacts": [], "left": [], "fields": [], "said": {}}
    if not mine.run(_STEP, row=row, was=ASKED, now=DONE, stamp=mine.at, sealed=None):
        return None
    outbox.cancel(theirs, CHANNELS)  # prepared under consents that do not come along
    # On one's own chat as well, where an older stop may stand that a later consent has passed: parting brings nothing back.
    for channel in stopped:
        suppressions.stop(mine, channel)
    _take_contacts(mine, theirs, moved)
    _take_fields(mine, theirs, moved)
    for name, (own, move) in _ALONG.items():
        rows = [found.id for found in mine.all(own, subject=other.id)]
        if rows:
            mine.run(move, one=one.id, other=other.id, rows=rows)
        moved[name] = rows
    mine.run(_ANSWERS, one=one.id, other=other.id)
    mine.run(_REPOINT, one=one.id, other=other.id)
    mine.run(_STATE, subject=other.id, now=subjects.MERGED)
    if other.state == subjects.BLOCKED:
        subjects.set_state(mine, subjects.BLOCKED)
    case = corrections.done(mine, {"field": corrections.MERGE, "merge": str(row)})
    ledger.note(theirs, ledger.UPDATED, "joined", case.number)
    ledger.note(mine, ledger.UPDATED, "joined", case.number)
    corrections.void(mine)
    for channel in stopped:  # a stop of either bites, whatever the other had resumed
        suppressions.stop(mine, channel)
    for code, known in consents.standing(mine).items():
        if known.given and code in withdrawn and later[code] > known.since:
            consents.withdraw(mine, code)
    sealed = mine.desk.vault.seal("merges", "moved", row, json.dumps(moved, ensure_ascii=False))
    mine.run(_STEP, row=row, was=DONE, now=DONE, stamp=mine.at, sealed=sealed)
    return case


def _take_contacts(mine: Visit, theirs: Visit, moved: dict[str, Any]) -> None:
    """Addresses come along; a mailbox that was not proved here no longer counts as proved, or consents would reach it."""
    own = {(known.channel, known.hash) for known in subjects.contacts(mine)}
    for known in subjects.addresses(theirs):
        row = mine.one(_SINCE, row=known.id)
        since = _written(row[0] if row is not None else mine.at)
        proved, resumed = _written(known.confirmed_at), _written(known.resumed_at)
        if (known.channel, known.hash) in own:
            moved["left"].append([known.channel, known.value, proved, resumed])
            mine.run(_LEAVE, row=known.id)
            continue
        moved["contacts"].append([known.id, since, proved, resumed])
        stands = known.confirmed_at if known.channel != EMAIL else None
        mine.run(_TAKE, row=known.id, one=mine.known.id, then=mine.at, proved=stands)


def _take_fields(mine: Visit, theirs: Visit, moved: dict[str, Any]) -> None:
    """Fields come along where there were none; where both stand, the one who stays keeps theirs."""
    own, values = subjects.profile(mine), subjects.profile(theirs)
    for row in mine.all(_FIELDS, subject=theirs.known.id):
        if row.field in own:
            moved["said"][row.field] = values[row.field]
            mine.run(_LEAVE_FIELD, row=row.id)
        else:
            moved["fields"].append(row.id)
            mine.run(_TAKE_FIELD, row=row.id, one=mine.known.id)


def joined(visit: Visit) -> list[Joined]:
    """What was joined to the visit's subject and can still be parted."""
    return [
        Joined(row.id, row.at) for row in visit.all(_OF, subject=visit.known.id, after=visit.at - PARTED_FOR)
    ]


def part(visit: Visit, row: int) -> bool:
    """Make two of one again, as `moved` names them; False when there is nothing to part (any more).

    What was stopped or taken back meanwhile is not undone by it.
    """
    known = visit.one(_FIND, row=row)
    if (
        known is None
        or known.subject_id != visit.known.id
        or known.moved is None
        or visit.at - known.at > PARTED_FOR
    ):
        return False
    moved = json.loads(visit.desk.vault.unseal("merges", "moved", row, known.moved))
    if not visit.run(_STEP, row=row, was=DONE, now=UNDONE, stamp=visit.at, sealed=None):
        return False
    other = known.other_id
    visit.run(_STATE, subject=other, now=moved["state"])
    for contact, since, proved, resumed in moved["contacts"]:
        visit.run(_TAKE, row=contact, one=other, then=_read(since), proved=_read(proved))
        subjects.set_resumed(visit, contact, _read(resumed))  # what the one who stays resumed, they did not
    for field in moved["fields"]:
        visit.run(_TAKE_FIELD, row=field, one=other)
    for name, (_own, move) in _ALONG.items():
        if moved.get(name):  # what was joined before this version moved no letters
            visit.run(move, one=other, other=visit.known.id, rows=moved[name])
    theirs = seen_as(visit, other)
    if theirs is not None:
        _give_back(visit, theirs, moved, known.at)
    blocking.settle(visit, "", staff.DESK)
    return True


def _give_back(visit: Visit, theirs: Visit, moved: dict[str, Any], since: datetime) -> None:
    """What was left out of the joining stands again; consents taken back since then stay taken back."""
    for channel, address, proved, resumed in moved["left"]:
        contact = subjects.put_back(theirs, channel, address, _read(proved))
        subjects.set_resumed(theirs, contact, _read(resumed))
    for field, value in moved["said"].items():
        subjects.keep_field(theirs, field, value, actor="desk")
    taken = {
        code for code, known in consents.standing(visit).items() if not known.stands and known.since >= since
    }
    for code in consents.given(theirs):
        if code in taken or consents.DESK in taken:
            consents.withdraw(theirs, code)
    for each in (visit, theirs):
        ledger.note(each, ledger.UPDATED, "parted")


def lapse(visit: Visit) -> int:
    """Forget what nobody answered in a day, and after 30 days what parting would need (the caretaker's work)."""
    forgotten = visit.run(_LAPSE, before=visit.at - PATIENCE)
    return forgotten + visit.run(_SETTLE, before=visit.at - PARTED_FOR, today=visit.today)


@alerts.undo(alerts.CONTACT)
def _not_me(visit: Visit, number: str) -> bool:
    """«It was not me» to a change of contacts: the two are parted, or the old address stands again."""
    case = cases.find(visit, number)
    if case is None or case.kind != cases.CORRECTION:
        return False
    if case.facts.get("field") == corrections.MERGE:
        return part(visit, int(case.facts["merge"]))
    return corrections.undo(visit, case)


def _written(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at is not None else ""


def _read(at: str) -> datetime | None:
    return datetime.fromisoformat(at) if at else None
