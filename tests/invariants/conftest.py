"""The town that the tests of this folder share, and a log that listens meanwhile."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import administer, database_of
from tests.doorstep import copied, doorstep_on
from tests.invariants import places
from tests.invariants.logbook import listening
from tests.invariants.residents import Resident, populate
from tests.invariants.town import DESK, Town

from kelisim.clock import Clock
from kelisim.desk.visit import TELEGRAM


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """People in every place of the chat, and a log that listens."""
    folder = tmp_path_factory.mktemp("town")

    async def settle() -> tuple[dict[str, Resident], dict[str, str]]:
        async with doorstep_on(copied(sqlite_template, folder), desk=replace(DESK, clock=Clock())) as step:
            people = await populate(step) | await places.settle(step)
            owners: dict[str, str] = {}
            for key, each in people.items():
                found = DESK.vault.find(TELEGRAM, str(each.values.id))
                rows = await step.rows(
                    "SELECT r.number FROM consent_records r JOIN contacts c ON c.subject_id = r.subject_id "
                    "WHERE c.channel = 'telegram' AND c.hash = :found UNION SELECT number FROM suppressions WHERE hash = :found "
                    "UNION SELECT k.number FROM cases k JOIN contacts c ON c.subject_id = k.subject_id "
                    "WHERE c.channel = 'telegram' AND c.hash = :found",
                    found=found,
                )
                owners |= {row.number: key for row in rows}
            return people, owners

    with listening() as log:
        people, owners = asyncio.run(settle())
        yield Town(folder / "kelisim.db", people, owners, log)


@pytest.fixture
def postgres_machine_url(postgres_template: tuple[str, str]) -> Iterator[str]:
    """A fresh PostgreSQL store, made outside of any loop."""
    server, template = postgres_template
    name = f"kelisim_{uuid.uuid4().hex[:12]}"
    asyncio.run(administer(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield database_of(server, name)
    asyncio.run(administer(server, f"DROP DATABASE {name} WITH (FORCE)"))
