"""Deleting for good: the person's own decision, undone within a day, then carried out and certified (DESIGN.md 8.16).

Use stops at once. The caretaker destroys, waits until the store's files have let go of it too, and only then is the
certificate sent, to the one address left: the sealed one of its own message. A hold keeps everything, an open dispute keeps
its own records; nothing else brings the person back but a fresh act of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, select, update

from kelisim.desk import (
    alerts,
    answers,
    attachments,
    blocking,
    cases,
    consents,
    decisions,
    dialogue,
    holds,
    ledger,
    links,
    numbers,
    subjects,
)
from kelisim.desk.cases import Case
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit
from kelisim.store.models import Erasure as Row

ASKED, KEPT, DESTROYED, CERTIFIED = "asked", "kept", "destroyed", "certified"
REGRET = timedelta(hours=24)  # in which «Keep my data» undoes it

_E = Row.__table__.c
COLUMNS = (
    _E.id, _E.number, _E.case_number, _E.subject_id, _E.stage, _E.begun_at, _E.not_before, _E.due,
)  # fmt: skip
_OF = select(*COLUMNS).where(_E.subject_id == bindparam("subject")).order_by(_E.begun_at.desc()).limit(1)
STAGE = (
    update(Row).where(_E.id == bindparam("row"), _E.stage == bindparam("was")).values(stage=bindparam("then"))
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """A decision to delete for good: the certificate's number, the request's, how far it is and its days."""

    id: int
    number: str
    case_number: str
    subject_id: int | None
    stage: str
    begun_at: datetime
    not_before: datetime
    due: date


def ask(visit: Visit) -> Case:
    """The person deletes their data for good: the request, refused where a hold keeps everything.

    Every consent to be written to ends in this transaction, prepared messages are cancelled, drafts and links are gone; the
    desk's own ends with the data. Raises NotWhileBlocked and, a second time, NotWhileErasing.
    """
    if visit.known.state in (subjects.BLOCKED, subjects.ERASING):
        subjects.free(visit)
    case = cases.begin(visit, cases.ERASURE)
    held = holds.standing(visit)
    _stop(visit)
    consents.end(visit)
    if held:
        return refuse(visit, case, held[0])
    _begin(visit, case, REGRET)
    alerts.post(visit, alerts.ERASURE, case.number)
    return case


def _begin(visit: Visit, case: Case, wait: timedelta) -> None:
    subjects.set_state(visit, subjects.ERASING)
    visit.add(
        Row, id=numbers.row_id(), number=numbers.number(numbers.CERTIFICATE), case_number=case.number,
        subject_id=visit.known.id, stage=ASKED, begun_at=visit.at, not_before=visit.at + wait,
        due=case.due or visit.today, destroyed_at=None, backups_until=None, kept="",
    )  # fmt: skip


def _stop(visit: Visit) -> None:
    """What goes at once and by no decision of anybody else: unfinished words and files, secret addresses."""
    dialogue.drop(visit)
    attachments.drop(visit)
    links.void(visit)


def refuse(visit: Visit, case: Case, hold: holds.Hold) -> Case:
    """A hold keeps everything: its ground and its end are the refusal's, and whoever ordered it decided (I11)."""
    detail = f"{hold.ground}|{hold.until.isoformat() if hold.until else ''}"
    return cases.act(
        visit, case, cases.REFUSED, to=cases.REFUSED, actor=Actor("staff", hold.actor), detail=detail
    )


def standing(visit: Visit) -> Erasure | None:
    """The decision that waits to be carried out on the visit's subject, or nothing."""
    row = visit.one(_OF, subject=visit.known.id)
    found = Erasure(*row) if row is not None else None
    return found if found is not None and found.stage == ASKED else None


def may_keep(visit: Visit, found: Erasure) -> bool:
    """Whether «Keep my data» still undoes it: the person's own decision, within a day."""
    case = cases.find(visit, found.case_number)
    return case is not None and case.kind == cases.ERASURE and visit.at < found.begun_at + REGRET


def keep(visit: Visit) -> str:
    """«Keep my data»: the request ends and the data stay; its number, or empty when there is nothing to undo any more.

    Consents that ended stay ended: only a press on their text gives one.
    """
    found = standing(visit)
    if found is None or not may_keep(visit, found):
        return ""
    if not undo(visit, found):
        return ""
    case = cases.find(visit, found.case_number)
    if case is not None and case.in_hand:
        cases.act(visit, case, cases.WITHDRAWN, to=cases.WITHDRAWN)
    return found.case_number


def undo(visit: Visit, found: Erasure) -> bool:
    """The data stay; False when the caretaker was faster."""
    if not visit.run(STAGE, row=found.id, was=ASKED, then=KEPT):
        return False
    subjects.set_state(visit, subjects.ACTIVE)
    ledger.note(visit, ledger.STORED, "erasure undone", found.case_number)
    return True


@alerts.undo(alerts.ERASURE)
def _not_me(visit: Visit, number: str) -> bool:
    """«It was not me», by another proved way: the data stay."""
    found = standing(visit)
    return found is not None and found.case_number == number and bool(keep(visit))


@decisions.effect(cases.ERASURE, cases.WITHDRAWN)
def _taken_back(visit: Visit, case: Case, actor: Actor) -> None:
    """The request was withdrawn among «My requests»: that keeps the data as well."""
    found = standing(visit)
    if found is not None and found.case_number == case.number:
        undo(visit, found)


@decisions.effect(cases.ERASURE, cases.REFUSED)
def _not_done(visit: Visit, case: Case, actor: Actor) -> None:
    """Staff refuse on a ground of the law: the data stay, use does not come back by itself (P17)."""
    found = standing(visit)
    if found is not None and found.case_number == case.number:
        undo(visit, found)


@decisions.effect(cases.ERASURE, cases.ACCEPTED)
def _accepted(visit: Visit, case: Case, actor: Actor) -> None:
    """Staff carry out a request to delete that came to them: nothing waits, the answer goes first."""
    _at_once(visit, case)


@decisions.effect(cases.BLOCKING, cases.ACCEPTED)
def _breach_confirmed(visit: Visit, case: Case, actor: Actor) -> None:
    """The breach is confirmed: wrong data are to be corrected, so the block is lifted (D3); others are destroyed (D6)."""
    if blocking.outcome(visit, case) == blocking.CORRECTED:
        blocking.settle(visit, case.number, actor)
    else:
        _at_once(visit, case)
    answers.notice(visit, "svc.blockend", case.number, answer=True)


def _at_once(visit: Visit, case: Case) -> None:
    if holds.held(visit):
        raise decisions.Impossible("a hold keeps these data: refuse on its ground, or lift it first")
    if standing(visit) is not None:
        return
    _stop(visit)
    consents.end(visit)
    _begin(visit, case, timedelta())
