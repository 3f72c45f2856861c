"""The store view reads, never writes, and never decodes what is sealed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Town

CANARY = b"sealed-canary-7f3a"
MADE = """
create table subjects (
  id integer primary key, locale text not null, surname blob, lookup_hash blob, seen_at text
);
create table leases (name text primary key, until text) without rowid;
create table alembic_version (version_num text);
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    file = tmp_path / "kelisim.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.executescript(MADE)
        rows = [(str(n), CANARY, bytes(range(32)), "2026-11-23") for n in range(30)]
        connection.executemany(
            "insert into subjects (locale, surname, lookup_hash, seen_at) values (?, ?, ?, ?)", rows
        )
        connection.execute("insert into leases values ('courier', '2026-11-23')")
    return file


@pytest.mark.parametrize("scheme", ["sqlite:///", "sqlite+aiosqlite:///"])
async def test_newest_rows_come_first_sealed_cells_stay_sealed(store: Path, scheme: str) -> None:
    async with Sandbox(database=f"{scheme}{store}") as sandbox, Town(sandbox.url) as town:
        shown = await town.get("store")
    leases, subjects = shown["tables"]
    assert (leases["name"], leases["count"], subjects["name"], subjects["count"]) == (
        "leases",
        1,
        "subjects",
        30,
    )
    assert subjects["rows"][0] == [30, "29", {"sealed": len(CANARY)}, {"hash": "00010203…"}, "2026-11-23"]
    assert len(subjects["rows"]) < 30
    assert "canary" not in str(shown)


async def test_numbers_too_long_for_a_browser_travel_as_text(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("insert into subjects (id, locale) values (?, 'kk')", (2**53 + 1,))
    async with Sandbox(database=f"sqlite:///{store}") as sandbox, Town(sandbox.url) as town:
        subjects = (await town.get("store"))["tables"][1]
    assert str(2**53 + 1) in [row[0] for row in subjects["rows"]]


async def test_the_view_cannot_write(store: Path) -> None:
    async with Sandbox(database=f"sqlite:///{store}") as sandbox:
        assert sandbox.store.engine is not None
        async with sandbox.store.engine.connect() as connection:
            with pytest.raises(DBAPIError, match="readonly"):
                await connection.execute(text("insert into leases values ('x', 'y')"))


async def test_a_store_that_is_not_there_yet_is_waited_for_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "later.db"
    async with Sandbox(database=f"sqlite:///{file}") as sandbox, Town(sandbox.url) as town:
        assert (await town.get("store"))["state"] == "waiting"
        assert not file.exists()
        sqlite3.connect(file).close()
        assert (await town.get("store"))["state"] in {"open", "waiting"}


async def test_without_a_store_there_is_nothing_to_see(town: Town) -> None:
    assert await town.get("store") == {"tables": [], "state": "none"}


@pytest.mark.postgres
async def test_postgresql_is_read_in_a_read_only_transaction(postgres_url: str) -> None:
    url = postgres_url
    writer = create_async_engine(url)
    try:
        async with writer.begin() as connection:
            await connection.execute(text("drop table if exists sandbox_seen"))
            await connection.execute(text("create table sandbox_seen (id int primary key, word bytea)"))
            await connection.execute(text("insert into sandbox_seen values (1, 'abc')"))
        async with Sandbox(database=url) as sandbox, Town(sandbox.url) as town:
            tables = {one["name"]: one for one in (await town.get("store"))["tables"]}
            assert tables["sandbox_seen"]["rows"] == [[1, {"sealed": 3}]]
            assert sandbox.store.engine is not None
            async with sandbox.store.engine.connect() as reader:
                with pytest.raises(DBAPIError, match="read-only"):
                    await reader.execute(text("delete from sandbox_seen"))
    finally:
        async with writer.begin() as connection:
            await connection.execute(text("drop table if exists sandbox_seen"))
        await writer.dispose()
