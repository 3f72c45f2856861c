"""What was agreed to and what was stopped: the evidence, its fold, the documents, the suppressions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, LargeBinary, String, Text, false, text
from sqlalchemy.orm import Mapped

from kelisim.store.models.columns import LINK, Base, Big, Utc, personal, plain


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
