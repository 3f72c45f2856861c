"""People who agreed, by the thousand or the million: their rows written straight into a migrated store, and a broadcast to them.

Each has a chat, and optionally a mailbox, a desk consent and one to information by each of these ways, with the records and
counters that go with them, so that what the desk folds and counts is what stands there (I4).
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url

from kelisim import opening
from kelisim.desk import audiences, broadcasts, consents, drafts, numbers, staff, subjects
from kelisim.desk.broadcasts import Broadcast, Content
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit, zone
from kelisim.settings import Settings
from kelisim.store.database import open_database, prepare, sqlite_path
from kelisim.store.sealed import Vault

LOCALES = ("kk", "ru", "en")
FIRST = 20_000_000  # the first one's Telegram id
AUTHOR = "gulnar@alit.kz"
NEWS = Content(
    texts={
        "kk": "<b>Жаңалық</b>: сенбіде қызмет көрсету бөлмесі ашық.",
        "ru": "<b>Новость</b>: в субботу комната обслуживания открыта.",
        "en": "<b>News</b>: the service room is open on Saturday.",
    }
)
_AT_ONCE = 5_000  # people whose rows are in memory together
_TABLES = {
    "subjects": ("id", "ref", "locale", "state", "pseudonym", "screen", "since"),
    "contacts": ("id", "subject_id", "channel", "hash", "address", "confirmed_at", "reachable", "door", "since"),
    "consents": ("subject_id", "purpose", "state", "number", "version", "since", "valid_until"),
    "consent_records": (
        "id", "subject_id", "number", "act", "purpose", "version", "digest", "locale", "door", "at", "valid_until",
        "cancelled", "receipt", "head",
    ),
}  # fmt: skip
_COUNTS = ("purpose", "slot", "n")

Rows = dict[str, list[tuple[Any, ...]]]


def operator_file(folder: Path, **broadcast: int) -> Path:
    """The sample with its quiet hours far from now, nobody's approval needed, and these settings of `[broadcast]`."""
    text = files("kelisim").joinpath("operator.toml").read_text("utf-8")
    now = datetime.now(UTC).astimezone(zone("Asia/Almaty"))
    begins, ends = now + timedelta(hours=12), now + timedelta(hours=12, minutes=1)
    text = re.sub(r"(?m)^quiet_hours = .*$", f'quiet_hours = ["{begins:%H:%M}", "{ends:%H:%M}"]', text)
    head, section, rest = text.partition("\n[broadcast]\n")
    for name, value in {"approval_above": 100_000_000, **broadcast}.items():
        given = f"{name} = {value}\n"
        rest, found = re.subn(rf"(?m)^#? ?{name} = .*\n", given, rest, count=1)
        rest = rest if found else given + rest
    path = folder / "operator.toml"
    path.write_text(head + section + rest, "utf-8")
    return path


async def seed(
    url: str, vault: Vault, people: int, *, first: int = FIRST, mail: bool = False, evidence: bool = True
) -> range:
    """So many more people in a migrated store: their ids. `evidence=False` leaves out the records nobody reads meanwhile."""
    now, base = datetime.now(UTC), numbers.row_id()
    rows = _rows(vault, range(people), first, base, now, mail)
    if make_url(url).get_backend_name() == "sqlite":
        await asyncio.to_thread(_into_sqlite, sqlite_path(url), rows, evidence)
    else:
        await _into_postgres(url, rows, evidence)
    await _count(url, people, base, mail)
    return range(base, base + 8 * people, 8)


def _rows(
    vault: Vault, people: Iterable[int], first: int, base: int, now: datetime, mail: bool
) -> Iterator[Rows]:
    """Batch by batch the rows of each table."""
    until = now.date() + timedelta(days=300)
    each = iter(people)
    while batch := list(islice(each, _AT_ONCE)):
        made: Rows = {name: [] for name in _TABLES}
        for k in batch:
            _person(made, vault, k, first + k, base, now, until, mail)
        yield made


