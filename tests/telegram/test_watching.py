"""The author's screen: counted beside the visits, followed to the end, told with a picture; by one of the replicas alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiogram import methods as api
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from tests.doorstep import Doorstep
from tests.telegram import test_broadcasting as chat
from tests.telegram.test_broadcasting import GULNAR, drafted, the, three

from kelisim.desk import audiences, broadcasts, charts, deliveries, outbox, watches
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.telegram import composing, counting, progress, watching
from kelisim.telegram.press import Press
from kelisim.telegram.watching import Watcher

step = chat.step


@dataclass(frozen=True)
class Sent:
    """What the Bot API says of a message it took."""

    message_id: int


@dataclass
class Wire:
    """A bot whose calls are a list; `fault` is what the next ones are answered with."""

    calls: list[Any] = field(default_factory=list)
    fault: type[Exception] | None = None
    numbers: int = 900

    async def __call__(self, method: Any) -> Any:
        self.calls.append(method)
        if self.fault is not None:
            raise self.fault(method, "message to edit not found")
        self.numbers += 1
        return Sent(self.numbers)

    def taken(self) -> list[Any]:
        """The calls since the last look."""
        calls, self.calls = self.calls, []
        return calls


def kind(call: Any) -> str:
    """The name of a method."""
    return type(call).__name__


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def watcher(step: Doorstep, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watcher]:
    monkeypatch.setattr(watching, "EVERY", 0.0)
    monkeypatch.setattr(watching, "SPARING", 0.0)
    yield Watcher(step.desk, step.database, wire)  # type: ignore[arg-type]


async def running(step: Doorstep) -> Broadcast:
    """Gulnar's broadcast to three, confirmed in her chat, addressed."""
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    await gulnar.press("Send to 3")

    def begin(visit: Visit) -> None:
        begun = broadcasts.start(visit, broadcasts.known(visit, one.number))
        while audiences.address(visit, begun):
            begun = broadcasts.known(visit, one.number)

    await step.keep(begin)
    return await the(step)


def sent(visit: Visit, number: str, most: int) -> None:
    """So many of its messages leave."""
    one = broadcasts.known(visit, number)
    taken, _looked = deliveries.take(visit, one, TELEGRAM, most)
    for each in taken:
        deliveries.settle(visit, each, outbox.SENT)


async def test_the_screen_follows_it_and_the_end_comes_with_a_picture(
    step: Doorstep, watcher: Watcher, wire: Wire
) -> None:
    one = await running(step)
    place = await step.keep(lambda visit: watches.screen(visit, one))
    assert await watcher.round() == 1
    (shown,) = wire.taken()
    assert kind(shown) == "EditMessageText" and (shown.chat_id, shown.message_id) == place
    assert "Sent: 0 of 3" in shown.text and "░" in shown.text
    assert await watcher.round() == 0 and wire.taken() == []  # nothing has changed
    await step.keep(lambda visit: sent(visit, one.number, 2))
    await watcher.round()
    (shown,) = wire.taken()
    assert "Sent: 2 of 3" in shown.text and "▓" in shown.text
    await step.keep(lambda visit: sent(visit, one.number, 1))
    await step.keep(lambda visit: broadcasts.done(visit, broadcasts.known(visit, one.number)))
    await watcher.round()
    edited, told = wire.taken()
    assert kind(edited) == "EditMessageText" and "By channel and language" in edited.text
    if charts.able():
        assert kind(told) == "SendPhoto" and told.photo.data.startswith(b"\x89PNG")
    words = told.caption if kind(told) == "SendPhoto" else told.text
    assert words.startswith("✔") and one.number in words and told.chat_id == GULNAR
    assert await watcher.round() == 0 and wire.taken() == []


def test_the_pace_is_that_of_the_last_seconds() -> None:
    seen = watching.Seen()
    assert seen.pace(100.0, 0) is None
    assert seen.pace(103.0, 90) == 30
    assert seen.pace(150.0, 500) is None  # nobody looked for long: what was then says nothing about now
    assert seen.pace(153.0, 500) == 0


async def test_what_begins_later_gets_a_screen_of_its_own(
    step: Doorstep, watcher: Watcher, wire: Wire
) -> None:
    one = await running(step)
    await step.keep(lambda visit: watches.begin(visit, one, GULNAR, 0))
    await watcher.round()
    (shown,) = wire.taken()
    assert kind(shown) == "SendMessage" and shown.chat_id == GULNAR
    assert await step.keep(lambda visit: watches.screen(visit, one)) == (GULNAR, wire.numbers)


async def test_why_it_pauses_stands_on_the_screen(step: Doorstep, watcher: Watcher, wire: Wire) -> None:
    one = await running(step)
    await step.keep(
        lambda visit: broadcasts.pause(visit, broadcasts.known(visit, one.number), broadcasts.FAILURES)
    )
    await watcher.round()
    (shown,) = wire.taken()
    assert "of the last 200 messages failed" in shown.text
    labels = [button.text for row in shown.reply_markup.inline_keyboard for button in row]
    assert "Continue" in labels and "Pause" not in labels


