"""Who the desk knows: subjects, the addresses they proved, and the few fields a purpose needs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, union_all, update

from kelisim.desk import holds, identity, ledger, numbers
from kelisim.desk.errors import NotWhileBlocked, NotWhileErasing
from kelisim.desk.identity import Email, Name
from kelisim.desk.visit import EMAIL, PHONE, TELEGRAM, Desk, Found, Subject, Visit, Visitor
from kelisim.store.models import Case, ConsentRecord, Contact, ProfileField
from kelisim.store.models import Subject as Row

ACTIVE, BLOCKED, ERASING, CLOSED = "active", "blocked", "erasing", "closed"
MERGED = "merged"  # joined to another record, which has the data: nothing goes out under this one

_S, _C, _P = Row.__table__.c, Contact.__table__.c, ProfileField.__table__.c
_COLUMNS = (
    _S.id, _S.ref, _S.locale, _S.state, _S.pseudonym, _S.screen, _S.draft, _S.asked_at,
    _C.id.label("contact_id"), _C.reachable, _C.resumed_at,
)  # fmt: skip
_FIND = (
    select(*_COLUMNS)
    .join_from(Contact, Row, _C.subject_id == _S.id)
    .where(_C.channel == TELEGRAM, _C.hash == bindparam("hash"))
)  # fmt: skip
_OF_MAILBOX = (
    select(*_COLUMNS)
    .join_from(Contact, Row, _C.subject_id == _S.id)
    .where(_C.channel == bindparam("by"), _C.hash == bindparam("hash"), _C.confirmed_at.is_not(None))
    .order_by(_S.id)
)  # fmt: skip
_BY_ID = (
    select(*_COLUMNS)
    .join_from(Row, Contact, (_C.subject_id == _S.id) & (_C.channel == TELEGRAM), isouter=True)
    .where(_S.id == bindparam("subject"))
)  # fmt: skip
_CONTACTS = (
    select(_C.id, _C.channel, _C.hash, _C.address, _C.confirmed_at, _C.reachable, _C.resumed_at, _C.since)
    .where(_C.subject_id == bindparam("subject"))
    .order_by(_C.since, _C.id)
)
_PROFILE = select(_P.id, _P.field, _P.value).where(_P.subject_id == bindparam("subject"))
_LOCALE = update(Row).where(_S.id == bindparam("subject")).values(locale=bindparam("spoken"))
_STATE = update(Row).where(_S.id == bindparam("subject")).values(state=bindparam("now"))
_REACH = update(Contact).where(_C.id == bindparam("contact")).values(reachable=bindparam("now"))
_REACH_HASH = (
    update(Contact)
    .where(_C.channel == bindparam("by"), _C.hash == bindparam("found"))
    .values(reachable=bindparam("now"))
)
_RESUME = (
    update(Contact)
    .where(_C.subject_id == bindparam("subject"), _C.channel == bindparam("by"), _C.confirmed_at.is_not(None))
    .values(resumed_at=bindparam("now"))
)
_CONFIRM = (
    update(Contact)
    .where(_C.id == bindparam("contact"))
    .values(
        confirmed_at=func.coalesce(_C.confirmed_at, bindparam("now", type_=_C.confirmed_at.type)),
        reachable=True,
    )
)  # proved again is proved since the first time: a file need not wait anew
_UNPROVE = update(Contact).where(_C.id == bindparam("contact")).values(confirmed_at=None)
_RESUMED = update(Contact).where(_C.id == bindparam("contact")).values(resumed_at=bindparam("then"))
_DROP = delete(Contact).where(_C.id == bindparam("contact"), _C.subject_id == bindparam("subject"))
_DROP_FIELD = delete(ProfileField).where(
    _P.subject_id == bindparam("subject"), _P.field == bindparam("named")
)
_FIELD = (
    update(ProfileField)
    .where(_P.id == bindparam("row"))
    .values(value=bindparam("sealed"), since=bindparam("now"))
)

_BY_NUMBER = union_all(
    select(ConsentRecord.subject_id).where(ConsentRecord.number == bindparam("number")),
    select(Case.subject_id).where(Case.number == bindparam("number")),
)


@dataclass(frozen=True, slots=True)
class Address:
    """A contact with its address opened for this visit."""

    id: int
    channel: str
    hash: bytes
    value: str
    confirmed_at: datetime | None
    reachable: bool
    resumed_at: datetime | None
    since: datetime


def visitor(desk: Desk, channel: str, address: str) -> Visitor:
    """Someone at an address, known by its keyed hash."""
    return Visitor(channel, address, desk.vault.find(channel, address))


def own_visit(desk: Desk, connection: Connection, door: str = "desk") -> Visit:
    """A visit of the house itself: nobody stands at the door."""
    return Visit(connection, desk, door, "", desk.clock.now(), "kk", visitor(desk, "", ""))


def recognise(visit: Visit) -> Subject | None:
    """The subject whose Telegram chat this is, or nothing; the visit remembers."""
    row = visit.one(_FIND, hash=visit.visitor.hash)
    visit.subject = Subject(*row) if row is not None else None
    return visit.subject


def with_mailbox(visit: Visit, found: bytes) -> list[Subject]:
    """Everyone who proved this mailbox: it may be shared."""
    return [Subject(*row) for row in visit.all(_OF_MAILBOX, by=EMAIL, hash=found)]


def by_id(visit: Visit, subject_id: int) -> Subject | None:
    """A subject by row id, for work the desk does by itself."""
    row = visit.one(_BY_ID, subject=subject_id)
    return Subject(*row) if row is not None else None


def by_number(visit: Visit, number: str) -> Subject | None:
    """The subject a consent, a stop or a request of this number is of, for staff who are given the number."""
    for row in visit.all(_BY_NUMBER, number=number):
        if row[0] is not None:
            return by_id(visit, row[0])
    return None


def free(visit: Visit) -> None:
    """Raise `NotWhileBlocked` when the subject's data are frozen, `NotWhileErasing` when they are about to go."""
    if visit.known.state == ERASING:
        raise NotWhileErasing
    if not holds.may_change(visit):
        raise NotWhileBlocked


