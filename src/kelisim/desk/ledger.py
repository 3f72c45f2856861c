"""The journal of acts in the policy's own verbs (clause 9.1), append-only and chained by the caretaker in batches.

Rows get their place in the chain from the sealer, never from their id: a row that commits late is chained late, and
none stays outside (T-STORE-12). A row names a pseudonym; the link to the subject dies with the subject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from kelisim.desk import numbers
from kelisim.desk.visit import Found, Visit
from kelisim.store.models import ConsentRecord, LedgerEntry

COLLECTED, RECORDED, STORED, UPDATED, USED = "collected", "recorded", "stored", "updated", "used"
TRANSFERRED, BLOCKED, ANONYMISED, DESTROYED = "transferred", "blocked", "anonymised", "destroyed"
VERBS = (COLLECTED, RECORDED, STORED, UPDATED, USED, TRANSFERRED, BLOCKED, ANONYMISED, DESTROYED)

START = "0" * 64
BATCH = 1000

_E = LedgerEntry.__table__.c
_UNSEALED = (
    select(_E.id, _E.pseudonym, _E.verb, _E.what, _E.number, _E.actor, _E.at)
    .where(_E.position.is_(None))
    .order_by(_E.at, _E.id)
    .limit(bindparam("most"))
)
_SEAL = (
    update(LedgerEntry)
    .where(_E.id == bindparam("row"), _E.position.is_(None))
    .values(position=bindparam("place"), chain=bindparam("link"))
)
_HEAD = select(_E.position, _E.chain).where(_E.position.is_not(None)).order_by(_E.position.desc()).limit(1)
_chains = select(_E.chain).where(_E.chain.is_not(None))
_STRAY = (
    select(ConsentRecord.number)
    .where(ConsentRecord.head.not_in(("", START)), ConsentRecord.head.not_in(_chains))
    .order_by(ConsentRecord.id)
    .limit(1)
)
_OLDEST = select(func.min(_E.at)).where(_E.position.is_(None))
_SEALED = (
    select(_E.id, _E.pseudonym, _E.verb, _E.what, _E.number, _E.actor, _E.at, _E.position, _E.chain)
    .where(_E.position > bindparam("after"))
    .order_by(_E.position)
    .limit(BATCH)
)


def note(visit: Visit, verb: str, what: str, number: str = "", actor: str = "subject") -> None:
    """Write down what was done with whose data; the pseudonym is empty for people the desk does not know."""
    note_of(visit, visit.subject.pseudonym if visit.subject is not None else "", verb, what, number, actor)


def note_of(
    visit: Visit, pseudonym: str, verb: str, what: str, number: str = "", actor: str = "desk"
) -> None:
    """Write down what was done with the data of somebody who is not at the door, by the pseudonym."""
    visit.add(
        LedgerEntry,
        pseudonym=pseudonym,
        verb=verb,
        what=what,
        number=number,
        actor=actor,
        at=visit.at,
        position=None,
    )


def note_each(visit: Visit, entries: Sequence[tuple[str, str, str, str]], actor: str) -> None:
    """Write down many acts in one go: pseudonym, verb, what and number of each."""
    visit.add_each(LedgerEntry, [
        {"id": numbers.row_id(), "pseudonym": pseudonym, "verb": verb, "what": what, "number": number, "actor": actor,
         "at": visit.at, "position": None}
        for pseudonym, verb, what, number in entries
    ])  # fmt: skip


def head(visit: Visit) -> str:
    """The chain value sealed last: receipts carry it, so that a later rewriting shows."""
    if visit.head is None:
        row = visit.one(_HEAD)
        visit.head = row.chain if row is not None else START
    return visit.head


def seal(visit: Visit) -> int:
    """Chain the rows that have no place yet (a batch at most) and say how many there were."""
    last = visit.one(_HEAD)
    position, chain = (last.position, last.chain) if last is not None else (0, START)
    rows = visit.all(_UNSEALED, most=BATCH)
    for row in rows:
        position += 1
        chain = link(chain, position, row)
        visit.run(_SEAL, row=row.id, place=position, link=chain)
    visit.head = chain
    return len(rows)


def link(before: str, position: int, row: Found) -> str:
    """SHA-256 over the link before, the place and the row, each length-prefixed so that no two rows read alike."""
    told = hashlib.sha256()
    for part in (before, str(position), str(row.id), row.pseudonym, row.verb, row.what, row.number, row.actor,
                 row.at.isoformat()):  # fmt: skip
        raw = part.encode()
        told.update(len(raw).to_bytes(4, "big") + raw)
    return told.hexdigest()


def broken(visit: Visit) -> int | None:
    """The first place where the chain does not hold, or nothing when all of it does."""
    position, chain = 0, START
    while rows := visit.all(_SEALED, after=position):
        for row in rows:
            chain = link(chain, position + 1, row)
            if row.position != position + 1 or row.chain != chain:
                return position + 1
            position += 1
    return None


def missing_head(visit: Visit) -> str | None:
    """The number of a receipt whose ledger head is no longer in the ledger (rewritten, or cut at its end), or nothing."""
    row = visit.one(_STRAY)
    return row.number if row is not None else None


def oldest_unsealed(visit: Visit) -> datetime | None:
    """Since when a row waits for its place."""
    row = visit.one(_OLDEST)
    found: datetime | None = row[0] if row is not None else None
    return found
