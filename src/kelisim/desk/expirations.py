"""Consents that end soon: each person hears of each last day once, 14 days before it (SCREENS 3.11, `svc.expiring`).

Nothing is marked on the consents. The store remembers up to which last day it has told, and moves that mark in the transaction
that promises the notices: begun again anywhere it goes on, with nobody told twice or left out.
"""

from __future__ import annotations

import logging
from datetime import date

from sqlalchemy import and_, bindparam, literal_column, or_, select, update

from kelisim.desk import consents, gates, notices, subjects
from kelisim.desk.visit import CHANNELS, Visit
from kelisim.store.models import Consent, Fact

log = logging.getLogger("kelisim.desk")

AT_ONCE = 200
_NAME = "expiring told"  # its value: a last day, and the last person and purpose told of it

_C, _F = Consent.__table__.c, Fact.__table__.c
_MARK = select(_F.value).where(_F.name == _NAME)
_MOVE = update(Fact).where(_F.name == _NAME, _F.value == bindparam("was")).values(value=bindparam("now"))
_later = or_(
    _C.valid_until > bindparam("day"),
    and_(
        _C.valid_until == bindparam("day"),
        or_(
            _C.subject_id > bindparam("subject"),
            and_(_C.subject_id == bindparam("subject"), _C.purpose > bindparam("use")),
        ),
    ),
)
_SOON = (
    select(_C.subject_id, _C.purpose, _C.valid_until)
    .where(
        _C.state == literal_column(f"'{consents.GIVEN}'"),  # word for word as in the partial index
        _C.valid_until >= bindparam("day"), _C.valid_until <= bindparam("then"), _later,
    )
    .order_by(_C.valid_until, _C.subject_id, _C.purpose)
    .limit(bindparam("most"))
)  # fmt: skip


def tell(visit: Visit, most: int = AT_ONCE) -> int:
    """Promise the notices of the next people whose consent ends within 14 days (the caretaker's work); how many were looked at.

    Whoever stopped the messages of a purpose is not written to about its end, and nobody whose data are blocked.
    """
    mark = visit.one(_MARK)
    if mark is None:
        visit.add(Fact, name=_NAME, value=_packed(visit.today, 0, ""))
        mark = visit.one(_MARK)
    assert mark is not None
    day, subject, purpose = _read(mark.value)
    if day < visit.today:  # nobody went round for a while: what has ended meanwhile is not told of any more
        day, subject, purpose = visit.today, 0, ""
    then = visit.today + consents.LAST_DAYS
    found = visit.all(_SOON, day=day, then=then, subject=subject, use=purpose, most=most)
    for row in found:
        _tell(visit, row.subject_id, row.purpose)
        day, subject, purpose = row.valid_until, row.subject_id, row.purpose
    # Behind the last of a day nobody comes who was not told, but for those who agree for fewer than 14 days.
    now = _packed(day, subject, purpose)
    if now != mark.value and not visit.run(_MOVE, was=mark.value, now=now):
        raise RuntimeError("somebody else tells of the ends of consents")
    return len(found)


def _tell(visit: Visit, subject_id: int, purpose: str) -> None:
    pair = visit.operator.pairs.get(purpose)
    visit.subject = subjects.by_id(visit, subject_id)
    if pair is None or visit.subject is None or visit.subject.state in (subjects.ERASING, subjects.MERGED):
        return
    visit.locale = visit.subject.locale
    if not gates.allows(visit, pair.code if pair.channel in CHANNELS else consents.DESK):
        return
    known = consents.standing(visit).get(purpose)
    if known is not None and known.given:
        notices.tell(visit, notices.EXPIRING, known.number)


def _packed(day: date, subject: int, purpose: str) -> str:
    return f"{day.isoformat()} {subject} {purpose}"


def _read(value: str) -> tuple[date, int, str]:
    day, subject, purpose = value.split(" ")
    return date.fromisoformat(day), int(subject), purpose
