"""What a store still holds of people: every cell opened with the keys, and the bytes of its files, as a finder would read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, select
from tests.doorstep import Doorstep
from tests.invariants.canaries import Found, leaks

from kelisim.store.keys import SEALED
from kelisim.store.models import Base


async def opened(step: Doorstep) -> bytes:
    """Every row of every table, each sealed cell unsealed: what somebody with the store and all the keys reads."""

    def read(connection: Connection) -> bytes:
        told = []
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                told += [_cell(step, table.name, name, value, row) for name, value in row.items()]
        return b"\n".join(told)

    found: bytes = await step.database.look(read)
    return found


def _cell(step: Doorstep, table: str, column: str, value: Any, row: Any) -> bytes:
    if value is None:
        return b""
    if f"{table}.{column}" in SEALED:
        place = row["id"] if "id" in row else row["key"]
        return step.desk.vault.unseal_bytes(table, column, place, bytes(value))
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


async def found(step: Doorstep, canaries: list[str | int]) -> list[Found]:
    """Which of these values can be read in an opened store."""
    return leaks(await opened(step), canaries)


async def cells(step: Doorstep) -> dict[str, list[bytes]]:
    """The bytes of every sealed cell and keyed hash, by column: what must be gone from the files as well."""

    def read(connection: Connection) -> dict[str, list[bytes]]:
        told: dict[str, list[bytes]] = {}
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, LargeBinary):
                    values = connection.execute(select(column).where(column.is_not(None))).scalars()
                    told[f"{table.name}.{column.name}"] = [bytes(value) for value in values]
        return told

    kept: dict[str, list[bytes]] = await step.database.look(read)
    return kept


def in_files(folder: Path, values: list[bytes]) -> list[tuple[str, str]]:
    """Which of these bytes stand in a file of the store: its name and how they begin; long ones are looked for in pieces."""
    hays = {path.name: path.read_bytes() for path in folder.glob("kelisim.db*")}
    return [
        (name, value[:8].hex())
        for value in values
        for start in range(0, len(value) - 15, max(16, len(value) // 8))
        for name, hay in hays.items()
        if value[start : start + 16] in hay
    ]
