"""A bot as a process of its own on one core: its start, its CPU time and memory from /proc, its end."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
ALLOWED_CORES = sorted(os.sched_getaffinity(0))
BOT_CORE, LOAD_CORE = ALLOWED_CORES[0], ALLOWED_CORES[-1]  # the same one where there is only one
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH")


class BotFault(Exception):
    """The bot did not begin to serve in time, or ended by itself; with the end of its output."""


class BotProcess:
    """One run of one bot. Nothing of the caller's environment reaches it but what every program needs."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self._command = command
        self._environment = {k: v for k, v in os.environ.items() if k in INHERITED} | environment
        self._output = folder / "output.txt"
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.ready_seconds = 0.0

    async def start(self, ready: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
        """Start and wait until `ready` says so; raises BotFault."""
        began = time.perf_counter()
        process = await self._spawn()
        while not await ready():
            if process.returncode is not None:
                raise BotFault(f"ended with status {process.returncode}:\n{self.tail()}")
            if time.perf_counter() - began > seconds:
                raise BotFault(f"did not serve within {seconds:g} s:\n{self.tail()}")
            await asyncio.sleep(0.01)
        self.ready_seconds = time.perf_counter() - began

    async def finish(self, seconds: float) -> None:
        """Let a command run to its end; raises BotFault when it fails or takes longer."""
        process = await self._spawn()
        try:
            status = await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            await self.stop(0.0)
            raise BotFault(f"{' '.join(self._command[1:])} took over {seconds:g} s:\n{self.tail()}") from None
        if status:
            raise BotFault(f"{' '.join(self._command[1:])} ended with {status}:\n{self.tail()}")

    async def _spawn(self) -> asyncio.subprocess.Process:
        here = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {BOT_CORE})  # a child inherits it, its threads and children as well
        try:
            with self._output.open("ab") as output:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    env=self._environment,
                    cwd=self._folder,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        finally:
            os.sched_setaffinity(0, here)
        return self._process

    async def stop(self, seconds: float = 15.0) -> None:
        """Ask it to end; after `seconds` its whole process group is killed."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    def must_live(self) -> None:
        """Raise BotFault when the bot has ended by itself."""
        if self._process is not None and self._process.returncode is not None:
            raise BotFault(f"ended under load with status {self._process.returncode}:\n{self.tail()}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the bot."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    def tail(self, lines: int = 15) -> str:
        """The end of what the bot printed."""
        if not self._output.is_file():
            return ""
        return "\n".join(self._output.read_text(errors="replace").splitlines()[-lines:])

    def cpu_seconds(self) -> float:
        """User and system time of the process, its living descendants and its ended children so far."""
        total = 0
        for pid in self._tree():
            with contextlib.suppress(OSError, ProcessLookupError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
        return total / TICK

    def memory_mb(self) -> float:
        """Resident memory of the process and its living descendants, in MB."""
        kilobytes = 0
        for pid in self._tree():
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith("VmRSS:"):
                        kilobytes += int(line.split()[1])
        return kilobytes / 1024

    def _tree(self) -> list[int]:
        pids = [self._process.pid] if self._process else []
        for pid in pids:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    pids += [int(child) for child in children.read_text().split()]
        return pids
