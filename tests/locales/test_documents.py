"""The documents of the three languages have one shape: the same files, placeholders, sections and items."""

from __future__ import annotations

import re
import tomllib
from itertools import combinations

import pytest
from tests.doorstep import a_desk

from kelisim.texts import LOCALES, LOCALES_FOLDER

PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
FOLDERS = {locale: LOCALES_FOLDER / locale / "documents" for locale in LOCALES}
NAMES = sorted(path.name for path in FOLDERS["kk"].iterdir())
TEXTS = [name for name in NAMES if name.endswith(".md")]


def source(name: str, locale: str) -> str:
    return (FOLDERS[locale] / name).read_text(encoding="utf-8")


def shape(text: str) -> list[str]:
    """What each line is: a title, a section, an item, the line of division, a paragraph, nothing."""
    kinds = {"# ": "title", "##": "section", "- ": "item", "--": "division"}
    return [kinds.get(line[:2], "words" if line else "") for line in text.strip().split("\n")]


def test_every_language_has_every_file() -> None:
    for locale in LOCALES:
        assert sorted(path.name for path in FOLDERS[locale].iterdir()) == NAMES
    assert len(TEXTS) >= 5


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_has_one_shape_in_three_languages(name: str) -> None:
    shapes = {locale: shape(source(name, locale)) for locale in LOCALES}
    assert shapes["kk"] == shapes["ru"] == shapes["en"]


@pytest.mark.parametrize("name", TEXTS)
def test_each_paragraph_quotes_the_same_values(name: str) -> None:
    for lines in zip(*(source(name, locale).strip().split("\n") for locale in LOCALES), strict=True):
        kk, ru, en = (sorted(set(PLACEHOLDER.findall(line))) for line in lines)
        assert kk == ru == en, lines[0]


@pytest.mark.parametrize("one, other", list(combinations(LOCALES, 2)))
@pytest.mark.parametrize("name", TEXTS)
def test_no_line_is_the_same_in_two_languages(name: str, one: str, other: str) -> None:
    lines = zip(source(name, one).split("\n"), source(name, other).split("\n"), strict=False)
    assert [first for first, second in lines if first == second and len(PLACEHOLDER.sub("", first)) > 3] == []


def test_the_words_of_the_documents_have_the_same_entries() -> None:
    def keys(table: object, above: str = "") -> set[str]:
        if not isinstance(table, dict):
            return {above}
        return {key for name, inner in table.items() for key in keys(inner, f"{above}.{name}")}

    told = [keys(tomllib.loads(source("words.toml", locale))) for locale in LOCALES]
    assert told[0] == told[1] == told[2] and len(told[0]) > 20


def test_rendered_documents_agree_in_version_and_number_of_sections() -> None:
    shelf = a_desk().shelf
    for name in shelf.names():
        documents = [shelf.current(name, locale) for locale in LOCALES]
        assert len({document.version for document in documents}) == 1
        assert len({document.digest for document in documents}) == 3
        if name != "policy":
            continue
        titles = [
            list(dict.fromkeys(section.title for section in document.sections)) for document in documents
        ]
        assert len({len(each) for each in titles}) == 1
