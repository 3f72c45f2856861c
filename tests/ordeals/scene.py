"""A sandbox, a `kelisim serve` and the people between them: begun, ended and examined the same way in each ordeal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.ordeals.evidence import Findings, examine, settled
from tests.ordeals.people import Resident, residents
from tests.ordeals.process import Serve, environment

from kelisim.sandbox import Sandbox
from kelisim.sandbox.settings import Limits
from kelisim.settings import Settings

PACE = (0.2, 0.9)  # seconds a person thinks


def roomy() -> Limits:
    """Limits under which the sandbox forgets nothing that an ordeal wants to see."""
    return Limits(
        wire=1_000_000, messages=10_000, letters=100_000, files_bytes=1 << 30, webhook_longest_pause=1.0
    )


@dataclass
class Scene:
    """Where an ordeal plays."""

    sandbox: Sandbox
    serve: Serve
    settings: Settings
    url: str
    dice: Random
    people: list[Resident] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    began: float = field(default_factory=time.monotonic)
    drained: float = 0.0

    def invite(self, how_many: int) -> list[Resident]:
        """People who will be examined at the end."""
        self.people += residents(self.sandbox, how_many, self.dice, PACE)
        return self.people

    async def live(self, person: Resident) -> None:
        """The scripted day, and rounds until the ordeal is over."""
        await person.day()
        while not self.over.is_set():
            await person.round()

    async def finish(self) -> Findings:
        """Let every promise out, end the process kindly and look at what there is."""
        self.drained = await settled(self.url, 900)  # 25 messages a second, one a second to each
        assert await self.serve.stop() == 0, self.serve.said()
        findings = await examine(self.settings, self.sandbox, self.people)
        assert not findings.faults, "\n".join(findings.faults)
        assert "Traceback" not in self.serve.log()
        return findings

    def told(self, findings: Findings) -> str:
        """The figures every ordeal has."""
        again = sum(p.codes_again for p in self.people)
        without = sum(p.without_mail for p in self.people)
        return (
            f"{len(self.people)} people, {sum(p.updates for p in self.people)} updates, "
            f"{sum(len(p.acts) for p in self.people)} acts, {findings.records} records, {findings.receipts} receipts "
            f"({findings.twice} doubles: {', '.join(findings.doubles) or 'none'}), {findings.letters} letters "
            f"({findings.letter_doubles} doubles, {again} codes asked for again, {without} people without one); slowest answer "
            f"{max(p.slowest for p in self.people):.1f} s, outbox empty after {self.drained:.0f} s; "
            f"{time.monotonic() - self.began:.0f} s"
        )


@asynccontextmanager
async def scene(url: str, home: Path, updates: str, dice: Random) -> AsyncIterator[Scene]:
    """A process that was begun (it may not serve yet) on a migrated store."""
    async with Sandbox(limits=roomy()) as sandbox:
        given = environment(sandbox, home, url, updates)
        serve = Serve(given, home)
        try:
            await serve.spawn()
            yield Scene(sandbox, serve, Settings.read(given), url, dice)
        finally:
            await serve.close()
