"""Rows gone, not flagged: every table with personal columns, driven by their register (store/models).

A row is deleted unless the register says of one of its columns that it is *unlinked*: then the row stays and its personal
columns are emptied. What is *kept* (a stop, who of the staff acted) and the ledger's pseudonym are left as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import aliased

from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import (
    REGISTER,
    Attachment,
    Base,
    Big,
    CaseMessage,
    Consent,
    Contact,
    Letter,
    Merge,
    Personal,
    Reply,
)
from kelisim.store.models import Case as CaseRow

LINKS = ("subject_id", "representative_id", "other_id")  # columns that name a subject by its row
HASHES = ("hash", "asker", "address")  # columns that name one by the keyed hash of an address
STAYS = ("kept", "the link dies")  # how the register begins where nothing is to be done
IN_CASES = ("case_messages", "attachments", "letters", "replies")  # rows that a request which must stay keeps

_C, _M, _K = CaseRow.__table__.c, Merge.__table__.c, Contact.__table__.c
_CHAT = aliased(Contact.__table__, name="chat")
_MERGED = select(_M.other_id).where(_M.subject_id == bindparam("subject"), _M.state == "done")
# Who is here for letters alone, under a mailbox that the person has proved: that is the person, or somebody in their name.
_WRITERS = (
    select(_K.subject_id)
    .where(
        _K.channel == EMAIL, _K.hash.in_(bindparam("proved", expanding=True)), _K.subject_id != bindparam("subject"),
        ~exists().where(_CHAT.c.subject_id == _K.subject_id, _CHAT.c.channel == TELEGRAM),
        ~exists().where(Consent.subject_id == _K.subject_id),
    )
    .distinct()
)  # fmt: skip
_PROVED = select(_K.hash).where(
    _K.subject_id == bindparam("subject"), _K.channel == EMAIL, _K.confirmed_at.is_not(None)
)
_WORDS = delete(CaseMessage).where(CaseMessage.case_id == bindparam("case"))
_FILES = delete(Attachment).where(Attachment.case_id == bindparam("case"))
_LETTERS = delete(Letter).where(Letter.case_id == bindparam("case"))
_REPLIES = delete(Reply).where(Reply.case_id == bindparam("case"))
_EMPTY = update(CaseRow).where(_C.id == bindparam("case")).values(facts=None, words=None)
_UNLINK = update(CaseRow).where(_C.subject_id == bindparam("subject")).values(subject_id=None)

Statements = tuple[tuple[Any, tuple[str, ...]], ...]  # each with the names of what is bound in it


def writers(visit: Visit) -> list[int]:
    """Records of letters alone under a mailbox that the visit's subject has proved (`petitions`)."""
    proved = [row.hash for row in visit.all(_PROVED, subject=visit.known.id)]
    if not proved:
        return []
    return [row.subject_id for row in visit.all(_WRITERS, subject=visit.known.id, proved=proved)]


def destroy(visit: Visit, hashes: Iterable[bytes], kept: Collection[int]) -> None:
    """Destroy all that is held about the visit's subject, about those found to be the same person, and their letters.

    `hashes` are those of their addresses. `kept` are row ids of cases whose words and files must stay: they lose their link.
    """
    bound: dict[str, Any] = {"hashes": list(hashes), "kept": list(kept) or [0]}
    merged = [row.other_id for row in visit.all(_MERGED, subject=visit.known.id)]
    everyone = [visit.known.id, *merged, *writers(visit)]
    for subject in everyone:
        for table in reversed(Base.metadata.sorted_tables):  # what points to a row goes before the row
            for statement, names in _statements(table):
                values = {name: bound.get(name, subject) for name in names}
                visit.connection.execute(statement, values)


def wipe_case(visit: Visit, case: int) -> None:
    """Empty a case whose person is gone, once nothing obliges to keep its words and files."""
    for statement in (_WORDS, _FILES, _LETTERS, _REPLIES, _EMPTY):
        visit.run(statement, case=case)


@cache
def _statements(table: Table) -> Statements:
    """What erasure does in a table."""
    rows, entries = _rows(table), _entries(table)
    if rows is None or (entries and all(entry.erasure.startswith(STAYS) for entry in entries.values())):
        return ()
    conditions = [rows, *_let_go(table)]
    if not any(entry.erasure.startswith("unlinked") for entry in entries.values()):
        return _named(delete(table).where(*conditions))
    emptied = {name: None for name, entry in entries.items() if not entry.erasure.startswith(STAYS)}
    whole = update(table).where(*conditions).values(emptied)
    return _named(whole, _UNLINK) if table.name == "cases" else _named(whole)


def _rows(table: Table) -> ColumnElement[bool] | None:
    """The rows of a table that are about the subject; nothing when none can be."""
    subject = bindparam("subject", type_=Big)
    if table.name == "subjects":
        return table.c.id == subject
    by = [table.c[name] == subject for name in LINKS if name in table.c]
    if "case_id" in table.c and (
        not by or table.name in IN_CASES
    ):  # what came to a request goes with it, whoever sent it
        by = [*by, table.c.case_id.in_(select(_C.id).where(_C.subject_id == subject))]
    if not by:
        hashes = bindparam("hashes", type_=LargeBinary, expanding=True)
        by = [table.c[name].in_(hashes) for name in HASHES if f"{table.name}.{name}" in REGISTER]
    return or_(*by) if by else None


def _let_go(table: Table) -> list[ColumnElement[bool]]:
    """The condition that leaves out what belongs to a request that must stay."""
    kept = bindparam("kept", type_=Big, expanding=True)
    if table.name == "cases":
        return [table.c.id.not_in(kept)]
    if table.name in IN_CASES:
        return [or_(table.c.case_id.is_(None), table.c.case_id.not_in(kept))]
    return []


def _entries(table: Table) -> dict[str, Personal]:
    names = [column.name for column in table.columns]
    return {name: REGISTER[f"{table.name}.{name}"] for name in names if f"{table.name}.{name}" in REGISTER}


def _named(*statements: Any) -> Statements:
    known = ("subject", "hashes", "kept")
    return tuple(
        (each, tuple(name for name in known if name in each.compile().params)) for each in statements
    )
