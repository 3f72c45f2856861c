"""What is done with the data themselves: who looked, what must stay, what went, and the chained account of it all."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped

from kelisim.store.models.columns import LINK, Base, Big, Utc, personal, plain


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
