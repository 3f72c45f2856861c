"""P20 (clause 4.1): every refusal and every request tells where to complain; one tap makes the file for it."""

import pytest
from tests.doorstep import Doorstep, Person

from kelisim.desk import cases, complaints, decisions, files, staff

DANA = staff.Actor("responsible", "root as dana@alit.kz", "dana@alit.kz")
ROUTE = ("Ministry of Artificial Intelligence", "akimat", "court")
WAYS = {
    "Ask a question": cases.QUESTION, "Complain": cases.COMPLAINT, "Object to automation": cases.OBJECTION,
    "Report a leak": cases.BREACH,
}  # fmt: skip


async def asked(person: Person, label: str) -> str:
    await person.say("/ask")
    await person.press(label)
    await person.say(f"My own words: {label}")
    return (await person.press("Send")).number


@pytest.mark.parametrize("label", WAYS)
async def test_p20_every_request_carries_the_route_and_one_tap_makes_the_file(
    doorstep: Doorstep, label: str
) -> None:
    """P20: from the request to a file with addressees, parties, words and what is asked."""
    saule = await doorstep.person("saule").registers()
    number = await asked(saule, label)
    await saule.say("/requests")
    said = await saule.press(number)
    assert all(told in said.text for told in ROUTE)
    said = await saule.press("Complaint file")
    assert all(told in said.text for told in ROUTE) and "do not send it anywhere" in said.text
    await saule.press("Here in the chat")
    sent = [parcel for parcel in await doorstep.courier("telegram") if parcel.message.kind == files.FILE]
    assert {parcel.body["part"] for parcel in sent} == set(files.MAKERS[complaints.USE].parts)
    page = files.make(complaints.USE, "html", sent[0].body["facts"]).decode()
    assert all(told in page for told in (*ROUTE[:2], number, f"My own words: {label}", "eOtinish"))


async def test_p20_a_refusal_carries_the_route_and_the_file_its_ground(doorstep: Doorstep) -> None:
    """P20: the message of a refusal names the authority and a court, and offers the file; the file quotes the ground."""
    saule = await doorstep.person("saule").registers()
    number = await asked(saule, "Object to automation")
    await doorstep.keep(lambda visit: decisions.refuse(visit, number, "lawful", "All was right.", DANA))
    (told,) = [parcel for parcel in await doorstep.courier("telegram") if parcel.message.kind == "answer"]
    assert ROUTE[0] in told.body["text"] and "court" in told.body["text"]
    buttons = [button["text"] for row in told.body["reply_markup"]["inline_keyboard"] for button in row]
    assert "Complaint file" in buttons
    facts = await doorstep.keep(lambda visit: complaints.facts(visit, number), saule)
    assert "a breach of the conditions of collection and processing is not confirmed" in facts["ground"][0]
    assert facts["answered"][0][1] == "All was right."


async def test_p20_who_is_refused_the_desk_may_complain_before_any_request(doorstep: Doorstep) -> None:
    """P20: «Complain» names the authority, the akimat and a court at once, each with what it wants."""
    saule = await doorstep.person("saule").registers()
    await saule.say("/ask")
    said = await saule.press("Complain")
    assert all(told in said.text for told in ROUTE) and "Complaint file" in said.buttons
