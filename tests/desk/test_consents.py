"""Giving and taking back: one truth, kept twice and always the same, raised by nobody but the person."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from tests.doorstep import Doorstep, Person, copied, doorstep_on

from kelisim.desk import consents, gates, outbox, suppressions
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

TELEGRAM_PAIRS = ("informing-telegram", "promotion-telegram")


async def gives(step: Doorstep, person: Person, code: str) -> None:
    token = step.desk.shelf.current(code, "en").token
    await person.press(data=f"agree:en:{token}:{code}")


ACTS = [
    *(f"agree {code}" for code in TELEGRAM_PAIRS),
    *(f"wdraw {code}" for code in (*TELEGRAM_PAIRS, "desk", "informing-email")),
    "stop all", "stop telegram", "stop email", "resume telegram", "resume email", "revdo here", "revdo close", "dagree desk",
    "later", "caretaker",
]  # fmt: skip


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=14))
async def test_whatever_is_done_todays_state_is_the_fold_of_the_records(
    sqlite_template: Path, acts: list[str]
) -> None:
    """I4, I5."""
    with tempfile.TemporaryDirectory() as folder:
        await live(copied(sqlite_template, Path(folder)), acts)


async def live(url: str, acts: list[str]) -> None:
    """Do these acts one after the other and look at the books after each."""
    async with doorstep_on(url) as step:
        saule = await step.person("saule").registers()
        before = await step.rows("SELECT id, act, purpose, number FROM consent_records ORDER BY id")
        for act in acts:
            name, _space, what = act.partition(" ")
            if name in ("agree", "dagree"):
                token = step.desk.shelf.current(what, "en").token
                await saule.press(data=f"{name}:en:{token}:{what if name == 'agree' else ''}")
            elif name == "later":
                step.later(days=40)
            elif name == "caretaker":
                step.later(minutes=2)
                await step.caretaker()
            else:
                await saule.press(data=f"{name}:en::{what}")
            assert await step.keep(consents.differences) == []
            after = await step.rows("SELECT id, act, purpose, number FROM consent_records ORDER BY id")
            assert after[: len(before)] == before
            before = after


async def test_a_record_names_the_document_the_door_the_time_and_the_last_day(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await gives(step, saule, "informing-telegram")
    row = (await step.rows(
        "SELECT act, version, digest, locale, door, due, cancelled FROM consent_records WHERE purpose = 'informing-telegram'"
    ))[0]  # fmt: skip
    document = step.desk.shelf.current("informing-telegram", "en")
    assert tuple(row) == ("given", document.version, document.digest, "en", "telegram", None, 0)


async def test_withdrawing_cancels_what_was_prepared_and_says_how_much(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    for code in TELEGRAM_PAIRS:
        await gives(step, saule, code)
    for code in (*TELEGRAM_PAIRS, "informing-telegram"):
        await step.keep(
            lambda visit, c=code: outbox.post(visit, "broadcast", TELEGRAM, {"text": "x"}, purpose=c), saule
        )
    said = await saule.press(data="wdraw:en::informing-telegram")
    assert "cancelled: 2" in said.text
    rows = await step.rows(
        "SELECT purpose, state, body IS NULL FROM outbox WHERE kind = 'broadcast' ORDER BY id"
    )
    told = [(row[0], row[1], bool(row[2])) for row in rows]
    assert told == [
        ("informing-telegram", "cancelled", True), ("promotion-telegram", "waiting", False),
        ("informing-telegram", "cancelled", True),
    ]  # fmt: skip
    assert [row[0] for row in await step.rows("SELECT kind FROM cases")] == ["revocation"]
    assert len(await step.rows("SELECT 1 FROM outbox WHERE kind = 'case'")) == 1


async def test_a_second_press_does_nothing_twice(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await gives(step, saule, "informing-telegram")
    for data in ("wdraw:en::informing-telegram", "stop:en::all"):
        first = await saule.press(data=data)
        again = await saule.press(data=data)
        assert "already done" in again.text and again.number == first.number


async def test_a_stop_holds_until_the_person_resumes_or_consents_anew(each_doorstep: Doorstep) -> None:
    """DESIGN.md 8.14."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    await gives(step, saule, "informing-telegram")

    def may(visit: Visit) -> bool:
        return gates.allows(visit, "informing-telegram")

    assert await step.keep(may, saule)
    step.later(seconds=1)
    await saule.say("STOP")
    assert not await step.keep(may, saule)
    step.later(seconds=1)
    await saule.press(data="resume:en::telegram")
    assert await step.keep(may, saule)
    step.later(seconds=1)
    await saule.say("STOP")
    step.later(seconds=1)
    await saule.press(data="wdraw:en::informing-telegram")
    step.later(seconds=1)
    await gives(step, saule, "informing-telegram")
    assert await step.keep(may, saule)
    assert await step.keep(consents.differences) == []


async def test_one_stop_of_a_shared_mailbox_silences_both_and_each_lifts_their_own(
    each_doorstep: Doorstep,
) -> None:
    """T-ID-06, DESIGN.md 8.14."""
    step = each_doorstep
    people = []
    for key in ("saule", "dias"):
        person = await step.person(key).registers("en")
        await person.gives_email("shared@mail.kz")
        step.later(minutes=2)
        people.append(person)
    email = Email("shared@mail.kz", "shared@mail.kz")
    await step.keep(lambda visit: suppressions.stop_address(visit, email))

    def may(visit: Visit) -> bool:
        return gates.allows(visit, "informing-email")

    assert [await step.keep(may, person) for person in people] == [False, False]
    step.later(seconds=1)
    await people[0].press(data=f"resume:en::{EMAIL}")
    assert [await step.keep(may, person) for person in people] == [True, False]


async def test_a_stop_of_an_unknown_chat_is_a_hash_and_holds_when_they_register(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    saule = step.person("saule")
    said = await saule.say("STOP")
    rows = await step.rows("SELECT hash, channel, number FROM suppressions")
    assert [(len(row[0]), row[1], row[2]) for row in rows] == [(32, "telegram", said.number)]
    assert await step.rows("SELECT 1 FROM subjects") == []
    assert "already" in (await saule.say("STOP")).text
    step.later(seconds=1)
    await saule.registers()
    assert "stopped" in (await saule.say("/menu")).text


@pytest.mark.parametrize("fault", ["state", "count", "record"])
async def test_a_store_that_was_tampered_with_is_noticed(each_doorstep: Doorstep, fault: str) -> None:
    """I4, as `kelisim check` sees it."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    await gives(step, saule, "informing-telegram")
    statement = {
        "state": "UPDATE consents SET state = 'withdrawn' WHERE purpose = 'informing-telegram'",
        "count": "UPDATE consent_counts SET n = n + 1 WHERE purpose = 'informing-telegram'",
        "record": "DELETE FROM consent_records WHERE purpose = 'informing-telegram'",
    }[fault]

    def tamper(connection: Connection) -> Any:
        return connection.execute(text(statement))

    assert await step.keep(consents.differences) == []
    await step.database.keep(tamper)
    assert await step.keep(consents.differences) != []


async def test_people_are_counted_as_they_come_and_go(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    for number in range(5):
        person = await step.person(str(6000 + number)).registers()
        await gives(step, person, "informing-telegram")
        if number % 2:
            await person.press(data="wdraw:en::informing-telegram")
    assert await step.keep(lambda visit: consents.how_many(visit, "informing-telegram")) == 3
    assert await step.keep(lambda visit: consents.how_many(visit, "nothing")) == 0
