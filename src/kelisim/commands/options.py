"""What the commands of staff take: who acts, which request, words, days and reasons, read the same way everywhere."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from kelisim.commands.errands import end, run
from kelisim.desk import cases, days, subjects
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit

As = Annotated[
    str, typer.Option("--as", metavar="ADDRESS", help="Who acts: an address of the operator file's staff.")
]  # fmt: skip
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number of the request, K-…")]
Words = Annotated[
    str | None, typer.Argument(metavar="WORDS", help="What is said; “-” or nothing reads standard input.")
]  # fmt: skip
From = Annotated[Path | None, typer.Option("--file", help="Take the words from a UTF-8 file.")]
Sure = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it is done.")]
Why = Annotated[
    str | None, typer.Option("--reason", help="Why you look; the person reads it. Asked for when it is not given.")
]  # fmt: skip
Whose = Annotated[
    str, typer.Option("--for", metavar="NUMBER", help="Whose: a consent, stop or request number of that person.")
]  # fmt: skip
Last = Annotated[str, typer.Option("--until", metavar="DATE", help="The last day, where one is known.")]
Ground = Annotated[str, typer.Option("--ground", help="A code of the grounds in the operator file.")]
Folder = Annotated[Path, typer.Option("--save", metavar="FOLDER", help="Where to put the files.")]


def words(given: str | None, file: Path | None, sure: bool, *, needed: bool = True) -> str:
    """Words from the argument, a file or standard input; whoever pipes them in cannot be asked and says --yes."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            end(f"{file.name} cannot be read: {type(fault).__name__}")
    if given is not None and given != "-":
        return given.strip()
    if given is None and not needed:
        return ""
    if sys.stdin.isatty():
        print("Write the words; end with Ctrl-D on a line of its own.", file=sys.stderr)
    elif not sure:
        end("Words from standard input leave nobody to ask: look at them first, then say --yes.")
    return sys.stdin.read().strip()


def day(typed: str) -> date:
    try:
        return days.read(typed)
    except days.NotADay:
        end(f"“{typed}” is no date: write it like 2027-12-31.")


def reason(number: str, acting: str, reason: str | None) -> str:
    """The reason that was given, or asked for; of blocked data it must be given."""
    if reason is not None:
        return reason

    def blocked(visit: Visit, actor: Actor) -> bool:
        case = cases.known(visit, number)
        subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
        return subject is not None and subject.state == subjects.BLOCKED

    if run(blocked, acting):
        end("The data are blocked: give --reason; the person is told who opened them and why.")
    if not sys.stdin.isatty():
        end("Say why you look: --reason “…”; the person reads it.")
    return str(typer.prompt("Why do you look? The person reads it"))


def subject(visit: Visit, number: str) -> int:
    found = subjects.by_number(visit, number)
    if found is None:
        raise LookupError(f"nobody is found by the number {number}")
    return found.id
