"""The messages of a broadcast, one row of the outbox per person and channel: claimed, settled, dropped and counted.

Each is sent once or not at all. It is claimed right before the wire, in a transaction that reads the consent, the stops, the
language and the address again (I1, T-CAST-02); one whose sender died on the wire is uncertain, listed, and never sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, func, literal_column, select, update

from kelisim.desk import broadcasts, gates, numbers, outbox, versions
from kelisim.desk.broadcasts import BREACH, POLICY, Broadcast
from kelisim.desk.outbox import CANCELLED, CLAIMED, CROSSED, FAILED, STARTED, UNCERTAIN, WAITING, WAITS
from kelisim.desk.visit import EMAIL, Visit
from kelisim.store.models import Broadcast as BroadcastRow
from kelisim.store.models import Consent, Contact, OutboxMessage, Subject
from kelisim.store.sealed import Unreadable

TRIES = 5
WAITS_BEFORE = (2, 10, 60, 300)  # seconds before another try of a message the server could not take just then
DROPPED_AT_ONCE = 500

# Why a message was cancelled, beside what its person did meanwhile.
SUPPRESSED, SAME_MAILBOX, ENDED, NO_LANGUAGE = "suppressed", "same mailbox", "broadcast ended", "no language"
ANSWERED = "answered before"  # of a change of the policy: the person agreed to the new text unasked

_O, _C, _S, _B = OutboxMessage.__table__.c, Contact.__table__.c, Subject.__table__.c, BroadcastRow.__table__.c
_own = (_O.broadcast_id == bindparam("cast")) & _O.broadcast_id.is_not(None)
_of_channel = _own & (_O.channel == bindparam("by"))
_runs = (
    select(_B.id).where(_B.id == bindparam("cast"), _B.state == broadcasts.RUNNING).exists()
)  # read in the claim: after a pause nothing leaves
_next = (
    select(_O.id)
    .where(_of_channel, WAITS, _O.due <= bindparam("now"), _runs)
    .order_by(_O.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("next")  # read once: PostgreSQL may ask a bare subquery anew for each row, and then takes them all
)
_TAKE = (
    update(OutboxMessage)
    .where(_O.id.in_(select(_next.c.id)), WAITS)
    .values(
        state=CLAIMED, token=bindparam("mark"), lease_until=bindparam("until"), attempts=_O.attempts + 1, cause=STARTED,
        locale=select(_S.locale).where(_S.id == _O.subject_id).scalar_subquery(),
    )
    .returning(_O.id, _O.subject_id, _O.purpose, _O.locale, _O.attempts)
)  # fmt: skip
_ANYHOW = (
    select(_C.id, _C.address)
    .where(
        _C.subject_id == bindparam("subject"), _C.channel == bindparam("by"), _C.confirmed_at.is_not(None), _C.reachable
    )
    .order_by(_C.since, _C.id)
    .limit(1)
)  # fmt: skip
_AGREED = select(Consent.version).where(
    Consent.subject_id == bindparam("subject"), Consent.purpose == bindparam("use")
)
_HASH = select(_C.hash).where(_C.id == bindparam("contact"))
_TAKEN = select(_O.id).where(_own, _O.target == bindparam("found"), _O.target.is_not(None)).limit(1)
_TARGET = update(OutboxMessage).where(_O.id == bindparam("row")).values(target=bindparam("found"))
_SETTLE = (
    update(OutboxMessage)
    .where(_O.id == bindparam("row"), _O.token == bindparam("mark"), _O.state == CLAIMED)
    .values(
        state=bindparam("outcome"),
        cause=case((_O.cause == CROSSED, CROSSED), else_=bindparam("why")),
        lease_until=None, settled_at=bindparam("now"),
    )
)  # fmt: skip
_AGAIN = (
    update(OutboxMessage)
    .where(_O.id == bindparam("row"), _O.token == bindparam("mark"), _O.state == CLAIMED)
    .values(
        state=WAITING, cause=bindparam("why"), due=bindparam("then"), lease_until=None, token="", target=None, locale="",
        attempts=_O.attempts - bindparam("uncounted"),
    )
)  # fmt: skip
_LEFT = select(_O.id).where(_of_channel, WAITS).order_by(_O.id).limit(1)
_ON_WIRE = select(_O.id).where(_of_channel, _O.state == literal_column(f"'{CLAIMED}'")).limit(1)
_waiting = (
    select(_O.id)
    .where(_own, WAITS)
    .order_by(_O.channel, _O.id)
    .limit(bindparam("most"))
    .with_for_update()
    .cte("waiting")
)
_DROP = (
    update(OutboxMessage)
    .where(_O.id.in_(select(_waiting.c.id)), WAITS)
    .values(state=CANCELLED, cause=ENDED, settled_at=bindparam("now"))
)
_TALLY = (
    select(_O.channel, _O.locale, _O.state, _O.cause, func.count())
    .where(_own)
    .group_by(_O.channel, _O.locale, _O.state, _O.cause)
)
_EACH = (
    select(_O.id, _S.ref, _O.channel, _O.locale, _O.state, _O.cause, _O.settled_at)
    .outerjoin(Subject, _S.id == _O.subject_id)
    .where(_own, _O.id > bindparam("after"))
    .order_by(_O.id)
    .limit(bindparam("most"))
)
_STATES = _O.state.in_(bindparam("states", expanding=True))
_NAMED = (
    select(_O.id, _S.ref, _O.channel, _O.locale, _O.state, _O.cause, _O.settled_at)
    .outerjoin(Subject, _S.id == _O.subject_id)
    .where(_own, _STATES)
    .order_by(_O.id)
    .limit(bindparam("most"))
)
_CROSSINGS = (
    select(_O.id, _S.ref, _O.channel, _O.locale, _O.state, _O.cause, _O.settled_at)
    .outerjoin(Subject, _S.id == _O.subject_id)
    .where(_own, _O.cause == CROSSED)
    .order_by(_O.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in the sender's hand, right before the wire: to whom and in which language."""

    id: int
    subject_id: int | None
    locale: str
    address: str
    attempts: int
    token: str
    contact_id: int


