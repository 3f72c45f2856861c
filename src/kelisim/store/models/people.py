"""Who is known: the person, the ways to reach them, what they gave, who acts for them, and who turned out to be the same."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped

from kelisim.store.models.columns import LINK, Base, Big, Utc, personal, plain


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


class Merge(Base):
    """Two subjects found to be one person; undone for 30 days by what `moved` names."""

    __tablename__ = "merges"

    id: Mapped[int] = plain(Big, primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = personal(Big, why="who stays", access=LINK, index=True)
    other_id: Mapped[int] = personal(Big, why="who was found to be the same", access=LINK, index=True)
    state: Mapped[str] = plain(String(10))  # asked, done or undone
    moved: Mapped[bytes | None] = personal(LargeBinary, why="undoing it within 30 days")
    at: Mapped[datetime] = plain(Utc)
