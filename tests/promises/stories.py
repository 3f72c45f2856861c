"""What the stories of the promises share: the time of day, prepared messages, another operator, what was said."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.doorstep import Doorstep, Person, a_desk

from kelisim import opening
from kelisim.courier.broadcasting import Broadcaster
from kelisim.courier.conductor import Conductor
from kelisim.courier.outcome import SENT, Outcome, Parcel
from kelisim.desk import audiences, broadcasts, drafts, outbox, staff
from kelisim.desk import operator as operators
from kelisim.desk.broadcasts import Broadcast, Content
from kelisim.desk.deliveries import Delivery
from kelisim.desk.operator import Operator
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.limiter import Limiter
from kelisim.texts import LOCALES

ALMATY = ZoneInfo("Asia/Almaty")
# The labels a person presses on the way to a consent, per language: purposes first, then «I agree» and so on.
LABELS = {
    "kk": {"informing-telegram": "Ақпарат: Telegram", "promotion-telegram": "Жарнама: Telegram",
           "informing-email": "Ақпарат: электрондық пошта", "promotion-email": "Жарнама: пошта",
           "agree": "Келісемін", "yes": "Иә, дұрыс", "skip": "Телефонсыз жалғастыру", "withdraw": "Кері қайтарып алу"},
    "ru": {"informing-telegram": "Информация: Telegram", "promotion-telegram": "Реклама: Telegram",
           "informing-email": "Информация: эл. почта", "promotion-email": "Реклама: эл. почта",
           "agree": "Даю согласие", "yes": "Да, верно", "skip": "Без телефона", "withdraw": "Отозвать"},
    "en": {"informing-telegram": "Information: Telegram", "promotion-telegram": "Promotion: Telegram",
           "informing-email": "Information: e-mail", "promotion-email": "Promotion: e-mail",
           "agree": "I agree", "yes": "Yes, correct", "skip": "Without a phone", "withdraw": "Withdraw"},
}  # fmt: skip


def at(step: Doorstep, moment: datetime) -> None:
    """Set the desk's clock."""
    step.desk.clock.move(moment - step.desk.clock.now())


def at_noon(step: Doorstep) -> None:
    """Tomorrow noon in Almaty: nothing waits for the end of the quiet hours."""
    here = step.desk.clock.now().astimezone(ALMATY) + timedelta(days=1)
    at(step, here.replace(hour=12, minute=0, second=0, microsecond=0).astimezone(UTC))


async def gives(person: Person, purpose: str, locale: str = "en", address: str = "", name: str = "") -> str:
    """Give a consent in the chat, with name and proved mailbox where it needs them; its number."""
    said = LABELS[locale]
    await person.say("/consent")
    await person.press(said[purpose])
    screen = await person.press(said["agree"])
    if name and not screen.text.startswith("✔"):
        await person.say(name)
        screen = await person.press(said["yes"])
    if address and not screen.text.startswith("✔"):
        await person.say(address)
        screen = await person.say(await person.step.code(address))
    if said["skip"] in screen.buttons:
        screen = await person.press(said["skip"])
    assert screen.text.startswith("✔"), screen.text
    return screen.number


async def prepare(step: Doorstep, person: Person, purpose: str, words: str = "News") -> int:
    """Put a message of a purpose into the queue, as a broadcast will; the id of its row."""
    channel = EMAIL if purpose.endswith("-email") else TELEGRAM

    def work(visit: Visit) -> int:
        body = {"subject": words, "text": words}
        return outbox.post(visit, "broadcast", channel, body, purpose=purpose)

    made: int = await step.keep(work, person)
    return made


async def outcome(step: Doorstep, row: int) -> str:
    """Where a message of the queue stands."""
    found = await step.rows("SELECT state FROM outbox WHERE id = :row", row=row)
    state: str = found[0][0]
    return state


async def audience(step: Doorstep, purpose: str) -> set[str]:
    """The addresses to which messages of a purpose leave now."""
    return {parcel.address for parcel in await step.courier() if parcel.message.purpose == purpose}


def altered(folder: Path, *changes: tuple[str, str]) -> Operator:
    """The sample operator with pieces of its file replaced, each once where it stands first."""
    source = operators.sample()
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new, 1)
    path = folder / "operator.toml"
    path.write_text(source, encoding="utf-8")
    return operators.load(path)


async def becomes(step: Doorstep, operator: Operator, folders: tuple[Path, ...] = ()) -> None:
    """The operator file (or a text) changes while the desk serves; raises CannotServe as a restart would."""
    anew = a_desk(operator, folders)
    await step.database.keep(lambda connection: opening.agree_with_store(anew, connection))
    step.desk.operator, step.desk.shelf = anew.operator, anew.shelf


def told(parcels: list[Parcel]) -> str:
    """Everything that was handed over, as one text."""
    return "\n".join(json.dumps(parcel.body, ensure_ascii=False, default=str) for parcel in parcels)


async def everything(step: Doorstep, tables: tuple[str, ...]) -> list[Any]:
    """Every row of some tables."""
    return [row for table in tables for row in await step.rows(f"SELECT * FROM {table}")]


__all__ = ["ALMATY", "LABELS", "LOCALES", "altered", "at", "at_noon", "audience", "becomes", "everything", "gives",
           "outcome", "prepare", "told"]  # fmt: skip


async def composed(step: Doorstep, purpose: str, *channels: str, words: str = "News") -> str:
    """A broadcast of a purpose by these channels, written in three languages and counted; its number."""
    step.desk.url = "https://desk.kz"  # letters that can be stopped need a web door

    def work(visit: Visit) -> str:
        author = staff.acting(visit.operator, "gulnar@alit.kz", "test")
        said = {locale: words for locale in LOCALES}
        one = drafts.begin(visit, author, purpose, channels)
        one = drafts.edit(visit, one, Content(texts=said, subjects=said))
        return drafts.counted(visit, one, audiences.count(visit, one).told()).number

    number: str = await step.keep(work)
    return number


async def addressed(step: Doorstep, number: str) -> None:
    """Confirm a broadcast and make its messages; nothing has left yet."""

    def work(visit: Visit) -> None:
        one = broadcasts.known(visit, number)
        broadcasts.confirm(visit, one, one.digest, staff.acting(visit.operator, "gulnar@alit.kz", "test"))

    await step.keep(work)
    conductor = Conductor(step.desk, step.database)
    while await conductor.round():
        pass


async def broadcast(step: Doorstep, number: str) -> set[str]:
    """Let an addressed broadcast run to its end; the addresses it reached."""
    reached: set[str] = set()

    async def wire(_broadcast: Broadcast, delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        assert delivery.address not in reached
        reached.add(delivery.address)
        return Outcome(SENT)

    channels = (await step.keep(lambda visit: broadcasts.known(visit, number))).channels
    conductor = Conductor(step.desk, step.database)
    senders = [
        asyncio.create_task(Broadcaster(step.desk, step.database, channel, Limiter(1000), wire).run())
        for channel in channels
    ]
    async with asyncio.timeout(20):
        while (await step.keep(lambda visit: broadcasts.known(visit, number))).state != broadcasts.DONE:
            await conductor.round()
            await asyncio.sleep(0.02)
    for sender in senders:
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sender
    return reached
