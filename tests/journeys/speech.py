"""What the three people of the demo press and say, each in their language; the labels are the contract of the chat."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Speech:
    """One person: labels to press, words to write, words that must stand on the screens."""

    who: str
    locale: str
    language: str
    other_language: str
    name: str
    shown_name: tuple[str, ...]
    mailbox: str
    code: str
    """A pattern whose group is the code in the letter."""
    adult: str
    agree: str
    menu: str
    my_consents: str
    pair: str
    desk_pair: str
    yes: str
    without_phone: str
    withdraw: str
    stop: str
    messages: str
    stop_all: str
    policy: str
    next_page: str
    contents: str
    languages: str
    asks_language: str
    notice: str
    recorded: str
    asks_name: str
    right: str
    asks_mail: str
    code_sent: str
    code_wrong: str
    asks_phone: str
    given: str
    withdrawn: str
    stopped: str
    already: str
    stopped_state: str
    page_two: str
    asks_receipt: str
    genuine: str
    not_ours: str
    other_menu: str
    """The title of the menu after the other language was chosen."""
    other_locale: str
    strange: str
    """A pattern of letters or words of the other languages."""


AIGUL = Speech(
    who="aigul", locale="kk", language="Қазақша", other_language="Русский",
    name="Сейітова Айгүл Маратқызы", shown_name=("Сейітова", "Айгүл", "Маратқызы"), mailbox="aigul@mail.kz",
    code=r"кодыңыз: (\d{6})",
    adult="18 жасқа толғанмын", agree="Келісемін", menu="Мәзір", my_consents="Келісімдерім",
    pair="Ақпарат: электрондық пошта", desk_pair="Бот арқылы жүгіну", yes="Иә, дұрыс",
    without_phone="Телефонсыз жалғастыру", withdraw="Кері қайтарып алу", stop="тоқтату!", messages="Хабарламалар",
    stop_all="Бәрін тоқтату", policy="📄 Өңдеу саясаты", next_page="Келесі бет", contents="Мазмұны", languages="🌐 Тіл",
    asks_language="Қай тілде сөйлесеміз?", notice="Сіз келіскенше ештеңе сақтамаймыз", recorded="Келісім тіркелді",
    asks_name="Бір жолға тегіңізді", right="Бәрі дұрыс па?", asks_mail="пошта мекенжайыңызды жазыңыз",
    code_sent="алты таңбалы код", code_wrong="Код сәйкес келмеді", asks_phone="Telegram контактіңізден",
    given="берілген, соңғы күні", withdrawn="Келісім кері қайтарып алынды", stopped="Тоқтатылды",
    already="Бұл бұрын орындалған", stopped_state="Хабарламалар тоқтатылған", page_two="беті: 2/",
    asks_receipt="Растау құжатында көрсетілген", genuine="біз берген түпнұсқа", not_ours="біз берген растау құжаты емес",
    other_menu="Меню",
    other_locale="ru", strange=r"\b(и|в|что|Вы|для|или|Please|your|the)\b",
)  # fmt: skip
DIAS = Speech(
    who="dias", locale="ru", language="Русский", other_language="English",
    name="Ахметов Диас", shown_name=("Ахметов", "Диас"), mailbox="dias@mail.kz", code=r"Ваш код: (\d{6})",
    adult="Мне есть 18 лет", agree="Даю согласие", menu="Меню", my_consents="Мои согласия",
    pair="Информация: эл. почта", desk_pair="Обращения через бот", yes="Да, верно", without_phone="Без телефона",
    withdraw="Отозвать", stop="СТОП", messages="Рассылки", stop_all="Остановить всё", policy="📄 Политика",
    next_page="Следующая", contents="Содержание", languages="🌐 Язык", asks_language="На каком языке будем говорить?",
    notice="До Вашего согласия мы ничего не сохраняем", recorded="Согласие записано",
    asks_name="в одну строку фамилию", right="Всё верно?", asks_mail="адрес своей электронной почты",
    code_sent="придёт шестизначный код", code_wrong="Код не подошёл", asks_phone="Вашего контакта в Telegram",
    given="дано, последний день", withdrawn="Согласие отозвано", stopped="Остановлено", already="Это уже сделано",
    stopped_state="Рассылки остановлены", page_two="страница 2", asks_receipt="указанный в подтверждении",
    genuine="Подтверждение подлинное", not_ours="Мы такого подтверждения не выдавали", other_menu="Menu",
    other_locale="en", strange=r"[әғқңөұүһіӘҒҚҢӨҰҮҺІ]|\b(Please|your|the)\b",
)  # fmt: skip
SAULE = Speech(
    who="saule", locale="en", language="English", other_language="Қазақша",
    name="Akhmetova Saule", shown_name=("Akhmetova", "Saule"), mailbox="saule@mail.kz", code=r"Your code: (\d{6})",
    adult="I am 18 or over", agree="I agree", menu="Menu", my_consents="My consents", pair="Information: e-mail",
    desk_pair="Requests through this bot", yes="Yes, correct", without_phone="Without a phone", withdraw="Withdraw",
    stop="Stop.", messages="Messages", stop_all="Stop all", policy="📄 Policy", next_page="Next page",
    contents="Contents", languages="🌐 Language", asks_language="Which language shall we speak?",
    notice="Until you agree we keep nothing", recorded="Consent recorded", asks_name="in one line",
    right="Is everything correct?", asks_mail="Please write your e-mail address", code_sent="a six-digit code will come",
    code_wrong="The code did not fit", asks_phone="Telegram's own contact", given="given, last day",
    withdrawn="Consent withdrawn", stopped="Stopped", already="This was already done",
    stopped_state="Messages are stopped", page_two="page 2", asks_receipt="the code that stands on the receipt",
    genuine="Genuine", not_ours="not a receipt of ours", other_menu="Мәзір",
    other_locale="kk", strange=r"[а-яёәғқңөұүһіА-ЯЁӘҒҚҢӨҰҮҺІ]",
)  # fmt: skip
EVERYBODY = (AIGUL, DIAS, SAULE)
