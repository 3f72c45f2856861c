"""Numbers people read over the phone, codes nobody guesses, and ids made before the insert."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kelisim.desk import numbers

KINDS = "CSKEB"


@given(kind=st.sampled_from(KINDS))
def test_a_number_is_a_letter_eight_random_characters_and_one_that_checks_them(kind: str) -> None:
    made = numbers.number(kind)
    assert re.fullmatch(r"[CSKEB]-[0-9A-HJKMNP-TV-Z]{9}", made)
    assert numbers.is_number(made)


@given(kind=st.sampled_from(KINDS), place=st.integers(2, 9), other=st.sampled_from(numbers.ALPHABET))
def test_one_wrong_character_is_noticed(kind: str, place: int, other: str) -> None:
    made = numbers.number(kind)
    if made[place] != other and (numbers.ALPHABET.index(made[place]) - numbers.ALPHABET.index(other)) % 2:
        assert not numbers.is_number(made[:place] + other + made[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "C", "C-", "C-12345678", "C_123456789", "C-12345678I", "C-1234567890", "K-ILOU00000"]
)
def test_what_is_no_number(text: str) -> None:
    assert not numbers.is_number(text)


def test_numbers_do_not_repeat_and_cannot_be_counted() -> None:
    made = [numbers.number("C") for _n in range(5000)]
    assert len(set(made)) == 5000
    assert made != sorted(made)


def test_row_ids_grow_fit_sixty_three_bits_and_never_repeat() -> None:
    made = [numbers.row_id() for _n in range(20_000)]
    assert made == sorted(set(made))
    assert 0 < made[-1] < 1 << 63


KEY = bytes(range(32))


def test_a_receipts_code_is_made_again_from_its_record_and_not_without_the_key() -> None:
    code = numbers.receipt_code(KEY, 7)
    assert code == numbers.receipt_code(KEY, 7)
    assert len({numbers.receipt_code(KEY, n) for n in range(500)}) == 500
    assert numbers.receipt_code(bytes(32), 7) != code
    assert re.fullmatch(r"([A-Z2-7]{5}-){5}[A-Z2-7]", code)


@given(
    shape=st.sampled_from(["{}", " {} ", "code: {}"[6:], "«{}»"]), lower=st.booleans(), dashes=st.booleans()
)
def test_a_code_is_read_however_it_was_typed(shape: str, lower: bool, dashes: bool) -> None:
    code = numbers.receipt_code(KEY, 7)
    typed = code if dashes else code.replace("-", " ")
    assert numbers.plain_code(shape.format(typed.lower() if lower else typed)) == code


@given(typed=st.text(max_size=80))
def test_what_cannot_be_a_code_is_nothing(typed: str) -> None:
    read = numbers.plain_code(typed)
    assert read == "" or len(read) == 31


def test_a_token_is_as_long_as_was_asked() -> None:
    assert len({numbers.token() for _n in range(100)}) == 100
    assert len(numbers.token(256)) == 43
