"""One visit: one person, one door, one transaction. Every act of the desk takes it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Executable, Insert, Row, insert

from kelisim.clock import Clock
from kelisim.desk import numbers
from kelisim.desk.deadlines import Calendar
from kelisim.desk.documents import Shelf
from kelisim.desk.operator import Operator
from kelisim.store.models import Base
from kelisim.store.sealed import Vault

Found = Row[*tuple[Any, ...]]

TELEGRAM, EMAIL, PHONE = "telegram", "email", "phone"
CHANNELS = (TELEGRAM, EMAIL)  # the channels messages go by


@dataclass(slots=True)
class Desk:
    """What stays the same from visit to visit."""

    operator: Operator
    shelf: Shelf
    vault: Vault
    calendar: Calendar
    receipt_key: bytes
    clock: Clock = field(default_factory=Clock)
    url: str = ""  # where the web door stands; empty: there is none
    trial: bool = True


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the door: an address on a channel, and the keyed hash by which the store knows it."""

    channel: str
    address: str
    hash: bytes


@dataclass(slots=True)
class Subject:
    """The row of a known person, as this visit found it."""

    id: int
    ref: str
    locale: str
    state: str
    pseudonym: str
    screen: str
    draft: bytes | None
    asked_at: datetime | None
    contact_id: int
    reachable: bool
    resumed_at: datetime | None


@dataclass(slots=True)
class Visit:
    """The connection, the person, the door, the evidence and the time of one transaction."""

    connection: Connection
    desk: Desk
    door: str
    evidence: str
    at: datetime
    locale: str
    visitor: Visitor
    subject: Subject | None = None
    head: str | None = None

    @property
    def operator(self) -> Operator:
        return self.desk.operator

    @property
    def today(self) -> date:
        """The day it is where the operator works."""
        return self.day_of(self.at)

    @property
    def known(self) -> Subject:
        """The subject; only acts of known people ask for it."""
        if self.subject is None:
            raise LookupError("nobody known stands at the door")
        return self.subject

    def add(self, model: type[Base], **values: Any) -> int:
        """Insert a row, give it an id before the insert when it needs one, and return that id (0: it has none)."""
        made = 0
        if "id" in model.__table__.c and "id" not in values:
            made = values["id"] = numbers.row_id()
        self.connection.execute(_insert(model), values)
        return made

    def add_each(self, model: type[Base], rows: list[dict[str, Any]]) -> None:
        """Insert several rows, whose ids are made already, in one go."""
        self.connection.execute(_insert(model), rows)

    def run(self, statement: Executable, **values: Any) -> int:
        """Execute a change and say how many rows it touched."""
        return self.connection.execute(statement, values).rowcount

    def one(self, statement: Executable, **values: Any) -> Found | None:
        """The first row, or nothing."""
        return self.connection.execute(statement, values).first()

    def all(self, statement: Executable, **values: Any) -> Sequence[Found]:
        """Every row."""
        return self.connection.execute(statement, values).all()

    def day_of(self, at: datetime) -> date:
        """The day of a moment where the operator works."""
        return at.astimezone(zone(self.operator.zone)).date()

    def evidence_hash(self) -> bytes:
        """The keyed hash of what carried this act (update id, Message-ID): it names nobody after erasure."""
        return self.desk.vault.find("evidence", self.evidence)


_INSERTS: dict[type[Base], Insert] = {}
_ZONES: dict[str, ZoneInfo] = {}


def _insert(model: type[Base]) -> Insert:
    statement = _INSERTS.get(model)
    if statement is None:
        statement = _INSERTS[model] = insert(model)
    return statement


def zone(name: str) -> ZoneInfo:
    """A time zone by name, read once."""
    found = _ZONES.get(name)
    if found is None:
        found = _ZONES[name] = ZoneInfo(name)
    return found
