"""Deleting for good: the person's own decision, undone within a day, then carried out and certified (DESIGN.md 8.16).

Use stops at once. The caretaker destroys, waits until the store's files have let go of it too, and only then is the
certificate sent, to the one address left: the sealed one of its own message. A hold keeps everything, an open dispute keeps
its own records; nothing else brings the person back but a fresh act of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Boolean, bindparam, delete, func, select, update

from kelisim.desk import (
    alerts,
    answers,
    attachments,
    blocking,
    cases,
    certificates,
    consents,
    decisions,
    destruction,
    dialogue,
    files,
    handoffs,
    holds,
    ledger,
    links,
    numbers,
    outbox,
    previews,
    quiet,
    staff,
    subjects,
    suppressions,
)
from kelisim.desk.cases import Case
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import Erasure as Row
from kelisim.store.models import OutboxMessage

ASKED, KEPT, DESTROYED, CERTIFIED = "asked", "kept", "destroyed", "certified"
REGRET = timedelta(hours=24)  # in which «Keep my data» undoes it
PATIENCE = timedelta(hours=1)  # for answers on their way: what staff decided is told before the address goes
SCREEN = "erase.certificate"
FAR = timedelta(days=3650)  # a certificate waits for the files of the store, not for a date
AFTER = timedelta(seconds=15)  # the documents first: the words say that they are the last message
LIFE = timedelta(hours=24)  # of the last address, once its message may go

_E, _O = Row.__table__.c, OutboxMessage.__table__.c
_COLUMNS = (
    _E.id, _E.number, _E.case_number, _E.subject_id, _E.stage, _E.begun_at, _E.not_before, _E.due,
)  # fmt: skip
_OF = select(*_COLUMNS).where(_E.subject_id == bindparam("subject")).order_by(_E.begun_at.desc()).limit(1)
_BY_ID = select(*_COLUMNS).where(_E.id == bindparam("row"))
_READY = (
    select(_E.id)
    .where(_E.stage == ASKED, _E.not_before <= bindparam("now"))
    .order_by(_E.not_before, _E.id)
    .limit(bindparam("most"))
)
_WITHOUT_PAPER = select(func.count()).where(_E.stage == DESTROYED)
_TO_CERTIFY = select(_E.id, _E.number).where(_E.stage == DESTROYED, _E.destroyed_at <= bindparam("before"))
_STAYING = select(_E.id, _E.kept).where(_E.kept.contains(f"{numbers.CASE}-"))
_STAGE = (
    update(Row).where(_E.id == bindparam("row"), _E.stage == bindparam("was")).values(stage=bindparam("then"))
)
_GONE = (
    update(Row)
    .where(_E.id == bindparam("row"), _E.stage == ASKED)
    .values(
        stage=DESTROYED, subject_id=None, destroyed_at=bindparam("now"), backups_until=bindparam("until"),
        kept=bindparam("codes"),
    )
)  # fmt: skip
_KEPT = update(Row).where(_E.id == bindparam("row")).values(kept=bindparam("codes"))
_RELEASE = (
    update(OutboxMessage)
    .where(
        _O.number == bindparam("about"),
        _O.state == outbox.WAITING,
        (_O.kind == answers.ANSWER) == bindparam("words", type_=Boolean),
    )
    .values(due=bindparam("now"), not_after=bindparam("end"))
)
_ON_ITS_WAY = (
    select(_O.id)
    .where(
        _O.subject_id == bindparam("subject"), _O.kind.in_(quiet.ANSWERS), _O.purpose == "",
        _O.state.in_((outbox.WAITING, outbox.CLAIMED)),
    )
    .limit(1)
)  # fmt: skip
_NAMELESS = select(_O.id, _O.channel, _O.address).where(
    _O.subject_id.is_(None), _O.address.is_not(None), _O.kind.in_(("code", "code-known", "stop-notice"))
)
_DROP = delete(OutboxMessage).where(_O.id == bindparam("row"))


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

    Every consent ends in this transaction, prepared messages are cancelled, drafts and links are gone. Raises
    NotWhileBlocked and, a second time, NotWhileErasing.
    """
    if visit.known.state in (subjects.BLOCKED, subjects.ERASING):
        subjects.free(visit)
    case = cases.begin(visit, cases.ERASURE)
    held = holds.standing(visit)
    _stop(visit)
    if held:
        consents.end(visit)
        return _refuse(visit, case, held[0])
    assert case.due is not None
    consents.end(visit, due=case.due)
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


