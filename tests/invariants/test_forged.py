"""Buttons we never made: answered as old ones, without a fault and without a confirmation of what did not happen."""

import pytest
from tests.doorstep import Doorstep, doorstep_on
from tests.invariants.residents import resident

FORGED = [
    "pdone:en::C-7K2M9QXD4?2026-13-45", "pdone:en::x?y", "vtold:en::2026-01-01", "vtold:en::zzz", "dagree:kk::" + "Ж" * 22,
    "desk:kk::" + "😀" * 12, "lang:kk::\x00", "later:ru::\x00", "stopd:en::S-12345678", "stopu:ru::S-12345678", "smaild:kk::S-9",
    "given:en::C-1", "ddone:en::C-1", "cwdn:en::C-1", "revdn:en::C-1", "resmd:en::S-1", "rcagn:en::C-1", "pnone:en::",
    "error:en::F-1", "alrdy:en::C-1", "c1:en:" + "A" * 40 + ":desk", ":::", "menu:en::" + "a" * 23, "menu:de::",
    "menu", "menu:en+++::",
]  # fmt: skip


@pytest.mark.parametrize("data", FORGED)
async def test_a_forged_button_is_an_old_button(doorstep: Doorstep, data: str) -> None:
    stranger, saule = resident(doorstep, "x"), resident(doorstep, "saule")
    await saule.registers()
    before = await doorstep.rows("SELECT count(*), max(at) FROM ledger")
    for person in (stranger, saule):
        said = await person.person.press(data=data)
        assert said.calls
        assert "✔" not in said.text
    assert await doorstep.rows("SELECT count(*), max(at) FROM ledger") == before


@pytest.mark.postgres
async def test_no_forged_button_fails_on_postgresql(postgres_url: str) -> None:
    async with doorstep_on(postgres_url) as doorstep:
        saule = await resident(doorstep, "saule").registers()
        for data in FORGED:
            for person in (saule, resident(doorstep, "x")):
                assert (await person.person.press(data=data)).calls, data
        await saule.say("/start \x00")
        await saule.say("nul \x00 inside")
        assert saule.said.text
