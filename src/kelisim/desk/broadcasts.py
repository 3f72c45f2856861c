"""Broadcasts: what the operator writes to exactly those who agreed, from the confirmation to the last message (`drafts` before it).

A confirmation carries the digest of what was shown, so an edit or a count made anew voids it (T-CAST-04). Every move is one
conditional update: of two presses one wins.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import dispatches, ledger, quiet, staff
from kelisim.desk.purposes import Pair
from kelisim.desk.staff import RESPONSIBLE, Actor
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.store.models import Broadcast as Row
from kelisim.store.models import Fact, OutboxMessage
from kelisim.store.sealed import Unreadable

log = logging.getLogger("kelisim.desk")

CONSENT, POLICY, BREACH = "consent", "policy", "breach"
DRAFT, APPROVING, SCHEDULED, RUNNING, PAUSED = "draft", "approving", "scheduled", "running", "paused"
DONE, CANCELLED, MISSED = "done", "cancelled", "missed"
LIVE = (APPROVING, SCHEDULED, RUNNING, PAUSED)
OVER = (DONE, CANCELLED, MISSED)

# Why a broadcast stands still or ended, beside what a person did.
FAILURES, NIGHT, LATE, BY_PERSON, NOBODY, GROWN = "failures", "night", "late", "person", "nobody", "grown"

SHOWN = 16  # letters of the digest that a button carries
# A count that was shown longer ago is made anew before anything is confirmed on it.
FRESH = timedelta(hours=1)
PATIENCE = timedelta(days=1)  # an approval that comes later approves what nobody remembers

_B = Row.__table__.c
_PLAIN = (
    "id", "number", "kind", "purpose", "channels", "state", "version", "author", "approver", "digest", "counted",
    "ground", "start_at", "night", "answer_by", "step", "cursor", "addressed", "addressed_at", "cause", "at", "begun_at",
    "ended_at",
)  # fmt: skip
_COLUMNS = [_B[name] for name in _PLAIN] + [_B.content]
_BY_NUMBER = select(*_COLUMNS).where(_B.number == bindparam("number"))
_BY_ID = select(*_COLUMNS).where(_B.id == bindparam("row"))
_IN = (
    select(*_COLUMNS)
    .where(_B.state.in_(bindparam("states", expanding=True)))
    .order_by(_B.at.desc(), _B.id.desc())
    .limit(bindparam("most"))
)
_waiting = (
    select(OutboxMessage.id)
    .where(
        OutboxMessage.broadcast_id == _B.id, OutboxMessage.broadcast_id.is_not(None),
        OutboxMessage.state == literal_column("'waiting'"),
    )
    .correlate(Row.__table__)
    .exists()
)  # fmt: skip
_UNDER_WAY = (
    select(*_COLUMNS)
    .where(or_(_B.state.in_((SCHEDULED, RUNNING, PAUSED)), and_(_B.state == CANCELLED, _waiting)))
    .order_by(_B.at, _B.id)
)
_LOOKED = "broadcasts looked at"
_made = upsert(Fact)
_LOOK = _made.on_conflict_do_update(index_elements=["name"], set_={"value": _made.excluded.value})
_LAST_LOOK = select(Fact.value).where(Fact.name == _LOOKED)
_FILE = select(_B.file).where(_B.id == bindparam("row"))
_here = (_B.id == bindparam("row")) & (_B.version == bindparam("was"))
_MOVE = (
    update(Row)
    .where(_here)
    .values(
        state=bindparam("now"), cause=bindparam("why"), start_at=bindparam("then"), night=bindparam("over"),
        author=bindparam("who"), approver=bindparam("second"), answer_by=bindparam("until"), begun_at=bindparam("begun"),
        ended_at=bindparam("ended"), version=_B.version + 1,
    )
)  # fmt: skip


class Unfit(ValueError):
    """A draft cannot go on; `faults` are (code, details) pairs, all of them at once. The doors have words for each."""

    def __init__(self, *faults: tuple[str, Mapping[str, Any]]) -> None:
        super().__init__(", ".join(code for code, _details in faults))
        self.faults = faults


class Stale(Exception):
    """What was confirmed is not what stands there: it was edited, counted anew, or moved on by somebody else."""

    def __init__(self, now: Broadcast | None) -> None:
        super().__init__(now.state if now is not None else "gone")
        self.now = now


class NotYours(Exception):
    """Only another person may do this: nobody approves their own broadcast, only the responsible person orders a notice."""


@dataclass(frozen=True, slots=True)
class Content:
    """The operator's words. `texts` are Telegram's HTML per language; `subjects` and `letters` (HTML) are for e-mail: without a
    letter its text serves. `fallback` says, per language that lacks, which one its people read instead. `file` is the name
    and type of the one photo or document. `labels` and `url` make the button."""

    texts: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    url: str = ""
    fallback: dict[str, str] = field(default_factory=dict)
    file: tuple[str, str] | None = None

    def locale(self, wanted: str) -> str:
        """The language in which a person of this language reads it; empty: none was chosen."""
        if wanted in self.texts:
            return wanted
        chosen = self.fallback.get(wanted, "")
        return chosen if chosen in self.texts else ""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast as it stands now."""

    id: int
    number: str
    kind: str
    purpose: str
    channels: tuple[str, ...]
    state: str
    version: int
    author: str
    approver: str
    digest: str
    counted: dict[str, Any]
    ground: str
    start_at: datetime | None
    night: bool
    answer_by: date | None
    step: int
    cursor: int
    addressed: int
    addressed_at: datetime | None
    cause: str
    at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    content: Content

    def pairs(self, visit: Visit) -> list[Pair]:
        """The purpose over each channel, in the order they are addressed; none for a notice of a breach."""
        found = [pair for pair in visit.operator.pairs.values() if pair.purpose.code == self.purpose]
        return [pair for pair in found if pair.channel in self.channels]

    def written_by(self, address: str) -> bool:
        """Whether this one of the staff wrote it, or confirmed it last."""
        return staff.named(self.author)[1].casefold() == address.casefold()

    @property
    def to(self) -> int:
        """How many messages the last count promised."""
        return sum(self.counted.get("to", {}).values())


