"""A store taken down and put back in place, so that one state can be left by each of its buttons in turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from tests.doorstep import Doorstep, Person, Said

from kelisim.store.models import Base

# Published documents and key checks stay as they are; update ids are never used twice.
KEPT = [
    table.name
    for table in Base.metadata.sorted_tables
    if table.name not in ("documents", "facts", "seen", "leases")
]
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """The store, the person's last screen and the time."""

    rows: Rows
    shift: timedelta
    shown: dict[str, str]
    message: int
    said: Said
    screen: str
    ref: str
    subject: tuple[Any, ...] | None


def _read(connection: Connection) -> tuple[Rows, str, str]:
    rows = {
        name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")] for name in KEPT
    }
    last = connection.exec_driver_sql("SELECT screen, ref FROM seen ORDER BY rowid DESC LIMIT 1").first()
    return (rows, last[0], last[1]) if last is not None else (rows, "", "")


async def take(step: Doorstep, person: Person) -> Moment:
    """Remember this moment."""
    rows, screen, ref = await step.database.keep(_read)
    shift = step.desk.clock.now() - datetime.now(UTC)
    own = step.desk.vault.find("telegram", str(person.id))
    whose = next((row[1] for row in rows["contacts"] if row[3] == own), None)
    subject = next((row for row in rows["subjects"] if row[0] == whose), None)
    return Moment(rows, shift, dict(person.shown), person.message, person.said, screen, ref, subject)


async def put_back(step: Doorstep, person: Person, moment: Moment) -> None:
    """Return to it."""

    def write(connection: Connection) -> None:
        for name in reversed(KEPT):
            connection.exec_driver_sql(f"DELETE FROM {name}")
        for name, rows in moment.rows.items():
            if rows:
                marks = ",".join("?" * len(rows[0]))
                connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({marks})", rows)

    await step.database.keep(write)
    step.desk.clock.move(moment.shift - (step.desk.clock.now() - datetime.now(UTC)))
    person.shown, person.message, person.said = dict(moment.shown), moment.message, moment.said
