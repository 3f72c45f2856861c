"""What was asked of the operator, in whatever words and papers, and how it was answered."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped

from kelisim.store.models.columns import LINK, Base, Big, Utc, personal, plain


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
