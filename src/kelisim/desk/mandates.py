"""Acts of acting for another: asked, accepted, told to the one it is over, silent until the day of disclosure, ended.

`representatives` reads what stands; here it is moved. Accepting and refusing an authority is a
named person's act (I11); the one acted for may stop it at any moment, and so may staff (a power of attorney is revoked).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from kelisim.desk import (
    alerts,
    answers,
    attachments,
    cases,
    decisions,
    handoffs,
    kinds,
    ledger,
    representatives,
    subjects,
)  # fmt: skip
from kelisim.desk.cases import REPRESENTATION, Case
from kelisim.desk.decisions import Impossible
from kelisim.desk.representatives import ACCEPTED, ASKED, ENDED, REFUSED, REVOKED, SCOPES, Representation
from kelisim.desk.staff import SUBJECT, Actor
from kelisim.desk.visit import Visit
from kelisim.store.models import Representation as Row

SCREEN = "svc.repend"
AT_ONCE = 200


def ask(visit: Visit, role: str, whom: str, reach: str, until: date | None, words: str) -> Case:
    """Ask staff to accept an authority over the person named; the files of the flow go along. The case is with staff.

    Above the day's number of new cases the words join an open one of the same kind, as `cases.room` says.
    """
    facts = {"role": role, "whom": whom, "reach": reach, "until": until.isoformat() if until else ""}
    open_one = cases.room(visit, REPRESENTATION)
    if open_one is not None:
        told = "\n".join((whom, reach, kinds.role(role), facts["until"], words))
        cases.say(visit, open_one, cases.IN, told)
        attachments.adopt(visit, open_one)
        return handoffs.send(visit, open_one, handoffs.MORE)
    case = cases.begin(visit, REPRESENTATION, words=words, facts=facts)
    visit.add(
        Row, case_id=case.id, representative_id=visit.known.id, subject_id=None, role=role, state=ASKED, scope="",
        until=until, discloses_on=None, warned_at=None, since=visit.at,
    )  # fmt: skip
    attachments.adopt(visit, case)
    return handoffs.send(visit, case)


def request(visit: Visit, number: str, words: str) -> Case:
    """Ask something for the person of an accepted authority, in words; raises LookupError when it is not in force (any more)."""
    known = next((each for each in representatives.accepted(visit) if each.number == number), None)
    if known is None:
        raise LookupError(f"no authority {number} is in force")
    open_one = cases.room(visit, cases.QUESTION)
    if open_one is not None and open_one.facts.get(representatives.FOR) == number:
        cases.say(visit, open_one, cases.IN, words)
        return handoffs.send(visit, open_one, handoffs.MORE)
    case = cases.begin(visit, cases.QUESTION, words=words, facts={representatives.FOR: number})
    return handoffs.send(visit, case)


def accept(
    visit: Visit,
    number: str,
    words: str,
    actor: Actor,
    *,
    subject_id: int | None,
    scope: tuple[str, ...] = SCOPES,
    until: date | None = None,
) -> Case:
    """Accept an authority over one person (or over nobody we know), for some kinds of request, until a last day.

    Without `until` the day that was asked for counts. `words` answer what was asked; they are told on the day of disclosure,
    not before. Raises LookupError, Impossible, NotAllowed, Overtaken.
    """
    known = _asked(visit, number)
    if subject_id == known.representative_id:
        raise Impossible(f"{number} was asked by this very person: name the one they act for")
    if not scope or (unknown := [kind for kind in scope if kind not in SCOPES]):
        raise Impossible(
            f"an authority covers some of: {', '.join(SCOPES)}" + (f"; not {unknown}" if scope else "")
        )
    last = until or known.until
    if last is not None and last < visit.today:
        raise Impossible(f"an authority that ended on {last.isoformat()} cannot be accepted")
    representatives.settle(
        visit, known, ASKED, subject_id=subject_id, scope=scope, until=last, discloses_on=known.discloses_on
    )  # fmt: skip
    return decisions.accept(visit, number, words, actor)


def revoke(visit: Visit, number: str, actor: Actor = SUBJECT) -> bool:
    """End an accepted authority at once; both sides are told. False: there is none in force of that number."""
    known = representatives.find(visit, number)
    if known is None or not known.in_force(visit.today):
        return False
    if not representatives.set_state(visit, known, REVOKED):
        return False
    _journal(visit, known, "authority revoked", actor)
    _tell(visit, known)
    return True


def ending(visit: Visit, most: int = AT_ONCE) -> int:
    """Tell both sides, once, that an authority ends within 14 days (the caretaker's work); how many were told of."""
    found = representatives.soon(visit, most)
    for known in found:
        representatives.warned(visit, known)
        _tell(visit, known)
    return len(found)


def end(visit: Visit, most: int = AT_ONCE) -> int:
    """End the authorities whose last day has passed and tell both sides (the caretaker's work); how many."""
    found = representatives.lapsed(visit, most)
    for known in found:
        if representatives.set_state(visit, known, ENDED):
            _journal(visit, known, "authority ended", Actor("desk"))
            _tell(visit, known)
    return len(found)


@decisions.effect(REPRESENTATION, cases.ACCEPTED)
def _accepted(visit: Visit, case: Case, actor: Actor) -> None:
    """The one acted for is told first, by their own ways; what was asked is answered on the last day of D1 (T-ID-10)."""
    known = _asked(visit, case.number)
    opens = _disclosure(visit, case)
    done = representatives.settle(
        visit, known, ACCEPTED, subject_id=known.subject_id, scope=known.scope or SCOPES, until=known.until,
        discloses_on=opens,
    )  # fmt: skip
    if not done:
        raise Impossible(f"{case.number} was decided by somebody else in this moment")
    _journal(visit, known, "authority accepted", actor)
    if cases.messages(visit, case, cases.OUT):  # words of staff wait for the day; then their own notice goes
        answers.tell(visit, case, "svc.answer", due=representatives.opens(visit, case))
    if known.subject_id is not None:
        with _as(visit, known.subject_id) as there:
            if there:
                alerts.post(visit, alerts.REPRESENTATION, case.number)


@decisions.effect(REPRESENTATION, cases.REFUSED)
def _refused(visit: Visit, case: Case, actor: Actor) -> None:
    representatives.set_state(visit, _asked(visit, case.number), REFUSED)


@decisions.effect(REPRESENTATION, cases.WITHDRAWN)
def _taken_back(visit: Visit, case: Case, actor: Actor) -> None:
    """Nobody asks for this authority any more."""
    known = representatives.find(visit, case.number)
    if known is not None and known.state == ASKED:
        representatives.set_state(visit, known, REVOKED)


@decisions.effect(REPRESENTATION, cases.ANSWERED)
def _answered(visit: Visit, case: Case, actor: Actor) -> None:
    """Words cannot go round the decision: an authority is accepted or refused, until then only asked about (P18)."""
    raise Impossible(
        f"{case.number} asks for an authority: accept it, refuse it with a ground, or ask the person something"
    )


@alerts.undo(alerts.REPRESENTATION)
def _not_me(visit: Visit, number: str) -> bool:
    """The one acted for did not agree: the authority ends, and nothing that was not told yet is told."""
    known = representatives.find(visit, number)
    if known is None or known.subject_id != visit.known.id:
        return False
    return revoke(visit, number)


def _asked(visit: Visit, number: str) -> Representation:
    known = representatives.find(visit, number)
    if known is None:
        raise Impossible(f"{number} asks for no authority")
    if known.state != ASKED:
        raise Impossible(f"the authority {number} is {known.state} already")
    return known


def _disclosure(visit: Visit, case: Case) -> date:
    """The last day of D1 from the receipt; accepted so late that it is today, the next working day: a notice that comes in
    the same hour as what it warns of is none. The same for nobody known, so that the day tells nothing."""
    received = visit.day_of(case.received_at)
    terms = visit.operator.pack_on(received).terms
    last = visit.desk.calendar.due(received, terms.access).last
    return max(last, visit.desk.calendar.next_working(visit.today))


def _tell(visit: Visit, known: Representation) -> None:
    for side in (known.representative_id, known.subject_id):
        if side is not None:
            with _as(visit, side) as there:
                if there:
                    answers.notice(visit, SCREEN, known.number)


def _journal(visit: Visit, known: Representation, what: str, actor: Actor) -> None:
    if known.subject_id is None:
        return
    with _as(visit, known.subject_id):
        ledger.note(visit, ledger.RECORDED, what, known.number, actor.label[:40] or actor.role)


@contextmanager
def _as(visit: Visit, subject_id: int) -> Iterator[bool]:
    """The visit as of another person for a few lines; whether they are still known."""
    before = visit.subject, visit.locale
    visit.subject = subjects.by_id(visit, subject_id)
    if visit.subject is not None:
        visit.locale = visit.subject.locale
    try:
        yield visit.subject is not None
    finally:
        visit.subject, visit.locale = before
