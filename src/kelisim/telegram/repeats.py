"""Updates that come again: those already served, and those that keep failing and are parked so they block nobody."""

from __future__ import annotations

from datetime import timedelta

from aiogram.types import Update
from sqlalchemy import bindparam, select
from sqlalchemy import update as change
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk.visit import Visit
from kelisim.store.models import Parked, Seen
from kelisim.telegram.screens import Go

SEEN_FOR = timedelta(days=7)
TRIES = 5

_S, _P = Seen.__table__.c, Parked.__table__.c
_SEEN = select(_S.screen, _S.ref, _S.locale).where(
    _S.source == bindparam("source"), _S.key == bindparam("key")
)
_NOTE = upsert(Seen).on_conflict_do_nothing()
_park = upsert(Parked)
_COUNT = _park.on_conflict_do_update(
    index_elements=["source", "key"],
    set_={"tries": _P.tries + 1, "cause": _park.excluded.cause, "at": _park.excluded.at},
).returning(_P.tries)
_KEEP = (
    change(Parked)
    .where(_P.source == bindparam("bot"), _P.key == bindparam("number"))
    .values(subject_id=bindparam("whose"), body=bindparam("sealed"))
)


def served(visit: Visit, source: str, update: int) -> tuple[Go, str] | None:
    """The screen, and its language, that answered this update before; nothing when it is new."""
    row = visit.one(_SEEN, source=source, key=update)
    return (Go(row.screen, row.ref), row.locale) if row is not None else None


def note(visit: Visit, source: str, update: int, go: Go) -> None:
    """Remember how an update was answered, for as long as it may come again."""
    visit.run(
        _NOTE, source=source, key=update, screen=go.screen, ref=go.ref, locale=visit.locale, expires=visit.at + SEEN_FOR
    )  # fmt: skip


def failed(visit: Visit, source: str, update: Update, kind: str, cause: str) -> bool:
    """Count a failure; whether the update is parked now, after five.

    Of people who agreed the update is kept sealed, to find the fault; of others type and id only (T-CHAT-07).
    """
    counted = visit.connection.execute(
        _COUNT,
        {"source": source, "key": update.update_id, "kind": kind, "tries": 1, "subject_id": None, "body": None,
         "cause": cause, "at": visit.at},
    )  # fmt: skip
    if counted.scalar_one() < TRIES:
        return False
    if visit.subject is not None:
        whole = update.model_dump_json(exclude_none=True)
        body = visit.desk.vault.seal("parked", "body", update.update_id, whole)
        visit.run(_KEEP, bot=source, number=update.update_id, whose=visit.subject.id, sealed=body)
    return True
