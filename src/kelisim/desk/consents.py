"""Consent: given by an explicit press for a text that was shown, as easy to take back as to give.

`consent_records` is the evidence and only grows. `consents` is its fold, written here with its record and nowhere
else, because "who may be written to" must be answered for a million people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import (
    cases,
    decisions,
    handoffs,
    ledger,
    numbers,
    outbox,
    receipts,
    revocations,
    staff,
    subjects,
)
from kelisim.desk.cases import Case
from kelisim.desk.documents import Document
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, Visit
from kelisim.store.models import Consent, ConsentCount, ConsentRecord
from kelisim.store.sealed import fingerprint

GIVEN, WITHDRAWN, EXPIRED, SUSPENDED, ENDING = "given", "withdrawn", "expired", "suspended", "ending"
STOPPED, RESUMED = "stopped", "resumed"
NONE = "none"
DESK = "desk"
LAST_DAYS = timedelta(days=14)  # in which a consent also offers «Keep the consent»
SLOTS = 16

_C, _R, _N = Consent.__table__.c, ConsentRecord.__table__.c, ConsentCount.__table__.c
_made = upsert(Consent)
_SET = _made.on_conflict_do_update(
    index_elements=["subject_id", "purpose"],
    set_={name: _made.excluded[name] for name in ("state", "number", "version", "since", "valid_until")},
)
_counted = upsert(ConsentCount)
_COUNT = _counted.on_conflict_do_update(
    index_elements=["purpose", "slot"], set_={"n": _N.n + _counted.excluded.n}
)
_OF = select(_C.purpose, _C.state, _C.number, _C.version, _C.since, _C.valid_until).where(
    _C.subject_id == bindparam("subject")
)
_PROLONG = (
    update(Consent)
    .where(
        _C.subject_id == bindparam("subject"), _C.purpose == DESK, _C.state == GIVEN,
        _C.valid_until < bindparam("until"),
    )
    .values(valid_until=bindparam("until"))
)  # fmt: skip
_HOW_MANY = select(func.coalesce(func.sum(_N.n), 0)).where(_N.purpose == bindparam("purpose"))
_RECORDS = (
    select(_R.id, _R.number, _R.act, _R.purpose, _R.version, _R.digest, _R.locale, _R.at, _R.valid_until, _R.due,
           _R.cancelled, _R.head)
    .where(_R.subject_id == bindparam("subject"), _R.number == bindparam("number"))
    .order_by(_R.id)
)  # fmt: skip
_GIVEN_RECORD = (
    select(_R.id, _R.number, _R.at)
    .where(_R.subject_id == bindparam("subject"), _R.purpose == bindparam("purpose"), _R.act == GIVEN)
    .order_by(_R.at.desc())
    .limit(1)
)

_ENDED = (
    select(_C.subject_id, _C.purpose)
    .where(_C.state.in_((GIVEN, ENDING, SUSPENDED)), _C.valid_until < bindparam("today"))
    .limit(bindparam("most"))
)
_FOLD = (
    select(_R.subject_id, _R.purpose, _R.act, _R.number, _R.at)
    .where(_R.subject_id.is_not(None), _R.act.not_in((STOPPED, RESUMED)))
    .order_by(_R.at, _R.id)
)
_ALL = select(_C.subject_id, _C.purpose, _C.state, _C.number)
_RECOUNT = select(_C.purpose, func.sum(case((_C.state == GIVEN, 1), else_=0))).group_by(_C.purpose)
_COUNTED = select(_N.purpose, func.sum(_N.n)).group_by(_N.purpose)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a purpose stands for one subject today."""

    purpose: str
    state: str
    number: str
    version: str
    since: datetime
    valid_until: date | None
    written: str = (
        NONE  # the state as the row has it: a last day that passed shows before the caretaker writes it
    )

    @property
    def given(self) -> bool:
        """In force today."""
        return self.state in (GIVEN, ENDING)

    @property
    def stands(self) -> bool:
        """In force, or paused until the person decides: there is something to take back."""
        return self.given or self.state == SUSPENDED


@dataclass(frozen=True, slots=True)
class Record:
    """One row of evidence, as receipts and confirmations quote it."""

    id: int
    number: str
    act: str
    purpose: str
    version: str
    digest: str
    locale: str
    at: datetime
    valid_until: date | None
    due: date | None
    cancelled: int
    head: str


