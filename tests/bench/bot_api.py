"""A double of the Bot API, minimal and fast: answers every call, counts it, tells who was written to."""

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from .wire import HttpMessage, HttpParser, answer, arguments

TOKEN = "4242:a-token-for-the-benchmark-only"
BOT = {"id": 4242, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
SCREENS = frozenset({"sendMessage", "editMessageText"})
EMPTY_ANSWERS: dict[str, object] = {
    "getMyCommands": [],
    "getMyName": {"name": ""},
    "getMyDescription": {"description": ""},
    "getMyShortDescription": {"short_description": ""},
}


class Screen(NamedTuple):
    """What a person sees after a call: the message, its words and its inline keyboard."""

    message_id: int
    text: str
    keyboard: list[list[dict[str, Any]]]


class HeldPoll(NamedTuple):
    """A getUpdates call that waits for something to tell."""

    transport: asyncio.Transport
    limit: int
    timer: asyncio.TimerHandle


class BotApi:
    """One bot's Bot API on a loopback port. `latency` is the round trip in seconds added to every call.

    `on_screen(chat, screen)` is called for each message sent to or edited in a chat, over HTTP or in a
    webhook response.
    """

    def __init__(self, latency: float = 0.0) -> None:
        self.latency = latency
        self.on_screen: Callable[[int, Screen], None] = lambda chat, screen: None
        self.calls: Counter[str] = Counter()
        self.calls_by_chat: Counter[tuple[str, int]] = Counter()
        self.unknown: Counter[str] = Counter()
        self.unanswered: set[str] = set()  # ids of presses that no answerCallbackQuery has named yet
        self.webhook: dict[str, Any] = {}
        self.polled = asyncio.Event()
        self.confirmed = 0  # all updates below this id are passed (getUpdates offset)
        self._messages = 0
        self._pending: deque[tuple[int, str]] = deque()
        self._held: HeldPoll | None = None
        self._telling = False
        self._server: asyncio.Server | None = None
        self.url = ""

    async def open(self) -> None:
        """Listen on a free loopback port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.url = "http://{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    async def close(self) -> None:
        """Stop listening and drop whoever is still connected."""
        if self._held:
            self._held.timer.cancel()
        if self._server:
            self._server.close()

    def push(self, update_id: int, update: str) -> None:
        """Put an update (as JSON) where getUpdates finds it; all of one turn of the loop go out together."""
        self._pending.append((update_id, update))
        if self._held and not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def hear(self, method: str, values: dict[str, Any]) -> object:
        """Count one call, pass on what it shows, and return the `result` a bot gets for it."""
        self.calls[method] += 1
        chat = int(values.get("chat_id", 0))
        self.calls_by_chat[method, chat] += 1
        if method == "answerCallbackQuery":
            self.unanswered.discard(str(values.get("callback_query_id")))
            return True
        if method.startswith(("send", "editMessage", "copyMessage", "forwardMessage")):
            return self._message(method, chat, values)
        if method == "getMe":
            return BOT
        if method == "setWebhook":
            self.webhook = values
        elif method == "getWebhookInfo":
            return {
                "url": self.webhook.get("url", ""),
                "has_custom_certificate": False,
                "pending_update_count": len(self._pending),
            }
        elif method in EMPTY_ANSWERS:
            return EMPTY_ANSWERS[method]
        elif not method.startswith(("set", "delete", "close", "logOut", "pin", "unpin", "leave")):
            self.unknown[method] += 1
        return True

    def _message(self, method: str, chat: int, values: dict[str, Any]) -> object:
        if method == "sendChatAction":
            return True
        if method.startswith("edit"):
            message_id = int(values.get("message_id", 0))
        else:
            self._messages += 1
            message_id = self._messages
        text = str(values.get("text", ""))
        message: dict[str, object] = {
            "message_id": message_id,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "Person"},
            "from": BOT,
        }
        if method == "sendDocument":
            message["document"] = {"file_id": f"f{message_id}", "file_unique_id": f"u{message_id}"}
        else:
            message["text"] = text
        if method in SCREENS:
            self.on_screen(chat, Screen(message_id, text, _keyboard(values.get("reply_markup"))))
        return message

    def serve(self, transport: asyncio.Transport, request: HttpMessage) -> None:
        """Answer one HTTP request, after the set latency."""
        token, _, method = request.first_line.split(" ")[1].removeprefix("/bot").partition("/")
        if token != TOKEN:
            self._write(transport, answer("401 Unauthorized", {"ok": False, "error_code": 401}))
            return
        values = arguments(request.headers.get("content-type", ""), request.body)
        if method == "getUpdates":
            self._poll(transport, values)
            return
        self._write(transport, answer("200 OK", {"ok": True, "result": self.hear(method, values)}))

    def _write(self, transport: asyncio.Transport, response: bytes) -> None:
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, transport.write, response)
        else:
            transport.write(response)

    def _poll(self, transport: asyncio.Transport, values: dict[str, Any]) -> None:
        self.calls["getUpdates"] += 1
        offset = int(values.get("offset", 0) or 0)
        self.confirmed = max(self.confirmed, offset)
        while self._pending and self._pending[0][0] < offset:
            self._pending.popleft()
        if self._held:  # the same bot asks anew: the older question gets an empty answer
            self._held.timer.cancel()
            self._held.transport.write(answer("200 OK", {"ok": True, "result": []}))
        seconds = float(values.get("timeout", 0) or 0)
        timer = asyncio.get_running_loop().call_later(seconds, self._tell)
        self._held = HeldPoll(transport, int(values.get("limit", 100) or 100), timer)
        self.polled.set()
        if self._pending and not self._telling:
            # One turn later, so that updates which this confirmation sets free ride in the same answer.
            self._telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._telling = False
        if self._held is None:
            return
        held, self._held = self._held, None
        held.timer.cancel()
        updates = ",".join(self._pending[i][1] for i in range(min(held.limit, len(self._pending))))
        body = f'{{"ok":true,"result":[{updates}]}}'.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._write(held.transport, head.encode() + body)


def _keyboard(markup: object) -> list[list[dict[str, Any]]]:
    """The rows of an inline keyboard, however the call was encoded; a reply keyboard counts as none."""
    if isinstance(markup, str):
        markup = json.loads(markup) if markup else None
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
    return rows if isinstance(rows, list) else []


class _Connection(asyncio.Protocol):
    """One connection of a bot to the double."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._parser = HttpParser()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for request in self._parser.feed(data):
            self._api.serve(self._transport, request)
