"""`kelisim case …`: what staff do with requests at a shell, beside a running serve, each act by a named person.

Who acts is `--as ADDRESS`, and the records keep it as "OS user as ADDRESS" (T-STAFF-06). Looking at anybody's data asks for a
reason, which the person reads among who looked.
"""

from __future__ import annotations

import os
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from kelisim.commands import errands, holds, options, replies, rulings
from kelisim.commands.errands import done, end, in_sentences, run
from kelisim.commands.options import As, From, Number, Whose, Why, Words
from kelisim.desk import (
    attachments,
    blocking,
    cases,
    explanations,
    handoffs,
    inquiries,
    kinds,
    openings,
    representatives,
    subjects,
    viewings,
)
from kelisim.desk.cases import Case
from kelisim.desk.readings import framed, plain
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, Visit, zone
from kelisim.texts import LOCALES, speaking

cli = typer.Typer(
    no_args_is_help=True,
    help="What staff do with requests: look, answer, ask, accept, refuse, pass on.\n\n"
    "Begin with `kelisim case list --as YOU@…`, then `kelisim case show K-… --as YOU@…`. Every act is yours by name: it is "
    "kept as “OS user as YOU@…”. Before anything reaches a person you see exactly what they will read. It works beside a "
    "running serve, which sends what you decided within seconds.",
)
cli.add_typer(rulings.cli)
cli.add_typer(replies.cli)
cli.add_typer(holds.cli, name="holds")


@cli.command(name="list")
@in_sentences
def list_(
    acting: As,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that are yours.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose last day has passed.")] = False,
) -> None:
    """List the open requests by due date: numbers, kinds, states, dates and nobody's data."""

    def listed(visit: Visit, actor: Actor) -> list[str]:
        found = cases.for_staff(visit, actor.address if mine else "")
        late = [case for case in found if case.due is not None and case.due < visit.today]
        return [_line(case, case in late) for case in (late if overdue else found)]

    lines = run(listed, acting)
    print("\n".join(lines) if lines else "Nothing is open.")


def _line(case: Case, late: bool) -> str:
    due = case.due.isoformat() if case.due is not None else "—"
    return f"{case.number}  due {due}{' OVERDUE' if late else ''}  {case.kind}, {case.state}  {case.assignee or 'nobody'}"


@cli.command()
@in_sentences
def show(number: Number, acting: As, reason: Why = None) -> None:
    """Show everything about a request: what is asked, the date and how it came about, the timeline, words, files.

    It is a look at a person's data: the reason is kept and the person reads it. Blocked data open only with --reason.
    """
    given = options.reason(number, acting, reason)

    def shown(visit: Visit, actor: Actor) -> str:
        case = _looked(visit, number, actor, given)
        with speaking("en"):
            return _everything(visit, case)

    print(run(shown, acting))


def _looked(visit: Visit, number: str, actor: Actor, reason: str) -> Case:
    case = cases.known(visit, number)
    visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
    if visit.subject is not None:
        viewings.note(visit, actor, viewings.CASE, reason, number)
    return case


def _everything(visit: Visit, case: Case) -> str:
    lines = [
        f"{case.number}: {kinds.named(case.kind)}, {case.state}; by the {case.door}; assigned to {case.assignee or 'nobody'}"
    ]
    lines += explanations.explain(visit, cases.clock(visit, case))
    if visit.subject is not None:
        way = "by letter" if case.answer_by == EMAIL else "in the chat"
        lines.append(f"The person reads {errands.LANGUAGES[visit.subject.locale]}; the answer goes {way}.")
    # A value that was typed stays on the line of its label: it draws no line of ours below.
    lines += [f"{label}: {' '.join(plain(value).split())}" for label, value in handoffs.facts(case)]
    lines += _authority(visit, case)
    lines += ["", "Timeline (Almaty time):"]
    for step in cases.events(visit, case):
        who = step.actor or step.role
        lines.append(
            f"  {_at(visit, step.at)}  {step.act} by {who}{f' ({step.detail})' if step.detail else ''}"
        )
    said = {cases.IN: "the person wrote", cases.OUT: "we wrote", cases.NOTE: "note among staff"}
    for message in cases.messages(visit, case):
        read = " (not read yet)" if message.way == cases.OUT and message.read_at is None else ""
        lines.append(framed(f"\n{_at(visit, message.at)} {said[message.way]}{read}:", message.words))
    files = attachments.of_case(visit, case)
    if files:
        lines.append(f"\nFiles (kelisim case file {case.number} --save FOLDER):")
        lines += [f"  {place}. {file.type}, {file.size} bytes" for place, file in enumerate(files, 1)]
    return "\n".join(lines)


