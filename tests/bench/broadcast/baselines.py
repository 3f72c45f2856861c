"""The senders of others: two libraries from the registry in a venv that the benchmark makes and removes, and two plain loops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests import subscribers

from ..process import INHERITED
from .stage import Figures, Square

SENDERS = Path(__file__).with_name("senders")
PACKAGES = (
    "aiogram-broadcast==0.2.0",
    "aiogram-broadcaster==0.6.8",
    "sqlalchemy[asyncio]>=2,<3",
    "aiosqlite",
)


@dataclass(frozen=True)
class Baseline:
    """A sender of somebody else's: its program, and whether it lives in the venv."""

    name: str
    program: str
    published: bool = False
    retries: bool = False


NAIVE = Baseline("naive loop, sleep(0.05)", "naive")
BARE = Baseline("bare aiogram loop", "bare")
LIBRARIES = (
    Baseline("aiogram-broadcast 0.2.0", "aiogram_broadcast_020", published=True),
    Baseline("aiogram-broadcaster 0.6.8 + SQL", "aiogram_broadcaster_068", published=True, retries=True),
)
DEFAULTS = Baseline("aiogram-broadcaster 0.6.8, as it comes", "aiogram_broadcaster_068", published=True)


class NotThere(Exception):
    """The libraries cannot be had here; the message says why."""


async def venv(folder: Path, given: Path | None) -> Path:
    """The Python of a venv with both libraries: the one given, or one made in `folder`. Raises NotThere."""
    if given is not None:
        return given / "bin/python"
    for command in (
        (sys.executable, "-m", "venv", str(folder)),
        (str(folder / "bin/python"), "-m", "pip", "install", "-q", *PACKAGES),
    ):
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said = (await process.communicate())[0].decode(errors="replace").strip().splitlines()
        if process.returncode:
            raise NotThere(said[-1] if said else f"status {process.returncode}")
    return folder / "bin/python"


@contextlib.asynccontextmanager
async def _ended(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run(baseline: Baseline, place: Square, python: Path, people: int, folder: Path) -> Figures:
    """Let it send to everybody on the square."""
    folder.mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items() if name in INHERITED}
    environment |= {
        "PYTHONPATH": str(SENDERS.parents[3]),
        "BENCH_API": place.url, "BENCH_TOKEN": place.token, "BENCH_FOLDER": str(folder),
        "BENCH_FIRST": str(subscribers.FIRST), "BENCH_PEOPLE": str(people),
        "BENCH_RETRIES": "1" if baseline.retries else "",
    }  # fmt: skip
    await place.tell("mark")
    process = await asyncio.create_subprocess_exec(
        str(python if baseline.published else sys.executable), str(SENDERS / f"{baseline.program}.py"),
        env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with _ended(process):
        said = (await process.communicate())[0]
    if process.returncode:
        raise RuntimeError(f"{baseline.name} ended with {process.returncode}")
    return Figures.of((await place.tell("heard"))["messages"], json.loads(said)["cpu"])
