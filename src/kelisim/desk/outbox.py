"""Promises: what must reach someone is a row here, written in the same transaction as the act it tells of.

The courier claims a row under a lease, reads consent and stops again in that very transaction, hands it over and
settles it. A settled row keeps its outcome and forgets its address and its words.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, literal_column, or_, select, update

from kelisim.desk import numbers, quiet
from kelisim.desk.visit import Found, Visit
from kelisim.store.models import OutboxMessage
from kelisim.store.sealed import Unreadable

log = logging.getLogger("kelisim.desk")

WAITING, CLAIMED = "waiting", "claimed"
SENT, FAILED, UNCERTAIN, CANCELLED, EXPIRED, DROPPED = (
    "sent", "failed", "uncertain", "cancelled", "expired", "dropped",
)  # fmt: skip

# What this program knows how to send; rows of a newer one beside us wait for it (T-ADMIN-03).
KINDS = (
    "receipt", "code", "code-known", "stop-notice", "conditions", "alarm", "anchor", "broadcast",
    "answer", "answer-letter", "notice", "notice-letter", "case", "reminder", "file", "file-letter",
    "alert-letter", "ack", "stop-ack", "confirm", "echo", "told", "digest", "renewal-letter",
    "preview", "panel", "bulletin",
)  # fmt: skip
# To staff, about the person.
TO_STAFF = (
    "conditions",
    "alarm",
    "anchor",
    "case",
    "reminder",
    "echo",
    "told",
    "digest",
    "preview",
    "panel",
    "bulletin",
)
# Sent once or not at all, as is all that needs consent: when the lease of such a message ran out, nobody knows whether
# it went, and so it is never sent again (DESIGN.md 8.18).
ONCE = ("code", "code-known")

LEASE = timedelta(seconds=30)
_WAITS = (5, 15, 60, 300, 900, 3600)  # seconds before another try, the last again and again

_O = OutboxMessage.__table__.c
WAITS = _O.state == literal_column(f"'{WAITING}'")  # word for word as in the partial indexes
_CANCEL = (
    update(OutboxMessage)
    .where(
        _O.subject_id == bindparam("subject"), _O.purpose != "", _O.state == WAITING,
        _O.channel.in_(bindparam("channels", expanding=True)),
    )
    .values(state=CANCELLED, body=None, address=None, settled_at=bindparam("now"))
)  # fmt: skip
_CANCEL_PURPOSE = (
    update(OutboxMessage)
    .where(_O.subject_id == bindparam("subject"), _O.purpose == bindparam("use"), _O.state == WAITING)
    .values(state=CANCELLED, body=None, address=None, settled_at=bindparam("now"))
)
# One that is on the wire in the moment of a stop cannot be called back: it is marked, counted and named (T-CAST-03).
CROSSED = "crossed a stop"
_CROSS = (
    update(OutboxMessage)
    .where(
        _O.subject_id == bindparam("subject"), _O.purpose != "", _O.state == CLAIMED,
        _O.broadcast_id.is_not(None), _O.channel.in_(bindparam("channels", expanding=True)),
    )
    .values(cause=CROSSED)
)  # fmt: skip
_CROSS_PURPOSE = (
    update(OutboxMessage)
    .where(
        _O.subject_id == bindparam("subject"), _O.purpose == bindparam("use"), _O.state == CLAIMED,
        _O.broadcast_id.is_not(None),
    )
    .values(cause=CROSSED)
)  # fmt: skip
# What needs consent counts as sent from its claim on; a code only from the moment it is handed to the wire.
STARTED = "on the wire"
_once = or_(_O.purpose != "", _O.broadcast_id.is_not(None), and_(_O.kind.in_(ONCE), _O.cause == STARTED))
# Messages of a broadcast have a sender of their own (`deliveries`): a million of them stand in nobody's way here.
_is_due = and_(
    _O.channel == bindparam("by"),
    _O.kind.in_(KINDS),
    or_(
        WAITS & _O.broadcast_id.is_(None) & (_O.due <= bindparam("now")),
        (_O.state == literal_column(f"'{CLAIMED}'")) & (_O.lease_until < bindparam("now")) & ~_once,
    ),
)
_ANY = select(_O.id).where(_is_due).limit(1)
_due = (
    select(_O.id)
    .where(_is_due)
    .order_by(_O.due, _O.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("next")  # read once: PostgreSQL may ask a bare subquery anew for each row, and then takes them all
)
_CLAIM = (
    update(OutboxMessage)
    .where(_O.id.in_(select(_due.c.id)))
    .values(
        state=CLAIMED, token=bindparam("mark"), lease_until=bindparam("until"), attempts=_O.attempts + 1, cause=""
    )
    .returning(
        _O.id, _O.kind, _O.channel, _O.subject_id, _O.purpose, _O.number, _O.locale, _O.address, _O.body,
        _O.attempts, _O.not_after, _O.due,
    )
)  # fmt: skip
_SETTLE = (
    update(OutboxMessage)
    .where(_O.id == bindparam("row"), _O.token == bindparam("mark"), _O.state == CLAIMED)
    .values(
        state=bindparam("outcome"),
        cause=bindparam("why"),
        body=None,
        address=None,
        settled_at=bindparam("now"),
    )
)
_RENEW = (
    update(OutboxMessage)
    .where(_O.id == bindparam("row"), _O.token == bindparam("mark"), _O.state == CLAIMED)
    .values(lease_until=bindparam("until"))
)
_START = (
    update(OutboxMessage)
    .where(_O.id == bindparam("row"), _O.token == bindparam("mark"), _O.state == CLAIMED)
    .values(cause=STARTED)
)
_AGAIN = (
    update(OutboxMessage)
    .where(_O.id == bindparam("row"), _O.token == bindparam("mark"), _O.state == CLAIMED)
    .values(state=WAITING, cause=bindparam("why"), due=bindparam("then"), lease_until=None, token="")
)
_LAPSE = (
    update(OutboxMessage)
    .where(WAITS, _O.broadcast_id.is_(None), _O.not_after < bindparam("now"))
    .values(state=EXPIRED, body=None, address=None, settled_at=bindparam("now"))
)
_LOSE = (
    update(OutboxMessage)
    .where(_O.state == literal_column(f"'{CLAIMED}'"), _O.lease_until < bindparam("now"), _once)
    .values(state=UNCERTAIN, cause="lease lost", body=None, address=None, settled_at=bindparam("now"))
)

# A notice of a breach asks no consent, and is a message that was not asked for all the same.
_unasked = (_O.subject_id == bindparam("subject")) & ((_O.purpose != "") | _O.broadcast_id.is_not(None))
_OF = (
    select(_O.kind, _O.purpose, _O.channel, _O.number, _O.state, _O.cause, _O.at)
    .where(_unasked)
    .order_by(_O.at.desc(), _O.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("after"))
)
_HOW_MANY = select(func.count()).where(_unasked)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was not asked for as its person may see it: what, for what, by which way, its number (a broadcast's:
    everybody's), where it stands and why, since when."""

    kind: str
    purpose: str
    channel: str
    number: str
    state: str
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in the courier's hand, opened."""

    id: int
    kind: str
    channel: str
    subject_id: int | None
    purpose: str
    number: str
    locale: str
    address: str
    body: dict[str, Any]
    attempts: int
    token: str
    until: datetime  # the end of the lease
    not_after: datetime | None
    due: datetime


