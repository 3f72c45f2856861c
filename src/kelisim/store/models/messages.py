"""What leaves: promises of the outbox, broadcasts, and how much of the limit each replica takes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped

from kelisim.store.models.columns import LINK, STAFF, Base, Big, Utc, personal, plain


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
