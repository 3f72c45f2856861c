"""Must 2: the three letters × three languages × whoever writes them, as a table of outcomes in the store and on the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from tests.doorstep import Doorstep, Person, doorstep_on
from tests.mail.writers import Writer, answered, number_of, plain
from tests.promises.stories import at, gives

from kelisim.courier.outcome import GONE, Outcome, Parcel
from kelisim.desk import consents, links, petitions
from kelisim.desk.visit import Visit
from kelisim.mail.letter import AUTOMATIC

HERS, NOBODYS = "aigul@mail.kz", "stranger@mail.kz"
TUESDAY = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # 11:00 in Almaty
LOCALES = ("kk", "ru", "en")
SUBJECTS = {
    "opt-out": {"kk": "Хабарламалардан бас тарту", "ru": "Отказ от уведомлений", "en": "Opt-out of Notifications"},
    "update": {
        "kk": "Дербес деректерді өзектендіру", "ru": "Актуализация персональных данных", "en": "Personal Data Update",
    },
    "revoke": {
        "kk": "Дербес деректерді өңдеуге келісімді кері қайтарып алу",
        "ru": "Отзыв согласия на обработку персональных данных",
        "en": "Revocation of consent to the processing of personal data",
    },
}  # fmt: skip
YES = {"kk": "Иә", "ru": "Да, подтверждаю.", "en": "yes"}
WORDS = "Омарова 7 701 000 12 34"  # what the writer typed; it must come back in no letter of ours
TABLE = [(letter, locale) for letter in SUBJECTS for locale in LOCALES]
KIND = {"update": "correction", "revoke": "revocation"}


@dataclass(slots=True)
class World:
    """Aigul, who has consents and a proved mailbox, and whoever writes."""

    step: Doorstep
    aigul: Person

    async def state(self) -> dict[str, object]:
        """What a letter may change: stops, consents in force, requests."""
        rows = await self.step.rows(
            "SELECT kind, state, subject_id, received_at, door FROM cases ORDER BY id"
        )
        mine = await self.step.keep(lambda visit: visit.known.id, self.aigul)
        return {
            "stops": len(await self.step.rows("SELECT hash FROM suppressions")),
            "consents": sorted(await self.step.keep(given, self.aigul)),
            "cases": [
                (row.kind, row.state, "hers" if row.subject_id == mine else "a writer's") for row in rows
            ],
        }


def given(visit: Visit) -> list[str]:
    return [code for code, one in consents.standing(visit).items() if one.state == "given"]


async def a_world(step: Doorstep) -> World:
    at(step, TUESDAY)
    aigul = await step.person("aigul").registers("ru")
    for purpose in ("informing-email", "promotion-telegram"):
        await gives(aigul, purpose, "ru", HERS, "Nurlanova Aigul")
    await step.courier()
    return World(step, aigul)


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[World]:
    async with doorstep_on(sqlite_url) as step:
        step.desk.url = "https://desk.test"
        yield await a_world(step)


ALL = ["desk", "informing-email", "promotion-telegram"]


@pytest.mark.parametrize(("asked", "locale"), TABLE)
async def test_known_and_vouched_for_acts_at_once(world: World, asked: str, locale: str) -> None:
    """P09-P11: the act, the number, the day of the letter, in the language of the letter."""
    received = world.step.desk.clock.now() - timedelta(days=1)
    handled = await Writer(world.step, HERS, True).writes(SUBJECTS[asked][locale], WORDS, received=received)
    state, (letter,) = await world.state(), await answered(world.step)
    assert letter.address == HERS and letter.message.locale == locale
    if asked == "opt-out":
        assert handled.case_id is None
        assert state == {"stops": 1, "consents": ALL, "cases": []}
        assert letter.message.kind == "stop-ack" and number_of(letter).startswith("S-")
        return
    assert letter.message.kind == "ack" and number_of(letter).startswith("K-")
    left = ALL if asked == "update" else []
    assert state == {"stops": 0, "consents": left, "cases": [(KIND[asked], "with staff", "hers")]}
    rows = await world.step.rows("SELECT received_at, answer_by FROM cases")
    assert [(str(row[0])[:16], row[1]) for row in rows] == [(f"{received:%Y-%m-%d %H:%M}", "email")]


@pytest.mark.parametrize(("asked", "locale"), TABLE)
@pytest.mark.parametrize("way", ["reply", "link"])
async def test_known_but_not_vouched_for_acts_when_the_mailbox_confirms(
    world: World, asked: str, locale: str, way: str
) -> None:
    """T-LET-01: until then the request waits under its own number, and nothing of hers has changed."""
    writer = Writer(world.step, HERS)
    await writer.writes(SUBJECTS[asked][locale], WORDS)
    state, (letter,) = await world.state(), await answered(world.step)
    if asked == "opt-out":  # only takes away: at once, whoever wrote
        assert state == {"stops": 1, "consents": ALL, "cases": []} and letter.message.kind == "stop-ack"
        return
    assert state == {"stops": 0, "consents": ALL, "cases": [(KIND[asked], "waiting", "a writer's")]}
    assert letter.message.kind == "confirm" and letter.message.locale == locale
    if way == "link":
        assert await confirmed_by_link(world.step, letter)
    else:
        handled = await writer.replies(
            letter, ""
        )  # a robot may send our own letter back: nothing is said by it
        assert handled.outcome == "empty" and await world.state() == state
        handled = await writer.replies(letter, YES[locale])
        assert handled.outcome == "confirmed"
    left = ALL if asked == "update" else []
    assert await world.state() == {
        "stops": 0,
        "consents": left,
        "cases": [(KIND[asked], "with staff", "hers")],
    }
    (told,) = await answered(world.step)
    assert told.message.kind == "ack" and number_of(told) == number_of(letter)


async def confirmed_by_link(step: Doorstep, letter: Parcel) -> bool:
    """What the button of the page does; the page itself is tried in tests/web."""
    secret = letter.body["text"].partition("/l/")[2].split()[0]

    def press(visit: Visit) -> bool:
        link = links.take(visit, secret, "a browser")
        return link is not None and petitions.confirm(visit, link.ref) is not None

    done: bool = await step.keep(press)
    return done


@pytest.mark.parametrize(("asked", "locale"), TABLE)
@pytest.mark.parametrize("bounces", [False, True])
async def test_spoofed_and_never_confirmed_goes_to_staff_unconfirmed(
    world: World, asked: str, locale: str, bounces: bool
) -> None:
    """T-LET-01: X writes as Aigul; the letter reaches her mailbox (or bounces), nobody answers, and nothing of hers changes."""
    await Writer(world.step, HERS).writes(SUBJECTS[asked][locale], WORDS)
    await world.step.courier("email", Outcome(GONE, "550") if bounces else None)
    world.step.later(hours=49)
    await world.step.caretaker()
    handed = [parcel for parcel in await world.step.courier("email") if parcel.message.kind == "case"]
    if asked == "opt-out":
        assert await world.state() == {"stops": 1, "consents": ALL, "cases": []} and handed == []
        return
    assert (await world.state())["consents"] == ALL
    assert (await world.state())["cases"] == [(KIND[asked], "with staff", "a writer's")]
    assert len(handed) == 1 and WORDS in handed[0].body["text"]
    world.step.later(hours=1)
    await world.step.caretaker()
    again = [parcel for parcel in await world.step.courier("email") if parcel.message.kind == "case"]
    assert again == []  # once is enough


@pytest.mark.parametrize(("asked", "locale"), [each for each in TABLE if each[0] != "opt-out"])
async def test_denied_by_its_mailbox_ends(world: World, asked: str, locale: str) -> None:
    """T-LET-01: «no» ends the request; staff never hear of it."""
    await Writer(world.step, HERS).writes(SUBJECTS[asked][locale], WORDS)
    (letter,) = await answered(world.step)
    handled = await Writer(world.step, HERS).replies(letter, {"kk": "Жоқ", "ru": "нет", "en": "No."}[locale])
    assert handled.outcome == "declined"
    assert await world.state() == {
        "stops": 0,
        "consents": ALL,
        "cases": [(KIND[asked], "withdrawn", "a writer's")],
    }
    assert await world.step.courier("email") == []


@pytest.mark.parametrize(("asked", "locale"), TABLE)
@pytest.mark.parametrize("authentic", [False, True])
async def test_known_and_unknown_read_the_same_words(
    world: World, asked: str, locale: str, authentic: bool
) -> None:
    """I13: nobody learns from the letters whether an address is on file; nor do they hold what was typed (T-LET-13)."""
    letters = {}
    for address in (HERS, NOBODYS):
        writer = Writer(world.step, address, authentic)
        await writer.writes(SUBJECTS[asked][locale], WORDS)
        told = await answered(world.step, address)
        if told[0].message.kind == "confirm":
            await writer.replies(told[0], YES[locale])
            told += await answered(world.step, address)
        letters[address] = [plain(parcel) for parcel in told]
        assert WORDS not in str([parcel.body["text"] for parcel in told])
    assert letters[HERS] == letters[NOBODYS] != []
    cases = (await world.state())["cases"]
    assert isinstance(cases, list)
    assert [whose for _kind, _state, whose in cases] == ([] if asked == "opt-out" else ["hers", "a writer's"])


@pytest.mark.parametrize(("asked", "locale"), TABLE)
async def test_an_automatic_letter_with_that_subject_does_nothing(
    world: World, asked: str, locale: str
) -> None:
    """RFC 3834: a robot asks for nothing and is not answered, vouched for or not."""
    before = await world.state()
    handled = await Writer(world.step, HERS, True).writes(SUBJECTS[asked][locale], "", kind=AUTOMATIC)
    assert not handled.ours and await world.state() == before and await world.step.courier("email") == []


@pytest.mark.postgres
@pytest.mark.parametrize("asked", list(SUBJECTS))
@pytest.mark.parametrize("row", ["confirmed by link", "vouched for", "same words"])
async def test_the_same_on_postgres(postgres_url: str, asked: str, row: str) -> None:
    async with doorstep_on(postgres_url) as step:
        step.desk.url = "https://desk.test"
        world = await a_world(step)
        if row == "confirmed by link":
            await test_known_but_not_vouched_for_acts_when_the_mailbox_confirms(world, asked, "kk", "link")
        elif row == "vouched for":
            await test_known_and_vouched_for_acts_at_once(world, asked, "ru")
        else:
            await test_known_and_unknown_read_the_same_words(world, asked, "en", False)