class Tally(NamedTuple):
    """How many messages of a channel and language (empty: not claimed yet) are in a state, and why."""

    channel: str
    locale: str
    state: str
    cause: str
    n: int


class Told(NamedTuple):
    """One message in the report: the public reference of its person (empty: erased since), and what became of it."""

    id: int
    ref: str
    channel: str
    locale: str
    state: str
    cause: str
    settled_at: datetime | None


def take(visit: Visit, broadcast: Broadcast, channel: str, most: int = 1) -> tuple[list[Delivery], int]:
    """Claim the next messages of a running broadcast: those that may go, and how many rows were looked at.

    Whoever may not be written to (any more) is settled as suppressed in the same transaction. In the quiet hours none is.
    """
    if broadcasts.in_hours(visit, broadcast, visit.at) > visit.at:
        return [], 0
    token = numbers.token()
    rows = visit.all(
        _TAKE,
        cast=broadcast.id,
        by=channel,
        now=visit.at,
        most=most,
        mark=token,
        until=visit.at + outbox.LEASE,
    )
    taken = []
    for row in sorted(rows, key=lambda row: row.id):
        found = _may_go(visit, broadcast, channel, row, token)
        if isinstance(found, str):
            visit.run(_SETTLE, row=row.id, mark=token, outcome=CANCELLED, why=found, now=visit.at)
        else:
            taken.append(found)
    return taken, len(rows)