def standing(visit: Visit) -> dict[str, Standing]:
    """Every purpose this subject ever decided on, as it stands today; a last day that passed is the end."""
    if visit.subject is None:
        return {}
    today = visit.today
    found: dict[str, Standing] = {}
    for row in visit.all(_OF, subject=visit.subject.id):
        lives = row.state in (GIVEN, ENDING, SUSPENDED)
        ended = lives and row.valid_until is not None and row.valid_until < today
        found[row.purpose] = Standing(
            row.purpose,
            EXPIRED if ended else row.state,
            row.number,
            row.version,
            row.since,
            row.valid_until,
            row.state,
        )
    return found


def given(visit: Visit) -> list[str]:
    """The purposes in force for this subject today."""
    return [code for code, known in standing(visit).items() if known.given]


def undecided(visit: Visit) -> list[str]:
    """The purposes in force today, and those that are paused until the person decides."""
    return [code for code, known in standing(visit).items() if known.stands]


def record(
    visit: Visit,
    act: str,
    purpose: str,
    *,
    number: str,
    document: Document | None = None,
    locale: str = "",
    valid_until: date | None = None,
    due: date | None = None,
    cancelled: int = 0,
    receipt: bool = True,
) -> int:
    """Add one row of evidence, its ledger entry and (unless another row of the same number has it) its receipt."""
    made = numbers.row_id()
    code = numbers.receipt_code(visit.desk.receipt_key, made)
    visit.add(
        ConsentRecord, id=made, subject_id=visit.known.id, number=number, act=act, purpose=purpose,
        version=document.version if document else "", digest=document.digest if document else "",
        locale=locale or visit.locale, door=visit.door, evidence=visit.evidence_hash(), at=visit.at,
        valid_until=valid_until, due=due, cancelled=cancelled, receipt=fingerprint(code), head=ledger.head(visit),
    )  # fmt: skip
    ledger.note(visit, ledger.RECORDED, f"{act} {purpose}", number)
    if visit.known.state != subjects.CLOSED and purpose != DESK and act != SUSPENDED:  # silence is no act
        _prolong(visit)
    if receipt:
        receipts.promise(visit, made, number)
    return made


def _prolong(visit: Visit) -> None:
    """The desk consent counts from the last act where its term says so."""
    term = visit.operator.pairs[DESK].term
    if term.counted_from == "last_act":
        visit.run(_PROLONG, subject=visit.known.id, until=term.valid_until(visit.today))


def _set(visit: Visit, subject_id: int, known: str, now: Standing) -> None:
    visit.run(
        _SET, subject_id=subject_id, purpose=now.purpose, state=now.state, number=now.number, version=now.version,
        since=now.since, valid_until=now.valid_until,
    )  # fmt: skip
    change = (now.state == GIVEN) - (known == GIVEN)
    if change:
        visit.run(_COUNT, purpose=now.purpose, slot=subject_id % SLOTS, n=change)


def give(visit: Visit, document: Document) -> str:
    """Record the consent a person gave to this very document; returns its number.

    The caller has compared the pressed hash with the document (T-CHAT-02) and seen to it that all data are proved.
    """
    pair = visit.operator.pairs[document.name]
    new = visit.subject is None
    if new or (visit.known.state == subjects.CLOSED and document.name == DESK):
        subjects.welcome(visit, document.locale)
    subjects.free(visit)
    before = None if new else standing(visit).get(document.name)
    number = numbers.number(numbers.CONSENT)
    until = pair.term.valid_until(visit.today)
    record(
        visit, GIVEN, document.name, number=number, document=document, locale=document.locale, valid_until=until
    )  # fmt: skip
    _set(
        visit, visit.known.id, before.written if before else NONE,
        Standing(document.name, GIVEN, number, document.version, visit.at, until),
    )  # fmt: skip
    return number


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A consent that was given outside the desk: whose, for what, on which day, and the operator's evidence of it."""

    subject_id: int
    pseudonym: str
    purpose: str
    version: str  # of the text agreed to, where it was one of ours, and its hash; else empty
    digest: str
    locale: str
    at: datetime
    until: date
    mark: bytes  # keyed hash of what was brought: the same consent is not taken twice
    evidence: str