def post(
    visit: Visit,
    kind: str,
    channel: str,
    body: dict[str, Any],
    *,
    address: str = "",
    purpose: str = "",
    number: str = "",
    due: datetime | None = None,
    not_after: datetime | None = None,
    locale: str = "",
    to_subject: bool = True,
) -> int:
    """Promise a message. Without an address it goes to the subject's proved contact on that channel at that time.

    `purpose` (a pair's code) makes it a message that needs consent when it is claimed; `not_after` drops it late.
    Raises ValueError for a kind that is not in `KINDS` (nobody would send it), or that is no answer and names no purpose.
    """
    if not purpose and kind not in quiet.WITHOUT_CONSENT:
        raise ValueError(f"a {kind} names its purpose")  # what is no answer needs consent, whoever asks (P22)
    row = _row(visit, kind, channel, body)
    row.update(
        purpose=purpose,
        number=number,
        due=due or visit.at,
        not_after=not_after,
        locale=locale or visit.locale,
    )
    if address:
        row["address"] = visit.desk.vault.seal("outbox", "address", row["id"], address)
    if not to_subject:
        row["subject_id"] = None
    visit.add(OutboxMessage, **row)
    made: int = row["id"]
    return made


def post_each(visit: Visit, kind: str, channel: str, bodies: list[dict[str, Any]], number: str) -> None:
    """Promise several messages of one act to the subject in one go."""
    visit.add_each(OutboxMessage, [{**_row(visit, kind, channel, body), "number": number} for body in bodies])


def _row(visit: Visit, kind: str, channel: str, body: dict[str, Any]) -> dict[str, Any]:
    if kind not in KINDS:
        raise ValueError(f"{kind} is no kind of message")
    made = numbers.row_id()
    return {
        "id": made, "kind": kind, "channel": channel, "purpose": "", "number": "",
        "subject_id": visit.subject.id if visit.subject is not None else None, "locale": visit.locale, "address": None,
        "body": visit.desk.vault.seal("outbox", "body", made, json.dumps(body, ensure_ascii=False)),
        "state": WAITING, "due": visit.at, "not_after": None, "attempts": 0, "token": "", "lease_until": None,
        "cause": "", "at": visit.at, "settled_at": None,
    }  # fmt: skip


