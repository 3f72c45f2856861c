"""Codes: five tries under any interleaving, bound to chat, address and use, and no oracle for anybody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from tests.doorstep import Doorstep, Person, doorstep_on

from kelisim.desk import codes
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, Visit

MAIL = Email("aigul@mail.kz", "aigul@mail.kz")


async def code_asked(
    step: Doorstep, person: Person, use: str = "informing-email", email: Email = MAIL
) -> str:
    """A code sent for a person, as it stands in the letter."""
    assert await step.keep(lambda visit: codes.send(visit, use, email), person) == codes.SENT
    return await step.code(email.address)


def verify(use: str, typed: str) -> Any:
    return lambda visit: codes.verify(visit, use, typed)


async def test_of_two_hundred_guesses_at_once_five_are_compared(each_doorstep: Doorstep) -> None:
    """T-ID-01: through the door, on both databases."""
    saule = await each_doorstep.person("saule").registers()
    await saule.say("/consent")
    await saule.press("Information: e-mail")
    await saule.press("I agree")
    await saule.say("Bek Saule")
    await saule.press("Yes, correct")
    await saule.say("saule@mail.kz")
    right = await each_doorstep.code("saule@mail.kz")
    guesses = [f"{n:06d}" for n in range(1_000, 1_201) if f"{n:06d}" != right][:200]
    answers = await asyncio.gather(
        *(each_doorstep.feed({"message": saule.written(text=guess)}) for guess in guesses)
    )
    told = [answer.screen["text"] for answer in answers if answer.screen is not None]
    compared = [text for text in told if "did not fit" in text]
    assert (len(told), len(compared)) == (200, codes.TRIES)
    assert sorted(re.findall(r"left: (\d)", " ".join(compared))) == ["1", "2", "3", "4"]
    assert "over" in (await saule.say(right)).text
    assert (await each_doorstep.rows("SELECT tries FROM codes"))[0][0] == codes.TRIES


async def test_visits_beside_each_other_cannot_read_the_same_count(postgres_url: str) -> None:
    """T-ID-01 without the turns of the door: the statement itself takes the try."""
    async with doorstep_on(postgres_url) as step:
        saule = step.person("saule")
        right = await code_asked(step, saule)
        wrong = "000000" if right != "000000" else "000001"
        answers = await asyncio.gather(
            *(step.keep(verify("informing-email", wrong), saule) for _n in range(60))
        )
        assert [answer.outcome for answer in answers].count(codes.WRONG) == codes.TRIES


async def test_a_wrong_guess_counts_although_it_is_answered_kindly(each_doorstep: Doorstep) -> None:
    saule = each_doorstep.person("saule")
    right = await code_asked(each_doorstep, saule)
    wrong = "111111" if right != "111111" else "222222"
    left = [(await each_doorstep.keep(verify("informing-email", wrong), saule)).left for _n in range(4)]
    assert left == [4, 3, 2, 1]
    assert (await each_doorstep.keep(verify("informing-email", right), saule)).outcome == codes.RIGHT
    assert (await each_doorstep.keep(verify("informing-email", right), saule)).outcome == codes.LAPSED


async def test_in_a_day_no_more_than_twenty_five_guesses_are_compared(doorstep: Doorstep) -> None:
    """T-ID-02: for one chat, and for one address whoever asks."""
    saule, others = doorstep.person("saule"), [doorstep.person(str(6000 + n)) for n in range(10)]
    for people in ([saule], others):
        email = Email(f"a{len(people)}@mail.kz", f"a{len(people)}@mail.kz")
        compared = 0
        for _minute in range(0, 24 * 60, 2):
            for person in people:
                for use in ("informing-email", "promotion-email", "withdraw"):
                    await doorstep.keep(lambda visit, u=use, e=email: codes.send(visit, u, e), person)
                    for _guess in range(7):
                        answer = await doorstep.keep(verify(use, "x"), person)
                        if answer.outcome != codes.WRONG:
                            break
                        compared += 1
                if compared >= codes.PER_DAY * codes.TRIES:
                    break
            doorstep.later(minutes=24 if len(people) > 1 else 12)
            if doorstep.desk.clock._shift > timedelta(hours=23.9):
                break
        assert compared <= codes.PER_DAY * codes.TRIES
        assert compared >= codes.PER_HOUR * codes.TRIES
        doorstep.desk.clock.move(-doorstep.desk.clock._shift)


async def test_a_new_code_voids_the_old_one_and_asks_for_a_minute_of_patience(doorstep: Doorstep) -> None:
    """T-ID-02."""
    saule = doorstep.person("saule")
    old = await code_asked(doorstep, saule)
    assert await doorstep.keep(lambda visit: codes.send(visit, "informing-email", MAIL), saule) == codes.SOON
    doorstep.later(seconds=61)
    new = await code_asked(doorstep, saule)
    if old != new:
        assert (await doorstep.keep(verify("informing-email", old), saule)).outcome == codes.WRONG
    assert (await doorstep.keep(verify("informing-email", new), saule)).outcome == codes.RIGHT


async def test_a_code_fits_only_its_chat_its_use_and_its_address(each_doorstep: Doorstep) -> None:
    """T-ID-03: the cross table; all refused alike."""
    step = each_doorstep
    aigul, dias = step.person("aigul"), step.person("dias")
    hers = await code_asked(step, aigul, "informing-email", MAIL)
    his = await code_asked(step, dias, "informing-email", Email("dias@mail.kz", "dias@mail.kz"))
    other = await code_asked(step, aigul, "promotion-email", MAIL)
    if len({hers, his, other}) < 3:
        pytest.skip("two random codes were the same")
    for person, use, code in (
        (dias, "informing-email", hers), (dias, "informing-email", other), (aigul, "informing-email", his),
        (aigul, "informing-email", other), (aigul, "promotion-email", hers),
    ):  # fmt: skip
        answer = await step.keep(verify(use, code), person)
        assert (answer.outcome, answer.address) == (codes.WRONG, b"")
    assert (await step.keep(verify("withdraw", hers), aigul)).outcome == codes.LAPSED
    right = await step.keep(verify("informing-email", hers), aigul)
    assert right.address == step.desk.vault.find(EMAIL, MAIL.lookup)


async def test_a_code_lives_ten_minutes(doorstep: Doorstep) -> None:
    saule = doorstep.person("saule")
    code = await code_asked(doorstep, saule)
    doorstep.later(minutes=9, seconds=50)
    assert (await doorstep.keep(verify("informing-email", "0"), saule)).outcome == codes.WRONG
    doorstep.later(seconds=20)
    assert (await doorstep.keep(verify("informing-email", code), saule)).outcome == codes.LAPSED
    await doorstep.caretaker()
    assert await doorstep.rows("SELECT 1 FROM codes") == []
    assert await doorstep.rows("SELECT 1 FROM attempts")
    doorstep.later(hours=24)
    await doorstep.caretaker()
    assert await doorstep.rows("SELECT 1 FROM attempts") == []


@pytest.mark.parametrize(
    "typed", ["{0}{1}{2} {3}{4}{5}", " {0}-{1}{2}{3}-{4}{5} ", "code: {0}{1}{2}{3}{4}{5}."]
)
async def test_a_code_may_be_typed_as_people_type(doorstep: Doorstep, typed: str) -> None:
    saule = doorstep.person("saule")
    code = await code_asked(doorstep, saule)
    assert (await doorstep.keep(verify("informing-email", typed.format(*code)), saule)).outcome == codes.RIGHT


async def test_the_store_holds_no_code_and_no_address(doorstep: Doorstep) -> None:
    saule = doorstep.person("saule")
    code = await code_asked(doorstep, saule)
    row = (await doorstep.rows("SELECT asker, address, mac FROM codes"))[0]
    assert all(len(cell) == 32 for cell in row)
    outbox = await doorstep.rows("SELECT body, address FROM outbox")
    assert [tuple(cell) for cell in outbox] == [(None, None)]  # sent, so forgotten
    assert code.encode() not in b"".join(row)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that runs meanwhile, without its values."""
    found: list[str] = []

    def note(
        connection: Connection,
        cursor: object,
        statement: str,
        parameters: object,
        context: object,
        many: bool,
    ) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def told(step: Doorstep, person: Person, words: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Calls (numbers and message ids out of them) and SQL of one message."""
    with statements() as ran:
        said = await person.say(words)
    calls = [
        {
            name: re.sub(r"[CS]-[0-9A-Z]{9}", "…", str(value))
            for name, value in call.items()
            if name not in ("chat_id", "message_id")
        }
        for call in said.calls
    ]
    return calls, ran


@pytest.mark.parametrize("way", ["stop", "prove"])
async def test_nobody_learns_whether_an_address_is_known(each_doorstep: Doorstep, way: str) -> None:
    """T-ID-04, I13: equal bytes, equal SQL, equal rows; whether a letter leaves is the courier's knowledge."""
    step = each_doorstep
    await (await step.person("aigul").registers()).gives_email("known1@mail.kz")
    await (await step.person("dias").registers("en")).gives_email("known2@mail.kz")
    step.later(hours=25)
    await step.courier()
    seen = []
    for number, address in enumerate(("known1@mail.kz", "strange@mail.kz")):
        x = step.person(str(7000 + number))
        await x.say("/start")
        await x.press("English")
        if way == "stop":
            await x.press("Stop messages")
            await x.press("Stop e-mails")
            steps = [address]
        else:
            await x.press("I am under 18")
            await x.press("Withdraw")
            steps = [address, "000000", "111111"]
        seen.append([await told(step, x, words) for words in steps])
        rows = await step.rows("SELECT kind, channel, state FROM outbox WHERE settled_at IS NULL")
        seen[-1].append(([{"rows": str(sorted(map(tuple, rows)))}], []))
        letters = await step.courier()
        assert [parcel.address for parcel in letters] == ([address] if number == 0 else [])
    assert seen[0] == seen[1]


async def test_the_limit_counts_unknown_addresses_too(doorstep: Doorstep) -> None:
    """T-ID-04: the "too many" sentence tells nothing either."""
    await (await doorstep.person("aigul").registers()).gives_email("known1@mail.kz")
    doorstep.later(hours=25)
    outcomes = []
    for offset, address in ((0, "known1@mail.kz"), (100, "strange@mail.kz")):
        some = []
        for number in range(codes.PER_ADDRESS + 2):
            x = doorstep.person(str(7100 + offset + number))
            email = Email(address, address)
            some.append(
                await doorstep.keep(lambda visit, e=email: codes.send(visit, "withdraw", e, "code-known"), x)
            )
        outcomes.append(some)
    assert outcomes[0] == outcomes[1] == [codes.SENT] * codes.PER_ADDRESS + [codes.MANY] * 2


async def test_a_code_that_was_not_sent_in_time_never_leaves(doorstep: Doorstep) -> None:
    """T-ADMIN-05: expired codes lapse unsent instead of arriving late."""
    saule = doorstep.person("saule")

    def send(visit: Visit) -> str:
        return codes.send(visit, "informing-email", MAIL)

    await doorstep.keep(send, saule)
    doorstep.later(minutes=11)
    assert await doorstep.courier() == []
    assert [row[0] for row in await doorstep.rows("SELECT state FROM outbox")] == ["expired"]
    assert await doorstep.rows("SELECT 1 FROM outbox WHERE body IS NOT NULL OR address IS NOT NULL") == []
