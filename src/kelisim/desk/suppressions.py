"""Stop means stop: the keyed hash of an address that is not to be written to on a channel.

A stop needs no proof and no subject. It is lifted for one subject by their own later act only: resuming a channel they
proved, or giving that very consent anew. It holds no readable address and outlives erasure, import and restore.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import consents, gates, ledger, letters, numbers, outbox, subjects
from kelisim.desk.identity import Email
from kelisim.desk.visit import CHANNELS, EMAIL, TELEGRAM, Found, Visit
from kelisim.store.models import Suppression

_S = Suppression.__table__.c
_made = upsert(Suppression)
_STOP = _made.on_conflict_do_update(
    index_elements=["hash", "channel"],
    set_={"since": _made.excluded.since, "number": _made.excluded.number},
)
_OF = select(_S.hash, _S.channel, _S.since, _S.number).where(_S.hash.in_(bindparam("hashes", expanding=True)))
_RENAME = (
    update(Suppression)
    .where(_S.hash == bindparam("found"), _S.channel == bindparam("by"))
    .values(number=bindparam("name"), since=bindparam("day"))
)


def stop(visit: Visit, scope: str = "all") -> tuple[str, bool]:
    """Stop messages to the person at the door, `scope` all, email or telegram: the number, and whether it is new.

    Prepared messages are cancelled in the same transaction. An unknown person leaves a keyed hash and nothing else.
    """
    if visit.subject is None:
        return _stop_unknown(visit)
    channels = CHANNELS if scope == "all" else (scope,)
    standing = stopped(visit, own=True)  # what others stopped in their name has another's number
    if all(channel in standing for channel in channels) and not _live(visit, channels):
        return max((standing[channel] for channel in channels), key=lambda known: known[1])[0], False
    number = numbers.number(numbers.STOP)
    keys = {(visit.visitor.hash, channel) for channel in channels}
    keys |= {(known.hash, known.channel) for known in subjects.contacts(visit) if known.channel in channels}
    for found, channel in keys:
        visit.run(_STOP, hash=found, channel=channel, number=number, since=visit.at)
    cancelled = outbox.cancel(visit, channels)
    consents.record(visit, consents.STOPPED, scope, number=number, cancelled=cancelled)
    return number, True


def stop_contact(visit: Visit, contact_id: int) -> str:
    """Stop messages to one contact of the subject, by a link in a letter it got: the number, and again the same one."""
    contact = next(known for known in subjects.contacts(visit) if known.id == contact_id)
    standing = next(
        (row for row in visit.all(_OF, hashes=[contact.hash]) if row.channel == contact.channel), None
    )
    lifted = standing is not None and contact.resumed_at is not None and standing.since < contact.resumed_at
    if standing is not None and not lifted and not _live(visit, (contact.channel,)):
        number: str = standing.number
        return number
    number = numbers.number(numbers.STOP)
    visit.run(_STOP, hash=contact.hash, channel=contact.channel, number=number, since=visit.at)
    cancelled = outbox.cancel(visit, (contact.channel,))
    consents.record(visit, consents.STOPPED, contact.channel, number=number, cancelled=cancelled)
    return number


def _stop_unknown(visit: Visit) -> tuple[str, bool]:
    rows = visit.all(_OF, hashes=[visit.visitor.hash])
    known = next((row for row in rows if row.channel == TELEGRAM), None)
    if known is not None:
        return known.number, False
    number = numbers.number(numbers.STOP)
    visit.run(_STOP, hash=visit.visitor.hash, channel=TELEGRAM, number=number, since=visit.at)
    ledger.note(visit, ledger.RECORDED, "stop telegram", number)
    return number, True


def stop_address(visit: Visit, email: Email, *, quietly: bool = False) -> str:
    """Stop letters to an address anyone may name: the same act, number and letter row whether we know it or not.

    Whether the notice "it was not me" leaves is the courier's knowledge: only to a mailbox we used to write to.
    `quietly` writes no notice: one chat named too many addresses today.
    """
    found = visit.desk.vault.find(EMAIL, email.lookup)
    number = numbers.number(numbers.STOP)
    visit.run(_STOP, hash=found, channel=EMAIL, number=number, since=visit.at)
    ledger.note(visit, ledger.RECORDED, "stop email", number)
    if not quietly:
        letter = letters.stopped_by_other(visit, number)
        outbox.post(
            visit, "stop-notice", EMAIL, letter, address=email.address, number=number, to_subject=False
        )
    return number


def of_address(visit: Visit, found: bytes) -> tuple[str, datetime] | None:
    """The number and moment of the stop of letters to a mailbox, by its hash; whether it was lifted since is not asked."""
    row = next((row for row in visit.all(_OF, hashes=[found]) if row.channel == EMAIL), None)
    return (row.number, row.since) if row is not None else None


def since(visit: Visit, number: str) -> datetime | None:
    """When the stop with this number was made, if it is a stop of the chat at the door."""
    return next(
        (row.since for row in visit.all(_OF, hashes=[visit.visitor.hash]) if row.number == number), None
    )


def stopped(visit: Visit, *, own: bool = False) -> dict[str, tuple[str, datetime]]:
    """Per channel the number and moment of the stop that stands for this subject (resumed ones left out).

    `own` counts only stops made at this chat's door, not those that anyone made in the name of a mailbox.
    """
    known = subjects.contacts(visit)
    hashes = {visit.visitor.hash} | {contact.hash for contact in known if not own}
    resumed = {
        channel: max((c.resumed_at for c in known if c.channel == channel and c.resumed_at), default=None)
        for channel in CHANNELS
    }
    standing: dict[str, tuple[str, datetime]] = {}
    for row in sorted(visit.all(_OF, hashes=list(hashes)), key=lambda row: row.since):
        lifted = resumed.get(row.channel)
        if lifted is None or row.since >= lifted:
            standing[row.channel] = (row.number, row.since)
    return standing


def bars(visit: Visit, channel: str, given: datetime) -> bool:
    """Whether a stop stands against a consent of the subject's that was given at a moment, as the gate would see it.

    Asked of what is no act of the person's in their own chat: it may not lift what they, or the holder of a mailbox, stopped.
    """
    known = subjects.contacts(visit)
    chats = {contact.hash for contact in known if contact.channel == TELEGRAM}
    hashes = {contact.hash for contact in known}
    stops = [row for row in visit.all(_OF, hashes=list(hashes)) if row.channel == channel]

    def stands(stop: Found, to: Found) -> bool:
        if stop.hash != to.hash and stop.hash not in chats:
            return False
        moved = (
            to.since if stop.hash == to.hash else given
        )  # an address that became theirs brings its stops along
        lifted = to.resumed_at is not None and stop.since < to.resumed_at and not to.resumed_at < moved
        return (stop.since >= given or given < moved) and not lifted

    ways = [to for to in known if to.channel == channel and to.confirmed_at is not None]
    return any(stands(stop, to) for stop in stops for to in ways)


def _live(visit: Visit, channels: tuple[str, ...]) -> bool:
    """Whether some consent given after the stop would let a message out on one of these channels."""
    pairs = visit.operator.pairs
    return any(
        gates.allows(visit, code)
        for code, pair in pairs.items()
        if pair.channel in channels and code != consents.DESK
    )


def resume(visit: Visit, channel: str) -> str:
    """Lift the subject's own stop on a channel; only they can, and only for their own consents (DESIGN.md 8.14)."""
    subjects.free(visit)
    number = numbers.number(numbers.STOP)
    subjects.resume(visit, channel)
    consents.record(visit, consents.RESUMED, channel, number=number)
    return number


def outlive(visit: Visit, proved: Iterable[tuple[bytes, str]], every: Iterable[bytes]) -> None:
    """Nobody writes to an erased person: a stop for each proved address (hash, channel), whatever brings it back later.

    Every stop of theirs (`every` hash) gets a number and a day that nothing else has, each its own: neither the records of
    consent nor the journal lead from an address to what its person did (T-STORE-11).
    """
    midnight = visit.at.replace(hour=0, minute=0, second=0, microsecond=0)
    keys = set(proved)
    for row in visit.all(_OF, hashes=list(every)):
        if (row.hash, row.channel) not in keys:
            day = row.since.replace(hour=0, minute=0, second=0, microsecond=0)
            visit.run(_RENAME, found=row.hash, by=row.channel, name=numbers.number(numbers.STOP), day=day)
    for found, channel in sorted(keys):
        visit.run(_STOP, hash=found, channel=channel, number=numbers.number(numbers.STOP), since=midnight)