def _refuse(visit: Visit, case: Case, hold: holds.Hold) -> Case:
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
    case = cases.find(visit, found.case_number)
    assert case is not None
    if case.in_hand:
        cases.act(visit, case, cases.WITHDRAWN, to=cases.WITHDRAWN)
    _undo(visit, found)
    return found.case_number


def _undo(visit: Visit, found: Erasure) -> None:
    visit.run(_STAGE, row=found.id, was=ASKED, then=KEPT)
    subjects.set_state(visit, subjects.ACTIVE)
    ledger.note(visit, ledger.STORED, "erasure undone", found.case_number)


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
        _undo(visit, found)


@decisions.effect(cases.ERASURE, cases.REFUSED)
def _not_done(visit: Visit, case: Case, actor: Actor) -> None:
    """Staff refuse on a ground of the law: the data stay, use does not come back by itself (P17)."""
    found = standing(visit)
    if found is not None and found.case_number == case.number:
        _undo(visit, found)


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
    consents.end(
        visit, due=visit.desk.calendar.due(visit.today, visit.operator.policy_pack.terms.erasure).last
    )
    _begin(visit, case, timedelta())


def ready(visit: Visit, most: int) -> list[int]:
    """Decisions whose day of regret is over, by row."""
    return [row.id for row in visit.all(_READY, now=visit.at, most=most)]


def carry_out(visit: Visit, row: int) -> bool:
    """Destroy what one decision names, in this transaction; whether it was done (a hold refuses it, an answer is waited for)."""
    known = visit.one(_BY_ID, row=row)
    if known is None or known.stage != ASKED:
        return False
    found = Erasure(*known)
    visit.subject = subjects.by_id(visit, found.subject_id) if found.subject_id is not None else None
    if visit.subject is None or visit.subject.state != subjects.ERASING:
        return False
    visit.locale = visit.subject.locale
    if held := holds.standing(visit):
        return _held_back(visit, found, held[0])
    if (
        visit.at < found.not_before + PATIENCE
        and visit.one(_ON_ITS_WAY, subject=visit.subject.id) is not None
    ):
        return False
    _destroy(visit, found)
    return True


def _held_back(visit: Visit, found: Erasure, hold: holds.Hold) -> bool:
    """A hold was placed meanwhile: the person is told what keeps the data."""
    _undo(visit, found)
    case = cases.find(visit, found.case_number)
    if case is not None and case.in_hand:
        answers.tell(visit, _refuse(visit, case, hold), "svc.refused")
    return False


def _destroy(visit: Visit, found: Erasure) -> None:
    stays = previews.must_stay(visit)
    kept = {cases.known(visit, each.number).id: each.number for each in stays if each.number}
    consents.end(
        visit
    )  # nothing stands that could be: a count that is kept beside the rows must not go wrong
    ended = _end_requests(visit, found, set(kept.values()))
    codes = [*certificates.NAMELESS, *sorted(kept.values())]
    addresses = subjects.addresses(visit)
    ledger.note(visit, ledger.DESTROYED, "all data", found.number, "desk")
    ledger.note(visit, ledger.ANONYMISED, "records and requests", found.number, "desk")
    visit.run(
        _GONE, row=found.id, now=visit.at, codes=",".join(codes)[:200],
        until=visit.today + timedelta(days=visit.operator.retention.backups_days),
    )  # fmt: skip
    last = _last_address(visit, addresses)
    hashes = {known.hash for known in addresses}
    _drop_nameless(visit, addresses)
    destruction.destroy(visit, hashes, kept)
    proved = [(known.hash, known.channel) for known in addresses if known.confirmed_at is not None]
    suppressions.outlive(visit, proved, hashes)
    visit.subject = None
    for case in ended:
        handoffs.write(visit, case, handoffs.GONE, case.assignee)
    _promise(visit, found.number, *last)


