"""Raw JSON at the webhook, whole and broken: never a 500, the screen in the response, nothing without the secret."""

from __future__ import annotations

import asyncio
import copy
import io
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tests.doorstep import BOT
from tests.invariants.canaries import leaks
from tests.invariants.town import Town, private
from tests.invariants.updates import Update, updates

from kelisim.telegram.bot import METHODS, open_bot
from kelisim.telegram.polling import readable
from kelisim.telegram.webhook import HEADER, PATH, Webhook, application

TOGETHER, WHOLE, BROKEN = 25, 200, 200
SECRET = "the-secret-of-this-webhook"
Client = TestClient[web.Request, web.Application]
_ids = itertools.count(50_000_000)

BAD: list[Any] = [None, "", "x", -1, 2**70, 0.5, [], {}, [None], True, "1", "\ud800", {"id": "x"}, "9" * 500]


async def bot_api(request: web.Request) -> web.Response:
    """A Bot API that is content with everything."""
    method = request.path.rpartition("/")[2]
    if METHODS[method].__returning__ is bool:
        return web.json_response({"ok": True, "result": True})
    message = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "…"}
    return web.json_response({"ok": True, "result": message})


@asynccontextmanager
async def webhook_on(town: Town, folder: Path) -> AsyncIterator[Client]:
    """The webhook of a fresh copy of the town."""
    api = web.Application()
    api.router.add_post("/{path:.*}", bot_api)
    async with TestServer(api) as server, town.copy(folder) as step:
        bot = open_bot(f"{BOT}:token", str(server.make_url("")).rstrip("/"))
        webhook = Webhook(bot, step.door, SECRET)
        try:
            async with TestClient(TestServer(application(webhook))) as client:
                yield client
            await webhook.finish()
        finally:
            await bot.session.close()


async def posted(client: Client, body: bytes, secret: str = SECRET) -> tuple[int, bytes]:
    """The status and body of one POST."""
    async with client.post(
        PATH, data=body, headers={HEADER: secret, "Content-Type": "application/json"}
    ) as response:
        return response.status, await response.read()


def test_updates_as_raw_json_are_answered_in_the_response(town: Town, tmp_path: Path) -> None:
    """What is private and no burst carries its screen; everything is 200."""

    async def example(batch: list[tuple[str, Update]]) -> None:
        bursts = set()
        async with webhook_on(town, tmp_path) as client:
            for key, update in batch:
                raw = json.dumps({"update_id": next(_ids), **update}).encode()
                status, body = await posted(client, raw)
                assert status == 200, update
                event = update.get("edited_message") or update.get("message") or {}
                burst = "edited_message" in update or "media_group_id" in event
                mark = (key, event.get("media_group_id"), event.get("message_id"))
                if private(update) and not (burst and mark in bursts):
                    assert burst or json.loads(body)["chat_id"] == town.people[key].values.id
                bursts.add(mark)

    with asyncio.Runner() as runner:

        @settings(max_examples=WHOLE // TOGETHER, suppress_health_check=list(HealthCheck))
        @given(batch=st.lists(updates(town.people), min_size=TOGETHER, max_size=TOGETHER))
        def run(batch: list[tuple[str, Update]]) -> None:
            runner.run(example(batch))

        run()
    assert (
        leaks(town.log.getvalue().encode(), [v for p in town.people.values() for v in p.values.canaries()])
        == []
    )


def paths(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [at, *(path for name, value in inside for path in paths(value, (*at, name)))]


def broken(town: Town) -> SearchStrategy[bytes]:
    """Updates with one place cut out or filled with something else, and things that are no JSON."""

    def damage(told: tuple[str, Update], place: int, value: Any, cut: bool) -> bytes:
        whole: dict[str, Any] = copy.deepcopy({"update_id": next(_ids), **told[1]})
        every = [path for path in paths(whole) if path]
        *way, last = every[place % len(every)]
        node: Any = whole
        for step in way:
            node = node[step]
        if cut:
            del node[last]
        else:
            node[last] = copy.deepcopy(value)
        return json.dumps(whole).encode()

    damaged = st.builds(damage, updates(town.people), st.integers(0, 60), st.sampled_from(BAD), st.booleans())
    no_json = st.sampled_from(
        [b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"update_id": NaN}', b"{}" * 9, b"[" * 5000]
    )
    return st.one_of(damaged, damaged, damaged, damaged, no_json)


def test_broken_json_never_makes_telegram_come_again(town: Town, tmp_path: Path) -> None:
    """A 500 would hold back the same chat's later updates, a STOP among them."""

    async def example(batch: list[bytes]) -> None:
        async with webhook_on(town, tmp_path) as client:
            for raw in batch:
                status, _body = await posted(client, raw)
                assert status == 200, raw

    with asyncio.Runner() as runner:

        @settings(max_examples=BROKEN // TOGETHER, suppress_health_check=list(HealthCheck))
        @given(batch=st.lists(broken(town), min_size=TOGETHER, max_size=TOGETHER))
        def run(batch: list[bytes]) -> None:
            runner.run(example(batch))

        run()


async def test_without_the_secret_nothing_is_read(town: Town, tmp_path: Path) -> None:
    stop = json.dumps({"update_id": 1, "message": {"text": "STOP"}}).encode()
    async with webhook_on(town, tmp_path) as client:
        for secret in ("", "x", SECRET[:-1], SECRET + "x", SECRET * 300):
            assert await posted(client, stop, secret) == (403, b"")
        async with client.post(PATH, data=io.BytesIO(b"x" * (1 << 21)), headers={HEADER: SECRET}) as response:
            assert response.status == 413


def half_read(town: Town, **more: Any) -> dict[str, Any]:
    """A STOP of Aigul in a message of which most cannot be read."""
    aigul = town.people["aigul"].values
    message = {
        "message_id": 1, "date": 1, "chat": {"id": aigul.id, "type": "private", "first_name": "A"}, "text": "STOP",
        "from": {"id": aigul.id, "is_bot": False, "first_name": "\ud800", "language_code": "kk"},
        "reply_to_message": {"something": "else"}, "entities": [{"type": "new", "offset": "?"}], **more,
    }  # fmt: skip
    return {"update_id": next(_ids), "message": message}


async def test_a_stop_acts_although_the_rest_of_the_message_cannot_be_read(
    town: Town, tmp_path: Path
) -> None:
    async with webhook_on(town, tmp_path) as client:
        status, body = await posted(client, json.dumps(half_read(town)).encode())
        assert status == 200
        assert "№ S-" in json.loads(body)["text"]


async def test_a_forward_that_cannot_be_read_is_still_a_forward(town: Town, tmp_path: Path) -> None:
    async with webhook_on(town, tmp_path) as client:
        told = half_read(town, forward_origin={"type": "of next year"})
        status, body = await posted(client, json.dumps(told).encode())
        assert status == 200
        assert "№ S-" not in json.loads(body)["text"]


def test_polling_reads_what_can_be_read_of_an_answer(town: Town) -> None:
    """Else one such update would come again and again, and nobody's words behind it would ever be heard."""
    whole = {
        "update_id": next(_ids),
        "message": {**half_read(town)["message"], "entities": [], "reply_to_message": None},
    }
    told = {
        "ok": True,
        "result": [
            half_read(town),
            None,
            {"update_id": "x"},
            {"update_id": 2**70},
            whole,
            {"update_id": 9, "message": 5},
        ],
    }
    found = readable(told)
    assert [update.message.text if update.message else None for update in found] == ["STOP", "STOP", None]
    assert readable("<html>") == readable({"ok": False}) == readable({"result": 5}) == []
