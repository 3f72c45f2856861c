"""The one way to write: whole or not at all, nobody in another's way, nobody told before it is safe."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asyncpg import UniqueViolationError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import administer

from kelisim.store import database as databases
from kelisim.store.database import Busy, Database, Postgres, Sqlite, in_trouble, open_database


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    store = open_database(store_url)
    yield store
    await store.close()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Sqlite]:
    store = Sqlite(sqlite_url)
    yield store
    await store.close()


def note(name: str, value: str = "") -> Callable[[Connection], str]:
    """A visit that writes one row."""

    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO facts (name, value) VALUES (:n, :v)"), {"n": name, "v": value})
        return name

    return work


def names(connection: Connection) -> set[str]:
    return set(connection.execute(text("SELECT name FROM facts")).scalars())


def note_and(name: str, fault: BaseException) -> Callable[[Connection], None]:
    """A visit that writes one row and then raises."""

    def work(connection: Connection) -> None:
        note(name)(connection)
        raise fault

    return work


async def test_a_visit_that_raises_leaves_nothing_and_takes_nobody_with_it(database: Database) -> None:
    fault = ZeroDivisionError("a bug")
    some = [database.keep(note_and("bad", fault) if n == 3 else note(f"good {n}")) for n in range(8)]
    told = await asyncio.gather(*some, return_exceptions=True)
    assert [one for one in told if isinstance(one, BaseException)] == [fault]
    assert await database.look(names) == {f"good {n}" for n in range(8) if n != 3}
    assert database.kept() >= 7


@pytest.mark.parametrize(
    "fault", [StopIteration(), StopAsyncIteration(), GeneratorExit(), asyncio.CancelledError()]
)
async def test_a_visit_that_raises_what_the_loop_would_misread_fails_alone(
    sqlite: Sqlite, fault: BaseException
) -> None:
    """The writer serves on: one visit that says it is cancelled cannot silence the chat."""
    with pytest.raises((RuntimeError, StopAsyncIteration)):
        await sqlite.keep(note_and("bad", fault))
    await sqlite.keep(note("good"))
    assert await sqlite.look(names) == {"good"}


async def test_a_visit_that_raises_stop_iteration_fails_alone_on_postgres_too(postgres_url: str) -> None:
    store = Postgres(postgres_url)
    with pytest.raises(RuntimeError):
        await store.keep(note_and("bad", StopIteration()))
    await store.keep(note("good"))
    assert await store.look(names) == {"good"}
    await store.close()


async def test_a_failing_statement_inside_a_visit_undoes_that_visit_alone(database: Database) -> None:
    def twice(connection: Connection) -> None:
        note("twice")(connection)
        note("twice")(connection)

    told = await asyncio.gather(database.keep(twice), database.keep(note("good")), return_exceptions=True)
    assert isinstance(told[0], SQLAlchemyError)
    assert await database.look(names) == {"good"}


async def test_the_503_comes_when_five_hundred_wait_for_the_writer(sqlite: Sqlite) -> None:
    waiting = [asyncio.ensure_future(sqlite.keep(note(str(n)))) for n in range(databases.QUEUE)]
    await asyncio.sleep(0)  # they have queued, the writer has not had its turn
    with pytest.raises(Busy):
        await sqlite.keep(note("too many"))
    await asyncio.gather(*waiting)
    assert len(await sqlite.look(names)) == databases.QUEUE
    await sqlite.keep(note("there is room again"))


async def test_a_caller_that_went_away_does_not_hold_up_the_others(sqlite: Sqlite) -> None:
    gone = asyncio.ensure_future(sqlite.keep(note("gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await sqlite.keep(note("here"))
    assert "here" in await sqlite.look(names)


class FailingCommit:
    """A SQLite connection whose next commit fails, as at a full disk or a lost sync."""

    def __init__(self, connection: sqlite3.Connection, on_commit: Callable[[], None] | None = None) -> None:
        self._connection, self._on_commit = connection, on_commit
        self.fails = True

    def commit(self) -> None:
        if self._on_commit is not None:
            self._on_commit()
        if self.fails:
            self.fails = False
            raise sqlite3.OperationalError("disk I/O error")
        self._connection.commit()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


async def test_a_shared_commit_that_fails_fails_every_visit_in_it_and_nobody_later(sqlite: Sqlite) -> None:
    """T-STORE-15."""
    sqlite._driver = FailingCommit(sqlite._driver)  # type: ignore[assignment]
    told = await asyncio.gather(*(sqlite.keep(note(str(n))) for n in range(5)), return_exceptions=True)
    assert all(isinstance(one, sqlite3.OperationalError) for one in told), told
    assert await sqlite.look(names) == set()
    assert await sqlite.keep(note("next")) == "next"
    assert await sqlite.look(names) == {"next"}


async def test_nobody_hears_of_success_before_the_commit_returned(sqlite: Sqlite) -> None:
    """T-STORE-15: the commit hangs; meanwhile the visit has run and its caller still waits."""
    hangs, go = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        assert go.wait(5)

    driver = FailingCommit(sqlite._driver, hang)
    driver.fails = False
    sqlite._driver = driver  # type: ignore[assignment]
    kept = asyncio.ensure_future(sqlite.keep(note("slow")))
    with ThreadPoolExecutor(1) as thread:
        await asyncio.get_running_loop().run_in_executor(thread, hangs.wait, 5)
    await asyncio.sleep(0.02)
    assert not kept.done()
    assert (
        await sqlite.look(names) == set()
    )  # a reader beside the writer sees the last commit, and waits for nobody
    go.set()
    assert await kept == "slow"


async def test_a_full_disk_is_said_to_those_it_hits_and_room_is_used_again(sqlite: Sqlite) -> None:
    """T-ADMIN-04: no acknowledgement without a commit."""
    execute = sqlite._driver.execute
    pages = execute("PRAGMA page_count").fetchone()[0]
    execute(f"PRAGMA max_page_count = {pages + 2}")
    told = await asyncio.gather(
        *(sqlite.keep(note(str(n), "x" * 100_000)) for n in range(4)), return_exceptions=True
    )
    assert all(isinstance(one, (sqlite3.Error, SQLAlchemyError)) for one in told), told
    assert await sqlite.look(names) == set()
    execute(f"PRAGMA max_page_count = {pages + 2000}")
    await sqlite.keep(note("room", "x" * 100_000))
    assert await sqlite.look(names) == {"room"}


async def test_readers_read_beside_the_writer_and_cannot_write(sqlite: Sqlite) -> None:
    await sqlite.keep(note("first"))
    async with sqlite._readers.connect() as reader:  # a reader holds its snapshot while writing goes on
        await reader.exec_driver_sql("BEGIN")
        assert set((await reader.execute(text("SELECT name FROM facts"))).scalars()) == {"first"}
        await asyncio.wait_for(sqlite.keep(note("second")), 2)
        assert set((await reader.execute(text("SELECT name FROM facts"))).scalars()) == {"first"}
    assert await sqlite.look(names) == {"first", "second"}
    with pytest.raises(DBAPIError):
        await sqlite.look(note("third"))


async def test_a_command_may_write_beside_us_in_a_short_transaction(sqlite: Sqlite, sqlite_url: str) -> None:
    command = sqlite3.connect(sqlite_url.partition("///")[2], isolation_level=None)
    command.execute("BEGIN IMMEDIATE")
    waiting = asyncio.ensure_future(sqlite.keep(note("served")))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    command.execute("INSERT INTO facts (name, value) VALUES ('command', '')")
    command.execute("COMMIT")
    command.close()
    assert await waiting == "served"
    assert await sqlite.look(names) == {"command", "served"}


async def test_who_locks_the_file_for_too_long_fails_the_first_in_the_queue_and_not_for_ever(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_PATIENCE", 0.05)
    store = Sqlite(sqlite_url)
    command = sqlite3.connect(sqlite_url.partition("///")[2], isolation_level=None)
    command.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await store.keep(note("impatient"))
    command.execute("ROLLBACK")
    command.close()
    await store.keep(note("patient"))
    assert await store.look(names) == {"patient"}
    await store.close()


async def test_closing_finishes_what_was_begun_and_takes_nothing_new(sqlite_url: str) -> None:
    store = Sqlite(sqlite_url)
    begun = [asyncio.ensure_future(store.keep(note(str(n)))) for n in range(40)]
    await asyncio.sleep(0)
    await store.close()
    assert sorted(await asyncio.gather(*begun)) == sorted(str(n) for n in range(40))
    with pytest.raises(Busy):
        await store.keep(note("late"))


async def test_postgres_a_commit_that_fails_raises_and_keeps_nothing(postgres_url: str) -> None:
    """T-STORE-15: a deferred constraint speaks only at the commit."""
    store = Postgres(postgres_url)

    def prepare(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))

    def breaks(connection: Connection) -> str:
        note("bad")(connection)
        connection.execute(text("INSERT INTO late VALUES (1), (1)"))
        return "told"

    await store.keep(prepare)
    with pytest.raises(UniqueViolationError):
        await store.keep(breaks)
    assert await store.look(names) == set()
    await store.keep(note("good"))
    await store.close()


async def test_postgres_a_visit_that_passes_over_a_failed_statement_is_not_called_kept(
    postgres_url: str,
) -> None:
    store = Postgres(postgres_url)

    def passes_over(connection: Connection) -> str:
        note("bad")(connection)
        with contextlib.suppress(DBAPIError):
            connection.execute(text("SELECT 1 / 0"))
        return "told"

    with pytest.raises(RuntimeError, match="nothing was kept"):
        await store.keep(passes_over)
    assert await store.look(names) == set()
    await store.close()


async def test_postgres_visits_of_one_person_take_turns_across_replicas(postgres_url: str) -> None:
    first, second = Postgres(postgres_url), Postgres(postgres_url)

    def read_then_write(connection: Connection) -> None:
        n = int(connection.execute(text("SELECT value FROM facts WHERE name = 'n'")).scalar_one())
        connection.execute(text("SELECT pg_sleep(0.005)"))
        connection.execute(text("UPDATE facts SET value = :v WHERE name = 'n'"), {"v": str(n + 1)})

    await first.keep(note("n", "0"))
    await asyncio.gather(
        *(store.keep(read_then_write, turn=7) for store in (first, second) for _n in range(10))
    )
    assert (
        await first.look(lambda c: c.execute(text("SELECT value FROM facts WHERE name = 'n'")).scalar())
        == "20"
    )
    await first.close()
    await second.close()


async def test_postgres_a_crowd_is_told_to_come_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(url: str, **options: Any) -> Any:
        return create_async_engine(url, **(options | {"pool_size": 1, "pool_timeout": 0.05}))

    monkeypatch.setattr("kelisim.store.database.create_async_engine", small)
    store = Postgres(postgres_url)
    slow = asyncio.ensure_future(
        store.keep(lambda connection: connection.execute(text("SELECT pg_sleep(0.4)")) and None)
    )
    await asyncio.sleep(0.1)
    with pytest.raises(Busy):
        await store.keep(note("crowd"))
    await slow
    await store.close()


async def test_postgres_that_went_away_and_came_back_is_used_again(
    postgres_server: str, postgres_url: str
) -> None:
    store = Postgres(postgres_url)
    await store.keep(note("before"))
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    await administer(
        postgres_server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    await asyncio.sleep(0.05)
    await store.keep(note("after"))
    assert await store.look(names) == {"before", "after"}
    await store.close()


async def test_postgres_that_goes_away_in_the_middle_of_a_visit_is_known_to_be_at_fault(
    postgres_server: str, postgres_url: str
) -> None:
    store = Postgres(postgres_url)
    slow = asyncio.ensure_future(
        store.keep(lambda connection: connection.execute(text("SELECT pg_sleep(5)")) and None)
    )
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    await asyncio.sleep(0.2)
    await administer(
        postgres_server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    with pytest.raises(Exception) as raised:
        await slow
    assert in_trouble(raised.value)
    await store.keep(note("after"))
    await store.close()


async def test_postgres_a_visit_that_is_cancelled_leaves_nothing_open(postgres_url: str) -> None:
    store = Postgres(postgres_url)

    def waits(connection: Connection) -> None:
        note("half")(connection)
        connection.execute(text("SELECT pg_sleep(5)"))

    for _time in range(20):  # more often than the pool has connections
        visit = asyncio.ensure_future(store.keep(waits))
        await asyncio.sleep(0.02)
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit
    await store.keep(note("whole"))
    assert await store.look(names) == {"whole"}
    await store.close()


def test_a_store_in_memory_is_refused() -> None:
    for url in ("sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"):
        with pytest.raises(ValueError, match="needs a file"):
            databases.sqlite_path(url)


async def test_what_was_acknowledged_survives_power_loss_by_the_settings_of_the_file(sqlite: Sqlite) -> None:
    asked = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
    assert [sqlite._driver.execute(f"PRAGMA {name}").fetchone()[0] for name in asked] == ["wal", 2, 1, 1]


def level(connection: Connection) -> str:
    """What this transaction waits for when it ends: nothing but the operating system (jot), or the disk."""
    if connection.dialect.name == "sqlite":
        return {1: "system", 2: "disk"}[connection.execute(text("PRAGMA synchronous")).scalar_one()]
    return {"off": "system", "on": "disk"}[connection.execute(text("SHOW synchronous_commit")).scalar_one()]


async def test_a_jot_waits_for_no_disk_and_everything_else_does(database: Database) -> None:
    def jotted(name: str) -> Callable[[Connection], str]:
        return lambda connection: note(name, level(connection))(connection)

    for keep, waits in ((database.keep, "disk"), (database.jot, "system"), (database.keep, "disk")):
        assert await keep(level) == waits
    await database.jot(jotted("alone"))
    assert await database.look(names) == {"alone"}, "all see it at once"
    with pytest.raises(ZeroDivisionError):
        await database.jot(note_and("bad", ZeroDivisionError()))
    assert await database.look(names) == {"alone"}


async def test_whoever_is_kept_never_shares_a_commit_that_waits_for_no_disk(sqlite: Sqlite) -> None:
    levels = await asyncio.gather(*((sqlite.keep if n % 3 == 2 else sqlite.jot)(level) for n in range(9)))
    assert set(levels) == {"disk"}, "jots that queue with it wait with it"
    with contextlib.closing(sqlite3.connect(sqlite._path)) as command:
        command.execute("BEGIN IMMEDIATE")
        jotted = asyncio.ensure_future(sqlite.jot(level))
        await asyncio.sleep(0.05)  # its commit has begun and waits for the command that writes beside us
        late = [asyncio.ensure_future(keep(level)) for keep in (sqlite.jot, sqlite.keep, sqlite.jot)]
        await asyncio.sleep(0.05)
        command.rollback()
        assert [await one for one in (jotted, *late)] == ["system", "system", "disk", "disk"]
