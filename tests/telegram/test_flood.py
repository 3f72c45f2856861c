"""Who writes too much: one line a minute, then silence, and STOP works all the time."""

from __future__ import annotations

import random
import time

import pytest
from tests.doorstep import doorstep_on

from kelisim.telegram.flood import LONG, SHORT, Flood, Recent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A hand on the monotonic clock."""
    now = [1000.0]
    monkeypatch.setattr("kelisim.telegram.flood.time.monotonic", lambda: now[0])
    return now


def test_a_burst_and_an_hour_have_their_budgets(clock: list[float]) -> None:
    flood = Flood()
    assert [flood.over(1) for _n in range(21)] == [False] * 20 + [True]
    assert not flood.over(2)
    clock[0] += SHORT
    assert not flood.over(1)
    for _n in range(178):
        clock[0] += 1
        assert not flood.over(1)
    clock[0] += 1
    assert flood.over(1)
    clock[0] += LONG + 1
    assert not flood.over(1)


def test_it_says_so_once_a_minute(clock: list[float]) -> None:
    flood = Flood()
    assert [flood.tell(1), flood.tell(1), flood.tell(2)] == [True, False, True]
    clock[0] += 61
    assert flood.tell(1)


def test_it_forgets_people_rather_than_growing(clock: list[float]) -> None:
    flood, recent = Flood(people=10), Recent(most=10)
    for person in range(1000):
        flood.over(person)
        flood.tell(person)
        recent.again(person)
    assert max(len(flood._times), len(flood._told), len(recent._seen)) <= 11


@pytest.mark.parametrize(
    "words", ["STOP", "/stop", "/stop please", "тоқтату", "больше мне не пишите", "please do not write to me"]
)
async def test_a_stop_anywhere_in_a_flood_acts_and_is_answered(sqlite_url: str, words: str) -> None:
    """T-CHAT-12: sentences that stop messages too."""
    async with doorstep_on(sqlite_url, flood=Flood()) as step:
        saule = await step.person("saule").registers()
        place = random.Random(words).randrange(250, 300)
        answered = 0
        for number in range(320):
            said = await saule.say(words if number == place else f"hello {number}")
            answered += bool(said.calls)
            if number == place:
                assert "S-" in said.text
        assert answered < 40
        assert await step.rows("SELECT 1 FROM suppressions")


async def test_a_stop_button_and_a_withdrawal_act_in_a_flood(sqlite_url: str) -> None:
    """T-CHAT-12."""
    async with doorstep_on(sqlite_url, flood=Flood()) as step:
        saule = await step.person("saule").registers()
        await saule.say("/consent")
        await saule.press("Information: Telegram")
        await saule.press("I agree")
        for number in range(230):
            await saule.say(f"hello {number}")
        assert (await saule.say("hello")).calls == []
        assert "Stopped" in (await saule.press(data="stop:en::all")).text
        assert "withdrawn" in (await saule.press(data="wdraw:en::informing-telegram")).text
        assert "withdrawn" in (await saule.press(data="revdo:en::close")).text


async def test_above_the_limit_there_is_one_line_a_minute_and_a_press_still_stops_turning(
    sqlite_url: str,
) -> None:
    async with doorstep_on(sqlite_url, flood=Flood(burst=10, hourly=200)) as step:
        saule = await step.person("saule").registers()
        said = [await saule.say(f"hello {n}") for n in range(30)]
        lines = [one.text for one in said if one.calls]
        assert len([line for line in lines if "STOP works all the time" in line]) == 1
        assert (await saule.press(data="menu:en::")).methods == ["answerCallbackQuery"]


async def test_a_flood_of_one_person_is_not_felt_by_another(sqlite_url: str) -> None:
    """T-CHAT-12: what is above the limit opens no visit, so it costs next to nothing."""
    async with doorstep_on(sqlite_url, flood=Flood()) as step:
        flooder, dias = await step.person("saule").registers(), await step.person("dias").registers()
        for number in range(200):
            await flooder.say(f"hello {number}")
        kept = step.database.kept()
        begun = time.perf_counter()
        for number in range(300):
            await flooder.say(f"hello {number}")
        assert time.perf_counter() - begun < 2
        assert step.database.kept() == kept
        assert (await dias.say("/menu")).text
