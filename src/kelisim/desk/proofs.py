"""Proofs of a broadcast for its author: each audience's message, made where recipients' messages are made."""

from __future__ import annotations

from typing import Any

from kelisim.desk import bodies, broadcasts
from kelisim.desk.outbox import Claimed
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

KIND = "preview"
PANEL = "panel"  # a screen of /broadcast that comes into a chat of the staff unasked


def theirs(visit: Visit, message: Claimed) -> bool:
    """Whether it still goes to one of the staff: who was taken off the list since it was posted sees nothing more (T-STAFF-02)."""
    if message.channel == TELEGRAM:
        return any(str(known.telegram) == message.address for known in visit.operator.staff if known.telegram)
    return any(known.address == message.address for known in visit.operator.staff)


def compose(visit: Visit, message: Claimed) -> dict[str, Any] | None:
    """What a proof says: `locale` of the body names whose message it is; nothing when the draft has no such words any more, or
    its reader is none of the staff.

    In a chat a file comes as `content` (name and bytes) and `way` (see `bodies.way`).
    """
    broadcast = broadcasts.by_id(visit, message.body["broadcast"])
    locale = message.body["locale"]
    if broadcast is None or not broadcast.content.locale(locale) or not theirs(visit, message):
        return None
    if message.channel == EMAIL:
        purpose = next((pair.code for pair in broadcast.pairs(visit) if pair.channel == EMAIL), "")
        return bodies.letter(visit, broadcast, locale, 0, purpose)  # 0: its link stops nobody
    made = bodies.telegram(visit, broadcast, locale)
    if broadcast.content.file is not None:
        content = broadcasts.enclosed(visit, broadcast) or b""
        made |= {"content": (broadcast.content.file[0], content), "way": bodies.way(broadcast)}
    return made
