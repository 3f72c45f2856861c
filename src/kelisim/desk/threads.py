"""What our letters are called, so that an answer to one finds its request again: a name that cannot be guessed.

The Message-ID, and the address behind the plus of Reply-To and of the envelope (RFC 5233), are the row of the outbox sealed
with AES-SIV. Nothing is kept for it. It is a pointer and gives no right: whoever has it must still be who they say (T-LET-06).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from kelisim.desk import tokens
from kelisim.desk.visit import Desk, Visit
from kelisim.store.models import OutboxMessage

_LABEL, _CASE = b"kelisim letter", b"kelisim thread"
_TOKEN = re.compile(r"[a-z2-7]{39}")
_MARKER = 8  # letters of the token that the line above the quotation carries

_O = OutboxMessage.__table__.c
_FIND = select(_O.id, _O.kind, _O.number, _O.subject_id).where(_O.id == bindparam("row"))


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter of ours that another one answers or returns: its row, kind, number (of the request, mostly) and person."""

    id: int
    kind: str
    number: str
    subject_id: int | None


def token(desk: Desk, row: int) -> str:
    """The name of the letter that an outbox row becomes: 39 small letters and digits, the same at every try."""
    return tokens.letters(tokens.seal(desk, _LABEL, row.to_bytes(8, "big")))


def marker(desk: Desk, row: int) -> str:
    """The mark in the line «reply above this line» of one letter."""
    return token(desk, row)[-_MARKER:]


def thread(desk: Desk, number: str) -> str:
    """The common ancestor of all letters about one number, so that mail programs show them together; no such letter exists."""
    return tokens.letters(tokens.seal(desk, _LABEL, number.encode(), _CASE))


def rows(desk: Desk, texts: Iterable[str]) -> list[int]:
    """The outbox rows that are named anywhere in these headers or addresses, each once, in their order."""
    found = []
    for text in texts:
        for given in _TOKEN.findall(text.lower()):
            row = _read(desk, given)
            if row is not None and row not in found:
                found.append(row)
    return found


def posted(visit: Visit, row: int) -> Posted | None:
    """The letter of ours with this row; nothing when it is gone (a person erased, a term over)."""
    known = visit.one(_FIND, row=row)
    return Posted(*known) if known is not None else None


def _read(desk: Desk, given: str) -> int | None:
    sealed = tokens.of_letters(given)
    opened = tokens.unseal(desk, _LABEL, sealed) if sealed is not None else None
    return int.from_bytes(opened, "big") if opened is not None else None
