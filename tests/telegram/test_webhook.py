"""The webhook: nothing is read before the secret, nothing too large is read at all, and failures say what they are."""

from __future__ import annotations

import asyncio
import hmac
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiogram import Bot
from aiohttp.test_utils import TestClient, TestServer
from tests.doorstep import Doorstep

from kelisim.store.database import Busy
from kelisim.telegram import screens, webhook
from kelisim.telegram.bot import open_bot
from kelisim.telegram.webhook import HEADER, LARGEST, PATH, Webhook, application

SECRET = "s" * 43
RIGHT = {HEADER: SECRET}
Site = TestClient[Any, Any]


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    """A bot whose Bot API is not there."""
    made = open_bot("1000000000:trial-token-of-the-sandbox-0000000", "http://127.0.0.1:9")
    yield made
    await made.session.close()


@pytest.fixture
async def site(doorstep: Doorstep, bot: Bot) -> AsyncIterator[Site]:
    app = application(Webhook(bot, doorstep.door, SECRET))
    async with TestClient(TestServer(app)) as client:
        yield client


def update(step: Doorstep, words: str, number: int = 1) -> dict[str, Any]:
    return {"update_id": number, "message": step.person("saule").written(text=words)}


@pytest.mark.parametrize(
    "headers",
    [{}, {HEADER: ""}, {HEADER: "wrong"}, {HEADER: SECRET[:-1]}, {HEADER: SECRET + "s"}, {HEADER: "x" * 4000},
     {HEADER: "ключ"}, {HEADER: "\udcff"}, {HEADER.lower(): SECRET.upper()}, {"Authorization": SECRET}],
)  # fmt: skip
async def test_without_the_secret_there_is_nothing_not_even_a_body(
    doorstep: Doorstep, site: Site, headers: dict[str, str]
) -> None:
    """T-CHAT-18."""
    answer = await site.post(PATH, json=update(doorstep, "STOP"), headers=headers)
    assert (answer.status, await answer.read()) == (403, b"")
    assert await doorstep.rows("SELECT 1 FROM suppressions") == []
    assert await doorstep.rows("SELECT 1 FROM seen") == []


async def test_the_secret_is_compared_in_constant_time_and_before_anything_is_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-CHAT-18."""
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, known: bytes) -> bool:
        compared.append((given, known))
        return hmac.compare_digest(given, known)

    class Spy:
        compare_digest = staticmethod(compare)

    monkeypatch.setattr(webhook, "hmac", Spy)
    answer = await site.post(PATH, data=io.BytesIO(b"{not json" * 400_000), headers={HEADER: "wrong"})
    assert (answer.status, compared) == (403, [(b"wrong", SECRET.encode())])


async def test_a_body_above_a_mebibyte_is_not_read(doorstep: Doorstep, site: Site) -> None:
    """T-CHAT-18."""
    large = json.dumps(update(doorstep, "STOP") | {"padding": "x" * (2 * LARGEST)}).encode()
    assert (await site.post(PATH, data=io.BytesIO(large), headers=RIGHT)).status == 413
    assert await doorstep.rows("SELECT 1 FROM suppressions") == []
    small = json.dumps(update(doorstep, "STOP") | {"padding": "x" * (LARGEST - 2000)}).encode()
    assert (await site.post(PATH, data=io.BytesIO(small), headers=RIGHT)).status == 200
    assert await doorstep.rows("SELECT 1 FROM suppressions")


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
async def test_only_a_post_is_served(site: Site, method: str) -> None:
    assert (await site.request(method, PATH, headers=RIGHT)).status == 405


def test_the_path_does_not_hold_the_token() -> None:
    assert ":" not in PATH and len(PATH) < 20


async def test_the_screen_rides_in_the_response(doorstep: Doorstep, site: Site) -> None:
    answer = await site.post(PATH, json=update(doorstep, "/start"), headers=RIGHT)
    told = await answer.json()
    assert (answer.status, told["method"], told["chat_id"]) == (200, "sendMessage", 5003)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"1", b'{"update_id": "x"}', b"[" * 100_000, b'{"update_id": 1e400}', b"\xff\xfe"],
)
async def test_what_cannot_be_read_is_answered_once_and_not_asked_for_again(site: Site, body: bytes) -> None:
    answer = await site.post(PATH, data=body, headers=RIGHT)
    assert (answer.status, await answer.read()) == (200, b"")


async def test_a_failing_update_is_a_500_four_times_and_then_a_screen(
    doorstep: Doorstep, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-CHAT-06: Telegram holds back the later updates of the same chat, so a failing one is let go."""

    def fails(visit: object, ref: str) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(screens.VIEWS, "language", fails)
    body = update(doorstep, "hello", 77)
    told = [(await site.post(PATH, json=body, headers=RIGHT)).status for _n in range(4)]
    last = await site.post(PATH, json=body, headers=RIGHT)
    assert (told, last.status) == ([500] * 4, 200)
    assert "F-" in (await last.json())["text"]
    stop = await site.post(PATH, json=update(doorstep, "STOP", 78), headers=RIGHT)
    assert "S-" in (await stop.json())["text"]


async def test_a_full_queue_is_a_503_and_a_store_that_is_away_a_500(
    doorstep: Doorstep, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fault, status in ((Busy(), 503), (OSError("away"), 500)):

        async def keep(work: object, turn: int | None = None, fault: Exception = fault) -> object:
            raise fault

        monkeypatch.setattr(doorstep.database, "keep", keep)
        answer = await site.post(PATH, json=update(doorstep, "STOP", 90), headers=RIGHT)
        assert (answer.status, await answer.read()) == (status, b"")
        monkeypatch.undo()
    answer = await site.post(PATH, json=update(doorstep, "STOP", 90), headers=RIGHT)
    assert "S-" in (await answer.json())["text"]


async def test_an_update_that_comes_again_is_answered_again(doorstep: Doorstep, site: Site) -> None:
    """T-CHAT-04 over HTTP."""
    body = update(doorstep, "STOP", 95)
    bodies = [await (await site.post(PATH, json=body, headers=RIGHT)).json() for _n in range(3)]
    assert bodies[0] == bodies[1] == bodies[2]
    assert len(await doorstep.rows("SELECT 1 FROM suppressions")) == 1


async def test_many_at_once_are_each_answered_with_their_own_screen(doorstep: Doorstep, site: Site) -> None:
    async def one(number: int) -> tuple[int, int]:
        body = {
            "update_id": 1000 + number,
            "message": doorstep.person(str(8000 + number)).written(text="/start"),
        }
        answer = await site.post(PATH, json=body, headers=RIGHT)
        return answer.status, (await answer.json())["chat_id"]

    told = await asyncio.gather(*(one(number) for number in range(60)))
    assert told == [(200, 8000 + number) for number in range(60)]
