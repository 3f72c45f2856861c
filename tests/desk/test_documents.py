"""The documents a person agrees to: complete, short enough, the same in three languages."""

from __future__ import annotations

import re
import shutil
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from kelisim.desk.documents import PAGE_LIMIT, SUMMARY_LIMIT, Document, Shelf, Unreadable, pages, parts
from kelisim.desk.operator import Operator, load, sample
from kelisim.texts import LOCALES, LOCALES_FOLDER

TEXTS = ("policy", "desk", "informing", "promotion", "publication")
EASY = {
    "kk": "Келісім беру қандай оңай болса, оны қайтарып алу да сондай оңай.",
    "ru": "Отозвать согласие так же просто, как дать.",
    "en": "Consent is as easy to take back as to give.",
}
YES_NO = {  # the item, yes, no: of cross-border transfer, then of publication
    "kk": ("Трансшекаралық беру: ", "Жалпыға қолжетімді көздерде тарату: ", "иә", "жоқ"),
    "ru": ("Трансграничная передача: ", "Распространение в общедоступных источниках: ", "да", "нет"),
    "en": ("Cross-border transfer: ", "Distribution in publicly available sources: ", "yes", "no"),
}
TERMS = {
    "kk": {"desk": "1 жыл.", "informing": "2 жыл.", "promotion": "1 жыл.", "publication": "1 жыл."},
    "ru": {"desk": "1 год.", "informing": "2 года.", "promotion": "1 год.", "publication": "1 год."},
    "en": {"desk": "1 year.", "informing": "2 years.", "promotion": "1 year.", "publication": "1 year."},
}
DATA = {
    "telegram_id": {
        "kk": "Telegram аккаунтының нөмірі",
        "ru": "аккаунта Telegram",
        "en": "Telegram account number",
    },
    "words": {"kk": "өзіңіз жазған сөздер", "ru": "написанное Вами", "en": "what you write"},
    "surname": {"kk": "тегі", "ru": "фамилия", "en": "surname"},
    "name": {"kk": "аты", "ru": "имя", "en": "name"},
    "patronymic": {"kk": "әкесінің аты", "ru": "отчество", "en": "patronymic"},
    "email": {"kk": "электрондық пошта мекенжайы", "ru": "адрес электронной почты", "en": "e-mail address"},
    "phone": {"kk": "телефон нөмірі", "ru": "номер телефона", "en": "phone number"},
}


def operator_with(tmp_path: Path, *changes: tuple[str, str]) -> Operator:
    """The sample, publication switched on, with pieces of it replaced; each piece must stand there."""
    text = sample()
    for old, new in (("on = false # making", "on = true # making"), *changes):
        assert old in text, old
        text = text.replace(old, new)
    (tmp_path / "operator.toml").write_text(text, encoding="utf-8")
    return load(tmp_path / "operator.toml")


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return operator_with(tmp_path)


