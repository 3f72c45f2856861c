"""`kelisim retention`: a dry run that changes nothing, a run beside a serving house, faults as sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.desk.test_retention import count, informed, withdraws
from tests.doorstep import doorstep_on
from tests.test_app import trial
from typer.testing import CliRunner

from kelisim import app, upkeep
from kelisim.commands import cli


async def test_the_command_foresees_and_then_does_it_beside_a_serving_house(
    store_url: str, tmp_path: Path
) -> None:
    """P16."""
    settings = trial(store_url, tmp_path)
    async with app.open_house(settings) as house:
        said: list[str] = []
        async with doorstep_on(store_url, desk=house.desk) as step:
            step.later(days=-20)  # the command has a clock of its own
            aigul = await informed(step)
            await withdraws(step, aigul, "informing-email")
            step.later(days=20)
            assert await upkeep.retain(settings, dry=True, say=said.append) == {"fields": 2, "addresses": 1}
            assert said == [] and await count(step, "profile") == 2
            assert await step.rows("SELECT 1 FROM facts WHERE name = 'retention'") == []
            done = await upkeep.retain(settings, dry=False, say=said.append)
            assert done == {"fields": 2, "addresses": 1} and await count(step, "profile") == 0
            assert said[0].endswith("fields 2") and said[-1].endswith("fields 2, addresses 1")
            assert await upkeep.retain(settings, dry=False, say=said.append) == {}  # again, by command


def test_the_command_says_what_it_did_and_what_is_wrong(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KELISIM_BOT_API", "KELISIM_DATABASE", "KELISIM_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KELISIM_BOT_API", "http://127.0.0.1:9")
    monkeypatch.setenv("KELISIM_HOME", str(tmp_path))
    monkeypatch.setenv("KELISIM_DATABASE", sqlite_url)
    told = CliRunner().invoke(cli, ["retention", "--dry-run"])
    assert told.exit_code == 0 and told.output == "it would end: nothing\n"
    told = CliRunner().invoke(cli, ["retention"])
    assert told.exit_code == 0 and told.output == "ended: nothing\n"
    monkeypatch.setenv("KELISIM_DATABASE", f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    told = CliRunner().invoke(cli, ["retention"])
    assert told.exit_code == 1 and "migrate" in told.output
