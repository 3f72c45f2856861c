"""`kelisim import`: people who agreed elsewhere, from a table of the operator's, tried first and written when told so.

The operator asserts every row: that this person gave this consent on this day, that the evidence named is kept, that the
address was proved, and that nobody in the file has taken it back. What the desk itself knows always stands above it.
"""

from __future__ import annotations

import asyncio
import csv
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from kelisim import opening
from kelisim.commands import errands, tables
from kelisim.commands.errands import Beside, end, in_sentences
from kelisim.commands.options import As
from kelisim.desk import arrivals, identity, imports, ledger, numbers, subjects
from kelisim.desk.arrivals import Verdict
from kelisim.desk.imports import HEADERS, Entry, Fault, NoHeader, Rows
from kelisim.desk.visit import Visit
from kelisim.store import leases
from kelisim.store.database import Busy, in_trouble

BATCH = 500
TRIES = 6
SHOWN = 50  # refused rows that are printed
LEASE = timedelta(minutes=1)

_PARTS = {
    "empty": "nothing is there", "space": "a blank is in it", "at": "one @ must be in it", "local": "the part before the @",
    "domain": "the part after the @", "digits": "digits are in it", "letters": "letters, hyphen and apostrophe alone make a name",
    "many": "too many words", "long": "too long", "name": "surname and name are needed",
}  # fmt: skip
_SENTENCES = {
    "purpose": "the purpose is none of this operator's: write one of {known}",
    "desk": "the consent to the desk itself is given in the chat alone: write one of {known}",
    "own": "{purpose} is not given by import: the person sets its conditions themselves, in the chat",
    "no address": "the column “{column}” is empty, and {purpose} goes nowhere without it",
    "email": "the e-mail address cannot be read ({part})",
    "telegram": "the Telegram id is no number of a person's chat",
    "phone": "the phone number cannot be read: write it with its country, like +7 701 000 12 34",
    "name": "the {what} cannot be read ({part})",
    "lacks": "{purpose} needs the {what}, and it is empty",
    "language": "the language is none of kk, ru, en",
    "day": "“{column}” is no date: write it like 2027-12-31 or 31.12.2027",
    "future": "“{column}” lies in the future",
    "over": "the consent to {purpose} ended on {until}: its term counts from the day it was given",
    "unproved": "the address is not declared as proved, and nothing may be sent where it was not: give the day in “address proved”",
    "evidence": "the evidence is missing: say by what this consent can be shown (form No., file, record)",
    "evidence long": "the evidence has more than {most} characters: name it, do not copy it",
    "version": "no such version of the text of {purpose} was published here (known: {known}): leave it empty for another text",
    "outdated": "the text of {purpose} has changed since and asks people anew: only they themselves can agree to it",
    "repeated": "it says the same person and purpose as row {first}",
    "decided": "this person has withdrawn this consent here, or it ended: only they themselves can give it again",
    "decided there": "somebody at this mailbox has withdrawn this consent here, or it ended, and may be this person under another "
    "spelling: only they themselves can give it again",
    "stopped": "a stop of messages stands for this address: only the person can lift it, in the chat or by letter",
    "frozen": "this person's data are blocked, held or about to be destroyed: nothing may change",
    "frozen there": "the data of somebody at this mailbox are blocked, held or about to be destroyed, and it may be this person "
    "under another spelling: nothing may change",
    "several": "several people here answer to this address, and the name does not tell them apart",
}


@dataclass(slots=True)
class Outcome:
    """What became of the rows, or would."""

    taken: Counter[str] = field(default_factory=Counter)  # by pair
    new: int = 0
    already: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)  # what rows hold beyond what their purpose needs
    rows: int = 0


