"""Files of a case, both ways: photos and PDF, told apart by what is in them, sealed, gone with the case.

What a person gives belongs to the flow that is open, then to its case. What staff send waits with their reply, which the
person may never get to see, and belongs to the case once it is released.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import bindparam, delete, func, or_, select, update

from kelisim.desk import identity, numbers
from kelisim.desk.cases import IN_HAND, Case
from kelisim.desk.visit import Found, Visit
from kelisim.store.models import Attachment as Row
from kelisim.store.models import Case as CaseRow
from kelisim.texts import _

LARGEST = 10 << 20  # bytes of one file
A_MESSAGE, A_PERSON = 5, 10  # files of one unfinished flow, and of all open requests of a person
PATIENCE = timedelta(hours=24)

A_LETTER = 15 << 20  # bytes of all files of one letter: larger ones are turned away by other people's servers
IN, OUT = "in", "out"  # from the person, to the person

TOO_LARGE, TOO_MANY, WRONG_TYPE, EMPTY = "large", "many", "type", "empty"
_SIGNS = ((b"%PDF-", "pdf"), (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"))

_A = Row.__table__.c
_KNOWN = (_A.id, _A.name, _A.type, _A.size, _A.at)
_LOOSE = select(*_KNOWN).where(_A.subject_id == bindparam("subject"), _A.case_id.is_(None)).order_by(_A.id)
_OF_CASE = select(*_KNOWN).where(_A.case_id == bindparam("case"), _A.way == IN).order_by(_A.id)
_RELEASED = (
    select(*_KNOWN)
    .where(_A.case_id == bindparam("case"), _A.way == OUT, _A.reply_id.is_(None))
    .order_by(_A.at, _A.id)
)
_OF_REPLY = select(*_KNOWN).where(_A.reply_id == bindparam("reply")).order_by(_A.id)
_CONTENT = select(_A.content).where(_A.id == bindparam("row"), _A.case_id == bindparam("case"))
_K = CaseRow.__table__.c
_HOW_MANY = (
    select(func.count())
    .select_from(Row)
    .outerjoin(CaseRow, _K.id == _A.case_id)
    .where(
        _A.subject_id == bindparam("subject"), _A.way == IN, or_(_A.case_id.is_(None), _K.state.in_(IN_HAND))
    )
)  # fmt: skip
_ADOPT = (
    update(Row)
    .where(_A.subject_id == bindparam("subject"), _A.case_id.is_(None))
    .values(case_id=bindparam("whole"))
)
_DROP = delete(Row).where(_A.subject_id == bindparam("subject"), _A.case_id.is_(None))
_LAPSE = delete(Row).where(_A.case_id.is_(None), _A.at < bindparam("before"))
_RELEASE = update(Row).where(_A.reply_id == bindparam("reply")).values(reply_id=None, at=bindparam("now"))
_DROP_REPLY = delete(Row).where(_A.reply_id == bindparam("reply"))


class File(Protocol):
    """A file that came with a letter."""

    @property
    def name(self) -> str: ...

    @property
    def content(self) -> bytes: ...


class Refused(NamedTuple):
    """A file that was not kept, and why (TOO_LARGE, TOO_MANY, …)."""

    name: str
    why: str


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
    if fault := _fault(content):
        return fault
    if len(loose(visit)) >= A_MESSAGE or _open(visit, visit.known.id) >= A_PERSON:
        return TOO_MANY
    _keep(visit, name, content, visit.known.id, None, IN, None)
    return ""


def keep_in(visit: Visit, case: Case, files: Iterable[File]) -> list[Refused]:
    """Keep the files of a person's letter with its case; those that are not kept, and why."""
    refused, kept = [], 0
    for file in files:
        fault = _fault(file.content)
        if not fault and (
            kept >= A_MESSAGE or (case.subject_id and _open(visit, case.subject_id) >= A_PERSON)
        ):
            fault = TOO_MANY
        if fault:
            refused.append(Refused(file.name, fault))
            continue
        _keep(visit, file.name, file.content, case.subject_id, case.id, IN, None)
        kept += 1
    return refused


def keep_out(visit: Visit, case: Case, reply_id: int, files: Iterable[File]) -> list[Refused]:
    """Keep what staff sent along with a reply, until it is released or dropped; those that are not kept, and why.

    All together fit into one letter: what is above that is refused here, while staff can still do something about it.
    """
    refused, kept, size = [], 0, 0
    for file in files:
        fault = _fault(file.content)
        if not fault and size + len(file.content) > A_LETTER:
            fault = TOO_LARGE
        if not fault and kept >= A_MESSAGE:
            fault = TOO_MANY
        if fault:
            refused.append(Refused(file.name, fault))
            continue
        _keep(visit, file.name, file.content, case.subject_id, case.id, OUT, reply_id)
        kept, size = kept + 1, size + len(file.content)
    return refused


def _fault(content: bytes) -> str:
    if not content:
        return EMPTY
    if len(content) > LARGEST:
        return TOO_LARGE
    return "" if kind(content) is not None else WRONG_TYPE


def _open(visit: Visit, subject: int) -> int:
    """How many files of a person's open requests and flow there are."""
    row = visit.one(_HOW_MANY, subject=subject)
    return int(row[0]) if row is not None else 0


def _keep(
    visit: Visit,
    name: str,
    content: bytes,
    subject: int | None,
    case: int | None,
    way: str,
    reply: int | None,
) -> None:
    made, vault = numbers.row_id(), visit.desk.vault
    visit.add(
        Row, id=made, subject_id=subject, case_id=case, way=way, reply_id=reply,
        name=vault.seal("attachments", "name", made, name[:120]), type=kind(content) or "", size=len(content),
        content=vault.seal("attachments", "content", made, content), at=visit.at,
    )  # fmt: skip


def refusal(refused: Refused) -> str:
    """Why a file of a letter was not kept, in the language being spoken."""
    name = identity.shown(refused.name, 60)
    return {
        TOO_LARGE: _("The file “{name}” was not kept: one file may have 10 MB, all of a letter 15 MB.", name=name),
        TOO_MANY: _("The file “{name}” was not kept: it is one too many.", name=name),
        WRONG_TYPE: _("The file “{name}” was not kept: it is no PDF, JPEG or PNG, whatever its name says.", name=name),
        EMPTY: _("The file “{name}” was not kept: it is empty.", name=name),
    }[refused.why]  # fmt: skip


def loose(visit: Visit) -> list[Attachment]:
    """The files of the flow that is open."""
    return [_opened(visit, row) for row in visit.all(_LOOSE, subject=visit.known.id)]


def of_case(visit: Visit, case: Case) -> list[Attachment]:
    """The files that came from the person, for staff."""
    return [_opened(visit, row) for row in visit.all(_OF_CASE, case=case.id)]


def released(visit: Visit, case: Case) -> list[Attachment]:
    """The files that staff sent and that were released, for the person, in the order they could be had."""
    return [_opened(visit, row) for row in visit.all(_RELEASED, case=case.id)]


def of_reply(visit: Visit, reply_id: int) -> list[Attachment]:
    """The files that wait with a reply."""
    return [_opened(visit, row) for row in visit.all(_OF_REPLY, reply=reply_id)]


def release(visit: Visit, reply_id: int) -> int:
    """The reply goes out: its files belong to the case and can be had from now on; how many."""
    return visit.run(_RELEASE, reply=reply_id, now=visit.at)


def drop_reply(visit: Visit, reply_id: int) -> int:
    """The reply is dropped: its files are destroyed; how many."""
    return visit.run(_DROP_REPLY, reply=reply_id)


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
