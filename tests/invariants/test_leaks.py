"""A whole day of `kelisim serve` among people with values of their own: no file and no log of it can be read."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest
from tests.invariants.canaries import leaks
from tests.invariants.residents import VALUES, Values, values_of
from tests.journeys.program import environment

from kelisim.desk import operator as operators
from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Chat, Town
from kelisim.store import schema

PEOPLE = [*VALUES.values(), *(values_of(str(n)) for n in range(1, 4))]


class Day:
    """One person's way through the day, by the codes of the buttons, so in any language."""

    def __init__(self, town: Town, chat: Chat, values: Values) -> None:
        self.town, self.chat, self.values = town, chat, values

    async def tap(self, code: str, ref: str = "", locale: str = "") -> None:
        """Press the newest button that leads there."""
        for message in reversed(await self.chat.messages()):
            for row in message.raw.get("reply_markup", {}).get("inline_keyboard", ()):
                for button in row:
                    parts = button.get("callback_data", "").split(":", 3)
                    if parts[0] == code and parts[3].startswith(ref) and parts[1].startswith(locale):
                        await self.chat.press(data=button["callback_data"], message=message)
                        return
        raise AssertionError(f"{self.values.name}: no button {code} {ref}")

    async def code(self) -> str:
        """The code in the newest letter to this mailbox."""
        for _try in range(100):
            letters = [
                each
                for each in await self.town.letters(self.values.email)
                if re.search(r"\b\d{6}\b", each["text"])
            ]
            if letters:
                found = re.search(r"\b\d{6}\b", letters[-1]["text"])
                assert found is not None
                return found[0]
            await asyncio.sleep(0.1)
        raise AssertionError("no letter came")

    async def morning(self) -> None:
        """Registers, gives a consent with name, mailbox and phone."""
        chat, values = self.chat, self.values
        await chat.say(f"/start {values.surname}")
        await chat.say(f"{values.line}, {values.email}, {values.phone}, {values.id}")
        await chat.say("/start")
        await self.tap("speak", locale=values.client)
        await self.tap("desk")
        await self.tap("dagree")
        await chat.say("/consent")
        await self.tap("c1", "informing-email")
        await self.tap("agree", "informing-email")
        await chat.say(f"{values.surname} 123")
        await chat.say(values.line)
        await self.tap("nyes")
        await chat.say(f"{values.email} {values.email}")
        await chat.say(values.email)
        await chat.say("000000")
        await chat.say(await self.code())
        await chat.contact(phone=VALUES["x"].phone, user_id=VALUES["x"].id)
        await chat.contact()

    async def noon(self) -> None:
        """Says everything a person says in the wrong place."""
        chat, values = self.chat, self.values
        for words in (
            values.line,
            values.email,
            values.phone,
            str(values.id),
            f"/start {values.email}",
            f"мой адрес {values.email}",
        ):
            await chat.say(words)
        await chat.send("document")
        await chat.press(data=f"c1:en::{values.name}"[:60])
        await chat.press(data=values.phone)
        await chat.say("/verify")
        await chat.say(values.email)
        await chat.say("/consent")
        await self.tap("c1", "informing-telegram")
        await self.tap("agree", "informing-telegram")
        await chat.say("STOP")
        await self.tap("msgs")
        await self.tap("resume", "email")

    async def afternoon(self) -> None:
        """Says the same in every question of the rights, and sends some of it."""
        chat, values = self.chat, self.values
        told = f"{values.line}, {values.email}, {values.phone}"
        await chat.say("/ask")
        await self.tap("askq")
        await chat.say(told)
        await chat.send("document")
        await self.tap("asksnd")
        await chat.say("/correct")
        await self.tap("cfield", "surname")
        await chat.say(values.surname)
        await chat.say("/represent")
        await self.tap("repas", "parent")
        await chat.say(told)
        await self.tap("repnon")
        await chat.say(told)
        await self.tap("repsnd")
        await chat.say("/requests")
        await chat.say("/mydata")
        await chat.press(data=f"dfdo:{values.client}::chat")
        await chat.say("/block")
        await self.tap("blckwy")
        await chat.say(told)
        await chat.press(data=f"unblck:{values.client}::")

    async def evening(self) -> None:
        """Stops the letters to a mailbox, takes everything back, and leaves a flow in the middle."""
        chat = self.chat
        await chat.press(data=f"smail:{self.values.client}::")
        await chat.say(self.values.email)
        await chat.say("/consent")
        await self.tap("c1", "promotion-email")
        await self.tap("agree", "promotion-email")
        await chat.say("/consent")
        await self.tap("revoke")
        await self.tap("revdo", "here" if self.values.client == "kk" else "close")
        await chat.say(self.values.line)


