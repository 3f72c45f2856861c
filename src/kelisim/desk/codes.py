"""Proof of a mailbox: six digits sent there and typed back in the chat that asked (THREATS.md section 5).

A code is bound to the asking chat, the address and its use. It lives 10 minutes and 5 tries; a new one voids the old.
Nothing here tells whether an address is known: the same statements run, and whether a letter leaves is for the courier.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import letters, outbox
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, Visit
from kelisim.store.models import Attempt, Code

LIFE = timedelta(minutes=10)
TRIES = 5
AGAIN = timedelta(seconds=60)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PER_HOUR, PER_DAY, PER_ADDRESS = 3, 5, 5

_C, _A = Code.__table__.c, Attempt.__table__.c
_made = upsert(Code)
_KEEP = _made.on_conflict_do_update(
    index_elements=["asker", "use"],
    set_={name: _made.excluded[name] for name in ("address", "mac", "tries", "sent_at", "expires")},
)
# One statement takes a try, so parallel guesses cannot read the same count (T-ID-01).
_TRY = (
    update(Code)
    .where(
        _C.asker == bindparam("who"),
        _C.use == bindparam("what"),
        _C.tries < TRIES,
        _C.expires > bindparam("now"),
    )
    .values(tries=_C.tries + 1)
    .returning(_C.address, _C.mac, _C.tries)
)
_READ = select(_C.sent_at, _C.expires, _C.tries).where(
    _C.asker == bindparam("who"), _C.use == bindparam("what")
)
_DROP = delete(Code).where(_C.asker == bindparam("who"), _C.use == bindparam("what"))
_DROP_ALL = delete(Code).where(_C.asker == bindparam("who"))
_OLD = delete(Code).where(_C.expires < bindparam("now"))
_COUNT = select(func.count()).where(
    _A.hash == bindparam("found"), _A.kind == bindparam("sort"), _A.at > bindparam("after")
)
_FORGET = delete(Attempt).where(_A.at < bindparam("before"))

SENT, SOON, MANY = "sent", "soon", "many"
RIGHT, WRONG, LAPSED = "right", "wrong", "lapsed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a typed code: right (and which address it proves), wrong (tries left), or lapsed."""

    outcome: str
    left: int = 0
    address: bytes = b""


def attempts(visit: Visit, kind: str, found: bytes, window: timedelta) -> int:
    """How often something was tried by this keyed hash within the window."""
    row = visit.one(_COUNT, found=found, sort=kind, after=visit.at - window)
    return int(row[0]) if row is not None else 0


def attempted(visit: Visit, kind: str, found: bytes) -> None:
    """Count one try."""
    visit.add(Attempt, hash=found, kind=kind, at=visit.at)


def send(visit: Visit, use: str, email: Email, kind: str = "code") -> str:
    """Send a code to an address: `sent`, `soon` (a minute has not passed) or `many` (the limits of a chat, an address)."""
    asker, found = visit.visitor.hash, visit.desk.vault.find(EMAIL, email.lookup)
    row = visit.one(_READ, who=asker, what=use)
    soon = row is not None and visit.at - row.sent_at < AGAIN
    many = (
        attempts(visit, "code", asker, HOUR) >= PER_HOUR
        or attempts(visit, "code", asker, DAY) >= PER_DAY
        or attempts(visit, "code-to", found, DAY) >= PER_ADDRESS
    )
    if soon or many:
        return SOON if soon else MANY
    digits = f"{secrets.randbelow(1_000_000):06d}"
    visit.run(
        _KEEP, asker=asker, use=use, address=found, mac=_mac(visit, use, found, digits), tries=0, sent_at=visit.at,
        expires=visit.at + LIFE,
    )  # fmt: skip
    attempted(visit, "code", asker)
    attempted(visit, "code-to", found)
    letter = letters.code(visit, digits, int(LIFE.total_seconds() // 60))
    letter |= {
        "asker": asker.hex(),
        "use": use,
        "sent_at": visit.at.isoformat(),
    }  # see `stands`; the letter says none of it
    outbox.post(visit, kind, EMAIL, letter, address=email.address, not_after=visit.at + LIFE)
    return SENT


def verify(visit: Visit, use: str, typed: str) -> Answer:
    """Compare a typed code. A wrong one is *returned*, never raised: a rollback would undo its own count."""
    digits = "".join(str(int(letter)) for letter in typed if letter.isdecimal())
    row = visit.one(_TRY, who=visit.visitor.hash, what=use, now=visit.at)
    if row is None:
        return Answer(LAPSED)
    if not hmac.compare_digest(row.mac, _mac(visit, use, row.address, digits)):
        return Answer(WRONG, TRIES - row.tries)
    visit.run(_DROP, who=visit.visitor.hash, what=use)
    return Answer(RIGHT, address=row.address)


def stands(visit: Visit, letter: dict[str, str]) -> bool:
    """Whether the code in a letter still is the one that counts: asked again as it leaves, or an old one comes after a new."""
    if "use" not in letter:  # written before codes were asked for again
        return True
    row = visit.one(_READ, who=bytes.fromhex(letter["asker"]), what=letter["use"])
    return row is not None and row.sent_at == datetime.fromisoformat(letter["sent_at"])


def forget(visit: Visit, use: str) -> None:
    """Void the code of a flow that was left."""
    visit.run(_DROP, who=visit.visitor.hash, what=use)


def void(visit: Visit, asker: bytes) -> None:
    """End every code a chat (by its keyed hash) has asked for: its contacts have changed (I12)."""
    visit.run(_DROP_ALL, who=asker)


def lapse(visit: Visit) -> int:
    """Destroy codes and counts that are over (the caretaker's work)."""
    return visit.run(_OLD, now=visit.at) + visit.run(_FORGET, before=visit.at - DAY)


def _mac(visit: Visit, use: str, address: bytes, digits: str) -> bytes:
    return visit.desk.vault.find("code", f"{visit.visitor.hash.hex()}\0{address.hex()}\0{use}\0{digits}")
