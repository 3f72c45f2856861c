"""Links nobody sees: what a chat or a mail program makes a link of is found, and what people write every day is not."""

from __future__ import annotations

import time

import pytest
from tests.desk.test_bodies import PNG, SUBJECTS, TEXTS, _by_day, found
from tests.doorstep import Doorstep

from kelisim.desk import bodies, markup, urls
from kelisim.desk.broadcasts import POLICY, Content
from kelisim.desk.operator import Broadcasting
from kelisim.desk.visit import EMAIL, TELEGRAM

__all__ = ["PNG", "_by_day"]

BOT = "https://t.me/phish_bot"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("т.е.@phish_bot", BOT), ("@phish_bot-ға жазыңыз", BOT), ("@phish_bot.Пишите", BOT), ("(@phish_bot)", BOT),
        ("@@phish_bot", BOT), (".@phish_bot", BOT), ("жүлде/@phish_bot", BOT), ("#win@phish_bot", BOT), ("$USD@phish_bot", BOT),
        ("#ұтыс·күні@phish_bot", BOT), ("қараңыз:@phish_bot", BOT), ("alit.kz/?@phish_bot", BOT),
        ("https://alit.kz/-@phish_bot", BOT), ("&#64;phish_bot", BOT), ("@<b>phish</b>_bot", BOT),
        ("мой.сайт", "https://мой.сайт"), ("Приз: заём.онлайн/вход", "https://заём.онлайн/вход"),
        ("қазына.рус", "https://қазына.рус"), ("банк.орг", "https://банк.орг"), ("банк.москва", "https://банк.москва"),
        ("банк.дети", "https://банк.дети"), ("банк.ком", "https://банк.ком"), ("банк.қаз", "https://банк.қаз"),
        ("БАНК.ОНЛАЙН", "https://БАНК.ОНЛАЙН"), ("kaspi.сайт", "https://kaspi.сайт"), ("мой.сайт-ке", "https://мой.сайт"),
        ("бірінші.жаңауш", "https://бірінші.жаңауш"), ("банк.網址", "https://банк.網址"), ("банк.भारत", "https://банк.भारत"),
        ("банк.ישראל", "https://банк.ישראל"), ("bank.vermögensberatung", "https://bank.vermögensberatung"),
        ("evil.com-да", "https://evil.com"), ("қараңыз...evil.com", "https://evil.com"),
        ("evil\u200dalit.kz", "https://evil\u200dalit.kz"), ("evil\u0336alit.kz", "https://evil\u0336alit.kz"),
        ("evil😀.com", "https://evil😀.com"), ("alit\u200d.kz", "https://alit\u200d.kz"), ("@abc.kz", "https://abc.kz"),
        ("thief@mail.ru-ға", "mailto:thief@mail.ru"), ("a.b+c@мой.сайт", "mailto:a.b+c@мой.сайт"),
    ],
)  # fmt: skip
def test_what_leads_somewhere_is_found(text: str, link: str) -> None:
    assert link in markup.links(text)


@pytest.mark.parametrize(
    "text",
    [
        "т.б. және т.с.с.", "2026 ж. 26 қарашада", "2026 ж.қарашада", "г.Алматы, ул.Абая, д.5, кв.12", "г.Москва", "көш.Абай 10",
        "5.000тг, 12.500₸ және 3.000 тг", "т.е.", "т.е. так", "т.е.так", "и т.д.", "и т.д", "и т.п.", "А.С.Пушкин", "Абай Қ.Қ.",
        "эл.почта", "эл.пошта", "моб.телефон", "5 млн.тенге", "100 тыс.тенге", "кв.метр", "спец.предложение", "и.о.директора",
        "Рахмет.Келесі жолы кездескенше", "Спасибо.Дети рады", "Сайт.Рус тілі", "Ждём вас!Приходите", "26.11.2026, сағ.18:00",
        "18.00де", "1.Кіріспе", "3-бап.2-тармақ", "Ahmetov A.B.", "1.2.3", "есеп.pdf", "баға:5000", "құны 50%-ға", "№5 @ 10 тг",
        "👉 келіңіз…тез", "Не? Кім?Қайда.", "Ө.Ә.Ғ.", "м.а.", "С.Сейфуллин к-сі", "орг.комитет", "қ.Шымкент", "Тел.: 8-727",
        "1.1.1.²", "a@b", "@", "А. @ Б.", "жарнама—т.б.", "18+.", "Қазақстан Республикасы.", "&lt;т.е.&gt;",
    ],
)  # fmt: skip
def test_what_people_write_every_day_is_no_link(text: str) -> None:
    for words in (text, f"«{text}»", f"{text},", f"<b>{text}</b>"):
        assert (markup.links(words), markup.faults(words)) == ([], [])


def test_a_page_with_an_at_in_its_path_is_that_page() -> None:
    assert markup.links("alit.kz/@news, https://alit.kz/@news-та") == [
        "https://alit.kz/@news",
        "https://alit.kz/@news-та",
    ]
    assert markup.links("👉alit.kz👈 «alit.kz»-те alit.kz-те") == ["https://alit.kz"]