def bring(visit: Visit, given: Sequence[Elsewhere], actor: str) -> None:
    """Record consents given elsewhere, each as of its own day; of people who never decided on that purpose here.

    Raises IntegrityError where one of them did, so that nothing is ever raised: then none of them is kept.
    """
    records, states, told = [], [], []
    counts: dict[tuple[str, int], int] = {}
    for each in given:
        made, number = numbers.row_id(), numbers.number(numbers.CONSENT)
        records.append({
            "id": made, "subject_id": each.subject_id, "number": number, "act": GIVEN, "purpose": each.purpose,
            "version": each.version, "digest": each.digest, "locale": each.locale, "door": visit.door, "evidence": each.mark,
            "source": visit.desk.vault.seal("consent_records", "source", made, each.evidence), "at": each.at,
            "valid_until": each.until, "due": None, "cancelled": 0, "head": ledger.head(visit),
            "receipt": fingerprint(numbers.receipt_code(visit.desk.receipt_key, made)),
        })  # fmt: skip
        states.append({
            "subject_id": each.subject_id, "purpose": each.purpose, "state": GIVEN, "number": number,
            "version": each.version, "since": each.at, "valid_until": each.until,
        })  # fmt: skip
        told.append((each.pseudonym, ledger.RECORDED, f"{GIVEN} {each.purpose}", number))
        slot = each.purpose, each.subject_id % SLOTS
        counts[slot] = counts.get(slot, 0) + 1
    visit.add_each(ConsentRecord, records)
    visit.add_each(Consent, states)
    ledger.note_each(visit, told, actor)
    for (purpose, slot_of), n in sorted(counts.items()):
        visit.run(_COUNT, purpose=purpose, slot=slot_of, n=n)


def withdraw(visit: Visit, purpose: str) -> str:
    """Take one consent back, at once: its number. What was prepared under it is cancelled; staff get the date."""
    number = numbers.number(numbers.CONSENT)
    _withdraw(visit, (purpose,), number, WITHDRAWN)
    return number


def revoke(visit: Visit, *, close: bool) -> str:
    """Take everything back under one number; `close` ends the chat too, else the desk consent ends with the answer."""
    number = numbers.number(numbers.CONSENT)
    codes = [code for code in undecided(visit) if code != DESK]
    if close:
        _withdraw(visit, (*codes, DESK), number, WITHDRAWN)
        return number
    _withdraw(visit, codes, number, WITHDRAWN)
    desk = standing(visit).get(DESK)
    if desk is not None and desk.given:
        due = revocation_due(visit)
        record(visit, ENDING, DESK, number=number, valid_until=due, due=due, receipt=not codes)
        if not codes:
            revocations.begin(visit, number, (DESK,))
        _set(
            visit,
            visit.known.id,
            desk.written,
            Standing(DESK, ENDING, desk.number, desk.version, desk.since, due),
        )
    return number


def end(visit: Visit, *, desk: bool = False) -> int:
    """End every purpose because the data are to go, the desk's own (`desk`) when they do go; how many.

    No receipts and no letter to staff: the certificate, or the refusal, says what became of all of it.
    """
    number = numbers.number(numbers.CONSENT)
    ended = [known for known in standing(visit).values() if known.stands and (desk or known.purpose != DESK)]
    for known in ended:
        cancelled = outbox.cancel_purpose(visit, known.purpose)
        record(visit, WITHDRAWN, known.purpose, number=number, cancelled=cancelled, receipt=False)
        now = Standing(known.purpose, WITHDRAWN, number, known.version, visit.at, None)
        _set(visit, visit.known.id, known.written, now)
    return len(ended)


def _close(visit: Visit) -> None:
    """The chat closes with its consent: open requests go on by letter to a proved mailbox, or end here."""
    subjects.close(visit)
    by_letter = subjects.proved_email(visit) is not None
    for each in cases.all_in_hand(visit):
        if by_letter:
            cases.answer_by(visit, each, EMAIL)
        elif each.kind not in revocations.GO_ON:
            cases.act(visit, each, cases.WITHDRAWN, to=cases.WITHDRAWN, actor=staff.DESK)
            handoffs.send(visit, each, handoffs.TAKEN_BACK)


@decisions.effect(cases.REVOCATION, cases.ACCEPTED)
@decisions.effect(cases.REVOCATION, cases.REFUSED)
def _answered(visit: Visit, case: Case, actor: Actor) -> None:
    """The answer has come: a desk consent that was only waiting for it ends (SCREENS, `revoke`)."""
    desk = standing(visit).get(DESK)
    if desk is None or desk.state != ENDING or desk.valid_until is None or not visit.known.reachable:
        return
    # Not in this very moment, or nobody could read the answer here: the day after it.
    until = min(desk.valid_until, visit.today + timedelta(days=1))
    _set(visit, visit.known.id, desk.written, replace(desk, valid_until=until, written=NONE))


def revocation_due(visit: Visit) -> date:
    """The last day of the term after a revocation (15 working days in the sample pack; Law art. 8 p. 7)."""
    return visit.desk.calendar.due(visit.today, visit.operator.policy_pack.terms.revocation).last


