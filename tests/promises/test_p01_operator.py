"""P01 (clauses 1, 1.2): who the operator is, which law, which site — all from the operator file."""

from pathlib import Path

import pytest
from tests.doorstep import Doorstep, a_desk, doorstep_on
from tests.promises.stories import LOCALES, altered

from kelisim import texts
from kelisim.desk import operator as operators

NOTICE = {"kk": "Қазақша", "ru": "Русский", "en": "English"}


async def seen_by(step: Doorstep, locale: str) -> tuple[str, str]:
    """The notice and /about, as someone unknown reads them."""
    saule = step.person("saule")
    await saule.say("/start")
    notice = (await saule.press(NOTICE[locale])).text
    saule.client = locale
    return notice, (await saule.say("/about")).text


@pytest.mark.parametrize("locale", LOCALES)
async def test_p01_notice_and_about_name_the_operator(doorstep: Doorstep, locale: str) -> None:
    """P01: operator, BIN, site, law, responsible person stand in the notice and in /about."""
    operator = operators.load(None)
    notice, about = await seen_by(doorstep, locale)
    for screen in (notice, about):
        assert operator.name.to(locale) in screen
        assert operator.bin in screen
        assert "https://alit.kz" in screen
        assert operator.responsible.name.to(locale) in screen
        assert operator.responsible.address in screen
    assert operator.law.to(locale) in about
    assert operator.mailbox in about
    assert operator.storage_place.to(locale) in about


async def test_p01_another_operator_file_says_another_operator(sqlite_url: str, tmp_path: Path) -> None:
    """P01: nothing of it is written in the program: another file, another name, BIN, address and site."""
    operator = altered(
        tmp_path,
        ('en = "KazGer LLP"', 'en = "Qoima LLP"'),
        ('bin = "000000000000"', 'bin = "123456789013"'),
        ('site = "alit.kz"', 'site = "qoima.example"'),
        ("# address = {", "address = {"),
        ('en = "…" }   # the postal', 'en = "1 Abai Street, Almaty" }   # the postal'),
    )
    async with doorstep_on(sqlite_url, desk=a_desk(operator)) as step:
        notice, about = await seen_by(step, "en")
    for screen in (notice, about):
        assert "Qoima LLP" in screen and "123456789013" in screen and "https://qoima.example" in screen
        assert "KazGer" not in screen and "000000000000" not in screen and "https://alit.kz" not in screen
    assert "1 Abai Street, Almaty" in about
    assert texts.LOCALES == ("kk", "ru", "en")
