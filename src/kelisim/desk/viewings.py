"""Who of the staff was shown whose data, and why: written with every disclosure, read by the person (I15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from kelisim.desk import ledger, numbers, outbox, subjects
from kelisim.desk.staff import Actor
from kelisim.desk.visit import TELEGRAM, Found, Visit
from kelisim.store.models import Viewing as Row

# What was shown.
CASE, LETTER, DATA, EXPORT = "case", "letter", "data", "export"

_V = Row.__table__.c
_OF = (
    select(_V.id, _V.role, _V.what, _V.number, _V.reason, _V.at)
    .where(_V.subject_id == bindparam("subject"))
    .order_by(_V.at.desc(), _V.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("after"))
)
_HOW_MANY = select(func.count()).where(_V.subject_id == bindparam("subject"))
_ONE = select(_V.id, _V.role, _V.what, _V.number, _V.reason, _V.at).where(
    _V.id == bindparam("row"), _V.subject_id == bindparam("subject")
)


class NoReason(ValueError):
    """Nobody is shown anybody's data without saying why (T-STAFF-05)."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """One look as the person may see it: a role, never a name."""

    role: str
    what: str
    number: str
    reason: str
    at: datetime


def note(visit: Visit, actor: Actor, what: str, reason: str, number: str = "") -> None:
    """Write down that the visit's subject was looked at; in the transaction that shows the data. Raises NoReason.

    Whose data are blocked is told of every look but the letter of a request, which shows what they have just written.
    """
    if not reason.strip():
        raise NoReason("say why these data are opened; the person reads it")
    made = numbers.row_id()
    visit.add(
        Row, id=made, subject_id=visit.known.id, role=actor.role, actor=actor.label, what=what, number=number,
        reason=visit.desk.vault.seal("viewings", "reason", made, reason), at=visit.at,
    )  # fmt: skip
    ledger.note(visit, ledger.USED, f"shown {what}", number, actor.label[:40] or actor.role)
    if visit.known.state == subjects.BLOCKED and what != LETTER:
        outbox.post(visit, "notice", TELEGRAM, {"screen": "svc.viewed", "ref": str(made)}, number=number)


def find(visit: Visit, row: int) -> Viewing | None:
    """One look at the visit's own data."""
    found = visit.one(_ONE, row=row, subject=visit.known.id)
    return _opened(visit, found) if found is not None else None


def of_subject(visit: Visit, most: int = 10, after: int = 0) -> list[Viewing]:
    """Who looked at the visit's subject, the last first."""
    return [_opened(visit, row) for row in visit.all(_OF, subject=visit.known.id, most=most, after=after)]


def how_many(visit: Visit) -> int:
    """How often anybody looked."""
    row = visit.one(_HOW_MANY, subject=visit.known.id)
    return int(row[0]) if row is not None else 0


def _opened(visit: Visit, row: Found) -> Viewing:
    reason = visit.desk.vault.unseal("viewings", "reason", row.id, row.reason)
    return Viewing(row.role, row.what, row.number, reason, row.at)
