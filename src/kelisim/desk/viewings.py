"""Who of the staff was shown whose data, and why: written with every disclosure, read by the person (I15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, or_, select

from kelisim.desk import codes, ledger, letters, numbers, outbox, staff, subjects
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, TELEGRAM, Found, Visit
from kelisim.store.models import Viewing as Row
from kelisim.texts import _, plural, speaking

# What was shown.
CASE, LETTER, DATA, EXPORT = "case", "letter", "data", "export"

# Above so many people within so many hours the responsible person is told (T-STAFF-01).
MANY = ((1, 30), (24, 100))

_V = Row.__table__.c
_OF = (
    select(_V.id, _V.role, _V.what, _V.number, _V.reason, _V.at)
    .where(_V.subject_id == bindparam("subject"))
    .order_by(_V.at.desc(), _V.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("after"))
)
_HOW_MANY = select(func.count()).where(_V.subject_id == bindparam("subject"))
# Of one member of staff, whoever's shell they used: "root as erlan@…" and the letters' "erlan@…" alike.
_PEOPLE = select(func.count(func.distinct(_V.subject_id))).where(
    _V.at > bindparam("since"),
    or_(
        _V.actor == bindparam("address"),
        func.substr(_V.actor, func.length(_V.actor) - bindparam("behind")) == bindparam("tail"),
    ),
)
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
    if actor.address:
        _watch(visit, actor)
    if visit.known.state == subjects.BLOCKED and what != LETTER:
        outbox.post(visit, "notice", TELEGRAM, {"screen": "svc.viewed", "ref": str(made)}, number=number)


def find(visit: Visit, row: int) -> Viewing | None:
    """One look at the visit's own data."""
    found = visit.one(_ONE, row=row, subject=visit.known.id)
    return _opened(visit, found) if found is not None else None


def _watch(visit: Visit, actor: Actor) -> None:
    """Tell the responsible person, once per span of hours, that one of the staff was shown very many people."""
    tail = f" as {actor.address}"
    for hours, most in MANY:
        span = timedelta(hours=hours)
        row = visit.one(
            _PEOPLE, since=visit.at - span, address=actor.address, behind=len(tail) - 1, tail=tail
        )
        if row is None or row[0] <= most:
            continue
        kind, found = f"looks {hours} h", visit.desk.vault.find("staff", actor.address)
        if not codes.attempts(visit, kind, found, span):
            codes.attempted(visit, kind, found)
            alarm(visit, actor, int(row[0]), hours)


def alarm(visit: Visit, actor: Actor, people: int, hours: int) -> None:
    """The letter: who, how many, in which hours; nobody of those who were seen. Never only to the one it is about."""
    person = staff.responsible(visit)
    if person.address == actor.address:
        others = [known for known in visit.operator.staff if known.address != actor.address]
        person = next(
            (known for known in others if known.address == person.deputy), others[0] if others else person
        )
    with speaking(person.locale):
        span = _("the last hour") if hours == 1 else plural("the last {n} hour", "the last {n} hours", hours)
        words = [
            plural("{who} was shown the data of {n} person within {span}.",
                   "{who} was shown the data of {n} people within {span}.", people, who=actor.address, span=span),
            _("A desk like this one handles tens. Ask why; every look and its reason is kept, and the people see them."),
        ]  # fmt: skip
        made = letters.letter(_("kelisim: very many people were looked at"), words, visit, person.locale)
    outbox.post(visit, "alarm", EMAIL, made, address=person.address, locale=person.locale, to_subject=False)


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
