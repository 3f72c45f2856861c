"""Templates: found by name, filled in the reader's language, and faults of the operator file named at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import altered

from kelisim.desk import cases, faults, operator, templates, tongues
from kelisim.desk.operator import OperatorFaults
from kelisim.texts import LOCALES

SAMPLE = operator.load(None)
THANKS = 'name = { kk = "Рақмет", ru = "Благодарность", en = "Thanks" }'


def test_the_sample_has_templates_a_desk_needs_in_three_languages() -> None:
    assert len(SAMPLE.templates) == 7
    for template in SAMPLE.templates.values():
        for said in (template.text, template.name):
            assert len({said.to(locale) for locale in LOCALES}) == 3
        assert [tongues.of(template.text.to(locale)) for locale in LOCALES] == list(LOCALES)


def test_the_kinds_that_faults_know_are_those_of_the_cases() -> None:
    assert faults.KINDS == cases.KINDS


@pytest.mark.parametrize(
    "called", ["documents", "Documents", "Құжат  керек", "нужен документ", "document NEEDED"]
)
def test_a_template_is_found_by_key_or_name_in_any_language(called: str) -> None:
    assert templates.find(SAMPLE, called) == "documents"


@pytest.mark.parametrize("called", ["", "document", "Нужен", "documents please"])
def test_what_is_no_name_of_a_template_finds_none(called: str) -> None:
    assert templates.find(SAMPLE, called) is None


def test_a_template_for_other_kinds_does_not_fit() -> None:
    """T-LET-11."""
    assert templates.fits(SAMPLE.templates["corrected"], cases.CORRECTION)
    assert not templates.fits(SAMPLE.templates["corrected"], cases.COMPLAINT)
    assert templates.fits(SAMPLE.templates["passed_on"], cases.BREACH)
    assert "corrected" not in dict(templates.fitting(SAMPLE, cases.COMPLAINT))


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_template_is_filled_in_the_readers_language(doorstep: Doorstep, locale: str) -> None:
    aigul = await doorstep.person("aigul").registers()
    case = await doorstep.keep(lambda visit: cases.begin(visit, cases.QUESTION, words="?"), aigul)
    for key in SAMPLE.templates:
        text = await doorstep.keep(lambda visit, key=key: templates.body(visit, case, key, locale))
        assert "{" not in text and "}" not in text
        assert tongues.of(text) == locale
        assert (case.number in text) == ("{number}" in SAMPLE.templates[key].text.en)
        assert (SAMPLE.name.to(locale) in text) == ("{operator}" in SAMPLE.templates[key].text.en)


@pytest.mark.parametrize(
    ("words", "locale", "key"),
    [
        (
            "Айгүл, дело вот в чём: данные исправлены, посмотрите их в боте в разделе мои данные",
            "ru",
            "corrected",
        ),
        ("Өтінішіңіз жауапты қызметкерге берілді, қосымша ештеңе қажет емес", "kk", "passed_on"),
        ("Погода сегодня хорошая", "ru", None),
        ("", "ru", None),
    ],
)
def test_the_nearest_template_shares_words(words: str, locale: str, key: str | None) -> None:
    assert templates.nearest(SAMPLE, cases.QUESTION, words, locale) == key


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "We have noted what you said in your request No. {number}.",
            "We have noted what you said.",
            "templates.thanks.text.en: {number} is missing, another language has it",
        ),
        (
            "or write to {mailbox}. Yours",
            "or write to {adress}. Yours",
            "templates.thanks.text.en: nothing fills {adress}; known: number, received, due, operator, mailbox, site",
        ),
        ("or write to {mailbox}. Yours", "or write to {mailbox}}. Yours", "templates.thanks.text.en: a brace stands alone"),
        (
            'kinds = ["question", "complaint", "breach", "objection"]',
            'kinds = ["questions"]',
            "templates.thanks.kinds: there is no kind of request 'questions'",
        ),
        (
            THANKS,
            THANKS.replace("Благодарность", "нужен Документ"),
            "templates.thanks: is called 'нужен Документ' as templates.documents is",
        ),
        (THANKS, THANKS.replace("Thanks", "held"), "templates.thanks: is called 'held' as templates.held is"),
        (THANKS, THANKS.replace(', en = "Thanks"', ""), "templates.thanks.name.en: is missing"),
    ],
)  # fmt: skip
def test_a_faulty_template_is_named_when_the_file_is_read(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    with pytest.raises(OperatorFaults) as refused:
        altered(tmp_path, (old, new))
    assert fault in refused.value.faults
