"""Blocking in the chat: at once, with a date, lifted by the person; what blocked data do not take."""

from __future__ import annotations

import pytest
from tests.doorstep import Doorstep, Person
from tests.promises.stories import at_noon, outcome, prepare

from kelisim.desk import blocking, cases, decisions, holds, staff, subjects, suppressions, viewings
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
REASONS = {"The data are wrong": "wrong", "I gave no consent": "noconsent", "Kept too long": "toolong"}


async def state(step: Doorstep, person: Person) -> str:
    found: str = await step.keep(lambda visit: visit.known.state, person)
    return found


async def blocks(person: Person, reason: str = "Kept too long") -> str:
    """Through the menu, three taps; the number."""
    await person.say("/menu")
    for label in ("Block or delete", "Block my data", reason):
        said = await person.press(label)
    assert "Your data are blocked" in said.text and said.text.startswith("✔")
    return said.number


@pytest.mark.parametrize("reason", REASONS)
async def test_a_block_holds_at_once_and_its_reason_goes_to_staff(
    each_doorstep: Doorstep, reason: str
) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await blocks(aigul, reason)
    assert "Decision due:" in aigul.said.text
    assert {
        "Add more",
        "Why this date?",
        "My requests",
        "Menu",
    } <= aigul.said.buttons.keys() and "Back" not in aigul.said.buttons
    assert await state(step, aigul) == subjects.BLOCKED
    case = await step.keep(lambda visit: cases.find(visit, number), aigul)
    assert (
        case.kind == cases.BLOCKING
        and case.facts["reason"] == REASONS[reason]
        and case.state == cases.WITH_STAFF
    )
    (letter,) = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "case"]
    assert number in letter.body["subject"]
    assert await step.rows("SELECT 1 FROM ledger WHERE verb = 'blocked' AND number = :n", n=number) != []


async def test_another_reason_is_written_in_own_words(doorstep: Doorstep) -> None:
    aigul = await doorstep.person("aigul").registers("en")
    await aigul.say("/block")
    said = await aigul.press("Another reason")
    assert "own words" in said.text and "Cancel" in said.buttons
    said = await aigul.say("x" * (cases.LONGEST + 1))
    assert "too long" in said.text and await state(doorstep, aigul) == subjects.ACTIVE
    said = await aigul.say("My neighbour works there")
    assert "Your data are blocked" in said.text
    words = await doorstep.keep(
        lambda visit: [
            m.words for m in cases.messages(visit, cases.find(visit, said.number) or pytest.fail())
        ],
        aigul,
    )
    assert words == ["My neighbour works there"]