def _person(
    made: Rows, vault: Vault, k: int, chat: int, base: int, now: datetime, until: date, mail: bool
) -> None:
    who, locale = base + 8 * k, LOCALES[k % 3]
    made["subjects"].append((who, f"R{who:015X}"[-16:], locale, subjects.ACTIVE, f"{who:032x}", "", now))
    ways = [(TELEGRAM, str(chat))] + ([(EMAIL, f"person{chat}@example.kz")] if mail else [])
    purposes = [consents.DESK] + [f"informing-{channel}" for channel, _address in ways]
    for place, (channel, address) in enumerate(ways):
        sealed = vault.seal("contacts", "address", who + place, address)
        made["contacts"].append(
            (who + place, who, channel, vault.find(channel, address), sealed, now, True, TELEGRAM, now)
        )
    for place, purpose in enumerate(purposes):
        number = f"C-{(who + place) % 10**9:09d}"
        made["consents"].append((who, purpose, consents.GIVEN, number, "seeded", now, until))
        made["consent_records"].append(
            (who + place, who, number, consents.GIVEN, purpose, "seeded", "0" * 64, locale, TELEGRAM, now, until, 0,
             sha256(f"{who} {place}".encode()).digest(), "")
        )  # fmt: skip


def _into_sqlite(path: Path, batches: Iterator[Rows], evidence: bool) -> None:
    with sqlite3.connect(path, isolation_level=None) as connection:
        prepare(connection)
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA cache_size=-262144")
        connection.execute("BEGIN IMMEDIATE")
        for made in batches:
            for name, rows in _wanted(made, evidence):
                marks = ",".join("?" * len(_TABLES[name]))
                statement = f"INSERT INTO {name} ({','.join(_TABLES[name])}) VALUES ({marks})"
                connection.executemany(statement, (tuple(map(_plain, row)) for row in rows))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _plain(value: Any) -> Any:
    """A value as SQLAlchemy's SQLite types write it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value


async def _into_postgres(url: str, batches: Iterator[Rows], evidence: bool) -> None:
    import asyncpg

    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(False))
    try:
        for made in batches:
            for name, rows in _wanted(made, evidence):
                await connection.copy_records_to_table(name, records=rows, columns=_TABLES[name])
        for name in _TABLES:
            await connection.execute(f"VACUUM ANALYZE {name}")  # what autovacuum would have done by now
    finally:
        await connection.close()


def _wanted(made: Rows, evidence: bool) -> list[tuple[str, list[tuple[Any, ...]]]]:
    return [(name, rows) for name, rows in made.items() if evidence or name != "consent_records"]


async def _count(url: str, people: int, base: int, mail: bool) -> None:
    """The counters as the desk keeps them, in slots."""
    slots: dict[int, int] = {}
    for k in range(min(people, consents.SLOTS)):  # ids are 8 apart: their slots repeat
        slots[(base + 8 * k) % consents.SLOTS] = len(range(k, people, consents.SLOTS)) + slots.get(
            (base + 8 * k) % consents.SLOTS, 0
        )
    purposes = [consents.DESK, "informing-telegram"] + (["informing-email"] if mail else [])
    database = open_database(url)

    def work(connection: Connection) -> None:
        for purpose in purposes:
            for slot, n in slots.items():
                connection.execute(consents._COUNT, {"purpose": purpose, "slot": slot, "n": n})

    try:
        await database.keep(work)
    finally:
        await database.close()


def author(visit: Visit) -> Actor:
    """Gulnar of the sample, who may broadcast."""
    return staff.acting(visit.operator, AUTHOR, "telegram")


def ready(visit: Visit, content: Content = NEWS, channels: tuple[str, ...] = (TELEGRAM,)) -> Broadcast:
    """A broadcast to everybody seeded, counted and confirmed: due now."""
    draft = drafts.begin(visit, author(visit), "informing", channels)
    draft = drafts.edit(visit, draft, content)
    draft = drafts.counted(visit, draft, audiences.count(visit, draft).told())
    return broadcasts.confirm(visit, draft, draft.digest, author(visit))


async def schedule(
    settings: Settings, content: Content = NEWS, channels: tuple[str, ...] = (TELEGRAM,)
) -> str:
    """The number of a broadcast that begins as soon as somebody serves this store."""
    desk = opening.open_desk(settings)
    database = open_database(opening.url_of(settings))
    try:
        return await database.keep(
            lambda connection: (
                ready(subjects.own_visit(desk, connection, "command"), content, channels).number
            )
        )
    finally:
        await database.close()
