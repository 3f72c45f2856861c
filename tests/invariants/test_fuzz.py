"""Whatever anybody sends: no fault, an answer to every private message, nothing of anybody's in the log."""

from __future__ import annotations

import asyncio
import itertools
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.invariants.canaries import leaks
from tests.invariants.town import Town, Watch
from tests.invariants.updates import Update, updates

from kelisim.telegram import broadcasting
from kelisim.telegram.screens import READERS
from kelisim.telegram.updates import read

TOGETHER = 25  # updates of one example
SMALL = 1500
_ids = itertools.count(10_000_000)


def fuzz(town: Town, folder: Path, wanted: int) -> None:
    """Generated updates in examples of 25, each on a fresh copy of the town; those of one person in turn."""
    canaries = [value for each in town.people.values() for value in each.values.canaries()]

    async def example(batch: list[tuple[str, Update]]) -> None:
        watch = Watch(town)
        theirs: dict[str, list[Update]] = {}
        for key, update in batch:
            theirs.setdefault(key, []).append({"update_id": next(_ids), **update})

        async def in_turn(key: str) -> None:
            for update in theirs[key]:
                number = update.pop("update_id")
                told = read({"update_id": number, **update})
                assert told is not None
                watch.check(key, update, await step.door.serve(told))

        async with town.copy(folder) as step:
            await asyncio.gather(*(in_turn(key) for key in theirs))

    runner = asyncio.Runner()

    @settings(max_examples=-(-wanted // TOGETHER), suppress_health_check=list(HealthCheck))
    @given(batch=st.lists(updates(town.people), min_size=TOGETHER, max_size=TOGETHER))
    def run(batch: list[tuple[str, Update]]) -> None:
        runner.run(example(batch))

    with runner:
        run()
    assert leaks(town.log.getvalue().encode(), canaries) == []


async def test_somebody_stands_at_every_question(town: Town, tmp_path: Path) -> None:
    """A reader nobody stands before would be met by no words at all; «verify» and «stop.mail» also ask people we do not know."""
    async with town.copy(tmp_path) as step:
        rows = await step.rows("SELECT screen FROM subjects UNION SELECT screen FROM prompts")
        off = {"consents.give.conditions"}  # only where the purpose of publication is on
        beside = {
            "ask.more",
            "ask.document",
            "rep.document",
        }  # what waits meanwhile is the check, or the words
        # Those of /broadcast are for chats of the staff: fuzzed in tests/telegram/test_broadcasting.
        assert READERS.keys() - {row.screen for row in rows} <= off | beside | broadcasting.SCREENS


def test_generated_updates_are_all_answered_and_none_fails(town: Town, tmp_path: Path) -> None:
    fuzz(town, tmp_path, SMALL)


@pytest.mark.ordeal
@pytest.mark.timeout(7200)
def test_twenty_thousand_generated_updates_are_all_answered_and_none_fails(
    town: Town, tmp_path: Path
) -> None:
    wanted = int(os.environ.get("UPDATES", "20000"))
    town.counts.clear()
    fuzz(town, tmp_path, wanted)
    print(f"\n{town.counts.total()} updates: {dict(town.counts.most_common())}")
    assert town.counts.total() >= wanted
