"""Requests that came by another way than the chat: staff enter a letter with its own day of receipt, or an inquiry (R11)."""

from __future__ import annotations

from datetime import datetime

from kelisim.desk import blocking, cases, handoffs, subjects
from kelisim.desk.cases import Case
from kelisim.desk.decisions import Impossible
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit

LETTER = "letter"
# What only the person's own act begins is not here: acting for another is asked in the chat.
KINDS = tuple(kind for kind in cases.KINDS if kind != cases.REPRESENTATION)


def begin(
    visit: Visit,
    kind: str,
    words: str,
    actor: Actor,
    *,
    subject_id: int | None = None,
    received: datetime | None = None,
    reason: str = blocking.OTHER,
) -> Case:
    """Open a request of a known person, or an inquiry of the authorised body, which is nobody's; it is handed to staff.

    The clock counts from `received`; that staff chose the day stands in the timeline (T-LAW-07). A request to block freezes
    the data at once. Raises Impossible.
    """
    if kind not in KINDS:
        raise Impossible(f"{kind!r} is not opened by staff; known: {', '.join(KINDS)}")
    if not words.strip():
        raise Impossible("write what is asked, as it came")
    if received is not None and received > visit.at:
        raise Impossible("the day of receipt is still to come")
    if reason not in blocking.REASONS:
        raise Impossible(f"a request to block is for one of: {', '.join(blocking.REASONS)}")
    if (kind == cases.AUTHORITY) != (subject_id is None):
        raise Impossible(
            "an inquiry of the authorised body is nobody's request: name the person when the dossier is built"
            if kind == cases.AUTHORITY else "whose request is it? Give a consent, stop or request number of that person"
        )  # fmt: skip
    visit.door = LETTER
    visit.subject = subjects.by_id(visit, subject_id) if subject_id is not None else None
    if visit.subject is not None:
        visit.locale = visit.subject.locale
    if kind == cases.BLOCKING:
        case, new = blocking.block(visit, reason, words[: cases.LONGEST], received=received, actor=actor)
        if not new:
            raise Impossible(f"the data are blocked already: {case.number}")
        return case
    case = cases.begin(visit, kind, words=words[: cases.LONGEST], received=received, actor=actor)
    return handoffs.send(visit, case)
