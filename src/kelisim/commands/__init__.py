"""The commands: each a small function that teaches with `--help` and says everything that is wrong at once."""

from __future__ import annotations

import asyncio
import base64
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from kelisim import app as house
from kelisim import checks, logs, opening, upkeep
from kelisim.commands import broadcasts, cases, imports, letters, mail
from kelisim.desk.operator import OperatorFaults
from kelisim.desk.retention import counts
from kelisim.settings import NotConfigured, Settings
from kelisim.store.lock import Taken

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print what people said
    rich_markup_mode="rich",
    help="[bold]kelisim[/bold]: the front desk where people exercise their rights over their personal data.\n\n"
    "Try it with `kelisim demo`: no account, token or server is needed. To serve, set the KELISIM_* variables of the "
    "README, run `kelisim check`, `kelisim migrate` and then `kelisim serve`.",
)

cli.add_typer(cases.cli, name="case")
cli.add_typer(broadcasts.cli, name="broadcast")
cli.command()(letters.letters)
cli.command(name="import")(imports.import_)


@cli.callback()
def _begin() -> None:
    logs.set_up()  # before any command: what nobody caught ends with places and no sentences


def _settings() -> Settings:
    try:
        return Settings.read()
    except NotConfigured as fault:
        _end(str(fault))


def _end(*sentences: str) -> NoReturn:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    raise typer.Exit(1)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes any free one.")] = 0,
    home: Annotated[
        Path | None, typer.Option(help="Where to keep the data; a new folder unless given.")
    ] = None,
) -> None:
    """Try everything on this machine: a chat as three people, the post, and what was written, on one page."""
    from kelisim import demonstration  # the town square is not loaded where people are served

    print("kelisim demo is starting …", flush=True)
    folder = home or Path(tempfile.mkdtemp(prefix="kelisim-demo-"))
    try:
        asyncio.run(demonstration.run(folder, port))
    except NotConfigured as fault:
        _end(str(fault))
    except (opening.CannotServe, OperatorFaults, Taken) as fault:
        _end(f"kelisim: {fault}")


@cli.command()
def serve() -> None:
    """Serve the chat, the courier and the caretaker until a signal. The store must be migrated before."""
    settings = _settings()
    try:
        asyncio.run(house.serve(settings, ready=lambda: print("kelisim serves", flush=True)))
    except NotConfigured as fault:
        _end(str(fault))
    except (opening.CannotServe, Taken) as fault:
        _end(f"kelisim: {fault}")
    except OperatorFaults as fault:
        _end("kelisim: the operator file:", *(f"  - {line}" for line in fault.faults))


@cli.command()
def migrate() -> None:
    """Bring the store to the schema of this program; safe to run again."""
    settings = _settings()
    try:
        print("the store has schema", asyncio.run(upkeep.migrate(settings)))
    except opening.CannotServe as fault:
        _end(f"kelisim: {fault}")


@cli.command()
def check(
    with_mail: Annotated[
        bool,
        typer.Option("--mail", help="Also try the mail server and the mailbox, with letters to ourselves."),
    ] = False,
) -> None:
    """Say everything that is missing or wrong: environment, operator file, documents, catalogues, store, ledger; mail too."""
    try:
        settings = Settings.read()
    except NotConfigured as fault:
        print("environment:")
        for line in fault.faults:
            print(f"  ✘ {line}")
        raise typer.Exit(1) from None
    found = asyncio.run(checks.run(settings))
    if with_mail:
        print(
            "letters to ourselves are under way: this takes up to two minutes …", file=sys.stderr, flush=True
        )
        found += mail.run(settings)
    for section in found:
        print(f"{section.name}:")
        for sign, lines in (("✘", section.faults), ("!", section.notes), ("✔", section.fine)):
            for line in lines:
                print(f"  {sign} {line}")
        if not (section.faults or section.notes or section.fine):
            print("  ✔")
    raise typer.Exit(1 if any(section.faults for section in found) else 0)


@cli.command()
def keys() -> None:
    """Make new random keys for KELISIM_KEY, KELISIM_LOOKUP_KEY and KELISIM_WEBHOOK_SECRET; store them apart from the data."""
    print(f"KELISIM_KEY=1:{base64.b64encode(secrets.token_bytes(32)).decode()}")
    print(f"KELISIM_LOOKUP_KEY={base64.b64encode(secrets.token_bytes(32)).decode()}")
    print(f"KELISIM_WEBHOOK_SECRET={secrets.token_urlsafe(32)}")


@cli.command()
def rotate() -> None:
    """Change keys while nothing serves: put the new one before the old in KELISIM_KEY or KELISIM_LOOKUP_KEY, run this.

    Afterwards an old sealing key may be left out; old look-up keys stay behind the new one for ever.
    """
    settings = _settings()
    try:
        done = asyncio.run(upkeep.rotate(settings))
    except NotConfigured as fault:
        _end(str(fault))
    except (opening.CannotServe, Taken) as fault:
        _end(f"kelisim: {fault}")
    print(f"keyed hashes wrapped: {done.hashes}, cells sealed anew: {done.cells}")


@cli.command()
def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would end now, by kind, and change nothing.")
    ] = False,
) -> None:
    """Destroy or anonymise now what the terms of the operator file ended; serve does it by itself once a day.

    It works beside a running serve, 500 rows at a time; stopped halfway, the next run goes on. What is blocked, held or
    about to be deleted is not touched. The ledger keeps what was done; copies and logs are yours to delete in time.
    """
    settings = _settings()
    try:
        done = asyncio.run(upkeep.retain(settings, dry=dry_run, say=print))
    except NotConfigured as fault:
        _end(str(fault))
    except OperatorFaults as fault:
        _end("the operator file:", *(f"  - {line}" for line in fault.faults))
    except opening.CannotServe as fault:
        _end(f"kelisim: {fault}")
    print("it would end:" if dry_run else "ended:", counts(done))
