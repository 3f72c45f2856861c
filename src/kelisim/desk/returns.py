"""What did not arrive finds another way: the chat where the mailbox is dead, the mailbox where the bot is blocked, else staff.

A letter that was refused at once and one that came back a day later have the same consequences, each once. Reachability
changes, consents never do (T-LET-15). What came back to staff is told to the person responsible.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import bindparam, func, select, update

from kelisim.desk import answers, cases, clocks, codes, handoffs, letters, outbox, replies, staff, subjects
from kelisim.desk.cases import Case
from kelisim.desk.identity import Malformed
from kelisim.desk.outbox import Claimed
from kelisim.desk.threads import Posted
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import OutboxMessage

log = logging.getLogger("kelisim.desk")

SCREEN = "svc.unreached"
TO_THE_PROVED = (answers.ANSWER_LETTER,)  # goes to the proved mailbox, whatever it is then
DAY = timedelta(days=1)

_O = OutboxMessage.__table__.c
_RETURNED = (
    update(OutboxMessage)
    .where(_O.id == bindparam("row"), _O.state != outbox.FAILED)
    .values(state=outbox.FAILED, cause=bindparam("why"), body=None, address=None, settled_at=bindparam("now"))
)
_TARGET = select(_O.target).where(_O.id == bindparam("row"))  # the mailbox a letter of a broadcast went to
_NEWEST = select(func.max(_O.id)).where(
    _O.number == bindparam("about"), _O.kind.in_((answers.ANSWER, answers.ANSWER_LETTER))
)

PASSING = (
    "4.",
    "5.2.2",
    "5.2.3",
    "5.3.",
    "5.5.",
    "5.6.",
    "5.7.",
)  # statuses that say nothing of the address for good


def came_back(visit: Visit, posted: Posted, failed: str, status: str) -> Case | None:
    """A letter of ours was returned for good: what follows from it, once; the request it was about.

    `failed` is the address the report names: it counts only where it is the person's own. A status of `PASSING` (RFC 3463:
    a server gave up trying, a full mailbox, a system, a letter or a policy that was not to somebody's liking) says that the
    letter did not arrive; the address may take the next one.
    """
    if not visit.run(_RETURNED, row=posted.id, why=f"returned {status}".strip()[:120], now=visit.at):
        return _case(visit, posted.number)
    gone = not status.startswith(PASSING)
    return _follow(visit, posted.id, posted.kind, posted.number, posted.subject_id, failed, gone=gone)


def refused(visit: Visit, message: Claimed, address: str, *, gone: bool) -> None:
    """The mail server would not take a letter: `gone` says that the address takes none, else it was this letter alone."""
    if gone:
        subjects.unreachable(visit, EMAIL, visit.desk.vault.find(EMAIL, subjects.lookup(address)))
    _follow(visit, message.id, message.kind, message.number, message.subject_id, address, gone=gone)


def blocked(visit: Visit, message: Claimed, address: str) -> None:
    """The chat takes nothing any more: an answer that was to be told there goes to the proved mailbox (SCREENS 3.11)."""
    subjects.unreachable(visit, TELEGRAM, visit.desk.vault.find(TELEGRAM, address))
    screen = message.body.get("screen", "")
    if message.kind != answers.ANSWER or screen not in ("svc.answer", "svc.refused"):
        return
    case = _case(visit, message.number)
    _known(visit, case.subject_id if case is not None else None)
    if case is not None and visit.subject is not None and answers.by_letter(visit, case):
        answers.tell(visit, case, screen)


def _follow(
    visit: Visit, row: int, kind: str, number: str, subject: int | None, address: str, *, gone: bool
) -> Case | None:
    case = _case(visit, number)
    if kind in outbox.TO_STAFF:
        if kind == replies.ECHO:
            replies.hold(visit, row)  # nobody has seen what the person would read (T-LET-07)
        _not_to_staff(visit, kind, case, address)
        return case
    _known(visit, case.subject_id if case is not None else subject)
    if gone and visit.subject is not None:
        _unreachable(visit, row, kind, case, address)
    if kind == answers.ANSWER_LETTER and case is not None:
        _another_way(visit, case, row)
    return case


def _case(visit: Visit, number: str) -> Case | None:
    try:
        return cases.known(visit, number)
    except LookupError:
        return None


def _known(visit: Visit, subject: int | None) -> None:
    visit.subject = subjects.by_id(visit, subject) if subject is not None else None
    if visit.subject is not None:
        visit.locale = visit.subject.locale


def _unreachable(visit: Visit, row: int, kind: str, case: Case | None, address: str) -> None:
    """One of the person's mailboxes no longer counts as reachable, and the chat says so, once."""
    mine = subjects.contacts(visit, EMAIL)
    try:
        found = visit.desk.vault.find(EMAIL, subjects.lookup(address))
    except Malformed:
        found = b""
    known = next((one for one in mine if one.hash == found), None)
    target = visit.one(_TARGET, row=row)
    if known is None and target is not None and target[0] is not None:  # forwarded from there
        known = next((one for one in mine if one.hash == target[0]), None)
    if known is None and kind in TO_THE_PROVED and (case is None or answers.FROM not in case.facts):
        known = next(
            (one for one in mine if one.confirmed_at is not None), None
        )  # it was forwarded from there
    if known is None:
        return
    subjects.unreachable(visit, EMAIL, known.hash)
    if answers.in_chat(visit) and not _said(visit):
        answers.notice(visit, SCREEN)


