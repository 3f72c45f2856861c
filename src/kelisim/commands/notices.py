"""`kelisim broadcast notice` and `policy`: what people must hear of, ordered by the person responsible, on a named ground."""

from __future__ import annotations

from typing import Annotated

import typer

from kelisim.commands import manuscripts, options, proofs
from kelisim.commands.errands import end, in_sentences, run
from kelisim.commands.manuscripts import Enclosed, Fallbacks, Letters, Subjects, Texts, Toml
from kelisim.commands.options import As
from kelisim.desk import drafts, renewals, versions
from kelisim.desk.broadcasts import BREACH, Broadcast
from kelisim.desk.decisions import Impossible
from kelisim.desk.packs import NOTICE
from kelisim.desk.staff import Actor
from kelisim.desk.visit import CHANNELS, Visit

cli = typer.Typer()
Channels = Annotated[
    list[str], typer.Option("--channel", help="telegram or email; else both: the chat where there is one, or the mailbox.")
]  # fmt: skip


@cli.command()
@in_sentences
def notice(
    acting: As,
    toml: Toml = None,
    ground: Annotated[
        str, typer.Option("--ground", help="A ground of the operator file that is for notices.")
    ] = "",
    channel: Channels = [],  # noqa: B006 (typer copies it)
    text: Texts = [],  # noqa: B006
    subject: Subjects = [],  # noqa: B006
    html: Letters = [],  # noqa: B006
    fallback: Fallbacks = [],  # noqa: B006
    file: Enclosed = None,
) -> None:
    """Begin a notice of a breach of security: to everybody who can be reached, those who stopped messages and are blocked too.

    Only the person responsible orders it. Its links lead to your own site alone; it waits for no quiet hours and no second person,
    and is counted, shown and confirmed like any other: `kelisim broadcast send`.
    """
    by = tuple(channel) or CHANNELS
    if strange := [name for name in by if name not in CHANNELS]:
        end(f"--channel is telegram or email, not {', '.join(strange)}")
    made = manuscripts.read(toml, text, subject, html, [], fallback, "", file)

    def begun(visit: Visit, actor: Actor) -> Broadcast:
        fitting = [code for code, known in visit.operator.grounds.items() if NOTICE in known.kinds]
        if ground not in fitting:
            raise Impossible(
                f"Name the ground of the notice with --ground: {', '.join(fitting)}."
                if fitting
                else f'The operator file has no ground for notices: add one to [grounds] with kinds = ["{NOTICE}"].'
            )
        return manuscripts.write(visit, drafts.begin(visit, actor, "", by, kind=BREACH, ground=ground), made)

    proofs.begun(run(begun, acting), acting)


@cli.command()
@in_sentences
def policy(
    acting: As,
    purpose: Annotated[str, typer.Option("--purpose", help="The purpose whose text has changed.")],
    channel: Annotated[list[str], typer.Option("--channel", help="Only by telegram or email; else by each.")] = [],  # noqa: B006
    answer_by: Annotated[
        str, typer.Option("--answer-by", metavar="DATE", help=f"The last day to answer; else {renewals.DAYS} days from now.")
    ] = "",
) -> None:  # fmt: skip
    """Begin the message to everybody who agreed to an older text: what changed for them, keep or withdraw.

    The operator file says what changed and whether it is material. If it is, silence until the day pauses that purpose only,
    and the report tells how many kept, withdrew or stayed silent; if not, people are only told. The words are made in three
    languages from the operator file: look at them (preview), change them (edit), send.
    """
    last = options.day(answer_by) if answer_by else None

    def begun(visit: Visit, actor: Actor) -> Broadcast:
        for pair in (each for each in visit.operator.pairs.values() if each.purpose.code == purpose):
            version = visit.desk.shelf.current(pair.code, "kk").version
            if not versions.published(visit, pair.code, version):
                raise Impossible(
                    f"whoever serves has not read the text {version} yet: it does within a minute"
                )
        return renewals.begin(visit, actor, purpose, channels=tuple(channel), answer_by=last)

    proofs.begun(run(begun, acting), acting)