async def test_a_second_block_is_the_first_with_its_date(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await blocks(aigul)
    said = await aigul.say("/block")
    assert "already done" in said.text and said.number == number
    again = await aigul.press(data="blckdo:en::wrong")
    assert again.number == number and "already done" in again.text
    assert await step.rows("SELECT count(*) FROM cases") == [(1,)]
    said = await aigul.press(data="freeze:en::")
    assert number in said.text and "Lift the block" in said.buttons and "Block my data" not in said.buttons
    assert number in (await aigul.say("/menu")).text


async def test_the_person_lifts_their_own_block_in_two_taps(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await blocks(aigul)
    await aigul.say("/menu")
    await aigul.press("Block or delete")
    said = await aigul.press("Lift the block")
    assert said.number == number and "lifted" in said.text and said.text.startswith("✔")
    assert await state(step, aigul) == subjects.ACTIVE
    case = await step.keep(lambda visit: cases.find(visit, number), aigul)
    assert case.state == cases.WITHDRAWN
    told = [
        parcel.message.body["what"] for parcel in await step.courier(EMAIL) if parcel.message.kind == "case"
    ]
    assert told == ["new", "withdrawn"]
    again = await aigul.press(data="unblck:en::")
    assert "already done" in again.text and again.number == number


async def test_messages_stopped_before_the_block_stay_stopped_after_it(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await aigul.say("STOP")
    await blocks(aigul)
    await aigul.say("/menu")
    await aigul.press("Block or delete")
    await aigul.press("Lift the block")
    assert set(await step.keep(suppressions.stopped, aigul)) == {TELEGRAM, EMAIL}


async def test_the_request_withdrawn_among_my_requests_lifts_the_block(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await blocks(aigul)
    await aigul.say("/requests")
    await aigul.press(number)
    await aigul.press("Withdraw the request")
    assert await state(step, aigul) == subjects.ACTIVE


async def test_what_is_held_is_not_lifted_yet_and_says_who_decides(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await blocks(aigul)
    until = step.desk.clock.now().date().replace(year=2027)
    hold = await step.keep(
        lambda visit: holds.place(visit, "justice", "CANARY of the court", ERLAN, until), aigul
    )
    await aigul.say("/menu")
    await aigul.press("Block or delete")
    said = await aigul.press("Lift the block")
    assert "cannot be lifted yet" in said.text and "2027" in said.text and "info@alit.kz" in said.text
    assert "CANARY" not in said.text and not said.text.startswith("✔")
    assert await state(step, aigul) == subjects.BLOCKED
    assert (await step.keep(lambda visit: cases.find(visit, number), aigul)).in_hand
    assert await step.keep(lambda visit: blocking.lift_hold(visit, hold, ERLAN), aigul)
    assert await state(step, aigul) == subjects.BLOCKED  # the person's own request is still there
    await aigul.press(data="unblck:en::")
    assert await state(step, aigul) == subjects.ACTIVE


async def test_what_blocked_data_do_not_take_names_the_number_and_the_way_out(
    each_doorstep: Doorstep,
) -> None:
    """S20."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await blocks(aigul)
    for path in (("/delete",), ("/consent", "Information: Telegram", "I agree"), ("/correct",)):
        await aigul.say(path[0])
        for label in path[1:]:
            await aigul.press(label)
        assert f"Your data are blocked, No. {number}" in aigul.said.text, path
        assert "Lift the block" in aigul.said.buttons


async def test_a_message_that_waits_does_not_leave_while_data_are_blocked(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    at_noon(step)
    aigul = await step.person("aigul").registers("en")
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    await aigul.press("I agree")
    row = await prepare(step, aigul, "informing-telegram", "CANARY news")
    await blocks(aigul)
    assert all("CANARY" not in str(parcel.body) for parcel in await step.courier())
    await aigul.press(data="unblck:en::")
    assert all("CANARY" not in str(parcel.body) for parcel in await step.courier())
    assert await outcome(step, row) == "cancelled"


async def test_staff_who_open_blocked_data_give_a_reason_and_the_person_is_told(
    each_doorstep: Doorstep,
) -> None:
    """T-STAFF-05: role, moment and reason; never a name."""
    step = each_doorstep
    at_noon(step)
    aigul, dias = await step.person("aigul").registers("en"), await step.person("dias").registers("ru")
    await step.keep(lambda visit: viewings.note(visit, ERLAN, viewings.DATA, "a question by phone"), dias)
    await blocks(aigul)
    with pytest.raises(viewings.NoReason):
        await step.keep(lambda visit: viewings.note(visit, ERLAN, viewings.DATA, "  "), aigul)
    assert await step.rows("SELECT count(*) FROM viewings") == [(1,)]
    await step.courier()
    await step.keep(lambda visit: viewings.note(visit, ERLAN, viewings.DATA, "checking the complaint"), aigul)
    (told,) = await step.courier(TELEGRAM)
    assert told.address == str(aigul.id)
    assert "checking the complaint" in told.body["text"] and "a member of staff" in told.body["text"]
    assert "erlan" not in told.body["text"].lower()
    labels = [b["text"] for row in told.body["reply_markup"]["inline_keyboard"] for b in row]
    assert "Who looked" in labels


async def test_notices_wait_for_nobody_whose_data_are_blocked_but_those_of_their_own_case(
    each_doorstep: Doorstep,
) -> None:
    """SCREENS 3.11: a blocked record gets answers, dates, block and breach messages, nothing else."""
    step = each_doorstep
    at_noon(step)
    aigul = await step.person("aigul").registers("en")
    await blocks(aigul)
    await step.courier()

    def told(visit: Visit, screen: str) -> bool:
        return blocking.may_tell(visit, screen)

    for screen, may in (("svc.answer", True), ("svc.late", True), ("svc.breach", True), ("svc.policy", False),
                        ("svc.expiring", False), ("svc.transfer", False)):  # fmt: skip
        assert await step.keep(lambda visit, screen=screen: told(visit, screen), aigul) is may, screen


@pytest.mark.parametrize("decision", ["refused", "accepted"])
async def test_the_decision_is_told_at_any_hour(each_doorstep: Doorstep, decision: str) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await blocks(aigul, "The data are wrong")
    await step.courier()

    def decides(visit: Visit) -> None:
        if decision == "refused":
            decisions.refuse(visit, number, "lawful", "The consent of 2025 covers it.", ERLAN)
        else:
            decisions.accept(visit, number, "You are right.", ERLAN)

    await step.keep(decides)
    assert await state(step, aigul) == subjects.ACTIVE
    texts = [parcel.body["text"] for parcel in await step.courier(TELEGRAM) if "text" in parcel.body]
    wanted = (
        "not confirmed, the block is lifted" if decision == "refused" else "confirmed that the data are wrong"
    )
    assert any(wanted in text and number in text for text in texts), texts
