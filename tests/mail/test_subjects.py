"""What a subject asks for: exact and near forms in three languages, and all that looks like one and must not act."""

from __future__ import annotations

import pytest

from kelisim.desk import operator as operators
from kelisim.mail import subjects
from kelisim.mail.subjects import NONE, OPT_OUT, REVOKE, UPDATE

OPERATOR = operators.load(None)
LOCALES = ("kk", "ru", "en")
RULES = [
    (act, locale, getattr(OPERATOR.letters, name).subject.to(locale))
    for act, name in ((OPT_OUT, "opt_out"), (UPDATE, "update"), (REVOKE, "revoke"))
    for locale in LOCALES
]

NEAR = [
    (OPT_OUT, "kk", "хабарламалардан бас тарту!!!"),
    (OPT_OUT, "kk", "Хабарламалардан бас тату"),
    (OPT_OUT, "kk", "Рассылканы тоқтатыңыз"),
    (OPT_OUT, "kk", "Хат жиберменизши"),
    (OPT_OUT, "kk", "Тоқтату"),
    (OPT_OUT, "kk", "Маған хат жібермеңіз"),
    (OPT_OUT, "ru", "Отказ от уведомлнеий"),
    (OPT_OUT, "ru", "Otkaz ot uvedomlenij"),
    (OPT_OUT, "ru", "СТОП"),
    (OPT_OUT, "ru", "Отказ от рассылки КазГер"),
    (OPT_OUT, "ru", "Отпишите меня от рассылки, пожалуйста"),
    (OPT_OUT, "ru", "Прошу прекратить рассылку писем"),
    (OPT_OUT, "ru", "Не присылайте мне больше писем"),
    (OPT_OUT, "en", "opt out of notifications"),
    (OPT_OUT, "en", "Optout of notifications"),
    (OPT_OUT, "en", "unsubscribe"),
    (OPT_OUT, "en", "Please stop all e-mails"),
    (OPT_OUT, "en", "Please remove me from your mailing list"),
    (UPDATE, "kk", "Дербес деректерди озектендиру"),
    (UPDATE, "kk", "Деректерімді жаңарту"),
    (UPDATE, "ru", "актуализация персоналных данных"),
    (UPDATE, "ru", "Изменение моих данных"),
    (UPDATE, "en", "personal data upadte"),
    (UPDATE, "en", "Please update my personal data"),
    (REVOKE, "kk", "дербес деректерди ондеуге келисимди кери кайтарып алу"),
    (REVOKE, "kk", "Келісімімді қайтарып аламын"),
    (REVOKE, "ru", "Отзыв согласия на обработку персональных даных"),
    (REVOKE, "ru", "Прошу отозвать моё согласие"),
    (REVOKE, "ru", "Отзываю согласие"),
    (REVOKE, "en", "Revocation of consent to the procesing of personal data"),
    (REVOKE, "en", "Withdraw my consent"),
]
NOT_ONE_OF_THEM = [
    # asked, denied, told
    "Отказ от уведомлений?", "Не отказ от уведомлений", "Хабарламалардан бас тартпау", "Хабарламаны тоқтатпаңыз",
    "Почему отказ от уведомлений не сработал", "Не отзываю согласие", "Келісім қайтарылды ма", "Did I withdraw my consent",
    "Unsubscribe or not?", "Don't unsubscribe me from the newsletter", "Не отписывайте меня от рассылки",
    "Дербес деректерді өзгертпеңіз", "Не изменяйте мои данные", "Do not change my data", "Как отозвать согласие",
    "Қалай бас тартуға болады хабарламадан", "Cancel my consent? I am not sure",
    "Отзыв несогласия на обработку персональных данных",
    "Мен келісімімді қайтарып алмаймын", "Дербес деректерді өзектендірмеу",
    # two at once
    "Отзыв согласия и актуализация персональных данных", "Stop the mailing and update my data",
    "Хабарламаны тоқтату және келісімді қайтару",
    # the opposite, or a part
    "Opt-in of Notifications", "Согласие на обработку персональных данных", "Келісім беру", "Personal data", "отказ", "Уведомление",
    "Consent", "Хабарлама",
    # other people's matters in the same words
    "Письмо об отказе в приёме на работу", "Отказ в кредите, письмо", "Стоп-лист", "Stop list of suppliers",
    "Update of the contract", "Обновление прайса", "Отзыв о работе компании", "Отзывы клиентов о согласовании",
    "Opt-out of arbitration, message from the court list", "Отмена заказа", "Список сообщений об остановке линии",
    "Изменения в расписании и данные по складу", "Счёт на оплату за согласованные работы, отозвать нельзя",
    "Stop by the office, message from Dana", "Data update meeting on Monday with details",
    "Корпоративная рассылка: как остановить инфляцию", "Шарттағы деректерді өзгерту туралы келіссөз кестесі",
    "Тауар туралы хат, төлемнен бас тарту мерзімі",
    # our own subjects, answered
    "Re: No. K-7K2M9QXD4, revocation of consent", "Re: № K-7K2M9QXD4, отзыв согласия", "Жауап: № K-7K2M9QXD4, деректерді түзету",
    "Re: Our letters to you are stopped, No. S-7K2M9QXD4",
]  # fmt: skip


