"""Acting for another: whose, by what authority, until when; nothing is told before staff accepted it (P18).

Nobody here says whether the other person is known: what is asked is the same for all, and so is the answer until the day
of disclosure. The authority is read again whenever something is about to be told (T-ID-11).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, bindparam, or_, select, update

from kelisim.desk import cases, kinds, quiet
from kelisim.desk.cases import REPRESENTATION, Case
from kelisim.desk.visit import Found, Visit
from kelisim.store.models import Case as CaseRow
from kelisim.store.models import Representation as Row
from kelisim.texts import _, day

PARENT, GUARDIAN, ATTORNEY = "parent", "guardian", "attorney"
ROLES = (PARENT, GUARDIAN, ATTORNEY)
ASKED, ACCEPTED, REFUSED, REVOKED, ENDED = "asked", "accepted", "refused", "revoked", "ended"
SCOPES = (cases.ACCESS, cases.CORRECTION, cases.BLOCKING, cases.ERASURE, cases.REVOCATION)
FOR = "for"  # among the facts of a case: the number of the authority under which it is asked for another
LAST_DAYS = timedelta(days=14)  # in which both sides are told that an authority ends

_R, _C = Row.__table__.c, CaseRow.__table__.c
_ALL = (
    select(
        _R.id, _C.number, _R.representative_id, _R.subject_id, _R.role, _R.state, _R.scope, _R.until, _R.discloses_on,
        _R.warned_at,
    )
    .join_from(Row, CaseRow, _R.case_id == _C.id)
)  # fmt: skip
_BY_NUMBER = _ALL.where(_C.number == bindparam("number"))
_in_force = and_(_R.state == ACCEPTED, or_(_R.until.is_(None), _R.until >= bindparam("today")))
_OWN = _ALL.where(_R.representative_id == bindparam("who"), _in_force).order_by(_R.since)
_SOON = (
    _ALL.where(_R.state == ACCEPTED, _R.warned_at.is_(None), _R.until >= bindparam("today"), _R.until <= bindparam("then"))
    .order_by(_R.id)
    .limit(bindparam("most"))
)  # fmt: skip
_OVER = (
    _ALL.where(_R.state == ACCEPTED, _R.until < bindparam("today")).order_by(_R.id).limit(bindparam("most"))
)
_SETTLE = (
    update(Row)
    .where(_R.id == bindparam("row"), _R.state == bindparam("seen"))
    .values(
        state=bindparam("now"), subject_id=bindparam("whose"), scope=bindparam("covers"), until=bindparam("last"),
        discloses_on=bindparam("opens"),
    )
)  # fmt: skip
_STATE = (
    update(Row).where(_R.id == bindparam("row"), _R.state == bindparam("seen")).values(state=bindparam("now"))
)
_WARNED = update(Row).where(_R.id == bindparam("row")).values(warned_at=bindparam("stamp"))


@dataclass(frozen=True, slots=True)
class Representation:
    """An authority as this visit found it; `scope` are kinds of cases, `subject_id` is nothing while nobody was found."""

    id: int
    number: str
    representative_id: int
    subject_id: int | None
    role: str
    state: str
    scope: tuple[str, ...]
    until: date | None
    discloses_on: date | None
    warned_at: datetime | None

    def in_force(self, today: date) -> bool:
        """Staff accepted it and it has not ended."""
        return self.state == ACCEPTED and (self.until is None or self.until >= today)


def find(visit: Visit, number: str) -> Representation | None:
    """An authority by the number of its case, for the desk and its staff."""
    row = visit.one(_BY_NUMBER, number=number)
    return _opened(row) if row is not None else None


def own(visit: Visit, number: str) -> Representation | None:
    """An authority of the visit's subject, as the one who acts or the one acted for; else nothing."""
    known = find(visit, number)
    if known is None or visit.subject is None:
        return None
    return known if visit.subject.id in (known.representative_id, known.subject_id) else None


def accepted(visit: Visit) -> list[Representation]:
    """The authorities under which the visit's subject may act today."""
    return [_opened(row) for row in visit.all(_OWN, who=visit.known.id, today=visit.today)]


