"""What is needed: no field and no address is kept without a purpose in force or an open request (Law art. 12, 18; P16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from kelisim.desk import cases, consents, outbox
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.store.models import Case, Consent, ConsentRecord, OutboxMessage

CHAT, CONDITIONS = "telegram_id", "conditions"
_DATUM = {TELEGRAM: CHAT}  # the name a datum has in the operator file, where it is another

_C, _R, _K, _O = Consent.__table__.c, ConsentRecord.__table__.c, Case.__table__.c, OutboxMessage.__table__.c
_who: Any = bindparam("who", expanding=True)
_CONSENTS = select(_C.subject_id, _C.purpose, _C.state, _C.since, _C.valid_until).where(
    _C.subject_id.in_(_who)
)
_DUE = (
    select(_R.subject_id, _R.purpose, func.max(_R.due).label("due"))
    .where(_R.subject_id.in_(_who), _R.act.in_((consents.WITHDRAWN, consents.ENDING)))
    .group_by(_R.subject_id, _R.purpose)
)
# A revocation waits for nothing: its data go on their day, whether or not staff have answered by then.
_OPEN = (
    select(_K.subject_id)
    .where(_K.subject_id.in_(_who), _K.closed_at.is_(None), _K.kind != cases.REVOCATION)
    .distinct()
)
# Once staff accepted a revocation, what it asked for is not kept until its last day.
_ACCEPTED = (
    select(_K.subject_id, func.max(_K.closed_at).label("at"))
    .where(_K.subject_id.in_(_who), _K.kind == cases.REVOCATION, _K.state == cases.DONE)
    .group_by(_K.subject_id)
)
_PENDING = (
    select(_O.subject_id)
    .where(
        _O.subject_id.in_(_who),
        _O.state.in_((outbox.WAITING, outbox.CLAIMED)),
        _O.kind.not_in(outbox.TO_STAFF),
    )
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A field of the profile or an address: whose, what it is called (`surname`, `email`, …), since when."""

    id: int
    subject_id: int
    name: str
    since: datetime


@dataclass(slots=True)
class _Person:
    """What one person's consents say: those in force, and those that ended with the day on which their data go."""

    living: list[str] = field(default_factory=list)
    ended: dict[str, date] = field(default_factory=dict)
    busy: bool = False  # an open request, or a message on its way


def over(visit: Visit, kept: Sequence[Kept]) -> list[Kept]:
    """Those of `kept` that nothing needs any more and whose day has come."""
    people = _people(visit, sorted({each.subject_id for each in kept}))
    return [each for each in kept if _is_over(visit, each, people[each.subject_id])]


def _is_over(visit: Visit, kept: Kept, person: _Person) -> bool:
    if person.busy:
        return False
    name = _DATUM.get(kept.name, kept.name)
    if name == CHAT and person.living:
        return False  # taking a consent back is as easy as giving it: in the chat, while one is in force
    pairs = visit.operator.every_pair
    if any(code not in pairs or name in _asked(visit, code) for code in person.living):
        return False
    ended = [code for code in person.ended if code in pairs and name in _asked(visit, code)]
    if not ended and any(name in pairs[code].way.later for code in person.living):
        return False  # it came with a request, and requests may still come
    last = max((person.ended[code] for code in ended or person.ended), default=date.min)
    since = visit.day_of(kept.since)
    if since > last:  # it came after the end, in a flow that was left
        last = since + _wait(visit)
    return visit.today >= last


def _asked(visit: Visit, code: str) -> tuple[str, ...]:
    """The data a pair asks for; conditions are a matter of publication alone."""
    way = visit.operator.every_pair[code].way
    asked: tuple[str, ...] = (*way.required, *way.optional)
    return (*asked, CONDITIONS) if visit.operator.every_pair[code].purpose.publication else asked


def _people(visit: Visit, who: list[int]) -> dict[int, _Person]:
    people = {subject: _Person() for subject in who}
    if not who:
        return people
    due = {(row.subject_id, row.purpose): row.due for row in visit.all(_DUE, who=who)}
    accepted = {row.subject_id: row.at for row in visit.all(_ACCEPTED, who=who)}
    for row in visit.all(_CONSENTS, who=who):
        person = people[row.subject_id]
        lives = row.state in (consents.GIVEN, consents.ENDING, consents.SUSPENDED)
        if lives and (row.valid_until is None or row.valid_until >= visit.today):
            person.living.append(row.purpose)
            continue
        end = row.valid_until if lives and row.valid_until is not None else visit.day_of(row.since)
        day, promised = end + _wait(visit), due.get((row.subject_id, row.purpose))
        if promised is not None and promised + _wait(visit) >= end:  # not the due date of an older withdrawal
            day = min(day, max(promised, end))
        done = accepted.get(row.subject_id)
        if done is not None and done >= row.since:
            day = min(day, max(visit.day_of(done), end))
        person.ended[row.purpose] = day
    for statement in (_OPEN, _PENDING):
        for row in visit.all(statement, who=who):
            people[row.subject_id].busy = True
    return people


def _wait(visit: Visit) -> timedelta:
    return timedelta(days=visit.operator.retention.ended_days)
