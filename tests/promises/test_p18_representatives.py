"""P18 (clause 3.2): inquiries of legal representatives are answered, once staff have accepted the authority, and not before."""

from datetime import datetime, timedelta

import pytest
from tests.doorstep import Doorstep, Person
from tests.promises.stories import ALMATY, LOCALES, at, told

from kelisim.desk import decisions, mandates, staff
from kelisim.texts import NAMES, _, speaking

DANA = staff.Actor("responsible", "root as dana@alit.kz", "dana@alit.kz")
ANSWER = "CANARY-three-consents-of-hers"
MONDAY = datetime(2026, 11, 23, 11, tzinfo=ALMATY)


async def asks(step: Doorstep, until: str = "No end date") -> tuple[Person, str]:
    """Saule asks to act for Aigul, with words and a last day: the number."""
    at(step, MONDAY)
    saule = await step.person("saule").registers()
    await saule.say("/represent")
    await saule.press("By power of attorney")
    await saule.say("Nurlanova Aigul, aigul@mail.kz")
    await (saule.press(until) if until == "No end date" else saule.say(until))
    await saule.say("What do you hold about her? Power of attorney 17 of 1 March 2026.")
    return saule, (await saule.press("Send")).number


async def reads(person: Person, number: str) -> str:
    await person.say("/requests")
    said = await person.press(number)
    return (await person.press("Read the answer")).text if "Read the answer" in said.buttons else said.text


async def test_p18_whose_by_what_right_until_when_and_no_identity_papers(doorstep: Doorstep) -> None:
    """P18: staff get whose, what authority, until when; the person is asked for no copy of an identity document."""
    saule, number = await asks(doorstep, "31 December 2027")
    (letter,) = [parcel for parcel in await doorstep.courier("email") if parcel.message.number == number]
    for part in ("Nurlanova Aigul", "aigul@mail.kz", "2027", "Power of attorney 17"):
        assert part in letter.body["text"]
    await saule.say("/represent")
    await saule.press("I am a parent")
    await saule.say("Nurlanova Aigul aigul@mail.kz")
    said = await saule.press("No end date")
    assert "no photos of identity documents" in said.text


async def test_p18_nothing_is_told_before_staff_accept_and_then_not_before_its_day(
    doorstep: Doorstep,
) -> None:
    """P18: words of staff cannot go round the decision; accepted, the person concerned hears first, the answer waits."""
    saule, number = await asks(doorstep)
    aigul = await doorstep.person("aigul").registers()
    with pytest.raises(decisions.Impossible):
        await doorstep.keep(lambda visit: decisions.answer(visit, number, ANSWER, DANA))
    whose = await doorstep.keep(lambda visit: visit.known.id, aigul)
    await doorstep.keep(lambda visit: mandates.accept(visit, number, ANSWER, DANA, subject_id=whose))
    sent = await doorstep.courier()
    assert number in told([parcel for parcel in sent if parcel.address == str(aigul.id)])
    to_people = [parcel for parcel in sent if parcel.message.kind != "case"]  # staff read what staff wrote
    assert ANSWER not in told(to_people) and ANSWER not in await reads(saule, number)
    at(doorstep, MONDAY + timedelta(days=3))
    assert number in told([each for each in await doorstep.courier() if each.address == str(saule.id)])
    assert ANSWER in await reads(saule, number)


async def test_p18_refused_with_a_ground_and_the_way_to_complain(doorstep: Doorstep) -> None:
    """P18: an authority that is not accepted is refused by a person, on a ground, with the route."""
    saule, number = await asks(doorstep)
    await doorstep.keep(lambda visit: decisions.refuse(visit, number, "law", "The paper has expired.", DANA))
    text = await reads(saule, number)
    assert "The paper has expired." in text and "article 8" in text and "a court" in text


async def test_p18_after_its_last_day_an_authority_opens_nothing(doorstep: Doorstep) -> None:
    """P18: until when: the day after, the answer that was open is closed."""
    saule, number = await asks(doorstep, "30.11.2026")
    await doorstep.keep(lambda visit: mandates.accept(visit, number, ANSWER, DANA, subject_id=None))
    at(doorstep, MONDAY + timedelta(days=4))
    assert ANSWER in await reads(saule, number)
    at(doorstep, MONDAY + timedelta(days=8))
    assert ANSWER not in await reads(saule, number)


@pytest.mark.parametrize("locale", LOCALES)
async def test_p18_in_every_language(doorstep: Doorstep, locale: str) -> None:
    """P18: the way for someone else is three presses in each language."""
    person = await doorstep.person("aigul").registers(locale)
    await person.say("/language")
    await person.press(NAMES[locale])
    with speaking(locale):
        labels = [_("For someone else"), _("I am a parent"), _("No end date"), _("Send")]
    await person.say("/menu")
    await person.press(labels[0])
    await person.press(labels[1])
    await person.say("Омаров Диас, dias@mail.kz")
    await person.press(labels[2])
    await person.say("Деректерін көрсетіңіз")
    assert (await person.press(labels[3])).number.startswith("K-")
