"""The one way to write: a plain function over a connection, kept whole or not at all.

SQLite has one writer. Visits queue to it, each in its own savepoint; whatever queued while the last sync ran is
committed together, and nobody hears of success before that commit has returned. PostgreSQL gives each visit a pooled
connection and a transaction of its own; two visits of one person take turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

T = TypeVar("T")
Work = Callable[[Connection], T]

QUEUE = 500  # visits waiting for the writer; above this the door says 503 and Telegram comes again
TOGETHER = 32  # visits in one commit
_ASLEEP = 15  # seconds: a replica that is paused in the middle of a visit lets go of what it holds
_BRIEFLY = 0.25  # seconds to wait for readers; nobody writes meanwhile
_PATIENCE = 5.0  # seconds to wait for a command that writes beside us

_STATEMENTS = 512  # prepared per PostgreSQL connection; all of the desk's, so none is prepared twice


class Busy(Exception):
    """Too many visits are waiting to be written: come again."""


_IN_TROUBLE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM,
}  # fmt: skip
# PostgreSQL: connection, rollback by another's doing, resources, object in use, shut down, system error.
_AWAY = ("08", "40", "53", "55", "57", "58")


def in_trouble(fault: BaseException) -> bool:
    """Whether the store and not the work is at fault: it is held, full or away, and the same work may pass later."""
    if isinstance(fault, OSError):
        return True
    if isinstance(fault, DBAPIError):
        if fault.connection_invalidated:
            return True
        if isinstance(fault.orig, BaseException):
            fault = fault.orig
    if isinstance(fault, sqlite3.Error):
        return (getattr(fault, "sqlite_errorcode", 0) & 0xFF) in _IN_TROUBLE
    return str(getattr(fault, "sqlstate", None) or "")[:2] in _AWAY


class Database(Protocol):
    """What the doors know of the store."""

    def kept(self) -> int:
        """How many visits were kept so far: loops that serve the outbox watch it grow."""

    async def keep(self, work: Work[T], turn: int | None = None) -> T:
        """Run `work` and return its result once what it did is safe on disk; raises, and it never was.

        `turn` names the person: two visits with the same turn are served one after the other.
        """

    async def jot(self, work: Work[T]) -> T:
        """As `keep`, but nobody waits for the disk: all see it at once, a killed process loses nothing, and only a power cut
        may take it back, with whatever was jotted after it and nothing that was kept.

        For what the store can miss: that a message has left, whose loss puts it in doubt, or sends a receipt again.
        """

    async def look(self, work: Work[T]) -> T:
        """Read beside the writing; what is read may be one commit old."""

    async def let_go(self) -> bool:
        """Have the store's own files let go of rows deleted so far; False: somebody reads them still, ask again later."""

    async def close(self) -> None:
        """Finish what was begun and let go of the store."""


async def keep_surely(
    keep: Callable[[Work[T]], Awaitable[T]], work: Work[T], pause: float, log: logging.Logger, what: str
) -> T:
    """Keep (or jot) what must not be given up, such as the outcome of what has left: while the store is in trouble, again
    and again.

    Raises what `work` raises by itself.
    """
    while True:
        try:
            return await keep(work)
        except Exception as fault:
            if not (isinstance(fault, Busy) or in_trouble(fault)):
                raise
            log.error("%s: an outcome waits: %s", what, type(fault).__name__)
            await asyncio.sleep(pause)


def open_database(url: str) -> Database:
    """The store behind a SQLAlchemy URL with an async driver (aiosqlite or asyncpg)."""
    return Sqlite(url) if make_url(url).get_backend_name() == "sqlite" else Postgres(url)


def sqlite_path(url: str) -> Path:
    """The file of a SQLite URL; raises ValueError when there is none (a store in memory keeps no promise)."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise ValueError("a SQLite store needs a file")
    return Path(name)


def prepare(connection: sqlite3.Connection) -> None:
    """The settings every SQLite connection of ours has: an acknowledged write survives power loss."""
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def writing_engine(path: Path) -> Engine:
    """A synchronous engine on a SQLite file whose transactions we begin and end ourselves."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "cached_statements": 512,
            "timeout": _PATIENCE,
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection)

    return engine