@pytest.mark.parametrize(("act", "locale", "subject"), RULES)
@pytest.mark.parametrize(
    "dress",
    [
        "{}",
        "  {}  ",
        "RE: {}",
        "Fwd: Re[2]: {}",
        "Қайта: {}",
        "Жауап: {}",
        "Ответ: {}",
        "{}!!!",
        "«{}» 🙏",
        "{}.",
    ],
)
def test_the_exact_subject_however_it_is_dressed(act: str, locale: str, subject: str, dress: str) -> None:
    for typed in (subject, subject.upper(), subject.lower()):
        assert subjects.of_subject(OPERATOR, dress.format(typed)) == subjects.Reading(
            act, locale, subjects.SURE
        )


@pytest.mark.parametrize(("act", "locale", "subject"), NEAR)
def test_what_comes_near(act: str, locale: str, subject: str) -> None:
    read = subjects.read(OPERATOR, subject)
    assert (read.act, read.language) == (act, locale)


@pytest.mark.parametrize("subject", NOT_ONE_OF_THEM)
def test_what_must_not_act(subject: str) -> None:
    """P29: below the threshold a person of the staff reads it."""
    assert subjects.read(OPERATOR, subject) == subjects.Reading(NONE)


@pytest.mark.parametrize(("act", "locale", "subject"), RULES)
def test_three_wrong_letters_are_no_exact_subject(act: str, locale: str, subject: str) -> None:
    """`typos` = 2: more of them is another subject, or at best a near one."""
    word = max(subject.split(), key=len)
    wrong = subject.replace(word, word[:2] + "ъъъ" + word[5:], 1)
    assert subjects.of_subject(OPERATOR, wrong, exactly=True).act == NONE


BODIES = [
    ("", "стоп", OPT_OUT, "ru"),
    ("(без темы)", "Тоқтату!", OPT_OUT, "kk"),
    ("Question", "unsubscribe", OPT_OUT, "en"),
    ("Re: No. K-7K2M9QXD4", "unsubscribe", OPT_OUT, "en"),
    ("Сұрақ", "Сәлеметсіз бе!\nМаған енді хат жібермеңіздер.\nРахмет", OPT_OUT, "kk"),
    ("", "Otpishite menya ot rassylki", OPT_OUT, "ru"),
    ("", "Здравствуйте!\nПрошу отозвать согласие на обработку моих персональных данных.\n\nС уважением,\nАйгүл Нұрланова",
     REVOKE, "ru"),
    ("", "Дербес деректерді өңдеуге келісімді кері қайтарып аламын", REVOKE, "kk"),
    ("Hello", "Revocation of consent to the processing of personal data", REVOKE, "en"),
    ("Question", "Please update my personal data", UPDATE, "en"),
    ("", "Актуализация персональных данных", UPDATE, "ru"),
    # not clear enough, or the subject says what the letter is about
    ("Вопрос по заказу", "стоп", NONE, ""),
    ("", "Отзываю ли я согласие этим письмом?", NONE, ""),
    ("Вопрос", "Отзываю согласие. И обновите мои данные.", NONE, ""),
    ("", "Не отписывайте меня", NONE, ""),
    ("", "Мен келісімімді қайтарып алмаймын", NONE, ""),
    ("", "Please update my personal data: my surname is Omarova since I married in the spring", NONE, ""),
    ("", "Отзываю согласие " + "и ещё раз хочу сказать о погоде " * 5, NONE, ""),
    ("", "", NONE, ""),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "body", "act", "locale"), BODIES)
def test_a_subject_that_says_nothing_leaves_the_word_to_a_short_body(
    subject: str, body: str, act: str, locale: str
) -> None:
    read = subjects.read(OPERATOR, subject, body)
    assert (read.act, read.language) == (act, locale)


def test_a_body_that_is_not_surely_the_writers_own_says_nothing() -> None:
    assert subjects.read(OPERATOR, "", None).act == NONE


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Қазақша хат, рахмет", "kk"),
        ("Маган кужаттарды жиберинизши отинемин", "kk"),  # a Russian keyboard
        ("Здравствуйте, пришлите мне документы", "ru"),
        ("Нұрланова Айгүл. Прошу прислать справку о данных", "ru"),  # a Kazakh name in a Russian letter
        ("Otpishite menya", "ru"),
        ("Hello, please send the documents", "en"),
        ("12345", "kk"),
    ],
)
def test_the_language_of_a_letter(text: str, locale: str) -> None:
    assert subjects.language(text) == locale


def test_enough_is_tried() -> None:
    assert len(NOT_ONE_OF_THEM) >= 40 and len(NEAR) >= 30


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("Удалите номер", "ru"), ("Хорошо, удалим", "ru"), ("Спасибо", "ru"), ("кто видит мои данные", "ru"),
        ("Номеримди озгертиниз", "kk"), ("деректеримди жойыныз", "kk"), ("Salemetsiz be, derekterimdi joyinyz", "kk"),
        ("Please delete my number", "en"), ("", "kk"),
    ],
)  # fmt: skip
def test_short_letters_are_answered_in_their_language(text: str, tongue: str) -> None:
    assert subjects.language(text) == tongue
