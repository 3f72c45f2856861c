"""Letters the desk took: each once, the original with its request, and what may leave the mailbox again.

A letter in the desk's own folder stays there while its row stands; rows go with their request or their person, and then the
reader of the mailbox expunges the letter (DESIGN.md 8.8). Letters of nobody's request keep a row without words.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import numbers
from kelisim.desk.visit import Desk, Visit
from kelisim.store.models import Letter as Row
from kelisim.store.models import Seen

SOURCE = "mail"  # of seen letters
SEEN_FOR = timedelta(days=400)  # a mailbox that was restored replays years
ASIDE = "aside"
OURS, LEFT = "ours", "left"

_S, _L = Seen.__table__.c, Row.__table__.c
_SEEN = select(_S.screen, _S.ref).where(_S.source == SOURCE, _S.key == bindparam("key"))
_NOTE = upsert(Seen).on_conflict_do_nothing()
_STANDING = select(_L.mark).where(_L.mark.in_(bindparam("marks", expanding=True)))


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a letter: a short word for it, the request it belongs to, its writer; `ours`: it leaves the inbox."""

    outcome: str
    ours: bool = True
    case_id: int | None = None
    subject_id: int | None = None


def mark(desk: Desk, headers: bytes) -> bytes:
    """The keyed hash of a letter's header block, by which its row and the letter in the folder find each other."""
    lines = headers.replace(b"\r\n", b"\n").strip()
    return desk.vault.find("letter", lines.decode("latin-1"))


def headers(content: bytes) -> bytes:
    """The header block of a letter's bytes."""
    plain = content.replace(b"\r\n", b"\n")
    return plain.partition(b"\n\n")[0]


def key(desk: Desk, identity: str) -> int:
    """The number under which a letter is remembered as seen (T-LET-22)."""
    return int.from_bytes(desk.vault.find("letter", identity)[:8], "big", signed=True)


def seen(visit: Visit, number: int) -> Handled | None:
    """What became of this letter before; nothing when it is new."""
    row = visit.one(_SEEN, key=number)
    return Handled(row.screen, row.ref == OURS) if row is not None else None


def keep(
    visit: Visit, number: int, content: bytes, received_at: datetime, handled: Handled, cause: str = ""
) -> None:
    """Remember a letter and, where it is ours, its row; the original only where a request can hold it."""
    visit.run(
        _NOTE, source=SOURCE, key=number, screen=handled.outcome, ref=OURS if handled.ours else LEFT, locale=visit.locale,
        expires=visit.at + SEEN_FOR,
    )  # fmt: skip
    if not handled.ours:
        return
    made = numbers.row_id()
    whole = handled.case_id is not None
    visit.add(
        Row, id=made, mark=mark(visit.desk, headers(content)), subject_id=handled.subject_id, case_id=handled.case_id,
        outcome=handled.outcome, content=visit.desk.vault.seal("letters", "content", made, content) if whole else None,
        cause=cause, received_at=received_at, at=visit.at,
    )  # fmt: skip


def standing(visit: Visit, marks: Collection[bytes]) -> set[bytes]:
    """Those of the marks whose letters must stay in the folder."""
    return {row.mark for row in visit.all(_STANDING, marks=list(marks))}
