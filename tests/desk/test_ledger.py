"""The ledger only grows, its chain shows every rewriting, and it names nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.doorstep import Doorstep, doorstep_on

from kelisim.courier.outcome import SENT, Outcome
from kelisim.desk import ledger, receipts
from kelisim.desk.visit import Visit
from kelisim.store.models import Base, LedgerEntry


def change(statement: str, **values: Any) -> Any:
    def work(connection: Connection) -> None:
        connection.execute(text(statement), values)

    return work


async def test_rows_that_come_late_are_chained_late_and_none_stays_outside(each_doorstep: Doorstep) -> None:
    """T-STORE-12: the place comes from the sealer, not from the id."""
    step = each_doorstep

    def late(row: int) -> Any:
        return lambda visit: visit.add(
            LedgerEntry, id=row, pseudonym="", verb="stored", what=str(row), number="", actor="test", at=visit.at,
            position=None,
        )  # fmt: skip

    await step.keep(late(20))
    await step.keep(late(30))
    assert await step.keep(ledger.seal) == 2
    await step.keep(late(10))  # a smaller id, committed after the others were sealed
    assert await step.keep(ledger.oldest_unsealed) is not None
    assert await step.keep(ledger.seal) == 1
    rows = await step.rows("SELECT id FROM ledger ORDER BY position")
    assert [row[0] for row in rows] == [20, 30, 10]
    assert await step.keep(ledger.oldest_unsealed) is None
    assert await step.keep(ledger.broken) is None
    assert await step.keep(ledger.seal) == 0


async def test_postgres_transactions_that_commit_in_reverse_order_are_all_chained(postgres_url: str) -> None:
    """T-STORE-12 with two transactions that are open at the same time."""
    add = text(
        "INSERT INTO ledger (id, pseudonym, verb, what, number, actor, at) VALUES (:i, '', 'stored', 'x', '', 't', now())"
    )
    async with doorstep_on(postgres_url) as step:
        engine = create_async_engine(postgres_url)
        async with engine.connect() as slow, engine.connect() as fast:
            await slow.execute(add, {"i": 1})
            await fast.execute(add, {"i": 2})
            await fast.commit()
            assert await step.keep(ledger.seal) == 1
            await slow.commit()
        await engine.dispose()
        assert await step.keep(ledger.seal) == 1
        rows = await step.rows("SELECT id FROM ledger ORDER BY position")
        assert [row[0] for row in rows] == [2, 1]
        assert await step.keep(ledger.broken) is None


CHANGES = {
    "verb": "UPDATE ledger SET verb = 'destroyed' WHERE position = 2",
    "what": "UPDATE ledger SET what = what || ' ' WHERE position = 2",
    "number": "UPDATE ledger SET number = 'C-00000000' WHERE position = 2",
    "pseudonym": "UPDATE ledger SET pseudonym = 'x' WHERE position = 2",
    "actor": "UPDATE ledger SET actor = 'nobody' WHERE position = 2",
    "moved": "UPDATE ledger SET what = verb, verb = what WHERE position = 2",
    "gone": "DELETE FROM ledger WHERE position = 2",
    "unsealed": "UPDATE ledger SET position = NULL, chain = NULL WHERE position = 2",
}


@pytest.mark.parametrize("how", CHANGES)
async def test_any_change_of_an_old_entry_shows(each_doorstep: Doorstep, how: str) -> None:
    await (await each_doorstep.person("saule").registers()).say("STOP")
    await each_doorstep.caretaker()
    assert await each_doorstep.keep(ledger.broken) is None
    await each_doorstep.database.keep(change(CHANGES[how]))
    assert await each_doorstep.keep(ledger.broken) == 2


async def test_a_rewriting_with_a_new_chain_is_found_by_a_receipt_that_was_handed_out(
    doorstep: Doorstep,
) -> None:
    """T-STORE-13: root computes the whole chain anew; the head on a person's receipt is no longer in it."""
    saule = await doorstep.person("saule").registers()
    await doorstep.caretaker()
    await saule.say("/consent")
    await saule.press("Information: Telegram")
    await saule.press("I agree")
    files = await doorstep.courier("telegram", Outcome(SENT))
    heads = {told["ledger_head"] for told in (facts(parcel) for parcel in files)}
    sealed = {row[0] for row in await doorstep.rows("SELECT chain FROM ledger WHERE chain IS NOT NULL")}
    assert heads - {ledger.START} and heads - {ledger.START} <= sealed
    await doorstep.database.keep(change("UPDATE ledger SET what = 'nothing' WHERE position = 1"))
    await doorstep.database.keep(change("UPDATE ledger SET position = NULL, chain = NULL"))
    await doorstep.keep(ledger.seal)
    assert await doorstep.keep(ledger.broken) is None  # the chain alone does not tell
    anew = {row[0] for row in await doorstep.rows("SELECT chain FROM ledger WHERE chain IS NOT NULL")}
    assert (heads - {ledger.START}).isdisjoint(anew)


