"""What is kept, table by table. Every column says whether it is about a person, and then why and for how long.

`personal(...)` columns form the register of personal data (`REGISTER`): what access shows, correction changes and
erasure destroys. `plain(...)` columns tell nothing about anyone. A column declared in any other way fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Big = BigInteger().with_variant(
    Integer, "sqlite"
)  # Telegram's ids do not fit 32 bits; SQLite wants INTEGER keys


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite forgets time zones, so the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


@dataclass(frozen=True, slots=True)
class Personal:
    """An entry of the register of personal data: why it is kept, what access shows and what erasure does."""

    why: str
    access: str
    erasure: str


def personal(
    *args: Any, why: str, access: str = "shown", erasure: str = "destroyed", **options: Any
) -> Mapped[Any]:
    """A column about a person; `why`, `access` and `erasure` are its entry in the register."""
    return mapped_column(*args, info={"personal": Personal(why, access, erasure)}, **options)


def plain(*args: Any, **options: Any) -> Mapped[Any]:
    """A column that tells nothing about anyone."""
    return mapped_column(*args, info={"personal": None}, **options)


WITH_SUBJECT = "goes with the subject"
LINK = "link only"
STAFF = "of the staff, not of those they write to"


class Subject(Base):
    """A person known to the desk, without personal data of its own."""

    __tablename__ = "subjects"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    ref: Mapped[str] = plain(String(16), unique=True)
    locale: Mapped[str] = plain(String(2))
    state: Mapped[str] = plain(String(10))
    pseudonym: Mapped[str] = personal(String(32), why="the link to the ledger", access=LINK)
    screen: Mapped[str] = plain(String(32), default="")  # the prompt that waits for words
    draft: Mapped[bytes | None] = personal(
        LargeBinary, why="what was typed in an unfinished flow, 24 h at most"
    )
    asked_at: Mapped[datetime | None] = plain(Utc)
    since: Mapped[datetime] = plain(Utc)


class Contact(Base):
    """A way to reach a subject. Unique only for Telegram: a mailbox or a phone may be shared (DESIGN.md 8.4)."""

    __tablename__ = "contacts"
    __table_args__ = (
        Index("ix_contacts_channel_hash", "channel", "hash"),
        Index(
            "uq_contacts_telegram",
            "hash",
            unique=True,
            sqlite_where=text("channel = 'telegram'"),
            postgresql_where=text("channel = 'telegram'"),
        ),
    )

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = plain(Big, ForeignKey("subjects.id"), index=True)
    channel: Mapped[str] = plain(String(10))
    hash: Mapped[bytes] = personal(LargeBinary(32), why="finding the person again", access=LINK)
    address: Mapped[bytes] = personal(LargeBinary, why="writing to the person", access="shown masked")
    confirmed_at: Mapped[datetime | None] = plain(Utc)
    reachable: Mapped[bool] = plain(Boolean, default=True)
    resumed_at: Mapped[datetime | None] = plain(Utc)  # stops older than this are lifted for this subject
    door: Mapped[str] = plain(String(10), server_default="telegram")  # where it came from
    since: Mapped[datetime] = plain(Utc)


class ProfileField(Base):
    """One field a purpose needs: surname, name, patronymic, conditions of publication."""

    __tablename__ = "profile"
    __table_args__ = (Index("uq_profile_subject_field", "subject_id", "field", unique=True),)

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = plain(Big, ForeignKey("subjects.id"))
    field: Mapped[str] = plain(String(12))
    value: Mapped[bytes] = personal(LargeBinary, why="what the purpose needs, as the person gave it")
    door: Mapped[str] = plain(String(10))
    since: Mapped[datetime] = plain(Utc)


class ConsentRecord(Base):
    """The evidence, append-only: one act of one person on one purpose, or on messages as a whole."""

    __tablename__ = "consent_records"
    __table_args__ = (
        Index("ix_consent_records_number", "number"),
        Index(
            "uq_consent_records_imported",
            "evidence",
            unique=True,
            sqlite_where=text("door = 'import'"),
            postgresql_where=text("door = 'import'"),
        ),
    )

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    subject_id: Mapped[int | None] = personal(
        Big, why="whose act it was", access=LINK, erasure="unlinked", index=True
    )
    number: Mapped[str] = plain(String(12))
    act: Mapped[str] = plain(String(10))
    purpose: Mapped[str] = plain(String(22))  # a pair's code; for a stop: all, email or telegram
    version: Mapped[str] = plain(String(12))
    digest: Mapped[str] = plain(String(64))
    locale: Mapped[str] = plain(String(2))
    door: Mapped[str] = plain(String(10))
    evidence: Mapped[bytes | None] = personal(
        LargeBinary(32), why="which update carried the act", access=LINK
    )
    source: Mapped[bytes | None] = personal(
        LargeBinary, why="the operator's evidence of a consent that was given elsewhere"
    )
    at: Mapped[datetime] = plain(Utc)
    valid_until: Mapped[date | None] = plain(Date)
    due: Mapped[date | None] = plain(Date)
    cancelled: Mapped[int] = plain(Integer, default=0)  # prepared messages this act cancelled
    receipt: Mapped[bytes] = plain(LargeBinary(32), index=True)  # SHA-256 of the receipt's code
    head: Mapped[str] = plain(String(64), default="")  # the ledger head sealed last before the act


class Consent(Base):
    """Today's state per subject and purpose: the fold of the records, written with its record and never alone."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "ix_consents_given",
            "purpose",
            "subject_id",
            sqlite_where=text("state = 'given'"),
            postgresql_where=text("state = 'given'"),
        ),
        Index(
            "ix_consents_ending",
            "valid_until",
            sqlite_where=text("state = 'given'"),
            postgresql_where=text("state = 'given'"),
        ),
    )

    subject_id: Mapped[int] = plain(Big, ForeignKey("subjects.id"), primary_key=True, autoincrement=False)
    purpose: Mapped[str] = plain(String(22), primary_key=True)
    state: Mapped[str] = plain(String(10))
    number: Mapped[str] = plain(String(12))
    version: Mapped[str] = plain(String(12))
    since: Mapped[datetime] = plain(Utc)
    valid_until: Mapped[date | None] = plain(Date)


