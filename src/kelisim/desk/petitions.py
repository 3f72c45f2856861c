"""What people ask by letter: the three acts of the policy, questions, and what they add later (P09-P11, P29).

Whoever writes proves nothing by it. What only takes away is done at once; a revocation and an update become a request at once,
with the day of the letter, and are carried out when the operator's server vouches for the sender or the mailbox has confirmed.
Until then the request is nobody's: no known person's data stand beside it. What an address is answered never tells whether it
is known here (I13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.orm import aliased

from kelisim.desk import (
    acknowledgements,
    attachments,
    cases,
    codes,
    consents,
    corrections,
    handoffs,
    identity,
    ledger,
    staff,
    subjects,
    suppressions,
)
from kelisim.desk.acknowledgements import LIFE, UNCONFIRMED
from kelisim.desk.answers import FROM
from kelisim.desk.asking import GROWS
from kelisim.desk.attachments import File
from kelisim.desk.cases import CORRECTION, QUESTION, REVOCATION, Case
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, TELEGRAM, Subject, Visit
from kelisim.store.models import Attachment, CaseEvent, Consent, Contact, Letter, OutboxMessage
from kelisim.store.models import Case as Row
from kelisim.store.models import Subject as SubjectRow

DOOR = "letter"
ASKS = (REVOCATION, CORRECTION)  # wait for the mailbox where nobody vouches for the sender
WAITING = 2  # requests of one kind that wait for one mailbox
MESSAGES = 50  # words of one request; what comes later stays with it as the letter alone
TOLD = 10  # letters a day by which staff hear that one request has grown
AT_ONCE = 200

_S, _C, _N, _K, _E = (each.__table__.c for each in (SubjectRow, Contact, Consent, Row, CaseEvent))
_own = aliased(Contact.__table__, name="own")
_chat = exists().where(_own.c.subject_id == _S.id, _own.c.channel == TELEGRAM)
_agreed = exists().where(_N.subject_id == _S.id)
# Everybody with this address; who has neither a chat nor a consent is here for their letters alone.
_OF_ADDRESS = (
    select(_S.id, _C.confirmed_at, or_(_chat, _agreed).label("known"))
    .join_from(Contact, SubjectRow, _C.subject_id == _S.id)
    .where(_C.channel == EMAIL, _C.hash == bindparam("found"), _S.state != subjects.MERGED)
    .order_by(_S.id)
)
_handed = exists().where(_E.case_id == _K.id, _E.act == cases.HANDED)
_FORGOTTEN = (
    select(_K.number)
    .where(
        _K.closed_at.is_(None), _K.state == cases.WAITING, _K.door == DOOR, _K.kind.in_(ASKS),
        _K.received_at < bindparam("before"), ~_handed,
    )
    .order_by(_K.received_at)
    .limit(bindparam("most"))
)  # fmt: skip
_BELONG = [
    update(Row).where(_K.id == bindparam("case")).values(subject_id=bindparam("whose")),
    *(
        update(model).where(model.__table__.c.case_id == bindparam("case")).values(subject_id=bindparam("whose"))
        for model in (Attachment, Letter)
    ),
    update(OutboxMessage)
    .where(OutboxMessage.__table__.c.number == bindparam("about"), OutboxMessage.__table__.c.subject_id == bindparam("was"))
    .values(subject_id=bindparam("whose")),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A letter as a request: whose address, whether the trusted server vouches for it, what it is called, when it came, what
    it says and the files with it."""

    email: Email
    authentic: bool
    message_id: str
    received_at: datetime
    words: str
    files: Sequence[File] = ()


def opt_out(visit: Visit, emails: Sequence[Email], message_id: str, *, answer: bool) -> list[str]:
    """Stop our letters to these addresses at once, whoever wrote: it only takes away. The numbers of the stops.

    `answer`: say so to the mailbox, where it is clear which one wrote. Nothing of the letter is kept but the stop.
    """
    told = []
    for email in emails:
        number = _standing(visit, email) or suppressions.stop_address(visit, email, quietly=True)
        if answer:
            acknowledgements.stopped(visit, number, email, message_id)
        told.append(number)
    return told


