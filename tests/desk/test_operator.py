"""The operator file: what it gives, and how it is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from kelisim.desk.operator import OperatorFaults, bin_is_true, load, sample
from kelisim.desk.purposes import Term

TRUE_BIN = "123456789013"


@pytest.fixture
def altered(tmp_path: Path) -> Callable[..., Path]:
    """The sample with pieces of it replaced; each piece must stand there."""

    def write(*changes: tuple[str, str]) -> Path:
        text = sample()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / "operator.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults(path: Path) -> list[str]:
    with pytest.raises(OperatorFaults) as refused:
        load(path)
    return refused.value.faults


def test_the_sample_is_the_operator_of_the_policy() -> None:
    operator = load(None)
    assert (operator.name.kk, operator.name.ru, operator.name.en) == (
        "«KazGer» ЖШС",
        "ТОО «KazGer»",
        "KazGer LLP",
    )
    assert (operator.bin, operator.site, operator.mailbox) == ("000000000000", "alit.kz", "info@alit.kz")
    assert operator.quiet_hours == (time(21), time(9))
    assert operator.working_hours == (time(9), time(18))
    assert operator.zone == "Asia/Almaty"
    assert operator.mail.letters_per_second == 10
    assert all(person.address.endswith("@alit.kz") for person in operator.staff)


def test_the_terms_of_the_sample_are_those_of_the_design() -> None:
    operator = load(None)
    assert operator.policy_pack.terms.model_dump() == {
        "access": 3, "correction": 1, "block": 1, "erasure": 1, "revocation": 15, "objection": 3,
        "question": 3, "complaint": 3, "representative": 3, "leak": 3, "breach_notice": 1, "authority": 10,
    }  # fmt: skip
    assert (operator.retention.consent_records_years, operator.retention.cases_years) == (3, 3)
    last_days = {code: pair.term.valid_until(date(2026, 11, 22)) for code, pair in operator.pairs.items()}
    assert last_days == {
        "desk": date(2027, 11, 22),
        "informing-email": date(2028, 11, 22),
        "informing-telegram": date(2028, 11, 22),
        "promotion-email": date(2027, 11, 22),
        "promotion-telegram": date(2027, 11, 22),
    }
    assert operator.pairs["desk"].term.counted_from == "last_act"
    assert operator.pairs["informing-email"].term.counted_from == "given"


def test_publication_is_off_but_known() -> None:
    operator = load(None)
    assert "publication" not in operator.pairs
    assert operator.every_pair["publication"].purpose.publication


def test_a_pair_asks_for_what_its_channel_needs_and_no_more() -> None:
    pairs = load(None).pairs
    assert {code: pair.needs for code, pair in pairs.items()} == {
        "desk": (),
        "informing-email": ("name", "email", "phone"),
        "informing-telegram": (),
        "promotion-email": ("name", "email"),
        "promotion-telegram": (),
    }
    assert pairs["informing-email"].optional == ("phone",)
    assert {code for code, pair in pairs.items() if pair.cross_border} == {
        "desk", "informing-telegram", "promotion-telegram",
    }  # fmt: skip


def test_labels_fit_a_button_and_differ_in_each_language() -> None:
    for pair in load(None).every_pair.values():
        labels = {pair.label(locale) for locale in ("kk", "ru", "en")}
        assert len(labels) == 3
        assert all(len(label) <= 28 for label in labels)


@pytest.mark.parametrize(
    ("term", "start", "last"),
    [
        (Term(unit="years", amount=1), date(2028, 2, 29), date(2029, 2, 28)),
        (Term(unit="years", amount=4), date(2028, 2, 29), date(2032, 2, 29)),
        (Term(unit="years", amount=2), date(2026, 11, 22), date(2028, 11, 22)),
        (Term(unit="days", amount=30), date(2026, 12, 11), date(2027, 1, 10)),
    ],
)
def test_a_term_ends_on_its_last_day(term: Term, start: date, last: date) -> None:
    assert term.valid_until(start) == last


def test_all_faults_are_named_at_once(altered: Callable[..., Path]) -> None:
    found = faults(
        altered(
            ('bin = "000000000000"', 'bin = "12"'),
            ('zone = "Asia/Almaty"', 'zone = "Asia/Nowhere"'),
            ('mailbox = "info@alit.kz"', 'mailbox = "info"\nmailbocks = "x"'),
            ("term_years = 2", "term_years = 0"),
            ('recipients = ["telegram", "hosting", "mail"]', 'recipients = ["telegram", "pigeon"]'),
            ('deputy = "erlan@alit.kz"', 'deputy = "nobody@alit.kz"'),
            ("promotion = { edition", "advertising = { edition"),
        )
    )
    for place in (
        "bin:", "zone: there is no time zone 'Asia/Nowhere'", "mailbox:", "mailbocks: is not known",
        "purposes.informing.term_years:", "there is no recipient 'pigeon'", "has the deputy nobody@alit.kz",
        "documents.promotion: is missing",
    ):  # fmt: skip
        assert any(place in fault for fault in found), (place, found)


def test_a_missing_language_is_a_fault(altered: Callable[..., Path]) -> None:
    assert "name.kk: is missing" in faults(altered(('kk = "«KazGer» ЖШС", ', "")))


def test_a_purpose_cannot_be_on_with_a_recipient_abroad_and_no_steps(altered: Callable[..., Path]) -> None:
    path = altered(("[recipients.telegram.steps]", "[recipients.telegram.hidden]"))
    found = faults(path)
    for purpose in ("desk", "informing", "promotion"):
        assert any(f"purposes.{purpose}: cannot be on" in fault for fault in found)
    assert not any("purposes.publication" in fault for fault in found)


def test_a_purpose_that_is_off_may_wait_for_its_steps(altered: Callable[..., Path]) -> None:
    abroad = (
        '[recipients.cloud]\ncross_border = true\n[recipients.cloud.name]\nkk = "а"\nru = "б"\nen = "c"\n'
        '[recipients.cloud.country]\nkk = "а"\nru = "б"\nen = "c"\n[recipients.cloud.why]\nkk = "а"\n'
        'ru = "б"\nen = "c"\n[recipients.hosting]\n'
    )
    changes = (
        ("[recipients.hosting]\n", abroad),
        ('required = ["surname", "name", "words"]\nrecipients = ["hosting"]',
         'required = ["surname", "name", "words"]\nrecipients = ["cloud"]'),
    )  # fmt: skip
    assert "publication" not in load(altered(*changes)).pairs
    found = faults(altered(*changes, ("on = false # making", "on = true # making")))
    assert any(
        "purposes.publication: cannot be on" in fault and "recipients.cloud.steps" in fault for fault in found
    )


def test_a_channel_needs_the_data_that_reaches_it(altered: Callable[..., Path]) -> None:
    found = faults(altered(('required = ["surname", "name", "email"]\noptional = ["patronymic"]\n',
                            'required = ["surname", "name"]\n')))  # fmt: skip
    assert any(
        'purposes.promotion: ways.email cannot reach anybody: required must name "email"' in f for f in found
    )


def test_recipients_without_the_verb_transferred_are_a_fault(altered: Callable[..., Path]) -> None:
    found = faults(altered(('"used", "transferred", ', '"used", ')))
    assert any('processing must name "transferred"' in fault for fault in found)


def test_the_desk_cannot_be_off(altered: Callable[..., Path]) -> None:
    found = faults(altered(("[purposes.desk]\non = true", "[purposes.desk]\non = false")))
    assert any(fault.startswith("purposes.desk: must be there, be on") for fault in found)


def test_a_material_change_must_say_what_changed(altered: Callable[..., Path]) -> None:
    found = faults(
        altered(("desk = { edition = 1, material = false", "desk = { edition = 2, material = true"))
    )
    assert any(fault.startswith("documents.desk:") and "what changed" in fault for fault in found)


def test_a_file_that_is_no_toml_or_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("name = ", encoding="utf-8")
    assert "cannot be read" in faults(tmp_path / "broken.toml")[0]
    assert "cannot be read" in faults(tmp_path / "absent.toml")[0]


def test_the_sample_lacks_what_the_law_wants_of_a_real_operator() -> None:
    lacking = "\n".join(load(None).lacks())
    for item in (
        "bin:",
        "address:",
        "responsible:",
        "storage_place:",
        "recipients.hosting:",
        "recipients.mail:",
    ):
        assert item in lacking


def test_a_filled_file_lacks_nothing(altered: Callable[..., Path]) -> None:
    operator = load(
        altered(
            ('bin = "000000000000"', f'bin = "{TRUE_BIN}"'),
            ("# address =", "address ="),
            ("Дана Сәрсенова (үлгі)", "Айгүл Есенова"),
            ("Dana Sarsenova (sample)", "Aigul Esenova"),
            ("Erlan Akhmetov (sample)", "Erlan Abenov"),
            ("Gulnar Iskakova (sample)", "Gulnar Omarova"),
            ("a database in the territory", "a data centre in Almaty, in the territory"),
            ("хостинг-провайдер", "ТОО «Серверлер»"),
            ("почтовый провайдер", "ТОО «Пошта»"),
        )
    )
    assert operator.lacks() == []


def test_a_false_checksum_of_the_bin_is_lacking(altered: Callable[..., Path]) -> None:
    assert bin_is_true(TRUE_BIN)
    assert not bin_is_true("123456789012")
    operator = load(altered(('bin = "000000000000"', 'bin = "123456789012"')))
    assert any("checksum" in item for item in operator.lacks())


def test_the_letters_have_the_subjects_of_the_policy() -> None:
    letters = load(None).letters
    assert letters.opt_out.subject.en == "Opt-out of Notifications"
    assert letters.update.subject.ru == "Актуализация персональных данных"
    assert letters.revoke.subject.kk == "Дербес деректерді өңдеуге келісімді кері қайтарып алу"


def test_every_exact_subject_meets_its_own_near_rule_and_no_other() -> None:
    letters = load(None).letters
    rules = {"opt_out": letters.opt_out, "update": letters.update, "revoke": letters.revoke}
    for locale in ("kk", "ru", "en"):
        for name, letter in rules.items():
            subject = letter.subject.to(locale).casefold()
            met = {
                other
                for other, rule in rules.items()
                if all(any(word in subject for word in group) for group in rule.near.to(locale).groups)
                and not any(word in subject for word in rule.near.to(locale).unless)
            }
            assert met == {name}, (locale, subject)


def test_the_sample_never_says_the_other_word_for_personal_data() -> None:
    assert "жеке дерек" not in sample().casefold()
