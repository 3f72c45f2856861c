"""`kelisim serve` as a process of its own: environment variables in, signals, and what it printed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

from kelisim.sandbox import Sandbox

SECRET = "ordeal-secret-of-the-webhook-000000000000000"
_SRC = Path(__file__).parents[2] / "src"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(sandbox: Sandbox, home: Path, database: str, updates: str) -> dict[str, str]:
    """The KELISIM_* of a trial at this sandbox; `updates` polling or webhook."""
    given = {
        "KELISIM_TOKEN": sandbox.token,
        "KELISIM_BOT_API": sandbox.bot_api,
        "KELISIM_HOME": str(home),
        "KELISIM_DATABASE": database,
        "KELISIM_SMTP": sandbox.smtp,
        "KELISIM_UPDATES": updates,
        "HOME": str(home),
    }
    if updates == "webhook":
        port = free_port()
        given |= {
            "KELISIM_LISTEN": f"127.0.0.1:{port}",
            "KELISIM_URL": f"http://127.0.0.1:{port}",
            "KELISIM_WEBHOOK_SECRET": SECRET,
        }
    return given


class Serve:
    """One `kelisim serve` after another in one folder."""

    def __init__(self, given: dict[str, str], folder: Path) -> None:
        self._environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LD_LIBRARY_PATH")}
        self._environment |= given | {"PYTHONPATH": str(_SRC)}
        self._folder = folder
        self._output = folder / "serve.log"
        self._process: asyncio.subprocess.Process | None = None
        self._began = 0.0
        self._read = 0

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    async def spawn(self) -> None:
        """Begin, and do not wait."""
        self._read = self._output.stat().st_size if self._output.exists() else 0
        self._began = time.monotonic()
        with self._output.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "kelisim", "serve", env=self._environment, cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    async def ready(self, seconds: float = 60.0) -> float:
        """Until it says that it serves; how many seconds after it was begun."""
        assert self._process is not None
        while b"kelisim serves" not in self._fresh():
            assert self._process.returncode is None, self.said()
            assert time.monotonic() - self._began < seconds, self.said()
            await asyncio.sleep(0.02)
        return time.monotonic() - self._began

    async def start(self) -> float:
        """Begin and wait until it serves; how long that took."""
        await self.spawn()
        return await self.ready()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL: no farewell of any kind."""
        assert self._process is not None
        assert self._process.returncode is None, f"it ended by itself:\n{self.said()}"
        self._process.kill()
        await self._process.wait()

    async def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM and its exit status; one that does not end in time fails the test."""
        self.send(signal.SIGTERM)
        return await self.ended(seconds)

    async def ended(self, seconds: float = 30.0) -> int:
        """Its exit status, once it has ended."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def close(self) -> None:
        """End it in any case."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def said(self) -> str:
        """What this one printed."""
        return self._fresh().decode(errors="replace")

    def log(self) -> str:
        """What all of them printed."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    def _fresh(self) -> bytes:
        with self._output.open("rb") as output:
            output.seek(self._read)
            return output.read()
