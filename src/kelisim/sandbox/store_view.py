"""What was written: the demo's own store, read with read-only queries and never decoded."""

import asyncio
import hashlib
import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, column, func, inspect, literal_column, select, text
from sqlalchemy import table as named
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.types import NullType

from kelisim.sandbox.town import Town

NEWEST = 12
LONGEST = 160
EXACT = 2**53
"""Larger whole numbers travel as text: a browser would round them."""
PAUSE = 1.0
"""Seconds between looks while a page is open."""
HASHES = re.compile(r"(^|_)(hash|digest|lookup|fingerprint|mac|hmac|key_hash|sha256|head|previous)(_|$)")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d+")
HEXADECIMAL = re.compile(r"(?=.*[a-f])[0-9a-f]{20,}")
TIMES = ("at", "since", "created_at", "seen_at", "shown_at")


class StoreView:
    """A reader beside the writer; it exists only while a page looks."""

    def __init__(self, url: str | None, town: Town) -> None:
        self.town = town
        self.engine: AsyncEngine | None = None
        self.file: Path | None = None
        if url:
            self.engine, self.file = _engine(url)
        self.watching: asyncio.Task[None] | None = None
        self.shown: dict[str, Any] = {"tables": [], "state": "none"}
        self.mark = ""
        self.stamp: list[tuple[int, int]] = []
        self.known: dict[str, Table] = {}

    async def look(self) -> dict[str, Any]:
        """The store now; pages hear "store" when it changes afterwards."""
        await self._read()
        if self.engine is not None and (self.watching is None or self.watching.done()):
            self.watching = asyncio.create_task(self._watch())
        return self.shown

    async def close(self) -> None:
        """Stop looking."""
        if self.watching is not None:
            self.watching.cancel()
            await asyncio.gather(self.watching, return_exceptions=True)
        if self.engine is not None:
            await self.engine.dispose()

    async def _watch(self) -> None:
        while self.town.watchers:
            await asyncio.sleep(PAUSE)
            before = self.mark
            await self._read()
            if self.mark != before:
                self.town.tell("store")

    async def _read(self) -> None:
        if self.engine is None:
            return
        if self.file is not None and not self.file.exists():
            self._keep({"tables": [], "state": "waiting"})
            return
        stamp = self._stamp()
        if stamp and stamp == self.stamp:
            return
        try:
            async with self.engine.connect() as connection:
                self._keep({"tables": await connection.run_sync(_tables, self.known), "state": "open"})
            self.stamp = stamp
        except (SQLAlchemyError, OSError) as trouble:
            self.known.clear()
            self.stamp = []
            self._keep({"tables": [], "state": "trouble", "trouble": type(trouble).__name__})

    def _stamp(self) -> list[tuple[int, int]]:
        """Size and time of an SQLite file and its log: unchanged, nothing was written. Empty for a server."""
        if self.file is None:
            return []
        files = [file for file in (self.file, Path(f"{self.file}-wal")) if file.exists()]
        return [(found.st_size, found.st_mtime_ns) for found in (file.stat() for file in files)]

    def _keep(self, shown: dict[str, Any]) -> None:
        self.shown = shown
        self.mark = hashlib.sha256(json.dumps(shown, default=str).encode()).hexdigest()


def _engine(given: str) -> tuple[AsyncEngine, Path | None]:
    url = make_url(given)
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        address = url.set(
            drivername="sqlite+aiosqlite", database=f"file:{file}", query={"mode": "ro", "uri": "true"}
        )
        return create_async_engine(address, pool_size=1, max_overflow=1), file
    url = url.set(drivername="postgresql+asyncpg")
    return create_async_engine(url, pool_size=1, execution_options={"postgresql_readonly": True}), None


def _tables(connection: Connection, known: dict[str, Table]) -> list[dict[str, Any]]:
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA query_only = ON"))
    names = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})
    if names != sorted(known):
        known.clear()
        for name in names:
            known[name] = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
    return [_table(connection, known[name]) for name in names]


def _table(connection: Connection, table: Table) -> dict[str, Any]:
    count = connection.scalar(select(func.count()).select_from(table)) or 0
    names = [one.name for one in table.columns]
    keys = [one.name for one in table.primary_key.columns]
    # read as the driver gives it: a type of ours could try to make sense of what is sealed
    plain = select(*(column(name, NullType()) for name in names)).select_from(named(table.name))
    query = plain.order_by(*_newest_first(connection, table)).limit(NEWEST)
    rows = [
        [_cell(name, value) for name, value in zip(names, row, strict=True)]
        for row in connection.execute(query)
    ]
    return {
        "name": table.name,
        "count": count,
        "columns": names,
        "keys": [names.index(key) for key in keys],
        "rows": rows,
    }


def _newest_first(connection: Connection, table: Table) -> list[Any]:
    order = [name for name in TIMES if name in table.columns and not table.columns[name].nullable][:1]
    if connection.dialect.name == "sqlite" and _has_rowid(connection, table.name):
        return [column(name).desc() for name in order] + [literal_column("rowid").desc()]
    order += [key.name for key in table.primary_key.columns]
    return [column(name).desc() for name in order]


def _has_rowid(connection: Connection, name: str) -> bool:
    made = connection.scalar(
        text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": name}
    )
    return "WITHOUT ROWID" not in str(made).upper()


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, int) and abs(value) > EXACT:
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        content = bytes(value)
        if HASHES.search(name):
            return {"hash": content[:4].hex() + "…"}
        return {"sealed": len(content)}
    if isinstance(value, (datetime, date)):
        return (
            value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else value.isoformat()
        )
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return value[:19]
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if HEXADECIMAL.fullmatch(said) or (HASHES.search(name) and len(said) > 12):
        return {"hash": said[:8] + "…"}
    return said if len(said) <= LONGEST else said[:LONGEST] + "…"