@pytest.fixture
def shelf(operator: Operator) -> Shelf:
    return Shelf(operator, [LOCALES_FOLDER])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the texts that a test may spoil."""
    for locale in LOCALES:
        shutil.copytree(LOCALES_FOLDER / locale / "documents", tmp_path / "locales" / locale / "documents")
    return tmp_path / "locales"


def source(name: str, locale: str) -> str:
    return (LOCALES_FOLDER / locale / "documents" / f"{name}-1.md").read_text(encoding="utf-8")


def every(shelf: Shelf) -> list[Document]:
    return [shelf.current(name, locale) for name in shelf.names() for locale in LOCALES]


def spoil(folder: Path, locale: str, name: str, old: str, new: str) -> None:
    path = folder / locale / "documents" / f"{name}-1.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_shelf_of_the_sample_has_no_problem(shelf: Shelf) -> None:
    assert shelf.problems() == []
    assert shelf.names() == (
        "policy", "desk", "informing-email", "informing-telegram", "promotion-email", "promotion-telegram",
        "publication",
    )  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
def test_every_summary_says_every_item_of_article_8(shelf: Shelf, operator: Operator, locale: str) -> None:
    cross_border, publication, yes, no = YES_NO[locale]
    for code, pair in operator.pairs.items():
        document = shelf.current(code, locale)
        said = document.summary
        expected = [
            operator.name.to(locale),
            operator.bin,
            pair.purpose.why.to(locale),
            pair.purpose.basis.to(locale),
            operator.law.to(locale),
            TERMS[locale][pair.purpose.code],
            cross_border + (yes if pair.cross_border else no),
            publication + (yes if pair.purpose.publication else no),
            operator.mailbox,
            operator.letters.revoke.subject.to(locale),
            operator.responsible.name.to(locale),
            operator.responsible.address,
            document.version,
            EASY[locale],
            *(recipient.name.to(locale) for recipient in pair.recipients),
            *(recipient.country.to(locale) for recipient in pair.recipients),
            *(recipient.steps.to(locale) for recipient in pair.recipients if recipient.steps is not None),
            *(DATA[datum][locale] for datum in pair.data),
        ]
        assert [item for item in expected if item not in said] == [], (code, locale)
        assert len(said) <= SUMMARY_LIMIT


@pytest.mark.parametrize("locale", LOCALES)
def test_a_summary_lists_no_data_that_its_channel_does_not_need(shelf: Shelf, locale: str) -> None:
    for code in ("informing-telegram", "promotion-telegram"):
        listed = shelf.current(code, locale).summary
        assert all(DATA[datum][locale] not in listed for datum in ("surname", "patronymic", "phone"))
    assert DATA["phone"][locale] not in shelf.current("promotion-email", locale).text


def test_title_summary_and_further_part_are_all_hashed(shelf: Shelf) -> None:
    for document in every(shelf):
        assert document.text.startswith(f"{document.title}\n\n{document.summary}\n\n")
        assert len(document.text) > len(document.summary) + len(document.title) + 500
        assert document.digest == sha256(document.text.encode()).hexdigest()
        assert document.token == urlsafe_b64encode(bytes.fromhex(document.digest)[:12]).decode()
        assert len(document.token) == 16


def test_nothing_of_the_source_is_left_in_what_is_read(shelf: Shelf) -> None:
    for document in every(shelf):
        assert not re.search(r"[{}#`*]|^- |\n{3}|None", document.text, flags=re.MULTILINE), document.name


def test_sections_fit_a_page_and_lose_no_word(shelf: Shelf) -> None:
    for document in every(shelf):
        assert all(0 < len(section.text) <= PAGE_LIMIT for section in document.sections)
        read = " ".join(section.text for section in document.sections)
        assert set(re.findall(r"\w+", document.text)) <= set(
            re.findall(r"\w+", " ".join([document.title, document.summary, read, *titles(document)]))
        )


def titles(document: Document) -> list[str]:
    return [section.title for section in document.sections]


def test_the_languages_have_the_same_sections_and_say_different_words(shelf: Shelf) -> None:
    for name in shelf.names():
        kk, ru, en = (shelf.current(name, locale) for locale in LOCALES)
        assert len(kk.sections) == len(ru.sections) == len(en.sections)
        for one, two, three in zip(kk.sections, ru.sections, en.sections, strict=True):
            assert len({one.title, two.title, three.title}) == 3
            assert len({one.text, two.text, three.text}) == 3


@pytest.mark.parametrize("name", TEXTS)
def test_the_languages_say_the_same_values_and_the_same_lists(name: str) -> None:
    def shape(locale: str) -> list[tuple[list[str], int]]:
        blocks = re.split(r"^## ", source(name, locale), flags=re.MULTILINE)
        return [(sorted(re.findall(r"\{\w+\}", block)), block.count("\n- ")) for block in blocks]

    assert shape("kk") == shape("ru") == shape("en")


def test_kazakh_glues_no_suffix_to_a_value() -> None:
    for path in (LOCALES_FOLDER / "kk" / "documents").iterdir():
        assert not re.search(r"\}[-\w’']", path.read_text(encoding="utf-8")), path.name


def test_no_text_says_the_other_word_for_personal_data() -> None:
    for locale in LOCALES:
        for path in (LOCALES_FOLDER / locale / "documents").iterdir():
            assert "жеке дерек" not in path.read_text(encoding="utf-8").casefold(), path.name


def test_kazakh_and_russian_letters_do_not_stray_into_each_other() -> None:
    for name in TEXTS:
        assert not re.search(r"[әіңғүұқөһ]", source(name, "ru"), flags=re.IGNORECASE), name
        assert not re.search(r"[а-яәіңғүұқөһ]", source(name, "en"), flags=re.IGNORECASE), name


@pytest.mark.parametrize("locale", LOCALES)
def test_the_policy_says_who_what_where_and_how(shelf: Shelf, operator: Operator, locale: str) -> None:
    text = shelf.current("policy", locale).text
    expected = [
        operator.name.to(locale), operator.bin, operator.url, operator.mailbox, operator.law.to(locale),
        operator.storage_place.to(locale), operator.authority.to(locale), operator.akimat.to(locale),
        operator.responsible.address, "Telegram",
        *(letter.subject.to(locale) for letter in (
            operator.letters.opt_out, operator.letters.update, operator.letters.revoke)),
        *(purpose.why.to(locale) for purpose in operator.purposes.values()),
        *(pair.label(locale) for pair in operator.pairs.values()),
        *(recipient.country.to(locale) for recipient in operator.recipients.values()),
        EASY[locale],
    ]  # fmt: skip
    assert [item for item in expected if item not in text] == []


def test_the_policy_quotes_every_term_of_the_pack(operator: Operator, tmp_path: Path) -> None:
    before = Shelf(operator, [LOCALES_FOLDER]).current("policy", "ru").digest
    for term in operator.policy_pack.terms.model_dump():
        old = re.search(rf"^{term} = \d+", sample(), flags=re.MULTILINE)
        assert old is not None
        longer = operator_with(tmp_path, (f"\n{old[0]}", f"\n{term} = 21"))
        policy = Shelf(longer, [LOCALES_FOLDER]).current("policy", "ru")
        assert policy.digest != before, term
        assert "21 рабочего дня" in policy.text or "21 календарного дня" in policy.text


def test_a_purpose_that_is_off_is_in_no_document(tmp_path: Path) -> None:
    shelf = Shelf(load(None), [LOCALES_FOLDER])
    assert "publication" not in shelf.names()
    assert load(None).purposes["publication"].why.en not in shelf.current("policy", "en").text
    with pytest.raises(Unreadable):
        shelf.current("publication", "en")


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (
            'bin = "000000000000"',
            'bin = "123456789013"',
            {"policy", "desk", "informing-email", "promotion-telegram"},
        ),
        ("term_years = 2", "term_years = 3", {"policy", "informing-email", "informing-telegram"}),
        (
            'en = "the mail provider"',
            'en = "Pochta LLP"',
            {"policy", "desk", "informing-email", "promotion-email"},
        ),
        ('optional = ["patronymic", "phone"]', 'optional = ["patronymic"]', {"policy", "informing-email"}),
        ("consent_records_years = 3", "consent_records_years = 5", {"policy", "desk", "promotion-email"}),
    ],
)
def test_a_changed_value_changes_the_hash_where_it_is_quoted(
    operator: Operator, tmp_path: Path, old: str, new: str, changed: set[str]
) -> None:
    before = Shelf(operator, [LOCALES_FOLDER])
    after = Shelf(operator_with(tmp_path, (old, new)), [LOCALES_FOLDER])
    differing = {
        name
        for name in before.names()
        if before.current(name, "en").digest != after.current(name, "en").digest
    }
    assert changed <= differing
    if old.startswith(("optional", "term")):
        assert changed == differing


def test_the_same_file_gives_the_same_hash(operator: Operator, shelf: Shelf) -> None:
    again = Shelf(operator, [LOCALES_FOLDER])
    assert [document.digest for document in every(shelf)] == [document.digest for document in every(again)]


def test_a_raised_edition_is_another_version_that_says_what_changed(tmp_path: Path) -> None:
    raised = operator_with(
        tmp_path,
        (
            "promotion = { edition = 1, material = false, since = 2026-11-22 }",
            "promotion = { edition = 2, material = true, since = 2027-01-05,"
            ' changes = { kk = "өзгеріс", ru = "перемена", en = "a change" } }',
        ),
    )
    shelf = Shelf(raised, [LOCALES_FOLDER])
    document = shelf.current("promotion-email", "ru")
    assert (document.version, document.material, document.changes) == ("1.2", True, "перемена")
    assert "5 января 2027 г., вторник" in document.text
    assert shelf.current("informing-email", "ru").version == "1.1"
    assert shelf.current("informing-email", "ru").changes is None


def test_a_trial_says_so_first_in_three_languages(operator: Operator) -> None:
    trial = Shelf(operator, [LOCALES_FOLDER], trial=True)
    real = Shelf(operator, [LOCALES_FOLDER])
    for locale in LOCALES:
        policy = trial.current("policy", locale)
        lines = policy.summary.split("\n")[:3]
        assert lines[0].startswith("Сынақ")
        assert lines[1].startswith("Пробный")
        assert lines[2] == "Trial: sample operator, nothing here is a real company's promise."
        assert lines[2] in policy.text
        assert policy.digest != real.current("policy", locale).digest
        assert "Trial" not in real.current("policy", locale).text


def test_a_second_text_replaces_the_first_and_the_first_stays_readable(
    operator: Operator, folder: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    for locale in LOCALES:
        (home / locale).mkdir(parents=True)
        text = source("informing", locale).replace("\n---\n", "\n---\n\n## New\n\nA new page.\n")
        (home / locale / "informing-2.md").write_text(text, encoding="utf-8")
    shelf = Shelf(operator, [folder, home])
    assert shelf.problems() == []
    assert shelf.current("informing-email", "kk").version == "2.1"
    assert "A new page." in shelf.current("informing-email", "kk").text
    assert shelf.current("desk", "kk").version == "1.1"
    assert shelf.text("informing", 1, "kk") == source("informing", "kk")
    assert shelf.text("informing-email", 1, "ru") == source("informing", "ru")
    with pytest.raises(Unreadable):
        shelf.text("informing", 3, "kk")


def test_a_text_of_the_same_number_in_the_home_overrides(operator: Operator, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "en").mkdir(parents=True)
    text = source("desk", "en").replace("## Why this consent is needed", "## Why we ask")
    (home / "en" / "desk-1.md").write_text(text, encoding="utf-8")
    shelf = Shelf(operator, [LOCALES_FOLDER, home])
    assert "Why we ask" in titles(shelf.current("desk", "en"))


def test_a_missing_language_withholds_the_document_in_all(operator: Operator, folder: Path) -> None:
    (folder / "kk" / "documents" / "promotion-1.md").unlink()
    shelf = Shelf(operator, [folder])
    assert shelf.problems() == ["kk: promotion-1.md is missing"]
    for locale in LOCALES:
        with pytest.raises(Unreadable):
            shelf.current("promotion-email", locale)
    assert shelf.current("desk", "kk").locale == "kk"


def test_all_problems_are_named_at_once(operator: Operator, folder: Path) -> None:
    spoil(folder, "ru", "desk", "{bin}", "")
    spoil(folder, "en", "informing", "{mailbox}", "{mailbocks}")
    spoil(folder, "kk", "promotion", "\n---\n", "\n")
    spoil(folder, "en", "publication", "{whose}", "{whose}" + " so" * 1_000)
    spoil(folder, "kk", "policy", "{storage_place}", "")
    problems = "\n".join(Shelf(operator, [folder]).problems())
    for expected in (
        "ru: desk-1.md: its first part does not say {bin}",
        "en: informing-1.md: as informing-email it has no value for {mailbocks}",
        "en: informing-1.md: its first part does not say {mailbox}",
        "kk: promotion-1.md: there is no line ---",
        "en: publication-1.md: as publication its summary has ",
        "kk: policy-1.md: it does not say {storage_place}",
        "desk-1.md: kk and ru do not both say {bin}",
    ):
        assert expected in problems, problems


def test_a_value_said_in_one_language_only_withholds_the_document(operator: Operator, folder: Path) -> None:
    spoil(folder, "ru", "promotion", "{quiet_from}", "21:00")
    shelf = Shelf(operator, [folder])
    assert shelf.problems() == ["promotion-1.md: kk and ru do not both say {quiet_from}"]
    for locale in LOCALES:
        with pytest.raises(Unreadable):
            shelf.current("promotion-telegram", locale)


def test_a_recipient_abroad_is_called_so_in_its_line(shelf: Shelf) -> None:
    summary = shelf.current("desk", "en").summary
    assert "– the Telegram messenger (abroad): " in summary
    assert "– the hosting provider (Kazakhstan): " in summary


def test_a_missing_or_faulty_word_list_is_a_problem(operator: Operator, folder: Path) -> None:
    (folder / "ru" / "documents" / "words.toml").unlink()
    words = folder / "en" / "documents" / "words.toml"
    words.write_text(words.read_text(encoding="utf-8").replace('trial = "', 'tryal = "'), encoding="utf-8")
    shelf = Shelf(operator, [folder])
    problems = "\n".join(shelf.problems())
    assert "ru: words.toml is missing" in problems
    assert "en/words.toml: trial: is missing" in problems
    assert "en/words.toml: tryal: is not known here" in problems
    with pytest.raises(Unreadable):
        shelf.current("desk", "kk")


def test_braces_in_a_value_are_not_filled_again(tmp_path: Path) -> None:
    changed = operator_with(tmp_path, ('en = "the mail provider"', 'en = "Post {bin} Ltd"'))
    assert "Post {bin} Ltd" in Shelf(changed, [LOCALES_FOLDER]).current("desk", "en").summary


def test_the_address_stands_in_the_policy_when_there_is_one(tmp_path: Path) -> None:
    address = 'address = { kk = "Абай көшесі", ru = "улица Абая", en = "Abai street" }'
    changed = operator_with(tmp_path, ('# address = { kk = "…", ru = "…", en = "…" }', address))
    shelf = Shelf(changed, [LOCALES_FOLDER])
    assert "Postal address: Abai street." in shelf.current("policy", "en").text
    assert "Пошталық мекенжайы: Абай көшесі." in shelf.current("policy", "kk").text


def test_long_texts_are_cut_between_paragraphs_lines_and_words() -> None:
    text = "\n\n".join([
        "short", "a paragraph " * 20, "line one\n" + "word " * 100, "end",
    ])  # fmt: skip
    cut = list(pages("Title", text, limit=120))
    assert all(len(page.text) <= 120 for page in cut)
    assert [page.continued for page in cut] == [False] + [True] * (len(cut) - 1)
    assert " ".join(page.text for page in cut).split() == text.split()


def test_a_source_has_a_title_a_first_and_a_further_part() -> None:
    assert parts("# Title\n\nfirst\n\n---\n\n## more\nwords") == ("Title", "first", "## more\nwords")
