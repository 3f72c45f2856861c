"""How many presses a right costs, counted on the real keyboards: SCREENS.md section 4. Typing is not counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

import pytest
from tests.doorstep import NUMBER, Doorstep
from tests.journeys.snapshot import Moment, put_back, take
from tests.journeys.starts import FULL, MAILBOX, Crawler
from tests.promises.stories import LABELS

from kelisim.desk import consents, suppressions
from kelisim.desk.visit import Visit
from kelisim.texts import LOCALES

PAIRS = ("informing-email", "informing-telegram", "promotion-email", "promotion-telegram")
READING = ("policy", "policy.page", "text")  # no right is behind them
FARTHEST = 5  # presses after which a search gives up
Reached = Callable[[Moment], Awaitable[bool] | bool]


async def answers(crawler: Crawler, moment: Moment) -> Moment:
    """Type what a question asks for, as often as one is asked: typing costs no tap."""
    step = crawler.step
    while moment.screen in ("consents.give.name", "consents.give.email", "consents.give.code"):
        if moment.screen == "consents.give.code":
            await crawler.say(await step.code(MAILBOX))
        else:
            await crawler.say(FULL[crawler.locale] if moment.screen.endswith("name") else MAILBOX)
        moment = await take(step, crawler.person)
    return moment


async def taps(crawler: Crawler, reached: Reached, begin: str = "/menu") -> tuple[int, Moment]:
    """The fewest presses from the menu to a moment that is wanted, breadth first over every button there is."""
    await crawler.say(begin)
    line: deque[tuple[int, Moment]] = deque([(0, await take(crawler.step, crawler.person))])
    seen: set[tuple[object, ...]] = set()
    while line:
        count, moment = line.popleft()
        found = reached(moment)
        if found if isinstance(found, bool) else await found:
            return count, moment
        key = (moment.screen, NUMBER.sub("", moment.said.text), tuple(moment.shown))
        aside = READING if moment.subject is None else (*READING, "language")
        if key in seen or count == FARTHEST or moment.screen in aside:
            continue
        seen.add(key)
        for data in moment.shown.values():
            if not data.startswith("https://"):
                await put_back(crawler.step, crawler.person, moment)
                await crawler.person.press(data=data)
                line.append((count + 1, await answers(crawler, await take(crawler.step, crawler.person))))
    raise AssertionError(f"not reached in {FARTHEST} presses")


def in_force(crawler: Crawler, purpose: str, wanted: bool = True) -> Reached:
    async def reached(moment: Moment) -> bool:
        await put_back(crawler.step, crawler.person, moment)
        given = await crawler.step.keep(consents.given, crawler.person)
        return (purpose in given) is wanted

    return reached


def stops(crawler: Crawler, *channels: str) -> Reached:
    async def reached(moment: Moment) -> bool:
        await put_back(crawler.step, crawler.person, moment)

        def look(visit: Visit) -> set[str]:
            return set(suppressions.stopped(visit))

        return bool(await crawler.step.keep(look, crawler.person) == set(channels))

    return reached


def at_screen(screen: str) -> Reached:
    return lambda moment: moment.screen == screen


async def known(step: Doorstep, locale: str = "en") -> Crawler:
    """Someone registered, at the menu."""
    crawler = Crawler(step, step.person("saule"), locale)
    await crawler.registered()
    return crawler


@pytest.mark.timeout(300)
@pytest.mark.parametrize("purpose", PAIRS)
async def test_taking_back_costs_no_more_taps_than_giving(doorstep: Doorstep, purpose: str) -> None:
    crawler = await known(doorstep)
    given, moment = await taps(crawler, in_force(crawler, purpose))
    await put_back(doorstep, crawler.person, moment)
    withdrawn, _after = await taps(crawler, in_force(crawler, purpose, wanted=False))
    assert withdrawn <= given
    assert withdrawn == 3
    # What a name, a mailbox and an optional phone add are the confirmations of what was typed.
    assert (
        given
        == {"informing-telegram": 3, "promotion-telegram": 3, "promotion-email": 4, "informing-email": 5}[
            purpose
        ]
    )


async def test_a_second_consent_of_a_known_mailbox_costs_three_taps(doorstep: Doorstep) -> None:
    crawler = Crawler(doorstep, doorstep.person("saule"), "en")
    await crawler.consented()
    given, _moment = await taps(crawler, in_force(crawler, "promotion-email"))
    assert given == 3


async def test_opting_out_costs_two_taps_and_a_word_none(doorstep: Doorstep) -> None:
    crawler = await known(doorstep)
    menu = await take(doorstep, crawler.person)
    for channels in (("telegram", "email"), ("email",), ("telegram",)):
        await put_back(doorstep, crawler.person, menu)
        count, stopped = await taps(crawler, stops(crawler, *channels))
        assert count == 2
    await put_back(doorstep, crawler.person, menu)
    count, _moment = await taps(crawler, stops(crawler, "telegram", "email"), begin="stop")
    assert count == 0
    # And back in: as many.
    await put_back(doorstep, crawler.person, menu)
    await crawler.press("My consents")
    await crawler.person.press(LABELS["en"]["informing-telegram"])
    await crawler.press("I agree")
    await crawler.say("/menu")
    await crawler.press("Messages", "Stop: Telegram")
    count, _moment = await taps(crawler, stops(crawler))
    assert count == 2
    assert stopped.screen == "stop"


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_table_of_taps_holds_by_its_labels(doorstep: Doorstep, locale: str) -> None:
    crawler = await known(doorstep, locale)
    pair = LABELS[locale]["informing-telegram"]

    async def path(*labels: str, wanted: str) -> None:
        await crawler.say("/menu")
        for label in labels:
            await crawler.person.press(label)
        assert (await take(doorstep, crawler.person)).screen == wanted, labels

    own, messages = crawler.label("My consents"), crawler.label("Messages")
    await path(own, pair, crawler.label("I agree"), wanted="consents.given")
    await path(own, pair, crawler.label("Withdraw"), wanted="consents.withdrawn")
    await path(messages, crawler.label("Stop all"), wanted="stop")
    await path(
        messages, crawler.label("Resume: e-mail"), wanted="consents.one"
    )  # without a consent: the way to one
    await path(own, pair, crawler.label("I agree"), wanted="consents.given")
    await path(messages, crawler.label("Stop: Telegram"), wanted="stop")
    await path(messages, crawler.label("Resume: Telegram"), wanted="resumed")
    title = doorstep.desk.shelf.current("policy", locale).sections[0].title
    await path(crawler.label("📄 Policy"), title, wanted="policy.page")
    await path(crawler.label("🌐 Language"), "English", wanted="menu")
    await crawler.say("/language")
    await crawler.person.press({"kk": "Қазақша", "ru": "Русский", "en": "English"}[locale])
    await path(
        own,
        crawler.label("Withdraw everything"),
        crawler.label("Withdraw, answer me here"),
        wanted="revoke.done",
    )


async def test_seeing_ones_data_costs_one_tap_who_looked_two_and_the_file_three(doorstep: Doorstep) -> None:
    crawler = await known(doorstep)
    for screen, cost in (("data", 1), ("data.looked", 2), ("data.sent", 2), ("data.file.done", 3)):
        count, _moment = await taps(crawler, at_screen(screen))
        assert count == cost, screen


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_way_to_ones_data_holds_by_its_labels(doorstep: Doorstep, locale: str) -> None:
    crawler = await known(doorstep, locale)
    doorstep.desk.url = "https://desk.example"
    for path, wanted in (
        (("My data",), "data"),
        (("My data", "Who looked"), "data.looked"),
        (("My data", "Messages sent to me"), "data.sent"),
        (("My data", "Get the file", "One-time link"), "data.file.done"),
        (("My data", "Get the file", "Here in the chat"), "data.file.done"),
    ):
        await crawler.say("/menu")
        await crawler.press(*path)
        assert (await take(doorstep, crawler.person)).screen == wanted, path


@pytest.mark.parametrize("locale", LOCALES)
async def test_blocking_costs_three_taps_lifting_two_and_deleting_three(
    doorstep: Doorstep, locale: str
) -> None:
    crawler = await known(doorstep, locale)
    for path, wanted in (
        (("Block or delete", "Block my data", "Kept too long"), "blocked"),
        (("Block or delete", "Lift the block"), "unblocked"),
        (("Block or delete", "Delete my data", "Delete for good"), "erase.done"),
        (("Block or delete", "Keep my data"), "erase.kept"),
    ):
        await crawler.say("/menu")
        await crawler.press(*path)
        assert (await take(doorstep, crawler.person)).screen == wanted, path


async def test_the_desk_consent_costs_three_taps_to_give_and_three_to_take_back(doorstep: Doorstep) -> None:
    crawler = Crawler(doorstep, doorstep.person("saule"), "en")
    given, moment = await taps(crawler, in_force(crawler, "desk"), begin="/start")
    await put_back(doorstep, crawler.person, moment)
    withdrawn, _after = await taps(crawler, in_force(crawler, "desk", wanted=False))
    assert (given, withdrawn) == (3, 3)


@pytest.mark.parametrize("locale", LOCALES)
async def test_correcting_costs_three_taps_and_going_without_a_document_one_more(
    doorstep: Doorstep, locale: str
) -> None:
    """Correct my data › field › ✎ › Yes, correct; a name is asked for its document, which is sent (no tap) or skipped (one)."""
    crawler = await known(doorstep, locale)

    async def fetch(_id: str) -> bytes:
        return b"%PDF-1.7"

    doorstep.door.fetch = fetch
    await crawler.say("/menu")
    await crawler.press("Correct my data", "E-mail")
    await crawler.say(MAILBOX)
    await crawler.say(await doorstep.code(MAILBOX))
    await crawler.press("Yes, correct")
    assert (await take(doorstep, crawler.person)).screen == "correct.done"
    await crawler.say("/menu")
    await crawler.press("Correct my data", "Surname")
    await crawler.say("Бекова")
    await crawler.person.bring(document={"file_id": "a", "file_unique_id": "b", "file_size": 8})
    await crawler.press("Yes, correct")
    assert (await take(doorstep, crawler.person)).screen == "correct.done"
    await crawler.say("/menu")
    await crawler.press("Correct my data", "Name")
    await crawler.say("Айгерім")
    await crawler.press("Skip", "Yes, correct")
    assert (await take(doorstep, crawler.person)).screen == "correct.done"


async def test_asking_costs_three_taps_and_a_complaint_file_as_many(doorstep: Doorstep) -> None:
    """Ask or complain › kind › ✎ › Send; Ask or complain › Complain › Complaint file."""
    crawler = await known(doorstep)
    words = {"ask.question": "One question", "ask.complain": "One complaint", "ask.object": "One objection",
             "ask.leak": "One leak"}  # fmt: skip
    for label in ("Ask a question", "Complain", "Object to automation", "Report a leak"):
        await crawler.say("/menu")
        await crawler.press("Ask or complain", label)
        screen = (await take(doorstep, crawler.person)).screen
        await crawler.say(words[screen])
        await crawler.press("Send")
        assert (await take(doorstep, crawler.person)).screen == "ask.done"
    await crawler.say("/menu")
    await crawler.press("Ask or complain", "Complain", "Complaint file")
    await crawler.say("What they did to me.")
    assert (await take(doorstep, crawler.person)).screen == "complaint"


async def test_a_request_costs_two_taps_its_date_and_its_withdrawal_three(doorstep: Doorstep) -> None:
    """My requests › one › Why this date?; My requests › one › Withdraw the request."""
    crawler = await known(doorstep)
    await crawler.say("/ask")
    await crawler.press("Ask a question")
    await crawler.say("Where is my answer?")
    number = (await crawler.press("Send")).number
    for label, wanted in (
        ("Why this date?", "requests.one.clock"),
        ("Complaint file", "complaint"),
        ("Withdraw the request", "requests.one.withdrawn"),
    ):
        await crawler.say("/menu")
        await crawler.press("My requests")
        await crawler.person.press(number)
        assert (await take(doorstep, crawler.person)).screen == "requests.one"
        await crawler.press(label)
        assert (await take(doorstep, crawler.person)).screen == wanted


async def test_a_search_that_finds_nothing_says_so(doorstep: Doorstep) -> None:
    crawler = await known(doorstep)
    with pytest.raises(AssertionError, match="not reached"):
        await taps(crawler, in_force(crawler, "publication"))


@pytest.mark.parametrize("locale", LOCALES)
async def test_acting_for_someone_else_costs_three_taps_and_one_more_without_an_end(
    doorstep: Doorstep, locale: str
) -> None:
    """For someone else › role › ✎ › Send."""
    crawler = await known(doorstep, locale)
    for role in ("I am a parent", "Guardian or trustee", "By power of attorney"):
        await crawler.say("/menu")
        await crawler.press("For someone else", role)
        await crawler.say("Омаров Диас, dias@mail.kz", "31.12.2099", f"1 {role}")
        await crawler.press("Send")
        assert (await take(doorstep, crawler.person)).screen == "rep.done"
    await crawler.say("/menu")
    await crawler.press("For someone else", "I am a parent")
    await crawler.say("Омаров Диас, dias@mail.kz")
    await crawler.press("No end date")
    await crawler.say("2")
    await crawler.press("Send")
    assert (await take(doorstep, crawler.person)).screen == "rep.done"
