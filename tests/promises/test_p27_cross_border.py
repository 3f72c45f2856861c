"""P27 (clauses 10.1, 10.2): cross-border transfer only after the operator's prior steps."""

from pathlib import Path

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import LABELS, LOCALES, altered

from kelisim.desk import operator as operators
from kelisim.desk.operator import OperatorFaults

STEPS = operators.sample().partition("[recipients.telegram.steps]\n")[2].partition("\n\n")[0]
NO_STEPS = (f"[recipients.telegram.steps]\n{STEPS}\n", "")
MAIL_ABROAD = ("[recipients.mail]\ncross_border = false", "[recipients.mail]\ncross_border = true")
ABROAD = {"kk": "шетелдегі үшінші тұлға", "ru": "третье лицо за границей", "en": "third party abroad"}
CROSSES = {
    "kk": ("Трансшекаралық беру: иә", "Трансшекаралық беру: жоқ"),
    "ru": ("Трансграничная передача: да", "Трансграничная передача: нет"),
    "en": ("Cross-border transfer: yes", "Cross-border transfer: no"),
}
START = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
ADULT = {"kk": "18 жасқа толғанмын", "ru": "Мне есть 18 лет", "en": "I am 18 or over"}


def test_p27_without_the_steps_no_purpose_with_this_recipient_can_be_on(tmp_path: Path) -> None:
    """P27: the file is refused, and every purpose that would send data there is named with the article."""
    with pytest.raises(OperatorFaults) as refused:
        altered(tmp_path, NO_STEPS)
    for purpose in ("desk", "informing", "promotion"):
        assert any(
            f"purposes.{purpose}: cannot be on" in fault and "art. 16" in fault
            for fault in refused.value.faults
        )


def test_p27_a_recipient_that_moves_abroad_closes_its_purposes(tmp_path: Path) -> None:
    """P27: the mail provider is abroad from now on: informing and promotion wait until the steps are written down."""
    with pytest.raises(OperatorFaults, match="its recipient 'mail' is abroad"):
        altered(tmp_path, MAIL_ABROAD)
    steps = 'steps = { kk = "Шарт жасалды.", ru = "Заключён договор.", en = "A contract was made." }'
    operator = altered(tmp_path, (MAIL_ABROAD[0], f"{MAIL_ABROAD[1]}\n{steps}"))
    assert operator.pairs["informing-email"].cross_border


def test_p27_a_purpose_that_is_off_needs_no_steps(tmp_path: Path) -> None:
    """P27: what is not done needs no preparation: publication is off, and only then may its recipient lack them."""
    abroad = ("[recipients.hosting]\ncross_border = false", "[recipients.hosting]\ncross_border = true")
    with pytest.raises(OperatorFaults) as refused:
        altered(tmp_path, abroad)
    assert not any("purposes.publication" in fault for fault in refused.value.faults)
    with pytest.raises(OperatorFaults) as refused:
        altered(tmp_path, abroad, ("on = false # making", "on = true # making"))
    assert any("purposes.publication" in fault for fault in refused.value.faults)


@pytest.mark.parametrize("locale", LOCALES)
async def test_p27_telegram_is_declared_as_a_third_party_abroad(doorstep: Doorstep, locale: str) -> None:
    """P27: in the notice and, with country and steps, in every consent that goes by Telegram; not in those by mail."""
    telegram = doorstep.desk.operator.recipients["telegram"]
    assert telegram.cross_border and telegram.steps is not None
    aigul = doorstep.person("aigul")
    await aigul.say("/start")
    notice = await aigul.press(START[locale])
    assert ABROAD[locale] in notice.text
    desk = await aigul.press(ADULT[locale])
    yes, no = CROSSES[locale]
    for part in (yes, telegram.country.to(locale), telegram.steps.to(locale)):
        assert part in desk.text
    await aigul.registers(locale)
    for purpose, wanted in (("informing-telegram", yes), ("informing-email", no)):
        await aigul.say("/consent")
        assert wanted in (await aigul.press(LABELS[locale][purpose])).text