def facts(parcel: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(receipts.as_json(parcel.body["facts"]))
    return told


async def test_a_ledger_cut_at_its_end_is_found_by_the_heads_on_the_receipts(each_doorstep: Doorstep) -> None:
    """T-STORE-13: a shorter chain holds in itself; what was built on it does not."""
    saule = await each_doorstep.person("saule").registers()
    await each_doorstep.caretaker()
    await saule.say("STOP")
    assert await each_doorstep.keep(ledger.missing_head) is None
    await each_doorstep.database.keep(
        change("DELETE FROM ledger WHERE position = (SELECT max(position) FROM ledger) OR position IS NULL")
    )
    assert await each_doorstep.keep(ledger.broken) is None
    assert (await each_doorstep.keep(ledger.missing_head)).startswith("S-")


async def test_it_names_a_pseudonym_and_evidence_is_hashed(each_doorstep: Doorstep) -> None:
    """T-STORE-10, T-STORE-11: without the link to the subject nothing in it leads to anybody."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    await saule.gives_email("saule@mail.kz", "Bek Saule")
    subject = (await step.rows("SELECT id, ref, pseudonym FROM subjects"))[0]
    entries = await step.rows("SELECT pseudonym, verb, what, number, actor FROM ledger")
    words = " ".join(str(cell) for row in entries for cell in row)
    for told in ("Saule", "Bek", "saule@mail.kz", str(saule.id), str(subject[0]), subject[1]):
        assert told not in words
    assert {row[0] for row in entries} <= {subject[2], ""}
    hashes = [row[0] for row in await step.rows("SELECT evidence FROM consent_records")]
    updates = [row[0] for row in await step.rows("SELECT key FROM seen")]
    assert hashes and all(len(one) == 32 for one in hashes)
    assert not {str(number).encode() for number in updates} & set(hashes)
    # With the subject's row gone, no table but the ledger holds the pseudonym.
    for table in Base.metadata.sorted_tables:
        if table.name in ("ledger", "subjects"):
            continue
        for column in table.columns:
            found = await step.rows(
                f'SELECT 1 FROM {table.name} WHERE CAST("{column.name}" AS TEXT) = :p', p=subject[2]
            )
            assert found == [], str(column)


async def test_every_verb_is_one_of_the_policys_own(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await saule.gives_email("saule@mail.kz", "Bek Saule")
    await saule.say("STOP")
    await saule.press(data="revdo:en::close")
    verbs = {row[0] for row in await doorstep.rows("SELECT verb FROM ledger")}
    assert verbs <= set(ledger.VERBS)


def test_neighbouring_fields_cannot_trade_letters() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    one = SimpleNamespace(id=1, pseudonym="ab", verb="c", what="", number="", actor="", at=at)
    two = SimpleNamespace(id=1, pseudonym="a", verb="bc", what="", number="", actor="", at=at)
    assert ledger.link(ledger.START, 1, one) != ledger.link(ledger.START, 1, two)  # type: ignore[arg-type]


async def test_the_head_of_an_empty_ledger_is_the_start(doorstep: Doorstep) -> None:
    def head(visit: Visit) -> str:
        return ledger.head(visit)

    assert await doorstep.keep(head) == ledger.START