def version_asked(broadcast: Broadcast) -> str:
    """The version of the text that a change of the policy is about: its ground is `material 2.1` or `changed 2.1`."""
    return broadcast.ground.rpartition(" ")[2]


def find(visit: Visit, number: str) -> Broadcast | None:
    """A broadcast by its number."""
    row = visit.one(_BY_NUMBER, number=number)
    return _opened(visit, row) if row is not None else None


def known(visit: Visit, number: str) -> Broadcast:
    """A broadcast by its number; raises LookupError."""
    found = find(visit, number)
    if found is None:
        raise LookupError(f"there is no broadcast {number}")
    return found


def by_id(visit: Visit, row: int) -> Broadcast | None:
    """A broadcast by row id."""
    found = visit.one(_BY_ID, row=row)
    return _opened(visit, found) if found is not None else None


def again(visit: Visit, broadcast: Broadcast) -> Broadcast:
    """The same as it stands now, after an act on it."""
    found = by_id(visit, broadcast.id)
    assert found is not None
    return found


def listed(visit: Visit, *states: str, most: int = 20) -> list[Broadcast]:
    """Broadcasts in these states (all when none is named), the newest first."""
    wanted = states or (DRAFT, *LIVE, *OVER)
    return [_opened(visit, row) for row in visit.all(_IN, states=list(wanted), most=most)]


def under_way(visit: Visit) -> list[Broadcast]:
    """All that something may have to be done with by itself, the oldest first; one whose seal does not open holds nobody up."""
    found = []
    for row in visit.all(_UNDER_WAY):
        try:
            found.append(_opened(visit, row))
        except Unreadable:
            log.error("broadcast %s cannot be opened", row.number)
    return found


def look_noted(visit: Visit) -> datetime | None:
    """When somebody last looked after running broadcasts; noted anew by this."""
    row = visit.one(_LAST_LOOK)
    visit.run(_LOOK, name=_LOOKED, value=visit.at.isoformat())
    return datetime.fromisoformat(row[0]) if row is not None else None


