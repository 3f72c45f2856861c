"""P03 (clause 12.2): changes are reflected; a version is valid until replaced."""

from pathlib import Path

import pytest
from tests import campaigns
from tests.doorstep import Doorstep
from tests.promises.stories import altered, becomes, gives

from kelisim.desk import gates
from kelisim.opening import CannotServe

EDITION = "informing = { edition = 1, material = false, since = 2026-11-22 }"
SAID = {"kk": "Енді хат айына төрт рет келеді.", "ru": "Письма теперь до четырёх раз в месяц.",
        "en": "Letters now come up to four times a month."}  # fmt: skip
CHANGES = "{ " + ", ".join(f'{locale} = "{said}"' for locale, said in SAID.items()) + " }"
OFTEN = ('en = "usually at most twice a month"', 'en = "usually at most four times a month"')


def edition(material: bool) -> tuple[str, str]:
    material_ = "true" if material else "false"
    return (
        EDITION,
        f"informing = {{ edition = 2, material = {material_}, since = 2026-12-01, changes = {CHANGES} }}",
    )


async def test_p03_a_published_text_is_never_edited(doorstep: Doorstep, tmp_path: Path) -> None:
    """P03: the same version with another text is refused, and the sentence says what to do."""
    with pytest.raises(CannotServe, match=r"informing-telegram 1\.1 \(en\) was published with another text"):
        await becomes(doorstep, altered(tmp_path, OFTEN))
    await becomes(doorstep, altered(tmp_path, OFTEN, edition(True)))  # as a new edition it may change


async def test_p03_the_desk_knows_which_version_each_person_saw(doorstep: Doorstep, tmp_path: Path) -> None:
    """P03: Aigul saw 1.1 and then 1.2, Dias only 1.2; both consents name their own text."""
    aigul = await doorstep.person("aigul").registers()
    first = await gives(aigul, "informing-telegram")
    await becomes(doorstep, altered(tmp_path, OFTEN, edition(True)))
    dias = await doorstep.person("dias").registers()
    second = await gives(dias, "informing-telegram")
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    shown = await doorstep.rows(
        "SELECT subject_id, version FROM documents_shown WHERE name = 'informing-telegram' ORDER BY at"
    )
    assert sorted(version for _who, version in shown) == ["1.1", "1.2", "1.2"]
    texts = await doorstep.rows(
        "SELECT r.number, d.text FROM consent_records r JOIN documents d ON d.digest = r.digest AND d.locale = r.locale"
        " WHERE r.purpose = 'informing-telegram' AND d.name = r.purpose"
    )
    agreed = {number: text for number, text in texts}
    assert "at most twice a month" in agreed[first] and "four times" not in agreed[first]
    assert "at most four times a month" in agreed[second]


async def test_p03_a_material_change_is_told_and_asked_again(doorstep: Doorstep, tmp_path: Path) -> None:
    """P03: "what changed for you" and «I agree» again; the old version stays until she decides."""
    aigul = await doorstep.person("aigul").registers()
    number = await gives(aigul, "informing-telegram")
    await becomes(doorstep, altered(tmp_path, OFTEN, edition(True)))
    await aigul.say("/consent")
    screen = await aigul.press("Information: Telegram")
    assert SAID["en"] in screen.text and "1.2" in screen.text
    assert number in screen.text and "Version of the text: 1.1" in screen.text  # still valid, still hers
    assert "I agree" in screen.buttons and "Withdraw" in screen.buttons
    again = await aigul.press("I agree")
    assert "Consent recorded" in again.text and again.number != number
    versions = await doorstep.rows("SELECT version FROM consents WHERE purpose = 'informing-telegram'")
    assert [row.version for row in versions] == ["1.2"]


async def test_p03_a_change_that_is_not_material_asks_nothing(doorstep: Doorstep, tmp_path: Path) -> None:
    """P03: asked again only where the change is material."""
    aigul = await doorstep.person("aigul").registers()
    number = await gives(aigul, "informing-telegram")
    await becomes(doorstep, altered(tmp_path, OFTEN, edition(False)))
    await aigul.say("/consent")
    screen = await aigul.press("Information: Telegram")
    assert number in screen.text
    assert "I agree" not in screen.buttons


async def test_p03_silence_to_a_material_change_pauses_that_purpose_only(doorstep: Doorstep) -> None:
    """P03: asked once, answered by nobody: nothing is used for this purpose any more, and nothing else ends."""
    campaigns.by_day(doorstep)
    saule = await campaigns.agreed(doorstep, "saule", "en")
    await gives(saule, "promotion-telegram")
    await campaigns.changed(doorstep)
    _number, arrived = await campaigns.sent(doorstep, "telegram")
    assert "What changed for you" in arrived[str(saule.id)]["text"]
    doorstep.later(days=16)
    await campaigns.care(doorstep)
    found = await doorstep.rows("SELECT purpose, state FROM consents ORDER BY purpose")
    assert [tuple(row) for row in found] == [
        ("desk", "given"), ("informing-telegram", "suspended"), ("promotion-telegram", "given"),
    ]  # fmt: skip
    assert not await doorstep.keep(lambda visit: gates.allows(visit, "informing-telegram"), saule)
    assert await doorstep.keep(lambda visit: gates.allows(visit, "promotion-telegram"), saule)
