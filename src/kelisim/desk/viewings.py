"""Who of the staff was shown whose data, and why: written with every disclosure, read by the person (I15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from kelisim.desk import ledger, numbers
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit
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


@dataclass(frozen=True, slots=True)
class Viewing:
    """One look as the person may see it: a role, never a name."""

    role: str
    what: str
    number: str
    reason: str
    at: datetime


def note(visit: Visit, actor: Actor, what: str, reason: str, number: str = "") -> None:
    """Write down that the visit's subject was looked at; in the transaction that shows the data."""
    made = numbers.row_id()
    visit.add(
        Row, id=made, subject_id=visit.known.id, role=actor.role, actor=actor.label, what=what, number=number,
        reason=visit.desk.vault.seal("viewings", "reason", made, reason), at=visit.at,
    )  # fmt: skip
    ledger.note(visit, ledger.USED, f"shown {what}", number, actor.label[:40] or actor.role)


def of_subject(visit: Visit, most: int = 10, after: int = 0) -> list[Viewing]:
    """Who looked at the visit's subject, the last first."""
    unseal = visit.desk.vault.unseal
    return [
        Viewing(row.role, row.what, row.number, unseal("viewings", "reason", row.id, row.reason), row.at)
        for row in visit.all(_OF, subject=visit.known.id, most=most, after=after)
    ]


def how_many(visit: Visit) -> int:
    """How often anybody looked."""
    row = visit.one(_HOW_MANY, subject=visit.known.id)
    return int(row[0]) if row is not None else 0
