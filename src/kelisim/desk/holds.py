"""Holds: data that must stay as they are, by an order or in a dispute; staff place and lift them, with a reason and an end.

`may_change` is the one gate of everything that changes or removes a person's data: acts, jobs and merges (T-LAW-02, I7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from kelisim.desk import ledger, numbers
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit
from kelisim.store.models import Hold as Row

FROZEN = ("blocked", "erasing")  # states of a subject in which nothing may change: see `subjects`

_H = Row.__table__.c


def binding(today: ColumnElement[date]) -> ColumnElement[bool]:
    """The condition under which a hold stands on a day; the gate of messages asks it too."""
    return _H.ended_at.is_(None) & or_(_H.until.is_(None), _H.until >= today)


_STANDING = (
    select(_H.id, _H.ground, _H.reason, _H.actor, _H.since, _H.until)
    .where(_H.subject_id == bindparam("subject"), binding(bindparam("today")))
    .order_by(_H.since, _H.id)
)
_ANY = (
    select(_H.id).where(_H.subject_id == bindparam("subject"), binding(bindparam("today"))).limit(1)
)  # fmt: skip
_OVER = (
    select(_H.id, _H.subject_id)
    .where(_H.ended_at.is_(None), _H.until < bindparam("today"))
    .order_by(_H.id)
    .limit(bindparam("most"))
)
_END = (
    update(Row)
    .where(_H.id == bindparam("row"), _H.subject_id == bindparam("subject"), _H.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
)


class NoGround(ValueError):
    """A hold needs a ground of the operator file's catalogue, a reason in words and, if it has an end, one to come."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that stands: the code of its ground, why, who ordered it (records only), since when and until when."""

    id: int
    ground: str
    reason: str
    actor: str
    since: datetime
    until: date | None


def place(visit: Visit, ground: str, reason: str, actor: Actor, until: date | None = None) -> int:
    """Hold the visit's subject's data; the row id. Raises NoGround."""
    if ground not in visit.operator.grounds:
        raise NoGround(f"there is no ground {ground!r}; known: {', '.join(visit.operator.grounds)}")
    if not reason.strip():
        raise NoGround("say why the data must stay")
    if until is not None and until < visit.today:
        raise NoGround(f"{until.isoformat()} is over")
    made = numbers.row_id()
    visit.add(
        Row, id=made, subject_id=visit.known.id, ground=ground,
        reason=visit.desk.vault.seal("holds", "reason", made, reason), actor=actor.label, since=visit.at, until=until,
        ended_at=None,
    )  # fmt: skip
    ledger.note(visit, ledger.BLOCKED, f"hold {ground}", actor=actor.label[:40] or actor.role)
    return made


def lift(visit: Visit, hold: int, actor: Actor) -> bool:
    """End a hold of the visit's subject; False when there is none of that id that stands."""
    if not visit.run(_END, row=hold, subject=visit.known.id, now=visit.at):
        return False
    ledger.note(visit, ledger.RECORDED, "hold lifted", actor=actor.label[:40] or actor.role)
    return True


def standing(visit: Visit) -> list[Hold]:
    """The holds on the visit's subject that stand today, the oldest first."""
    unseal = visit.desk.vault.unseal
    return [
        Hold(
            row.id, row.ground, unseal("holds", "reason", row.id, row.reason), row.actor, row.since, row.until
        )
        for row in visit.all(_STANDING, subject=visit.known.id, today=visit.today)
    ]


def held(visit: Visit) -> bool:
    """Whether any hold stands on the visit's subject."""
    return visit.one(_ANY, subject=visit.known.id, today=visit.today) is not None


def may_change(visit: Visit) -> bool:
    """Whether data of the visit's subject may be changed or removed: neither blocked, nor held, nor about to be destroyed."""
    return visit.known.state not in FROZEN and not held(visit)


def over(visit: Visit, most: int) -> list[tuple[int, int]]:
    """Holds whose last day has passed and that nobody has ended yet: row and subject."""
    return [(row.id, row.subject_id) for row in visit.all(_OVER, today=visit.today, most=most)]
