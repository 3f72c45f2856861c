"""`kelisim case holds`: data that must stay whatever is asked, by an order or while a dispute is open."""

from __future__ import annotations

from typing import Annotated

import typer

from kelisim.commands import options
from kelisim.commands.errands import end, in_sentences, run
from kelisim.commands.options import As, Ground, Last, Whose
from kelisim.desk import blocking, holds, subjects
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit

cli = typer.Typer(
    no_args_is_help=True,
    help="Data that must stay whatever is asked: an order, an open dispute. A hold names a ground, a reason and, best, an end.",
)


@cli.command(name="list")
@in_sentences
def holds_list(whose: Whose, acting: As) -> None:
    """List the holds on a person's data: their ids, grounds and ends."""

    def listed(visit: Visit, actor: Actor) -> list[str]:
        visit.subject = subjects.by_id(visit, options.subject(visit, whose))
        return [
            f"{each.id}  {each.ground}, since {each.since:%Y-%m-%d}, until {each.until or 'lifted'}"
            for each in holds.standing(visit)
        ]

    print("\n".join(run(listed, acting)) or "No hold stands.")


@cli.command()
@in_sentences
def place(
    whose: Whose,
    acting: As,
    ground: Ground,
    reason: Annotated[str, typer.Option("--reason", help="Why the data must stay; the person may read it.")],
    until: Last = "",
) -> None:
    """Hold a person's data: nothing is destroyed or changed until it is lifted or ends."""
    last = options.day(until) if until else None

    def act(visit: Visit, actor: Actor) -> int:
        visit.subject = subjects.by_id(visit, options.subject(visit, whose))
        return holds.place(visit, ground, reason, actor, last)

    print(f"Hold {run(act, acting)} stands.")


@cli.command()
@in_sentences
def lift(
    whose: Whose,
    acting: As,
    row: Annotated[int, typer.Argument(metavar="ID", help="The id of the hold.")],
) -> None:
    """Lift a hold; whose data nothing else keeps blocked is told that they are free."""

    def act(visit: Visit, actor: Actor) -> bool:
        visit.subject = subjects.by_id(visit, options.subject(visit, whose))
        if visit.subject is not None:
            visit.locale = visit.subject.locale
        return blocking.lift_hold(visit, row, actor)

    if not run(act, acting):
        end(f"No hold {row} stands on these data.")
    print(f"Hold {row} is lifted.")
