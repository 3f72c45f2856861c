"""`kelisim letters --preview`: every kind of letter in three languages, of invented people, before anybody gets one."""

from __future__ import annotations

import asyncio
import email
import email.policy
import inspect
import re
from contextlib import aclosing
from pathlib import Path

import pytest
from tests.courier.test_page import Read, loads_nothing
from typer.testing import CliRunner

from kelisim.commands import cli
from kelisim.commands.examples import Example, letters_of
from kelisim.commands.occasions import MAILBOXES
from kelisim.desk import cases, outbox, tellings
from kelisim.desk import operator as operators
from kelisim.texts import LOCALES

IN_THE_CHAT = {"receipt", "answer", "notice", "file", "panel"}
ALIKE = {"broadcast"}  # made where its `preview` is made


@pytest.fixture(scope="module")
def every() -> list[Example]:
    """All letters of the three languages."""

    async def made() -> list[Example]:
        found: list[Example] = []
        for locale in LOCALES:
            async with aclosing(letters_of(operators.load(None), locale)) as told:
                found += [example async for example in told]
        return found

    return asyncio.run(made())


def test_no_kind_of_letter_is_forgotten(every: list[Example]) -> None:
    for locale in LOCALES:
        shown = {example.kind for example in every if example.locale == locale}
        assert set(outbox.KINDS) - IN_THE_CHAT - ALIKE == shown
        names = [example.name for example in every if example.locale == locale]
        assert len(names) == len(set(names))
        for kind in cases.KINDS:
            assert {f"case-{kind}-new", f"case-{kind}-more", f"reminder-{kind}-over"} <= set(names)


def test_nothing_that_staff_are_told_is_forgotten(every: list[Example]) -> None:
    known = set(re.findall(r'case "(\w+)":', inspect.getsource(tellings))) | {tellings.GONE}
    assert {f"told-{what}" for what in known} == {example.name for example in every if example.kind == "told"}


def letters_and_digits(text: str) -> list[str]:
    return [letter for letter in text if letter.isalnum()]


def test_each_letter_reads_the_same_in_both_forms_and_loads_nothing(every: list[Example]) -> None:
    """T-LET-20: but for the operator's name on top, where nobody will quote it; links may hide behind their label."""
    for example in every:
        loads_nothing(example.html)
        words = example.text
        for address in re.findall(r"https://desk\.example/\S+", words):
            assert f'href="{address}"' in example.html
            words = words.replace(address, "")
        mark, _, rest = words.partition("\n\n") if words.startswith("▼") else ("", "", words)
        sender = "" if mark else str(example.message["From"].addresses[0].display_name)
        assert letters_and_digits(Read(example.html).words) == letters_and_digits(mark + sender + rest), (
            example.name
        )


def test_a_letter_is_in_its_language_and_no_sentence_is_left_in_english(every: list[Example]) -> None:
    for example in every:
        assert (
            f'lang="{example.locale}"' in example.html
            and example.message["Content-Language"] == example.locale
        )
        if example.locale == "kk":
            assert re.search("[әіңғүұқөһ]", example.text), example.name


def test_subjects_and_headers_name_nobody(every: list[Example]) -> None:
    """T-LET-05: the invented people's names and words are in letters, never in a header."""
    seen = 0
    for example in every:
        headers = " ".join(str(value) for name, value in example.message.items() if name != "To")
        for name in ("Айгүл", "Нұрланова", "Диас", "Ахметов", "Saule", "Kim", "SMS", *MAILBOXES.values()):
            assert name not in headers
            seen += name in example.text
    assert seen


def test_the_command_writes_three_files_per_letter_and_a_page_that_leads_to_all(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    ended = CliRunner().invoke(cli, ["letters", "--preview", str(folder), "--language", "ru"])
    assert ended.exit_code == 0, ended.output
    assert str(folder / "index.html") in ended.output.replace("\n", "")
    linked = set(re.findall(r'href="([^"]+)"', (folder / "index.html").read_text("utf-8")))
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"index.html"}
    assert linked == files and {path.partition("/")[0] for path in files} == {"ru"}
    message = email.message_from_bytes((folder / "ru" / "code.eml").read_bytes(), policy=email.policy.default)
    html = message.get_body(("html",))
    assert html is not None and html.get_content() == (folder / "ru" / "code.html").read_text("utf-8")


def test_an_operator_file_that_is_wrong_is_told(tmp_path: Path) -> None:
    wrong = tmp_path / "operator.toml"
    wrong.write_text("bin = 1")
    ended = CliRunner().invoke(cli, ["letters", "--preview", str(tmp_path / "x"), "--operator", str(wrong)])
    assert ended.exit_code == 1 and "the operator file" in ended.output
    assert not (tmp_path / "x").exists()