def _authority(visit: Visit, case: Case) -> list[str]:
    known = representatives.of_case(visit, case)
    if known is None:
        return []
    until = known.until.isoformat() if known.until is not None else "no end date"
    told = f"Authority {known.number}: {known.state}, until {until}"
    if known.scope:
        told += f", for {', '.join(known.scope)}"
    if known.discloses_on is not None:
        told += f"; nothing is disclosed before {known.discloses_on.isoformat()}"
    return [
        f"{told}; the person concerned is {'found' if known.subject_id is not None else 'not named yet or not known'}."
    ]


def _at(visit: Visit, moment: datetime) -> str:
    return f"{moment.astimezone(zone(visit.operator.zone)):%Y-%m-%d %H:%M}"


@cli.command()
@in_sentences
def file(
    number: Number,
    acting: As,
    reason: Why = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FOLDER", help="Where to put the files.")
    ] = None,
) -> None:
    """List the files of a request, or save them under names that name nobody. It is a look: the reason is kept."""
    given = options.reason(number, acting, reason)

    def taken(visit: Visit, actor: Actor) -> list[tuple[str, bytes]]:
        case = _looked(visit, number, actor, given)
        return [
            (f"{number}-{place}.{each.type}", attachments.content(visit, case, each.id))
            for place, each in enumerate(attachments.of_case(visit, case), 1)
        ]

    found = run(taken, acting)
    if save is None:
        print("\n".join(f"{name}  {len(content)} bytes" for name, content in found) or "There are no files.")
        return
    for path in _saved(save, found):
        print(path)


def _saved(folder: Path, parts: list[tuple[str, bytes]]) -> list[Path]:
    """Files in a folder, readable by their owner alone; one that is there already is left as it is."""
    made = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in parts:
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(content)
            made.append(folder / name)
    except FileExistsError as fault:
        end(f"{fault.filename or folder} is there already: choose another folder")
    except OSError as fault:
        end(f"{folder} cannot be written: {type(fault).__name__}")
    return made


@cli.command(name="open")
@in_sentences
def open_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(openings.KINDS)}.")],
    acting: As,
    words: Words = None,
    file: From = None,
    whose: Whose = "",
    received: Annotated[str, typer.Option("--received", metavar="DATE", help="The day it came; the clock counts from it.")] = "",
    reason: Annotated[str, typer.Option("--why", help=f"Of a request to block: {', '.join(blocking.REASONS)}.")] = blocking.OTHER,
) -> None:  # fmt: skip
    """Open a request that came by another way: a letter of a person (--for their number), an inquiry of the authority."""
    said = options.words(words, file, True)
    on = options.day(received) if received else None

    def act(visit: Visit, actor: Actor) -> Case:
        came = datetime.combine(on, time(12), zone(visit.operator.zone)) if on is not None else None
        if came is not None and visit.day_of(came) == visit.today:
            came = None
        concerned = options.subject(visit, whose) if whose else None
        return openings.begin(visit, kind, said, actor, subject_id=concerned, received=came, reason=reason)

    done(run(act, acting))


@cli.command()
@in_sentences
def dossier(
    number: Number,
    acting: As,
    folder: Annotated[Path, typer.Option("--save", metavar="FOLDER", help="Where to put the dossier.")],
    about: Annotated[str, typer.Option("--about", metavar="NUMBER", help="A person whom the inquiry names, by number.")] = "",
    reason: Why = None,
    language: Annotated[str, typer.Option("--language", help=f"{', '.join(LOCALES)}.")] = "kk",
) -> None:  # fmt: skip
    """Build the dossier for an inquiry of the authorised body: HTML and JSON; with the person's records where one is named."""
    if language not in LOCALES:
        end(f"--language is one of: {', '.join(LOCALES)}")
    if about and not (reason or "").strip():
        end("Say why the person's records go into it: --reason “…”; the person reads it.")

    def built(visit: Visit, actor: Actor) -> list[tuple[str, bytes]]:
        concerned = options.subject(visit, about) if about else None
        return inquiries.dossier(visit, number, actor, language, concerned, reason or "")

    for path in _saved(folder, run(built, acting)):
        print(path)
