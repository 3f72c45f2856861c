"""P05 (clause 6): informing by e-mail: its data, its legal basis, its kinds of processing, shown before consent."""

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import LOCALES, gives

from kelisim.desk import subjects
from kelisim.desk.visit import Visit

AGREE = {"kk": "Келісемін", "ru": "Даю согласие", "en": "I agree"}
LABEL = {"kk": "Ақпарат: электрондық пошта", "ru": "Информация: эл. почта", "en": "Information: e-mail"}
# The items of art. 8 p. 4 of the Law, each as a reader of the screen would recognise it.
ITEMS = {
    "kk": ["«KazGer» ЖШС", "000000000000", "тегі", "аты", "әкесінің аты", "электрондық пошта", "телефон",
           "жаңалықтар", "Заңның 7 және 8-баптары", "жинау", "жою", "хостинг қызметін көрсетуші", "Қазақстан",
           "пошта қызметін көрсетуші", "Трансшекаралық беру: жоқ", "көздерде тарату: жоқ", "2 жыл", "Дана Сәрсенова",
           "Келісім беру қандай оңай"],
    "ru": ["ТОО «KazGer»", "000000000000", "фамилия", "имя", "отчество", "почты", "телефон", "новостях",
           "статьи 7 и 8", "сбор", "уничтожение", "хостинг-провайдер", "Казахстан", "почтовый провайдер",
           "Трансграничная передача: нет", "источниках: нет", "2 года", "Дана Сарсенова", "Отозвать согласие так же просто"],
    "en": ["KazGer LLP", "000000000000", "surname", "name", "patronymic", "e-mail address", "phone number", "news",
           "articles 7 and 8", "collecting", "destroying", "the hosting provider", "Kazakhstan", "the mail provider",
           "Cross-border transfer: no", "sources: no", "2 years", "Dana Sarsenova", "as easy to take back as to give"],
}  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
async def test_p05_every_item_stands_on_the_screen_before_the_press(doorstep: Doorstep, locale: str) -> None:
    """P05: every item of art. 8 p. 4 of the Law, on the very screen that has «I agree»."""
    aigul = await doorstep.person("aigul").registers(locale)
    await aigul.say("/consent")
    screen = await aigul.press(LABEL[locale])
    assert AGREE[locale] in screen.buttons
    assert [item for item in ITEMS[locale] if item not in screen.text] == []


async def test_p05_just_these_data_are_kept(doorstep: Doorstep) -> None:
    """P05: surname, name, patronymic, e-mail, phone: what was typed for it and no field more."""
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul Serikqyzy")

    def fields(visit: Visit) -> tuple[dict[str, str], list[tuple[str, str]]]:
        known = [(address.channel, address.value) for address in subjects.addresses(visit)]
        return subjects.profile(visit), sorted(known)

    profile, addresses = await doorstep.keep(fields, aigul)
    assert profile == {"surname": "Nurlanova", "name": "Aigul", "patronymic": "Serikqyzy"}
    assert addresses == [("email", "aigul@mail.kz"), ("telegram", "5001")]