def _may_go(visit: Visit, broadcast: Broadcast, channel: str, row: Any, token: str) -> Delivery | str:
    """The delivery, or why not."""
    if broadcast.kind == BREACH:
        reached = visit.one(_ANYHOW, subject=row.subject_id, by=channel)
        contact = (reached[0], reached[1]) if reached is not None else None
    else:
        contact = gates.contact(visit, row.purpose, row.subject_id)
    if contact is None:
        return SUPPRESSED
    if broadcast.kind == POLICY and _answered(visit, broadcast, row.subject_id, row.purpose):
        return ANSWERED
    locale = row.locale or "kk"
    if not broadcast.content.locale(locale):
        return NO_LANGUAGE
    if channel == EMAIL:  # one letter per mailbox, however many people share it (T-CAST-10)
        hashed = visit.one(_HASH, contact=contact[0])
        if hashed is None or visit.one(_TAKEN, cast=broadcast.id, found=hashed[0]) is not None:
            return SAME_MAILBOX
        visit.run(_TARGET, row=row.id, found=hashed[0])
    try:
        address = visit.desk.vault.unseal("contacts", "address", *contact)
    except Unreadable:  # one contact whose seal does not open holds nobody else up
        return "unreadable"
    return Delivery(row.id, row.subject_id, locale, address, row.attempts, token, contact[0])


def _answered(visit: Visit, broadcast: Broadcast, subject_id: int, purpose: str) -> bool:
    agreed = visit.one(_AGREED, subject=subject_id, use=purpose)
    asked = versions.order(broadcasts.version_asked(broadcast))
    return agreed is not None and versions.order(agreed.version) >= asked


def settle(visit: Visit, delivery: Delivery, outcome: str, cause: str = "") -> bool:
    """End a message with its outcome; False: its lease had been lost, and it stays uncertain."""
    return (
        visit.run(_SETTLE, row=delivery.id, mark=delivery.token, outcome=outcome, why=cause, now=visit.at)
        == 1
    )


def again(
    visit: Visit, delivery: Delivery, cause: str, pause: float | None = None, *, counts: bool = True
) -> bool:
    """It surely did not arrive: try later, five times at most; `counts=False` (429, no connection) is no try at all.

    False: this was the last try, it failed.
    """
    if counts and delivery.attempts >= TRIES:
        settle(visit, delivery, FAILED, cause)
        return False
    wait = pause if pause is not None else WAITS_BEFORE[min(delivery.attempts, len(WAITS_BEFORE)) - 1]
    visit.run(
        _AGAIN, row=delivery.id, mark=delivery.token, why=cause, then=visit.at + timedelta(seconds=wait),
        uncounted=0 if counts else 1,
    )  # fmt: skip
    return True


def waits(visit: Visit, broadcast: Broadcast, channel: str) -> bool:
    """Whether any message of a channel waits."""
    return visit.one(_LEFT, cast=broadcast.id, by=channel) is not None


def left(visit: Visit, broadcast: Broadcast, channel: str) -> bool:
    """Whether any message of a channel waits or is on the wire."""
    on_wire = visit.one(_ON_WIRE, cast=broadcast.id, by=channel)
    return on_wire is not None or waits(visit, broadcast, channel)


def drop(visit: Visit, broadcast: Broadcast) -> int:
    """Cancel what waits of a broadcast that ended, a batch at a time; how many."""
    return visit.run(_DROP, cast=broadcast.id, most=DROPPED_AT_ONCE, now=visit.at)


def tally(visit: Visit, broadcast: Broadcast) -> list[Tally]:
    """How many messages are where: always counted, never kept, so it cannot differ from the rows."""
    return [Tally(*row) for row in visit.all(_TALLY, cast=broadcast.id)]


def each(visit: Visit, broadcast: Broadcast, after: int = 0, most: int = 500) -> Sequence[Told]:
    """Every message after a row id, in order: the report's pages."""
    return [Told(*row) for row in visit.all(_EACH, cast=broadcast.id, after=after, most=most)]


def uncertain(visit: Visit, broadcast: Broadcast, most: int = 100) -> list[Told]:
    """Those of whom nobody knows whether they arrived."""
    return [Told(*row) for row in visit.all(_NAMED, cast=broadcast.id, states=[UNCERTAIN], most=most)]


def crossed(visit: Visit, broadcast: Broadcast, most: int = 100) -> list[Told]:
    """Those that were on the wire in the very moment their person stopped."""
    return [Told(*row) for row in visit.all(_CROSSINGS, cast=broadcast.id, most=most)]
