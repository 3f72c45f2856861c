"""The one command: `python -m tests.bench.broadcast` from the repository; Linux only; half an hour with everything.

Nothing of kelisim depends on the libraries it is compared with: they are installed into a venv that goes with the run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from ..databases import NoServer, postgres_server
from ..process import LOAD_CORE
from . import answers, baselines, million, paces
from .stage import LIMIT

PARTS = ("paces", "long", "answers", "million")


def options(arguments: list[str]) -> argparse.Namespace:
    """The command line, with --quick already applied."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.broadcast", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure (all)"
    )
    parser.add_argument("--people", type=int, default=1500, help="recipients of each sender (1500)")
    parser.add_argument("--long", type=int, default=20_000, help="recipients of the long one (20000)")
    parser.add_argument("--million", type=int, default=1_000_000, help="people of the large store (1000000)")
    parser.add_argument("--passes", type=int, default=1, help="passes over all senders (1)")
    parser.add_argument("--latency", nargs="+", type=float, default=[0.0, 50.0, 200.0], metavar="MS")
    parser.add_argument("--seconds", type=float, default=40.0, help="how long people write (40)")
    parser.add_argument("--writes", type=float, default=4.0, help="how many write a second (4)")
    parser.add_argument(
        "--database", nargs="+", choices=("sqlite", "postgres"), default=["sqlite", "postgres"]
    )
    parser.add_argument("--apart", action="store_true", help="no two senders at the same time: an hour")
    parser.add_argument("--venv", type=Path, help="a venv that has both libraries, instead of a new one")
    parser.add_argument("--folder", type=Path, help="where stores are made (a temporary folder)")
    parser.add_argument("--quick", action="store_true", help="small and noisy: some minutes")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.people, chosen.long, chosen.million, chosen.seconds = 150, 600, 20_000, 10.0
    return chosen


async def run(chosen: argparse.Namespace, folder: Path, server: str | None) -> None:
    """The parts that were asked for, and what they found."""
    kinds = [kind for kind in chosen.database if kind == "sqlite" or server]
    if "paces" in chosen.only:
        await _paces(chosen, folder)
    if "answers" in chosen.only:
        for kind in kinds:
            for updates in ("polling", "webhook"):
                waits = await answers.measure(
                    folder / f"answers-{kind}-{updates}",
                    updates,
                    0.0,
                    chosen.writes,
                    chosen.seconds,
                    kind,
                    server,
                )
                print(answers.line(f"answers, {kind}, {updates}", waits), flush=True)
    if "million" in chosen.only:
        for kind in kinds:
            small, large = await million.measure(folder / f"million-{kind}", chosen.million, kind, server)
            print(million.lines(kind, small, large), flush=True)
    if "long" in chosen.only:
        figures = await paces.ours(folder / "long", chosen.long, 0.0)
        print(paces.line(f"{paces.OURS}, {chosen.long:,d} people", 0.0, figures), flush=True)


async def _paces(chosen: argparse.Namespace, folder: Path) -> None:
    python: Path | None = None
    try:
        python = await baselines.venv(folder / "venv", chosen.venv)
    except baselines.NotThere as reason:
        print(f"the published libraries are left out: {reason}", flush=True)
    bare = await paces.bare(folder / "bare", chosen.people)
    print(paces.line(baselines.BARE.name, 0.0, bare), flush=True)
    passes = []
    for number in range(chosen.passes):
        print(f"pass {number + 1}", flush=True)
        passes.append(
            await paces.one_pass(number, folder, chosen.people, chosen.latency, python, chosen.apart)
        )
    if python is not None:
        figures = await paces.as_it_comes(folder / "as-it-comes", chosen.people, python)
        print(paces.line(baselines.DEFAULTS.name, 0.0, figures), flush=True)
    for latency in chosen.latency:
        ours = [found[paces.OURS, latency] for found in passes]
        share, refused = median(each.share for each in ours), sum(each.refused for each in ours)
        met = share >= 0.99 and not refused
        print(
            f"B1 at {latency:g} ms: share {share:.3f}, 429s {refused} (wanted 0.99 and 0 of {LIMIT}/s) "
            f"{'met' if met else 'MISSED'}"
        )
    cpu = median(found[paces.OURS, chosen.latency[0]].cpu for found in passes)
    print(f"B3 CPU of a message over bare aiogram's: x {cpu / bare.cpu:.2f}")


def main() -> int:
    """Set the stage, run, and leave nothing behind."""
    chosen = options(sys.argv[1:])
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
        asyncio.run(run(chosen, folder, server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