def _said(visit: Visit) -> bool:
    """Whether it was said today already: many letters to one dead mailbox come back together."""
    found = visit.desk.vault.find("returns", str(visit.known.id))
    if codes.attempts(visit, "unreached", found, DAY):
        return True
    codes.attempted(visit, "unreached", found)
    return False


def _another_way(visit: Visit, case: Case, row: int) -> None:
    """The answer goes to the chat, where there is one to write to; else the request is with staff again."""
    newest = visit.one(_NEWEST, about=case.number)
    if newest is not None and newest[0] is not None and newest[0] > row:
        return  # another answer went out meanwhile: what becomes of that one counts
    cases.unread(visit, case)
    if visit.subject is not None and answers.in_chat(visit):
        cases.remark(visit, case, cases.RETURNED, TELEGRAM)
        screen = "svc.refused" if case.state == cases.REFUSED else "svc.answer"
        answers.notice(visit, screen, case.number, answer=True)
        return
    if case.state == cases.WITHDRAWN:
        return
    whose = case.assignee or staff.chosen(visit, case.kind).address
    if case.state in (cases.ANSWERED, cases.REFUSED, cases.WAITING):
        if case.in_hand and cases.clock(visit, case).standing:
            case = cases.act(visit, case, clocks.RESUMED, actor=staff.DESK)
        case = cases.act(visit, case, cases.RETURNED, to=cases.WITH_STAFF, actor=staff.DESK, assignee=whose)
    else:
        cases.remark(visit, case, cases.RETURNED)
    handoffs.write(visit, case, handoffs.RETURNED, whose)


def _not_to_staff(visit: Visit, kind: str, case: Case | None, address: str) -> None:
    """A letter to one of the staff did not arrive: the person responsible is told once a day, or whoever can be."""
    log.error("a letter of kind %s to staff did not arrive", kind)
    there = {person.address.casefold(): person for person in visit.operator.staff}
    person = there.get(address.casefold()) or (
        there.get(case.assignee.casefold()) if case is not None else None
    )
    if person is None:
        return
    found = visit.desk.vault.find("staff", person.address)
    if codes.attempts(visit, "staff bounced", found, DAY):
        return
    codes.attempted(visit, "staff bounced", found)
    letters.not_arrived(visit, person, case.number if case is not None else "")
