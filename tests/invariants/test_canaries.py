"""The search for leaks finds what is planted, in every form: else it would find nothing and mean nothing."""

import secrets

import pytest
from tests.invariants.canaries import every_form, leaks

CANARIES: list[str | int] = [
    "Күмісбекқызы", "Подорожникова", "Kestrelwood", "kumis.kanat-41@poshta.example.kz", "+77017346185", 7302918457,
]  # fmt: skip


@pytest.mark.parametrize("canary", CANARIES)
def test_a_planted_value_is_found_in_every_form(canary: str | int) -> None:
    for form, written in every_form(canary).items():
        hay = secrets.token_bytes(997) + written + secrets.token_bytes(1001)
        assert leaks(hay, [canary]), f"{canary} as {form}"


def test_nothing_is_found_where_nothing_is() -> None:
    assert (
        leaks(secrets.token_bytes(200_000) + "Қазақстан, Россия, Kazakhstan 2026".encode() * 500, CANARIES)
        == []
    )
