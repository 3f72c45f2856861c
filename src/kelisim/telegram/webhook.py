"""The webhook: the secret before anything else, one visit, and the screen in the HTTP response itself."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from typing import Any

from aiogram import Bot
from aiogram.types import Update
from aiohttp import web

from kelisim.limiter import Limiter
from kelisim.telegram.bot import say
from kelisim.telegram.updates import loads, read
from kelisim.telegram.visit import Answer, Busy, Door
from kelisim.telegram.wire import Call

log = logging.getLogger("kelisim.telegram")

PATH = "/telegram"  # without the token: paths end up in logs (T-CHAT-18)
LARGEST = 1 << 20
HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Webhook:
    """Serves Telegram's POSTs; what goes beside a response is sent by tasks that outlive it."""

    def __init__(self, bot: Bot, door: Door, secret: str, limiter: Limiter | None = None) -> None:
        self._bot, self._door, self._secret, self._limiter = bot, door, secret.encode(), limiter
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """200 with the screen, 403 without the secret, 503 when too many wait, 500 when the visit failed."""
        given = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=403)
        try:
            update = read(loads(await request.read()))
        except (ValueError, RecursionError):
            update = None
        if update is None:  # not an update at all: nothing to serve, nothing to repeat
            log.warning("an update could not be read")
            return web.Response()
        try:
            answer = await self._door.serve(update)
        except Busy:
            return web.Response(status=503)
        except Exception as fault:
            parked = await self._failed(update, fault)
            if parked is None:
                return web.Response(status=500)
            answer = parked
        for call in answer.beside:
            self._beside(say(self._bot, call))
        if answer.screen is None:
            return web.Response()
        if self._limiter is not None:
            chat = str(answer.screen["chat_id"]) if answer.screen["method"].startswith("send") else ""
            # One too many would be lost, so the response itself waits for its turn: were we killed meanwhile, Telegram,
            # which has had none, comes again.
            if not await self._limiter.reply(chat):
                self._beside(say(self._bot, answer.screen, waits=True))
                return web.Response()
        return web.Response(body=_json(answer.screen), content_type="application/json")

    async def _failed(self, update: Update, fault: Exception) -> Answer | None:
        try:
            return await self._door.failed(update, fault)
        except Exception as again:
            log.error("update %s waits: %s", update.update_id, type(again).__name__)
            return None

    def _beside(self, calls: Any) -> None:
        task = asyncio.create_task(calls)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for what still goes out."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)


def _json(call: Call) -> bytes:
    return json.dumps(call, ensure_ascii=False, separators=(",", ":")).encode()


def application(webhook: Webhook) -> web.Application:
    """The small site that Telegram posts to."""
    app = web.Application(client_max_size=LARGEST)
    app.router.add_post(PATH, webhook.handle)
    return app
