"""Drafts of broadcasts: begun for a purpose that never changes, written, given a file, and counted before they are confirmed.

A count keeps the digest of what was shown (words, purpose, channels, numbers); whatever is written after it voids it (T-CAST-04).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import bindparam, update

from kelisim.desk import broadcasts, numbers
from kelisim.desk.broadcasts import BREACH, CONSENT, DRAFT, Broadcast, Content, NotYours, Stale, Unfit
from kelisim.desk.staff import RESPONSIBLE, Actor
from kelisim.desk.visit import CHANNELS, Visit
from kelisim.store.models import Broadcast as Row

_B = Row.__table__.c
_here = (_B.id == bindparam("row")) & (_B.version == bindparam("was"))
_EDIT = (
    update(Row)
    .where(_here, _B.state == DRAFT)
    .values(
        content=bindparam("sealed"), version=_B.version + 1, digest="", counted="", approver="", watch=None
    )
)
_KEEP_FILE = update(Row).where(_B.id == bindparam("row")).values(file=bindparam("sealed"))
_COUNTED = (
    update(Row)
    .where(_here, _B.state == DRAFT)
    .values(digest=bindparam("found"), counted=bindparam("told"), version=_B.version + 1)
)


def begin(
    visit: Visit,
    author: Actor,
    purpose: str,
    channels: tuple[str, ...],
    *,
    kind: str = CONSENT,
    ground: str = "",
) -> Broadcast:
    """A new draft. Raises Unfit for a purpose or channel nobody can agree to, NotYours for a notice of somebody else's."""
    if kind == CONSENT:
        own = {pair.channel for pair in visit.operator.pairs.values() if pair.purpose.code == purpose}
        if purpose == "desk" or not own or not channels or not set(channels) <= own:
            raise Unfit(("purpose", {}))
    elif author.role != RESPONSIBLE:
        raise NotYours
    elif kind == BREACH and not ground:
        raise Unfit(("ground", {}))
    made, number = numbers.row_id(), numbers.number(numbers.BROADCAST)
    visit.add(
        Row, id=made, number=number, kind=kind, purpose=purpose if kind != BREACH else "",
        channels=",".join(channel for channel in CHANNELS if channel in channels), state=DRAFT, version=0,
        author=author.label or author.address, ground=ground, content=_sealed(visit, made, Content()), at=visit.at,
    )  # fmt: skip
    return broadcasts.known(visit, number)


def edit(visit: Visit, broadcast: Broadcast, content: Content) -> Broadcast:
    """Write a draft's words; a count and an approval before it are void. Raises Stale."""
    sealed = _sealed(visit, broadcast.id, content)
    if not visit.run(_EDIT, row=broadcast.id, was=broadcast.version, sealed=sealed):
        raise Stale(broadcasts.by_id(visit, broadcast.id))
    return broadcasts.again(visit, broadcast)


def enclose(visit: Visit, broadcast: Broadcast, name: str, type_: str, content: bytes) -> Broadcast:
    """Put the one photo or document of a draft; empty content takes it away. Raises Stale."""
    changed = edit(visit, broadcast, replace(broadcast.content, file=(name, type_) if content else None))
    sealed = visit.desk.vault.seal("broadcasts", "file", broadcast.id, content) if content else None
    visit.run(_KEEP_FILE, row=broadcast.id, sealed=sealed)
    return changed


def counted(visit: Visit, broadcast: Broadcast, told: dict[str, Any]) -> Broadcast:
    """Keep a count that is about to be shown (see `audiences.count`) and the digest a confirmation has to carry. Raises Stale."""
    text = json.dumps({**told, "at": visit.at.isoformat()}, ensure_ascii=False, sort_keys=True)
    content = broadcasts.enclosed(visit, broadcast) or b""
    whole = json.dumps([broadcast.kind, broadcast.purpose, broadcast.channels, asdict(broadcast.content), text],
                       ensure_ascii=False, sort_keys=True)  # fmt: skip
    found = hashlib.sha256(whole.encode() + hashlib.sha256(content).digest()).hexdigest()
    if not visit.run(_COUNTED, row=broadcast.id, was=broadcast.version, found=found, told=text):
        raise Stale(broadcasts.by_id(visit, broadcast.id))
    return broadcasts.again(visit, broadcast)


def _sealed(visit: Visit, row: int, content: Content) -> bytes:
    return visit.desk.vault.seal(
        "broadcasts", "content", row, json.dumps(asdict(content), ensure_ascii=False)
    )
