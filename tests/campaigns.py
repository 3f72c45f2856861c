"""A text that changes, and the campaign that asks about it: drafted, counted, confirmed, sent to the last of its people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.doorstep import Doorstep, Person

from kelisim import opening, texts
from kelisim.desk import audiences, bodies, broadcasts, deliveries, drafts, outbox, renewals, staff
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.documents import Shelf
from kelisim.desk.operator import DocumentEdition
from kelisim.desk.purposes import Said
from kelisim.desk.visit import Visit

CHANGES = Said(
    kk="Енді хат жиірек келеді.\nТелефоныңыз сұралмайды.\nДеректеріңіз <елде> қалады.",
    ru="Письма теперь чаще.\nТелефон не спрашивается.\nДанные остаются <в стране>.",
    en="Letters now come more often.\nYour phone is not asked for.\nYour data stay <in the country>.",
)
LABELS = {"kk": ("Ақпарат: Telegram", "Келісемін"), "ru": ("Информация: Telegram", "Даю согласие"),
          "en": ("Information: Telegram", "I agree")}  # fmt: skip


def by_day(step: Doorstep) -> None:
    """Nobody is written to at night, whenever these tests run: it is noon in Almaty tomorrow."""
    now = step.desk.clock.now()
    step.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)


async def agreed(step: Doorstep, name: str, locale: str) -> Person:
    """Somebody who agreed to information by Telegram."""
    person = await step.person(name).registers(locale)
    await person.say("/consent")
    for label in LABELS[locale]:
        await person.press(label)
    return person


async def changed(step: Doorstep, purpose: str = "informing", *, material: bool = True) -> None:
    """The operator file names a new edition of a purpose's text, and is read again."""
    operator = step.desk.operator
    known = operator.documents[purpose]
    new = DocumentEdition(edition=known.edition + 1, material=material, since=known.since, changes=CHANGES)
    step.desk.operator = operator.model_copy(update={"documents": {**operator.documents, purpose: new}})
    step.desk.shelf = Shelf(step.desk.operator, [texts.LOCALES_FOLDER], trial=True)
    await step.database.keep(lambda connection: opening.agree_with_store(step.desk, connection))


def responsible(visit: Visit) -> staff.Actor:
    """Who may order a notice."""
    person = next(one for one in visit.operator.staff if one.role == staff.RESPONSIBLE)
    return staff.acting(visit.operator, person.address, "test")


def confirmed(visit: Visit, *channels: str, purpose: str = "informing") -> Broadcast:
    """A campaign, counted and confirmed."""
    draft = renewals.begin(visit, responsible(visit), purpose, channels=channels)
    assert bodies.faults(visit, draft) == []
    draft = drafts.counted(visit, draft, audiences.count(visit, draft).told())
    return broadcasts.confirm(visit, draft, draft.digest, responsible(visit))


async def sent(
    step: Doorstep, *channels: str, purpose: str = "informing"
) -> tuple[str, dict[str, dict[str, Any]]]:
    """A campaign that has left, to the end: its number, and per address what arrived there."""

    def work(visit: Visit) -> tuple[str, dict[str, dict[str, Any]]]:
        one = broadcasts.start(visit, confirmed(visit, *channels, purpose=purpose))
        while audiences.address(visit, one):
            one = broadcasts.known(visit, one.number)
        one = broadcasts.known(visit, one.number)
        arrived = {}
        for pair in one.pairs(visit):
            taken, _looked = deliveries.take(visit, one, pair.channel, 500)
            for each in taken:
                arrived[each.address] = (
                    bodies.telegram(visit, one, each.locale)
                    if pair.channel == "telegram"
                    else bodies.letter(visit, one, each.locale, each.contact_id, pair.code)
                )
                deliveries.settle(visit, each, outbox.SENT)
        return broadcasts.done(visit, one).number, arrived

    told: tuple[str, dict[str, dict[str, Any]]] = await step.keep(work)
    return told


async def states(step: Doorstep, purpose: str = "informing-telegram") -> list[str]:
    """Where this purpose stands for everybody, sorted."""
    return sorted(
        row[0] for row in await step.rows("SELECT state FROM consents WHERE purpose = :p", p=purpose)
    )


async def care(step: Doorstep, rounds: int = 3) -> None:
    """The caretaker goes round, long enough apart for whatever waits between two looks."""
    for _round in range(rounds):
        await step.caretaker()
        step.later(minutes=11)
