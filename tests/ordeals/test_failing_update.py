"""An update that always fails holds back nobody, least of all the STOP behind it (T-CHAT-06, T-CHAT-07, I9).

    pytest -m ordeal tests/ordeals/test_failing_update.py

The sandbox brings the updates as Telegram does: by webhook those of one chat wait behind the one that fails.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from tests.ordeals.conftest import Figures, Sizes
from tests.ordeals.crowd import Hook, wired
from tests.ordeals.evidence import reading
from tests.ordeals.people import NUMBER, Resident
from tests.ordeals.process import SECRET, environment
from tests.ordeals.scene import roomy

from kelisim import app
from kelisim.desk.visit import Visit
from kelisim.sandbox import Sandbox, acts
from kelisim.settings import Settings
from kelisim.telegram import dialogue
from kelisim.telegram.repeats import TRIES
from kelisim.telegram.screens import Go

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(300)]

WORDS = "сломанное слово Нурлан"
AT_MOST = 60.0  # seconds until the STOP behind it has acted


@pytest.mark.parametrize("known", [True, False], ids=["registered", "unknown"])
@pytest.mark.parametrize("updates", ["polling", "webhook"])
async def test_a_stop_behind_an_update_that_always_fails_acts_within_a_minute(
    updates: str,
    known: bool,
    store_url: str,
    tmp_path: Path,
    sizes: Sizes,
    figures: Figures,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = dialogue.said

    def fails(visit: Visit, message: Any, brought: Any = None) -> Go:
        if message.text == WORDS:
            raise ZeroDivisionError(WORDS)
        return said(visit, message, brought)

    monkeypatch.setattr(dialogue, "said", fails)
    async with Sandbox(limits=roomy()) as sandbox:
        settings = Settings.read(environment(sandbox, tmp_path, store_url, updates))
        async with app.open_house(settings) as house, wired(house, sandbox, updates) as wire:
            if isinstance(wire, Hook):
                await house.bot.set_webhook(wire.url, secret_token=SECRET)
            dice = sizes.dice(f"failing {updates}")
            person, other = (Resident(sandbox, number, dice, (0.0, 0.05)) for number in (1, 2))
            if known:
                await person.register()
            await other.register()
            began = time.monotonic()
            failing = acts.say(sandbox.town, {"person": person.person.key, "text": WORDS})
            stopping = acts.say(sandbox.town, {"person": person.person.key, "text": "СТОП"})
            assert failing.entry is not None and stopping.entry is not None
            await other.say("/menu")
            not_held_up = time.monotonic() - began
            await asyncio.wait_for(stopping.entry.done.wait(), AT_MOST)
            took = time.monotonic() - began
            texts = [body["text"] for body in person.chat.since(failing.revision) if "text" in body]
            assert sum("F-" in text for text in texts) == 1, "the person is told once that it failed"
            assert any(NUMBER.findall(text)[:1] and text.startswith("✔") for text in texts)
            async with reading(store_url) as rows:
                parked = await rows("SELECT kind, tries, subject_id, body, cause, key FROM parked")
                stopped = await rows("SELECT count(*) FROM suppressions")
            assert stopped[0][0] >= 1
            ((kind, tries, subject, body, cause, key),) = parked
            assert (kind, tries, cause, key) == (
                "message",
                TRIES,
                "ZeroDivisionError",
                failing.entry.body["update_id"],
            )
            assert (subject is not None, body is not None) == (known, known)
            if known:
                assert WORDS.encode() not in body and b"text" not in body
    figures.tell(
        f"parked after {TRIES} tries, stopped after {took:.1f} s; another person's answer after {not_held_up:.2f} s"
    )
