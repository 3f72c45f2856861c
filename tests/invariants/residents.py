"""People with values of their own that nobody else has, and the ways they walk through the chat in any language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.doorstep import Doorstep, Person, Said

CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True)
class Values:
    """What a person may tell the desk; each value is found nowhere else in the world."""

    id: int
    client: str
    first_name: str
    surname: str
    name: str
    email: str
    phone: str

    @property
    def line(self) -> str:
        """Surname and name as they are typed."""
        return f"{self.surname} {self.name}"

    def canaries(self) -> list[str | int]:
        """What nobody else may ever read, and no file may show."""
        local = self.email.partition("@")[0]
        return [
            self.id,
            self.first_name,
            self.surname,
            self.name,
            self.email,
            local,
            self.phone,
            self.phone[2:],
        ]


VALUES = {
    "aigul": Values(7302918457, "kk", "Айгүлқанат", "Күмісбекқызы", "Айгүлжанар", "kumis.kanat-41@poshta.kz",
                    "+77017346185"),
    "dias": Values(7302918563, "ru", "Диаслучезар", "Подорожников", "Диасмирон", "podorozhnik_77@pisma.kz",
                   "+77752906413"),
    "saule": Values(7302918671, "en", "Saulewren", "Kestrelwood", "Saulemarigold", "kestrel+wood9@letters.kz",
                    "+77479528306"),
    "zhanat": Values(7302918789, "kk", "Жанатбұлбұл", "Бәйтеректегі", "Жанатгүлім", "baiterek.bulbul@hat.kz",
                     "+77781430952"),
    "x": Values(7302918893, "en", "Xstranger", "Outsiderson", "Xavierwilt", "x.outsider88@elsewhere.org",
                "+77060917528"),
}  # fmt: skip


def values_of(key: str) -> Values:
    """The named people of VALUES, or any number of others by number."""
    if key in VALUES:
        return VALUES[key]
    n = int(key)
    word = "".join(chr(ord("a") + int(digit)) for digit in f"{n:06d}")
    client = ("kk", "ru", "en")[n % 3]
    return Values(
        7400000000 + n * 7919, client, f"First{word}", f"Family{word}", f"Given{word}", f"box-{word}@many.kz",
        f"+7701{(2_000_003 + n * 7) % 10_000_000:07d}",
    )  # fmt: skip


@dataclass(slots=True)
class Resident:
    """A person at their chat, who knows what stood on every screen they saw."""

    step: Doorstep
    values: Values
    person: Person
    seen: dict[str, str] = field(default_factory=dict)  # callback data -> the text of the screen it stood on

    @property
    def said(self) -> Said:
        """What the last act was answered with."""
        return self.person.said

    async def tap(self, code: str, ref: str = "", locale: str = "") -> Said:
        """Press the visible button that leads to a screen or act, by its short code (and reference, and language)."""
        for data in self.person.shown.values():
            parts = data.split(":", 3)
            if (
                len(parts) == 4
                and parts[0] == code
                and parts[3].startswith(ref)
                and parts[1].startswith(locale)
            ):
                return self.look(await self.person.press(data=data))
        raise AssertionError(f"no {code} {ref} among {self.person.shown} on:\n{self.said.text}")

    def can(self, code: str) -> bool:
        """Whether such a button is on the last screen."""
        return any(data.startswith(f"{code}:") for data in self.person.shown.values())

    async def say(self, words: str, **content: Any) -> Said:
        """Write."""
        return self.look(await self.person.say(words, **content))

    def look(self, said: Said) -> Said:
        """Remember every button with the screen it stood on."""
        for data in said.buttons.values():
            if ":" in data and not data.startswith("http"):
                self.seen[data] = said.text
        return said

    async def registers(self, locale: str | None = None) -> Resident:
        """From the first word to the desk consent."""
        await self.say("/start")
        await self.tap("speak", locale=locale or self.values.client)
        await self.tap("desk")
        await self.tap("dagree")
        return self

    async def begins(self, pair: str) -> Said:
        """To the first question of a consent, or to its confirmation when nothing is asked."""
        await self.say("/consent")
        await self.tap("c1", pair)
        return await self.tap("agree", pair)

    async def gives(self, pair: str, *, phone: bool = False) -> Said:
        """A consent with everything it asks for."""
        said = await self.begins(pair)
        if self.asked("consents.give.name", await self.screen()):
            await self.say(self.values.line)
            said = await self.tap("nyes")
        if self.asked("consents.give.email", await self.screen()):
            await self.say(self.values.email)
            said = await self.say(await self.step.code(self.values.email))
        if self.asked("consents.give.phone", await self.screen()):
            said = await (self.shares() if phone else self.tap("pskip"))
        return said

    @staticmethod
    def asked(screen: str, waits: str) -> bool:
        """Whether this is the question that waits."""
        return screen == waits

    async def screen(self) -> str:
        """The question that waits for this person's words; empty when they are not known."""

        def read(visit: Any) -> str:
            return visit.subject.screen if visit.subject is not None else ""

        told: str = await self.step.keep(read, self.person)
        return told

    async def shares(self, *, of: Values | None = None, forwarded: bool = False, bare: bool = False) -> Said:
        """Bring a contact: one's own, another's, forwarded, or a card without a user."""
        whose = of or self.values
        card: dict[str, Any] = {"phone_number": whose.phone[1:], "first_name": whose.first_name}
        if not bare:
            card["user_id"] = whose.id
        content: dict[str, Any] = {"contact": card}
        if forwarded:
            content["forward_origin"] = {
                "type": "hidden_user",
                "date": 1_800_000_000,
                "sender_user_name": "…",
            }
        return self.look(await self.person.bring(**content))


