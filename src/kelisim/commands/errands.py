"""One errand of staff to the store: who acts, whether all fits, what a person would read, and faults as sentences.

A command writes beside a running serve in one short transaction. What it is about to tell somebody is tried first and
undone: so the words shown before the question are the very words that leave after it.
"""

from __future__ import annotations

import asyncio
import functools
import os
import pwd
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn, ParamSpec, TypeVar

import typer
from sqlalchemy import Connection

from kelisim import opening
from kelisim.desk import bulletins, cases, readings, staff, subjects
from kelisim.desk.broadcasts import NotYours, Stale, Unfit
from kelisim.desk.cases import Case, NotAllowed, Overtaken
from kelisim.desk.decisions import Impossible
from kelisim.desk.errors import Refusal
from kelisim.desk.holds import NoGround
from kelisim.desk.operator import OperatorFaults
from kelisim.desk.staff import Actor, NotStaff
from kelisim.desk.viewings import NoReason
from kelisim.desk.visit import Desk, Visit
from kelisim.settings import NotConfigured, Settings
from kelisim.store.database import Database, open_database
from kelisim.telegram import dialogue, unasked
from kelisim.texts import speaking

DOOR = "command"
LANGUAGES = {"kk": "Kazakh (қазақша)", "ru": "Russian (русский)", "en": "English"}
assert dialogue.NOUNS  # whoever registers what accepting and refusing bring about is loaded with the chat

T = TypeVar("T")
P = ParamSpec("P")
Work = Callable[[Visit, Actor], T]


def end(*sentences: str) -> NoReturn:
    """Say what is wrong on the error stream and end with status 1."""
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    raise typer.Exit(1)


def in_sentences(command: Callable[P, T]) -> Callable[P, T]:
    """A command whose every foreseen fault is a sentence and status 1, never a stack trace."""

    @functools.wraps(command)
    def told(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return command(*arguments, **options)
        except Overtaken as fault:
            end(
                f"Somebody was faster: {fault.case.number} is {fault.case.state} now "
                f"({fault.by.act} by {fault.by.role}, {fault.by.at:%Y-%m-%d %H:%M} UTC). Nothing was done; look again."
            )
        except NotStaff as fault:
            end(f"{fault} is not among the staff of the operator file.")
        except NotConfigured as fault:
            end(str(fault))
        except OperatorFaults as fault:
            end("the operator file:", *(f"  - {line}" for line in fault.faults))
        except (Impossible, NotAllowed, NoReason, NoGround, opening.CannotServe) as fault:
            end(str(fault))
        except Refusal as fault:
            end(_refused(fault))
        except Unfit as fault:
            with speaking("en"):
                end("It cannot go on like this:", *(f"  - {line}" for line in bulletins.faults(fault)))
        except Stale as fault:
            with speaking("en"):
                now = f" Now: {bulletins.state(fault.now.state)}." if fault.now is not None else ""
            end(f"Nothing was done: it is not what you saw any more, or has moved on.{now}")
        except NotYours:
            end(
                "Only another person may do this: nobody approves their own broadcast, nor one from their own account of this "
                "machine, and a notice is ordered by the person responsible."
            )
        except LookupError as fault:
            end(str(fault.args[0]) if fault.args else "there is no such thing")

    return told


def _refused(fault: Refusal) -> str:
    return {
        "frozen": "The data are blocked: nothing changes before that is lifted.",
        "erase.waits": "The data are about to be destroyed: nothing new is taken.",
    }.get(fault.screen, "The rules of the desk do not allow this now.")


def run(work: Work[T], address: str) -> T:
    """Do `work(visit, actor)` as one of the staff, kept whole or not at all; raises what it and the house raise."""

    async def kept() -> T:
        async with beside(address) as at:
            return await at.keep(work)

    return asyncio.run(kept())


def look(work: Work[T], address: str) -> T:
    """The same for what only reads: it holds nobody up, however long it takes."""

    async def read() -> T:
        async with beside(address) as at:
            return await at.look(work)

    return asyncio.run(read())


@dataclass(frozen=True, slots=True)
class Beside:
    """One of the staff at the store, beside a desk that serves."""

    desk: Desk
    actor: Actor
    database: Database

    async def keep(self, work: Work[T]) -> T:
        with opening.answering():
            return await self.database.keep(lambda connection: self._whole(connection, work))

    async def look(self, work: Work[T]) -> T:
        with opening.answering():
            return await self.database.look(lambda connection: self._whole(connection, work))

    def _whole(self, connection: Connection, work: Work[T]) -> T:
        opening.fits(self.desk, connection)
        return work(_visit(self.desk, connection), self.actor)


@asynccontextmanager
async def beside(address: str) -> AsyncIterator[Beside]:
    """The store for several errands of one person; raises what the house raises."""
    settings = Settings.read()
    desk = opening.open_desk(settings)
    actor = staff.acting(desk.operator, address, user())
    with opening.answering():
        database = open_database(opening.url_of(settings))
    try:
        yield Beside(desk, actor, database)
    finally:
        await database.close()


def user() -> str:
    """Whose account of this machine it is: the only thing here that is known and not said."""
    return pwd.getpwuid(os.getuid()).pw_name


def _visit(desk: Desk, connection: Connection) -> Visit:
    return Visit(connection, desk, DOOR, "", desk.clock.now(), "en", subjects.visitor(desk, "", ""))


@dataclass(frozen=True, slots=True)
class Preview:
    """What one act would tell the person, and the version of the case it was tried on."""

    text: str
    version: int


class _Tried(Exception):
    """Carries the preview out of the transaction, which is undone by it."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview


def decide(
    number: str, address: str, act: Callable[[Visit, Actor], Case], screen: str, *, sure: bool
) -> Case:
    """Try an act, show what the person will read and in which language, ask, and do it. `sure` skips the question.

    Raises Overtaken when somebody acted on the case while the question stood (T-STAFF-03).
    """

    def tried(visit: Visit, actor: Actor) -> NoReturn:
        before = cases.known(visit, number)
        raise _Tried(Preview(reads(visit, act(visit, actor), screen), before.version))

    def for_good(visit: Visit, actor: Actor) -> Case:
        now = cases.known(visit, number)
        if now.version != preview.version:
            raise Overtaken(now, cases.events(visit, now)[-1])
        return act(visit, actor)

    try:
        run(tried, address)
    except _Tried as caught:
        preview = caught.preview
    print(preview.text)
    if not sure and not typer.confirm("Do it?"):
        end("Nothing was done.")
    return run(for_good, address)


def done(case: Case) -> None:
    """Say how a case stands now."""
    due = f", due {case.due.isoformat()}" if case.in_hand and case.due is not None else ""
    print(f"{case.number} is {case.state}{due}.")


def reads(visit: Visit, case: Case, screen: str) -> str:
    """Exactly what the person of a case gets now, with the way it goes and its language."""
    with speaking("en"):
        return readings.told(readings.of(visit, case, screen, unasked.content))
