"""The courier: asks again before it hands over, holds everybody at a 429, sends nothing twice that must go once."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text, update
from tests.doorstep import Doorstep, Person

from kelisim.courier.loop import WIRE, Courier
from kelisim.courier.outcome import GONE, LATER, REFUSED, SENT, UNKNOWN, Outcome, Parcel
from kelisim.desk import codes, consents, outbox, subjects, suppressions
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import OutboxMessage

Wire = Callable[[Parcel], Any]
NOON = 7  # UTC; noon in Almaty


@pytest.fixture(autouse=True)
def at_noon(request: pytest.FixtureRequest) -> None:
    """Broadcasts wait for the morning, so it is noon where nothing else is said."""
    name = "each_doorstep" if "each_doorstep" in request.fixturenames else "doorstep"
    step: Doorstep = request.getfixturevalue(name)
    now = step.desk.clock.now()
    step.desk.clock.move(now.replace(hour=NOON, minute=0, second=0, microsecond=0) + timedelta(days=1) - now)


async def agreed(step: Doorstep, key: str = "saule") -> Person:
    """A person who agreed to information in the chat."""
    person = await step.person(key).registers()
    await person.say("/consent")
    await person.press("Information: Telegram")
    await person.press("I agree")
    await step.courier()
    return person


def news(words: str = "news") -> Callable[[Visit], int]:
    return lambda visit: outbox.post(
        visit, "broadcast", TELEGRAM, {"text": words}, purpose="informing-telegram"
    )


def answer(
    words: str = "an alarm", channel: str = EMAIL, address: str = "staff@alit.kz"
) -> Callable[[Visit], int]:
    return lambda visit: outbox.post(
        visit, "alarm", channel, {"subject": "s", "text": words}, address=address
    )


def courier(step: Doorstep, wire: Wire, channel: str = TELEGRAM, **options: Any) -> Courier:
    return Courier(
        step.desk,
        step.database,
        channel,
        wire,
        **({"per_second": 1e6, "per_chat": 0.0, "pace": 1.0} | options),
    )


async def states(step: Doorstep, kind: str = "broadcast") -> list[str]:
    rows = await step.rows("SELECT state FROM outbox WHERE kind = :k ORDER BY id", k=kind)
    return [row[0] for row in rows]


def says(outcome: Outcome, taken: list[Parcel] | None = None) -> Wire:
    async def take(parcel: Parcel) -> Outcome:
        if taken is not None:
            taken.append(parcel)
        return outcome

    return take


ACTS_BETWEEN: dict[str, Callable[[Visit], Any]] = {
    "a stop": suppressions.stop,
    "a withdrawal": lambda visit: consents.withdraw(visit, "informing-telegram"),
    "a block": lambda visit: subjects.set_state(visit, subjects.BLOCKED),
    "the bot was blocked": lambda visit: subjects.unreachable(visit, TELEGRAM, visit.visitor.hash),
}


@pytest.mark.parametrize("act", ACTS_BETWEEN)
async def test_what_happened_since_a_message_was_written_decides_whether_it_goes(
    each_doorstep: Doorstep, act: str
) -> None:
    """I1: consent, stop, block and address are read in the transaction that claims."""
    step = each_doorstep
    saule = await agreed(step)
    await step.keep(news(), saule)
    await step.keep(ACTS_BETWEEN[act], saule)
    # As if the act's own cancelling had come a moment before the message was written.
    await step.database.keep(
        lambda c: c.execute(
            text("UPDATE outbox SET state = 'waiting' WHERE kind = 'broadcast' AND body IS NOT NULL")
        )
    )
    handed = await step.courier(TELEGRAM)
    assert not [parcel for parcel in handed if parcel.message.kind == "broadcast"]
    assert await states(step) == ["cancelled"]
    assert await step.rows("SELECT 1 FROM outbox WHERE kind = 'broadcast' AND body IS NOT NULL") == []


async def test_a_message_under_a_consent_goes_to_the_address_of_that_moment(doorstep: Doorstep) -> None:
    saule = await agreed(doorstep)
    await doorstep.keep(news(), saule)
    handed = await doorstep.courier(TELEGRAM)
    assert [(parcel.address, parcel.body) for parcel in handed] == [(str(saule.id), {"text": "news"})]
    assert await states(doorstep) == ["sent"]


async def test_a_last_day_that_passed_stops_messages_before_the_caretaker_comes(doorstep: Doorstep) -> None:
    saule = await agreed(doorstep)
    until = (await doorstep.rows("SELECT valid_until FROM consents WHERE purpose = 'informing-telegram'"))[0][
        0
    ]
    days = (await doorstep.keep(lambda visit: visit.today)).toordinal()
    last = date.fromisoformat(str(until)[:10])
    doorstep.later(days=last.toordinal() - days)
    await doorstep.keep(news("last day"), saule)
    assert len(await doorstep.courier(TELEGRAM)) == 1
    doorstep.later(days=1)
    await doorstep.keep(news("too late"), saule)
    assert await doorstep.courier(TELEGRAM) == []


async def test_a_429_holds_everybody_for_as_long_as_it_says(doorstep: Doorstep) -> None:
    """Not the one message alone: neither the rest of the batch nor the next one leaves meanwhile."""
    loop = asyncio.get_running_loop()
    people = [await agreed(doorstep, str(6000 + n)) for n in range(4)]
    for person in people:
        await doorstep.keep(news(), person)
    calls: list[float] = []

    async def wire(parcel: Parcel) -> Outcome:
        calls.append(loop.time())
        if len(calls) == 1:
            return Outcome(LATER, "429", 0.4, all=True)
        return Outcome(SENT)

    some = courier(doorstep, wire, per_second=20.0)
    await some.round()
    for _round in range(5):
        await asyncio.sleep(0.1)
        doorstep.later(seconds=1)
        await some.round()
    assert len(calls) == 5
    assert all(later - calls[0] >= 0.39 for later in calls[1:])
    assert await states(doorstep) == ["sent"] * 4


async def test_a_long_429_gives_the_messages_back_instead_of_outliving_their_lease(
    doorstep: Doorstep,
) -> None:
    people = [await agreed(doorstep, str(6000 + n)) for n in range(3)]
    for person in people:
        await doorstep.keep(news(), person)
    calls: list[Parcel] = []
    outcome = Outcome(LATER, "429", 60.0, all=True)
    some = courier(doorstep, says(outcome, calls), per_second=50.0)
    await asyncio.wait_for(some.round(), 2)
    assert len(calls) == 1
    assert await states(doorstep) == ["waiting"] * 3
    assert not await some.round()  # nothing is due, so nothing spins
    doorstep.later(seconds=30)
    assert not await some.round()


@pytest.mark.parametrize(
    ("outcome", "kind", "state"),
    [
        (Outcome(SENT), "broadcast", "sent"),
        (Outcome(UNKNOWN), "broadcast", "uncertain"),
        (Outcome(LATER), "broadcast", "waiting"),
        (Outcome(REFUSED), "broadcast", "failed"),
        (Outcome(GONE), "broadcast", "failed"),
        (Outcome(UNKNOWN), "code", "uncertain"),
        (Outcome(LATER), "code", "waiting"),
        (Outcome(UNKNOWN), "alarm", "waiting"),
        (Outcome(LATER), "alarm", "waiting"),
        (Outcome(REFUSED), "alarm", "failed"),
    ],
)
async def test_each_outcome_settles_each_kind_by_its_policy(
    each_doorstep: Doorstep, outcome: Outcome, kind: str, state: str
) -> None:
    """At most once for messages under consent and codes, at least once for the rest (DESIGN.md 8.18)."""
    step = each_doorstep
    saule = await agreed(step)
    if kind == "code":
        await step.keep(lambda visit: codes.send(visit, "withdraw", Email("a@mail.kz", "a@mail.kz")), saule)
    else:
        await step.keep(news() if kind == "broadcast" else answer(), saule)
    await courier(step, says(outcome), TELEGRAM if kind == "broadcast" else EMAIL).round()
    assert await states(step, kind) == [state]
    kept = await step.rows("SELECT 1 FROM outbox WHERE kind = :k AND body IS NOT NULL", k=kind)
    assert bool(kept) == (state == "waiting")


async def test_a_time_out_of_a_broadcast_is_never_tried_again(doorstep: Doorstep) -> None:
    """T-CAST-08."""
    saule = await agreed(doorstep)
    await doorstep.keep(news(), saule)
    await courier(doorstep, says(Outcome(UNKNOWN, "no answer"))).round()
    doorstep.later(hours=2)
    assert await doorstep.courier(TELEGRAM) == []
    assert (await doorstep.rows("SELECT cause FROM outbox WHERE kind = 'broadcast'"))[0][0] == "no answer"


async def test_a_receipt_whose_answer_was_lost_goes_again_with_the_same_number(doorstep: Doorstep) -> None:
    saule = await agreed(doorstep)
    await saule.say("STOP")
    first: list[Parcel] = []
    await courier(doorstep, says(Outcome(UNKNOWN), first)).round()
    doorstep.later(minutes=1)
    again = await doorstep.courier(TELEGRAM)
    numbers = {parcel.message.number for parcel in first}
    assert len(numbers) == 1 and {parcel.message.number for parcel in again} == numbers
    assert {parcel.body["facts"]["code"] for parcel in again} == {
        parcel.body["facts"]["code"] for parcel in first
    }


async def test_pauses_grow_and_end_nowhere_before_the_message_does(doorstep: Doorstep) -> None:
    await doorstep.keep(answer())
    waits = []
    for _n in range(9):
        before = doorstep.desk.clock.now()
        await courier(doorstep, says(Outcome(LATER, "451")), EMAIL).round()
        row = (await doorstep.rows("SELECT due FROM outbox WHERE kind = 'alarm'"))[0]
        due = datetime.fromisoformat(str(row[0])).replace(tzinfo=before.tzinfo)
        waits.append(round((due - before).total_seconds()))
        doorstep.desk.clock.move(due - doorstep.desk.clock.now() + timedelta(milliseconds=1))
    assert waits == [5, 15, 60, 300, 900, 3600, 3600, 3600, 3600]


async def test_two_couriers_beside_each_other_send_each_message_once(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    for number in range(60):
        await step.keep(answer(f"{number}", address=f"s{number}@alit.kz"))
    taken: list[Parcel] = []

    async def wire(parcel: Parcel) -> Outcome:
        taken.append(parcel)
        await asyncio.sleep(0.002)
        return Outcome(SENT)

    async def all_of_it(some: Courier) -> None:
        while await some.round():
            pass

    await asyncio.gather(*(all_of_it(courier(step, wire, EMAIL)) for _n in range(3)))
    assert sorted(parcel.body["text"] for parcel in taken) == sorted(str(n) for n in range(60))
    assert set(await states(step, "alarm")) == {"sent"}


async def test_what_went_into_the_wire_before_a_kill_is_never_sent_again_when_once_is_the_rule(
    each_doorstep: Doorstep,
) -> None:
    """DESIGN.md 8.18: a message under consent and a code end as uncertain; an alarm goes again."""
    step = each_doorstep
    saule = await agreed(step)
    await step.keep(news(), saule)
    await step.keep(lambda visit: codes.send(visit, "withdraw", Email("a@mail.kz", "a@mail.kz")), saule)
    await step.keep(answer())

    async def dies(parcel: Parcel) -> Outcome:
        raise asyncio.CancelledError

    for channel in (TELEGRAM, EMAIL):
        with pytest.raises(asyncio.CancelledError):
            await courier(step, dies, channel).round()
    assert await step.courier() == []  # the leases stand
    step.later(seconds=31)
    again = await step.courier()
    assert [parcel.message.kind for parcel in again] == ["alarm"]
    await step.caretaker()
    assert (await states(step), await states(step, "code")) == (["uncertain"], ["uncertain"])
    causes = await step.rows("SELECT DISTINCT cause, body, address FROM outbox WHERE state = 'uncertain'")
    assert [tuple(row) for row in causes] == [("lease lost", None, None)]


async def test_a_code_that_a_kill_caught_before_the_wire_goes_out_once(each_doorstep: Doorstep) -> None:
    """Claimed is not sent: what never left the house leaves it after the lease, and only then never again."""
    step = each_doorstep
    saule = await agreed(step)
    await step.keep(lambda visit: codes.send(visit, "withdraw", Email("a@mail.kz", "a@mail.kz")), saule)
    await step.keep(lambda visit: outbox.claim(visit, EMAIL, 25))  # and the process is gone
    assert await step.courier(EMAIL) == []
    step.later(seconds=31)
    assert [parcel.message.kind for parcel in await step.courier(EMAIL)] == ["code"]
    assert await step.courier(EMAIL) == [] and await states(step, "code") == ["sent"]


async def test_an_older_code_does_not_come_after_the_newer_one(each_doorstep: Doorstep) -> None:
    """A new code voids the old: a letter with the old one would only mislead, so it does not leave any more."""
    step = each_doorstep
    saule = await agreed(step)
    address = Email("a@mail.kz", "a@mail.kz")
    await step.keep(lambda visit: codes.send(visit, "withdraw", address), saule)
    await step.keep(lambda visit: outbox.claim(visit, EMAIL, 25))  # and the process is gone
    step.later(seconds=61)
    assert await step.keep(lambda visit: codes.send(visit, "withdraw", address), saule) == codes.SENT
    (letter,) = await step.courier(EMAIL)
    digits = re.search(r"\b\d{6}\b", letter.body["text"])
    assert digits is not None
    answer = await step.keep(lambda visit: codes.verify(visit, "withdraw", digits[0]), saule)
    assert answer.outcome == codes.RIGHT
    assert sorted(await states(step, "code")) == ["dropped", "sent"]


async def test_a_process_that_was_paused_sends_nothing_with_its_old_lease(doorstep: Doorstep) -> None:
    """T-ADMIN-09: it wakes after the lease; what it held goes by another hand, once."""
    await doorstep.keep(answer())
    taken: list[Parcel] = []
    some = courier(doorstep, says(Outcome(SENT), taken), EMAIL)
    parcels = await doorstep.database.keep(some._claim)
    assert parcels is not None
    doorstep.desk.clock.move(outbox.LEASE - WIRE + timedelta(seconds=1))  # SIGSTOP … SIGCONT
    outcome = await some._deliver(parcels[0])
    assert (taken, outcome.kind) == ([], "held")
    doorstep.desk.clock.move(timedelta(minutes=1))
    assert len(await doorstep.courier(EMAIL)) == 1
    await doorstep.database.keep(lambda c: some._settle(c, parcels[0], Outcome(LATER, "late")))
    assert await states(doorstep, "alarm") == ["sent"]


async def test_a_lost_lease_settles_nothing(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    await step.keep(answer())
    first = await step.keep(lambda visit: outbox.claim(visit, EMAIL, 5))
    step.later(seconds=31)
    second = await step.keep(lambda visit: outbox.claim(visit, EMAIL, 5))
    assert [message.id for message in first] == [message.id for message in second]
    assert not await step.keep(lambda visit: outbox.settle(visit, first[0], outbox.FAILED))
    assert await step.keep(lambda visit: outbox.settle(visit, second[0], outbox.SENT))
    assert not await step.keep(lambda visit: outbox.settle(visit, second[0], outbox.FAILED))
    assert await states(step, "alarm") == ["sent"]


async def test_gone_makes_unreachable_and_changes_no_consent(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await agreed(step)
    await step.keep(news(), saule)
    await courier(step, says(Outcome(GONE, "403"))).round()
    reachable = await step.rows("SELECT reachable FROM contacts WHERE channel = 'telegram'")
    assert [bool(row[0]) for row in reachable] == [False]
    rows = await step.rows("SELECT state FROM consents WHERE purpose = 'informing-telegram'")
    assert rows[0][0] == "given"


async def test_a_mailbox_that_refuses_is_unreachable_for_everyone_who_proved_it(doorstep: Doorstep) -> None:
    for key, purpose in (("saule", "informing-email"), ("dias", "promotion-email")):
        person = await doorstep.person(key).registers()
        await person.gives_email("shared@mail.kz", "Bek Saule", purpose)
        doorstep.later(minutes=2)
    await doorstep.keep(answer(address="shared@mail.kz"))
    await courier(doorstep, says(Outcome(GONE, "550")), EMAIL).round()
    rows = await doorstep.rows("SELECT reachable FROM contacts WHERE channel = 'email'")
    assert [bool(row[0]) for row in rows] == [False, False]


async def test_rows_of_a_newer_program_are_left_for_it(each_doorstep: Doorstep) -> None:
    """T-ADMIN-03."""
    step = each_doorstep
    await step.keep(answer())
    await step.keep(answer("newer"))

    def newer(connection: Connection) -> None:
        last = connection.execute(text("SELECT max(id) FROM outbox")).scalar()
        connection.execute(update(OutboxMessage).where(OutboxMessage.id == last).values(kind="hologram"))

    await step.database.keep(newer)
    assert len(await step.courier()) == 1
    rows = await step.rows("SELECT state, attempts, body IS NULL FROM outbox WHERE kind = 'hologram'")
    assert (rows[0][0], rows[0][1], bool(rows[0][2])) == ("waiting", 0, False)


async def test_a_kind_nobody_sends_cannot_be_promised(doorstep: Doorstep) -> None:
    with pytest.raises(ValueError, match="hologram"):
        await doorstep.keep(lambda visit: outbox.post(visit, "hologram", EMAIL, {}, address="a@mail.kz"))


@pytest.mark.parametrize("cell", ["address", "body"])
async def test_a_row_whose_seal_does_not_open_fails_alone(each_doorstep: Doorstep, cell: str) -> None:
    """T-STORE-05: the others of its batch go out."""
    step = each_doorstep
    for number in range(3):
        await step.keep(answer(str(number)))

    def damage(connection: Connection) -> None:
        first = connection.execute(text("SELECT min(id) FROM outbox")).scalar()
        connection.execute(
            update(OutboxMessage).where(OutboxMessage.id == first).values({cell: b"\x01" + b"x" * 40})
        )

    await step.database.keep(damage)
    assert [parcel.body["text"] for parcel in await step.courier()] == ["1", "2"]
    assert await states(step, "alarm") == ["failed", "sent", "sent"]


async def test_a_contact_whose_seal_does_not_open_holds_nobody_up(each_doorstep: Doorstep) -> None:
    """T-STORE-05."""
    step = each_doorstep
    saule, dias = await agreed(step, "6001"), await agreed(step, "6002")
    await step.keep(news(), saule)
    await step.keep(news(), dias)
    await step.database.keep(
        lambda c: c.execute(
            text("UPDATE contacts SET address = :a WHERE id = (SELECT min(id) FROM contacts)"),
            {"a": b"\x01" + b"x" * 40},
        )
    )
    assert [parcel.address for parcel in await step.courier(TELEGRAM)] == [str(dias.id)]
    assert sorted(await states(step)) == ["failed", "sent"]


async def test_a_wire_with_a_bug_fails_its_message_and_not_the_round(doorstep: Doorstep) -> None:
    for number in range(3):
        await doorstep.keep(answer(str(number)))

    async def wire(parcel: Parcel) -> Outcome:
        if parcel.body["text"] == "1":
            raise KeyError("text")
        return Outcome(SENT)

    await courier(doorstep, wire, EMAIL).round()
    assert await states(doorstep, "alarm") == ["sent", "waiting", "sent"]


@pytest.mark.parametrize(
    ("hour", "waits"), [(20.9, False), (21.0, True), (3.0, True), (8.9, True), (9.0, False)]
)
async def test_what_nobody_asked_for_waits_for_the_morning_and_answers_do_not(
    doorstep: Doorstep, hour: float, waits: bool
) -> None:
    saule = await agreed(doorstep)
    doorstep.later(hours=hour - 12 + (24 if hour < 12 else 0))
    await doorstep.keep(news(), saule)
    await doorstep.keep(answer())
    handed = await doorstep.courier()
    assert sorted(parcel.message.kind for parcel in handed) == (
        ["alarm"] if waits else ["alarm", "broadcast"]
    )
    if waits:
        rows = await doorstep.rows("SELECT due, state FROM outbox WHERE kind = 'broadcast'")
        assert " 04:00:00" in str(rows[0][0]).replace("T", " ") and rows[0][1] == "waiting"
        doorstep.later(hours=(9.1 - hour) % 24)
        assert [parcel.message.kind for parcel in await doorstep.courier(TELEGRAM)] == ["broadcast"]


async def test_a_stop_in_the_night_cancels_what_waits_for_the_morning(doorstep: Doorstep) -> None:
    saule = await agreed(doorstep)
    doorstep.later(hours=11)
    await doorstep.keep(news(), saule)
    assert await doorstep.courier(TELEGRAM) == []
    said = await saule.say("STOP")
    assert "cancelled: 1" in said.text
    doorstep.later(hours=12)
    assert not [parcel for parcel in await doorstep.courier(TELEGRAM) if parcel.message.kind == "broadcast"]


async def test_two_messages_to_one_chat_keep_their_distance_and_others_do_not_wait(
    doorstep: Doorstep,
) -> None:
    saule, dias = await agreed(doorstep, "6001"), await agreed(doorstep, "6002")
    for person in (saule, saule, dias):
        await doorstep.keep(news(), person)
    loop, calls = asyncio.get_running_loop(), []

    async def wire(parcel: Parcel) -> Outcome:
        calls.append((parcel.address, loop.time()))
        return Outcome(SENT)

    await courier(doorstep, wire, per_chat=0.2).round()
    hers = [at for address, at in calls if address == str(saule.id)]
    his = [at for address, at in calls if address == str(dias.id)]
    assert hers[1] - hers[0] >= 0.19 and his[0] - hers[0] < 0.15


async def test_a_chat_with_many_messages_holds_up_no_other_chat(doorstep: Doorstep) -> None:
    """A batch whose messages wait for one chat's turn is not waited for by the next batch."""
    saule, dias = await agreed(doorstep), await agreed(doorstep, "dias")
    for n in range(30):
        await doorstep.keep(news(f"{n}"), saule)
    await doorstep.keep(news("dias"), dias)
    taken: list[Parcel] = []
    running = asyncio.create_task(courier(doorstep, says(Outcome(SENT), taken), per_chat=0.2).run())
    async with asyncio.timeout(3):
        while not any(parcel.body.get("text") == "dias" for parcel in taken):
            await asyncio.sleep(0.02)
    assert len(taken) < 20
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    left = await states(doorstep)
    assert "claimed" not in left and left.count("sent") == len(taken)
    assert [parcel.body["text"] for parcel in taken if parcel.body["text"] != "dias"] == [
        str(n) for n in range(len(taken) - 1)
    ]


