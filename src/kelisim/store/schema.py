"""The schema and its history: what version a store has, what this program needs, and the way from one to the other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from kelisim.store.database import sqlite_path, writing_engine

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is only imported to migrate: serving needs neither its time nor its memory.
VERSIONS = ("0001", "0002", "0003", "0004")  # oldest first; a test compares them with the scripts
_NOW = text("SELECT version_num FROM alembic_version")


class WrongSchema(Exception):
    """The store is older or newer than this program."""


def head() -> str:
    """The version this program needs."""
    return VERSIONS[-1]


def version(connection: Connection) -> str | None:
    """The version of a store; nothing when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(_NOW).scalar()
    return found


def check(connection: Connection) -> None:
    """Raise `WrongSchema`, naming what to do, unless the store has just this version."""
    now = version(connection)
    if now == head():
        return
    if now is None or now in VERSIONS:
        raise WrongSchema("the store has an older schema: run `kelisim migrate`")
    raise WrongSchema("the store has a newer schema than this program: install the newer kelisim")


async def migrate(url: str) -> str:
    """Bring a store to this program's version (both databases alike) and return it."""
    if make_url(url).get_backend_name() == "sqlite":
        await asyncio.to_thread(_migrate_sqlite, url)
    else:
        engine = create_async_engine(url, hide_parameters=True)
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
        await engine.dispose()
    return head()


def config() -> Config:
    """Alembic's configuration, without a file of its own."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return made


def _migrate_sqlite(url: str) -> None:
    path = sqlite_path(url)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = writing_engine(path)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            _upgrade(connection)
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")
    engine.dispose()
    path.chmod(0o600)


def _upgrade(connection: Connection) -> None:
    from alembic import command

    made = config()
    made.attributes["connection"] = connection
    command.upgrade(made, head())
