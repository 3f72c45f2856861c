"""Letters speak the language their reader chose, whole."""

import pytest
from tests.doorstep import Doorstep, Person

from kelisim.desk.visit import EMAIL

LABELS = {  # I am under 18, Withdraw, Stop messages, Stop e-mails; what the two letters begin with
    "kk": ("18 жасқа толмағанмын", "Кері қайтарып алу", "Хабарламаларды тоқтату", "Хаттарды тоқтату",
           "Сіздің кодыңыз", "Бізден осы поштаға", "«KazGer» ЖШС"),
    "ru": ("Мне нет 18 лет", "Отозвать", "Остановить рассылки", "Остановить письма",
           "Ваш код", "Нас попросили", "ТОО «KazGer»"),
}  # fmt: skip


async def stranger(doorstep: Doorstep, locale: str) -> Person:
    """Someone with an English client who chose another language; saule's mailbox is known to the desk."""
    saule = await doorstep.person("saule").registers()
    await saule.gives_email("saule@mail.kz")
    await doorstep.courier()
    someone = doorstep.person("7003")
    await someone.say("/start")
    await someone.press({"kk": "Қазақша", "ru": "Русский"}[locale])
    return someone


@pytest.mark.parametrize("locale", LABELS)
async def test_a_code_for_an_unregistered_person_comes_in_the_language_they_chose(
    doorstep: Doorstep, locale: str
) -> None:
    under, withdraw, _stop, _mails, begins, _notice, name = LABELS[locale]
    someone = await stranger(doorstep, locale)
    await someone.press(under)
    await someone.press(withdraw)
    await someone.say("saule@mail.kz")
    [letter] = [parcel.body for parcel in await doorstep.courier(EMAIL)]
    assert letter["text"].startswith(begins)
    assert name in letter["subject"] and name in letter["text"]


@pytest.mark.parametrize("locale", LABELS)
async def test_the_notice_of_a_stop_by_another_is_in_one_language_to_its_last_line(
    doorstep: Doorstep, locale: str
) -> None:
    _under, _withdraw, stop, mails, _code, begins, name = LABELS[locale]
    someone = await stranger(doorstep, locale)
    await someone.press(stop)
    await someone.press(mails)
    await someone.say("saule@mail.kz")
    [letter] = [parcel.body for parcel in await doorstep.courier(EMAIL)]
    assert letter["text"].startswith(begins) and name in letter["text"]