def _standing(visit: Visit, email: Email) -> str:
    """The number of a stop that nothing has come after: the same letter twice has one number."""
    found = visit.desk.vault.find(EMAIL, email.lookup)
    known = suppressions.of_address(visit, found)
    if known is None:
        return ""
    number, since = known
    for subject_id in _known(visit, found):
        theirs = replace(visit, subject=subjects.by_id(visit, subject_id))
        resumed = any(one.hash == found and one.resumed_at and one.resumed_at > since
                      for one in subjects.contacts(theirs, EMAIL))  # fmt: skip
        if resumed or any(one.given and one.since > since for one in consents.standing(theirs).values()):
            return ""
    return number


def ask(visit: Visit, kind: str, asked: Asked) -> Case:
    """A revocation or an update: the request, carried out or waiting for its mailbox to confirm."""
    found = visit.desk.vault.find(EMAIL, asked.email.lookup)
    if not asked.authentic:
        return _wait(visit, kind, asked, found)
    whose = _known(visit, found) or [_writer(visit, asked.email, found, proved=True)]
    case, *_others = [_do(visit, kind, asked, subject_id) for subject_id in whose]
    _become(visit, whose[0])
    acknowledgements.taken(visit, case, asked.email, asked.message_id)
    return case


def _do(visit: Visit, kind: str, asked: Asked, subject_id: int) -> Case:
    _become(visit, subject_id)
    # What is taken back now has a request and a date of its own.
    new = kind == REVOCATION and _in_force(visit)
    for open_one in [] if new else cases.in_hand(visit, kind):
        if _is_from(open_one, asked.email) and UNCONFIRMED not in open_one.facts:
            return _carry_out(visit, _say(visit, open_one, asked), again=True)
    return _carry_out(visit, _begin(visit, kind, asked, _facts(kind, asked)))


def _wait(visit: Visit, kind: str, asked: Asked, found: bytes) -> Case:
    """Nobody vouches for the sender: the request waits, its clock runs, and the mailbox is asked.

    Other words are another request: what one confirms holds nothing that somebody else wrote in their name. Where several wait
    already it is a question, and staff read it.
    """
    _become(visit, _writer(visit, asked.email, found, proved=False))
    waiting = [one for one in cases.in_hand(visit, kind) if UNCONFIRMED in one.facts]
    words = [asked.words] if asked.words else []
    same = [one for one in waiting if _words(visit, one) == words]
    if same and not asked.files:
        case = same[0]
    elif len(waiting) >= WAITING:
        return question(visit, asked)
    else:
        case = _begin(visit, kind, asked, {**_facts(kind, asked), UNCONFIRMED: True})
        whose = staff.chosen(visit, kind).address
        case = cases.act(visit, case, cases.DOUBTED, to=cases.WAITING, actor=staff.DESK, assignee=whose)
    acknowledgements.asked(visit, case, asked.email, asked.message_id)
    return case


def confirm(visit: Visit, number: str, message_id: str = "") -> Case | None:
    """The mailbox has confirmed: what it asks is carried out for each known person who proved it, else for its writer.

    The request as it is then; nothing when there is none to confirm any more, or it was confirmed before.
    """
    case = unconfirmed(visit, number)
    if case is None or case.subject_id is None:
        return None
    email = identity.email(str(case.facts[FROM]))
    writer = case.subject_id
    _become(visit, writer)
    visit.locale = case.locale
    found = visit.desk.vault.find(EMAIL, email.lookup)
    whose = _known(visit, found)
    if not whose:
        subjects.keep_email(visit, email)
        whose = [writer]
    facts = {key: value for key, value in case.facts.items() if key != UNCONFIRMED}
    case = cases.set_facts(visit, case, facts)
    cases.remark(visit, case, cases.CONFIRMED)
    said = _words(visit, case)
    if whose[0] != writer:
        _belong(visit, case, whose[0])
        case = replace(case, subject_id=whose[0])
    for subject_id in whose[1:]:
        _become(visit, subject_id)
        words = "\n\n".join(said)[: cases.LONGEST]
        copy = cases.begin(
            visit, case.kind, words=words, facts=facts, received=case.received_at, answer_by=EMAIL
        )
        _carry_out(visit, copy)
    _become(visit, whose[0])
    done = _carry_out(visit, case)
    acknowledgements.taken(visit, done, email, message_id)
    return done


def decline(visit: Visit, number: str) -> Case | None:
    """The mailbox says that its owner did not write: the request ends; nothing when there is none to decline."""
    case = unconfirmed(visit, number)
    if case is None or case.subject_id is None:
        return None
    _become(visit, case.subject_id)
    handed = _was_handed(visit, case)
    case = cases.act(visit, case, cases.WITHDRAWN, to=cases.WITHDRAWN)
    if handed:
        handoffs.send(visit, case, handoffs.TAKEN_BACK)
    return case


