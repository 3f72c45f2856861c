"""The courier's Telegram: each way a call can end is told apart from the others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram import Bot
from aiohttp import web
from aiohttp.test_utils import TestServer

from kelisim.courier import telegram
from kelisim.courier.outcome import GONE, LATER, REFUSED, SENT, UNKNOWN, Outcome, Parcel
from kelisim.desk.outbox import Claimed
from kelisim.telegram.bot import deliver, open_bot, say
from kelisim.telegram.visit import Answer

TOKEN = "1000000000:trial-token-of-the-sandbox-0000000"
MESSAGE = {"message_id": 1, "date": 1, "chat": {"id": 5003, "type": "private"}, "text": "x"}


class Api:
    """A Bot API that answers what a test puts there."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def handle(self, request: web.Request) -> web.Response:
        fields = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        self.calls.append((request.path.rpartition("/")[2], fields))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if request.path.endswith("answerCallbackQuery"):
            return web.json_response({"ok": True, "result": True})
        if body == "hang":
            await asyncio.sleep(1)
        if body == "cut":
            assert request.transport is not None
            request.transport.close()
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=status)


def refusal(code: int, description: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    told: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return code, told | ({"parameters": parameters} if parameters else {})


FINE = (200, {"ok": True, "result": MESSAGE})


@pytest.fixture
async def api() -> Api:
    return Api()


@pytest.fixture
async def bot(api: Api) -> AsyncIterator[Bot]:
    app = web.Application()
    app.router.add_post("/{tail:.*}", api.handle)
    async with TestServer(app) as site:
        made = open_bot(TOKEN, str(site.make_url("/")).rstrip("/"))
        yield made
        await made.session.close()


def parcel(kind: str = "alarm", body: dict[str, Any] | None = None) -> Parcel:
    now = datetime.now(UTC)
    message = Claimed(7, kind, "telegram", 1, "", "C-123456789", "en", "5003", {}, 1, "t", now, None, now)
    return Parcel(message, "5003", {"text": "<b>{x}</b>"} if body is None else body)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (FINE, Outcome(SENT)),
        (
            refusal(429, "Too Many Requests: retry after 7", retry_after=7),
            Outcome(LATER, "429", 7.0, all=True),
        ),
        (refusal(403, "Forbidden: bot was blocked by the user"), Outcome(GONE, "403")),
        (refusal(403, "Forbidden: user is deactivated"), Outcome(GONE, "403")),
        (refusal(400, "Bad Request: chat not found"), Outcome(GONE, "400")),
        (refusal(400, "Bad Request: message is too long"), Outcome(REFUSED, "400")),
        (refusal(500, "Internal Server Error"), Outcome(LATER, "5xx")),
        (refusal(502, "Bad Gateway"), Outcome(LATER, "5xx")),
        ((502, "<html>502 Bad Gateway nginx</html>"), Outcome(UNKNOWN, "no answer")),
        ((200, "not json"), Outcome(UNKNOWN, "no answer")),
        ((200, "cut"), Outcome(UNKNOWN, "no answer")),
    ],
)
async def test_each_answer_is_its_own_outcome(
    api: Api, bot: Bot, answer: tuple[int, Any], outcome: Outcome
) -> None:
    api.answers = [answer]
    assert await telegram.send(bot, parcel()) == outcome
    assert len(api.calls) == 1


async def test_a_time_out_is_unknown(api: Api, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "TIMEOUT", 0.1)
    api.answers = [(200, "hang")]
    assert (await telegram.send(bot, parcel())).kind == UNKNOWN


async def test_nobody_there_means_nothing_was_carried() -> None:
    bot = open_bot(TOKEN, "http://127.0.0.1:9")
    assert await telegram.send(bot, parcel()) == Outcome(LATER, "no connection")
    await bot.session.close()


async def test_words_go_as_words_without_markup(api: Api, bot: Bot) -> None:
    api.answers = [FINE]
    await telegram.send(bot, parcel())
    method, fields = api.calls[0]
    assert (method, fields["text"]) == ("sendMessage", "<b>{x}</b>")
    assert "parse_mode" not in fields


def call(method: str = "sendMessage", **parameters: Any) -> dict[str, Any]:
    return {"method": method, "chat_id": 5003, "text": "x", **parameters}


async def test_an_answer_is_tried_again_where_the_fault_passes(
    api: Api, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_time(seconds: float) -> None:
        waited.append(seconds)

    waited: list[float] = []
    monkeypatch.setattr("kelisim.telegram.bot.asyncio.sleep", no_time)
    for passing in (refusal(429, "retry", retry_after=3), refusal(502, "Bad Gateway"), (502, "<html>")):
        api.answers, api.calls = [passing, FINE], []
        await say(bot, call())
        assert len(api.calls) == 2
    assert waited[0] == 3


@pytest.mark.parametrize("answer", [refusal(403, "blocked"), refusal(400, "Bad Request: chat not found"),
                                    refusal(401, "Unauthorized"), refusal(404, "Not Found")])  # fmt: skip
async def test_an_answer_that_cannot_arrive_is_let_go(api: Api, bot: Bot, answer: tuple[int, Any]) -> None:
    """And never ends the loop that serves everybody else."""
    api.answers = [answer]
    await say(bot, call())
    assert len(api.calls) == 1


async def test_a_message_that_can_no_longer_be_edited_is_sent_anew(api: Api, bot: Bot) -> None:
    api.answers = [refusal(400, "Bad Request: message can't be edited"), FINE]
    await say(bot, call("editMessageText", message_id=3))
    assert [method for method, _fields in api.calls] == ["editMessageText", "sendMessage"]
    api.answers, api.calls = [refusal(400, "Bad Request: message is not modified: specified new message")], []
    await say(bot, call("editMessageText", message_id=3))
    assert [method for method, _fields in api.calls] == ["editMessageText"]
    api.answers, api.calls = [refusal(400, "Bad Request: message can't be edited"), (502, "<html>")], []
    await say(bot, call("editMessageText", message_id=3))
    assert len(api.calls) == 2


async def test_what_goes_beside_a_screen_does_not_wait_for_it(api: Api, bot: Bot) -> None:
    api.answers = [FINE]
    await deliver(bot, Answer(call(), [{"method": "answerCallbackQuery", "callback_query_id": "1"}]))
    assert sorted(method for method, _fields in api.calls) == ["answerCallbackQuery", "sendMessage"]
    await deliver(bot, Answer())
    assert json.dumps(api.calls).count("sendMessage") == 1
