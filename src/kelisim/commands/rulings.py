"""`kelisim case answer`, `ask`, `accept`, `refuse` and what else decides a request: each a named person's act (I11).

Before anything reaches a person, whoever acts sees exactly what they will read and in which language.
"""

from __future__ import annotations

from typing import Annotated

import typer

from kelisim.commands import options
from kelisim.commands.errands import decide, done, end, in_sentences, run
from kelisim.commands.options import As, From, Ground, Last, Number, Sure, Words
from kelisim.desk import cases, corrections, decisions, mandates, representatives
from kelisim.desk.cases import Case
from kelisim.desk.decisions import Impossible
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit

cli = typer.Typer()


@cli.command()
@in_sentences
def answer(
    number: Number,
    acting: As,
    words: Words = None,
    file: From = None,
    sure: Sure = False,
) -> None:
    """Answer a request in plain words."""
    said = options.words(words, file, sure)
    done(
        decide(
            number,
            acting,
            lambda visit, actor: decisions.answer(visit, number, said, actor),
            "svc.answer",
            sure=sure,
        )
    )


@cli.command()
@in_sentences
def ask(
    number: Number,
    acting: As,
    words: Words = None,
    file: From = None,
    sure: Sure = False,
) -> None:
    """Ask the person something. The date stays: the Law knows no stop of the clock (a policy pack may)."""
    said = options.words(words, file, sure)
    done(
        decide(
            number,
            acting,
            lambda visit, actor: decisions.ask(visit, number, said, actor),
            "svc.answer",
            sure=sure,
        )
    )


@cli.command()
@in_sentences
def accept(
    number: Number,
    acting: As,
    words: Words = None,
    file: From = None,
    subject: Annotated[
        str, typer.Option("--subject", metavar="NUMBER", help="Acting for another: a consent or request number of the person "
                          "concerned; left out: we hold nothing about them.")
    ] = "",
    scope: Annotated[
        str, typer.Option("--scope", help=f"Acting for another: for which requests, by comma: {', '.join(representatives.SCOPES)}.")
    ] = ",".join(representatives.SCOPES),
    until: Last = "",
    destroy: Annotated[bool, typer.Option("--destroy", help="A correction that is impossible: destroy the field (D3).")] = False,
    sure: Sure = False,
) -> None:  # fmt: skip
    """Do what is asked: correct, confirm a breach, delete, accept an authority. Words are optional.

    For an authority the person concerned is told first by their own ways, and what you write is shown to the representative
    only on the day of disclosure.
    """
    said = options.words(words, file, sure, needed=False)
    last = options.day(until) if until else None
    chosen = tuple(kind.strip() for kind in scope.split(",") if kind.strip())

    def act(visit: Visit, actor: Actor) -> Case:
        case = cases.known(visit, number)
        if destroy:
            return corrections.destroy_field(visit, number, said, actor)
        if case.kind != cases.REPRESENTATION:
            if subject:
                raise Impossible("--subject is for acting for another only")
            return decisions.accept(visit, number, said, actor)
        concerned = options.subject(visit, subject) if subject else None
        return mandates.accept(visit, number, said, actor, subject_id=concerned, scope=chosen, until=last)

    done(decide(number, acting, act, "svc.answer", sure=sure))


@cli.command()
@in_sentences
def refuse(
    number: Number,
    acting: As,
    ground: Ground,
    words: Words = None,
    file: From = None,
    until: Last = "",
    sure: Sure = False,
) -> None:  # fmt: skip
    """Refuse on a ground of the catalogue, in your own words; the person reads ground, article and where to complain."""
    said = options.words(words, file, sure)
    last = options.day(until) if until else None
    done(decide(number, acting, lambda visit, actor: decisions.refuse(visit, number, ground, said, actor, last), "svc.refused",
                 sure=sure))  # fmt: skip


@cli.command()
@in_sentences
def extend(
    number: Number, acting: As, by: Annotated[int, typer.Option("--days", help="Working days to add.")], sure: Sure = False
) -> None:  # fmt: skip
    """Move the date, once and only where the policy pack of the day of receipt allows it."""
    done(
        decide(
            number,
            acting,
            lambda visit, actor: decisions.extend(visit, number, by, actor),
            "svc.moved",
            sure=sure,
        )
    )


@cli.command()
@in_sentences
def assign(
    number: Number,
    acting: As,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Who takes it.")],
) -> None:
    """Pass a request to a colleague, who gets the letter. The person is told nothing."""
    case = run(lambda visit, actor: decisions.assign(visit, number, to, actor), acting)
    print(f"{case.number} is with {case.assignee}.")


@cli.command()
@in_sentences
def note(number: Number, acting: As, words: Words = None, file: From = None) -> None:
    """Keep a note among staff; the person does not read it."""
    said = options.words(words, file, True)
    done(run(lambda visit, actor: decisions.note(visit, number, said, actor), acting))


@cli.command()
@in_sentences
def close(number: Number, acting: As) -> None:
    """Close what was answered, refused or done. An open request is ended by an answer, not by closing."""
    done(run(lambda visit, actor: decisions.close(visit, number, actor), acting))


@cli.command()
@in_sentences
def revoke(number: Number, acting: As, sure: Sure = False) -> None:
    """End an accepted authority at once: a power of attorney was revoked, a child came of age. Both sides are told."""
    if not sure and not typer.confirm(f"End the authority {number} now?"):
        end("Nothing was done.")
    if not run(lambda visit, actor: mandates.revoke(visit, number, actor), acting):
        end(f"No authority {number} is in force.")
    print(f"The authority {number} has ended.")
