"""The one command of the benchmark: `python -m tests.bench` from the repository; Linux only."""

import argparse
import asyncio
import json
import logging
import os
import platform
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from . import kelisim_bot, report, shares
from .cases import A2, Case, Outcome, cases, measure
from .databases import NoServer, postgres_server, sync_microseconds
from .process import BOT_CORE, LOAD_CORE, BotFault


def options(arguments: list[str]) -> argparse.Namespace:
    """The command line, with --quick already applied."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--updates", type=int, default=4000, help="turns per case and pass (4000)")
    parser.add_argument("--passes", type=int, default=3, help="passes over all cases (3)")
    parser.add_argument("--seconds", type=float, default=8.0, help="no turns begin after that (8)")
    parser.add_argument("--minutes", type=float, default=20.0, help="the run is ended after that (20)")
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgres"), default=["sqlite"])
    parser.add_argument(
        "--latency",
        nargs="+",
        type=float,
        default=[0.0, 50.0],
        metavar="MS",
        help="round trips of the Bot API for kelisim's webhook (0 50)",
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help="cases whose name has a part")
    parser.add_argument("--quick", action="store_true", help="small and noisy, a minute at most")
    parser.add_argument("--profile", action="store_true", help="one more pass of kelisim under cProfile")
    parser.add_argument("--assert", dest="asserted", action="store_true", help="fail below the floors")
    parser.add_argument("--folder", type=Path, help="where databases are made (a temporary folder)")
    parser.add_argument("--json", type=Path, help="where the figures go (a temporary file)")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.updates, chosen.passes, chosen.seconds = 500, 1, 2.0
        chosen.minutes, chosen.latency = 2.0, [0.0]
    return chosen


async def run(chosen: argparse.Namespace, folder: Path, server: str | None) -> int:
    """All passes, then the table, the verdicts and the file; the exit status."""
    wanted = cases(chosen.database if server else ["sqlite"], [ms / 1000 for ms in chosen.latency])
    if chosen.only:
        wanted = [c for c in wanted if c == A2 or any(part in c.name for part in chosen.only)]
    if reason := kelisim_bot.missing():
        print(f"kelisim is left out: {reason}", flush=True)
        wanted = [c for c in wanted if c.bot != "kelisim"]
    passes: report.Passes = []
    broken: dict[str, str] = {}
    try:
        async with asyncio.timeout(60 * chosen.minutes):
            for number in range(chosen.passes):
                passes.append({})
                for case in wanted if number % 2 == 0 else reversed(wanted):
                    await _one(case, number, chosen, folder, server, passes[-1], broken)
            profile = await _profiled(chosen, folder, server, wanted) if chosen.profile else None
    except TimeoutError:
        broken["run"] = f"ended after {chosen.minutes:g} minutes"
        profile = None
    measured = report.rows(wanted, passes)
    verdicts = report.goals(passes, measured) + (report.floors(passes, measured) if chosen.asserted else [])
    print("\n" + report.table(measured))
    print("\n" + report.verdict_lines(verdicts))
    for name, fault in broken.items():
        print(f"\n{name} could not be measured: {fault}")
    if profile:
        print("\n" + shares.lines(profile))
    about: dict[str, object] = {
        "python": platform.python_version(),
        "updates": chosen.updates,
        "passes": len(passes),
        "cores": (BOT_CORE, LOAD_CORE),
        "sync_us": sync_microseconds(folder),
        "broken": broken,
        "shares": shares.shares(profile) if profile else None,
    }
    target = chosen.json or Path(tempfile.gettempdir()) / "kelisim-bench.json"
    target.write_text(json.dumps(report.as_json(measured, verdicts, about), indent=1))
    print(f"\none small durable write here: {about['sync_us']:.0f} µs; figures: {target}")
    failed = bool(broken) or any(v.met is not True for v in verdicts if v.name.startswith("floor"))
    return 1 if chosen.asserted and failed else 0


async def _one(
    case: Case,
    number: int,
    chosen: argparse.Namespace,
    folder: Path,
    server: str | None,
    results: dict[str, Outcome],
    broken: dict[str, str],
) -> None:
    own = folder / f"{number}-{case.name}"
    own.mkdir()
    began = time.perf_counter()
    try:
        outcome = await measure(case, own, server, chosen.updates, chosen.seconds)
    except (BotFault, NoServer) as fault:
        broken[case.name] = str(fault)
        print(f"pass {number + 1}  {case.name}: {fault}", flush=True)
        return
    results[case.name] = outcome
    print(
        f"pass {number + 1}  {case.name}: {outcome.per_second:.0f}/s, {outcome.done} done,"
        f" {outcome.lost} lost ({time.perf_counter() - began:.0f} s)",
        flush=True,
    )
    for what, times in outcome.failures.items():
        print(f"        {times} x {what}", flush=True)


async def _profiled(
    chosen: argparse.Namespace, folder: Path, server: str | None, wanted: list[Case]
) -> Path | None:
    flows = [c for c in wanted if c.bot == "kelisim" and c.workload == "flow"]
    if not flows:
        return None
    own = folder / "profile"
    own.mkdir()
    profile = own / "kelisim.profile"
    print(f"profile: {flows[0].name}", flush=True)
    try:
        await measure(flows[0], own, server, chosen.updates, 2 * chosen.seconds, profile)
    except (BotFault, NoServer) as fault:
        print(f"no profile: {fault}", flush=True)
    return profile if profile.is_file() else None


def main() -> int:
    """Set the stage, run, and leave nothing behind but the figures."""
    chosen = options(sys.argv[1:])
    if BOT_CORE == LOAD_CORE:
        print("only one core: bot and load share it, the figures say little")
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="kelisim-bench-", dir=chosen.folder))
        )
        server = None
        if "postgres" in chosen.database:
            try:
                server = stack.enter_context(postgres_server(folder))
            except NoServer as reason:
                print(f"PostgreSQL is left out: {reason}")
        os.sched_setaffinity(0, {LOAD_CORE})
        return asyncio.run(run(chosen, folder, server))


if __name__ == "__main__":
    sys.exit(main())
