"""SQL is prebuilt or bound: no statement of ours is put together from words."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.doorstep import Doorstep

SOURCE = Path(__file__).parents[2] / "src" / "kelisim"
RAW = {"text", "exec_driver_sql", "literal_column"}
HOSTILE = [
    "' OR 1=1 --",
    "'; DROP TABLE subjects; --",
    "C-1' UNION SELECT 1",
    "%",
    "_",
    "\\",
    "a@mail.kz' --",
]


def built(tree: ast.AST) -> list[int]:
    """Lines where raw SQL is anything but one written string."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in RAW and not isinstance(node.args[0], ast.Constant):
            found.append(node.lineno)
    return found


def ours() -> list[Path]:
    return [path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts]


def imports_text(tree: ast.AST) -> bool:
    """Whether `text` is SQLAlchemy's in this module (screens have a `text` of their own)."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "sqlalchemy"
        and any(a.name == "text" for a in node.names)
        for node in ast.walk(tree)
    )


def test_no_statement_is_put_together_from_words() -> None:
    """T-STORE-14."""
    faults = []
    for path in ours():
        tree = ast.parse(path.read_text("utf-8"))
        if imports_text(tree):
            faults += [f"{path.name}:{line}" for line in built(tree)]
    assert faults == []


@pytest.mark.parametrize(
    "source", ['text(f"SELECT {x}")', 'c.exec_driver_sql("a" + b)', "text(x)", 'text("a" % b)']
)
def test_the_search_finds_what_it_looks_for(source: str) -> None:
    assert built(ast.parse(source))
    assert not built(ast.parse('text("SELECT 1")'))


@pytest.mark.parametrize("words", HOSTILE)
async def test_hostile_words_are_values_wherever_they_are_typed(each_doorstep: Doorstep, words: str) -> None:
    """T-STORE-14."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    before = await step.rows("SELECT count(*) FROM subjects")
    for data in ("c1", "text", "alrdy", "rcpt", "wdraw", "resume"):
        await saule.press(data=f"{data}:en::{words}"[:64])
    for command in ("/verify", "/start " + words, words):
        await saule.say(command)
        assert (await saule.say(words)).text
    await saule.press(data="smail:en::")
    assert (await saule.say(words)).text
    assert await step.rows("SELECT count(*) FROM subjects") == before
    assert await step.rows("SELECT 1 FROM suppressions") == []
