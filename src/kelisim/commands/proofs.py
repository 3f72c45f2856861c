"""`kelisim broadcast preview` and `test`: exactly what each reader gets, on the screen, or in one's own chat and mailbox."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kelisim.commands import errands
from kelisim.commands.errands import end, in_sentences, look, run
from kelisim.commands.options import As
from kelisim.desk import bodies, broadcasts, bulletins, markup, outbox
from kelisim.desk.broadcasts import Broadcast, Unfit
from kelisim.desk.readings import framed, plain
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.texts import LOCALES, speaking

cli = typer.Typer()
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number of the broadcast, B-…")]
Language = Annotated[str, typer.Option("--language", help=f"Only this one of {', '.join(LOCALES)}.")]


@cli.command()
@in_sentences
def preview(number: Number, acting: As, language: Language = "") -> None:
    """Show what each reader will read, per channel and language, with the line about stopping and the buttons."""
    wanted = _wanted(language)

    def shown(visit: Visit, _actor: Actor) -> list[str]:
        one = broadcasts.known(visit, number)
        if lacking := bodies.faults(visit, one):
            raise Unfit(*lacking)
        return whole(visit, one, wanted)

    print("\n".join(look(shown, acting)))


@cli.command()
@in_sentences
def test(number: Number, acting: As, language: Language = "") -> None:
    """Send it to yourself, as each reader gets it: to your mailbox, and to your chat where the operator file names it."""
    wanted = _wanted(language)

    def posted(visit: Visit, actor: Actor) -> list[str]:
        one = broadcasts.known(visit, number)
        if lacking := bodies.faults(visit, one):
            raise Unfit(*lacking)
        person = next(known for known in visit.operator.staff if known.address == actor.address)
        own = {TELEGRAM: str(person.telegram or ""), EMAIL: person.address}
        for channel in one.channels:
            for locale in wanted if own[channel] else ():
                outbox.post(visit, "preview", channel, {"broadcast": one.id, "locale": locale}, address=own[channel],
                            number=one.number, locale=locale, to_subject=False)  # fmt: skip
        return [channel for channel in one.channels if own[channel]]

    ways = run(posted, acting)
    if not ways:
        end(
            "The operator file names no chat of yours (`telegram` of [[staff]]), and it goes by no other channel."
        )
    where = {TELEGRAM: "your chat", EMAIL: "your mailbox"}
    print(
        f"On its way to {' and '.join(where[way] for way in ways)}, in {', '.join(wanted)}; whoever serves sends it."
    )


def begun(draft: Broadcast, acting: str) -> None:
    """Say that a draft is kept, and what still keeps it from being sent."""
    print(
        f"{draft.number} is a draft. Nothing leaves before you confirm it with `kelisim broadcast send {draft.number}`."
    )
    lacking = look(lambda visit, _actor: bodies.faults(visit, broadcasts.known(visit, draft.number)), acting)
    with speaking("en"):
        for code, details in lacking:
            print(f"  ! {bulletins.fault(code, details)}")


def _wanted(language: str) -> tuple[str, ...]:
    if language and language not in LOCALES:
        end(f"--language is one of: {', '.join(LOCALES)}")
    return (language,) if language else LOCALES


def summary(visit: Visit, one: Broadcast) -> list[str]:
    """The words once, and what stands below them, so that a confirmation is of something that was read."""
    locale = next(iter(one.content.texts), "kk")
    return _read(visit, one, one.channels[0], locale)


def whole(visit: Visit, one: Broadcast, locales: tuple[str, ...] = LOCALES) -> list[str]:
    """What each reader gets, by channel and language."""
    return [
        line for channel in one.channels for locale in locales for line in _read(visit, one, channel, locale)
    ]


def _read(visit: Visit, one: Broadcast, channel: str, locale: str) -> list[str]:
    heading = (
        f"\n{'In the chat' if channel == TELEGRAM else 'By letter'}, readers of {errands.LANGUAGES[locale]}"
    )
    other = one.content.locale(locale)
    if other != locale:
        heading += f", who read {errands.LANGUAGES.get(other, 'nothing')} instead"
    if channel == TELEGRAM:
        return _in_chat(one, bodies.telegram(visit, one, locale), heading)
    return _by_letter(visit, one, locale, heading)


def _in_chat(one: Broadcast, told: dict[str, Any], heading: str) -> list[str]:
    html = told.get("text") or told.get("caption", "")
    keyboard = told.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [f"  [{_line(button['text'])}]" + (f" → {_line(button['url'])}" if "url" in button else "")
               for row in keyboard for button in row]  # fmt: skip
    links = [f"  link: {_line(url)}" for url in markup.links(html)]
    return [framed(f"{heading}:", markup.plain(html)), *_file(one), *buttons, *links]


def _by_letter(visit: Visit, one: Broadcast, locale: str, heading: str) -> list[str]:
    code = next((pair.code for pair in one.pairs(visit) if pair.channel == EMAIL), "")
    told = bodies.letter(
        visit, one, locale, 0, code
    )  # contact 0 is nobody: the link of this preview stops nothing
    return [framed(f"{heading}: {_line(told['subject'])}", told["text"]), *_file(one)]


def _file(one: Broadcast) -> list[str]:
    return (
        [f"  ({_line(one.content.file[0])}, {one.content.file[1]})"] if one.content.file is not None else []
    )


def _line(words: str) -> str:
    """Somebody's words on a line of ours: they move no cursor and hide nothing from whoever approves them (T-CHAT-09)."""
    return " ".join(plain(words).split())
