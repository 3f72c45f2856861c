"""The author's screen that shows how far a broadcast is: which message of which chat, sealed."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from kelisim.desk import broadcasts
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.visit import Visit
from kelisim.store.models import Broadcast as Row

_B = Row.__table__.c
_WATCH = select(_B.watch).where(_B.id == bindparam("row"))
_KEEP_WATCH = update(Row).where(_B.id == bindparam("row")).values(watch=bindparam("sealed"))
_SEEN = select(_B.id).where(_B.watch.is_not(None)).order_by(_B.id).limit(100)


def begin(visit: Visit, broadcast: Broadcast, chat: int, message: int) -> None:
    """Remember the author's screen that shows how far it is."""
    sealed = visit.desk.vault.seal("broadcasts", "watch", broadcast.id, f"{chat} {message}")
    visit.run(_KEEP_WATCH, row=broadcast.id, sealed=sealed)


def screen(visit: Visit, broadcast: Broadcast) -> tuple[int, int] | None:
    """The chat and message in which the author watches it."""
    row = visit.one(_WATCH, row=broadcast.id)
    if row is None or row[0] is None:
        return None
    chat, message = visit.desk.vault.unseal("broadcasts", "watch", broadcast.id, row[0]).split()
    return int(chat), int(message)


def end(visit: Visit, broadcast: Broadcast) -> None:
    """Nobody's screen waits for it any more."""
    visit.run(_KEEP_WATCH, row=broadcast.id, sealed=None)


def under_watch(visit: Visit) -> list[Broadcast]:
    """Those that somebody watches, whatever their state."""
    return [one for row in visit.all(_SEEN) if (one := broadcasts.by_id(visit, row.id)) is not None]