def welcome(visit: Visit, locale: str) -> Subject:
    """Begin to know the person at the door, by the act of their desk consent."""
    subject = visit.subject
    if subject is not None:
        set_state(visit, ACTIVE)
        speak(visit, locale)
        return subject
    subject = _begin(visit, locale)
    subject.contact_id = _keep_contact(
        visit, visit.visitor.channel, visit.visitor.address, visit.visitor.hash, True
    )
    ledger.note(visit, ledger.COLLECTED, visit.visitor.channel)
    return subject


def admit(visit: Visit, email: Email, *, proved: bool) -> Subject:
    """Begin to know who wrote a letter, by that letter alone: their request is the ground, and no consent is in force.

    The mailbox goes when no open request needs it any more (`needs`).
    """
    subject = _begin(visit, visit.locale)
    found = visit.desk.vault.find(EMAIL, email.lookup)
    subject.contact_id = _keep_contact(visit, EMAIL, email.address, found, proved, visit.door)
    ledger.note(visit, ledger.COLLECTED, EMAIL)
    return subject


def _begin(visit: Visit, locale: str) -> Subject:
    pseudonym = secrets.token_hex(12)
    ref = secrets.token_hex(6)
    made = visit.add(
        Row, ref=ref, locale=locale, state=ACTIVE, pseudonym=pseudonym, screen="", draft=None, asked_at=None,
        since=visit.at,
    )  # fmt: skip
    subject = Subject(made, ref, locale, ACTIVE, pseudonym, "", None, None, 0, True, None)
    visit.subject = subject
    return subject


def _keep_contact(
    visit: Visit, channel: str, address: str, found: bytes, proved: bool, door: str = TELEGRAM
) -> int:
    made = numbers.row_id()
    visit.add(
        Contact, id=made, subject_id=visit.known.id, channel=channel, hash=found,
        address=visit.desk.vault.seal("contacts", "address", made, address),
        confirmed_at=visit.at if proved else None, door=door, since=visit.at,
    )  # fmt: skip
    return made


def contacts(visit: Visit, channel: str | None = None) -> list[Found]:
    """The subject's contacts as they are kept, by hash; of one channel when it is named. A damaged seal hurts nobody here."""
    rows = visit.all(_CONTACTS, subject=visit.known.id)
    return [row for row in rows if channel is None or row.channel == channel]


def addresses(visit: Visit, channel: str | None = None) -> list[Address]:
    """The subject's contacts, opened; of one channel when it is named."""
    unseal = visit.desk.vault.unseal
    return [
        Address(row.id, row.channel, row.hash, unseal("contacts", "address", row.id, row.address), *row[4:])
        for row in contacts(visit, channel)
    ]


def proved_email(visit: Visit) -> Address | None:
    """The mailbox the subject proved, if there is one."""
    return next((found for found in addresses(visit, EMAIL) if found.confirmed_at), None)


def lookup(address: str) -> str:
    """The form of an address by which it is looked up."""
    return identity.email(address).lookup


def keep_email(visit: Visit, email: Email) -> None:
    """Keep a mailbox as proved: its code came back from this chat a moment ago."""
    found = visit.desk.vault.find(EMAIL, email.lookup)
    for known in contacts(visit, EMAIL):
        if known.hash == found:
            visit.run(_CONFIRM, contact=known.id, now=visit.at)
            return
    _keep_contact(visit, EMAIL, email.address, found, True)
    ledger.note(visit, ledger.COLLECTED, EMAIL)


