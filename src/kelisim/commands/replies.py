"""`kelisim case replies`, `release` and `drop`: what staff wrote by letter and what waits for somebody to look at it."""

from __future__ import annotations

from typing import Annotated

import typer

from kelisim.commands.errands import decide, done, end, in_sentences, run
from kelisim.commands.options import As, Sure
from kelisim.desk import cases, doubts, releases, replies
from kelisim.desk.cases import Case
from kelisim.desk.decisions import Impossible
from kelisim.desk.replies import Reply
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit
from kelisim.texts import speaking

cli = typer.Typer()
Which = Annotated[
    str,
    typer.Argument(metavar="NUMBER", help="The number of the reply, R-…, or of a request with one reply."),
]


@cli.command(name="replies")
@in_sentences
def list_(acting: As) -> None:
    """List replies by letter that wait or are held, and why: numbers and nobody's words."""

    def listed(visit: Visit, actor: Actor) -> list[str]:
        with speaking("en"):
            return [_line(visit, reply) for reply in replies.every(visit)]

    print("\n".join(run(listed, acting)) or "Nothing waits.")


def _line(visit: Visit, reply: Reply) -> str:
    when = f"leaves {reply.release_at:%Y-%m-%d %H:%M} UTC" if reply.release_at is not None else reply.state
    why = f": {doubts.told(reply.why)}" if reply.why else ""
    return f"{replies.public(visit.desk, reply)}  {reply.number}  {reply.draft.order} by {reply.actor}, {when}{why}"


@cli.command()
@in_sentences
def release(number: Which, acting: As, sure: Sure = False) -> None:
    """Do what a reply wants, after showing what the person will read. What repeats internal words is written anew instead."""
    found = run(lambda visit, actor: _one(visit, number), acting)
    if not found.safe:
        with speaking("en"):
            end(
                f"{doubts.told(found.why)} It cannot leave as it is: answer with `kelisim case answer {found.number}`."
            )

    def act(visit: Visit, actor: Actor) -> Case:
        reply = _one(visit, number)
        if not replies.settle(visit, reply, replies.RELEASED):
            raise Impossible(f"{number} is settled already")
        return releases.carry_out(visit, reply, actor)

    done(decide(found.number, acting, act, releases.screen(found.draft.order), sure=sure))


@cli.command()
@in_sentences
def drop(number: Which, acting: As) -> None:
    """Drop a reply: nothing of it leaves."""

    def act(visit: Visit, actor: Actor) -> Case:
        reply = _one(visit, number)
        if not replies.drop(visit, reply):
            raise Impossible(f"{number} is settled already")
        return cases.known(visit, reply.number)

    done(run(act, acting))


def _one(visit: Visit, number: str) -> Reply:
    found = [
        reply
        for reply in replies.every(visit, 10_000)
        if number in (replies.public(visit.desk, reply), reply.number)
    ]
    if not found:
        raise LookupError(f"no reply waits under {number}; see `kelisim case replies`")
    if len(found) > 1:
        raise Impossible(
            f"more than one reply waits in {number}; name it by its R-number, see `kelisim case replies`"
        )
    return found[0]
