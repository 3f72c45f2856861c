"""`kelisim broadcast watch` and `report`: how far it is, and what became of every message, by public references alone."""

from __future__ import annotations

import asyncio
import csv
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from kelisim.commands import errands
from kelisim.commands.errands import Beside, end, in_sentences, look
from kelisim.commands.options import As
from kelisim.commands.proofs import Number
from kelisim.desk import broadcasts, bulletins, charts, reports
from kelisim.desk.reports import Report
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit
from kelisim.texts import LOCALES, speaking

cli = typer.Typer()

OFTEN = 1.0  # seconds between looks, and never less than COST times what a look took
COST = 20.0
HEADS = ("person", "channel", "language", "outcome", "state", "cause", "settled (UTC)")


@cli.command()
@in_sentences
def watch(number: Number, acting: As) -> None:
    """Watch a broadcast until it is over. Ctrl-C ends the watching, never the broadcast."""

    async def watched() -> Report:
        async with errands.beside(acting) as at:
            return await _watched(at, number)

    try:
        told = asyncio.run(watched())
    except KeyboardInterrupt:
        print(
            f"\nIt goes on without you. Again: kelisim broadcast watch {number}; to stop it: kelisim broadcast pause {number}."
        )
        return
    with speaking("en"):
        print(f"{number}: {bulletins.state(told.broadcast.state)}.")
        print("\n".join(bulletins.totals(told)))


async def _watched(at: Beside, number: str) -> Report:
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[pace]}"), TimeRemainingColumn(elapsed_when_finished=True))  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar, said = progress.add_task(number, total=None, pace=""), ""
        before: tuple[float, int] | None = None
        while True:
            began = time.monotonic()
            told, now = await at.look(lambda visit, _actor: _seen(visit, number))
            if now != said:  # where there is no bar, and above the bar where there is one
                progress.print(now) if console.is_terminal else print(now, flush=True)
                said = now
            pace = f"{(told.over - before[1]) / (began - before[0]):.0f}/s" if before is not None else ""
            progress.update(bar, total=told.whole or None, completed=told.over, pace=pace)
            before = (began, told.over)
            if told.broadcast.state in broadcasts.OVER:
                return told
            await asyncio.sleep(max(OFTEN, COST * (time.monotonic() - began)))


def _seen(visit: Visit, number: str) -> tuple[Report, str]:
    one = broadcasts.known(visit, number)
    with speaking("en"):
        said = (
            f"{one.number}: {bulletins.state(one.state)}.",
            bulletins.why(visit, one),
            bulletins.then(visit, one),
        )
    return reports.numbers(visit, one), " ".join(line for line in said if line)


@cli.command()
@in_sentences
def report(
    number: Number,
    acting: As,
    table: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="Also every message as CSV; “-” writes it alone to the screen."
        ),
    ] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="Also a picture (PNG).")
    ] = None,
    language: Annotated[str, typer.Option("--language", help=f"Of the report: {', '.join(LOCALES)}.")] = "en",
) -> None:
    """Say what became of it, by channel and language, by cause, and by public reference who may have got it or not.

    References name nobody; with a request of the person, `kelisim case` finds whose they are. Nobody's address is told.
    """
    if language not in LOCALES:
        end(f"--language is one of: {', '.join(LOCALES)}")
    if chart is not None and not charts.able():
        end("A picture wants the extra “pdf”: pip install 'kelisim[pdf]'.")
    if table is not None and str(table) == "-":
        out = sys.stdout
        look(lambda visit, _actor: _written(visit, number, out), acting)
        return

    def told(visit: Visit, _actor: Actor) -> tuple[list[str], dict[str, object]]:
        found = reports.of(visit, broadcasts.known(visit, number))
        with speaking(language):
            heading = f"{number}: {bulletins.title(visit, found.broadcast)}: {bulletins.state(found.broadcast.state)}"
            return [heading, *bulletins.report(visit, found)], charts.facts(visit, found)

    lines, facts = look(told, acting)
    print("\n".join(lines))
    if table is not None:
        with os.fdopen(_made(table), "w", encoding="utf-8", newline="") as file:
            n = look(lambda visit, _actor: _written(visit, number, file), acting)
        print(f"{table}: {n} messages")
    if chart is not None:
        with os.fdopen(_made(chart), "wb") as picture:
            picture.write(charts.draw(facts))
        print(chart)


def _written(visit: Visit, number: str, out: IO[str]) -> int:
    """Every message as a line, a page of the store at a time; how many."""
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(HEADS)
    n = 0
    for row in _rows(visit, number):
        lines.writerow(row)
        n += 1
    return n


def _rows(visit: Visit, number: str) -> Iterator[tuple[str, ...]]:
    for each in reports.every(visit, broadcasts.known(visit, number)):
        settled = each.settled_at.isoformat(timespec="seconds") if each.settled_at is not None else ""
        outcome = reports.became(each.state, each.cause)
        yield each.ref, each.channel, each.locale, outcome, each.state, each.cause, settled


def _made(path: Path) -> int:
    """A new file that its owner alone may read; one that is there already is left as it is."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        end(f"{path} is there already: choose another name")
    except OSError as fault:
        end(f"{path} cannot be written: {type(fault).__name__}")
