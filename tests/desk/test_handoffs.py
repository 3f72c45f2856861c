"""Staff: letters that say everything in their language, cases of those who left, and looks that become too many."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import altered, at_noon

from kelisim.desk import blocking, cases, decisions, handoffs, staff, subjects, viewings
from kelisim.desk.cases import Case
from kelisim.desk.visit import Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
SPOKEN = {"kk": "erlan@alit.kz", "ru": "gulnar@alit.kz"}
NOBODY = ("[[staff]]\nname = \"Erlan Akhmetov (sample)\"\naddress = \"erlan@alit.kz\"\nrole = \"staff\"\nlocale = \"kk\"\n"
          "deputy = \"gulnar@alit.kz\"\n")  # fmt: skip


async def begun(step: Doorstep, kind: str = cases.QUESTION, key: str = "aigul", words: str = "Why?") -> Case:
    person = await step.person(key).registers()
    made: Case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, kind, words=words)), person
    )
    return made


async def test_a_letter_is_in_the_language_of_who_reads_it_and_its_reason_in_the_persons(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Why?")), saule
    )
    (letter,) = [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]
    assert f"kelisim case answer {case.number} --as erlan@alit.kz" in letter.body["text"]
    assert all(
        word in letter.body["text"] for word in ("сұрау", "бас тарту", "беру", "жазба", "жабу", "көмек")
    )
    assert letter.body["text"].startswith("▼ ") and letter.message.locale == "kk"
    assert "English" in letter.body["text"]  # what the person reads
    looks = await step.keep(lambda visit: viewings.of_subject(visit), saule)
    assert [(look.role, look.reason) for look in looks] == [("staff", f"letter about request {case.number}")]


@pytest.mark.parametrize("kind", cases.KINDS)
async def test_every_kind_of_case_has_its_letter_in_every_language(doorstep: Doorstep, kind: str) -> None:
    step = doorstep
    case = await begun(step, kind)
    for address in (*SPOKEN.values(), "dana@alit.kz"):
        await step.keep(lambda visit, to=address: handoffs.write(visit, case, handoffs.NEW, to))
    letters = [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]
    assert {parcel.address for parcel in letters} >= set(SPOKEN.values())
    for parcel in letters:
        assert case.number in parcel.body["subject"] and case.number in parcel.body["text"]
        assert "{" not in parcel.body["text"] and "kelisim case" in parcel.body["text"]
        accepted = (kind, cases.ACCEPTED) in decisions.EFFECTS
        assert (f"kelisim case accept {case.number}" in parcel.body["text"]) == accepted


async def test_what_is_asked_for_another_is_told_to_staff_in_words(doorstep: Doorstep) -> None:
    step = doorstep
    aigul = await step.person("aigul").registers()
    facts = {"role": "parent", "whom": "Omarov Dias", "reach": "dias@mail.kz", "until": "2027-12-31"}

    def ask(visit: Visit) -> Case:
        return handoffs.send(visit, cases.begin(visit, cases.REPRESENTATION, words="Paper 5", facts=facts))

    case = await step.keep(ask, aigul)
    (letter,) = [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]
    text = letter.body["text"]
    assert all(part in text for part in ("Omarov Dias", "dias@mail.kz", "Paper 5", "31", "2027", "--subject"))
    assert "2027-12-31" not in text
    assert "Omarov" not in letter.body["subject"]
    assert f"kelisim case accept {case.number}" in text


async def test_blocked_data_are_not_in_a_letter(each_doorstep: Doorstep) -> None:
    """T-STAFF-05: a question of someone blocked comes to staff as a number and the command that asks for a reason."""
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    await step.keep(lambda visit: blocking.block(visit, blocking.WRONG), aigul)
    case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="CANARY")), aigul
    )
    letters = [parcel for parcel in await step.courier("email") if parcel.message.number == case.number]
    assert len(letters) == 1 and "CANARY" not in letters[0].body["text"]
    assert f"kelisim case show {case.number} --reason" in letters[0].body["text"]


async def test_who_left_the_operator_file_gets_nothing_and_their_cases_go_to_others(
    each_doorstep: Doorstep, tmp_path: Path
) -> None:
    """T-STAFF-02."""
    step = each_doorstep
    case = await begun(step)
    assert case.assignee == "erlan@alit.kz"
    step.desk.operator = altered(
        tmp_path, (NOBODY, ""), ('deputy = "erlan@alit.kz"', 'deputy = "dana@alit.kz"')
    )
    assert [
        parcel.address for parcel in await step.courier("email")
    ] == []  # the letter was on its way to him
    assert await step.keep(lambda visit: handoffs.reassign(visit)) == 1
    assert await step.keep(lambda visit: handoffs.reassign(visit)) == 0
    letters = [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]
    assert [parcel.address for parcel in letters] == ["gulnar@alit.kz"]
    now = await step.keep(lambda visit: cases.known(visit, case.number))
    assert now.assignee == "gulnar@alit.kz" and now.due == case.due
    steps = await step.keep(lambda visit: cases.events(visit, now))
    assert (steps[-1].act, steps[-1].role) == (cases.ASSIGNED, "desk")
    with pytest.raises(staff.NotStaff):
        staff.acting(step.desk.operator, "erlan@alit.kz", "root")


async def test_cases_that_have_ended_stay_with_who_ended_them(doorstep: Doorstep, tmp_path: Path) -> None:
    step = doorstep
    case = await begun(step)
    await step.keep(lambda visit: decisions.answer(visit, case.number, "Because.", ERLAN))
    step.desk.operator = altered(
        tmp_path, (NOBODY, ""), ('deputy = "erlan@alit.kz"', 'deputy = "dana@alit.kz"')
    )
    assert await step.keep(lambda visit: handoffs.reassign(visit)) == 0


async def look_at(step: Doorstep, many: int, actor: staff.Actor, first: int = 8000) -> None:
    """Show one of the staff the data of so many people."""
    for number in range(first, first + many):
        person = step.person(str(number))

        def look(visit: Visit, number: int = number) -> None:
            subjects.welcome(visit, "kk")
            viewings.note(visit, actor, viewings.CASE, "checking", f"K-{number}")

        await step.keep(look, person)


async def alarms(step: Doorstep) -> list[tuple[str, str]]:
    sent = await step.courier("email")
    return [(parcel.address, parcel.body["text"]) for parcel in sent if parcel.message.kind == "alarm"]


@pytest.mark.parametrize("via", ["root as erlan@alit.kz", "erlan@alit.kz", "someone else as erlan@alit.kz"])
async def test_who_looks_at_more_than_thirty_people_in_an_hour_is_told_of(
    each_doorstep: Doorstep, via: str
) -> None:
    """T-STAFF-01: one letter an hour to the responsible person, whose text names nobody who was seen."""
    step = each_doorstep
    actor = staff.Actor("staff", via, "erlan@alit.kz")
    await look_at(step, 30, actor)
    await look_at(step, 1, staff.Actor("staff", "root as merlan@alit.kz", "merlan@alit.kz"), 9000)
    assert await alarms(step) == []
    await look_at(step, 3, actor, 8100)
    told = await alarms(step)
    assert [address for address, _text in told] == ["dana@alit.kz"]
    assert "erlan@alit.kz" in told[0][1] and "31" in told[0][1] and "8100" not in told[0][1]


async def test_the_same_people_again_are_no_alarm_and_an_hour_later_counting_begins_anew(
    doorstep: Doorstep,
) -> None:
    step = doorstep
    for _round in range(3):
        await look_at(step, 15, ERLAN)
    step.later(hours=1, minutes=1)
    await look_at(step, 30, ERLAN, 8200)
    assert await alarms(step) == []


async def test_more_than_a_hundred_people_in_a_day_are_an_alarm_too(doorstep: Doorstep) -> None:
    """T-STAFF-01."""
    step = doorstep
    at_noon(step)
    for turn in range(4):
        await look_at(step, 25, ERLAN, 8000 + 100 * turn)
        step.later(hours=2)
    assert await alarms(step) == []
    await look_at(step, 1, ERLAN, 8900)
    told = await alarms(step)
    assert len(told) == 1 and "101" in told[0][1] and "24" in told[0][1]


async def test_an_alarm_about_the_responsible_person_goes_to_another(doorstep: Doorstep) -> None:
    step = doorstep
    dana = staff.Actor("responsible", "root as dana@alit.kz", "dana@alit.kz")
    await look_at(step, 31, dana)
    assert [address for address, _text in await alarms(step)] == ["gulnar@alit.kz"]
