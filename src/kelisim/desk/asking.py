"""What people ask, complain of, object to and report: their words become a request, or join the one that is open.

Until «Send» everything lies in the sealed draft and in files no case has taken; nobody of the staff sees it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kelisim.desk import attachments, cases, clocks, dialogue, handoffs, subjects
from kelisim.desk.cases import Case
from kelisim.desk.clocks import Tick
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

KINDS = (cases.QUESTION, cases.COMPLAINT, cases.OBJECTION, cases.BREACH)
MESSAGES = 50  # typed before one «Send»

NEW, SAME, JOINED, ADDED = "new", "same", "joined", "added"  # what became of the words
GROWS = (cases.OPEN, cases.WITH_STAFF, cases.WAITING, cases.ANSWERED, cases.REFUSED)


class Nothing(Exception):
    """There are neither words nor files to send."""


@dataclass(slots=True)
class Draft:
    """What was typed so far: for a new request of a kind, or for the open request `number`; and where the answer goes."""

    kind: str = cases.QUESTION
    number: str = ""
    words: list[str] = field(default_factory=list)
    by: str = TELEGRAM

    @property
    def whole(self) -> str:
        """The messages joined, as staff will read them."""
        return "\n\n".join(self.words)

    def packed(self) -> dict[str, Any]:
        """As the sealed draft keeps it."""
        return {"ref": self.number, "kind": self.kind, "words": self.words, "by": self.by}


def draft(visit: Visit) -> Draft | None:
    """The draft that waits for «Send»; nothing when no such flow is open (any more)."""
    kept = dialogue.waiting(visit).draft
    if kept.get("kind") not in cases.KINDS or "words" not in kept:
        return None
    return Draft(kept["kind"], str(kept.get("ref", "")), list(kept["words"]), kept.get("by", TELEGRAM))


def due(visit: Visit, kind: str) -> date:
    """The last day of the answer to a request of this kind that would be sent today."""
    ticks = [Tick(cases.RECEIVED, visit.today)]
    return clocks.wind(visit.operator, visit.desk.calendar, kind, ticks, visit.today).last


def send(visit: Visit, told: Draft) -> tuple[Case, str]:
    """Make a request of the draft, or add it to one; which request, and what became of the words.

    Raises Nothing for an empty draft and LookupError when the request it was meant for takes nothing more.
    """
    if not told.words and not attachments.loose(visit):
        raise Nothing
    if told.number:
        case = cases.find(visit, told.number)
        if case is None or case.state not in GROWS:
            raise LookupError(told.number)
        return _add(visit, case, told), ADDED
    same = cases.same(visit, told.kind, told.whole) if told.words else None
    if same is not None:
        return (handoffs.send(visit, same, handoffs.MORE) if attachments.adopt(visit, same) else same), SAME
    full = cases.room(visit, told.kind)
    if full is not None:
        return _add(visit, full, told), JOINED
    by = told.by if told.by == EMAIL and subjects.proved_email(visit) is not None else TELEGRAM
    case = cases.begin(visit, told.kind, words=told.whole, answer_by=by)
    attachments.adopt(visit, case)
    return handoffs.send(visit, case), NEW


def _add(visit: Visit, case: Case, told: Draft) -> Case:
    if told.words:
        cases.say(visit, case, cases.IN, told.whole)
    attachments.adopt(visit, case)
    if case.state in (
        cases.OPEN,
        cases.WITH_STAFF,
    ):  # an answer being written now has not seen this (T-STAFF-03)
        case = cases.act(visit, case, cases.ADDED)
    return handoffs.send(visit, case, handoffs.MORE)
