"""What is measured: the bots, the workloads and one pass of each case."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from . import kelisim_bot
from .bot_api import TOKEN, BotApi
from .databases import fresh_database
from .load import Door, Figures, Load, PollingDoor, WebhookDoor, until
from .people import DESK_FLOW, ECHO, SESSION_FLOW, Crowd
from .process import BotProcess

IN_FLIGHT = 40  # Telegram's default for webhooks
SECRET = "a-secret-for-the-benchmark-only-43-characters"
BOTS = Path(__file__).parent / "bots"
LATEST_START = 90.0


@dataclass(frozen=True)
class Case:
    """One row of the table. `workload` is "echo", "flow" or "consent"; `latency` is seconds per API call."""

    bot: str
    workload: str
    updates: str = "webhook"
    database: str | None = None
    latency: float = 0.0

    @property
    def name(self) -> str:
        """The row's name, which --only understands."""
        parts = [self.bot, self.workload, self.updates, self.database or "none"]
        return "-".join(parts) + (f"-{self.latency * 1000:g}ms" if self.latency else "")


@dataclass(frozen=True)
class Outcome:
    """One pass of one case. Times in seconds, memory in MB; `load` is the share of its core the load used."""

    per_second: float
    cpu_per_1000: float
    p50: float
    p99: float
    memory: float
    ready: float
    done: int
    lost: int
    failures: dict[str, int]
    unanswered_presses: int
    unconfirmed: bool
    receipts: int
    load: float
    calls: dict[str, int]

    def as_json(self) -> dict[str, object]:
        """Plain values for the file."""
        return asdict(self)


A2 = Case("a2", "echo")


def cases(databases: list[str], latencies: list[float]) -> list[Case]:
    """All rows for these databases; latencies beyond 0 add a row of kelisim's webhook each."""
    rows = [A2]
    for database in databases:
        rows.append(Case("session", "flow", database=database))
        rows += [Case("kelisim", "flow", database=database, latency=latency) for latency in latencies]
        rows.append(Case("kelisim", "consent", database=database))
        rows.append(Case("kelisim", "flow", "polling", database))
    return rows


async def measure(
    case: Case, folder: Path, server: str | None, updates: int, seconds: float, profile: Path | None = None
) -> Outcome:
    """Start the bot on a fresh database, load it with `updates` turns or for `seconds`, and stop it."""
    api = BotApi(case.latency)
    await api.open()
    try:
        async with fresh_database(case.database, folder, server) as database:
            return await _run(case, api, folder, database, updates, seconds, profile)
    finally:
        await api.close()


async def _run(
    case: Case, api: BotApi, folder: Path, database: str, updates: int, seconds: float, profile: Path | None
) -> Outcome:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if case.bot == "kelisim":
        settings = kelisim_bot.environment(
            api.url, TOKEN, case.updates, SECRET, f"127.0.0.1:{port}", folder / "home", database
        )
        (folder / "home").mkdir()
        for arguments in kelisim_bot.PREPARE:
            await BotProcess(kelisim_bot.command(arguments), settings, folder).finish(LATEST_START)
        command = kelisim_bot.command(kelisim_bot.SERVE, profile)
    else:
        settings = {
            "BENCH_API": api.url,
            "BENCH_TOKEN": TOKEN,
            "BENCH_SECRET": SECRET,
            "BENCH_PORT": str(port),
            "BENCH_DATABASE": database,
        }
        command = [sys.executable, str(BOTS / ("echo.py" if case.bot == "a2" else "session.py"))]

    async def ready() -> bool:
        if case.updates == "polling":
            return api.polled.is_set()
        return bool(api.webhook) and await _accepts(port)

    bot = BotProcess(command, settings, folder)
    try:
        await bot.start(ready, LATEST_START)
        if case.updates == "polling":
            door: Door = PollingDoor(api)
        else:
            path = "/" + str(api.webhook["url"]).partition("://")[2].partition("/")[2]
            secret = str(api.webhook.get("secret_token", SECRET))
            door = WebhookDoor(api, "127.0.0.1", port, path, secret)
        try:
            return await _load(case, api, door, bot, updates, seconds, profile)
        finally:
            door.close()
    finally:
        await bot.stop()


async def _load(
    case: Case, api: BotApi, door: Door, bot: BotProcess, updates: int, seconds: float, profile: Path | None
) -> Outcome:
    script = {"echo": ECHO, "flow": SESSION_FLOW if case.bot == "session" else DESK_FLOW}.get(
        case.workload, DESK_FLOW
    )
    crowd = Crowd(script)
    load = Load(api, door, crowd)
    warmth = max(IN_FLIGHT, updates // 10)
    first = await load.run(crowd.people(max(1, warmth // len(script))), len(script), IN_FLIGHT, seconds)
    steps, people = len(script), crowd.people(max(1, updates // len(script)))
    if case.workload == "consent":  # everybody is brought to the desk's document before the clock starts
        people = crowd.people(updates // 2)
        first = await load.run(people, len(script) - 1, IN_FLIGHT, 4 * seconds)
        people, steps = [p for p in people if p.step == len(script) - 1], 1
    receipts = api.calls[kelisim_bot.RECEIPT]
    gc.collect()
    gc.freeze()
    gc.disable()
    if profile:
        bot.send(signal.SIGUSR1)
    cpu, own, began = bot.cpu_seconds(), time.process_time(), time.perf_counter()
    try:
        figures = await load.run(people, steps, IN_FLIGHT, seconds)
    finally:
        gc.enable()
    cpu = bot.cpu_seconds() - cpu
    own = (time.process_time() - own) / (time.perf_counter() - began)
    receipts = api.calls[kelisim_bot.RECEIPT] - receipts
    if profile:
        bot.send(signal.SIGUSR2)
        await until(profile.is_file, 15.0)
    bot.must_live()
    await until(lambda: not api.unanswered, 5.0)
    unconfirmed = isinstance(door, PollingDoor) and not await until(lambda: api.confirmed > door.last, 5.0)
    return _outcome(figures, first, cpu, own, bot, api, receipts, unconfirmed)


def _outcome(
    figures: Figures,
    first: Figures,
    cpu: float,
    own: float,
    bot: BotProcess,
    api: BotApi,
    receipts: int,
    unconfirmed: bool,
) -> Outcome:
    failures = first.failures + figures.failures
    return Outcome(
        per_second=figures.done / figures.seconds if figures.seconds else 0.0,
        cpu_per_1000=1000 * cpu / figures.done if figures.done else 0.0,
        p50=figures.percentile(0.50),
        p99=figures.percentile(0.99),
        memory=bot.memory_mb(),
        ready=bot.ready_seconds,
        done=figures.done,
        lost=failures.total(),
        failures=dict(failures),
        unanswered_presses=len(api.unanswered),
        unconfirmed=unconfirmed,
        receipts=receipts,
        load=own,
        calls=dict(api.calls),
    )


async def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return True
    return False
