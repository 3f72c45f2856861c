"""`kelisim broadcast …`: writing to exactly those who agreed, at a shell, beside a running serve that sends.

Words are looked at, counted and confirmed before anything leaves, and the confirmation is of what was shown: an edit meanwhile
voids it. Who acts is kept as "OS user as ADDRESS" (T-STAFF-06).
"""

from __future__ import annotations

from typing import Annotated

import typer

from kelisim.commands import manuscripts, moments, notices, proofs, results
from kelisim.commands.errands import end, in_sentences, look, run
from kelisim.commands.manuscripts import Enclosed, Fallbacks, Labels, Letters, Subjects, Texts, Toml, Url
from kelisim.commands.options import As, Sure
from kelisim.commands.proofs import Number
from kelisim.desk import audiences, bodies, broadcasts, bulletins, deliveries, drafts, reports
from kelisim.desk.broadcasts import APPROVING, DRAFT, Broadcast, Stale, Unfit
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit
from kelisim.texts import speaking

cli = typer.Typer(
    no_args_is_help=True,
    help="Write to exactly those who agreed: new, preview, test, count, send, watch, report.\n\n"
    "Begin with `kelisim broadcast new words.toml --as YOU@…`. A running serve sends what you confirm; all here works beside it. "
    "It can be paused and stopped at any moment; what is gone cannot be called back.",
)
cli.add_typer(proofs.cli)
cli.add_typer(results.cli)
cli.add_typer(notices.cli)

Purpose = Annotated[
    str, typer.Option("--purpose", help="A purpose of the operator file; it cannot be changed later.")
]
Channels = Annotated[list[str], typer.Option("--channel", help="telegram or email; twice for both.")]


@cli.command()
@in_sentences
def new(
    acting: As,
    toml: Toml = None,
    purpose: Purpose = "",
    channel: Channels = [],  # noqa: B006 (typer copies it)
    text: Texts = [],  # noqa: B006
    subject: Subjects = [],  # noqa: B006
    html: Letters = [],  # noqa: B006
    button: Labels = [],  # noqa: B006
    url: Url = "",
    fallback: Fallbacks = [],  # noqa: B006
    file: Enclosed = None,
) -> None:
    """Begin a broadcast from a TOML file, from options, or both: options win.

    The file holds purpose, channels (a list), url and file, and the tables text, subject, html, button and fallback with kk, ru, en
    in each. Text is Telegram's HTML; html is a letter's own, or the name of a file beside the TOML; fallback says who reads what
    where a language lacks. The README has an example.
    """
    made = manuscripts.read(toml, text, subject, html, button, fallback, url, file)
    wanted, by = purpose or made.purpose, tuple(channel) or made.channels
    if not wanted or not by:
        end(
            "Say for which purpose and by which channels: --purpose informing --channel telegram, or in the file."
        )
    draft = run(
        lambda visit, actor: manuscripts.write(visit, drafts.begin(visit, actor, wanted, by), made),
        acting,
    )
    proofs.begun(draft, acting)


@cli.command()
@in_sentences
def edit(
    number: Number,
    acting: As,
    toml: Toml = None,
    text: Texts = [],  # noqa: B006
    subject: Subjects = [],  # noqa: B006
    html: Letters = [],  # noqa: B006
    button: Labels = [],  # noqa: B006
    url: Url = "",
    fallback: Fallbacks = [],  # noqa: B006
    file: Enclosed = None,
) -> None:
    """Change the words of a draft; empty words (kk=) take a language away. What was counted and approved before is void."""
    before = look(lambda visit, _actor: broadcasts.known(visit, number).content, acting)
    made = manuscripts.read(toml, text, subject, html, button, fallback, url, file, before=before)
    draft = run(lambda visit, _actor: manuscripts.write(visit, broadcasts.known(visit, number), made), acting)
    proofs.begun(draft, acting)


@cli.command(name="list")
@in_sentences
def list_(acting: As) -> None:
    """List the broadcasts, the newest first: numbers, states and how many messages; nobody's data."""

    def listed(visit: Visit, _actor: Actor) -> list[str]:
        with speaking("en"):
            return [_line(visit, each) for each in broadcasts.listed(visit)]

    print("\n".join(look(listed, acting)) or "There is no broadcast yet.")


def _line(visit: Visit, one: Broadcast) -> str:
    when = f", {bulletins.moment(visit, one.start_at)}" if one.start_at is not None else ""
    many = f", {one.addressed or one.to} messages" if one.addressed or one.to else ""
    return f"{one.number}  {bulletins.title(visit, one)}: {bulletins.state(one.state)}{many}{when}"


@cli.command()
@in_sentences
def show(number: Number, acting: As) -> None:
    """Show where a broadcast stands, whose it is, what was counted, what became of it, and what happens next."""

    def shown(visit: Visit, _actor: Actor) -> list[str]:
        one = broadcasts.known(visit, number)
        with speaking("en"):
            return [*_head(visit, one), *(bulletins.count(one) if not one.addressed else _became(visit, one))]

    print("\n".join(look(shown, acting)))


def _head(visit: Visit, one: Broadcast) -> list[str]:
    lines = [f"{one.number}: {bulletins.title(visit, one)}: {bulletins.state(one.state)}"]
    lines += [said for said in (bulletins.why(visit, one), bulletins.then(visit, one)) if said]
    lines.append(f"Written by {one.author}" + (f", approved by {one.approver}" if one.approver else ""))
    if one.ground:
        lines.append(f"Ground: {one.ground}")
    if one.answer_by is not None:
        lines.append(f"Answers are awaited until {one.answer_by.isoformat()}")
    for label, at in (("Begun", one.begun_at), ("Ended", one.ended_at)):
        if at is not None:
            lines.append(f"{label}: {bulletins.moment(visit, at)}")
    return lines


