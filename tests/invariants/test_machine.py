"""The invariants under everything that can happen, on SQLite and PostgreSQL; the long run by EXAMPLES and STEPS."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.doorstep import copied
from tests.invariants.casework import TOTAL, Desk

from kelisim.store.models import Base

EXAMPLES, STEPS = int(os.environ.get("EXAMPLES", "500")), int(os.environ.get("STEPS", "60"))


def carry_out(machine: type[Desk], examples: int, steps: int) -> None:
    """So many stories of so many steps."""
    phases = [
        phase for phase in Phase if phase is not Phase.shrink or "SHRINK" in os.environ
    ]  # each try is a whole story
    checks = list(HealthCheck)
    budget = settings(
        max_examples=examples, stateful_step_count=steps, suppress_health_check=checks, phases=phases
    )
    TOTAL.clear()
    with asyncio.Runner() as runner:
        machine.runner = runner
        run_state_machine_as_test(machine, settings=budget)
    print(f"\n{examples} stories of {steps} steps: {dict(TOTAL.most_common())}")


def on_sqlite(template: Path) -> type[Desk]:
    """Each story on a fresh file."""

    class OnSqlite(Desk):
        async def open(self, folder: Path) -> str:
            return copied(template, folder)

    return OnSqlite


def on_postgres(url: str) -> type[Desk]:
    """Each story on emptied tables; a thief's copy is every value of every row."""

    class OnPostgres(Desk):
        async def open(self, folder: Path) -> str:
            engine = create_async_engine(url)
            async with engine.begin() as connection:
                names = ", ".join(table.name for table in Base.metadata.sorted_tables)
                await connection.execute(text(f"TRUNCATE {names}"))
            await engine.dispose()
            return url

        async def bytes(self) -> bytes:
            told = b""
            for table in Base.metadata.sorted_tables:
                for row in await self.step.rows(f"SELECT * FROM {table.name}"):
                    for value in row:
                        told += (value if isinstance(value, bytes) else str(value).encode()) + b"\n"
            return told

    return OnPostgres


def test_the_invariants_hold_on_sqlite(sqlite_template: Path) -> None:
    carry_out(on_sqlite(sqlite_template), 12, 40)


@pytest.mark.postgres
def test_the_invariants_hold_on_postgresql(postgres_machine_url: str) -> None:
    carry_out(on_postgres(postgres_machine_url), 3, 25)


@pytest.mark.ordeal
@pytest.mark.timeout(36_000)
def test_the_invariants_hold_for_long_on_sqlite(sqlite_template: Path) -> None:
    carry_out(on_sqlite(sqlite_template), EXAMPLES, STEPS)


@pytest.mark.ordeal
@pytest.mark.postgres
@pytest.mark.timeout(36_000)
def test_the_invariants_hold_for_long_on_postgresql(postgres_machine_url: str) -> None:
    carry_out(on_postgres(postgres_machine_url), EXAMPLES // 4, STEPS)
