"""P10 (clause 8.4): revocation at any time; processing stops, the rest follows within 15 working days."""

from datetime import UTC, date, datetime

import pytest
from tests.doorstep import Doorstep
from tests.mail.writers import answered, number_of, posts
from tests.promises.stories import at, at_noon, audience, gives, outcome, prepare

from kelisim.desk import consents
from kelisim.texts import day, speaking

# LAW.md 8.4: the day of receipt, and the last day of 15 working days.
VECTORS = [
    (date(2026, 3, 20), date(2026, 4, 15), "Wednesday 15 April 2026"),
    (date(2026, 11, 20), date(2026, 12, 11), "Friday 11 December 2026"),
    (date(2026, 12, 11), date(2027, 1, 6), "Wednesday 6 January 2027"),
]


@pytest.mark.parametrize("received, due, told", VECTORS)
async def test_p10_one_purpose_with_its_last_day(
    doorstep: Doorstep, received: date, due: date, told: str
) -> None:
    """P10: the withdrawal takes effect at once; person, record and staff have the same last day."""
    at(doorstep, datetime(received.year, received.month, received.day, 7, tzinfo=UTC))
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-telegram")
    await gives(aigul, "promotion-telegram")
    row = await prepare(doorstep, aigul, "informing-telegram")
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    said = await aigul.press("Withdraw")
    assert f"Last day: {told}" in said.text and said.number.startswith("C-")
    assert await outcome(doorstep, row) == "cancelled"
    kept = await doorstep.rows("SELECT due FROM consent_records WHERE number = :number", number=said.number)
    assert [str(each[0]) for each in kept] == [due.isoformat()]
    assert sorted(await doorstep.keep(consents.given, aigul)) == ["desk", "promotion-telegram"]
    handed = [parcel for parcel in await doorstep.courier("email") if parcel.message.kind == "case"]
    assert [parcel.address for parcel in handed] == ["dana@alit.kz"]
    with speaking("ru"):  # the responsible person's language
        assert said.number in handed[0].body["text"] and day(due) in handed[0].body["text"]
    await aigul.say("/requests")
    assert told in aigul.said.text  # and she can follow it among her requests


@pytest.mark.parametrize(
    "way, left", [("Withdraw, answer me here", ["desk"]), ("Withdraw and close the chat", [])]
)
async def test_p10_everything_at_once(doorstep: Doorstep, way: str, left: list[str]) -> None:
    """P10: as a whole: nothing is in force any more but, if she waits for the answer here, the desk until its date."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")
    await gives(aigul, "promotion-telegram")
    for purpose in ("informing-email", "promotion-telegram"):
        await prepare(doorstep, aigul, purpose)
    await aigul.say("/consent")
    await aigul.press("Withdraw everything")
    said = await aigul.press(way)
    assert "Consent withdrawn" in said.text and "Already prepared and now cancelled: 2." in said.text
    assert await doorstep.keep(consents.given, aigul) == left
    assert (
        await audience(doorstep, "informing-email") | await audience(doorstep, "promotion-telegram") == set()
    )
    if left:
        doorstep.later(days=60)
        await doorstep.caretaker()
        assert (
            await doorstep.keep(consents.given, aigul) == []
        )  # the desk consent ended by itself after the answer


@pytest.mark.parametrize("words", ["отзываю согласие", "келісімімді қайтарып аламын", "I withdraw consent"])
async def test_p10_her_own_words_open_the_way_and_do_not_act(doorstep: Doorstep, words: str) -> None:
    """P10: a sentence about withdrawing opens My consents, where it is one press; it withdraws nothing by itself."""
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-telegram")
    screen = await aigul.say(words)
    assert "Withdraw everything" in screen.buttons
    assert sorted(await doorstep.keep(consents.given, aigul)) == ["desk", "informing-telegram"]


async def test_p10_a_child_withdraws_with_the_mailbox_alone(doorstep: Doorstep) -> None:
    """P10: someone who may not register ends the consents of a mailbox by proving it."""
    at_noon(doorstep)
    aigul, minor = await doorstep.person("aigul").registers(), doorstep.person("7001")
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")
    await minor.say("/start")
    await minor.press("English")
    await minor.press("I am under 18")
    await minor.press("Withdraw")
    await minor.say("aigul@mail.kz")
    said = await minor.say(await doorstep.code("aigul@mail.kz"))
    assert "Consent withdrawn" in said.text
    assert await doorstep.keep(consents.given, aigul) == ["desk"]


async def test_p10_two_withdrawals_of_a_day_are_one_request_that_names_both(doorstep: Doorstep) -> None:
    """P10: staff read each number and each purpose; the person follows one request with one date."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    numbers = []
    for purpose, label in (
        ("informing-telegram", "Information: Telegram"),
        ("promotion-telegram", "Promotion: Telegram"),
    ):
        await gives(aigul, purpose)
        await aigul.say("/consent")
        await aigul.press(label)
        numbers.append((await aigul.press("Withdraw")).number)
    (case,) = await doorstep.rows("SELECT number FROM cases")
    letters = [parcel for parcel in await doorstep.courier("email") if parcel.message.kind == "case"]
    assert len(letters) == 2 and all(case.number in letter.body["subject"] for letter in letters)
    assert all(number in letters[-1].body["text"] for number in numbers)


@pytest.mark.parametrize(
    "subject",
    [
        "Revocation of consent to the processing of personal data",
        "Отзыв согласия на обработку персональных данных",
        "Дербес деректерді өңдеуге келісімді кері қайтарып алу",
    ],
)
@pytest.mark.parametrize("stamped", [True, False])
async def test_p10_by_letter(doorstep: Doorstep, subject: str, stamped: bool) -> None:
    """P10: the letter of the policy ends everything: at once where the server vouches for it, else when the mailbox says so."""
    at(doorstep, datetime(2026, 11, 20, 7, tzinfo=UTC))
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")
    await gives(aigul, "promotion-telegram")
    await doorstep.courier()
    await posts(doorstep, "aigul@mail.kz", subject, stamped=stamped)
    (told,) = await answered(doorstep)
    if not stamped:
        assert "promotion-telegram" in await doorstep.keep(consents.given, aigul)
        await posts(doorstep, "aigul@mail.kz", f"Re: {told.body['subject']}", "Иә", answers=told)
    assert await doorstep.keep(consents.given, aigul) == ["desk"]  # until its answer
    (case,) = await doorstep.rows("SELECT number, state, due FROM cases")
    assert (case.number, case.state, str(case.due)) == (number_of(told), "with staff", "2026-12-11")
    await aigul.say("/requests")
    assert case.number in aigul.said.text