@in_sentences
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table: .csv or .xlsx, its first row names the columns.")],
    acting: As,
    go: Annotated[bool, typer.Option("--go", help="Write it. Without this it is only tried, and nothing is changed.")] = False,
    purpose: Annotated[str, typer.Option("--purpose", metavar="CODE", help="Of rows that name none, like informing-email.")] = "",
    language: Annotated[str, typer.Option("--language", help="Of rows that name none: kk, ru or en.")] = "",
    evidence: Annotated[str, typer.Option("--evidence", help="Of rows that name none: by what the consents can be shown.")] = "",
    proved: Annotated[bool, typer.Option(
        "--proved", help="You assert that everybody proved the address when they agreed (by a link or code).")] = False,
    encoding: Annotated[str, typer.Option("--encoding", help=f"Of a CSV: {', '.join(tables.ENCODINGS)}.")] = "",
    report: Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write all refused rows here.")] = None,
) -> None:  # fmt: skip
    """Bring in people whose consent was given elsewhere, with the evidence of it. It is a dry run unless you say --go.

    Columns by their header, in Kazakh, Russian or English: e-mail or telegram id, surname, name, patronymic, phone, language,
    purpose (a code such as informing-email, or purpose and channel), agreed at, address proved, evidence, document version.

    With --go you assert, as the operator, for each row: this person gave this consent on this day; the evidence is kept and can
    be shown; they proved the address; nobody in the file has taken it back since. Whoever stopped, withdrew, was blocked or
    erased here is not brought back, nobody's data on record change, and the same file twice changes nothing.
    """
    if encoding and encoding not in tables.ENCODINGS:
        end(f"--encoding is one of: {', '.join(tables.ENCODINGS)}")
    defaults = {
        "purpose": purpose,
        "language": language,
        "evidence": evidence,
        "proved": "yes" if proved else "",
    }
    try:
        table = tables.opened(file, encoding)
        done = asyncio.run(
            _run(table, acting, {name: said for name, said in defaults.items() if said}, go=go)
        )
    except tables.Unreadable as fault:
        end(str(fault))
    except NoHeader as fault:
        end(_headless(fault))
    _tell(done, go=go, report=report)
    raise typer.Exit(1 if done.refused else 0)


def _headless(fault: NoHeader) -> str:
    if fault.code == "twice":
        return f"two columns are called “{HEADERS[fault.columns[0]][0]}”: keep one"
    if fault.code == "missing":
        return f"columns are missing: {', '.join(HEADERS[name][0] for name in fault.columns)} (see --help)"
    names = ", ".join(words[0] for words in HEADERS.values())
    if fault.code == "address":
        return "no column holds an address: name one “e-mail” or “telegram id” in the first row"
    return f"the first row names no column that is known. Columns: {names}"


async def _run(table: tables.Table, acting: str, defaults: dict[str, str], *, go: bool) -> Outcome:
    with opening.answering():
        async with errands.beside(acting) as at:
            await at.look(
                lambda visit, actor: None
            )  # whoever cannot work here hears it before the file is read
            header = next(table.rows, None)
            found = imports.columns(header.cells if header is not None else [])
            today = await at.look(lambda visit, actor: visit.today)
            rows = Rows(at.desk.operator, today, found, defaults)
            if lacks := rows.lacks():
                raise NoHeader("missing", *lacks)
            assert header is not None
            names = [identity.shown(header.cells[place], 40) for place in found.unused]
            print(f"{table.how}; columns: {', '.join(HEADERS[name][0] for name in found.places)}"
                  + (f"; not used: {', '.join(names)}" if names else ""))  # fmt: skip
            return await _Import(at, rows, go).run(table)


