"""One-time links: a secret in the address opens one thing of one person, once; looking at it uses nothing up.

Only the SHA-256 of the secret is kept. Whoever takes it first has it; the same browser may repeat the download for ten
minutes (T-WEB-02, T-WEB-03). A link dies with its end, its use, the person's erasure and a contact change that voids it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select, update

from kelisim.desk import numbers
from kelisim.desk.visit import Visit
from kelisim.store.models import Link as Row
from kelisim.store.sealed import fingerprint

FILE_LIFE = timedelta(hours=72)
AGAIN = timedelta(minutes=10)  # in which the same browser may repeat a download
PATH = "/l/"  # below KELISIM_URL

_L = Row.__table__.c
_FIND = select(
    _L.use, _L.subject_id, _L.ref, _L.locale, _L.expires, _L.used_at, _L.browser
).where(_L.token == bindparam("secret"))  # fmt: skip
_TAKE = (
    update(Row)
    .where(
        _L.token == bindparam("secret"), _L.expires > bindparam("now"),
        or_(_L.used_at.is_(None), (_L.browser == bindparam("cookie")) & (_L.used_at > bindparam("lately"))),
    )
    .values(used_at=bindparam("stamp"), browser=bindparam("holder"))
    .returning(_L.used_at)
)  # fmt: skip
_VOID = delete(Row).where(_L.subject_id == bindparam("subject"), _L.use == bindparam("what"))
_VOID_ONE = _VOID.where(_L.ref == bindparam("of"))
_VOID_ALL = delete(Row).where(_L.subject_id == bindparam("subject"))
_LAPSE = delete(Row).where(_L.expires < bindparam("now"))


@dataclass(frozen=True, slots=True)
class Link:
    """What a secret opens: its use (`access`, `complaint`, …), whose it is, and of what."""

    use: str
    subject_id: int
    ref: str
    locale: str
    expires: datetime
    used_at: datetime | None
    browser: bytes | None


def able(visit: Visit) -> bool:
    """Whether there is a web door for a link to lead to."""
    return bool(visit.desk.url)


def make(visit: Visit, use: str, ref: str, life: timedelta = FILE_LIFE) -> str:
    """A new secret address for the visit's subject, below the public URL; raises LookupError without a web door."""
    if not able(visit):
        raise LookupError("there is no web door: KELISIM_URL is empty")
    secret = numbers.token(256)
    visit.add(
        Row, token=fingerprint(secret), use=use, subject_id=visit.known.id, ref=ref, locale=visit.locale,
        expires=visit.at + life, used_at=None, browser=None, at=visit.at,
    )  # fmt: skip
    return f"{visit.desk.url}{PATH}{secret}"


def look(visit: Visit, secret: str) -> Link | None:
    """What a secret would open; nothing when it is unknown or over. It may be used already: see `used_at`."""
    row = visit.one(_FIND, secret=fingerprint(secret))
    return Link(*row) if row is not None and row.expires > visit.at else None


def take(visit: Visit, secret: str, browser: str) -> Link | None:
    """Use the link up, for this browser (a random cookie); nothing when another was first, or it is over."""
    found = look(visit, secret)
    if found is None:
        return None
    cookie = fingerprint(browser)
    first = found.used_at or visit.at
    taken = visit.one(
        _TAKE, secret=fingerprint(secret), now=visit.at, cookie=cookie, lately=visit.at - AGAIN, stamp=first,
        holder=cookie,
    )  # fmt: skip
    return found if taken is not None else None


def void(visit: Visit, use: str = "", ref: str = "") -> int:
    """End the subject's links, of one use when it is named, to one thing when that is named too."""
    if use and ref:
        return visit.run(_VOID_ONE, subject=visit.known.id, what=use, of=ref)
    if use:
        return visit.run(_VOID, subject=visit.known.id, what=use)
    return visit.run(_VOID_ALL, subject=visit.known.id)


def lapse(visit: Visit) -> int:
    """Forget the links that are over (the caretaker's work)."""
    return visit.run(_LAPSE, now=visit.at)
