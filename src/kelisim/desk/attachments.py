"""Files a person gives to a case: photos and PDF, told apart by what is in them, sealed, gone with the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, or_, select, update

from kelisim.desk import numbers
from kelisim.desk.cases import IN_HAND, Case
from kelisim.desk.visit import Found, Visit
from kelisim.store.models import Attachment as Row
from kelisim.store.models import Case as CaseRow

LARGEST = 10 << 20  # bytes of one file
A_MESSAGE, A_PERSON = 5, 10  # files of one unfinished flow, and of all open requests of a person
PATIENCE = timedelta(hours=24)

TOO_LARGE, TOO_MANY, WRONG_TYPE, EMPTY = "large", "many", "type", "empty"
_SIGNS = ((b"%PDF-", "pdf"), (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"))

_A = Row.__table__.c
_KNOWN = (_A.id, _A.name, _A.type, _A.size, _A.at)
_LOOSE = select(*_KNOWN).where(_A.subject_id == bindparam("subject"), _A.case_id.is_(None)).order_by(_A.id)
_OF_CASE = select(*_KNOWN).where(_A.case_id == bindparam("case")).order_by(_A.id)
_CONTENT = select(_A.content).where(_A.id == bindparam("row"), _A.case_id == bindparam("case"))
_K = CaseRow.__table__.c
_HOW_MANY = (
    select(func.count())
    .select_from(Row)
    .outerjoin(CaseRow, _K.id == _A.case_id)
    .where(_A.subject_id == bindparam("subject"), or_(_A.case_id.is_(None), _K.state.in_(IN_HAND)))
)
_ADOPT = (
    update(Row)
    .where(_A.subject_id == bindparam("subject"), _A.case_id.is_(None))
    .values(case_id=bindparam("whole"))
)
_DROP = delete(Row).where(_A.subject_id == bindparam("subject"), _A.case_id.is_(None))
_LAPSE = delete(Row).where(_A.case_id.is_(None), _A.at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Attachment:
    """A kept file without its bytes: see `content`."""

    id: int
    name: str
    type: str
    size: int
    at: datetime


def kind(content: bytes) -> str | None:
    """`pdf`, `jpeg` or `png` by the first bytes; nothing for anything else, whatever it is called (T-LET-19)."""
    return next((found for sign, found in _SIGNS if content.startswith(sign)), None)


def keep(visit: Visit, name: str, content: bytes) -> str:
    """Keep a file with the flow that is open; empty when it is kept, else why not (TOO_LARGE, TOO_MANY, …)."""
    if not content:
        return EMPTY
    if len(content) > LARGEST:
        return TOO_LARGE
    type_ = kind(content)
    if type_ is None:
        return WRONG_TYPE
    row = visit.one(_HOW_MANY, subject=visit.known.id)
    if len(loose(visit)) >= A_MESSAGE or (row is not None and row[0] >= A_PERSON):
        return TOO_MANY
    made, vault = numbers.row_id(), visit.desk.vault
    visit.add(
        Row, id=made, subject_id=visit.known.id, case_id=None, name=vault.seal("attachments", "name", made, name[:120]),
        type=type_, size=len(content), content=vault.seal("attachments", "content", made, content), at=visit.at,
    )  # fmt: skip
    return ""


def loose(visit: Visit) -> list[Attachment]:
    """The files of the flow that is open."""
    return [_opened(visit, row) for row in visit.all(_LOOSE, subject=visit.known.id)]


def of_case(visit: Visit, case: Case) -> list[Attachment]:
    """The files of a case."""
    return [_opened(visit, row) for row in visit.all(_OF_CASE, case=case.id)]


def content(visit: Visit, case: Case, attachment: int) -> bytes:
    """The bytes of one file of a case; raises LookupError."""
    row = visit.one(_CONTENT, row=attachment, case=case.id)
    if row is None:
        raise LookupError("there is no such file")
    return visit.desk.vault.unseal_bytes("attachments", "content", attachment, row.content)


def adopt(visit: Visit, case: Case) -> int:
    """The flow ended: its files belong to the case; how many."""
    return visit.run(_ADOPT, subject=visit.known.id, whole=case.id)


def drop(visit: Visit) -> int:
    """The flow was left: its files are destroyed."""
    return visit.run(_DROP, subject=visit.known.id)


def lapse(visit: Visit) -> int:
    """Destroy the files of flows that were left a day ago (the caretaker's work)."""
    return visit.run(_LAPSE, before=visit.at - PATIENCE)


def _opened(visit: Visit, row: Found) -> Attachment:
    return Attachment(
        row.id, visit.desk.vault.unseal("attachments", "name", row.id, row.name), row.type, row.size, row.at
    )