def resident(step: Doorstep, key: str) -> Resident:
    """One of the people, at this doorstep."""
    values = values_of(key)
    return Resident(step, values, Person(step, values.id, values.first_name, values.client))


async def populate(step: Doorstep) -> dict[str, Resident]:
    """A town where people stand in every place of the chat; their buttons are remembered."""
    town = {key: resident(step, key) for key in VALUES}
    for n in range(1, 13):
        town[f"at {n}"] = resident(step, str(n))
    for key in ("aigul", "dias", "saule", "zhanat"):
        await town[key].registers()
    await town["aigul"].gives("informing-email", phone=True)
    for pair in ("informing-telegram", "promotion-telegram", "informing-email", "promotion-email"):
        await town["dias"].gives(pair)
    await town["saule"].gives("informing-telegram")
    await town["zhanat"].gives("promotion-telegram")
    walkers = [town[f"at {n}"] for n in range(1, 13)]
    for walker in walkers[:9]:
        await walker.registers()
    name, check, mail, code, phone, stop_mail, verify, closed, ending, proving, stopped, choosing = walkers
    for walker in (name, check, mail, code, phone):
        await walker.begins("informing-email")
    for walker in (check, mail, code, phone):
        await walker.say(walker.values.line)
    for walker in (mail, code, phone):
        await walker.tap("nyes")
    await code.say(code.values.email)
    await phone.say(phone.values.email)
    await phone.say(await step.code(phone.values.email))
    await stop_mail.say("STOP")
    await stop_mail.person.press(data="smail:en::")
    await verify.say("/verify")
    await closed.gives("informing-telegram")
    await closed.say("/consent")
    await closed.tap("revoke")
    await closed.tap("revdo", "close")
    await ending.gives("promotion-telegram")
    await ending.say("/consent")
    await ending.tap("revoke")
    await ending.tap("revdo", "here")
    await proving.say("/start")
    await proving.person.press(data="pmail:ru::")
    await proving.say(town["dias"].values.email)
    await stopped.say("СТОП")
    await choosing.say("/start")
    await choosing.tap("speak")
    return town
