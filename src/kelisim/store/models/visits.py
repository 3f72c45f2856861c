"""What doors and loops need to know from one visit to the next; most of it is gone within days."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from kelisim.store.models.columns import LINK, Base, Big, Utc, personal, plain


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