async def test_the_pace_is_kept(doorstep: Doorstep) -> None:
    for number in range(10):
        await doorstep.keep(answer(str(number), address=f"s{number}@alit.kz"))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await courier(doorstep, says(Outcome(SENT)), EMAIL, per_second=40.0).round()
    assert 0.2 < loop.time() - begun < 2


async def test_an_alarm_letter_comes_once_a_day_and_ends_with_the_trouble(doorstep: Doorstep) -> None:
    saule = await agreed(doorstep)
    await saule.say("STOP")  # its receipt has to get out
    failing = courier(doorstep, says(Outcome(LATER, "no connection")), pace=0.0)
    for _round in range(10):
        await failing.round()
    assert len(await states(doorstep, "alarm")) == 1
    row = (await doorstep.rows("SELECT value FROM facts WHERE name = 'failing telegram'"))[0]
    assert json.loads(row[0])["cause"] == "no connection"
    doorstep.later(hours=25)
    for _round in range(3):
        await failing.round()
    assert len(await states(doorstep, "alarm")) == 2
    await doorstep.courier(TELEGRAM)
    assert await doorstep.rows("SELECT 1 FROM facts WHERE name = 'failing telegram'") == []


async def test_people_who_blocked_the_bot_are_no_alarm(doorstep: Doorstep) -> None:
    people = [await agreed(doorstep, str(6000 + n)) for n in range(5)]
    for person in people:
        await doorstep.keep(news(), person)
        await courier(doorstep, says(Outcome(GONE, "403"))).round()
    assert await states(doorstep, "alarm") == []


async def test_a_notice_leaves_only_for_a_mailbox_we_used_to_write_to(doorstep: Doorstep) -> None:
    """T-LET-12, T-ID-04."""
    await (await doorstep.person("saule").registers()).gives_email("known@mail.kz")
    await doorstep.courier()
    for address in ("known@mail.kz", "strange@mail.kz"):
        email = Email(address, address)
        await doorstep.keep(lambda visit, e=email: suppressions.stop_address(visit, e))
    assert [parcel.address for parcel in await doorstep.courier(EMAIL)] == ["known@mail.kz"]
    assert await doorstep.rows("SELECT 1 FROM outbox WHERE address IS NOT NULL") == []
