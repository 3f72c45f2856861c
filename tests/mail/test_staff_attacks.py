"""Replies of staff that are not what they seem, through desk and courier (THREATS.md T-LET-09 to T-LET-11)."""

from __future__ import annotations

import html

import pytest
from tests.doorstep import Doorstep
from tests.mail.desks import Mailroom, shown
from tests.promises.stories import at_noon

from kelisim.courier import page
from kelisim.desk import cases
from kelisim.mail import markup

ANSWER = "Your documents will be ready on Friday, and you may collect them at window ten before noon with your card."
ATTRIBUTION = "On Mon, 23 Nov 2026 at 12:00, KazGer <info@alit.kz> wrote:"


@pytest.fixture
def room(doorstep: Doorstep) -> Mailroom:
    """At noon of a working day."""
    at_noon(doorstep)
    return Mailroom(doorstep)


def as_quoted(text: str) -> str:
    """A letter as Thunderbird quotes it."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


async def test_a_corrected_answer_repeats_itself_and_can_be_confirmed(room: Mailroom) -> None:
    """The echo shows the writer's own words: to say most of them again is no leak of ours."""
    letter = await room.case(await room.step.person("aigul").registers())
    echo = await room.echo(letter, ANSWER)
    corrected = await room.echo(echo, f"{ANSWER} Second floor.")
    assert f"{ANSWER} Second floor." in shown(corrected)
    assert [state for _act, state, _why in await room.replies()] == ["dropped", "waiting"]
    await room.reply(corrected, "ok")
    assert await room.said(letter.message.number) == [f"{ANSWER} Second floor."]


@pytest.mark.parametrize("quoted", [True, False])
async def test_ok_and_a_change_between_the_lines_confirms_nothing(room: Mailroom, quoted: bool) -> None:
    """T-LET-10: «ok» stands above, and what is to be changed was written into the echo."""
    letter = await room.case(await room.step.person("aigul").registers())
    echo = await room.echo(letter, ANSWER)
    text = echo.body["text"].replace("  │ " + ANSWER, "  │ " + ANSWER + "\nBut not on Friday, on Monday!")
    assert text != echo.body["text"]
    if quoted:
        text = as_quoted(text).replace("> But not", "But not")
    handled = await room.reply(echo, f"ok\n\n{ATTRIBUTION}\n\n{text}", quoted=False)
    assert handled.outcome == "told"
    (told,) = await room.deliver()
    assert told.message.kind == "told"
    assert await room.said(letter.message.number) == []
    assert await room.state(letter.message.number) == cases.WITH_STAFF


@pytest.mark.parametrize("shape", ["blockquote", "flat"])
async def test_the_page_we_send_comes_back_in_html_alone_and_is_told_from_the_answer(
    room: Mailroom, shape: str
) -> None:
    """Yandex and Outlook reply in HTML: the quotation is our page reduced, not the plain words of the letter."""
    letter = await room.case(await room.step.person("aigul").registers())
    whole = page.page(letter.body["text"], "en", title="A request", sender="KazGer", home="https://alit.kz")
    inside = whole[whole.index("<body") :].partition(">")[2].replace("</body></html>", "")
    attribution = f"<div>{html.escape(ATTRIBUTION)}</div>"
    below = (
        f"{attribution}<blockquote>{inside}</blockquote>"
        if shape == "blockquote"
        else f"<hr>{attribution}{inside}"
    )
    text = markup.text(f"<html><body><div>{ANSWER}</div><br>{below}</body></html>")
    assert "▼" in text
    await room.reply(letter, text, quoted=False)
    (echo,) = await room.deliver()
    assert await room.replies() == [("answer", "waiting", "")] and ANSWER in shown(echo)