def of_case(visit: Visit, case: Case) -> Representation | None:
    """The authority a case asks for, or under which it is asked for another; of an ordinary case nothing."""
    number = case.number if case.kind == REPRESENTATION else str(case.facts.get(FOR, ""))
    return find(visit, number) if number else None


def may_read(visit: Visit, case: Case) -> bool:
    """Whether the words of staff may be told now: asked again when they are claimed, for an authority may end (T-ID-11)."""
    known = of_case(visit, case)
    if known is None:
        return not _lost(case)
    if known.state in (ASKED, REFUSED):
        return True  # a refusal, or what staff ask, tells nothing about anybody
    opened = known.discloses_on is not None and known.discloses_on <= visit.today
    return opened and known.in_force(visit.today)


def stands(visit: Visit, case: Case) -> bool:
    """Whether anything about a case may be told to its person: of an authority that was revoked or has ended nothing is."""
    known = of_case(visit, case)
    if known is None:
        return not _lost(case)
    return known.state in (ASKED, REFUSED) or known.in_force(visit.today)


def _lost(case: Case) -> bool:
    """A case that was answered for another whose data are destroyed since, and the authority with them: nothing is told."""
    return FOR in case.facts or (case.kind == REPRESENTATION and case.state in (cases.DONE, cases.CLOSED))


def opens(visit: Visit, case: Case) -> datetime | None:
    """When the words of staff may be told, where that is still to come: the morning of the day of disclosure."""
    known = of_case(visit, case)
    if known is None or known.state != ACCEPTED or known.discloses_on is None:
        return None
    opening = quiet.morning(visit, known.discloses_on)
    return opening if opening > visit.at else None


def told(visit: Visit, case: Case) -> list[str]:
    """What the representative reads about the authority itself, beside the words of staff; of an ordinary case nothing."""
    known = of_case(visit, case)
    if known is None and _lost(case):
        return [_("Your authority to act for this person has ended, No. {number}.", number=case.number)]
    if known is None or known.state in (ASKED, REFUSED):
        return []
    if not known.in_force(visit.today):
        return [_("Your authority to act for this person has ended, No. {number}.", number=known.number)]
    said = [
        _("Your authority to act for this person is accepted, No. {number}.", number=known.number),
        _("Until when: {until}.", until=day(known.until) if known.until else _("no end date")),
        _("What it covers: {scope}.", scope="; ".join(kinds.named(kind) for kind in known.scope)),
    ]
    if known.discloses_on is not None and known.discloses_on > visit.today:
        said.append(
            _("What you asked for this person is answered from: {date}.", date=day(known.discloses_on))
        )
    return said


def settle(
    visit: Visit,
    known: Representation,
    state: str,
    *,
    subject_id: int | None,
    scope: tuple[str, ...],
    until: date | None,
    discloses_on: date | None,
) -> bool:
    """Write down what staff decided; False when the authority is no longer as it was read."""
    done = visit.run(
        _SETTLE, row=known.id, seen=known.state, now=state, whose=subject_id, covers=",".join(scope), last=until,
        opens=discloses_on,
    )  # fmt: skip
    return done == 1


def set_state(visit: Visit, known: Representation, state: str) -> bool:
    """Move an authority on; False when it is no longer as it was read."""
    return visit.run(_STATE, row=known.id, seen=known.state, now=state) == 1


def warned(visit: Visit, known: Representation) -> None:
    """Both sides were told that it ends soon."""
    visit.run(_WARNED, row=known.id, stamp=visit.at)


def soon(visit: Visit, most: int) -> list[Representation]:
    """Authorities in their last days of which nobody was told yet."""
    return [
        _opened(row) for row in visit.all(_SOON, today=visit.today, then=visit.today + LAST_DAYS, most=most)
    ]


def lapsed(visit: Visit, most: int) -> list[Representation]:
    """Authorities whose last day has passed and that still stand as accepted."""
    return [_opened(row) for row in visit.all(_OVER, today=visit.today, most=most)]


def _opened(row: Found) -> Representation:
    scope = tuple(kind for kind in row.scope.split(",") if kind)
    return Representation(
        row.id, row.number, row.representative_id, row.subject_id, row.role, row.state, scope, row.until,
        row.discloses_on, row.warned_at,
    )  # fmt: skip