def _cut_log(path: Path) -> bool:
    """Whether the write-ahead log was emptied: `wal_checkpoint(TRUNCATE)` returned 0, or there is none."""
    with contextlib.closing(sqlite3.connect(path, timeout=_BRIEFLY)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        try:
            (busy, _pages, _moved) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:  # somebody else is at it
            return False
        return int(busy) == 0


@dataclass(slots=True)
class _Visit:
    work: Work[Any]
    future: asyncio.Future[Any]
    jotted: bool
    result: Any = None
    error: BaseException | None = None


class Sqlite:
    """One connection does all the writing, a few others read."""

    def __init__(self, url: str) -> None:
        self._path = sqlite_path(url)
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = writing_engine(self._path)
        self._connection = self._engine.connect()
        self._driver = self._raw()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kelisim-writer")
        self._queue: deque[_Visit] = deque()
        self._wake = asyncio.Event()
        self._kept = 0
        self._jots = False
        self._closing = False
        self._task = asyncio.get_running_loop().create_task(self._write(), name="writer")
        self._readers: AsyncEngine = create_async_engine(
            f"sqlite+aiosqlite:///{self._path}", pool_size=4, hide_parameters=True
        )

        @event.listens_for(self._readers.sync_engine, "connect")
        def _only_read(connection: Any, record: object) -> None:
            connection.execute("PRAGMA query_only=ON")

    def _raw(self) -> sqlite3.Connection:
        driver = self._connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver

    def kept(self) -> int:
        return self._kept

    async def keep(self, work: Work[T], turn: int | None = None) -> T:
        return await self._queued(work, jotted=False)

    async def jot(self, work: Work[T]) -> T:
        return await self._queued(work, jotted=True)

    async def _queued(self, work: Work[T], jotted: bool) -> T:
        if len(self._queue) >= QUEUE or self._closing:
            raise Busy
        visit = _Visit(work, asyncio.get_running_loop().create_future(), jotted)
        self._queue.append(visit)
        self._wake.set()
        await visit.future
        if visit.error is not None:
            raise visit.error
        result: T = visit.result
        return result

    async def look(self, work: Work[T]) -> T:
        async with self._readers.connect() as connection:
            return await connection.run_sync(work)

    async def let_go(self) -> bool:
        # Deleted bytes are overwritten in the file (secure_delete), but stay in the write-ahead log until it is cut. That
        # fails while anybody reads what was there before (T-STORE-03).
        return await asyncio.to_thread(_cut_log, self._path)

    async def close(self) -> None:
        self._closing = True
        self._wake.set()
        await self._task
        await self._readers.dispose()
        self._connection.close()
        self._engine.dispose()
        self._thread.shutdown()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            batch: list[_Visit] = []
            jots = all(visit.jotted for visit in self._queue)
            try:
                await loop.run_in_executor(self._thread, self._begin, jots)
                # Somebody who has to be kept and came meanwhile begins the next commit.
                while self._queue and len(batch) < TOGETHER and (self._queue[0].jotted or not jots):
                    batch.append(self._queue.popleft())
                    self._run(batch[-1])
                await loop.run_in_executor(self._thread, self._driver.commit)
                self._kept += len(batch)
            except BaseException as fault:
                self._undo()
                # A lock or a full disk before anybody was served fails the one who waits longest, so nobody waits for ever.
                if not batch and self._queue:
                    batch.append(self._queue.popleft())
                for visit in batch:
                    visit.error = fault if isinstance(fault, Exception) else Busy()
                self._answer(batch)
                if not isinstance(fault, Exception):
                    raise
            else:
                self._answer(batch)

    def _begin(self, jots: bool) -> None:
        """A transaction that waits for the disk, or one of jots alone, whose pages are synced with the next (WAL, NORMAL)."""
        if jots != self._jots:
            self._driver.execute(f"PRAGMA synchronous={'NORMAL' if jots else 'FULL'}")
            self._jots = jots
        self._driver.execute("BEGIN IMMEDIATE")

    def _run(self, visit: _Visit) -> None:
        """One visit in its own savepoint: what it raises undoes it and nobody else."""
        execute = self._driver.execute
        execute("SAVEPOINT visit")
        try:
            visit.result = visit.work(self._connection)
        except (Exception, asyncio.CancelledError, GeneratorExit) as fault:
            # A visit that says it is cancelled must neither end the writer nor look like a cancelled caller.
            visit.error = fault if isinstance(fault, Exception) else RuntimeError(type(fault).__name__)
            # Raises when SQLite dropped the transaction: then all of the batch fails.
            execute("ROLLBACK TO visit")
        execute("RELEASE visit")

    def _undo(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._driver.in_transaction:
                self._driver.rollback()

    @staticmethod
    def _answer(batch: list[_Visit]) -> None:
        for visit in batch:
            if not visit.future.done():
                visit.future.set_result(None)


class Postgres:
    """A pooled connection and a transaction per visit; any number of replicas on one URL."""

    def __init__(self, url: str) -> None:
        # Autocommit, because visits begin and end their transactions here: a round trip is dearer than what it asks.
        self._engine = create_async_engine(
            url, pool_size=16, max_overflow=0, pool_timeout=15, hide_parameters=True, isolation_level="AUTOCOMMIT",
            connect_args={
                "prepared_statement_cache_size": _STATEMENTS,
                "server_settings": {"idle_in_transaction_session_timeout": f"{_ASLEEP * 1000}"},
            },
        )  # fmt: skip
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._kept = 0

    def kept(self) -> int:
        return self._kept

    async def jot(self, work: Work[T]) -> T:
        return await self._keep(work, "BEGIN; SET LOCAL synchronous_commit TO off")

    async def keep(self, work: Work[T], turn: int | None = None) -> T:
        if turn is None:
            return await self._keep(work, "BEGIN")
        # Those of one person wait here rather than with a pooled connection in the hand.
        lock = self._turns.get(turn)
        if lock is None:
            lock = self._turns[turn] = asyncio.Lock()
        async with lock:
            return await self._keep(work, f"BEGIN; SELECT pg_advisory_xact_lock({int(turn)})")

    async def _keep(self, work: Work[T], begin: str) -> T:
        try:
            async with self._engine.connect() as connection:
                result = await self._whole(connection, work, begin)
        except PoolExhausted:
            # Nobody let go of a connection in time: that is a crowd and no fault of this visit.
            raise Busy from None
        self._kept += 1
        return result

    async def _whole(self, connection: AsyncConnection, work: Work[T], begin: str) -> T:
        """A transaction; BEGIN and what goes with it travel together."""
        driver = await self._driver(connection)
        try:
            await driver.execute(begin)
            result = await connection.run_sync(work)
            if await driver.execute("COMMIT") != "COMMIT":
                raise RuntimeError("a statement failed and the visit went on: nothing was kept")
        except BaseException as fault:
            if not await self._undone(driver, fault):
                # It must not be lent again in the middle of a transaction.
                driver.terminate()
                await connection.invalidate()
                if isinstance(fault, Exception) and not in_trouble(fault):
                    raise ConnectionError("the store went away") from fault
            raise
        return result

    @staticmethod
    async def _driver(connection: AsyncConnection) -> Any:
        """asyncpg's own connection; one that the server closed meanwhile is exchanged, nothing was begun on it."""
        while True:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            if not driver.is_closed():
                return driver
            await connection.invalidate()

    @staticmethod
    async def _undone(driver: Any, fault: BaseException) -> bool:
        """Roll back; False when the connection is gone, or in the middle of a statement that was cancelled."""
        if not isinstance(fault, Exception):
            return False
        with contextlib.suppress(Exception):
            await driver.execute("ROLLBACK")
            return True
        return False

    async def look(self, work: Work[T]) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def let_go(self) -> bool:
        # Dead rows, the log and its archive hold sealed values only; until when, the certificate says (T-STORE-04).
        return True

    async def close(self) -> None:
        await self._engine.dispose()
