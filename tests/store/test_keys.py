"""Keys that change: what was hashed and sealed with the old ones is found and read with the new ones."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, func, insert, select
from tests.doorstep import KEY, LOOKUP, Doorstep, a_desk, doorstep_on

from kelisim import opening
from kelisim.desk import consents, gates, outbox, subjects, suppressions
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, TELEGRAM, Desk
from kelisim.store import keys
from kelisim.store.models import Base, Fact
from kelisim.store.sealed import Vault

NEWER, NEWEST = bytes(range(64, 96)), bytes(range(96, 128))
AIGUL = Email("aigul@mail.kz", "aigul@mail.kz")


def desk_with(seal: dict[int, bytes], *lookups: bytes) -> Desk:
    """The same desk with other keys."""
    desk = a_desk()
    desk.vault = Vault(seal, lookups)
    return desk


async def lives_a_little(step: Doorstep) -> None:
    """Aigul consents with a proved mailbox, has a draft open and a letter waiting; a stranger and a mailbox say stop."""
    aigul = await step.person("aigul").registers()
    await aigul.gives_email(AIGUL.address)
    await aigul.say("/consent")
    await aigul.press("Promotion: Telegram")
    await aigul.press("I agree")
    await step.keep(
        lambda visit: outbox.post(visit, "receipt", TELEGRAM, {"record": 1, "part": "html"}), aigul
    )
    await step.keep(lambda visit: outbox.post(visit, "case", EMAIL, {}, address="staff@alit.kz"), aigul)
    await step.person("777").say("STOP")
    await step.keep(lambda visit: suppressions.stop_address(visit, Email("x@mail.kz", "x@mail.kz")))


def first_bytes(connection: Connection) -> set[int]:
    """The key ids that stand before the sealed cells."""
    found: set[int] = set()
    for name in keys.SEALED:
        table, _dot, column = name.partition(".")
        cell = Base.metadata.tables[table].c[column]
        found |= {value[0] for value in connection.execute(select(cell).where(cell.is_not(None))).scalars()}
    return found


def test_every_keyed_hash_and_every_sealed_cell_of_the_register_is_known_to_the_rotation() -> None:
    columns = {
        str(column): column.type.length
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.info["personal"]
    }
    hashes = {name for name, length in columns.items() if length == 32}
    sealed = {name for name, length in columns.items() if length is None}
    wrapped = set(keys.WRAPPED) | {name for name in hashes if name.partition(".")[0] in keys.DROPPED}
    assert (wrapped, set(keys.SEALED)) == (hashes, sealed)


async def test_after_a_rotation_people_are_known_stops_bite_and_the_old_sealing_key_is_gone(
    store_url: str,
) -> None:
    """T-STORE-07."""
    async with doorstep_on(store_url) as step:
        await lives_a_little(step)
    async with doorstep_on(store_url, desk=desk_with({1: KEY}, LOOKUP)) as step:
        both = Vault({2: NEWER, 1: KEY}, (LOOKUP, NEWEST))
        told = await step.database.keep(lambda connection: keys.rotate(connection, both))
        assert told.hashes >= 6 and told.cells >= 6
        again = await step.database.keep(lambda connection: keys.rotate(connection, both))
        assert again == keys.Rotated(0, 0)
    async with doorstep_on(store_url, desk=desk_with({2: NEWER}, LOOKUP, NEWEST)) as step:
        assert await step.database.look(first_bytes) == {2}
        aigul, stranger = step.person("aigul"), step.person("777")

        def recognised(visit: Any) -> tuple[list[str], str, list[int], bool]:
            found = step.desk.vault.find(EMAIL, AIGUL.lookup)
            others = [known.id for known in subjects.with_mailbox(visit, found)]
            address = subjects.proved_email(visit)
            assert address is not None
            return consents.given(visit), address.value, others, gates.allows(visit, "informing-email")

        given, address, others, may = await step.keep(recognised, aigul)
        assert sorted(given) == ["desk", "informing-email", "promotion-telegram"]
        assert (address, len(others), may) == (AIGUL.address, 1, True)
        assert "This was already done" in (await stranger.say("STOP")).text
        await step.keep(lambda visit: suppressions.stop_address(visit, AIGUL))
        assert not await step.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)


async def test_a_stop_of_a_mailbox_made_before_the_rotation_holds_for_who_proves_it_later(
    store_url: str,
) -> None:
    """T-STORE-07: a suppression holds no address, so its hash is wrapped where it stands."""
    async with doorstep_on(store_url) as step:
        aigul = await step.person("aigul").registers()
        await aigul.gives_email(AIGUL.address)
        step.later(seconds=1)
        await step.keep(lambda visit: suppressions.stop_address(visit, AIGUL))
        assert not await step.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)
        chain = Vault({1: KEY}, (LOOKUP, NEWER, NEWEST))
        await step.database.keep(lambda connection: keys.rotate(connection, chain))
    async with doorstep_on(store_url, desk=desk_with({1: KEY}, LOOKUP, NEWER, NEWEST)) as step:
        aigul = step.person("aigul")
        assert not await step.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)


async def test_serving_is_refused_until_the_rotation_and_the_sentence_names_the_command(
    sqlite_url: str,
) -> None:
    async with doorstep_on(sqlite_url) as step:
        await step.person("aigul").registers()
    with pytest.raises(opening.CannotServe, match="kelisim rotate"):
        async with doorstep_on(sqlite_url, desk=desk_with({1: KEY}, LOOKUP, NEWER)):
            pass


@pytest.mark.parametrize(
    ("seal", "lookups", "told"),
    [
        ({1: NEWER}, (LOOKUP,), ["key 1 is not the one"]),
        ({2: NEWER}, (LOOKUP,), ["key 1 was used here and is not given"]),
        ({1: KEY}, (NEWER,), ["lookup is not the one"]),
        ({1: KEY}, (NEWER, LOOKUP), ["lookup is not the one"]),
        ({1: NEWER}, (NEWEST,), ["key 1 is not the one", "lookup is not the one"]),
    ],
)
async def test_other_keys_are_refused_before_anything_is_written_all_named_at_once(
    each_doorstep: Doorstep, seal: dict[int, bytes], lookups: tuple[bytes, ...], told: list[str]
) -> None:
    """T-STORE-08."""
    other = desk_with(seal, *lookups)
    before = await each_doorstep.rows("SELECT name, value FROM facts ORDER BY name")
    with pytest.raises(opening.CannotServe) as refused:
        await each_doorstep.database.keep(lambda connection: opening.agree_with_store(other, connection))
    assert all(sentence in str(refused.value) for sentence in told)
    assert await each_doorstep.rows("SELECT name, value FROM facts ORDER BY name") == before


async def test_a_new_key_may_serve_beside_the_old_one_before_the_cells_are_sealed_anew(
    sqlite_url: str,
) -> None:
    async with doorstep_on(sqlite_url) as step:
        await (await step.person("aigul").registers()).gives_email(AIGUL.address)
    async with doorstep_on(sqlite_url, desk=desk_with({2: NEWER, 1: KEY}, LOOKUP)) as step:
        await step.person("dias").registers()
        assert await step.database.look(first_bytes) == {1, 2}
        found = await step.keep(lambda visit: subjects.proved_email(visit), step.person("aigul"))
        assert found.value == AIGUL.address


async def test_a_key_that_is_only_given_and_never_sealed_is_not_asked_for_later(sqlite_url: str) -> None:
    async with doorstep_on(sqlite_url, desk=desk_with({1: KEY, 2: NEWER}, LOOKUP)):
        pass
    async with doorstep_on(sqlite_url, desk=desk_with({1: KEY}, LOOKUP)):
        pass


async def test_a_rotation_that_fails_half_way_leaves_the_old_keys_in_force(store_url: str) -> None:
    async with doorstep_on(store_url) as step:
        await lives_a_little(step)

        def breaks(connection: Connection) -> None:
            keys.rotate(connection, Vault({2: NEWER, 1: KEY}, (LOOKUP, NEWER)))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await step.database.keep(breaks)
        assert await step.database.look(first_bytes) == {1}
        assert "already" in (await step.person("777").say("STOP")).text


async def test_more_rows_than_a_batch_are_all_wrapped_once(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "BATCH", 3)
    old, chain = each_doorstep.desk.vault, Vault({1: KEY}, (LOOKUP, NEWER))
    table = Base.metadata.tables["suppressions"]
    now = each_doorstep.desk.clock.now()
    rows = [
        {"hash": old.find(TELEGRAM, str(n)), "channel": channel, "number": f"S-{n}", "since": now}
        for n in range(10)
        for channel in (TELEGRAM, EMAIL)
    ]
    await each_doorstep.database.keep(lambda connection: connection.execute(insert(table), rows))
    await each_doorstep.database.keep(lambda connection: keys.rotate(connection, chain))
    hashes = {
        row[0] for row in await each_doorstep.database.look(lambda c: c.execute(select(table.c.hash)).all())
    }
    assert hashes == {chain.find(TELEGRAM, str(n)) for n in range(10)}


async def test_the_facts_of_the_store_that_are_no_keys_survive(each_doorstep: Doorstep) -> None:
    def note(connection: Connection) -> None:
        connection.execute(insert(Fact), {"name": "epoch", "value": "7"})

    await each_doorstep.database.keep(note)
    await each_doorstep.database.keep(lambda c: keys.rotate(c, Vault({2: NEWER, 1: KEY}, (LOOKUP, NEWER))))
    names = await each_doorstep.rows("SELECT name FROM facts ORDER BY name")
    assert [row[0] for row in names] == ["epoch", "key 2", "lookup"]
    count = await each_doorstep.database.look(
        lambda c: c.execute(select(func.count()).select_from(Fact)).scalar()
    )
    assert count == 3
