"""The command `kelisim` as a process of its own: what it is given, what it says, and how it ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

_SRC = Path(__file__).parents[2] / "src"


def environment(**given: str) -> dict[str, str]:
    """What a process of ours may see: nothing of this one's KELISIM_*, and the source tree."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": str(_SRC)} | given


class Ended(NamedTuple):
    """How a command ended and what it printed on both streams."""

    status: int
    said: str


async def run(*arguments: str, **given: str) -> Ended:
    """One command with these variables alone, to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kelisim", *arguments, env=environment(**given),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return Ended(process.returncode, said.decode())


class Demo:
    """One `kelisim demo` in its own folder, stopped by Ctrl-C."""

    def __init__(self, folder: Path, **given: str) -> None:
        self.folder = folder
        self.link = ""
        self._environment = environment(HOME=str(folder), **given)
        self._process: asyncio.subprocess.Process | None = None
        self._said = ""

    async def __aenter__(self) -> Demo:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kelisim", "demo", "--home", str(self.folder), env=self._environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert self._process.stdout is not None
        while "Ctrl-C" not in self._said:
            line = await asyncio.wait_for(self._process.stdout.readline(), 60)
            assert line, f"it ended by itself:\n{self._said}"
            self._said += line.decode()
        links = re.findall(r"https?://\S+", self._said)
        assert len(links) == 1 and str(self.folder) in self._said, self._said
        self.link = links[0]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def interrupt(self, seconds: float = 15.0) -> Ended:
        """Ctrl-C: the exit status and all that was printed; one that does not end in time fails the test."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        rest, _ = await asyncio.wait_for(self._process.communicate(), seconds)
        assert self._process.returncode is not None
        return Ended(self._process.returncode, self._said + rest.decode())
