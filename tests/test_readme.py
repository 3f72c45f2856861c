"""The README keeps up: every variable is in its table and its two commands name what exists."""

import re
import tomllib
from pathlib import Path

import pytest

from kelisim.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def commands(readme: str) -> list[str]:
    return re.findall(r"^\s*(python3 -m venv \.venv && .+)$", readme, re.MULTILINE)


def test_every_variable_has_its_row_in_the_table_and_no_row_is_left_over(readme: str) -> None:
    rows = dict(re.findall(r"^\| *`(KELISIM_[A-Z_]+)` *\|(.+)\|$", readme, re.MULTILINE))
    assert sorted(rows) == sorted(variable.name for variable in Settings.variables())
    assert [name for name, text in rows.items() if len(text.strip(" |")) < 10] == []


def test_the_table_says_which_secrets_may_come_from_a_file(readme: str) -> None:
    assert "_FILE" in readme
    named = set(re.findall(r"KELISIM_[A-Z_]+", readme))
    known = {variable.name for variable in Settings.variables()}
    files = {f"{variable.name}_FILE" for variable in Settings.variables() if variable.secret}
    assert named - known - files == set()


def test_it_opens_with_two_commands_one_to_try_and_one_to_test(commands: list[str]) -> None:
    assert [command.rpartition("&& ")[2].split()[:2] for command in commands[:2]] == [
        [".venv/bin/kelisim", "demo"],
        [".venv/bin/pytest"],
    ]


def test_the_commands_name_only_files_and_extras_that_exist(commands: list[str]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for command in commands:
        for file in re.findall(r"-(?:r|-requirement|c) (\S+)", command):
            assert (ROOT / file).is_file()
        for names in re.findall(r"\.\[([a-z,]+)\]", command):
            assert set(names.split(",")) <= set(extras)
