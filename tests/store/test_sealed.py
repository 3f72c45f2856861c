"""Seals belong to their cell and hashes to their key: what a copy of the store is worth without them."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.doorstep import KEY, LOOKUP, Doorstep, doorstep_on

from kelisim.desk import subjects
from kelisim.store.sealed import Unreadable, Vault, fingerprint

CANARY = "Qanarysova"
OTHER = bytes(range(200, 232))


@pytest.fixture(scope="module")
def vault() -> Vault:
    return Vault({1: KEY}, (LOOKUP,))


@given(value=st.text(), row=st.integers(0, 2**63 - 1))
def test_what_is_sealed_opens_in_its_cell(value: str, row: int) -> None:
    vault = Vault({1: KEY}, (LOOKUP,))
    assert vault.unseal("profile", "value", row, vault.seal("profile", "value", row, value)) == value


@pytest.mark.parametrize(
    "cell",
    [("contacts", "value", 7), ("profile", "draft", 7), ("profile", "value", 8), ("profile", "value", -7)],
)
def test_what_is_sealed_opens_in_no_other_cell(vault: Vault, cell: tuple[str, str, int]) -> None:
    """T-STORE-05."""
    with pytest.raises(Unreadable) as refused:
        vault.unseal(*cell, vault.seal("profile", "value", 7, CANARY))
    assert CANARY not in str(refused.value)


def test_a_changed_bit_or_another_key_opens_nothing(vault: Vault) -> None:
    sealed = vault.seal("profile", "value", 7, CANARY)
    for place in range(1, len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(Unreadable):
            vault.unseal("profile", "value", 7, bytes(broken))
    with pytest.raises(Unreadable):
        Vault({1: OTHER}, (LOOKUP,)).unseal("profile", "value", 7, sealed)
    with pytest.raises(Unreadable, match="key 1 is not given"):
        Vault({2: KEY}, (LOOKUP,)).unseal("profile", "value", 7, sealed)


def test_the_same_value_never_looks_the_same_twice(vault: Vault) -> None:
    assert len({vault.seal("profile", "value", 7, CANARY) for _n in range(100)}) == 100


def test_the_same_digits_on_two_channels_are_two_hashes_and_none_is_a_plain_digest(vault: Vault) -> None:
    """T-STORE-06."""
    digits = "77010001234"
    phone, chat = vault.find("phone", digits), vault.find("telegram", digits)
    assert phone != chat
    plain = {
        hashlib.sha256(told.encode()).digest() for told in (digits, f"phone\0{digits}", f"phone{digits}")
    }
    assert not {phone, chat} & plain
    assert Vault({1: KEY}, (OTHER,)).find("phone", digits) != phone
    assert vault.find("email", "a\0b") != vault.find("email\0a", "b") or "\0" not in "email telegram phone"


def test_a_check_value_tells_no_key() -> None:
    checks = "".join(Vault({1: KEY}, (LOOKUP,)).checks().values())
    assert KEY.hex() not in checks and LOOKUP.hex() not in checks


def test_a_fingerprint_is_of_the_secret_itself() -> None:
    assert fingerprint("abc") == fingerprint(b"abc") == hashlib.sha256(b"abc").digest()


async def test_swapped_mailboxes_are_refused_and_stop_works_all_the_same(each_doorstep: Doorstep) -> None:
    """T-STORE-05, I9: reading fails loudly, and a damaged cell cannot keep anybody from stopping."""
    aigul = await each_doorstep.person("aigul").registers()
    await aigul.gives_email("aigul@mail.kz")
    dias = await each_doorstep.person("dias").registers()
    await dias.say("English")
    await dias.gives_email("dias@mail.kz")
    rows = await each_doorstep.rows("SELECT id, address FROM contacts WHERE channel = 'email' ORDER BY id")

    def swap(connection: object) -> None:
        for (row, _mine), (_other, theirs) in zip(rows, reversed(rows), strict=True):
            connection.execute(  # type: ignore[attr-defined]
                text("UPDATE contacts SET address = :a WHERE id = :i"), {"a": theirs, "i": row}
            )

    await each_doorstep.database.keep(swap)
    with pytest.raises(Unreadable):
        await each_doorstep.keep(lambda visit: subjects.proved_email(visit), aigul)
    assert "Stopped" in (await aigul.say("STOP")).text
    assert await each_doorstep.rows("SELECT 1 FROM suppressions WHERE channel = 'email'")


def forms(canary: str) -> list[bytes]:
    """The forms a leaked value may take."""
    folded = [canary, canary.lower(), canary.upper()]
    found = [told.encode(code) for told in folded for code in ("utf-8", "utf-16-le", "utf-16-be")]
    found += [told.encode().hex().encode() for told in folded]
    # base64 at any of the three offsets, without the characters that depend on the neighbours
    for shift in range(3):
        for told in folded:
            found.append(base64.b64encode(b"\0" * shift + told.encode())[4 if shift else 0 : -4])
    return found


async def test_a_stolen_file_holds_nothing_that_anybody_said(sqlite_url: str) -> None:
    """T-STORE-01, I14: names, mailboxes, codes and the chat's own number are in no byte of the store or its journal."""
    address = "zhuldyzcanary@mail.kz"
    async with doorstep_on(sqlite_url) as step:
        aigul = await step.person("5551234567891").registers()
        await aigul.say("/consent")
        await aigul.press("Information: e-mail")
        await aigul.press("I agree")
        await aigul.say(f"{CANARY} Aigul")
        await aigul.press("Yes, correct")
        await aigul.say(address)
        code = await step.code(address)
        await aigul.say(code)
        await aigul.bring(contact={"phone_number": "+77012345678", "first_name": CANARY, "user_id": aigul.id})
        stranger = step.person("5559876543219")
        await stranger.say("STOP")
        await stranger.press("Stop e-mails")
        await stranger.say("strangercanary@mail.kz")
        file = Path(sqlite_url.partition("///")[2])
        await step.rows("SELECT 1")
        raw = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        planted = raw + f"…{address}…".encode()  # the search itself is tried first
        assert any(form in planted for form in forms("zhuldyzcanary"))
        for canary in (
            CANARY,
            "zhuldyzcanary",
            "strangercanary",
            "77012345678",
            str(aigul.id),
            "5559876543219",
        ):
            assert not [form for form in forms(canary) if form in raw], canary
