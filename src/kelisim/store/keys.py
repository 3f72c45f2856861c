"""The keys a store was written with: what it remembers of them, and how they change.

A look-up key is never replaced but wrapped: HMAC(new, HMAC(old, address)). So the hash of a stop, which holds no address,
is brought up to date in its place and goes on biting (T-STORE-07). Sealed cells are opened and sealed with the first key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, bindparam, delete, insert, select, update

from kelisim.store.models import Base, Fact
from kelisim.store.sealed import Vault

BATCH = 500
LOOKUP = "lookup"

# Keyed hashes that stay, those that live a day at most and are dropped instead, and the sealed cells.
WRAPPED = ("contacts.hash", "consent_records.evidence", "suppressions.hash", "cases.words", "letters.mark",
           "outbox.target")  # fmt: skip
DROPPED = ("codes", "attempts", "prompts")
SEALED = (
    "subjects.draft", "contacts.address", "profile.value", "outbox.address", "outbox.body", "parked.body", "cases.facts",
    "case_messages.body", "attachments.name", "attachments.content", "viewings.reason", "holds.reason", "merges.moved",
    "letters.content", "replies.body", "broadcasts.content", "broadcasts.file", "broadcasts.watch",
    "consent_records.source",
)  # fmt: skip

_F = Fact.__table__


class Rotated(NamedTuple):
    """How many keyed hashes were wrapped and how many cells sealed anew."""

    hashes: int
    cells: int


def known(connection: Connection) -> dict[str, str]:
    """The check values the store was written with, by name."""
    rows = connection.execute(select(_F.c.name, _F.c.value)).all()
    return {row.name: row.value for row in rows if row.name == LOOKUP or row.name.startswith("key ")}


def faults(connection: Connection, vault: Vault) -> list[str]:
    """Every key that does not fit this store, all at once and each by its name (T-STORE-08)."""
    found = []
    checks = vault.checks()
    for name, value in known(connection).items():
        if name == LOOKUP:
            behind = vault.behind(value)
            if behind is None:
                found.append("lookup is not the one this store was written with")
            elif behind:
                found.append("the look-up key has changed: stop kelisim everywhere and run `kelisim rotate`")
        elif name not in checks:
            found.append(f"{name} was used here and is not given")
        elif checks[name] != value:
            found.append(f"{name} is not the one this store was written with")
    return found


def remember(connection: Connection, vault: Vault) -> None:
    """Write down the keys this store is written with from now on: the sealing one, and the look-up keys together."""
    checks, standing = vault.checks(), known(connection)
    for name in (f"key {vault.first}", LOOKUP):
        if name not in standing:
            connection.execute(insert(Fact), {"name": name, "value": checks[name]})


def rotate(connection: Connection, vault: Vault) -> Rotated:
    """Bring every hash and every cell to the newest keys; in one transaction, so a store is never half of each.

    The keys must fit the store but for look-up keys it has not seen; raises what `Vault` raises otherwise. Run again it
    finds nothing to do.
    """
    behind = vault.behind(known(connection).get(LOOKUP, vault.checks()[LOOKUP]))
    if behind is None:
        raise LookupError("these look-up keys are not this store's")
    hashes = sum(_wrap(connection, vault, _column(name), behind) for name in WRAPPED) if behind else 0
    if behind:
        for name in DROPPED:
            connection.execute(delete(Base.metadata.tables[name]))
    cells = sum(_reseal(connection, vault, _column(name)) for name in SEALED)
    stale = [name for name in known(connection) if name != f"key {vault.first}"]
    connection.execute(delete(Fact).where(_F.c.name.in_(stale)))
    remember(connection, vault)
    return Rotated(hashes, cells)


def _column(name: str) -> Column[Any]:
    table, _dot, column = name.partition(".")
    return Base.metadata.tables[table].c[column]


def _wrap(connection: Connection, vault: Vault, column: Column[Any], behind: int) -> int:
    table = column.table
    assert isinstance(table, Table)
    if column.primary_key:  # a new hash may stand behind the place we are at: take all that there are first
        values = connection.execute(select(column).distinct()).scalars().all()
        batches = iter([values[start : start + BATCH] for start in range(0, len(values), BATCH)])
        change = update(table).where(column == bindparam("was")).values({column.name: bindparam("found")})
        return _apply(
            connection,
            change,
            ([{"was": one, "found": vault.upgrade(one, behind)} for one in some] for some in batches),
        )
    change = update(table).where(table.c.id == bindparam("row")).values({column.name: bindparam("found")})
    return _apply(
        connection,
        change,
        (
            [{"row": row, "found": vault.upgrade(value, behind)} for row, value in some]
            for some in _rows(connection, column)
        ),
    )


def _reseal(connection: Connection, vault: Vault, column: Column[Any]) -> int:
    table = column.table
    assert isinstance(table, Table)
    place = _place(table)
    # Parked updates of two bots may share a number; the seal names the number, so each row is met by its old value.
    change = (
        update(table)
        .where(place == bindparam("row"), column == bindparam("was"))
        .values({column.name: bindparam("sealed")})
    )
    return _apply(
        connection,
        change,
        (
            [
                {"row": row, "was": value, "sealed": anew}
                for row, value in some
                if (anew := vault.reseal(table.name, column.name, row, value)) is not None
            ]
            for some in _rows(connection, column)
        ),
    )


def _apply(connection: Connection, change: Any, batches: Iterator[list[dict[str, Any]]]) -> int:
    done = 0
    for batch in batches:
        if batch:
            connection.execute(change, batch)
            done += len(batch)
    return done


def _rows(connection: Connection, column: Column[Any]) -> Iterator[list[tuple[int, bytes]]]:
    """(row, value) of a column that holds something, in the order of the rows."""
    table = column.table
    assert isinstance(table, Table)
    place = _place(table)
    some = (
        select(place, column)
        .where(place > bindparam("after"), column.is_not(None))
        .order_by(place)
        .limit(BATCH)
    )
    after = -(1 << 62)
    while found := [(row[0], row[1]) for row in connection.execute(some, {"after": after})]:
        yield found
        after = found[-1][0]


def _place(table: Table) -> Column[Any]:
    """The column whose number stands in the seal of a row."""
    return table.c.id if "id" in table.c else table.c.key
