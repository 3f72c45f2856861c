"""The question that waits for an answer: one per person, for a day, and what was typed meanwhile is sealed.

People who agreed have it in their own row; of a chat that agreed to nothing only the screen and the language wait,
under the chat's keyed hash (DESIGN.md 8.1).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import attachments
from kelisim.desk.visit import Visit
from kelisim.store.models import Prompt, Subject

PATIENCE = timedelta(hours=24)

_S, _P = Subject.__table__.c, Prompt.__table__.c
_ASK = (
    update(Subject)
    .where(_S.id == bindparam("subject"))
    .values(screen=bindparam("next"), draft=bindparam("sealed"), asked_at=bindparam("now"))
)
_made = upsert(Prompt)
_ASK_UNKNOWN = _made.on_conflict_do_update(
    index_elements=["hash"],
    set_={"screen": _made.excluded.screen, "ref": _made.excluded.ref, "locale": _made.excluded.locale,
          "at": _made.excluded.at},
)  # fmt: skip
_READ_UNKNOWN = select(_P.screen, _P.ref, _P.locale, _P.at).where(_P.hash == bindparam("hash"))
_DROP_UNKNOWN = delete(Prompt).where(_P.hash == bindparam("hash"))
_LAPSE = update(Subject).where(_S.asked_at < bindparam("before")).values(screen="", draft=None, asked_at=None)
_LAPSE_UNKNOWN = delete(Prompt).where(_P.at < bindparam("before"))


@dataclass(slots=True)
class Waiting:
    """What is being asked (a screen's id) and what was given so far."""

    screen: str = ""
    draft: dict[str, Any] = field(default_factory=dict)
    locale: str = ""


def ask(visit: Visit, screen: str, draft: dict[str, Any]) -> None:
    """Wait for the answer to a screen; of an unknown person only `draft["ref"]` is kept, never a typed word."""
    subject = visit.subject
    if subject is None:
        visit.run(
            _ASK_UNKNOWN, hash=visit.visitor.hash, screen=screen, ref=str(draft.get("ref", "")), locale=visit.locale,
            at=visit.at,
        )  # fmt: skip
        return
    words = json.dumps(draft, ensure_ascii=False)
    sealed = visit.desk.vault.seal("subjects", "draft", subject.id, words)
    visit.run(_ASK, subject=subject.id, next=screen, sealed=sealed, now=visit.at)
    subject.screen, subject.draft, subject.asked_at = screen, sealed, visit.at


def waiting(visit: Visit) -> Waiting:
    """What waits for this person's words now; nothing after a day."""
    subject = visit.subject
    if subject is None:
        row = visit.one(_READ_UNKNOWN, hash=visit.visitor.hash)
        if row is None or visit.at - row.at > PATIENCE:
            return Waiting()
        return Waiting(row.screen, {"ref": row.ref}, row.locale)
    if not subject.screen or subject.asked_at is None or visit.at - subject.asked_at > PATIENCE:
        return Waiting()
    draft = {}
    if subject.draft is not None:
        draft = json.loads(visit.desk.vault.unseal("subjects", "draft", subject.id, subject.draft))
    return Waiting(subject.screen, draft, subject.locale)


def drop(visit: Visit) -> bool:
    """Forget the question, what was typed and the files that no case has taken; whether there was one."""
    subject = visit.subject
    if subject is None:
        return visit.run(_DROP_UNKNOWN, hash=visit.visitor.hash) > 0
    if not subject.screen:
        return False
    attachments.drop(visit)
    visit.run(_ASK, subject=subject.id, next="", sealed=None, now=None)
    subject.screen, subject.draft, subject.asked_at = "", None, None
    return True


def lapse(visit: Visit) -> int:
    """Destroy what has waited for more than a day (the caretaker's work), files included."""
    before = visit.at - PATIENCE
    attachments.lapse(visit)
    return visit.run(_LAPSE, before=before) + visit.run(_LAPSE_UNKNOWN, before=before)
