"""Who is told by letter of what becomes of a broadcast: rows of the outbox, composed when they are claimed (`circulars`).

All who may broadcast and the person responsible hear before a large one begins, each with a Stop link of their own, so that a
stolen chat cannot write to everybody unseen (T-CAST-05); its author, and the person responsible, hear how it goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from kelisim.desk import outbox
from kelisim.desk.operator import Operator, Staff
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import OutboxMessage

if TYPE_CHECKING:  # a broadcast that is confirmed tells of it here
    from kelisim.desk.broadcasts import Broadcast

KIND, PANEL = "bulletin", "panel"  # of outbox messages: a letter, and a screen of /broadcast
DELAYED, APPROVING, FAILURES, MISSED, NIGHT, DONE, STOPPED = (
    "delayed", "approving", "failures", "missed", "night", "done", "stopped",
)  # fmt: skip
ONCE = (DELAYED, APPROVING)  # whoever says so twice is heard once
TO_ALL = (DELAYED, APPROVING, FAILURES, MISSED, STOPPED)

_O = OutboxMessage.__table__.c
_TOLD = select(_O.id).where(_O.kind == KIND, _O.number == bindparam("about")).limit(1)


def tell(visit: Visit, broadcast: Broadcast, event: str, **details: Any) -> int:
    """Promise the letters about an event; how many."""
    if event not in (*TO_ALL, NIGHT, DONE):
        raise ValueError(f"{event} is nothing that is told of a broadcast")
    if event in ONCE and visit.one(_TOLD, about=broadcast.number) is not None:
        return 0
    told = readers(visit.operator) if event in TO_ALL else authors(visit.operator, broadcast.author)
    for person in told:
        body = {"event": event, "broadcast": broadcast.id, **details}
        outbox.post(
            visit, KIND, EMAIL, body, address=person.address, number=broadcast.number, locale=person.locale,
            to_subject=False,
        )  # fmt: skip
    if event == DELAYED:
        _into_chats(visit, broadcast)
    return len(told)


def _into_chats(visit: Visit, broadcast: Broadcast) -> None:
    """The others who may broadcast see it in their chats as well: a letter may lie unread for a quarter of an hour."""
    for person in visit.operator.staff:
        if person.telegram and person not in authors(visit.operator, broadcast.author):
            outbox.post(
                visit, PANEL, TELEGRAM, {"screen": "bc.running", "ref": broadcast.number}, address=str(person.telegram),
                number=broadcast.number, locale=person.locale, to_subject=False,
            )  # fmt: skip


def readers(operator: Operator) -> list[Staff]:
    """All who may broadcast from a chat, and the person responsible, who is told even when they are none of the staff."""
    found = [person for person in operator.staff if person.telegram or person.role == "responsible"]
    if all(person.role != "responsible" for person in found):
        known = operator.responsible
        found.append(Staff(name=known.name.to("kk"), address=known.address, role="responsible", locale="kk"))
    return found


def authors(operator: Operator, author: str) -> list[Staff]:
    """Who wrote it, by the label that is kept with it; where they are none of the staff any more, the person responsible."""
    words = author.casefold().split()
    found = [person for person in operator.staff if person.address.casefold() in words]
    return found[:1] or [person for person in readers(operator) if person.role == "responsible"][:1]


def reader(operator: Operator, address: str) -> Staff | None:
    """The one these letters go to at an address; nothing when they no longer are who is told (T-STAFF-02)."""
    return next((each for each in (*operator.staff, *readers(operator)) if each.address == address), None)
