"""The control API under /sandbox: what tests and the page do and see."""

import asyncio
import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from kelisim.sandbox import acts
from kelisim.sandbox.acts import Asked, Done
from kelisim.sandbox.chats import Chat, labels, seen
from kelisim.sandbox.errors import Wrong
from kelisim.sandbox.settings import Faults
from kelisim.sandbox.town import Town, Watcher

ACTS: dict[str, Callable[[Town, Asked], Done]] = {
    "say": acts.say,
    "press": acts.press,
    "edit": acts.edit,
    "contact": acts.contact,
    "send": acts.send,
    "block": acts.block,
    "group": acts.group,
    "forget": acts.forget,
}


async def asked_of(request: web.Request) -> Asked:
    """The JSON object of a control call."""
    try:
        asked = await request.json() if request.can_read_body else {}
    except ValueError:
        raise Wrong(400, "the body is not JSON") from None
    if not isinstance(asked, dict):
        raise Wrong(400, "the body must be a JSON object")
    return asked


class Control:
    """The square seen from above."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.closing = False

    def routes(self) -> list[web.AbstractRouteDef]:
        """What aiohttp serves."""
        return [
            web.post(r"/sandbox/act/{act:[a-z]+}", self.act),
            web.get("/sandbox/people", self.people),
            web.post("/sandbox/people", self.invite),
            web.get(r"/sandbox/chats/{chat:-?\d+}", self.chat),
            web.get(r"/sandbox/chats/{chat:-?\d+}/answers", self.answers),
            web.post("/sandbox/update", self.update),
            web.get("/sandbox/wire", self.wire),
            web.post("/sandbox/faults", self.faults),
            web.post("/sandbox/limits", self.limits),
            web.post("/sandbox/reset", self.reset),
            web.get("/sandbox/ready", self.ready),
            web.get("/sandbox/events", self.events),
        ]

    async def act(self, request: web.Request) -> web.StreamResponse:
        """POST /sandbox/act/<act>; with "wait" (seconds) the answers of the bot come back too."""
        name = request.match_info["act"]
        if name not in ACTS:
            raise Wrong(404, f"there is no act {name!r}")
        asked = await asked_of(request)
        try:
            done = ACTS[name](self.town, asked)
        except (KeyError, TypeError, ValueError) as trouble:
            raise Wrong(400, f"{type(trouble).__name__}: {trouble}") from None
        answer: dict[str, Any] = {
            "chat": done.chat.id,
            "update_id": done.entry.body["update_id"] if done.entry else None,
            "message_id": done.message_id,
            "revision": done.revision,
            "note": done.note,
        }
        wait = float(asked.get("wait") or 0)
        if wait and done.entry is not None:
            answer["in_time"] = await self.town.answer(
                done.chat,
                done.revision,
                done.entry,
                timeout=wait,
                quiet=float(asked.get("quiet", 0.03)),
                silent=bool(asked.get("silent")),
            )
            answer |= _answers(done.chat, done.revision)
        return _json(answer)

    async def people(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/people."""
        return _json({"people": [dataclasses.asdict(person) for person in self.town.people.values()]})

    async def invite(self, request: web.Request) -> web.StreamResponse:
        """POST /sandbox/people {person: {...}, started: bool, gone: bool}: someone new, or a change."""
        asked = await asked_of(request)
        person = acts.somebody(self.town, asked)
        if "gone" in asked:
            person.gone = bool(asked["gone"])
        if asked.get("started"):
            self.town.chat_of(person)
        return _json(dataclasses.asdict(person))

    def _chat(self, request: web.Request) -> Chat:
        number = int(request.match_info["chat"])
        if (chat := self.town.chats.get(number)) is not None:
            return chat
        person = self.town.person(number)
        if person is None:
            raise Wrong(404, f"there is no chat {number}")
        return Chat(person.private_chat(), 1)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/chats/<id>: the chat as the person sees it, ?last=n for its end only."""
        chat = self._chat(request)
        profile = self.town.profile
        person = self.town.person(chat.id)
        code = (person.language_code if person else None) or ""
        last = int(request.query.get("last", 0))
        kept = list(chat.messages.values())[-last:]
        action = chat.action if chat.action and chat.action[1] > time.monotonic() else None
        return _json(
            {
                "chat": chat.info,
                "revision": chat.revision,
                "messages": [seen(one) for one in kept],
                "keyboard": chat.keyboard,
                "blocked": chat.blocked,
                "left": chat.left,
                "toast": chat.toast,
                "action": action[0] if action else None,
                "bot": {
                    "name": profile.name(code),
                    "username": profile.username,
                    "description": profile.descriptions.get(code) or profile.descriptions.get("", ""),
                    "short_description": profile.short_descriptions.get(code)
                    or profile.short_descriptions.get("", ""),
                    "commands": profile.commands_for(chat.id, code),
                    "at_home": self.town.started.is_set(),
                },
            }
        )

    async def answers(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/chats/<id>/answers?after=revision&wait=seconds: what the bot did after it."""
        person = self.town.person(int(request.match_info["chat"]))
        # a chat somebody waits in must be the one that will move
        chat = (
            self.town.chat_of(person) if person and person.id not in self.town.chats else self._chat(request)
        )
        after = int(request.query.get("after", 0))
        wait = min(float(request.query.get("wait", 0)), 60.0)
        in_time = True
        if wait:
            quiet = float(request.query.get("quiet", 0.0))
            in_time = await self.town.answer(chat, after, None, timeout=wait, quiet=quiet, silent=False)
        return _json({"in_time": in_time} | _answers(chat, after))

    async def update(self, request: web.Request) -> web.StreamResponse:
        """POST /sandbox/update {update: {...}, chat: id}: any update at all, even one sent before."""
        asked = await asked_of(request)
        body = asked.get("update")
        if not isinstance(body, dict):
            raise Wrong(400, "an update must be an object")
        body = {"update_id": self.town.updates.next_id} | body
        entry = self.town.updates.put(body, int(asked.get("chat") or _chat_in(body) or 0))
        if wait := float(asked.get("wait") or 0):
            try:
                async with asyncio.timeout(wait):
                    await entry.done.wait()
            except TimeoutError:
                pass
        return _json({"update_id": body["update_id"], "done": entry.done.is_set()})

    async def wire(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/wire?after=seq&method=name&chat=id&last=n: every call received, with its answer."""
        after, method = int(request.query.get("after", 0)), request.query.get("method", "").lower()
        chat, last = request.query.get("chat"), int(request.query.get("last", 0))
        lines = [
            line
            for line in self.town.wire
            if line["seq"] > after
            and (not method or line["method"].lower() == method)
            and (chat is None or str(line["params"].get("chat_id")) == chat)
        ]
        return _json({"calls": self.town.calls, "wire": lines[-last:]})

    async def faults(self, request: web.Request) -> web.StreamResponse:
        """POST /sandbox/faults: what goes wrong from now on; what is not named goes right."""
        try:
            self.town.faults = Faults(**await asked_of(request))
        except TypeError as trouble:
            raise Wrong(400, str(trouble)) from None
        self.town.updates.wake()
        return _json({})

    async def limits(self, request: web.Request) -> web.StreamResponse:
        """POST /sandbox/limits: change some limits."""
        for name, value in (await asked_of(request)).items():
            if not hasattr(self.town.limits, name):
                raise Wrong(400, f"there is no limit {name!r}")
            self.town.limit(name, value)
        return _json(dataclasses.asdict(self.town.limits))

    async def reset(self, request: web.Request) -> web.StreamResponse:
        """POST /sandbox/reset: an empty square."""
        self.town.reset()
        return _json({})

    async def ready(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/ready?wait=seconds: whether the bot has called at all."""
        try:
            async with asyncio.timeout(min(float(request.query.get("wait", 0)), 60.0)):
                await self.town.started.wait()
        except TimeoutError:
            pass
        return _json({"ready": self.town.started.is_set()})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/events: server-sent events naming what moved; the page then reads that."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        watcher = Watcher()
        self.town.watchers.add(watcher)
        try:
            await response.write(b'retry: 1000\n\ndata: ["hello"]\n\n')
            while not self.closing:
                try:
                    async with asyncio.timeout(15):
                        await watcher.news.wait()
                except TimeoutError:
                    await response.write(b": still here\n\n")
                    continue
                await asyncio.sleep(0.03)  # what moves together is told together
                moved, watcher.moved = sorted(watcher.moved), set()
                watcher.news.clear()
                await response.write(f"data: {json.dumps(moved)}\n\n".encode())
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.town.watchers.discard(watcher)
        return response

    def close(self) -> None:
        """Let the pages go."""
        self.closing = True
        self.town.tell("closing")


def _answers(chat: Chat, after: int) -> dict[str, Any]:
    toast = chat.toast if chat.toast and chat.toast["revision"] > after else None
    rows = (chat.keyboard or {}).get("keyboard", [])
    return {
        "answers": chat.since(after),
        "revision_now": chat.revision,
        "toast": toast,
        "keyboard": labels(rows),
        "last": chat.last,
    }


def _chat_in(body: dict[str, Any]) -> int | None:
    for value in body.values():
        if isinstance(value, dict):
            for holder in (value, value.get("message") or {}):
                if isinstance(holder.get("chat"), dict):
                    return int(holder["chat"].get("id", 0))
            if isinstance(value.get("from"), dict):
                return int(value["from"].get("id", 0))
    return None


def _json(body: dict[str, Any]) -> web.Response:
    return web.Response(
        body=json.dumps(body, ensure_ascii=False, default=str).encode(), content_type="application/json"
    )
