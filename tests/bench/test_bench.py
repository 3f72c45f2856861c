"""The benchmark measures what it says: its wire, its people, its ratios and its floors."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, FormData, web

from .bot_api import TOKEN, BotApi, Screen
from .cases import A2, Case, Outcome
from .load import Load, PollingDoor, WebhookDoor
from .people import DESK_FLOW, Crowd, NoSuchButton
from .report import between, floors, rows
from .shares import group_of
from .wire import HttpParser

PIECES = (
    b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
    b"GET /c HTTP/1.1\r\n\r\n"
)
FLOW, SESSION = Case("kelisim", "flow", database="sqlite"), Case("session", "flow", database="sqlite")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    double = BotApi()
    await double.open()
    yield double
    await double.close()


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_messages_are_whole_however_the_bytes_arrive(size: int) -> None:
    parser = HttpParser()
    found = [m for at in range(0, len(PIECES), size) for m in parser.feed(PIECES[at : at + size])]
    assert [(m.first_line[-10], m.body) for m in found] == [("a", b"abc"), ("b", b"def"), ("c", b"")]


async def test_all_three_encodings_of_a_call_show_the_same_screen(api: BotApi) -> None:
    screens: list[Screen] = []
    api.on_screen = lambda chat, screen: screens.append(screen)
    rows_of_buttons = [[{"text": "Мәзір & «=»", "callback_data": "m"}]]
    values = {
        "chat_id": "7",
        "text": "екі\r\nжол",
        "reply_markup": json.dumps({"inline_keyboard": rows_of_buttons}),
    }
    multipart = FormData(values)
    multipart.add_field("document", b"--x\r\n\r\n", filename="a.html")
    async with ClientSession(f"{api.url}/bot{TOKEN}/") as bot:
        for body in ({"data": values}, {"json": values}, {"data": multipart}):
            async with bot.post("sendMessage", **body) as response:
                assert (await response.json())["result"]["text"] == values["text"]
    assert [(s.text, s.keyboard) for s in screens] == [(values["text"], rows_of_buttons)] * 3
    assert api.calls_by_chat["sendMessage", 7] == 3


async def test_updates_come_by_polling_until_they_are_passed(api: BotApi) -> None:
    door = PollingDoor(api)
    async with ClientSession(f"{api.url}/bot{TOKEN}/") as bot:
        await door.deliver(0, 5, '{"update_id": 5}')
        for offset, expected in ((0, [5]), (5, [5]), (6, [])):
            async with bot.post("getUpdates", json={"offset": offset}) as response:
                assert [u["update_id"] for u in (await response.json())["result"]] == expected
    assert api.confirmed > door.last


async def test_a_turn_counts_when_the_webhook_answered_with_the_screen(api: BotApi) -> None:
    labels = iter((*DESK_FLOW[1:], "Menu"))

    async def webhook(request: web.Request) -> web.Response:
        update = await request.json()
        message = update.get("message") or update["callback_query"]["message"]
        method = "sendMessage" if "message" in update else "editMessageText"
        keyboard = {"inline_keyboard": [[{"text": next(labels), "callback_data": "x"}]]}
        call = {"method": method, "chat_id": message["chat"]["id"], "text": "t", "reply_markup": keyboard}
        return web.json_response({**call, "message_id": message["message_id"]})

    app = web.Application()
    app.router.add_post("/hook", webhook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    door = WebhookDoor(api, "127.0.0.1", runner.addresses[0][1], "/hook", "secret")
    crowd = Crowd(DESK_FLOW)
    figures = await Load(api, door, crowd).run(crowd.people(1), len(DESK_FLOW), 1, 5.0)
    assert (figures.done, figures.presses, dict(figures.failures)) == (4, 3, {})
    assert len(api.unanswered) == 3, "nobody answered the presses, and that is seen"
    door.close()
    await runner.cleanup()


def test_a_missing_button_is_a_failure_that_names_what_was_offered() -> None:
    crowd = Crowd(DESK_FLOW)
    (person,) = crowd.people(1)
    person.step, person.screen = 1, Screen(1, "t", [[{"text": "Русский", "callback_data": "r"}]])
    with pytest.raises(NoSuchButton, match=r"no «English».*«Русский»"):
        crowd.next_update(person)


def outcome(per_second: float, lost: int = 0) -> Outcome:
    return Outcome(per_second, 1.0, 0.01, 0.02, 100.0, 1.0, 10, lost, {}, 0, False, 0, 0.1, {})


def test_ratios_are_taken_within_a_pass_and_then_the_median() -> None:
    passes = [
        {A2.name: outcome(echo), FLOW.name: outcome(flow)} for echo, flow in ((100, 90), (10, 8), (200, 20))
    ]
    assert between(passes, FLOW, A2) == pytest.approx(0.8)
    assert rows([A2, FLOW], passes)[1].spread == pytest.approx((0.1, 0.9))


@pytest.mark.parametrize(
    ("flow", "lost", "expected"),
    [(80.0, 0, [True, True, True]), (70.0, 0, [False, True, True]), (90.0, 1, [True, True, False])],
)
def test_floors_tell_a_slow_flow_and_a_lost_turn(flow: float, lost: int, expected: list[bool]) -> None:
    passes = [{A2.name: outcome(100), SESSION.name: outcome(15), FLOW.name: outcome(flow, lost)}]
    assert [v.met for v in floors(passes, rows([A2, SESSION, FLOW], passes))] == expected


def test_a_floor_that_was_not_measured_is_not_met() -> None:
    assert [v.met for v in floors([], [])][:2] == [None, None]


@pytest.mark.parametrize(
    ("function", "group"),
    [
        (("/x/kelisim/desk/consents.py", 3, "give"), "kelisim.desk"),
        (("/x/site-packages/sqlalchemy/engine/base.py", 9, "execute"), "sqlalchemy"),
        (("~", 0, "<method 'execute' of 'sqlite3.Cursor' objects>"), "sqlite3"),
        (("~", 0, "<method 'poll' of 'select.epoll' objects>"), "waiting"),
        (("~", 0, "<built-in method builtins.isinstance>"), None),
    ],
)
def test_time_is_booked_to_the_group_of_its_module(function: tuple[str, int, str], group: str | None) -> None:
    assert group_of(function) == group
