"""How many letters the desk writes by itself to whoever wrote to it, known or not: nobody is bombed in another's name (T-LET-12).

One of a kind to an address a day and the next one a day later, two about one request a day, so many an hour in all (the rest
later), and the same words to the same address once in seven days (RFC 3834 section 2). What is above that is not written.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import codes, outbox
from kelisim.desk.codes import DAY, HOUR
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, Visit
from kelisim.store.models import Attempt, Seen

ACK, STOP_ACK, CONFIRM = "ack", "stop-ack", "confirm"  # kinds of outbox messages
A_CASE = 2  # letters about one request to one address a day
SAME_AFTER = timedelta(days=7)
RENEWED = (CONFIRM,)  # each of these has a link of its own: never the same words

_ALL, _CASE, _SAME = (
    "letters",
    "letters of case",
    "same letter",
)  # kinds of attempts, and the source of what was seen

_A, _S = Attempt.__table__.c, Seen.__table__.c
_LAST = select(func.max(_A.at)).where(_A.hash == bindparam("found"), _A.kind == bindparam("sort"))
_NTH = (
    select(_A.at)
    .where(_A.hash == bindparam("found"), _A.kind == bindparam("sort"))
    .order_by(_A.at.desc())
    .offset(bindparam("before"))
    .limit(1)
)
_SEEN = select(_S.key).where(_S.source == _SAME, _S.key == bindparam("same"), _S.expires > bindparam("now"))
_made = upsert(Seen)
_REMEMBER = _made.on_conflict_do_update(
    index_elements=["source", "key"], set_={"expires": _made.excluded.expires}
)


def post(
    visit: Visit,
    kind: str,
    email: Email,
    body: dict[str, Any],
    *,
    number: str,
    locale: str,
    to_subject: bool = True,
) -> bool:
    """Promise a letter that the desk writes by itself; whether it will be written.

    `number` is what it is about, and says with the kind which words it will have: the caller's body adds none of them.
    """
    if _is_own(visit, email):
        return False  # our own mailbox would answer itself for ever (T-LET-14)
    find = visit.desk.vault.find
    address, about = find(EMAIL, _mailbox(email)), find("automatic", f"{number}\0{email.lookup}")
    same = int.from_bytes(find("automatic", f"{kind}\0{number}\0{email.lookup}")[:8], "big", signed=True)
    if kind not in RENEWED and visit.one(_SEEN, same=same, now=visit.at) is not None:
        return False
    if codes.attempts(visit, _CASE, about, DAY) >= A_CASE:
        return False
    due = _of_address(visit, kind, address)
    if due is None:
        return False
    due = _of_hour(visit, due)
    for found, sort in ((address, kind), (about, _CASE), (_everybody(visit), _ALL)):
        visit.add(Attempt, hash=found, kind=sort, at=due)
    visit.run(_REMEMBER, source=_SAME, key=same, screen=kind, ref="", locale=locale, expires=due + SAME_AFTER)
    outbox.post(
        visit, kind, EMAIL, body, address=email.address, number=number, due=due, locale=locale, to_subject=to_subject
    )  # fmt: skip
    return True


def _is_own(visit: Visit, email: Email) -> bool:
    local, _at, domain = visit.operator.mailbox.casefold().rpartition("@")
    mine, _at, theirs = email.lookup.rpartition("@")
    return theirs == domain and mine.partition("+")[0] == local


def _mailbox(email: Email) -> str:
    """Where letters to an address arrive: what stands behind a plus is the same mailbox (RFC 5233), and has one count."""
    local, _at, domain = email.lookup.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def _of_address(visit: Visit, kind: str, address: bytes) -> datetime | None:
    """Now, or a day after the last of this kind; nothing while one waits for that already."""
    row = visit.one(_LAST, found=address, sort=kind)
    last = row[0] if row is not None else None
    if last is None or last <= visit.at - DAY:
        return visit.at
    after: datetime = last + DAY
    return after if last <= visit.at else None


def _of_hour(visit: Visit, due: datetime) -> datetime:
    """That moment, or an hour after the letter that would be too many hours' worth before it."""
    most = visit.operator.mail.automatic_per_hour
    row = visit.one(_NTH, found=_everybody(visit), sort=_ALL, before=most - 1)
    return due if row is None else max(due, row.at + HOUR)


def _everybody(visit: Visit) -> bytes:
    return visit.desk.vault.find("automatic", "")