def slept(visit: Visit, broadcast: Broadcast, since: datetime) -> bool:
    """Whether a running one was left alone over its late window, or over any quiet hours: then a person has to say "go on"."""
    since = max(since, broadcast.begun_at or since)
    if visit.at - since > timedelta(minutes=visit.operator.broadcast.late_minutes):
        return True
    opens = in_hours(visit, broadcast, since)
    return opens != since and opens <= visit.at


def enclosed(visit: Visit, broadcast: Broadcast) -> bytes | None:
    """The bytes of its file."""
    row = visit.one(_FILE, row=broadcast.id)
    if row is None or row[0] is None:
        return None
    return visit.desk.vault.unseal_bytes("broadcasts", "file", broadcast.id, row[0])


def confirm(
    visit: Visit,
    broadcast: Broadcast,
    digest: str,
    actor: Actor,
    *,
    at: datetime | None = None,
    night: bool = False,
    answer_by: date | None = None,
) -> Broadcast:
    """Somebody says "send", and is its author from now on: what becomes of it depends on how many it reaches and on the hour.

    Up to `approval_above` messages it is due now (or `at`). Above, a second person has to approve (`approval`), or it waits
    `delay_minutes` with a Stop link in everybody's mailbox. In quiet hours it is due when they end, but a notice of a breach
    never waits: everybody hears of it, with a Stop link, as it begins. `digest` (its first `SHOWN` letters) is what the person
    saw; raises Stale when that is not what stands there or was counted more than `FRESH` ago, NotYours for a notice that anybody
    but the person responsible orders.
    """
    if broadcast.kind != CONSENT and actor.role != RESPONSIBLE:
        raise NotYours
    if broadcast.state != DRAFT or not _is(broadcast, digest) or _age(visit, broadcast) > FRESH:
        raise Stale(again(visit, broadcast))
    if not broadcast.to:
        raise Unfit((NOBODY, {}))
    rules = visit.operator.broadcast
    many = broadcast.to > rules.approval_above
    start = max(at or visit.at, visit.at)
    if many and rules.approval and broadcast.kind != BREACH:
        moved = _move(
            visit, broadcast, APPROVING, start_at=start if at else None, night=night, answer_by=answer_by,
            author=actor.label or actor.address,
        )  # fmt: skip
    else:
        if many and broadcast.kind != BREACH:
            start = max(start, visit.at + timedelta(minutes=rules.delay_minutes))
        start = in_hours(visit, broadcast, start)
        moved = _move(
            visit, broadcast, SCHEDULED, start_at=start, night=night, answer_by=answer_by,
            author=actor.label or actor.address,
        )  # fmt: skip
    ledger.note_of(visit, "", ledger.RECORDED, f"broadcast {moved.state}", broadcast.number, "staff")
    if many:  # in this very transaction: none begins unheard (T-CAST-05)
        dispatches.tell(
            visit, moved, dispatches.APPROVING if moved.state == APPROVING else dispatches.DELAYED
        )
    return moved


def approve(visit: Visit, broadcast: Broadcast, digest: str, actor: Actor) -> Broadcast:
    """A second person agrees; raises NotYours for the author and for whoever sits at the author's shell, Stale when it is not
    what they were shown or its hour is over."""
    window = timedelta(minutes=visit.operator.broadcast.late_minutes)
    over = broadcast.start_at is not None and visit.at > broadcast.start_at + window
    if (
        broadcast.state != APPROVING
        or not _is(broadcast, digest)
        or over
        or _age(visit, broadcast) > PATIENCE
    ):
        raise Stale(again(visit, broadcast))
    way, _address = staff.named(actor.label)
    same_shell = way not in ("", TELEGRAM) and way == staff.named(broadcast.author)[0]
    if broadcast.written_by(actor.address) or same_shell:
        raise NotYours
    start = in_hours(visit, broadcast, max(broadcast.start_at or visit.at, visit.at))
    moved = _move(visit, broadcast, SCHEDULED, start_at=start, approver=actor.label or actor.address)
    ledger.note_of(visit, "", ledger.RECORDED, "broadcast approved", broadcast.number, "staff")
    return moved


