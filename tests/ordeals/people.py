"""People of the town square who act one after another, wait for the answer, and remember every number they were told."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import deque
from dataclasses import dataclass
from random import Random
from typing import Any

from kelisim.sandbox import Sandbox, acts
from kelisim.sandbox.acts import Done
from kelisim.sandbox.chats import Chat
from kelisim.sandbox.people import Person
from kelisim.telegram import dialogue as _dialogue  # noqa: F401  (its import names the screens)
from kelisim.telegram.press import Press
from kelisim.telegram.screens import code_of

NUMBER = re.compile(r"\b[CSKEB]-[0-9A-Z]{9}\b")
CODE = re.compile(r"\b\d{6}\b")
LOCALES = ("kk", "ru", "en")
STOP = {"kk": "ТОҚТАТУ", "ru": "СТОП", "en": "STOP"}
NAMES = {"kk": "Серікова Айгүл", "ru": "Ахметов Диас", "en": "Nurlan Saule"}
FIRST = 8_000_000
A_MINUTE = 62.0  # seconds until a new code may be asked for
BURST, WINDOW = 18, 10.5  # a little below the desk's flood limit, so that no act is lost to it


class Silent(AssertionError):
    """The bot took an update and said nothing, or never took it."""


@dataclass(frozen=True)
class Act:
    """What a person did, and the number the confirmation told them."""

    act: str
    purpose: str
    number: str


class Resident:
    """One person at their chat. `pace`: seconds between two acts, drawn evenly between the two."""

    def __init__(self, sandbox: Sandbox, number: int, dice: Random, pace: tuple[float, float]) -> None:
        self.sandbox, self.dice, self.pace = sandbox, dice, pace
        self.locale = LOCALES[number % 3]
        self.person = Person(f"person{number}", FIRST + number, f"Person {number}", language_code=self.locale)
        sandbox.town.invite(self.person)
        self.email = f"person{number}@example.kz"
        self.acts: list[Act] = []
        self.updates = 0
        self.slowest = 0.0
        self.patience = 90.0
        self.codes_again = 0
        self.without_mail = False
        self._since = 0.0
        self._times: deque[float] = deque(maxlen=BURST)

    @property
    def id(self) -> int:
        """The Telegram id."""
        return self.person.id

    @property
    def chat(self) -> Chat:
        """The chat with the bot."""
        return self.sandbox.town.chat_of(self.person)

    async def say(self, words: str) -> dict[str, Any]:
        """Write, and read the answer."""
        await self._breathe()
        return await self._answered(acts.say(self.sandbox.town, {"person": self.person.key, "text": words}))

    async def press(self, screen: str, ref: str | None = None, locale: str | None = None) -> dict[str, Any]:
        """Press the newest button that leads to a screen or act of SCREENS.md, and read the answer."""
        await self._breathe()
        message, data = self._button(code_of(screen), ref, locale)
        asked = {"person": self.person.key, "data": data, "message_id": message}
        return await self._answered(acts.press(self.sandbox.town, asked))

    def _button(self, code: str, ref: str | None, locale: str | None) -> tuple[int, str]:
        for kept in reversed(self.chat.messages.values()):
            for row in kept.body.get("reply_markup", {}).get("inline_keyboard", ()):
                for button in row:
                    press = Press.unpack(button.get("callback_data"))
                    if press is not None and press.code == code and ref in (None, press.ref) \
                            and locale in (None, press.locale):  # fmt: skip
                        return kept.body["message_id"], button["callback_data"]
        raise AssertionError(f"{self.person.key} sees no button {code} {ref or ''}:\n{self.seen()}")

    def seen(self, last: int = 3) -> str:
        """The end of the chat."""
        shown = [kept.body for kept in self.chat.messages.values()][-last:]
        return "\n--\n".join(
            body.get("text", str(body.get("document", {}).get("file_name"))) for body in shown
        )

    async def _breathe(self) -> None:
        await asyncio.sleep(self.dice.uniform(*self.pace))
        if len(self._times) == BURST and (wait := self._times[0] + WINDOW - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        self._times.append(time.monotonic())

    async def _answered(self, done: Done) -> dict[str, Any]:
        """The screen that answered: once the bot confirmed the update, its newest message that is no receipt."""
        assert done.entry is not None
        self.updates += 1
        began, self._since = time.monotonic(), time.time() - 1
        try:
            async with asyncio.timeout(self.patience):
                await done.entry.done.wait()
        except TimeoutError:
            raise Silent(f"{self.person.key}: not taken: {self.seen()}") from None
        self.slowest = max(self.slowest, time.monotonic() - began)
        fresh = [body for body in done.chat.since(done.revision) if "text" in body]
        if not fresh and self._same_again(done):
            return done.chat.find(done.message_id).body
        if not fresh:
            raise Silent(f"{self.person.key}: taken and not answered:\n{self.seen()}")
        screens = [body for body in fresh if "reply_markup" in body] or fresh
        return max(screens, key=lambda body: body["revision"])

    def _same_again(self, done: Done) -> bool:
        """Whether the screen that was pressed is also the answer: Telegram declines to change nothing."""
        for line in itertools.takewhile(
            lambda line: line["at"] >= self._since, reversed(self.sandbox.town.wire)
        ):
            if line["method"] == "editMessageText" and int(line["params"]["chat_id"]) == self.id:
                return "not modified" in str((line["answer"] or {}).get("description"))
        return False

    def _done(self, act: str, purpose: str, answer: dict[str, Any]) -> None:
        found = NUMBER.search(answer["text"])
        assert found is not None and answer["text"].startswith("✔"), (
            f"{self.person.key}: {act} {purpose} was not confirmed but answered:\n{answer['text']}"
        )
        self.acts.append(Act(act, purpose, found[0]))

    # -- what a day is made of --

    async def register(self) -> None:
        """Language, notice, desk consent."""
        await self.say("/start")
        await self.press("speak", locale=self.locale)
        await self.press("desk", ref="")
        self._done("given", "desk", await self.press("desk.agree"))

    async def give_telegram(self) -> None:
        """Agree to news in Telegram."""
        await self.say("/consent")
        await self.press("consents.one", "informing-telegram")
        self._done("given", "informing-telegram", await self.press("agree", "informing-telegram"))

    async def give_email(self) -> None:
        """Agree to news by e-mail: name, mailbox, the code from the letter, no phone."""
        await self.say("/consent")
        await self.press("consents.one", "informing-email")
        await self.press("agree", "informing-email")
        await self.say(NAMES[self.locale])
        await self.press("name.yes")
        await self.say(self.email)
        if not await self._prove():
            self.without_mail = True
            await self.say("/cancel")
            return
        self._done("given", "informing-email", await self.press("phone.skip"))

    async def _prove(self) -> bool:
        """Type the code from the newest letter. One that was on the wire at a kill is never sent twice: a new one is asked for.

        An older letter may come after a newer one was asked for: its code is wrong, and the next letter is waited for.
        False: three an hour is all a chat may have, and each met a kill; such a person comes back another day.
        """
        tried: set[str] = set()
        for again in range(3):
            if again:
                self.codes_again += 1
                await self.press("code.new")
            until = time.monotonic() + A_MINUTE
            while time.monotonic() < until:
                code = self._newest_code()
                if code and code not in tried:
                    tried.add(code)
                    if self._offers(await self.say(code), "phone.skip"):
                        return True
                await asyncio.sleep(0.1)
        return False

    def _newest_code(self) -> str:
        for letter in reversed(self.sandbox.post.letters):
            if self.email in letter.recipients and (found := CODE.search(letter.part("plain") or "")):
                return found[0]
        return ""

    def _offers(self, screen: dict[str, Any], act: str) -> bool:
        rows = screen.get("reply_markup", {}).get("inline_keyboard", ())
        presses = [Press.unpack(button.get("callback_data")) for row in rows for button in row]
        return any(press is not None and press.code == code_of(act) for press in presses)

    async def withdraw_telegram(self) -> None:
        """Take the consent to news in Telegram back."""
        await self.say("/consent")
        await self.press("consents.one", "informing-telegram")
        self._done("withdrawn", "informing-telegram", await self.press("withdraw", "informing-telegram"))

    async def stop(self) -> None:
        """STOP, in one's own language. Who resumed nothing and has nothing new to stop is told the number that stands."""
        answer = await self.say(STOP[self.locale])
        found = NUMBER.search(answer["text"])
        if found is None or all(act.number != found[0] for act in self.acts):
            self._done("stopped", "all", answer)

    async def resume(self) -> None:
        """Have letters again."""
        await self.say("/menu")
        await self.press("messages")
        self._done("resumed", "email", await self.press("resume", "email"))

    async def switch(self) -> None:
        """Another language."""
        self.locale = LOCALES[(LOCALES.index(self.locale) + 1) % 3]
        await self.say("/language")
        await self.press("speak", locale=self.locale)

    async def day(self) -> None:
        """The scripted day: six acts with a number each."""
        await self.register()
        await self.give_telegram()
        await self.give_email()
        await self.withdraw_telegram()
        await self.stop()
        if not self.without_mail:
            await self.resume()
        await self.switch()
        await self.say("/menu")

    async def round(self) -> None:
        """Again and again, as long as the ordeal lasts: four acts."""
        await self.give_telegram()
        await self.withdraw_telegram()
        await self.stop()
        if not self.without_mail:
            await self.resume()


def residents(sandbox: Sandbox, how_many: int, dice: Random, pace: tuple[float, float]) -> list[Resident]:
    """So many people, a third of them in each language."""
    return [Resident(sandbox, number, Random(dice.random()), pace) for number in range(how_many)]


def numbers_seen(sandbox: Sandbox) -> dict[int, set[str]]:
    """Per chat every number that any message ever showed, also those edited away since."""
    assert sandbox.town.calls == len(sandbox.town.wire), "the wire log is too short for this ordeal"
    found: dict[int, set[str]] = {}
    for line in sandbox.town.wire:
        if line["answer"] is None or not line["answer"]["ok"]:
            continue
        if line["method"] in ("sendMessage", "editMessageText"):
            chat = found.setdefault(int(line["params"]["chat_id"]), set())
            chat.update(NUMBER.findall(str(line["params"].get("text", ""))))
    return found


def receipts_in(chat: Chat) -> dict[str, int]:
    """File names of the receipts in a chat and how often each came."""
    names = [kept.body["document"]["file_name"] for kept in chat.messages.values() if "document" in kept.body]
    return {name: len(list(same)) for name, same in itertools.groupby(sorted(names))}