@pytest.mark.parametrize(
    "url",
    [
        "https://kazpreß.kz/login", "https://alit\u200d.kz", "https://al\u200cit.kz", "https://alit。kz", "https://ａlit.kz",
        "https://alit.kz\u00ad", "https://ΑΛΣ.kzς", "https://" + "a." * 200 + "kz",
    ],
)  # fmt: skip
def test_a_host_that_two_programs_read_as_two_is_none(url: str) -> None:
    """T-CAST-05: what is compared with the list is where a browser goes."""
    assert urls.host(url) == ""


@pytest.mark.parametrize(
    ("url", "same"),
    [("https://ҚазГер.қаз", "https://қазгер.қаз"), ("https://мо\u0438\u0306.сайт", "https://мо\u0439.сайт")],
)
def test_capitals_and_two_ways_to_write_a_letter_are_the_same_host(url: str, same: str) -> None:
    assert urls.host(url) == urls.host(same) != ""


@pytest.mark.parametrize(
    "text",
    ["&#0000000064;phish_bot", "&#x00000040;phish_bot", "&#;", "&#x;", "&#64 &#zz;", "a &# b",
     '<a href="https://alit.kz&#0000000047;.evil.com">x</a>', '<a href="https://alit.kz&sol;.evil.com">x</a>',
     '<a href="https://alit.kz&num;.evil.com">x</a>'],
)  # fmt: skip
def test_a_sign_that_only_some_would_read_is_a_fault(text: str) -> None:
    """A chat shows letter by letter what another program turns into a sign: neither is what was looked at."""
    assert {code for code, _details in markup.faults(text)} & {"entity", "link"}


def test_a_number_of_a_sign_is_read() -> None:
    assert markup.faults("&#64; &#x40; &#0000064; &amp;#64; &amp&amp;") == []
    assert markup.plain("&#64; &#x40; &#0000064; &amp;#64;") == "@ @ @ &#64;"
    assert markup.letter_faults("<p>&#0000000064; &amp;# &copy;</p>") == []
    assert markup.letter_links("<p>thief&#0000000064;mail.ru</p>") == ["mailto:thief@mail.ru"]
    assert markup.letter_faults("<p>&#;</p>") == [("entity", {"entity": "&#;"})]


async def test_of_mailboxes_the_desk_s_own_alone(doorstep: Doorstep) -> None:
    """Anybody may have a mailbox on the host of the desk's own, at mail.ru for one."""
    operator = doorstep.desk.operator
    doorstep.desk.operator = operator.model_copy(
        update={"mailbox": "desk.alit@mail.ru", "broadcast": Broadcasting(hosts=("shop.kz",))}
    )

    def said(address: str) -> Content:
        return Content(
            texts=dict.fromkeys(TEXTS, f"Сұрақтар: {address}."), subjects=SUBJECTS,
            letters={"en": f'<p><a href="mailto:{address}">write</a></p>'},
        )  # fmt: skip

    for own in ("desk.alit@mail.ru", "Desk.Alit@MAIL.ru"):
        assert await found(doorstep, said(own), TELEGRAM, EMAIL) == []
        assert await found(doorstep, said(own), TELEGRAM, EMAIL, kind=POLICY) == []
        assert bodies.hosts(said(own)) == [own]
    for other in (
        "thief@mail.ru",
        "desk.alit@mail.ru.evil.com",
        "x.desk.alit@mail.ru",
        "news@shop.kz",
        "x@alit.kz",
    ):
        assert await found(doorstep, said(other), TELEGRAM, EMAIL) == [
            ("host", {"host": other, "url": f"mailto:{other}"})
        ]


async def test_a_listed_host_is_no_door_for_one_that_looks_alike(doorstep: Doorstep) -> None:
    doorstep.desk.operator = doorstep.desk.operator.model_copy(
        update={"broadcast": Broadcasting(hosts=("kazpress.kz",))}
    )
    for text in (
        '<a href="https://kazpreß.kz/login">news</a>',
        "kazpreß.kz",
        "evil\u200dkazpress.kz",
        "kaz\u200dpress.kz",
    ):
        faults = await found(doorstep, Content(texts=dict.fromkeys(TEXTS, text)))
        assert {code for code, _details in faults} & {"host", "link"}, text
    assert (
        await found(doorstep, Content(texts=dict.fromkeys(TEXTS, "kazpress.kz-те, т.б. 5.000тг г.Алматы")))
        == []
    )


@pytest.mark.parametrize(
    "text",
    ["😀" * 30_000, "a😀" * 20_000, "a.😀" * 15_000, "@" * 60_000, "a@" * 30_000, "#a" * 30_000, "a-а" * 20_000, "a.kz:1" * 10_000,
     "a@b.kz" * 10_000, "б.рус" * 12_000, "&#" * 30_000, "x" * 60_000 + "@a.kz", "." * 60_000, "a.kz/@" * 10_000],
)  # fmt: skip
def test_no_links_take_long_to_find(text: str) -> None:
    began = time.perf_counter()
    markup.links(text)
    markup.letter_links(text)
    assert time.perf_counter() - began < 10
