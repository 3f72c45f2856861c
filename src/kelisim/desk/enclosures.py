"""Files of a case on their way: what they are called, how many fit into a letter, and who gets which.

The outbox and the store of a promise never hold the bytes: they are read when the letter or the document is made, and only
for as long as it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select

from kelisim.desk import attachments, cases, files, outbox, representatives
from kelisim.desk.attachments import A_LETTER, Attachment
from kelisim.desk.cases import Case
from kelisim.desk.outbox import Claimed
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.store.models import Attachment as Row
from kelisim.store.models import OutboxMessage

TYPES = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
KEY = "enclosed"  # of the body of a message that is about to go

_O, _A = OutboxMessage.__table__.c, Row.__table__.c
_ON_ITS_WAY = (
    select(_O.id)
    .where(
        _O.subject_id == bindparam("subject"), _O.kind == files.FILE, _O.number == bindparam("about"),
        _O.state.in_((outbox.WAITING, outbox.CLAIMED)),
    )
    .limit(1)
)  # fmt: skip
_CONTENT = select(_A.content).where(_A.id == bindparam("row"))


class Enclosure(NamedTuple):
    """A kept file as it is sent: what it is called there, which names nobody, its type and its row."""

    name: str
    type: str
    row: int


def enclosed(case: Case, given: Sequence[Attachment]) -> list[Enclosure]:
    """Files as they are sent: under the number of the case and their place."""
    return [
        Enclosure(f"{case.number}.{place}.{each.type}", TYPES[each.type], each.id)
        for place, each in enumerate(given, 1)
    ]


def fitting(case: Case, given: Sequence[Attachment]) -> list[Enclosure]:
    """Those of the files that go into one letter together, in their order."""
    fit, size = [], 0
    for each, file in zip(enclosed(case, given), given, strict=True):
        if size + file.size <= A_LETTER:
            fit.append(each)
            size += file.size
    return fit


def released(visit: Visit, case: Case) -> list[Attachment]:
    """The files that staff sent and that the person may have now; none while what they were told for another is closed."""
    return attachments.released(visit, case) if representatives.may_read(visit, case) else []


def with_last_words(visit: Visit, case: Case) -> list[Enclosure]:
    """The files that came with the last words of staff, or after them, for the letter that brings these."""
    said = cases.messages(visit, case, cases.OUT)[-1:]
    mine = released(visit, case)
    fresh = {each.id for each in mine if not said or each.at >= said[0].at}
    return [each for each in enclosed(case, mine) if each.row in fresh]


def promise(visit: Visit, case: Case) -> int:
    """Promise what staff sent to the subject's chat, every file by itself; how many. What is on its way is not doubled."""
    given = released(visit, case)
    if given and visit.one(_ON_ITS_WAY, subject=visit.known.id, about=case.number) is None:
        bodies = [{"case": case.number, "row": each.id} for each in given]
        outbox.post_each(visit, files.FILE, TELEGRAM, bodies, case.number)
    return len(given)


def compose(visit: Visit, message: Claimed) -> dict[str, list[Enclosure]] | None:
    """One promised file as it may go now; nothing when its case is gone or its representative may not have it any more."""
    case = cases.find(visit, message.body["case"])
    if case is None:
        return None
    found = [each for each in enclosed(case, released(visit, case)) if each.row == message.body["row"]]
    return {KEY: found} if found else None


def opened(visit: Visit, given: Sequence[Enclosure]) -> list[tuple[str, str, bytes]]:
    """Name, type and bytes of each; raises LookupError when one is gone since it was named."""
    made = []
    for each in given:
        row = visit.one(_CONTENT, row=each.row)
        if row is None:
            raise LookupError("there is no such file")
        content = visit.desk.vault.unseal_bytes("attachments", "content", each.row, row.content)
        made.append((each.name, each.type, content))
    return made