def _became(visit: Visit, one: Broadcast) -> list[str]:
    return bulletins.totals(reports.numbers(visit, one))


@cli.command()
@in_sentences
def count(number: Number, acting: As) -> None:
    """Count whom it reaches now, by channel and language, and who is left out and why. Whoever serves is not held up by it."""
    counted = _counted(number, acting)
    with speaking("en"):
        print("\n".join(bulletins.count(counted)))


def _counted(number: str, acting: str) -> Broadcast:
    """Count beside the writing, then keep what was found with the very version that was counted; raises Unfit and Stale."""

    def whole(visit: Visit, _actor: Actor) -> tuple[Broadcast, dict[str, object]]:
        draft = broadcasts.known(visit, number)
        if draft.state != DRAFT:
            raise Stale(draft)
        if lacking := bodies.faults(visit, draft):
            raise Unfit(*lacking)
        return draft, audiences.count(visit, draft).told()

    draft, told = look(whole, acting)
    return run(lambda visit, _actor: drafts.counted(visit, draft, told), acting)


@cli.command()
@in_sentences
def send(
    number: Number,
    acting: As,
    at: Annotated[
        str,
        typer.Option("--at", metavar="MOMENT", help="When to begin, Almaty time: “26.11 10:00”, “10:00”."),
    ] = "",
    night: Annotated[
        bool,
        typer.Option("--night", help="Go on by itself in the morning when the quiet hours come in between."),
    ] = False,
    sure: Sure = False,
) -> None:
    """Count it, show whom it reaches and what happens then, ask, and let it go now or at a time.

    Above the operator file's approval_above somebody else has to approve it, or it waits with a Stop link in the mailboxes of all
    who may broadcast.
    """
    begins = look(lambda visit, _actor: moments.read(visit, at), acting) if at else None
    counted = _counted(number, acting)

    def before(visit: Visit, _actor: Actor) -> list[str]:
        with speaking("en"):
            return [bulletins.title(visit, counted), *bulletins.count(counted), *proofs.summary(visit, counted), "",
                    moments.foreseen(visit, counted, begins)]  # fmt: skip

    print("\n".join(look(before, acting)))
    if not counted.to:
        raise Unfit((broadcasts.NOBODY, {}))
    if not sure and not typer.confirm(f"Send to {counted.to}?"):
        end("Nothing was sent.")

    def confirmed(visit: Visit, actor: Actor) -> Broadcast:
        draft = broadcasts.known(visit, number)
        return broadcasts.confirm(visit, draft, counted.digest, actor, at=begins, night=night)

    _stands(run(confirmed, acting), acting)


@cli.command()
@in_sentences
def approve(number: Number, acting: As, sure: Sure = False) -> None:
    """Approve what somebody else wrote, after reading it: never one's own."""

    def before(visit: Visit, _actor: Actor) -> tuple[Broadcast, list[str]]:
        one = broadcasts.known(visit, number)
        if one.state != APPROVING:
            raise Stale(one)
        with speaking("en"):
            lines = [*_head(visit, one), *bulletins.count(one)]
        return one, lines + proofs.whole(visit, one)

    one, lines = look(before, acting)
    print("\n".join(lines))
    if not sure and not typer.confirm(f"Approve sending to {one.to}?"):
        end("Nothing was approved.")
    approved = run(
        lambda visit, actor: broadcasts.approve(visit, broadcasts.known(visit, number), one.digest, actor),
        acting,
    )
    _stands(approved, acting)


@cli.command()
@in_sentences
def pause(number: Number, acting: As) -> None:
    """Let a running broadcast stand still: what is on the wire arrives, nothing more leaves."""
    _stands(
        run(lambda visit, _actor: broadcasts.pause(visit, broadcasts.known(visit, number)), acting), acting
    )


@cli.command()
@in_sentences
def resume(number: Number, acting: As) -> None:
    """Go on with one that stands still; in the quiet hours it waits for their end."""
    _stands(
        run(lambda visit, _actor: broadcasts.resume(visit, broadcasts.known(visit, number)), acting), acting
    )


@cli.command()
@in_sentences
def cancel(number: Number, acting: As, sure: Sure = False) -> None:
    """Stop it for good: what has not left stays here; what is gone cannot be called back."""
    if not sure:
        left = look(
            lambda visit, _actor: reports.numbers(visit, broadcasts.known(visit, number)).of(reports.LEFT),
            acting,
        )
        gone = f" {left} messages would not be sent." if left else ""
        if not typer.confirm(f"Stop {number} for good?{gone}"):
            end("Nothing was stopped.")

    def stopped(visit: Visit, actor: Actor) -> Broadcast:
        ended = broadcasts.cancel(visit, broadcasts.known(visit, number), actor)
        deliveries.drop(visit, ended)  # the first of them at once, the rest by whoever serves
        return ended

    _stands(run(stopped, acting), acting)


def _stands(one: Broadcast, acting: str) -> None:
    def told(visit: Visit, _actor: Actor) -> list[str]:
        with speaking("en"):
            said = (bulletins.why(visit, one), bulletins.then(visit, one))
            return [f"{one.number}: {bulletins.state(one.state)}.", *(line for line in said if line)]

    print(" ".join(look(told, acting)))
