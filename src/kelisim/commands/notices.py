"""`kelisim broadcast notice`: what people must hear of, ordered by the person responsible, on a ground that is named."""

from __future__ import annotations

from typing import Annotated

import typer

from kelisim.commands import manuscripts, proofs
from kelisim.commands.errands import end, in_sentences, run
from kelisim.commands.manuscripts import Enclosed, Fallbacks, Letters, Subjects, Texts, Toml
from kelisim.commands.options import As
from kelisim.desk import broadcasts
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
        return manuscripts.write(
            visit, broadcasts.begin(visit, actor, "", by, kind=BREACH, ground=ground), made
        )

    proofs.begun(run(begun, acting), acting)
