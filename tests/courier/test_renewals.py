"""A campaign on the road of every broadcast: conductor and sender bring it to those it is about, and its silence pauses them."""

from __future__ import annotations

from typing import Any

from tests import campaigns
from tests.campaigns import care, changed, confirmed, states
from tests.courier.test_broadcasting import agreed, ended, under_way
from tests.doorstep import Doorstep

from kelisim.courier.outcome import GONE, SENT, UNKNOWN, Outcome
from kelisim.desk import broadcasts, bulletins, consents, funnels, reports
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.deliveries import Delivery
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.texts import speaking


async def test_a_campaign_leaves_is_answered_and_ends_in_its_funnel(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    campaigns.by_day(step)
    chats = await agreed(step, 6)
    await changed(step)
    got: dict[str, dict[str, Any]] = {}

    async def wire(_broadcast: Broadcast, delivery: Delivery, body: dict[str, Any]) -> Outcome:
        got[delivery.address] = body
        place = chats.index(delivery.address)
        return (
            Outcome(GONE, "403")
            if place == 0
            else Outcome(UNKNOWN, "no answer")
            if place == 1
            else Outcome(SENT)
        )

    number = await step.keep(lambda visit: confirmed(visit, TELEGRAM).number)
    async with under_way(step, wire, replicas=2):
        assert (await ended(step, number)).state == broadcasts.DONE
    assert sorted(got) == sorted(chats)

    def pressing(chat: str, row: int) -> str:
        data: str = got[chat]["reply_markup"]["inline_keyboard"][row][0]["callback_data"]
        return data

    keeps, takes_back = step.person(chats[2]), step.person(chats[3])
    await keeps.press(data=pressing(chats[2], 0))
    assert "I agree" in keeps.said.buttons
    await keeps.press("I agree")
    assert "Келісім кері қайтарып алынды" in (await takes_back.press(data=pressing(chats[3], 1))).text

    def funnel(visit: Visit) -> list[funnels.Funnel]:
        return funnels.funnel(visit, broadcasts.known(visit, number))

    # Five were asked: of one nobody knows whether it arrived, and one had blocked the bot.
    assert await step.keep(funnel) == [funnels.Funnel(TELEGRAM, 5, 1, 1, 3, 0, 0, 1)]
    step.later(days=16)
    await care(step)
    assert await states(step) == ["given"] + ["suspended"] * 4 + ["withdrawn"]
    assert await step.keep(funnel) == [funnels.Funnel(TELEGRAM, 5, 1, 1, 0, 3, 0, 1)]
    assert await step.keep(consents.differences) == []

    def report(visit: Visit) -> list[str]:
        with speaking("en"):
            return bulletins.report(visit, reports.of(visit, broadcasts.known(visit, number)))

    told = await step.keep(report)
    for line in (
        "Asked: 5 people.",
        "Kept the consent: 1.",
        "Withdrew it: 1.",
        "Paused without an answer: 3.",
    ):
        assert line in told
