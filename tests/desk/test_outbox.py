"""The outbox: what is claimed, and what its person may see of it."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.desk import schemas
from tests.desk.test_access import SCHEMA
from tests.desk.test_broadcasts import NEWS, agreed, running
from tests.doorstep import Doorstep

from kelisim.desk import access, audiences, broadcasts, deliveries, dossiers, drafts, outbox, staff
from kelisim.desk.visit import TELEGRAM, Visit


async def test_no_more_are_claimed_than_asked_for(each_doorstep: Doorstep) -> None:
    """The rest waits for another courier, and is in nobody's hand when one is killed."""
    await each_doorstep.person("aigul").registers("en")

    def work(visit: Visit) -> list[int]:
        for _row in range(20):
            outbox.post(visit, "case", TELEGRAM, {"text": "…"}, address="1", to_subject=False)
        return [len(outbox.claim(visit, TELEGRAM, 3)) for _time in range(3)]

    assert await each_doorstep.keep(work) == [3, 3, 3]
    assert await each_doorstep.rows("SELECT count(*) FROM outbox WHERE state = 'claimed'") == [(9,)]


async def test_a_person_sees_each_message_of_a_broadcast_with_its_number_and_what_became_of_it(
    each_doorstep: Doorstep,
) -> None:
    """In the chat and in the file: sent, stopped by themselves, and stopped by the operator are three different things."""
    step = each_doorstep
    now = step.desk.clock.now()
    step.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)
    await agreed(step, "saule", "en")
    saule = step.person("saule")
    others = await agreed(step, "dias", "ru")

    def first(visit: Visit) -> str:
        one = running(visit)
        for each in deliveries.take(visit, one, TELEGRAM, 10)[0]:
            deliveries.settle(visit, each, outbox.SENT)
        return one.number

    def stopped(visit: Visit) -> str:
        one = broadcasts.cancel(visit, running(visit), staff.DESK)
        deliveries.drop(visit, one)
        return one.number

    sent, dropped = await step.keep(first), await step.keep(stopped)
    left = await step.keep(lambda visit: running(visit).number)
    await saule.say("STOP")
    await saule.say("/mydata")
    shown = (await saule.press("Messages sent to me")).text
    for number, outcome in (
        (sent, "delivered"), (dropped, "not sent: we stopped the whole broadcast"),
        (left, "cancelled by your stop or withdrawal"),
    ):  # fmt: skip
        assert f"Information: Telegram (Telegram), No. {number}: {outcome}." in shown
    assert str(others) not in shown and shown.count("•") == 3

    def told(visit: Visit) -> dict[str, tuple[str, str | None]]:
        facts = dossiers.gather(visit, "K-000000000")
        assert schemas.faults(json.loads(access.as_json(facts)), SCHEMA) == []
        words = access.as_html(facts).decode()
        assert "we stopped the whole broadcast" in words
        return {
            each["number"]: (each["state"], each["cause"])
            for each in facts["messages"]
            if each["kind"] == "broadcast"
        }

    assert await step.keep(told, saule) == {
        sent: ("sent", None), dropped: ("cancelled", "broadcast ended"), left: ("cancelled", None),
    }  # fmt: skip


async def test_a_notice_without_a_consent_stands_among_the_messages_too(doorstep: Doorstep) -> None:
    now = doorstep.desk.clock.now()
    doorstep.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)
    saule = await doorstep.person("saule").registers("en")
    await saule.say("STOP")

    def noticed(visit: Visit) -> str:
        dana = staff.acting(visit.operator, "dana@alit.kz", "test")
        one = drafts.begin(visit, dana, "", (TELEGRAM,), kind=broadcasts.BREACH, ground="security")
        one = drafts.edit(visit, one, NEWS)
        one = drafts.counted(visit, one, audiences.count(visit, one).told())
        one = broadcasts.start(visit, broadcasts.confirm(visit, one, one.digest, dana))
        while audiences.address(visit, one):
            one = broadcasts.known(visit, one.number)
        return one.number

    number = await doorstep.keep(noticed)
    await saule.say("/mydata")
    shown = (await saule.press("Messages sent to me")).text
    assert f"A notice of a breach of security (Telegram), No. {number}: waits to be sent." in shown
