"""Giving and taking back, as a person does it."""

from tests.doorstep import Doorstep


async def test_a_consent_with_a_proved_mailbox_is_given_and_withdrawn(each_doorstep: Doorstep) -> None:
    aigul = await each_doorstep.person("aigul").registers()
    given = await aigul.gives_email("aigul@mail.kz")
    assert "Consent recorded" in given.text
    await aigul.press("My consents")
    await aigul.press("Information: e-mail")
    withdrawn = await aigul.press("Withdraw")
    assert "Consent withdrawn" in withdrawn.text
    acts = await each_doorstep.rows("SELECT act, purpose FROM consent_records ORDER BY at, id")
    assert [tuple(row) for row in acts] == [
        ("given", "desk"), ("given", "informing-email"), ("withdrawn", "informing-email"),
    ]  # fmt: skip
