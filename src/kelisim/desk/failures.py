"""When messages do not get out, or letters in: since when, why, and a letter to the responsible person, once a day at most."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import letters
from kelisim.desk.visit import EMAIL, Visit
from kelisim.store.models import Fact

STREAK = 3  # failed rounds in a row before it is called a failure
AWAY = timedelta(minutes=10)  # a mailbox that cannot be read for so long is told of
MAILBOX = "mailbox"  # what `last` calls it
REMIND = timedelta(days=1)

_F = Fact.__table__.c
_READ = select(_F.value).where(_F.name == bindparam("called"))
_made = upsert(Fact)
_WRITE = _made.on_conflict_do_update(index_elements=["name"], set_={"value": _made.excluded.value})
_CLEAR = delete(Fact).where(_F.name == bindparam("called"))


def note(visit: Visit, channel: str, causes: list[str], any_sent: bool) -> None:
    """After a round of the courier: a success ends the trouble, failures alone count towards it."""
    name = f"failing {channel}"
    row = visit.one(_READ, called=name)
    if any_sent:
        if row is not None:
            visit.run(_CLEAR, called=name)
        return
    if not causes:
        return
    known: dict[str, Any] = {"since": visit.at.isoformat(), "rounds": 0, "told": ""}
    if row is not None:
        known = json.loads(row.value)
    known["rounds"] += 1
    known["cause"] = causes[-1]
    told = datetime.fromisoformat(known["told"]) if known["told"] else None
    if known["rounds"] >= STREAK and (told is None or visit.at - told > REMIND):
        known["told"] = visit.at.isoformat()
        if channel != EMAIL:  # when the post itself is down, `kelisim check` and the log say so
            letters.failing(visit, known["since"][:16], known["cause"])
    visit.run(_WRITE, name=name, value=json.dumps(known))


def unread(visit: Visit, cause: str) -> None:
    """After a try to read the mailbox that failed: the responsible person hears of it once it lasts, and then once a day."""
    name = f"failing {MAILBOX}"
    row = visit.one(_READ, called=name)
    known: dict[str, Any] = {"since": visit.at.isoformat(), "rounds": 0, "told": ""}
    if row is not None:
        known = json.loads(row.value)
    known["cause"] = cause
    if visit.at - datetime.fromisoformat(known["since"]) >= AWAY:
        known["rounds"] = STREAK
        told = datetime.fromisoformat(known["told"]) if known["told"] else None
        if told is None or visit.at - told > REMIND:
            known["told"] = visit.at.isoformat()
            letters.unread(visit, known["since"][:16], cause)
    visit.run(_WRITE, name=name, value=json.dumps(known))


def readable(visit: Visit) -> None:
    """The mailbox is read again."""
    visit.run(_CLEAR, called=f"failing {MAILBOX}")


def last(visit: Visit, channel: str) -> str:
    """Since when and why messages of a channel do not get out; empty when they do."""
    row = visit.one(_READ, called=f"failing {channel}")
    if row is None:
        return ""
    known = json.loads(row.value)
    return f"{known['since'][:16]}: {known['cause']}" if known["rounds"] >= STREAK else ""