def cancel(visit: Visit, channels: tuple[str, ...]) -> int:
    """Cancel what was prepared for the subject on these channels and needs consent; how many messages."""
    cancelled = visit.run(_CANCEL, subject=visit.known.id, channels=list(channels), now=visit.at)
    visit.run(
        _CROSS, subject=visit.known.id, channels=list(channels)
    )  # after it: one claimed meanwhile shows
    return cancelled


def cancel_purpose(visit: Visit, purpose: str) -> int:
    """Cancel what was prepared for the subject under one purpose; how many messages."""
    cancelled = visit.run(_CANCEL_PURPOSE, subject=visit.known.id, use=purpose, now=visit.at)
    visit.run(_CROSS_PURPOSE, subject=visit.known.id, use=purpose)
    return cancelled


def of_subject(visit: Visit, most: int = 10, after: int = 0) -> list[Sent]:
    """What was promised to the visit's subject without being asked for, under a consent or as a notice, the last first."""
    return [Sent(*row) for row in visit.all(_OF, subject=visit.known.id, most=most, after=after)]


def how_many(visit: Visit) -> int:
    """How many such messages were ever promised to the visit's subject."""
    row = visit.one(_HOW_MANY, subject=visit.known.id)
    return int(row[0]) if row is not None else 0


def due(visit: Visit, channel: str) -> bool:
    """Whether any message of a channel is due now."""
    return visit.one(_ANY, by=channel, now=visit.at) is not None


def claim(visit: Visit, channel: str, most: int) -> list[Claimed]:
    """Take up to `most` due messages of a channel under a lease of 30 s; oldest first.

    One whose seal does not open fails by itself and holds nobody up.
    """
    token = numbers.token()
    rows = visit.all(_CLAIM, by=channel, now=visit.at, most=most, mark=token, until=visit.at + LEASE)
    claimed = []
    for row in sorted(rows, key=lambda row: (row.due, row.id)):
        try:
            claimed.append(_opened(visit, row, token))
        except Unreadable:
            log.error("message %s of kind %s cannot be opened", row.id, row.kind)
            visit.run(_SETTLE, row=row.id, mark=token, outcome=FAILED, why="unreadable", now=visit.at)
    return claimed


def _opened(visit: Visit, row: Found, token: str) -> Claimed:
    unseal = visit.desk.vault.unseal
    return Claimed(
        row.id, row.kind, row.channel, row.subject_id, row.purpose, row.number, row.locale,
        unseal("outbox", "address", row.id, row.address) if row.address else "",
        json.loads(unseal("outbox", "body", row.id, row.body)) if row.body else {},
        row.attempts, token, visit.at + LEASE, row.not_after, row.due,
    )  # fmt: skip


def settle(visit: Visit, message: Claimed, outcome: str, cause: str = "") -> bool:
    """End a message with its outcome; its address and words are forgotten. False: another courier had it."""
    return (
        visit.run(_SETTLE, row=message.id, mark=message.token, outcome=outcome, why=cause, now=visit.at) == 1
    )


def renew(visit: Visit, message: Claimed) -> Claimed | None:
    """The lease anew, for what took its time before the wire; nothing when another courier has the message by now."""
    until = visit.at + LEASE
    if not visit.run(_RENEW, row=message.id, mark=message.token, until=until):
        return None
    return replace(message, until=until)


def start(visit: Visit, message: Claimed) -> bool:
    """What may go only once goes to the wire now: from here on it is never handed over again. False: it is another's."""
    return visit.run(_START, row=message.id, mark=message.token) == 1


def again(visit: Visit, message: Claimed, cause: str, wait: float | None = None, pace: float = 1.0) -> None:
    """Try later: after `wait` seconds, or after a pause that grows with the attempts (times `pace`)."""
    pause = wait if wait is not None else _WAITS[min(message.attempts, len(_WAITS)) - 1] * pace
    visit.run(_AGAIN, row=message.id, mark=message.token, why=cause, then=visit.at + timedelta(seconds=pause))


def postpone(visit: Visit, message: Claimed, then: datetime) -> None:
    """Wait for the morning, or for the wire to have time: that is no attempt and no failure."""
    visit.run(_AGAIN, row=message.id, mark=message.token, why="", then=then)


def lapse(visit: Visit) -> int:
    """End what has lost its sense (a code nobody could send in time) or its sender (uncertain); forget the words."""
    return visit.run(_LAPSE, now=visit.at) + visit.run(_LOSE, now=visit.at)