class ConsentCount(Base):
    """How many consents of a purpose are given, in slots so that replicas do not wait for one row."""

    __tablename__ = "consent_counts"

    purpose: Mapped[str] = plain(String(22), primary_key=True)
    slot: Mapped[int] = plain(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = plain(Big, default=0)


class Suppression(Base):
    """A stop: the keyed hash of an address that is not to be written to. It outlives erasure and restore."""

    __tablename__ = "suppressions"

    hash: Mapped[bytes] = personal(
        LargeBinary(32),
        why="remembering a stop",
        access="said",
        erasure="kept: it is the stop itself",
        primary_key=True,
    )
    channel: Mapped[str] = plain(String(10), primary_key=True)
    number: Mapped[str] = plain(String(12))
    since: Mapped[datetime] = plain(Utc)


class OutboxMessage(Base):
    """A promise: what must reach someone, delivered by the courier under a lease until it is settled."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "due",
            sqlite_where=text("state = 'waiting' AND broadcast_id IS NULL"),
            postgresql_where=text("state = 'waiting' AND broadcast_id IS NULL"),
        ),
        Index(
            "ix_outbox_addressed",
            "broadcast_id",
            "channel",
            "id",
            sqlite_where=text("state = 'waiting' AND broadcast_id IS NOT NULL"),
            postgresql_where=text("state = 'waiting' AND broadcast_id IS NOT NULL"),
        ),
        Index(
            "ix_outbox_tally",
            "broadcast_id",
            "channel",
            "state",
            "locale",
            "cause",
            sqlite_where=text("broadcast_id IS NOT NULL"),
            postgresql_where=text("broadcast_id IS NOT NULL"),
        ),
        Index(
            "uq_outbox_broadcast",
            "broadcast_id",
            "subject_id",
            "channel",
            unique=True,
            sqlite_where=text("broadcast_id IS NOT NULL"),
            postgresql_where=text("broadcast_id IS NOT NULL"),
        ),
        Index(
            "ix_outbox_target",
            "broadcast_id",
            "target",
            sqlite_where=text("target IS NOT NULL"),
            postgresql_where=text("target IS NOT NULL"),
        ),
        Index(
            "ix_outbox_claimed",
            "lease_until",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
    )

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    kind: Mapped[str] = plain(String(20))
    channel: Mapped[str] = plain(String(10))
    subject_id: Mapped[int | None] = personal(
        Big, why="whom it is for", access=LINK, erasure="destroyed with the row", index=True
    )
    purpose: Mapped[str] = plain(String(22), default="")  # set: needs a consent in force when it is claimed
    number: Mapped[str] = plain(String(12), default="")
    locale: Mapped[str] = plain(String(2))
    address: Mapped[bytes | None] = personal(LargeBinary, why="where it goes, when no contact is on record")
    body: Mapped[bytes | None] = personal(LargeBinary, why="what it says; wiped when settled")
    state: Mapped[str] = plain(String(10), default="waiting")
    due: Mapped[datetime] = plain(Utc)
    not_after: Mapped[datetime | None] = plain(Utc)
    attempts: Mapped[int] = plain(Integer, default=0)
    token: Mapped[str] = plain(String(32), default="")
    lease_until: Mapped[datetime | None] = plain(Utc)
    cause: Mapped[str] = plain(String(120), default="")
    at: Mapped[datetime] = plain(Utc)
    settled_at: Mapped[datetime | None] = plain(Utc)
    broadcast_id: Mapped[int | None] = plain(
        Big
    )  # its words, language and address are found when it is claimed
    target: Mapped[bytes | None] = personal(
        LargeBinary(32),
        why="one letter per mailbox and broadcast",
        access=LINK,
        erasure="destroyed with the row",
    )


class Broadcast(Base):
    """What the operator writes to those who agreed: one purpose, its words in three languages, and where it stands."""

    __tablename__ = "broadcasts"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    number: Mapped[str] = plain(String(12), unique=True)
    kind: Mapped[str] = plain(String(10))  # consent, or a notice: policy or breach
    purpose: Mapped[str] = plain(String(16), default="")  # fixed at creation; a breach has none
    channels: Mapped[str] = plain(String(20))  # telegram, email or both, by comma
    state: Mapped[str] = plain(String(10), index=True)
    version: Mapped[int] = plain(Integer, default=0)  # rises with every edit and move
    author: Mapped[str] = personal(
        String(160), why="who of the staff wrote it", access=STAFF, erasure="kept: staff"
    )
    approver: Mapped[str] = personal(
        String(160), why="who of the staff approved it", access=STAFF, erasure="kept: staff", default=""
    )
    content: Mapped[bytes] = personal(
        LargeBinary,
        why="the operator's words to many; they may name people",
        access=STAFF,
        erasure="kept: the operator's",
    )
    file: Mapped[bytes | None] = personal(
        LargeBinary, why="the one photo or document to many", access=STAFF, erasure="kept: the operator's"
    )
    # Of what was counted and shown: the confirmation carries it.
    digest: Mapped[str] = plain(String(64), default="")
    counted: Mapped[str] = plain(Text, default="")  # the count that was shown, as JSON
    ground: Mapped[str] = plain(String(24), default="")  # of a notice: on what legal ground
    start_at: Mapped[datetime | None] = plain(Utc)
    night: Mapped[bool] = plain(Boolean, default=False)  # goes on by itself after the quiet hours
    answer_by: Mapped[date | None] = plain(Date)  # of a change of policy: silence until then suspends
    step: Mapped[int] = plain(Integer, default=0)  # addressing: which channel,
    cursor: Mapped[int] = plain(Big, default=0)  # the last subject of it,
    addressed: Mapped[int] = plain(Big, default=0)  # how many rows were made,
    addressed_at: Mapped[datetime | None] = plain(Utc)  # and when the last was
    cause: Mapped[str] = plain(String(40), default="")  # why it stands still, or ended
    watch: Mapped[bytes | None] = personal(
        LargeBinary,
        why="the author's screen that shows how far it is",
        access=STAFF,
        erasure="kept: staff",
    )
    at: Mapped[datetime] = plain(Utc)
    begun_at: Mapped[datetime | None] = plain(Utc)
    ended_at: Mapped[datetime | None] = plain(Utc)


class Traffic(Base):
    """How many messages a replica sent in its last second, so that the sender of broadcasts leaves them their room."""

    __tablename__ = "traffic"

    replica: Mapped[str] = plain(String(32), primary_key=True)
    n: Mapped[int] = plain(Integer)
    at: Mapped[datetime] = plain(Utc)


class LedgerEntry(Base):
    """One act in the policy's own verbs, under a pseudonym; chained by the caretaker in batches."""

    __tablename__ = "ledger"
    __table_args__ = (
        Index(
            "ix_ledger_unsealed",
            "at",
            sqlite_where=text("position IS NULL"),
            postgresql_where=text("position IS NULL"),
        ),
    )

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    pseudonym: Mapped[str] = personal(
        String(32),
        why="telling one person's acts apart",
        access=LINK,
        erasure="the link dies with the subject",
    )
    verb: Mapped[str] = plain(String(12))
    what: Mapped[str] = plain(String(60))
    number: Mapped[str] = plain(String(12))
    actor: Mapped[str] = plain(String(40))
    at: Mapped[datetime] = plain(Utc)
    position: Mapped[int | None] = plain(Big, unique=True)
    chain: Mapped[str | None] = plain(String(64))


class PublishedDocument(Base):
    """A version of a document as it was published, word for word: known versions are never edited."""

    __tablename__ = "documents"

    name: Mapped[str] = plain(String(22), primary_key=True)
    version: Mapped[str] = plain(String(12), primary_key=True)
    locale: Mapped[str] = plain(String(2), primary_key=True)
    digest: Mapped[str] = plain(String(64))
    title: Mapped[str] = plain(Text)
    text: Mapped[str] = plain(Text)
    since: Mapped[date] = plain(Date)
    material: Mapped[bool] = plain(Boolean, server_default=false())  # consents to older ones are asked anew


class DocumentShown(Base):
    """Which version of a document a person was shown, in which language, and when first."""

    __tablename__ = "documents_shown"

    subject_id: Mapped[int] = personal(
        Big, ForeignKey("subjects.id"), why="proof that it was shown", primary_key=True, autoincrement=False
    )
    name: Mapped[str] = plain(String(22), primary_key=True)
    version: Mapped[str] = plain(String(12), primary_key=True)
    locale: Mapped[str] = plain(String(2), primary_key=True)
    digest: Mapped[str] = plain(String(64))
    at: Mapped[datetime] = plain(Utc)


class Seen(Base):
    """What was handled already, and the screen that answered it, so that a repeat is answered alike."""

    __tablename__ = "seen"

    source: Mapped[str] = plain(String(24), primary_key=True)
    key: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    screen: Mapped[str] = plain(String(32))
    ref: Mapped[str] = plain(String(64))
    locale: Mapped[str] = plain(String(2))
    expires: Mapped[datetime] = plain(Utc, index=True)


class Code(Base):
    """A code sent to an address, bound to the asking chat, the address and what it is for (T-ID-03)."""

    __tablename__ = "codes"

    asker: Mapped[bytes] = personal(
        LargeBinary(32), why="which chat may answer", access=LINK, primary_key=True
    )
    use: Mapped[str] = plain(String(22), primary_key=True)
    address: Mapped[bytes] = personal(LargeBinary(32), why="which address is being proved", access=LINK)
    mac: Mapped[bytes] = plain(LargeBinary(32))
    tries: Mapped[int] = plain(Integer, default=0)
    sent_at: Mapped[datetime] = plain(Utc)
    expires: Mapped[datetime] = plain(Utc, index=True)


class Attempt(Base):
    """How often something was tried in a window, by keyed hash only; gone after 24 h."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_hash_kind_at", "hash", "kind", "at"),)

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = personal(LargeBinary(32), why="keeping limits", access=LINK)
    kind: Mapped[str] = plain(String(16))
    at: Mapped[datetime] = plain(Utc, index=True)


class Prompt(Base):
    """A question asked of a chat that has agreed to nothing yet: screen and language only, 24 h at most."""

    __tablename__ = "prompts"

    hash: Mapped[bytes] = personal(
        LargeBinary(32), why="the next message answers it", access=LINK, primary_key=True
    )
    screen: Mapped[str] = plain(String(32))
    ref: Mapped[str] = plain(String(64))
    locale: Mapped[str] = plain(String(2))
    at: Mapped[datetime] = plain(Utc, index=True)


class Parked(Base):
    """An update that keeps failing: set aside so that it blocks nobody; 7 days."""

    __tablename__ = "parked"

    source: Mapped[str] = plain(String(24), primary_key=True)
    key: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    kind: Mapped[str] = plain(String(24))
    tries: Mapped[int] = plain(Integer)
    subject_id: Mapped[int | None] = personal(Big, why="whose update it is", access=LINK, index=True)
    body: Mapped[bytes | None] = personal(LargeBinary, why="finding the fault; only of people who agreed")
    cause: Mapped[str] = plain(String(120))
    at: Mapped[datetime] = plain(Utc, index=True)


class Case(Base):
    """Something asked of the operator. Its due date is the fold of its events, kept here only to be listed by."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "ix_cases_open_due",
            "due",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    number: Mapped[str] = plain(String(12), unique=True)
    subject_id: Mapped[int | None] = personal(
        Big, why="whose request it is", access=LINK, erasure="unlinked", index=True
    )
    kind: Mapped[str] = plain(String(14))
    state: Mapped[str] = plain(String(10))
    door: Mapped[str] = plain(String(10))
    locale: Mapped[str] = plain(String(2))
    version: Mapped[int] = plain(
        Integer
    )  # rises with every act: two members of staff cannot do one act twice
    received_at: Mapped[datetime] = plain(Utc)
    due: Mapped[date | None] = plain(Date)
    answer_by: Mapped[str] = plain(String(10))  # telegram or email, as the person chose
    assignee: Mapped[str] = personal(
        String(120), why="who of the staff works on it", access="role only", erasure="kept: staff", default=""
    )
    facts: Mapped[bytes | None] = personal(LargeBinary, why="what is asked, field by field")
    words: Mapped[bytes | None] = personal(
        LargeBinary(32), why="the same words twice are one request", access=LINK
    )
    closed_at: Mapped[datetime | None] = plain(Utc)


class CaseEvent(Base):
    """One step of a case; the clock is the fold of these."""

    __tablename__ = "case_events"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = plain(Big, ForeignKey("cases.id"), index=True)
    act: Mapped[str] = plain(String(12))
    role: Mapped[str] = plain(String(12))  # subject, staff, responsible or desk
    actor: Mapped[str] = personal(
        String(160), why="who of the staff did it", access="role only", erasure="kept: staff", default=""
    )
    detail: Mapped[str] = plain(String(120), default="")  # codes and dates only, never words
    at: Mapped[datetime] = plain(Utc)


class CaseMessage(Base):
    """Words of a case: in from the person, out to the person, or a note among staff."""

    __tablename__ = "case_messages"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = plain(Big, ForeignKey("cases.id"), index=True)
    way: Mapped[str] = plain(String(6))
    body: Mapped[bytes] = personal(LargeBinary, why="what was said in the request")
    at: Mapped[datetime] = plain(Utc)
    read_at: Mapped[datetime | None] = plain(Utc)


class Attachment(Base):
    """A photo or PDF of a case, from the person or to them; without a case it is of an unfinished flow and goes in a day."""

    __tablename__ = "attachments"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    subject_id: Mapped[int | None] = personal(
        Big, why="whose file it is", access=LINK, index=True
    )  # nobody's where a stranger wrote a letter
    case_id: Mapped[int | None] = plain(Big, ForeignKey("cases.id"), index=True)
    way: Mapped[str] = plain(String(3), server_default="in")  # in from the person, out to the person
    reply_id: Mapped[int | None] = plain(
        Big, ForeignKey("replies.id"), index=True
    )  # waits with what staff wrote
    name: Mapped[bytes] = personal(LargeBinary, why="telling files apart")
    type: Mapped[str] = plain(String(16))
    size: Mapped[int] = plain(Integer)
    content: Mapped[bytes] = personal(LargeBinary, why="proof that the person gave")
    at: Mapped[datetime] = plain(Utc)


class Letter(Base):
    """A letter the desk took from its mailbox; the original stays with the case, sealed, and goes with it.

    While the row stands the letter stays in the desk's own folder of the mailbox; then it is expunged there too.
    """

    __tablename__ = "letters"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    mark: Mapped[bytes] = personal(
        LargeBinary(32), why="finding the letter in the mailbox", access=LINK, index=True
    )
    subject_id: Mapped[int | None] = personal(Big, why="who wrote it", access=LINK, index=True)
    case_id: Mapped[int | None] = plain(Big, ForeignKey("cases.id"), index=True)
    outcome: Mapped[str] = plain(String(16))
    content: Mapped[bytes | None] = personal(LargeBinary, why="the untouched original of what was asked")
    cause: Mapped[str] = plain(String(120), default="")  # why it was set aside
    received_at: Mapped[datetime] = plain(Utc)
    at: Mapped[datetime] = plain(Utc, index=True)


class Reply(Base):
    """What one of the staff wrote by letter: the person reads it once it is confirmed, or its time has come."""

    __tablename__ = "replies"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = plain(Big, ForeignKey("cases.id"), index=True)
    act: Mapped[str] = plain(String(12))  # answer, ask, accept, refuse, assign or close
    body: Mapped[bytes] = personal(LargeBinary, why="what is to be said in the request")
    actor: Mapped[str] = personal(
        String(160), why="who of the staff wrote it", access="role only", erasure="destroyed with the row"
    )
    state: Mapped[str] = plain(String(10))  # waiting, held, released or dropped
    version: Mapped[int] = plain(Integer)  # of the case it was written to
    why: Mapped[str] = plain(String(40), default="")  # why it is held
    release_at: Mapped[datetime | None] = plain(Utc)
    echo_id: Mapped[int | None] = plain(Big, index=True)  # the outbox row of the echo
    at: Mapped[datetime] = plain(Utc)


class Viewing(Base):
    """A member of staff was shown data of a person, by page, letter, command or export (I15)."""

    __tablename__ = "viewings"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = personal(Big, why="whose data were seen", access=LINK, index=True)
    role: Mapped[str] = plain(String(12))
    actor: Mapped[str] = personal(
        String(160), why="who looked", access="role only", erasure="destroyed with the row"
    )
    what: Mapped[str] = plain(String(24))
    number: Mapped[str] = plain(String(12), default="")
    reason: Mapped[bytes] = personal(LargeBinary, why="why it was looked at")
    at: Mapped[datetime] = plain(Utc, index=True)  # counted by the hour (T-STAFF-01)


class Hold(Base):
    """Data that must stay for a while whatever is asked: an order, an open dispute; with a reason and an end."""

    __tablename__ = "holds"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = personal(Big, why="whose data must stay", access=LINK, index=True)
    ground: Mapped[str] = plain(String(24))  # a code of the operator file's catalogue
    reason: Mapped[bytes] = personal(LargeBinary, why="why they must stay")
    actor: Mapped[str] = personal(
        String(160), why="who ordered it", access="role only", erasure="destroyed with the row"
    )
    since: Mapped[datetime] = plain(Utc)
    until: Mapped[date | None] = plain(Date)
    ended_at: Mapped[datetime | None] = plain(Utc)


class Representation(Base):
    """Someone who may act for another, once staff accepted the authority; with a scope and an end (P18)."""

    __tablename__ = "representations"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = plain(Big, ForeignKey("cases.id"), unique=True)
    representative_id: Mapped[int] = personal(Big, why="who acts", access=LINK, index=True)
    subject_id: Mapped[int | None] = personal(Big, why="for whom", access=LINK, index=True)
    role: Mapped[str] = plain(String(10))  # parent, guardian or attorney
    state: Mapped[str] = plain(String(10))  # asked, accepted, refused, revoked or ended
    scope: Mapped[str] = plain(String(80), default="")  # kinds of cases the authority covers, by comma
    until: Mapped[date | None] = plain(Date)
    discloses_on: Mapped[date | None] = plain(Date)  # nothing is told before this day
    warned_at: Mapped[datetime | None] = plain(Utc)
    since: Mapped[datetime] = plain(Utc)


class Erasure(Base):
    """A decision to delete for good: undone within a day, then carried out and certified. It outlives the person's rows."""

    __tablename__ = "erasures"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    number: Mapped[str] = plain(String(12), unique=True)  # of the certificate
    case_number: Mapped[str] = plain(String(12))
    subject_id: Mapped[int | None] = personal(
        Big, why="whose data go", access=LINK, erasure="unlinked", index=True
    )
    stage: Mapped[str] = plain(String(10))  # asked, kept, destroyed or certified
    begun_at: Mapped[datetime] = plain(Utc)
    not_before: Mapped[datetime] = plain(Utc)
    due: Mapped[date] = plain(Date)
    destroyed_at: Mapped[datetime | None] = plain(Utc)
    backups_until: Mapped[date | None] = plain(Date)
    kept: Mapped[str] = plain(String(200), default="")  # codes of what stays without a name


class Link(Base):
    """A secret address that opens one thing once; only its SHA-256 is kept."""

    __tablename__ = "links"

    token: Mapped[bytes] = plain(LargeBinary(32), primary_key=True)
    use: Mapped[str] = plain(String(16))
    subject_id: Mapped[int] = personal(Big, why="whose link it is", access=LINK, index=True)
    ref: Mapped[str] = plain(String(24))
    locale: Mapped[str] = plain(String(2))
    expires: Mapped[datetime] = plain(Utc, index=True)
    used_at: Mapped[datetime | None] = plain(Utc)
    browser: Mapped[bytes | None] = plain(
        LargeBinary(32)
    )  # SHA-256 of the cookie that may repeat the download
    at: Mapped[datetime] = plain(Utc)


class Merge(Base):
    """Two subjects found to be one person; undone for 30 days by what `moved` names."""

    __tablename__ = "merges"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = personal(Big, why="who stays", access=LINK, index=True)
    other_id: Mapped[int] = personal(Big, why="who was found to be the same", access=LINK, index=True)
    state: Mapped[str] = plain(String(10))  # asked, done or undone
    moved: Mapped[bytes | None] = personal(LargeBinary, why="undoing it within 30 days")
    at: Mapped[datetime] = plain(Utc)


class Lease(Base):
    """A loop that must run once among the replicas."""

    __tablename__ = "leases"

    name: Mapped[str] = plain(String(32), primary_key=True)
    token: Mapped[str] = plain(String(32))
    until: Mapped[datetime] = plain(Utc)


class Fact(Base):
    """What the store knows about itself: check values of keys, the bot, the epoch."""

    __tablename__ = "facts"

    name: Mapped[str] = plain(String(32), primary_key=True)
    value: Mapped[str] = plain(Text)


REGISTER: dict[str, Personal] = {
    f"{table.name}.{column.name}": column.info["personal"]
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if column.info.get("personal")
}
