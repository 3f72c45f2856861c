"""Loops that must run once among the replicas: whoever has the lease runs, and nobody else until it ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.store.models import Lease

_L = Lease.__table__.c
_made = upsert(Lease)
_TAKE = _made.on_conflict_do_update(
    index_elements=["name"],
    set_={"token": _made.excluded.token, "until": _made.excluded.until},
    where=or_(_L.until < bindparam("now"), _L.token == _made.excluded.token),
).returning(_L.token)
_LET_GO = delete(Lease).where(_L.name == bindparam("called"), _L.token == bindparam("mine"))


def take(connection: Connection, name: str, token: str, until: datetime, now: datetime) -> bool:
    """Take a lease that ended before `now`, or renew one's own; whether it is `token`'s until `until`."""
    asked = {"name": name, "token": token, "until": until, "now": now}
    return connection.execute(_TAKE, asked).first() is not None


def let_go(connection: Connection, name: str, token: str) -> None:
    """Give one's own lease back; another's stays as it is."""
    connection.execute(_LET_GO, {"called": name, "mine": token})
