"""Broadcasts under a stolen chat, a stale count, a service that slept, a server that lies, and a process that woke up late."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.courier.test_broadcasting import agreed, by_day, ended, sent_off, tally, under_way
from tests.doorstep import Doorstep

from kelisim.courier.broadcasting import Broadcaster
from kelisim.courier.conductor import Conductor
from kelisim.courier.outcome import GONE, LATER, SENT, Outcome
from kelisim.desk import audiences, broadcasts, deliveries, drafts, staff
from kelisim.desk.broadcasts import (
    APPROVING,
    BREACH,
    PAUSED,
    RUNNING,
    SCHEDULED,
    Broadcast,
    Content,
    NotYours,
    Stale,
)
from kelisim.desk.deliveries import Delivery
from kelisim.desk.packs import NOTICE
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.limiter import Limiter

NEWS = Content(texts={locale: "News" for locale in ("kk", "ru", "en")})
GULNAR, ERLAN, DANA = "gulnar@alit.kz", "erlan@alit.kz", "dana@alit.kz"


def by(visit: Visit, address: str, via: str = "telegram") -> Actor:
    """One of the staff, in the chat unless another way is named."""
    return staff.acting(visit.operator, address, via)


def ruled(step: Doorstep, **rules: Any) -> None:
    """These rules of `[broadcast]`."""
    known = step.desk.operator.broadcast.model_copy(update=rules)
    step.desk.operator = step.desk.operator.model_copy(update={"broadcast": known})


def counted(visit: Visit, author: str = GULNAR) -> Broadcast:
    """A draft with its words, counted."""
    one = drafts.begin(visit, by(visit, author), "informing", (TELEGRAM,))
    one = drafts.edit(visit, one, NEWS)
    return drafts.counted(visit, one, audiences.count(visit, one).told())


@pytest.fixture(autouse=True)
def _by_day(doorstep: Doorstep) -> None:
    by_day(doorstep)


async def silent(_broadcast: Broadcast, _delivery: Delivery, _body: dict[str, Any]) -> Outcome:
    """A wire that takes everything."""
    return Outcome(SENT)


async def test_whoever_confirms_it_does_not_approve_it(doorstep: Doorstep) -> None:
    """T-CAST-05: Erlan's stolen chat rewrites Gulnar's draft, confirms it, and would say yes to it."""
    ruled(doorstep, approval=True, approval_above=1)
    await agreed(doorstep, 3)

    def work(visit: Visit) -> None:
        one = counted(visit)
        one = broadcasts.confirm(visit, one, one.digest, by(visit, ERLAN))
        assert one.state == APPROVING
        assert one.written_by(ERLAN)
        with pytest.raises(NotYours):
            broadcasts.approve(visit, one, one.digest, by(visit, ERLAN))
        with pytest.raises(NotYours):
            broadcasts.approve(visit, one, one.digest, by(visit, ERLAN, "root"))
        assert broadcasts.approve(visit, one, one.digest, by(visit, GULNAR)).state == SCHEDULED

    await doorstep.keep(work)


async def test_one_shell_is_one_person(doorstep: Doorstep) -> None:
    """T-CAST-05: `--as` is only said: whoever sits at the shell does not approve what was sent from it."""
    ruled(doorstep, approval=True, approval_above=1)
    await agreed(doorstep, 3)

    def work(visit: Visit) -> None:
        one = counted(visit)
        one = broadcasts.confirm(visit, one, one.digest, by(visit, DANA, "root"))
        with pytest.raises(NotYours):
            broadcasts.approve(visit, one, one.digest, by(visit, ERLAN, "root"))
        assert broadcasts.approve(visit, one, one.digest, by(visit, ERLAN, "erlan")).state == SCHEDULED

    await doorstep.keep(work)


async def test_an_address_that_ends_like_anothers_is_another(doorstep: Doorstep) -> None:
    """`an@x.kz` stands in `dan@x.kz`, and a long address is kept whole."""
    known = doorstep.desk.operator.staff[1]
    people = tuple(
        known.model_copy(update={"address": address})
        for address in ("dan@x.kz", "an@x.kz", f"{'n' * 140}@x.kz")
    )
    doorstep.desk.operator = doorstep.desk.operator.model_copy(
        update={"staff": (*doorstep.desk.operator.staff, *people)}
    )

    def work(visit: Visit) -> None:
        one = counted(visit, "dan@x.kz")
        assert one.written_by("dan@x.kz")
        assert not one.written_by("an@x.kz")
        assert counted(visit, people[2].address).written_by(people[2].address)

    await doorstep.keep(work)


async def test_a_count_of_long_ago_confirms_nothing(doorstep: Doorstep) -> None:
    await agreed(doorstep, 3)

    def work(visit: Visit) -> None:
        one = counted(visit)
        for given in (one.digest[:1], one.digest[:15], ""):
            with pytest.raises(Stale):
                broadcasts.confirm(visit, one, given, by(visit, GULNAR))
        visit.at += timedelta(hours=2)
        with pytest.raises(Stale):
            broadcasts.confirm(visit, one, one.digest, by(visit, GULNAR))

    await doorstep.keep(work)


async def test_one_that_outgrows_what_one_person_may_send_stands_still(doorstep: Doorstep) -> None:
    """T-CAST-05: between the count and the start an import brought in many more."""
    ruled(doorstep, approval_above=3)
    await agreed(doorstep, 3)
    number = await sent_off(doorstep)
    for n in range(3, 6):
        person = await doorstep.person(str(6000 + n)).registers("en")
        await person.say("/consent")
        await person.press("Information: Telegram")
        await person.press("I agree")
    conductor = Conductor(doorstep.desk, doorstep.database)
    while await conductor.round():
        pass
    one: Broadcast = await doorstep.keep(lambda visit: broadcasts.known(visit, number))
    assert (one.state, one.cause, one.addressed) == (PAUSED, broadcasts.GROWN, 6)
    assert await doorstep.rows("SELECT count(*) > 0 FROM outbox WHERE kind = 'bulletin'") == [(1,)]


async def test_an_approval_after_its_hour_begins_nothing(doorstep: Doorstep) -> None:
    ruled(doorstep, approval=True, approval_above=1)
    await agreed(doorstep, 3)

    def work(visit: Visit) -> None:
        for hour in (visit.at + timedelta(hours=1), None):
            one = counted(visit)
            one = broadcasts.confirm(visit, one, one.digest, by(visit, GULNAR), at=hour)
            visit.at += timedelta(days=2)
            with pytest.raises(Stale):
                broadcasts.approve(visit, one, one.digest, by(visit, ERLAN))

    await doorstep.keep(work)


async def test_deleted_drafts_hide_nothing_that_is_under_way(doorstep: Doorstep) -> None:
    await agreed(doorstep, 3)
    number = await sent_off(doorstep)

    def drop(visit: Visit) -> None:
        for _n in range(120):
            draft = drafts.begin(visit, by(visit, ERLAN), "informing", (TELEGRAM,))
            broadcasts.cancel(visit, draft, by(visit, ERLAN))

    await doorstep.keep(drop)
    async with under_way(doorstep, silent):
        assert (await ended(doorstep, number)).state == broadcasts.DONE


async def test_one_that_cannot_be_opened_holds_no_other_up(doorstep: Doorstep) -> None:
    await agreed(doorstep, 3)
    spoilt, number = await sent_off(doorstep), await sent_off(doorstep)

    def spoil(visit: Visit) -> None:
        row = broadcasts.known(visit, spoilt).id
        visit.connection.exec_driver_sql(f"UPDATE broadcasts SET content = x'00' WHERE id = {row}")

    await doorstep.keep(spoil)
    conductor = Conductor(doorstep.desk, doorstep.database)
    for _n in range(5):
        await conductor.round()
    assert (await doorstep.keep(lambda visit: broadcasts.known(visit, number))).state == RUNNING


async def test_nothing_is_claimed_at_night_even_where_nobody_conducts(doorstep: Doorstep) -> None:
    await agreed(doorstep, 3)
    number = await sent_off(doorstep)
    conductor = Conductor(doorstep.desk, doorstep.database)
    while await conductor.round():
        pass
    doorstep.later(hours=11)
    taken = await doorstep.keep(
        lambda visit: deliveries.take(visit, broadcasts.known(visit, number), TELEGRAM, 5)
    )
    assert taken == ([], 0)


@pytest.mark.parametrize("night", [False, True])
async def test_a_service_that_slept_a_week_asks_before_it_goes_on(doorstep: Doorstep, night: bool) -> None:
    """T-CAST-06: nobody saw the nights that passed; only where the operator said so it goes on by itself."""
    await agreed(doorstep, 3)
    number = await sent_off(doorstep, night=night)
    first = Conductor(doorstep.desk, doorstep.database)
    while await first.round():
        pass
    doorstep.later(days=7)
    again = Conductor(doorstep.desk, doorstep.database)
    for _n in range(3):
        await again.round()
    one: Broadcast = await doorstep.keep(lambda visit: broadcasts.known(visit, number))
    assert (one.state, one.cause) == ((RUNNING, "") if night else (PAUSED, broadcasts.NIGHT))


async def test_a_notice_to_many_is_heard_of_as_it_begins(doorstep: Doorstep) -> None:
    """T-CAST-05: a stolen chat of the person responsible writes to everybody: all hear, each with a Stop link."""
    await agreed(doorstep, 3)
    doorstep.desk.url = "https://desk.kz"
    ruled(doorstep, approval_above=1)

    def work(visit: Visit) -> None:
        ground = next(code for code, known in visit.operator.grounds.items() if NOTICE in known.kinds)
        one = drafts.begin(visit, by(visit, DANA), "", (TELEGRAM,), kind=BREACH, ground=ground)
        one = drafts.edit(visit, one, NEWS)
        one = drafts.counted(visit, one, audiences.count(visit, one).told())
        one = broadcasts.confirm(visit, one, one.digest, by(visit, DANA))
        assert one.start_at == visit.at

    await doorstep.keep(work)
    letters = [each for each in await doorstep.courier(EMAIL) if each.message.kind == "bulletin"]
    assert letters and all("https://desk.kz/b/" in each.body["text"] for each in letters)


async def test_a_void_token_pauses_it_and_costs_nobody_their_message(doorstep: Doorstep) -> None:
    await agreed(doorstep, 15)

    async def wire(_broadcast: Broadcast, _delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        return Outcome(LATER, "401", 0.01, all=True)

    number = await sent_off(doorstep)
    async with under_way(doorstep, wire):
        assert (await ended(doorstep, number)).state == PAUSED
    assert {state for state, _cause in await tally(doorstep, number)} == {"waiting"}


async def test_a_post_office_that_refuses_everybody_pauses_it(doorstep: Doorstep) -> None:
    """A relay that is denied says 5xx of each address: that is no news of the addresses."""
    await agreed(doorstep, 15)
    sender = Broadcaster(doorstep.desk, doorstep.database, EMAIL, Limiter(100), silent)
    number = await sent_off(doorstep)
    conductor = Conductor(doorstep.desk, doorstep.database)
    while await conductor.round():
        pass
    one = await doorstep.keep(lambda visit: broadcasts.known(visit, number))
    for _n in range(12):
        await sender._watch(one, Outcome(GONE, "550"), failed=True)
    assert (await doorstep.keep(lambda visit: broadcasts.known(visit, number))).state == PAUSED


async def test_who_wakes_up_with_an_old_claim_sends_nothing(doorstep: Doorstep) -> None:
    """T-ADMIN-09: the process stood still between claim and wire; meanwhile the person stopped."""
    await agreed(doorstep, 3)
    number = await sent_off(doorstep)
    got: list[str] = []

    async def wire(_broadcast: Broadcast, delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        got.append(delivery.address)
        return Outcome(SENT)

    conductor = Conductor(doorstep.desk, doorstep.database)
    while await conductor.round():
        pass
    sender = Broadcaster(doorstep.desk, doorstep.database, TELEGRAM, Limiter(100), wire)
    taking = sender.limiter.turn

    async def asleep(patience: float) -> Any:
        doorstep.later(minutes=1)
        return await taking(patience)

    sender.limiter.turn = asleep  # type: ignore[method-assign, assignment]
    one = await doorstep.keep(lambda visit: broadcasts.known(visit, number))
    sending = asyncio.create_task(sender._send(one))
    await asyncio.sleep(0.5)
    sending.cancel()
    assert got == []


async def test_a_notice_of_a_breach_goes_before_an_advert_under_way(doorstep: Doorstep) -> None:
    await agreed(doorstep, 30)
    number = await sent_off(doorstep)
    order: list[str] = []
    breach = asyncio.Event()

    async def wire(broadcast: Broadcast, _delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        order.append(broadcast.kind)
        if len(order) == 5:
            breach.set()
        await asyncio.sleep(0.05)
        return Outcome(SENT)

    def alarm(visit: Visit) -> None:
        ground = next(code for code, known in visit.operator.grounds.items() if NOTICE in known.kinds)
        one = drafts.begin(visit, by(visit, DANA), "", (TELEGRAM,), kind=BREACH, ground=ground)
        one = drafts.edit(visit, one, NEWS)
        one = drafts.counted(visit, one, audiences.count(visit, one).told())
        broadcasts.confirm(visit, one, one.digest, by(visit, DANA))

    async with under_way(doorstep, wire, per_second=10):
        await breach.wait()
        await doorstep.keep(alarm)
        await ended(doorstep, number)
    assert order.index(BREACH) < 28
    assert order[-1] != BREACH