def _withdraw(visit: Visit, purposes: Sequence[str], number: str, act: str) -> None:
    due = revocation_due(visit)
    known = standing(visit)
    first = True
    for purpose in purposes:
        cancelled = outbox.cancel_purpose(visit, purpose)
        before = known.get(purpose)
        record(visit, act, purpose, number=number, due=due, cancelled=cancelled, receipt=first)
        state = Standing(purpose, act, number, before.version if before else "", visit.at, None)
        _set(visit, visit.known.id, before.written if before else NONE, state)
        first = False
        if purpose == DESK:
            _close(visit)
    if not first:
        revocations.begin(visit, number, purposes)


def withdraw_mailbox(visit: Visit, found: bytes) -> str:
    """End every consent to letters of those who proved this mailbox, by whoever just proved it; empty: there was none."""
    number = numbers.number(numbers.CONSENT)
    touched = ""
    for subject in subjects.with_mailbox(visit, found):
        theirs = replace(visit, subject=subject, locale=subject.locale)
        pairs = visit.operator.pairs
        codes = [code for code in undecided(theirs) if code in pairs and pairs[code].channel == EMAIL]
        if codes:
            _withdraw(theirs, codes, number, WITHDRAWN)
            touched = number
    return touched


def records(visit: Visit, number: str) -> list[Record]:
    """The subject's own rows under a number; nobody else's, and nothing when there are none."""
    if visit.subject is None:
        return []
    return [Record(*row) for row in visit.all(_RECORDS, subject=visit.subject.id, number=number)]


def given_record(visit: Visit, purpose: str) -> tuple[int, str] | None:
    """The record (id, number) by which a purpose was given last."""
    row = visit.one(_GIVEN_RECORD, subject=visit.known.id, purpose=purpose)
    return (row.id, row.number) if row is not None else None


def given_at(visit: Visit, purpose: str) -> datetime | None:
    """When the person themselves gave a purpose last, whatever became of it since."""
    row = visit.one(_GIVEN_RECORD, subject=visit.known.id, purpose=purpose)
    return row.at if row is not None else None


def how_many(visit: Visit, purpose: str) -> int:
    """How many people have given this purpose, from the counter kept beside the records."""
    row = visit.one(_HOW_MANY, purpose=purpose)
    return int(row[0]) if row is not None else 0


def ended(visit: Visit, most: int) -> list[tuple[int, str]]:
    """Consents whose last day has passed and that still stand as given (the caretaker ends them)."""
    return [(row.subject_id, row.purpose) for row in visit.all(_ENDED, today=visit.today, most=most)]


def expire(visit: Visit, purpose: str) -> str:
    """End a consent whose last day has passed, with its own record and receipt; the chat closes with the desk's.

    Empty: it was given anew since it was found.
    """
    before = standing(visit)[purpose]
    if before.stands:
        return ""
    number = numbers.number(numbers.CONSENT)
    outbox.cancel_purpose(visit, purpose)
    record(visit, EXPIRED, purpose, number=number)
    after = Standing(purpose, EXPIRED, number, before.version, visit.at, None)
    _set(visit, visit.known.id, before.written, after)
    if purpose == DESK:
        _close(visit)
    return number


def suspend(visit: Visit, purpose: str) -> str:
    """Pause one consent because its text has changed and the person said nothing to it: the number of the record and receipt.

    Nothing is used for this purpose from now on; its last day stays. A new «I agree» restores it. Empty: it is not in force.
    """
    before = standing(visit).get(purpose)
    if before is None or before.state != GIVEN:
        return ""
    number = numbers.number(numbers.CONSENT)
    cancelled = outbox.cancel_purpose(visit, purpose)
    record(visit, SUSPENDED, purpose, number=number, valid_until=before.valid_until, cancelled=cancelled)
    _set(
        visit, visit.known.id, before.written, replace(before, state=SUSPENDED, number=number, since=visit.at)
    )
    if purpose == DESK:
        _close(visit)
    return number


def differences(visit: Visit) -> list[str]:
    """Where today's states or the counters differ from the fold of the records: always an empty list (I4)."""
    folded = {(row.subject_id, row.purpose): row.act for row in visit.all(_FOLD)}
    stated = {(row.subject_id, row.purpose): row.state for row in visit.all(_ALL)}
    faults = [f"{purpose}: {folded.get((who, purpose))} in the records, {stated.get((who, purpose))} today"
              for who, purpose in folded.keys() | stated.keys()
              if folded.get((who, purpose)) != stated.get((who, purpose))]  # fmt: skip
    recount = {row[0]: int(row[1]) for row in visit.all(_RECOUNT)}
    counted = {row[0]: int(row[1]) for row in visit.all(_COUNTED)}
    for purpose in recount.keys() | counted.keys():
        if recount.get(purpose, 0) != counted.get(purpose, 0):
            faults.append(f"{purpose}: {recount.get(purpose, 0)} given, {counted.get(purpose, 0)} counted")
    return faults
