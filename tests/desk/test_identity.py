"""Addresses, names and phones as people type them, and as they are shown back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kelisim.desk import identity
from kelisim.desk.identity import Email, Malformed, Name, Phone


@pytest.mark.parametrize(
    ("typed", "address", "lookup"),
    [
        ("aigul@mail.kz", "aigul@mail.kz", "aigul@mail.kz"),
        ("  Aigul.N@Mail.KZ\n", "Aigul.N@mail.kz", "aigul.n@mail.kz"),
        ("<aigul@mail.kz>", "aigul@mail.kz", "aigul@mail.kz"),
        ("aigul@mail.kz.", "aigul@mail.kz", "aigul@mail.kz"),
        ("ai\u200bgul@mail.kz", "aigul@mail.kz", "aigul@mail.kz"),
        ("aigul+news@mail.kz", "aigul+news@mail.kz", "aigul+news@mail.kz"),
        ("aigul@people.test", "aigul@people.test", "aigul@people.test"),
        ("info@пошта.қаз", "info@xn--80a1acn3a.xn--80ao21a", "info@xn--80a1acn3a.xn--80ao21a"),
        ("a" * 64 + "@mail.kz", "a" * 64 + "@mail.kz", "a" * 64 + "@mail.kz"),
    ],
)
def test_an_address_is_read_as_it_was_meant(typed: str, address: str, lookup: str) -> None:
    assert identity.email(typed) == Email(address, lookup)


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("", "empty"),
        (" \u200b\u202e ", "empty"),
        ("aigul", "at"),
        ("aigul.mail.kz", "at"),
        ("aigul@@mail.kz", "at"),
        ("a@b@mail.kz", "at"),
        ("aigul @mail.kz", "space"),
        ("aigul@mail.kz dias@mail.kz", "space"),
        ("Aigul <aigul@mail.kz>", "space"),
        ("aigul@mail.kz\nBcc: all@mail.kz", "space"),
        ("aigul@mail.kz\x00\r\nQUIT", "space"),
        ("@mail.kz", "local"),
        ("айгүл@mail.kz", "local"),
        ("ai..gul@mail.kz", "local"),
        ('"ai gul"@mail.kz', "space"),
        ("ai,gul@mail.kz", "local"),
        ("a" * 65 + "@mail.kz", "local"),
        ("aigul@", "domain"),
        ("aigul@mail", "domain"),
        ("aigul@mail..kz", "domain"),
        ("aigul@-mail.kz", "domain"),
        ("aigul@[127.0.0.1]", "domain"),
        ("aigul@localhost", "domain"),
        ("aigul@" + "m" * 64 + ".kz", "domain"),
        ("aigul@" + "mail." * 60 + "kz", "domain"),
    ],
)
def test_a_malformed_address_says_which_part(typed: str, part: str) -> None:
    with pytest.raises(Malformed) as caught:
        identity.email(typed)
    assert caught.value.part == part
    assert "mail" not in str(caught.value)


def test_a_look_alike_domain_is_another_address() -> None:
    cyrillic = identity.email("aigul@mаil.kz")
    assert cyrillic.lookup.startswith("aigul@xn--")
    assert cyrillic.lookup != identity.email("aigul@mail.kz").lookup


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Нұрланова Айгүл Серікқызы", Name("Нұрланова", "Айгүл", "Серікқызы")),
        ("Ахметов Ерлан Болат ұлы", Name("Ахметов", "Ерлан", "Болат ұлы")),
        ("  әбдіхалықов   өміржан\n", Name("әбдіхалықов", "өміржан", None)),
        ("Салтыков-Щедрин Михаил", Name("Салтыков-Щедрин", "Михаил", None)),
        ("Салтыков–Щедрин Михаил.", Name("Салтыков-Щедрин", "Михаил", None)),
        ("O’Connor Sinéad", Name("O'Connor", "Sinéad", None)),
        ("Oʻrinov Gʻayrat", Name("O'rinov", "G'ayrat", None)),
        ("D`Arc Jeanne", Name("D'Arc", "Jeanne", None)),
        ("Ну\u200bрланова \u202eАйгүл", Name("Нурланова", "Айгүл", None)),
        ("Курбанов Али Мехди оглы Гасан", Name("Курбанов", "Али", "Мехди оглы Гасан")),
        ("Кии\u0306ков Андреи\u0306", Name("Кийков", "Андрей", None)),
    ],
)
def test_a_name_is_read_in_three_parts(typed: str, read: Name) -> None:
    assert identity.name(typed) == read


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("", "empty"),
        ("\u200b\u2060 ...", "empty"),
        ("Айгүл", "name"),
        ("Нұрланова-Айгүл", "name"),
        ("Нұрланова Айгүл 1990", "digits"),
        ("Нұрланова А1гүл", "digits"),
        ("Нұрланова Айгүл ٣", "digits"),
        ("Нұрланова А. С", "letters"),
        ("<a href=x> Айгүл", "letters"),
        ("{__class__} Айгүл", "letters"),
        ("Служба поддержки ✓", "letters"),
        ("- Айгүл", "letters"),
        ("Нұрланова -Айгүл", "letters"),
        ("один два три четыре пять шесть", "many"),
        ("а" * 61 + " " + "б" * 60, "long"),
        ("а " * 100_000, "long"),
    ],
)
def test_a_malformed_name_says_what_is_missing(typed: str, part: str) -> None:
    with pytest.raises(Malformed) as caught:
        identity.name(typed)
    assert caught.value.part == part


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("+7 701 123 45 67", "+77011234567"),
        ("8 (701) 123-45-67", "+77011234567"),
        ("87011234567", "+77011234567"),
        ("77011234567", "+77011234567"),
        ("701 123 45 67", "+77011234567"),
        ("+7 701 123‑45‑67", "+77011234567"),
        ("+998 90 123 45 67", "+998901234567"),
        ("998901234567", "+998901234567"),
        ("+7 912 345 67 89", "+79123456789"),
    ],
)
def test_a_phone_is_read_with_and_without_its_prefix(typed: str, e164: str) -> None:
    assert identity.phone(typed) == Phone(e164)


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("", "empty"),
        ("менің нөмірім", "digits"),
        ("8-800-FLOWERS", "digits"),
        ("+7 701 123 45 67 ext 5", "digits"),
        ("+7 701 12", "number"),
        ("12345678901234567890", "number"),
        ("+++", "digits"),
    ],
)
def test_a_malformed_phone_says_what_is_wrong(typed: str, part: str) -> None:
    with pytest.raises(Malformed) as caught:
        identity.phone(typed)
    assert caught.value.part == part


def test_masks_leave_enough_to_recognise_and_not_enough_to_use() -> None:
    assert identity.mask_email("aigul@mail.kz") == "a…l@mail.kz"
    assert identity.mask_email("ab@mail.kz") == "a…@mail.kz"
    assert identity.mask_email("a@mail.kz") == "…@mail.kz"
    assert identity.mask_email("nonsense") == "…"
    assert identity.mask_phone("+77010001234") == "+7 … 12 34"
    assert identity.mask_phone("+998901234567") == "+998 … 45 67"
    assert identity.mask_phone("+0012345678") == "… 56 78"
    assert identity.mask_phone("12") == "…"
    assert identity.mask_name("Нұрланова") == "Н…а"
    assert identity.mask_name("Ли") == "Л…"


def inside(text: str) -> str:
    """What stands between the isolates."""
    line = identity.shown(text)
    assert line[0] == "\u2068" and line[-1] == "\u2069"
    return line[1:-1]


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("<a href='https://evil.kz'>Aigul</a>", "<a href='https://evil.kz'>Aigul</a>"),
        ("{0.__class__}", "{0.__class__}"),
        ("\u202e" * 64, "…"),
        ("\u200b\u200c\u200d\u2060\ufeff", "…"),
        ("\u3164\u115f\u2800", "…"),
        ("", "…"),
        ("Служба поддержки ✓", "Служба поддержки ✓"),
        ("Ai\u202egul", "Aigul"),
        ("\u2068\u2069\u2069Айгүл", "Айгүл"),
        ("Ай\nгүл\x00", "Ай гүл"),
        ("😀" * 300, "😀" * 63 + "…"),
        ("й" * 64, "й" * 64),
        ("a" + "\u0301" * 500 + "b", "a\u0301\u0301b"),
        ("\ud800Айгүл", "Айгүл"),
    ],
)
def test_a_name_of_any_shape_is_shown_as_plain_words(typed: str, seen: str) -> None:
    assert inside(typed) == seen


@given(st.text())
def test_whatever_is_typed_is_shown_on_one_short_line_that_closes_what_it_opened(typed: str) -> None:
    line = inside(typed)
    assert 1 <= len(line) <= 64
    assert "\n" not in line and "\u2068" not in line and "\u2069" not in line and "\u202e" not in line
    line.encode()


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read_or_refused_and_never_breaks(typed: str) -> None:
    for read in (identity.email, identity.name, identity.phone):
        try:
            read(typed)
        except Malformed as refusal:
            assert refusal.part
    identity.mask_email(typed)
    identity.mask_phone(typed)


@given(st.emails())
def test_an_address_read_once_is_read_the_same_again(address: str) -> None:
    try:
        read = identity.email(address)
    except Malformed:
        return
    assert identity.email(read.address).lookup == read.lookup == identity.email(read.lookup).lookup


def test_hostile_lengths_cost_nothing() -> None:
    started = time.perf_counter()
    for read in (identity.email, identity.name, identity.phone):
        for typed in (
            "@" * 200_000,
            "a-" * 100_000,
            "1" * 200_000,
            "\u202e" * 200_000,
            "a@" + "b." * 100_000,
        ):
            with pytest.raises(Malformed):
                read(typed)
            identity.shown(typed)
    assert time.perf_counter() - started < 0.5