async def test_a_large_count_is_made_beside_the_visits(
    step: Doorstep, watcher: Watcher, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (counting, composing, progress):
        monkeypatch.setattr(module, "COUNTED_AT_ONCE", 2)
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    said = await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    assert "in a moment" in said.text and not (await the(step)).counted
    await watcher.round()
    (shown,) = wire.taken()
    assert kind(shown) == "EditMessageText" and shown.message_id == gulnar.message
    assert "3 messages would go out" in shown.text
    one = await the(step)
    assert one.counted["to"] == {"telegram en": 1, "telegram kk": 1, "telegram ru": 1}
    assert await watcher.round() == 0
    keyboard = shown.reply_markup.inline_keyboard
    (data,) = (button.callback_data for row in keyboard for button in row if button.text == "Send to 3")
    await gulnar.press(data=data)
    assert (await the(step)).state == broadcasts.SCHEDULED


async def test_a_count_of_words_that_changed_meanwhile_is_not_shown(
    step: Doorstep, watcher: Watcher, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED_AT_ONCE", 2)
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    await gulnar.press(data=Press("bctext", "en", "", f"{one.number}.en").pack())
    await gulnar.say("Other words")
    assert await watcher.round() == 0 and wire.taken() == []
    assert not (await the(step)).counted


async def test_of_two_replicas_one_shows_it(step: Doorstep, watcher: Watcher, wire: Wire) -> None:
    await running(step)
    other = Watcher(step.desk, step.database, Wire())  # type: ignore[arg-type]
    assert [await watcher.round(), await other.round()] == [1, 0]
    step.later(seconds=40)
    other._renewed = watcher._renewed = -watching.RENEW  # its holder died: the lease has run out
    assert await other.round() == 1


@pytest.mark.parametrize("fault", [TelegramForbiddenError, TelegramBadRequest])
async def test_a_chat_that_takes_nothing_any_more_holds_nothing_up(
    step: Doorstep, watcher: Watcher, wire: Wire, fault: type[Exception]
) -> None:
    one = await running(step)
    wire.fault = fault
    await watcher.round()
    assert await step.keep(lambda visit: watches.screen(visit, one)) is None
    assert (await the(step)).state == broadcasts.RUNNING


async def test_a_stop_is_confirmed_once_and_its_end_told_when_what_waited_is_dropped(
    step: Doorstep, watcher: Watcher, wire: Wire
) -> None:
    one = await running(step)
    gulnar = step.person(str(GULNAR))
    place = await step.keep(lambda visit: watches.screen(visit, one))
    gulnar.message = place[1]
    await step.keep(lambda visit: sent(visit, one.number, 1))
    said = await gulnar.press(data=Press("bcstop", "en", "", one.number).pack())
    assert said.text.startswith("✔") and "cannot be called back" in said.text
    assert await watcher.round() == 0 and wire.taken() == []
    await step.keep(lambda visit: deliveries.drop(visit, broadcasts.known(visit, one.number)))
    await watcher.round()
    (told,) = wire.taken()
    words = told.caption if kind(told) == "SendPhoto" else told.text
    assert "the broadcast was stopped: 2" in words and words.startswith("✔")


async def test_the_command_is_there_for_those_who_may_and_for_nobody_else(
    step: Doorstep, watcher: Watcher, wire: Wire
) -> None:
    await watcher._introduce()
    calls = wire.taken()
    assert {call.scope.chat_id for call in calls} == {chat.GULNAR, chat.ERLAN}
    for call in calls:
        assert call.commands[-1].command == "broadcast"
    assert len({call.commands[-1].description for call in calls}) == 3
    watcher._look_at = 0.0
    staff = tuple(
        person.model_copy(update={"telegram": None}) if person.telegram == chat.ERLAN else person
        for person in step.desk.operator.staff
    )
    step.desk.operator = step.desk.operator.model_copy(update={"staff": staff})
    await watcher._introduce()
    gone = wire.taken()
    assert {type(call) for call in gone} == {api.DeleteMyCommands}
    assert {call.scope.chat_id for call in gone} == {chat.ERLAN}


async def test_a_chat_taken_off_the_list_is_followed_no_more(
    step: Doorstep, watcher: Watcher, wire: Wire
) -> None:
    """T-STAFF-02: neither the numbers nor the report, nor the count of a draft."""
    one = await running(step)
    before = step.desk.operator
    staff = tuple(each.model_copy(update={"telegram": None}) for each in before.staff)
    step.desk.operator = before.model_copy(update={"staff": staff})
    assert await watcher.round() == 0 and wire.taken() == []
    assert await step.keep(lambda visit: watches.screen(visit, one)) is None
    assert (await the(step)).state == broadcasts.RUNNING
    step.desk.operator = before
    assert await watcher.round() == 0 and wire.taken() == []


async def test_who_asks_for_the_report_takes_the_end_from_nobody(
    step: Doorstep, watcher: Watcher, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "COUNTED_AT_ONCE", 2)
    one = await running(step)
    await step.keep(lambda visit: sent(visit, one.number, 3))
    await step.keep(lambda visit: broadcasts.done(visit, broadcasts.known(visit, one.number)))
    erlan = step.person(str(chat.ERLAN))
    await erlan.say("/broadcast")
    said = await erlan.press(data=Press("bctell", "en", "", one.number).pack())
    assert "in the chat of whoever sent it" in said.text
    await watcher.round()
    assert {call.chat_id for call in wire.taken()} == {GULNAR}
    said = await erlan.press("Report")
    assert "The report is being made" in said.text
    await watcher.round()
    (shown,) = wire.taken()
    assert (shown.chat_id, shown.message_id) == (chat.ERLAN, erlan.message)
