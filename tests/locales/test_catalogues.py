"""The three catalogues say the same: every sentence, every placeholder, every plural form, and each in its own words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import kelisim
from kelisim.texts import LOCALES, LOCALES_FOLDER

PLACEHOLDER = re.compile(r"\{[a-z]*\}")
# Words that two languages share: the two languages by the English.
ALIKE = {text: {("kk", "ru")} for text in ("Phone", "phone", "The operator", "a code")}
PLURAL_FORMS = {"kk": 2, "ru": 3, "en": 2}


def read(path: str) -> Catalog:
    with (LOCALES_FOLDER / path).open("rb") as file:
        return read_po(file)


SOURCE = Path(kelisim.__file__).parent
CATALOGUES = {locale: read(f"{locale}/LC_MESSAGES/kelisim.po") for locale in LOCALES}
TEMPLATE = read("kelisim.pot")


def english(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple | list) else message.id)


def forms(message: Message) -> tuple[str, ...]:
    told = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return tuple(str(form) for form in told)


def said(catalogue: Catalog) -> dict[str, tuple[str, ...]]:
    return {english(message): forms(message) for message in catalogue if message.id}


def has_words(told: tuple[str, ...]) -> bool:
    """Whether anything but placeholders and signs is said."""
    return any(re.search(r"[^\W\d_]", PLACEHOLDER.sub("", form)) for form in told)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_of_the_program_is_there_and_no_other(locale: str) -> None:
    assert said(CATALOGUES[locale]).keys() == said(TEMPLATE).keys()
    assert len(said(TEMPLATE)) > 200


def test_every_sentence_the_program_says_was_found_by_the_extraction() -> None:
    """Inside an f-string it is not found, and nobody would translate it."""
    known, lost = said(TEMPLATE).keys(), []
    for path in sorted(SOURCE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id in ("_", "plural")
            ):
                sentence = call.args[0] if call.args else None
                if isinstance(sentence, ast.Constant) and str(sentence.value) not in known:
                    lost.append(f"{path.name}: {sentence.value!r}")
    assert lost == []


@pytest.mark.parametrize("locale", LOCALES)
def test_none_is_empty_or_guessed(locale: str) -> None:
    assert [
        text for text, told in said(CATALOGUES[locale]).items() if not all(form.strip() for form in told)
    ] == []
    assert [english(message) for message in CATALOGUES[locale] if message.fuzzy] == []
    assert not CATALOGUES[locale].obsolete


@pytest.mark.parametrize("locale", LOCALES)
def test_each_keeps_the_placeholders_of_the_english(locale: str) -> None:
    for message in CATALOGUES[locale]:
        originals = message.id if isinstance(message.id, tuple | list) else (message.id,)
        wanted = set(PLACEHOLDER.findall(str(originals[-1])))
        for form in forms(message) if message.id else ():
            assert set(PLACEHOLDER.findall(form)) == wanted, form


@pytest.mark.parametrize("locale", LOCALES)
def test_plural_forms_are_those_of_the_language(locale: str) -> None:
    catalogue = CATALOGUES[locale]
    assert catalogue.num_plurals == PLURAL_FORMS[locale]
    counted = [message for message in catalogue if isinstance(message.id, tuple | list)]
    assert counted
    for message in counted:
        assert len(forms(message)) == PLURAL_FORMS[locale], message.id
    if locale == "ru":  # «в течение 1 рабочего дня», «в течение 2 (5) рабочих дней»
        (days,) = [each for each in counted if "working day, free" in english(each)]
        assert forms(days)[0] != forms(days)[1] == forms(days)[2]
        rule = Locale("ru").plural_form
        assert [rule(n) for n in (1, 2, 5, 11, 21)] == ["one", "few", "many", "many", "one"]


@pytest.mark.parametrize("one, other", [("kk", "ru"), ("kk", "en"), ("ru", "en")])
def test_no_sentence_is_the_same_in_two_languages(one: str, other: str) -> None:
    first, second = said(CATALOGUES[one]), said(CATALOGUES[other])
    alike = [text for text in first if first[text] == second[text] and has_words(first[text])]
    assert [text for text in alike if (one, other) not in ALIKE.get(text, set())] == []


def test_english_says_what_the_program_says() -> None:
    assert [text for text, told in said(CATALOGUES["en"]).items() if told[0] != text] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_ending_is_glued_to_a_placeholder(locale: str) -> None:
    glued = re.compile(r"\}[-\w]|[\w]\{")
    assert [form for told in said(CATALOGUES[locale]).values() for form in told if glued.search(form)] == []


def test_personal_data_have_their_name_in_kazakh() -> None:
    whole = "\n".join(form for told in said(CATALOGUES["kk"]).values() for form in told)
    whole += "".join(
        path.read_text(encoding="utf-8") for path in (LOCALES_FOLDER / "kk" / "documents").iterdir()
    )
    assert "дербес дерек" in whole.lower()
    assert "жеке дерек" not in whole.lower()
