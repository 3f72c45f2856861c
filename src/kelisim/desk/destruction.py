"""Rows gone, not flagged: every table with personal columns, driven by their register (store/models.py).

A row is deleted unless the register says of one of its columns that it is *unlinked*: then the row stays and its personal
columns are emptied. What is *kept* (a stop, who of the staff acted) and the ledger's pseudonym are left as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, bindparam, delete, or_, select, update

from kelisim.desk.visit import Visit
from kelisim.store.models import REGISTER, Attachment, Base, Big, CaseMessage, Letter, Merge, Personal, Reply
from kelisim.store.models import Case as CaseRow

LINKS = ("subject_id", "representative_id", "other_id")  # columns that name a subject by its row
HASHES = ("hash", "asker", "address")  # columns that name one by the keyed hash of an address
STAYS = ("kept", "the link dies")  # how the register begins where nothing is to be done
IN_CASES = ("case_messages", "attachments", "letters", "replies")  # rows that a request which must stay keeps

_C, _M = CaseRow.__table__.c, Merge.__table__.c
_MERGED = select(_M.other_id).where(_M.subject_id == bindparam("subject"), _M.state == "done")
_WORDS = delete(CaseMessage).where(CaseMessage.case_id == bindparam("case"))
_FILES = delete(Attachment).where(Attachment.case_id == bindparam("case"))
_LETTERS = delete(Letter).where(Letter.case_id == bindparam("case"))
_REPLIES = delete(Reply).where(Reply.case_id == bindparam("case"))
_EMPTY = update(CaseRow).where(_C.id == bindparam("case")).values(facts=None, words=None)
_UNLINK = update(CaseRow).where(_C.subject_id == bindparam("subject")).values(subject_id=None)

Statements = tuple[tuple[Any, tuple[str, ...]], ...]  # each with the names of what is bound in it


def destroy(visit: Visit, hashes: Iterable[bytes], kept: Collection[int]) -> None:
    """Destroy all that is held about the visit's subject, and about those found to be the same person.

    `hashes` are those of their addresses. `kept` are row ids of cases whose words and files must stay: they lose their link.
    """
    bound: dict[str, Any] = {"hashes": list(hashes), "kept": list(kept) or [0]}
    everyone = [visit.known.id, *(row.other_id for row in visit.all(_MERGED, subject=visit.known.id))]
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