def unconfirmed(visit: Visit, number: str) -> Case | None:
    """The request of this number while it waits for its mailbox; nothing else is."""
    try:
        case = cases.known(visit, number)
    except LookupError:
        return None
    waits = case.in_hand and case.kind in ASKS and UNCONFIRMED in case.facts
    return case if waits and FROM in case.facts else None


def lapse(visit: Visit, most: int = AT_ONCE) -> int:
    """Hand to staff what nobody confirmed in 48 hours: not lost, and said to be unconfirmed (the caretaker's work)."""
    rows = visit.all(_FORGOTTEN, before=visit.at - LIFE, most=most)
    for row in rows:
        case = cases.known(visit, row.number)
        visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
        handoffs.send(visit, case)
    visit.subject = None
    return len(rows)


def question(visit: Visit, asked: Asked) -> Case:
    """Everything else a person writes: a question to staff, answered at the address it came from.

    The same words again are the same request; above the day's number they join one that is open. It is a known person's own
    only where the server vouches for the sender and the mailbox is one person's alone.
    """
    found = visit.desk.vault.find(EMAIL, asked.email.lookup)
    known = _known(visit, found) if asked.authentic else []
    alone = len(known) == 1
    _become(visit, known[0] if alone else _writer(visit, asked.email, found, proved=asked.authentic))
    facts: dict[str, Any] = {FROM: asked.email.address}
    if not asked.authentic:
        facts[UNCONFIRMED] = True
    open_ones = [
        one
        for one in cases.in_hand(visit, QUESTION)
        if _is_from(one, asked.email) and (UNCONFIRMED in one.facts) != asked.authentic
    ]
    same = cases.same(visit, QUESTION, asked.words) if asked.words else None
    if same is None and cases.room(visit, QUESTION) is not None and open_ones:
        case = open_ones[0]
        refused = attachments.keep_in(visit, case, asked.files)
        case = _grow(visit, case, asked)
    elif same is not None and _is_from(same, asked.email):
        refused = attachments.keep_in(visit, same, asked.files)
        kept = len(refused) < len(asked.files)
        case = _grow(visit, same, replace(asked, words="")) if kept else same
    else:
        case = cases.begin(
            visit, QUESTION, words=asked.words, facts=facts, received=asked.received_at, answer_by=EMAIL
        )  # fmt: skip
        refused = attachments.keep_in(visit, case, asked.files)
        case = handoffs.send(visit, case)
    acknowledgements.taken(visit, case, asked.email, asked.message_id, without_files=bool(refused))
    return case


def theirs(visit: Visit, number: str, email: Email) -> Case | None:
    """The request of this number, if this address may add to it: it came from there, or is its person's own proved mailbox."""
    try:
        case = cases.known(visit, number)
    except LookupError:
        return None
    if case.subject_id is None or (visit_of := subjects.by_id(visit, case.subject_id)) is None:
        return None
    if FROM in case.facts:
        return case if _is_from(case, email) else None
    found = visit.desk.vault.find(EMAIL, email.lookup)
    own = subjects.contacts(replace(visit, subject=visit_of), EMAIL)
    return case if any(one.hash == found and one.confirmed_at for one in own) else None


def add(visit: Visit, case: Case, asked: Asked, *, quietly: bool = False) -> Case | None:
    """Words and files that an answer to our letter adds to its request; nothing when that takes nothing more.

    `quietly`: kept, and no work for staff (thanks).
    """
    if case.subject_id is None or case.state not in GROWS:
        return None
    _become(visit, case.subject_id)
    attachments.keep_in(visit, case, asked.files)
    if quietly or (UNCONFIRMED in case.facts and not _was_handed(visit, case) and case.kind in ASKS):
        return _spoken(visit, case, asked.words)
    return _grow(visit, case, asked)


def _grow(visit: Visit, case: Case, asked: Asked) -> Case:
    case = _spoken(visit, case, asked.words)
    if case.state in (
        cases.OPEN,
        cases.WITH_STAFF,
    ):  # an answer being written now has not seen this (T-STAFF-03)
        case = cases.act(visit, case, cases.ADDED)
    about = visit.desk.vault.find("automatic", f"more {case.number}")
    if case.in_hand and codes.attempts(visit, "more", about, codes.DAY) >= TOLD:
        return case  # the words are there; staff have heard often enough today that there are more
    codes.attempted(visit, "more", about)
    return handoffs.send(visit, case, handoffs.MORE)


