"""The first line of a staff reply: a command in three languages with what fits behind it, and never a guess."""

from __future__ import annotations

from datetime import date

import pytest

from kelisim.desk import numbers, operator, orders
from kelisim.desk.orders import ACCEPT, ANSWER, ASK, ASSIGN, CANCEL, CLOSE, HELP, NOTE, OK, REFUSE
from kelisim.mail import commands
from kelisim.mail.commands import Command

SAMPLE = operator.load(None)
NUMBER = numbers.derived("K", b"key", "one")
ERLAN = next(person for person in SAMPLE.staff if person.address == "erlan@alit.kz")


EVERY = [
    (order, form) for order, spoken in orders.WORDS.items() for forms in spoken.values() for form in forms
]


@pytest.mark.parametrize(("order", "form"), EVERY)
@pytest.mark.parametrize("dress", ["{}", "/{}", "{}.", "{}:", "«{}»", "  {}  ", "/ {}", "*{}*", "UPPER"])
def test_every_word_is_a_command_however_it_is_dressed(order: str, form: str, dress: str) -> None:
    line = form.upper() if dress == "UPPER" else dress.format(form)
    reply = commands.read(f"{line}\n\nThe words.\nMore.", SAMPLE)
    assert reply.command is not None and reply.command.order == order
    assert reply.words == "The words.\nMore."
    assert reply.command.missing == (order in (REFUSE, ASSIGN))


@pytest.mark.parametrize("typed", ["{}", "№ {}", "№{}", "No. {}", "#{}"])
@pytest.mark.parametrize("cyrillic", [False, True])
def test_a_number_may_stand_behind_it_as_people_type_it(typed: str, cyrillic: bool) -> None:
    written = typed.format(NUMBER.lower())
    if cyrillic:
        written = written.replace("k", "к")
    assert commands.read(f"Ответ {written}\nСлова", SAMPLE).command == Command(ANSWER, NUMBER)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("answer documents", Command(ANSWER, template="documents")),
        ("ответ Нужен документ", Command(ANSWER, template="documents")),
        ("Жауап: «Құжат керек»", Command(ANSWER, template="documents")),
        ("ask documents", Command(ASK, template="documents")),
        ("accept corrected", Command(ACCEPT, template="corrected")),
        ("refuse storage", Command(REFUSE, ground="storage")),
        ("refuse STORAGE until 01.03.2027", Command(REFUSE, ground="storage", until=date(2027, 3, 1))),
        ("отказать storage до 2027-03-01", Command(REFUSE, ground="storage", until=date(2027, 3, 1))),
        ("бас тарту storage 01.03.2027 дейін", Command(REFUSE, ground="storage", until=date(2027, 3, 1))),
        ("отказать: есть неисполненное обязательство", Command(REFUSE, ground="obligation")),
        ("бас тарту: орындалмаған міндеттеме", Command(REFUSE, ground="obligation")),
        ("assign gulnar", Command(ASSIGN, to="gulnar@alit.kz")),
        ("assign to gulnar@alit.kz", Command(ASSIGN, to="gulnar@alit.kz")),
        ("передать Dana Sarsenova (sample)", Command(ASSIGN, to="dana@alit.kz")),
        ("передать Dana Sarsenova", Command(ASSIGN, to="dana@alit.kz")),
        ("беру Erlanga", Command(ASSIGN, to="erlan@alit.kz")),
    ],
)
def test_arguments_that_fit_are_read(line: str, command: Command) -> None:
    assert commands.read(f"{line}\nWords", SAMPLE) == commands.Reply(command, "Words")


@pytest.mark.parametrize(
    "text",
    [
        "Ответ на ваш вопрос: да, мы храним.\nЕщё строка",
        "Answer to your question: yes.",
        "Примите извинения за задержку.",
        "Сұрауыңызға жауап: деректер жойылды.",
        "Помощь Вам окажет наша коллега.",
        "Мы получили письмо.\nотказать storage",
        "Жауап беру мерзімі өзгерген жоқ.",
        "",
    ],
)
def test_an_ordinary_sentence_is_no_command(text: str) -> None:
    assert commands.read(text, SAMPLE) == commands.Reply(None, text)


@pytest.mark.parametrize(
    "line",
    [
        "refuse because",
        "отказать в просьбе мы не вправе",
        "note he was rude on the phone",
        "Ескерту: құжаттарды әкеліңіз",
        "answer documnets",
        "Беру в работу",
        "close the door",
        "assign Маржан",
        "/start",
        "/обещать",
        "accept everything please",
    ],
)
def test_what_may_have_been_meant_as_one_is_unclear_and_not_guessed(line: str) -> None:
    """It is not done, and nothing of it may leave by time either."""
    assert commands.read(f"{line}\nWords", SAMPLE) == commands.Reply(None, f"{line}\nWords", unclear=True)


def test_a_slash_with_a_wrong_argument_is_answered_with_what_fits() -> None:
    assert commands.read("/refuse becuase\nNo.", SAMPLE) == commands.Reply(
        Command(REFUSE, missing=True), "No."
    )


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("ok", OK), ("OK.", OK), ("Ок!", OK), ("иә", OK), ("ИӘ", OK), ("Да", OK), ("жарайды", OK), ("хорошо", OK),
        ("растаймын", OK), ("yes\n\nErlan", OK), ("да\n\n--\nErlan Akhmetov", OK), ("cancel", CANCEL), ("Болдырмау", CANCEL),
        ("отмена.", CANCEL), ("/cancel", CANCEL), ("ok, but change the date", None), ("Да, мы получили Ваше письмо.", None),
        ("да\nтолько исправьте дату", None), ("", None), ("Хорошо, что Вы написали", None), ("cancel the order", None),
    ],
)  # fmt: skip
def test_what_settles_stands_alone(text: str, settled: str | None) -> None:
    assert commands.settling(text, ERLAN) == settled


def test_help_note_close_and_accept_take_no_other_words() -> None:
    for order in (HELP, NOTE, CLOSE, ACCEPT):
        assert commands.read(f"{order}\nx", SAMPLE) == commands.Reply(Command(order), "x")
