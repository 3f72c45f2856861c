"""A person in a test: says and presses over HTTP and gets back what the bot answered."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import ClientSession


class NoAnswer(AssertionError):
    """The bot stayed silent."""


class NotPossible(AssertionError):
    """The act cannot be done: no such button, no such message, the bot is blocked."""


@dataclass(frozen=True)
class Message:
    """A message of the bot as the person sees it."""

    id: int
    text: str
    rows: tuple[tuple[str, ...], ...]
    raw: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "Message":
        """From the control API's shape."""
        text = raw.get("text", raw.get("caption", ""))
        return cls(raw["message_id"], text, tuple(map(tuple, raw["labels"])), raw)

    @property
    def labels(self) -> tuple[str, ...]:
        """All inline buttons, row after row."""
        return tuple(label for row in self.rows for label in row)

    @property
    def edited(self) -> bool:
        """Whether it was changed after it was sent."""
        return "edit_date" in self.raw

    @property
    def document(self) -> dict[str, Any] | None:
        """The document it carries: file_id, file_name, mime_type, file_size."""
        found: dict[str, Any] | None = self.raw.get("document")
        return found

    def data(self, label: str) -> str:
        """The callback data behind a button."""
        for row in self.raw.get("reply_markup", {}).get("inline_keyboard", ()):
            for button in row:
                if button["text"] == label:
                    return str(button["callback_data"])
        raise NotPossible(f"no button «{label}» among {self.labels}")


class Town:
    """The sandbox from outside: its people, wire log, post, faults. Use as `async with Town(url) as town`."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.url = url
        self.timeout = timeout
        self.session: ClientSession | None = None

    async def __aenter__(self) -> "Town":
        self.session = ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.session is not None:
            await self.session.close()

    async def post(self, path: str, **said: Any) -> dict[str, Any]:
        """POST /sandbox/<path>."""
        assert self.session is not None, "use `async with Town(url)`"
        async with self.session.post(f"{self.url}/sandbox/{path}", json=said) as response:
            return _plain(response.status, await response.json())

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """GET /sandbox/<path>."""
        assert self.session is not None, "use `async with Town(url)`"
        query = {name: str(value) for name, value in query.items() if value is not None}
        async with self.session.get(f"{self.url}/sandbox/{path}", params=query) as response:
            return _plain(response.status, await response.json())

    async def file(self, file_id: str) -> bytes:
        """The bytes of a document the bot sent."""
        assert self.session is not None, "use `async with Town(url)`"
        async with self.session.get(f"{self.url}/sandbox/files/{file_id}") as response:
            if response.status != 200:
                raise NotPossible(f"there is no file {file_id}")
            return await response.read()

    async def chat(self, person: str | dict[str, Any] = "aigul") -> "Chat":
        """Someone at their chat: a key (aigul, dias, saule) or an object for someone new."""
        return Chat(self, await self.post("people", person=person))

    async def ready(self, wait: float = 10.0) -> None:
        """Until the bot has called for the first time."""
        if not (await self.get("ready", wait=wait))["ready"]:
            raise NoAnswer("the bot has not called")

    async def wire(
        self, method: str | None = None, *, after: int = 0, chat: int | None = None
    ) -> list[dict[str, Any]]:
        """Calls received: seq, at, ms, via, method, params, answer."""
        found: list[dict[str, Any]] = (await self.get("wire", method=method, after=after, chat=chat))["wire"]
        return found

    async def letters(self, to: str | None = None, *, after: int = 0) -> list[dict[str, Any]]:
        """Letters: number, subject, from, to, reply_to, text, html, headers, envelope, attachments."""
        found: list[dict[str, Any]] = (await self.get("letters", to=to, after=after))["letters"]
        return found

    async def write(self, **letter: Any) -> str:
        """A letter into the desk's Maildir: answers=<number>, or from, to, subject; text. Its Message-ID."""
        return str((await self.post("letters", **letter))["message_id"])

    async def faults(self, **faults: Any) -> None:
        """What goes wrong from now on; nothing named: nothing."""
        await self.post("faults", **faults)

    async def limits(self, **limits: Any) -> None:
        """Change some limits."""
        await self.post("limits", **limits)

    async def smtp(self, **asked: Any) -> None:
        """down=True|False, rules={address: "550 no such user"}, reset=True."""
        await self.post("smtp", **asked)

    async def update(
        self, update: dict[str, Any], *, chat: int | None = None, wait: float = 0
    ) -> dict[str, Any]:
        """Any update; without an update_id it gets the next one, with an old one it is sent again."""
        return await self.post("update", update=update, chat=chat, wait=wait)

    async def reset(self) -> None:
        """An empty square: people, chats, wire, faults; letters and rules too."""
        await self.post("reset")
        await self.post("smtp", reset=True)