def _end_requests(visit: Visit, found: Erasure, stays: set[str]) -> list[Case]:
    """End every request in hand but those that must stay; the ones of which staff must be told."""
    ended = []
    for case in cases.of_subject(visit, most=cases.how_many(visit)):
        if not case.in_hand or case.number in stays:
            continue
        own = case.number == found.case_number
        step = cases.DONE if own else cases.WITHDRAWN
        case = cases.act(visit, case, step, to=step, actor=staff.DESK)
        if case.assignee:
            ended.append(case)
    return ended


def _last_address(visit: Visit, addresses: list[subjects.Address]) -> tuple[str, str]:
    """Channel and address of the certificate: the chat, or the proved mailbox of someone who blocked the bot."""
    proved = [known for known in addresses if known.confirmed_at is not None]
    chat = next((known for known in proved if known.channel == TELEGRAM), None)
    mailbox = next((known for known in proved if known.channel == EMAIL), None)
    best = mailbox if mailbox is not None and (chat is None or not chat.reachable) else chat
    return (best.channel, best.value) if best is not None else ("", "")


def _drop_nameless(visit: Visit, addresses: list[subjects.Address]) -> None:
    """Messages to the person's addresses that name no subject, because they were asked for by an unknown chat."""
    own = {(known.channel, known.value.casefold()) for known in addresses}
    for row in visit.all(_NAMELESS):
        address = visit.desk.vault.unseal("outbox", "address", row.id, row.address)
        if (row.channel, address.casefold()) in own:
            visit.run(_DROP, row=row.id)


def _promise(visit: Visit, number: str, channel: str, address: str) -> None:
    """The certificate, waiting until the store's files have let go; documents first, the last message says it is the last."""
    if not address:
        return
    then = visit.at + FAR
    if channel == EMAIL:
        body = {"what": certificates.FILE, "ref": number, **certificates.letter(visit, number)}
        outbox.post(visit, files.FILE_LETTER, EMAIL, body, address=address, number=number, due=then)
        return
    for part in files.MAKERS[certificates.FILE].parts:
        body = {"what": certificates.FILE, "ref": number, "part": part}
        outbox.post(visit, files.FILE, TELEGRAM, body, address=address, number=number, due=then)
    body = {"screen": SCREEN, "ref": number}
    outbox.post(
        visit, answers.ANSWER, TELEGRAM, body, address=address, number=number, due=then + timedelta(seconds=1)
    )


def waits_for_files(visit: Visit) -> bool:
    """Whether some destruction still waits for the store's files to let go of it."""
    row = visit.one(_WITHOUT_PAPER)
    return row is not None and row[0] > 0


def certify(visit: Visit, before: datetime) -> int:
    """The files let go of everything destroyed until `before`: its certificates may go now; how many."""
    found = visit.all(_TO_CERTIFY, before=before)
    for row in found:
        visit.run(_STAGE, row=row.id, was=DESTROYED, then=CERTIFIED)
        for words, then in ((False, visit.at), (True, visit.at + AFTER)):
            visit.run(_RELEASE, about=row.number, words=words, now=then, end=visit.at + LIFE)
    return len(found)


def let_go(visit: Visit) -> int:
    """Empty the disputes that had to stay and are decided by now (the caretaker's work); how many."""
    done = 0
    for row in visit.all(_STAYING):
        codes = row.kept.split(",")
        over = [code for code in codes if numbers.is_number(code) and not cases.known(visit, code).in_hand]
        for code in over:
            destruction.wipe_case(visit, cases.known(visit, code).id)
            ledger.note(visit, ledger.DESTROYED, "words and files", code, "desk")
        if over:
            visit.run(_KEPT, row=row.id, codes=",".join(code for code in codes if code not in over))
        done += len(over)
    return done
