"""Staff work by replying: what they write is shown first and leaves once, and what is not theirs or not sure leaves not at all."""

from __future__ import annotations

from tests.doorstep import Doorstep
from tests.mail.desks import ERLAN, Mailroom, shown
from tests.promises.stories import at_noon

from kelisim.desk import cases


async def test_a_reply_is_shown_and_leaves_when_it_is_confirmed(each_doorstep: Doorstep) -> None:
    """The echo is what the person reads, byte for byte."""
    room = Mailroom(each_doorstep)
    at_noon(room.step)
    aigul = await room.step.person("aigul").registers("kk")
    letter = await room.case(aigul, "Деректерім қайда?")
    number = letter.message.number
    echo = await room.echo(letter, "Құжаттарыңыз бізде сақтаулы, ертең жібереміз.")
    assert (echo.message.kind, echo.address) == ("echo", ERLAN)
    assert await room.state(number) == cases.WITH_STAFF and await room.said(number) == []
    await room.reply(echo, "иә")
    assert await room.state(number) == cases.ANSWERED
    assert await room.deliver() == []
    (told,) = [parcel for parcel in room.sent if parcel.message.kind == "answer"]
    await aigul.say("/requests")
    await aigul.press(number)
    screen = await aigul.press("Жауапты оқу")
    first, words = shown(echo)
    assert told.body["text"] == first
    assert words == "Құжаттарыңыз бізде сақтаулы, ертең жібереміз." and words in screen.text