def replace_contact(
    visit: Visit, old: Address | None, channel: str, address: str, found: bytes, number: str
) -> None:
    """Put a proved contact in the place of another, which is destroyed and not kept beside.

    What the person resumed on the old one stays resumed; a stop of the new address itself goes on biting (see `gates`).
    """
    known = next((one for one in contacts(visit, channel) if one.hash == found), None)
    if known is None:
        made = _keep_contact(visit, channel, address, found, True)
        if old is not None and old.resumed_at is not None:
            set_resumed(visit, made, old.resumed_at)
    else:
        visit.run(_CONFIRM, contact=known.id, now=visit.at)
    ledger.note(visit, ledger.UPDATED if old is not None else ledger.COLLECTED, channel, number)
    if old is not None and old.hash != found:
        visit.run(_DROP, contact=old.id, subject=visit.known.id)
        ledger.note(visit, ledger.DESTROYED, channel, number)


def put_back(visit: Visit, channel: str, address: str, proved: datetime | None) -> int:
    """Give a subject back an address that had been joined to another record; its row."""
    found = visit.desk.vault.find(channel, lookup(address) if channel == EMAIL else address)
    made = _keep_contact(visit, channel, address, found, False)
    if proved is not None:
        visit.run(_CONFIRM, contact=made, now=proved)
    return made


def set_resumed(visit: Visit, contact: int, then: datetime | None) -> None:
    """Stops older than `then` are lifted for this contact; None lifts none."""
    visit.run(_RESUMED, contact=contact, then=then)


def unprove(visit: Visit, channel: str, found: bytes) -> bool:
    """An address no longer counts as the subject's own; whether it did."""
    known = next((one for one in contacts(visit, channel) if one.hash == found and one.confirmed_at), None)
    return known is not None and visit.run(_UNPROVE, contact=known.id) > 0


def keep_phone(visit: Visit, number: str, proved: bool) -> None:
    """Keep a phone; proved means it came as Telegram's own contact of this person."""
    found = visit.desk.vault.find(PHONE, number)
    if any(known.hash == found for known in contacts(visit, PHONE)):
        return
    _keep_contact(visit, PHONE, number, found, proved)
    ledger.note(visit, ledger.COLLECTED, PHONE)


def profile(visit: Visit) -> dict[str, str]:
    """The fields on record, opened."""
    unseal = visit.desk.vault.unseal
    return {
        row.field: unseal("profile", "value", row.id, row.value)
        for row in visit.all(_PROFILE, subject=visit.known.id)
    }


def keep_name(visit: Visit, name: Name) -> None:
    """Keep surname, name and patronymic as the person gave them."""
    for field, value in (("surname", name.surname), ("name", name.name), ("patronymic", name.patronymic)):
        if value:
            keep_field(visit, field, value)


def drop_field(visit: Visit, field: str, number: str, actor: str) -> bool:
    """Destroy one field; whether there was one."""
    if not visit.run(_DROP_FIELD, subject=visit.known.id, named=field):
        return False
    ledger.note(visit, ledger.DESTROYED, field, number, actor)
    return True


def keep_field(visit: Visit, field: str, value: str, number: str = "", actor: str = "subject") -> None:
    """Keep one field, new or changed; `actor` is who decided it."""
    vault = visit.desk.vault
    rows = {row.field: row.id for row in visit.all(_PROFILE, subject=visit.known.id)}
    if field in rows:
        sealed = vault.seal("profile", "value", rows[field], value)
        visit.run(_FIELD, row=rows[field], sealed=sealed, now=visit.at)
        ledger.note(visit, ledger.UPDATED, field, number, actor)
        return
    made = numbers.row_id()
    visit.add(
        ProfileField, id=made, subject_id=visit.known.id, field=field,
        value=vault.seal("profile", "value", made, value), door=visit.door, since=visit.at,
    )  # fmt: skip
    ledger.note(visit, ledger.COLLECTED, field, number, actor)


def speak(visit: Visit, locale: str) -> None:
    """Speak this language with the subject from now on."""
    visit.locale = locale
    if visit.subject is not None and visit.subject.locale != locale:
        visit.run(_LOCALE, subject=visit.subject.id, spoken=locale)
        visit.subject.locale = locale


def set_state(visit: Visit, state: str) -> None:
    """Move the subject to another state."""
    if visit.known.state != state:
        visit.run(_STATE, subject=visit.known.id, now=state)
        visit.known.state = state


def close(visit: Visit) -> None:
    """The chat closes with its own consent; blocked data stay blocked, or closing would free them (I7)."""
    if visit.known.state not in holds.FROZEN:
        set_state(visit, CLOSED)


def reached(visit: Visit) -> None:
    """The person is here again: the chat can be written to."""
    if visit.subject is not None and not visit.subject.reachable:
        visit.run(_REACH, contact=visit.subject.contact_id, now=True)
        visit.subject.reachable = True


def unreachable(visit: Visit, channel: str, found: bytes) -> None:
    """The address takes nothing any more: reachability changes, consents do not (PEERS pain 17)."""
    visit.run(_REACH_HASH, by=channel, found=found, now=False)


def resume(visit: Visit, channel: str) -> int:
    """Lift, for this subject alone, the stops on their proved addresses of a channel; how many addresses."""
    touched = visit.run(_RESUME, subject=visit.known.id, by=channel, now=visit.at)
    if channel == TELEGRAM:
        visit.known.resumed_at = visit.at
    return touched
