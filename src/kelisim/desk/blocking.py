"""Blocking: the data stand still by the person's own act, until staff decide or the person lifts it (Law art. 1(3), D4-D6).

A subject is blocked while a request to block is in hand or a hold stands on what was blocked: `settle` is the one place
that frees it. An undecided one alarms staff each working day (`dates`, T-LAW-04). A breach that staff confirm ends in
destruction (D6) or correction (D3), one they do not in a lifted block (D5).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from kelisim.desk import answers, attachments, cases, decisions, handoffs, holds, ledger, staff, subjects
from kelisim.desk.cases import Case
from kelisim.desk.holds import Hold
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit
from kelisim.store.models import Case as Row
from kelisim.store.models import Subject

WRONG, NO_CONSENT, TOO_LONG, OTHER = "wrong", "noconsent", "toolong", "other"
REASONS = (WRONG, NO_CONSENT, TOO_LONG, OTHER)
BLOCKED, LIFTED, CORRECTED, DESTROYED = "blocked", "lifted", "corrected", "destroyed"

# What the desk says by itself to people whose data are blocked; all else of that kind waits for nobody and is dropped (I7).
WHILE_BLOCKED = (
    "svc.answer", "svc.refused", "svc.late", "svc.moved", "svc.blockend", "svc.viewed", "svc.alert", "svc.breach",
)  # fmt: skip

_C = Row.__table__.c
_LAST = (
    select(_C.number)
    .where(_C.subject_id == bindparam("subject"), _C.kind == cases.BLOCKING)
    .order_by(_C.received_at.desc(), _C.id.desc())
    .limit(1)
)
_STATE = select(Subject.state).where(Subject.id == bindparam("subject"))


def standing(visit: Visit) -> Case | None:
    """The request to block that is in hand, or nothing."""
    return next(iter(cases.in_hand(visit, cases.BLOCKING)), None)


def last(visit: Visit) -> Case | None:
    """The youngest request to block, ended or not."""
    row = visit.one(_LAST, subject=visit.known.id)
    return cases.find(visit, row.number) if row is not None else None


def block(
    visit: Visit,
    reason: str,
    words: str = "",
    *,
    received: datetime | None = None,
    actor: Actor = staff.SUBJECT,
) -> tuple[Case, bool]:
    """Block the subject's data now and hand the request to staff: the case, and whether it is new.

    `received` and `actor` are for a letter that staff enter with its own day of receipt.

    Sends of every purpose stop with the state of the subject, in this transaction. Raises NotWhileErasing: who has data
    destroyed keeps them first.
    """
    if reason not in REASONS:
        raise ValueError(f"{reason} is no reason to block")
    known = standing(visit)
    if known is not None:
        return known, False
    if visit.known.state == subjects.ERASING:
        subjects.free(visit)
    case = cases.begin(
        visit, cases.BLOCKING, words=words, facts={"reason": reason}, received=received, actor=actor
    )
    if actor is staff.SUBJECT:
        attachments.adopt(visit, case)
    subjects.set_state(visit, subjects.BLOCKED)
    ledger.note(visit, ledger.BLOCKED, "all data", case.number)
    return handoffs.send(visit, case), True


def unblock(visit: Visit) -> tuple[Case | None, list[Hold]]:
    """Lift the person's own block: the request that ended, or the holds because of which it stays (then nothing changes)."""
    held = holds.standing(visit)
    if held:
        return standing(visit), held
    case = standing(visit)
    if case is not None:
        case = cases.act(visit, case, cases.WITHDRAWN, to=cases.WITHDRAWN)
        handoffs.send(visit, case, handoffs.TAKEN_BACK)
    settle(visit, case.number if case is not None else "", staff.SUBJECT)
    return case, []


def settle(visit: Visit, number: str, actor: Actor) -> bool:
    """Free the subject when nothing keeps it blocked any more: no request in hand, no hold. Whether it was freed."""
    if visit.known.state != subjects.BLOCKED or standing(visit) is not None or holds.held(visit):
        return False
    subjects.set_state(visit, subjects.ACTIVE)
    ledger.note(visit, ledger.RECORDED, "block lifted", number, actor.label[:40] or actor.role)
    return True


def lapse(visit: Visit, most: int = 200) -> int:
    """End the holds whose last day has passed and free whom nothing else keeps blocked (the caretaker's work)."""
    found = holds.over(visit, most)
    for row, subject_id in found:
        visit.subject = subjects.by_id(visit, subject_id)
        if visit.subject is None:
            continue
        visit.locale = visit.subject.locale
        holds.lift(visit, row, staff.DESK)
        case = last(visit)
        if settle(visit, case.number if case is not None else "", staff.DESK) and case is not None:
            answers.notice(visit, "svc.blockend", case.number, answer=True)
    return len(found)


def lift_hold(visit: Visit, hold: int, actor: Actor) -> bool:
    """Staff end a hold; the person is told when nothing else keeps the data blocked."""
    if not holds.lift(visit, hold, actor):
        return False
    case = last(visit)
    if settle(visit, case.number if case is not None else "", actor) and case is not None:
        answers.notice(visit, "svc.blockend", case.number, answer=True)
    return True


def outcome(visit: Visit, case: Case) -> str:
    """How a request to block ended: still blocked, lifted, to be corrected, or destroyed."""
    if case.in_hand:
        return BLOCKED
    if case.state == cases.DONE:
        return CORRECTED if case.facts.get("reason") == WRONG else DESTROYED
    row = visit.one(_STATE, subject=visit.known.id)
    return BLOCKED if row is not None and row.state == subjects.BLOCKED else LIFTED


def may_tell(visit: Visit, screen: str) -> bool:
    """Whether the desk may say this by itself to the visit's subject now; asked when it is claimed (I7)."""
    return visit.subject is None or visit.subject.state != subjects.BLOCKED or screen in WHILE_BLOCKED


@decisions.effect(cases.BLOCKING, cases.REFUSED)
def _not_confirmed(visit: Visit, case: Case, actor: Actor) -> None:
    """The breach is not confirmed: the block is lifted (D5)."""
    settle(visit, case.number, actor)
    answers.notice(visit, "svc.blockend", case.number, answer=True)


@decisions.effect(cases.BLOCKING, cases.WITHDRAWN)
def _taken_back(visit: Visit, case: Case, actor: Actor) -> None:
    """The person withdrew the request: that lifts their own block."""
    settle(visit, case.number, actor)


@decisions.effect(cases.BLOCKING, cases.ANSWERED)
def _undecided(visit: Visit, case: Case, actor: Actor) -> None:
    """Words alone decide nothing: the data would stay blocked with nobody to free them."""
    raise decisions.Impossible(
        "a block is decided: accept it (the breach is confirmed) or refuse it on a ground"
    )
