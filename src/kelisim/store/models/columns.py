"""How a column is declared: whether it is about a person, and then why, what access shows and what erasure does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Big = BigInteger().with_variant(
    Integer, "sqlite"
)  # Telegram's ids do not fit 32 bits; SQLite wants INTEGER keys


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite forgets time zones, so the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


@dataclass(frozen=True, slots=True)
class Personal:
    """An entry of the register of personal data: why it is kept, what access shows and what erasure does."""

    why: str
    access: str
    erasure: str


def personal(
    *args: Any, why: str, access: str = "shown", erasure: str = "destroyed", **options: Any
) -> Mapped[Any]:
    """A column about a person; `why`, `access` and `erasure` are its entry in the register."""
    return mapped_column(*args, info={"personal": Personal(why, access, erasure)}, **options)


def plain(*args: Any, **options: Any) -> Mapped[Any]:
    """A column that tells nothing about anyone."""
    return mapped_column(*args, info={"personal": None}, **options)


WITH_SUBJECT = "goes with the subject"
LINK = "link only"
STAFF = "of the staff, not of those they write to"