async def served_day(folder: Path, database: str = "") -> None:
    """The day: serve with its log in a file, everybody at once, troubles of the post and of the wire between."""
    home = folder / "home"
    home.mkdir()
    operator = folder / "operator.toml"
    sample = Path(operators.__file__).parents[1] / "operator.toml"
    operator.write_text(
        re.sub(r"^hourly = \d+", "hourly = 0", sample.read_text("utf-8"), flags=re.MULTILINE), "utf-8"
    )
    async with Sandbox(port=0, smtp_port=0) as sandbox:
        given = {"KELISIM_TOKEN": sandbox.token, "KELISIM_BOT_API": sandbox.bot_api, "KELISIM_HOME": str(home),
                 "KELISIM_SMTP": sandbox.smtp, "HOME": str(folder), "KELISIM_OPERATOR": str(operator)}  # fmt: skip
        if database:
            given["KELISIM_DATABASE"] = database
        else:
            await schema.migrate(f"sqlite+aiosqlite:///{home}/kelisim.db")
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "kelisim", "serve", env=environment(**given), stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip
            try:
                async with Town(sandbox.url, timeout=20) as town:
                    await town.ready(30)
                    days = []
                    for values in PEOPLE:
                        person = {"key": str(values.id), "id": values.id, "first_name": values.first_name, "phone": values.phone,
                                  "language_code": values.client}  # fmt: skip
                        days.append(Day(town, await town.chat(person), values))
                    await asyncio.gather(*(day.morning() for day in days))
                    await town.smtp(down=True)
                    await asyncio.gather(*(day.noon() for day in days))
                    await asyncio.gather(*(day.afternoon() for day in days))
                    await town.smtp(down=False, rules={VALUES["dias"].email: "550 no such user"})
                    await days[0].chat.block()
                    await asyncio.gather(*(day.evening() for day in days[1:]))
                    await asyncio.sleep(1.5)
                    for path in home.rglob("*.db*"):  # while it runs: the write-ahead log is full
                        shutil.copy(path, folder / f"running-{path.name}")
                    seen = [message.text for day in days for message in await day.chat.messages()]
                    assert sum("✔" in text for text in seen) > 4 * len(days), (
                        "too little happened to prove anything"
                    )
            finally:
                if process.returncode is None:
                    process.send_signal(signal.SIGINT)
                    await asyncio.wait_for(process.wait(), 20)


def canaries() -> list[str | int]:
    """Everything everybody told."""
    return [value for values in PEOPLE for value in values.canaries()]


@pytest.mark.filterwarnings("ignore:unread_data")  # aiohttp's own, when a document comes in several chunks
@pytest.mark.timeout(180)
async def test_a_thief_of_the_files_and_the_logs_reads_nobody(tmp_path: Path) -> None:
    await served_day(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"kelisim.db", "log", "running-kelisim.db", "running-kelisim.db-wal"} <= names
    planted = (tmp_path / "running-kelisim.db").read_bytes() + VALUES["aigul"].email.upper().encode(
        "utf-16-le"
    )
    address = VALUES["aigul"].email
    assert {value for value, _form in leaks(planted, canaries())} == {address, address.partition("@")[0]}
    for path in files:
        assert leaks(path.read_bytes(), canaries()) == [], path.name
