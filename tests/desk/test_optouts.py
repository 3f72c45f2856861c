"""Opt-out by link: it only stops, tells of nobody, and works as long as the letter is kept."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.doorstep import Doorstep, Person, a_desk

from kelisim.desk import gates, numbers, optouts
from kelisim.desk.visit import Visit

ADDRESS = "aigul.canary@mail.kz"


async def mailbox(step: Doorstep, person: Person) -> int:
    """The row of the mailbox a person proved."""
    rows = await step.rows(
        "SELECT c.id FROM contacts c JOIN contacts t ON t.subject_id = c.subject_id WHERE c.channel = 'email' AND "
        "t.channel = 'telegram' AND t.hash = :hash",
        hash=step.desk.vault.find("telegram", str(person.id)),
    )
    return int(rows[0][0])


async def reader(step: Doorstep, key: str = "aigul", address: str = ADDRESS) -> tuple[Person, str]:
    """Somebody who gets our letters, and the token in one of them."""
    person = await step.person(key).registers()
    await person.gives_email(address)
    return person, optouts.token(step.desk, await mailbox(step, person), "informing-email")


async def allowed(step: Doorstep, person: Person) -> bool:
    found: bool = await step.keep(lambda visit: gates.allows(visit, "informing-email"), person)
    return found


async def test_the_act_is_stop_for_letters_to_this_address_with_a_number_and_a_receipt(
    each_doorstep: Doorstep,
) -> None:
    """P09, T-LET-16: the same record, number and receipt as a typed STOP; other channels and other people stay."""
    step = each_doorstep
    aigul, token = await reader(step)
    dias, _token = await reader(step, "dias", "dias@mail.kz")
    await step.courier()
    number = await step.keep(lambda visit: optouts.act(visit, token))
    assert numbers.is_number(number) and number.startswith("S-")
    assert not await allowed(step, aigul) and await allowed(step, dias)
    assert [tuple(row) for row in await step.rows("SELECT number, channel FROM suppressions")] == [
        (number, "email")
    ]
    assert [tuple(row) for row in await step.rows(
        "SELECT act, purpose, door FROM consent_records WHERE number = :n", n=number
    )] == [("stopped", "email", "telegram")]  # fmt: skip
    assert "receipt" in {parcel.message.kind for parcel in await step.courier("telegram")}


async def test_pressed_again_it_is_the_same_number_and_after_a_resumption_a_new_one(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    aigul, token = await reader(step)
    first = await step.keep(lambda visit: optouts.act(visit, token))
    assert await step.keep(lambda visit: optouts.act(visit, token)) == first
    assert len(await step.rows("SELECT 1 FROM consent_records WHERE act = 'stopped'")) == 1
    step.later(minutes=1)
    await aigul.say("/consent")
    await aigul.press("Menu")
    await aigul.press("Messages")
    await aigul.press("Resume: e-mail")
    assert await allowed(step, aigul)
    step.later(days=2000)  # an old letter still works
    again = await step.keep(lambda visit: optouts.act(visit, token))
    assert again != first and not await allowed(step, aigul)


async def test_a_token_of_somebody_erased_is_answered_alike_and_always_the_same(doorstep: Doorstep) -> None:
    """I13: a number of the same form; nothing is written, for the erasure has stopped the address already."""
    _aigul, token = await reader(doorstep)
    gone = optouts.token(doorstep.desk, numbers.row_id(), "informing-email")
    before = await doorstep.rows("SELECT count(*) FROM ledger")
    told = [await doorstep.keep(lambda visit: optouts.act(visit, gone)) for _n in range(2)]
    assert numbers.is_number(told[0]) and told[0].startswith("S-") and told[0] == told[1]
    assert await doorstep.rows("SELECT count(*) FROM ledger") == before
    assert await doorstep.rows("SELECT count(*) FROM suppressions") == [(0,)]
    assert numbers.is_number(await doorstep.keep(lambda visit: optouts.act(visit, token)))


async def test_a_token_holds_no_address_and_is_made_by_nobody_else(doorstep: Doorstep) -> None:
    """T-LET-17: opaque, the same every time, another one per contact and purpose."""
    aigul, token = await reader(doorstep)
    contact = await mailbox(doorstep, aigul)
    assert token == optouts.token(doorstep.desk, contact, "informing-email")
    assert token != optouts.token(doorstep.desk, contact, "promotion-email")
    assert re.fullmatch(r"[\w-]{40,80}", token, re.ASCII)
    assert optouts.read(doorstep.desk, token) == (contact, "informing-email")
    other = a_desk()
    other.receipt_key = bytes(32)
    assert optouts.read(other, token) is None
    for place in range(len(token) - 1):  # the last character may carry bits that are not read
        forged = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert await doorstep.keep(lambda visit, forged=forged: optouts.act(visit, forged)) is None
    assert await allowed(doorstep, aigul)


DESK = a_desk()


@given(st.text(max_size=150))
def test_no_text_is_a_token(text: str) -> None:
    assert optouts.read(DESK, text) is None


async def test_the_address_of_the_page_needs_a_web_door(doorstep: Doorstep) -> None:
    def work(visit: Visit) -> str:
        return optouts.url(visit, 7, "informing-email")

    with pytest.raises(LookupError):
        await doorstep.keep(work)
    doorstep.desk.url = "https://desk.example"
    assert (await doorstep.keep(work)).startswith("https://desk.example/o/")