def _is(broadcast: Broadcast, digest: str) -> bool:
    return len(digest) >= SHOWN and broadcast.digest.startswith(digest)


def _age(visit: Visit, broadcast: Broadcast) -> timedelta:
    """How long ago it was counted."""
    return visit.at - datetime.fromisoformat(broadcast.counted["at"])


def in_hours(visit: Visit, broadcast: Broadcast, at: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours it falls into; a notice of a breach waits for nothing."""
    if broadcast.kind == BREACH:
        return at
    return quiet.until(replace(visit, at=at), "broadcast") or at


def start(visit: Visit, broadcast: Broadcast) -> Broadcast:
    """Begin one whose time has come; one that is later than the window allows is missed and says so (T-CAST-06)."""
    window = timedelta(minutes=visit.operator.broadcast.late_minutes)
    if broadcast.start_at is not None and visit.at > broadcast.start_at + window:
        return _move(visit, broadcast, MISSED, cause=LATE, ended=True)
    ledger.note_of(visit, "", ledger.USED, "broadcast", broadcast.number, "staff")
    return _move(visit, broadcast, RUNNING, begun=True)


def pause(visit: Visit, broadcast: Broadcast, cause: str = BY_PERSON) -> Broadcast:
    """Let a running one stand still; nothing more is claimed from this moment on."""
    if broadcast.state != RUNNING:
        raise Stale(broadcast)
    return _move(visit, broadcast, PAUSED, cause=cause)


def resume(visit: Visit, broadcast: Broadcast) -> Broadcast:
    """Go on; in the quiet hours it waits for their end."""
    if broadcast.state != PAUSED:
        raise Stale(broadcast)
    if broadcast.begun_at is None or in_hours(visit, broadcast, visit.at) > visit.at:
        return _move(visit, broadcast, PAUSED, cause=NIGHT, night=True)
    return _move(visit, broadcast, RUNNING)


def cancel(visit: Visit, broadcast: Broadcast, actor: Actor) -> Broadcast:
    """End it for good: what has not left stays here (`deliveries.drop` says so row by row); what is gone is gone."""
    if broadcast.state in OVER:
        raise Stale(broadcast)
    ledger.note_of(visit, "", ledger.RECORDED, "broadcast cancelled", broadcast.number, "staff")
    return _move(visit, broadcast, CANCELLED, cause=BY_PERSON, ended=True)


def done(visit: Visit, broadcast: Broadcast) -> Broadcast:
    """Nobody is left to write to."""
    return _move(visit, broadcast, DONE, ended=True)


def _move(
    visit: Visit,
    broadcast: Broadcast,
    state: str,
    *,
    cause: str = "",
    start_at: datetime | None = None,
    night: bool | None = None,
    approver: str = "",
    author: str = "",
    answer_by: date | None = None,
    begun: bool = False,
    ended: bool = False,
) -> Broadcast:
    moved = visit.run(
        _MOVE, row=broadcast.id, was=broadcast.version, now=state, why=cause, then=start_at or broadcast.start_at,
        over=broadcast.night if night is None else night, who=author or broadcast.author,
        second=approver or broadcast.approver,
        until=answer_by or broadcast.answer_by, begun=visit.at if begun and broadcast.begun_at is None else broadcast.begun_at,
        ended=visit.at if ended else broadcast.ended_at,
    )  # fmt: skip
    if not moved:
        raise Stale(by_id(visit, broadcast.id))
    return again(visit, broadcast)


def _opened(visit: Visit, row: Any) -> Broadcast:
    values = dict(zip(_PLAIN, row, strict=False))
    content = json.loads(visit.desk.vault.unseal("broadcasts", "content", row.id, row.content))
    content["file"] = tuple(content["file"]) if content.get("file") else None
    values["channels"] = tuple(values["channels"].split(","))
    values["counted"] = json.loads(values["counted"]) if values["counted"] else {}
    return Broadcast(**values, content=Content(**content))
