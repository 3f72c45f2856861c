"""Destruction is driven by the register of personal data: a column nobody thought of cannot be forgotten."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Date, Integer, LargeBinary, String, Table, insert, select, update
from tests.doorstep import Doorstep

from kelisim.desk import cases, destruction, numbers, subjects
from kelisim.desk.visit import Visit
from kelisim.store.models import REGISTER, Base, Reply, Utc

CANARY = "CANARY"
TABLES = [
    table
    for table in Base.metadata.sorted_tables
    if any(f"{table.name}.{c.name}" in REGISTER for c in table.columns)
]


def stays(table: Table, column: str) -> bool:
    """What the register leaves as it is."""
    return REGISTER[f"{table.name}.{column}"].erasure.startswith(destruction.STAYS)


def row(visit: Visit, table: Table, case: int) -> dict[str, Any]:
    """A row about the visit's subject, a canary in each personal column that can hold one."""
    (chat,) = subjects.contacts(visit, "telegram")
    values: dict[str, Any] = {}
    for column in table.columns:
        personal = f"{table.name}.{column.name}" in REGISTER
        if column.name in destruction.LINKS:
            values[column.name] = visit.known.id
        elif column.name == "case_id":
            values[column.name] = case
        elif column.name == "reply_id":  # a file of staff that waits with what they wrote
            values[column.name] = visit.connection.execute(
                select(Reply.id).where(Reply.case_id == case)
            ).scalar_one()
        elif column.name == "pseudonym":
            values[column.name] = visit.known.pseudonym
        elif (
            personal
            and column.name in destruction.HASHES
            and table.name in ("codes", "attempts", "prompts", "suppressions")
        ):
            values[column.name] = chat.hash
        elif isinstance(column.type, LargeBinary):
            values[column.name] = (
                CANARY.encode() + secrets.token_bytes(32)[:26] if personal else secrets.token_bytes(32)
            )
        elif isinstance(column.type, String):
            told = f"{CANARY}{numbers.token()}" if personal else numbers.token()
            values[column.name] = told[: column.type.length or 40]
        elif isinstance(column.type, Utc):
            values[column.name] = visit.at
        elif isinstance(column.type, Date):
            values[column.name] = date(2026, 11, 22)
        elif isinstance(column.type, Boolean):
            values[column.name] = False
        elif isinstance(column.type, BigInteger | Integer):
            values[column.name] = numbers.row_id() if column.primary_key or column.name == "position" else 1
    return values


async def filled(step: Doorstep) -> int:
    """Aigul with a row in every table of the register; the id of her subject."""
    aigul = await step.person("aigul").registers("en")

    def work(visit: Visit) -> int:
        case = cases.begin(visit, cases.QUESTION, words="?")
        for table in TABLES:
            if table.name == "subjects":
                draft = CANARY.encode()
                visit.connection.execute(
                    update(table).where(table.c.id == visit.known.id).values(draft=draft)
                )
                continue
            values = row(visit, table, case.id)
            if table.name == "representations":  # one per case
                values["case_id"] = cases.begin(visit, cases.REPRESENTATION).id
            visit.connection.execute(insert(table), values)
        return visit.known.id

    found: int = await step.keep(work, aigul)
    return found


async def canaries(step: Doorstep) -> set[str]:
    """The columns that hold a canary."""

    def read(visit: Visit) -> set[str]:
        found = set()
        for table in Base.metadata.sorted_tables:
            for each in visit.connection.execute(select(table)).mappings():
                for name, value in each.items():
                    told = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    if CANARY.encode() in told:
                        found.add(f"{table.name}.{name}")
        return found

    seen: set[str] = await step.keep(read)
    return seen


async def test_every_personal_column_is_emptied_or_says_why_it_stays(each_doorstep: Doorstep) -> None:
    """P14, P23: canaries in every column of the register, then destruction."""
    step = each_doorstep
    subject = await filled(step)
    planted = await canaries(step)
    can_hold = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for column in table.columns
        if f"{table.name}.{column.name}" in REGISTER
        and isinstance(column.type, LargeBinary | String)
        and column.name not in (*destruction.HASHES, "pseudonym")
    }
    assert can_hold - planted == set()

    def destroys(visit: Visit) -> None:
        hashes = {known.hash for known in subjects.contacts(visit)}
        destruction.destroy(visit, hashes, ())

    aigul = step.person("aigul")
    await step.keep(destroys, aigul)
    left = await canaries(step)
    assert {name for name in left if not REGISTER[name].erasure.startswith(destruction.STAYS)} == set()

    def links(visit: Visit) -> list[str]:
        return [
            f"{table.name}.{name}"
            for table in Base.metadata.sorted_tables
            for name in destruction.LINKS
            if name in table.c
            and visit.connection.execute(select(table).where(table.c[name] == subject)).first()
        ]

    assert await step.keep(links) == []
    assert await step.rows("SELECT 1 FROM subjects") == [] and await step.rows("SELECT 1 FROM attempts") == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_of_the_register_knows_how_it_is_emptied(table: Table) -> None:
    personal = [column.name for column in table.columns if f"{table.name}.{column.name}" in REGISTER]
    if all(stays(table, name) for name in personal):
        assert destruction._statements(table) == ()
    else:
        assert destruction._statements(table) != ()


async def test_another_persons_rows_stay_as_they_are(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    await filled(step)
    dias = await step.person("dias").registers("ru")
    await step.keep(lambda visit: cases.begin(visit, cases.QUESTION, words="мой вопрос"), dias)

    def own(visit: Visit) -> list[Any]:
        subject = visit.known.id
        found: list[Any] = []
        for table in Base.metadata.sorted_tables:
            if "subject_id" in table.c:
                found += visit.connection.execute(select(table).where(table.c.subject_id == subject)).all()
        return found

    before = await step.keep(own, dias)
    await step.keep(
        lambda visit: destruction.destroy(visit, {c.hash for c in subjects.contacts(visit)}, ()),
        step.person("aigul"),
    )
    assert await step.keep(own, dias) == before and len(before) > 4