def _spoken(visit: Visit, case: Case, words: str) -> Case:
    if words and len(cases.messages(visit, case, cases.IN)) < MESSAGES:
        cases.say(visit, case, cases.IN, words)
    return case


def _say(visit: Visit, case: Case, asked: Asked) -> Case:
    """Once more what was asked already: its words stay, unless they are the same."""
    attachments.keep_in(visit, case, asked.files)
    return case if asked.words in _words(visit, case) else _spoken(visit, case, asked.words)


def _words(visit: Visit, case: Case) -> list[str]:
    return [message.words for message in cases.messages(visit, case, cases.IN)]


def _begin(visit: Visit, kind: str, asked: Asked, facts: dict[str, Any]) -> Case:
    case = cases.begin(
        visit, kind, words=asked.words, facts=facts, received=asked.received_at, answer_by=EMAIL
    )  # fmt: skip
    attachments.keep_in(visit, case, asked.files)
    return case


def _facts(kind: str, asked: Asked) -> dict[str, Any]:
    known: dict[str, Any] = {FROM: asked.email.address}
    if kind == REVOCATION:
        return known | {"record": "", "purposes": []}
    return known | {"field": corrections.OTHER}


def _carry_out(visit: Visit, case: Case, *, again: bool = False) -> Case:
    """Do what a proved mailbox asks, for the visit's subject, and hand it to staff.

    A revocation ends every consent in force; its request is this one (`revocations.begin`). What cannot be proved is changed by
    nobody but staff, so an update waits for them, and blocked data may have one too: nothing moves before they decide (I7).
    """
    if case.kind == REVOCATION and _in_force(visit) and visit.known.state != subjects.ERASING:
        consents.revoke(visit, close=False)
        return cases.known(visit, case.number)
    return handoffs.send(visit, case, handoffs.MORE if again or _was_handed(visit, case) else handoffs.NEW)


def _in_force(visit: Visit) -> bool:
    """Whether a revocation would end anything; the desk's consent that waits for an answer ends by itself."""
    return any(one.state == consents.GIVEN for one in consents.standing(visit).values())


def _known(visit: Visit, found: bytes) -> list[int]:
    """Known people who proved this mailbox; it may be shared."""
    rows = visit.all(_OF_ADDRESS, found=found)
    return [row.id for row in rows if row.known and row.confirmed_at is not None]


def _writer(visit: Visit, email: Email, found: bytes, *, proved: bool) -> int:
    """Whom this address is here for its letters alone: found again, or begun. Their own request is the ground."""
    row = next((row for row in visit.all(_OF_ADDRESS, found=found) if not row.known), None)
    if row is None:
        return subjects.admit(visit, email, proved=proved).id
    if proved and row.confirmed_at is None:
        _become(visit, row.id)
        subjects.keep_email(visit, email)
    writer: int = row.id
    return writer


def _become(visit: Visit, subject_id: int) -> Subject:
    subject = subjects.by_id(visit, subject_id)
    if subject is None:
        raise LookupError("the person is gone")
    visit.subject = subject
    return subject


def _belong(visit: Visit, case: Case, subject_id: int) -> None:
    """A request that turned out to be a known person's: with its files, its letters and what was written about it."""
    told = {"case": case.id, "whose": subject_id, "about": case.number, "was": case.subject_id}
    for statement in _BELONG:
        visit.run(statement, **told)
    _become(visit, subject_id)
    ledger.note(visit, ledger.RECORDED, f"case {case.kind}", case.number)


def _is_from(case: Case, email: Email) -> bool:
    address = case.facts.get(FROM)
    return address is not None and subjects.lookup(str(address)) == email.lookup


def _was_handed(visit: Visit, case: Case) -> bool:
    return any(step.act == cases.HANDED for step in cases.events(visit, case))


def turn(visit: Visit, case: Case) -> int | None:
    """The turn at the doors of whoever's request this may be: the same as in their chat, so that no two act at once."""
    found = visit.desk.vault.find(EMAIL, subjects.lookup(str(case.facts[FROM])))
    for subject_id in _known(visit, found):
        theirs = replace(visit, subject=subjects.by_id(visit, subject_id))
        for chat in subjects.contacts(theirs, TELEGRAM):
            return int.from_bytes(chat.hash[:8], "big", signed=True)
    return int.from_bytes(found[:8], "big", signed=True)