@dataclass(slots=True)
class _Import:
    """One run through the file, a batch in a transaction; killed anywhere, the next run goes on where it stopped."""

    at: Beside
    rows: Rows
    go: bool
    done: Outcome = field(default_factory=Outcome)
    seen: dict[int, int] = field(default_factory=dict)
    token: str = field(default_factory=numbers.token)
    batches: int = 0

    async def run(self, table: tables.Table) -> Outcome:
        console = Console(stderr=True)
        bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]:,} rows"),
            TimeRemainingColumn(), console=console, disable=not console.is_terminal, transient=True,
        )  # fmt: skip
        try:
            with bar:
                task = bar.add_task("importing" if self.go else "trying", total=max(table.size, 1), rows=0)
                while batch := list(islice(table.rows, BATCH)):
                    await self._batch(batch)
                    bar.update(task, completed=min(batch[-1].read, table.size), rows=self.done.rows)
        finally:
            if self.go:
                await self.at.database.keep(
                    lambda connection: leases.let_go(connection, arrivals.DOOR, self.token)
                )
        if self.go and self.done.taken:
            await self.at.database.keep(self._note)
        return self.done

    async def _batch(self, batch: list[tables.Row]) -> None:
        entries = [entry for row in batch if (entry := self._read(row)) is not None]
        verdicts = (
            await self._kept(entries) if self.go else await self.at.database.look(self._judged(entries))
        )
        for verdict in verdicts:
            self._count(verdict)

    def _read(self, row: tables.Row) -> Entry | None:
        if not any(cell.strip() for cell in row.cells):
            return None  # an empty line between others is nobody
        self.done.rows += 1
        read = self.rows.read(row.number, row.cells)
        if isinstance(read, list):
            self._refuse(row.number, *read)
            return None
        first = self.seen.setdefault(read.key, row.number)
        if first != row.number:
            self._refuse(row.number, Fault("repeated", {"first": first}))
            return None
        return read

    def _judged(self, entries: list[Entry]) -> Any:
        def work(connection: Connection) -> list[Verdict]:
            return arrivals.judge(subjects.own_visit(self.at.desk, connection, arrivals.DOOR), entries)

        return work

    async def _kept(self, entries: list[Entry]) -> list[Verdict]:
        """One batch, judged and kept in one transaction; anew when somebody came or decided in that very moment."""

        def work(connection: Connection) -> list[Verdict]:
            visit = subjects.own_visit(self.at.desk, connection, arrivals.DOOR)
            if not leases.take(connection, arrivals.DOOR, self.token, visit.at + LEASE, visit.at):
                raise Occupied
            verdicts = arrivals.judge(visit, entries)
            arrivals.keep(visit, verdicts, self.at.actor)
            return verdicts

        for tried in range(1, TRIES + 1):
            try:
                return await self.at.database.keep(work)
            except Occupied:
                end(
                    "Another import is running. If it was killed, try again in a minute: nothing is written twice."
                )
            except (DBAPIError, Busy) as fault:
                again = isinstance(fault, IntegrityError | Busy) or in_trouble(fault)
                if tried == TRIES or not again:
                    raise
                await asyncio.sleep(0.2 * 2**tried)
        raise AssertionError

    def _count(self, verdict: Verdict) -> None:
        if verdict.fault is not None:
            self._refuse(verdict.entry.row, verdict.fault)
        elif verdict.already:
            self.done.already += 1
        else:
            self.done.taken[verdict.entry.pair.code] += 1
            self.done.new += verdict.subject is None
            self.done.left.update(verdict.entry.left)

    def _refuse(self, row: int, *faults: Fault) -> None:
        self.done.refused.append((row, "; ".join(_sentence(fault) for fault in faults)))

    def _weigh(self, connection: Connection) -> None:
        arrivals.weigh(subjects.own_visit(self.at.desk, connection, arrivals.DOOR))

    def _note(self, connection: Connection) -> None:
        visit: Visit = subjects.own_visit(self.at.desk, connection, arrivals.DOOR)
        actor = self.at.actor
        what = f"import of {sum(self.done.taken.values())} consents"
        ledger.note_of(visit, "", ledger.COLLECTED, what, actor=actor.label[:40] or actor.role)


class Occupied(Exception):
    """Another import has the lease."""


def _sentence(fault: Fault) -> str:
    details = dict(fault.details)
    if "part" in details:
        details["part"] = _PARTS.get(str(details["part"]), str(details["part"]))
    return _SENTENCES[fault.code].format(**details)


def _tell(done: Outcome, *, go: bool, report: Path | None) -> None:
    refused = sorted(done.refused)
    if report is not None:
        _write(report, refused)
    for row, why in refused[:SHOWN]:
        print(f"row {row}: {why}")
    if len(refused) > SHOWN:
        where = (
            f": all of them are in {report}" if report is not None else ": --report FILE writes all of them"
        )
        print(f"… and {len(refused) - SHOWN:,} more rows that are refused{where}")
    for line in _summary(done, go=go):
        print(line)


def _summary(done: Outcome, *, go: bool) -> Iterator[str]:
    taken = sum(done.taken.values())
    yield f"{done.rows:,} rows: {'brought in' if go else 'would be brought in'} {taken:,}, here already {done.already:,}, " \
          f"refused {len(done.refused):,}"  # fmt: skip
    for code, n in sorted(done.taken.items()):
        yield f"  {code}: {n:,}"
    for name, n in sorted(done.left.items()):
        yield f"  not kept, because the purpose does not need it: {name} ({n:,} rows)"
    if not go and taken:
        yield "Nothing was written. Say --go when you assert these rows."


def _write(report: Path, refused: list[tuple[int, str]]) -> None:
    """Numbers of rows and reasons, nothing out of the file; what is there already is left as it is."""
    try:
        handle = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as out:
            table = csv.writer(out)
            table.writerow(("row", "reason"))
            table.writerows(refused)
    except FileExistsError:
        end(f"{report} is there already: name another file for the report")
    except OSError as fault:
        end(f"{report} cannot be written: {type(fault).__name__}")
