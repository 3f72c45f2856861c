"""P29 (clause 12.1): a question in one's own words reaches staff by e-mail; the answer comes as the person chose."""

from tests.doorstep import Doorstep, Person
from tests.mail.writers import number_of, posts

from kelisim.desk import decisions, staff

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
WORDS = "Do you keep the number of my old phone?"


async def asks(person: Person, *labels: str) -> str:
    await person.say("/ask")
    await person.press("Ask a question")
    await person.say(WORDS)
    for label in labels:
        await person.press(label)
    return (await person.press("Send")).number


async def test_p29_a_question_goes_to_staff_by_email_and_the_answer_comes_back_to_the_chat(
    each_doorstep: Doorstep,
) -> None:
    """P29: number and date at once, the letter with the words, the answer in the same chat."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    await step.courier()
    number = await asks(saule)
    (letter,) = await step.courier("email")
    assert (
        letter.address == "erlan@alit.kz"
        and WORDS in letter.body["text"]
        and number in letter.body["subject"]
    )
    await step.keep(lambda visit: decisions.answer(visit, number, "No, it was destroyed in May.", ERLAN))
    (told,) = await step.courier("telegram")
    assert told.address == str(saule.id) and number in told.body["text"]
    saule.shown = {
        button["text"]: button["callback_data"]
        for row in told.body["reply_markup"]["inline_keyboard"]
        for button in row
    }
    assert "No, it was destroyed in May." in (await saule.press("Read the answer")).text


async def test_p29_the_answer_comes_by_letter_to_who_chose_so(doorstep: Doorstep) -> None:
    """P29: «or by letter, as the person chose»; the chat then hears nothing."""
    saule = await doorstep.person("saule").registers()
    await saule.gives_email("saule@mail.kz")
    await doorstep.courier()
    number = await asks(saule, "Answer by e-mail")
    await doorstep.courier()
    await doorstep.keep(lambda visit: decisions.answer(visit, number, "No, it was destroyed in May.", ERLAN))
    (letter,) = await doorstep.courier()
    assert letter.address == "saule@mail.kz" and "No, it was destroyed in May." in letter.body["text"]


async def test_p29_words_nobody_understood_can_become_a_question(doorstep: Doorstep) -> None:
    """P29: what no rule understands is offered to a person, with the date of the answer."""
    saule = await doorstep.person("saule").registers()
    said = await saule.say("melons and pumpkins")
    assert "a person will" in said.text and "Answer due: " in said.text and "Pass to staff" in said.buttons


async def test_p29_a_letter_is_a_question_too(each_doorstep: Doorstep) -> None:
    """P29: whoever writes to the mailbox: staff read it, the writer has a number and a date, the answer comes back there."""
    step = each_doorstep
    await posts(step, "someone@mail.kz", "An old phone", WORDS)
    sent = await step.courier("email")
    assert sorted(parcel.message.kind for parcel in sent) == ["ack", "case"]
    (ack,) = [parcel for parcel in sent if parcel.message.kind == "ack"]
    (letter,) = [parcel for parcel in sent if parcel.message.kind == "case"]
    number = number_of(ack)
    assert (
        letter.address == "erlan@alit.kz"
        and WORDS in letter.body["text"]
        and number in letter.body["subject"]
    )
    await step.keep(lambda visit: decisions.answer(visit, number, "No, it was destroyed in May.", ERLAN))
    (answer,) = await step.courier()
    assert answer.address == "someone@mail.kz" and "No, it was destroyed in May." in answer.body["text"]
    await posts(
        step, "someone@mail.kz", f"Re: {answer.body['subject']}", "And the backup of it?", answers=answer
    )
    (more,) = [parcel for parcel in await step.courier() if parcel.message.kind == "case"]
    assert "And the backup of it?" in more.body["text"] and number in more.body["subject"]