class Chat:
    """One person at their chat with the bot.

    Every act waits for the bot's answer and returns the messages that newly came or changed; NoAnswer when
    none did. With `silent=True` it waits only until the bot has taken the update, with `wait=0` not at all.
    """

    def __init__(self, town: Town, person: dict[str, Any], *, number: int | None = None) -> None:
        self.town = town
        self.person = person
        self.key: str = person["key"]
        self.id: int = number or person["id"]
        self.answers: list[Message] = []
        """What the last act brought."""
        self.toast: dict[str, Any] | None = None
        """What the last act let flash up: text, alert."""
        self.keyboard: list[list[str]] = []
        """The reply keyboard's labels."""
        self.last: dict[str, Any] = {}
        """The control API's whole answer to the last act."""
        self.revision = 0

    async def act(
        self, name: str, *, wait: float | None = None, silent: bool = False, quiet: float = 0.03, **said: Any
    ) -> list[Message]:
        """Any act of the control API."""
        wait = self.town.timeout if wait is None else wait
        said = {"chat": self.id, "person": self.key, **said}
        answer = await self.town.post(f"act/{name}", wait=wait, silent=silent, quiet=quiet, **said)
        self.last = answer
        self.revision = answer["revision"]
        if "answers" not in answer:
            return []
        self._keep(answer)
        if not answer["in_time"] and not silent:
            raise NoAnswer(f"{self.key}: no answer to {name} {said} in {wait} s")
        return self.answers

    def _keep(self, answer: dict[str, Any]) -> None:
        self.answers = [Message.of(raw) for raw in answer["answers"]]
        self.toast = answer["toast"]
        self.keyboard = answer["keyboard"]
        self.revision = answer["revision_now"]

    async def say(self, text: str, **options: Any) -> list[Message]:
        """Write; options: entities, forward, reply_to, extra, wait, silent, quiet."""
        return await self.act("say", text=text, **options)

    async def press(self, label: str | None = None, **options: Any) -> list[Message]:
        """Press a button by its label, or send data="…" (a modified client); message=…, inaccessible=True."""
        if isinstance(message := options.pop("message", None), Message):
            options["message_id"] = message.id
        return await self.act("press", label=label, **options)

    async def edit(self, message_id: int, text: str, **options: Any) -> list[Message]:
        """Change one's own message."""
        return await self.act("edit", message_id=message_id, text=text, **options)

    async def contact(self, **options: Any) -> list[Message]:
        """Share one's number; of="dias" shares another's, phone=… and user_id=… anything."""
        return await self.act("contact", **options)

    async def send(self, kind: str, **options: Any) -> list[Message]:
        """Send a sticker, voice, photo, video, document, location, poll, dice …"""
        return await self.act("send", kind=kind, **options)

    async def bring(
        self,
        name: str,
        content: bytes,
        type: str = "application/pdf",
        *,
        kind: str = "document",
        **options: Any,
    ) -> list[Message]:
        """Send a file of one's own, as a document or (kind="photo") a photo."""
        file = {"name": name, "type": type, "content": base64.b64encode(content).decode()}
        return await self.act("send", kind=kind, file=file, **options)

    async def block(self, *, silent: bool = True) -> None:
        """Block the bot."""
        await self.act("block", blocked=True, silent=silent)

    async def unblock(self, *, silent: bool = True) -> None:
        """Let the bot in again."""
        await self.act("block", blocked=False, silent=silent)

    async def group(self, title: str = "Group", type: str = "group", **options: Any) -> "Chat":
        """Add the bot to a new group, supergroup or channel; the person's chat there."""
        options.setdefault("silent", True)
        await self.act("group", title=title, type=type, **options)
        return Chat(self.town, self.person, number=self.last["chat"])

    async def forget(self, message_id: int | None = None, *, freeze: bool = False) -> None:
        """Delete a message or (None) the whole history; freeze=True: the bot cannot edit it any more."""
        await self.act("forget", message_id=message_id, freeze=freeze, wait=0)

    async def state(self) -> dict[str, Any]:
        """The whole chat: messages, keyboard, blocked, toast, bot (description, commands)."""
        return await self.town.get(f"chats/{self.id}")

    async def messages(self) -> list[Message]:
        """Every message of the bot that is still there."""
        return [Message.of(raw) for raw in (await self.state())["messages"] if raw["by_bot"]]

    async def news(self, *, wait: float | None = None, quiet: float = 0.03) -> list[Message]:
        """What comes unasked after the last act; NoAnswer when nothing does."""
        wait = self.town.timeout if wait is None else wait
        answer = await self.town.get(f"chats/{self.id}/answers", after=self.revision, wait=wait, quiet=quiet)
        if not answer["in_time"]:
            raise NoAnswer(f"{self.key}: nothing came in {wait} s")
        self._keep(answer)
        return self.answers

    async def until(self, wanted: Callable[[Message], bool] | str, *, wait: float | None = None) -> Message:
        """The first message that matches (a function, or a part of its text), waiting for it if need be."""
        fits = (lambda message: wanted in message.text) if isinstance(wanted, str) else wanted
        for message in await self.messages():
            if fits(message):
                return message
        while True:
            for message in await self.news(wait=wait, quiet=0):
                if fits(message):
                    return message


def _plain(status: int, body: dict[str, Any]) -> dict[str, Any]:
    if status >= 400:
        raise NotPossible(f"{status}: {body.get('error')}")
    return body
