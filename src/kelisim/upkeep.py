"""What a command does to the store as a whole: the schema, the keys, the terms."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection, make_url, select

from kelisim.clock import Clock
from kelisim.desk import retention, subjects
from kelisim.desk.visit import Visit
from kelisim.opening import CannotServe, answering, fits, open_desk, url_of, vault_of
from kelisim.settings import Settings
from kelisim.store import keys, schema
from kelisim.store.database import open_database, sqlite_path
from kelisim.store.lock import ServeLock
from kelisim.store.models import Lease


async def migrate(settings: Settings) -> str:
    """Bring the store to the schema of this program and return it; raises CannotServe when the store is away."""
    with answering():
        return await schema.migrate(url_of(settings))


async def rotate(settings: Settings) -> keys.Rotated:
    """Change the keys of a store nobody serves; raises CannotServe, NotConfigured, and `Taken` where somebody does."""
    vault = vault_of(settings)
    url = url_of(settings)

    def work(connection: Connection) -> keys.Rotated:
        try:
            schema.check(connection)
        except schema.WrongSchema as fault:
            raise CannotServe(str(fault)) from None
        wrong = [fault for fault in keys.faults(connection, vault) if not fault.endswith("`kelisim rotate`")]
        now = Clock().now()
        if not locks and connection.execute(select(Lease.name).where(Lease.until > now)).first():
            wrong.append(
                "kelisim served this store within the last minute: stop it everywhere, wait a minute"
            )
        if wrong:
            raise CannotServe("; ".join(wrong))
        return keys.rotate(connection, vault)

    locks = [ServeLock(sqlite_path(url))] if make_url(url).get_backend_name() == "sqlite" else []
    with contextlib.ExitStack() as held:
        for lock in locks:
            with answering():
                held.enter_context(lock)
        database = open_database(url)
        try:
            with answering():
                return await database.keep(work)
        finally:
            await database.close()


async def retain(settings: Settings, *, dry: bool, say: Callable[[str], None]) -> dict[str, int]:
    """End what its term ended, beside a running serve, and return how much of what; `dry` only counts.

    `say` gets a line of counts after each batch that ended something. Raises CannotServe, NotConfigured, OperatorFaults.
    """
    desk = open_desk(settings)

    def visit(connection: Connection) -> Visit:
        return subjects.own_visit(desk, connection, "command")

    with answering():
        database = open_database(url_of(settings))
    try:
        with answering():
            await database.look(partial(fits, desk))
            if dry:
                return await database.look(lambda connection: retention.foresee(visit(connection)))
            await database.keep(lambda connection: retention.again(visit(connection)))
            told = 0
            while not (run := await database.keep(lambda c: retention.step(visit(c)))).over:
                if (now := sum(run.done.values())) > told:
                    say(f"{run.kind + 1} of {len(retention.KINDS)}: {retention.counts(run.done)}")
                    told = now
            return run.done
    finally:
        await database.close()
