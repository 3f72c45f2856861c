"""Deletions carried out: all goes in one transaction; the certificate follows when the files let go too (T-STORE-03)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Boolean, bindparam, delete, func, select, update

from kelisim.desk import (
    answers,
    cases,
    certificates,
    consents,
    destruction,
    erasure,
    files,
    handoffs,
    holds,
    ledger,
    numbers,
    outbox,
    previews,
    quiet,
    staff,
    subjects,
    suppressions,
)
from kelisim.desk.cases import Case
from kelisim.desk.erasure import ASKED, CERTIFIED, COLUMNS, DESTROYED, STAGE, Erasure
from kelisim.desk.holds import Hold
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import Contact, OutboxMessage
from kelisim.store.models import Erasure as Row

PATIENCE = timedelta(hours=1)  # for answers on their way: what staff decided is told before the address goes
SCREEN = "erase.certificate"
FAR = timedelta(days=3650)  # a certificate waits for the files of the store, not for a date
DISPUTES = 13  # as many numbers as the row of a destruction can name
AFTER = timedelta(seconds=15)  # the documents first: the words say that they are the last message
LIFE = timedelta(hours=24)  # of the last address, once its message may go

_E, _O, _K = Row.__table__.c, OutboxMessage.__table__.c, Contact.__table__.c
_BY_ID = select(*COLUMNS).where(_E.id == bindparam("row"))
_READY = (
    select(_E.id, _K.hash)
    .join_from(Row, Contact, (_K.subject_id == _E.subject_id) & (_K.channel == TELEGRAM), isouter=True)
    .where(_E.stage == ASKED, _E.not_before <= bindparam("now"))
    .order_by(_E.not_before, _E.id)
    .limit(bindparam("most"))
)
_WITHOUT_PAPER = select(func.count()).where(_E.stage == DESTROYED)
_TO_CERTIFY = select(_E.id, _E.number).where(_E.stage == DESTROYED, _E.destroyed_at <= bindparam("before"))
_STAYING = select(_E.id, _E.kept).where(_E.kept.contains(f"{numbers.CASE}-"))
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
        _O.state.in_((outbox.WAITING, outbox.CLAIMED)), _O.due <= bindparam("soon"),
    )
    .limit(1)
)  # fmt: skip
_NAMELESS = select(_O.id, _O.channel, _O.address).where(
    _O.subject_id.is_(None), _O.address.is_not(None), _O.kind.in_(("code", "code-known", "stop-notice"))
)
_DROP = delete(OutboxMessage).where(_O.id == bindparam("row"))


def ready(visit: Visit, most: int) -> list[tuple[int, int | None]]:
    """Decisions whose day of regret is over: the row, and the turn in which visits of that person are served."""
    found = visit.all(_READY, now=visit.at, most=most)
    return [(row.id, int.from_bytes(row.hash[:8], "big", signed=True) if row.hash else None) for row in found]


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
    soon = found.not_before + PATIENCE  # what waits for a later day is not waited for
    if visit.at < soon and visit.one(_ON_ITS_WAY, subject=visit.subject.id, soon=soon) is not None:
        return False
    _destroy(visit, found)
    return True


def _held_back(visit: Visit, found: Erasure, hold: Hold) -> bool:
    """A hold was placed meanwhile: the person is told what keeps the data."""
    erasure.undo(visit, found)
    case = cases.find(visit, found.case_number)
    if case is not None and case.in_hand:
        answers.tell(visit, erasure.refuse(visit, case, hold), "svc.refused")
    return False


def _destroy(visit: Visit, found: Erasure) -> bool:
    stays = previews.must_stay(visit)[:DISPUTES]
    codes = [*certificates.NAMELESS, *sorted(each.number for each in stays if each.number)]
    until = visit.today + timedelta(days=visit.operator.retention.backups_days)
    if not visit.run(_GONE, row=found.id, now=visit.at, codes=",".join(codes), until=until):
        return False  # kept in this very moment
    kept = {cases.known(visit, each.number).id: each.number for each in stays if each.number}
    consents.end(visit, desk=True)  # or the counts kept beside the rows would go wrong
    ended = _end_requests(visit, found, set(kept.values()))
    addresses = subjects.addresses(visit)
    ledger.note(visit, ledger.DESTROYED, "all data", found.number, "desk")
    ledger.note(visit, ledger.ANONYMISED, "records and requests", found.number, "desk")
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
    return True


def _end_requests(visit: Visit, found: Erasure, stays: set[str]) -> list[Case]:
    """End every request in hand but those that must stay, those of letters too; all that staff were ever written to about, to
    be told of it."""
    written = []
    theirs = [replace(visit, subject=subjects.by_id(visit, writer)) for writer in destruction.writers(visit)]
    everything = [
        case for each in (visit, *theirs) for case in cases.of_subject(each, most=cases.how_many(each))
    ]
    for case in everything:
        if case.number in stays:
            continue
        if case.in_hand:
            step = cases.DONE if case.number == found.case_number else cases.WITHDRAWN
            case = cases.act(visit, case, step, to=step, actor=staff.DESK)
        if case.assignee:
            written.append(case)
    return written


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
        visit.run(STAGE, row=row.id, was=DESTROYED, then=CERTIFIED)
        for words, then in ((False, visit.at), (True, visit.at + AFTER)):
            visit.run(_RELEASE, about=row.number, words=words, now=then, end=visit.at + LIFE)
    return len(found)


def keeps(visit: Visit) -> bool:
    """Whether words of people who are gone stay because a dispute is not decided."""
    return visit.one(_STAYING) is not None


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
