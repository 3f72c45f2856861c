"""What a broadcast says: made in one place, and everything that stands in its way is said at once."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.desk.test_broadcasts import author
from tests.doorstep import Doorstep

from kelisim.desk import bodies, broadcasts, bulletins, drafts, markup, optouts, staff
from kelisim.desk.broadcasts import BREACH, POLICY, Content
from kelisim.desk.operator import Broadcasting
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

TEXTS = {"kk": "<b>Жаңалық</b>", "ru": "Новость", "en": "News at https://alit.kz/a?b=1&amp;c=2"}
SUBJECTS = {"kk": "Жаңалық", "ru": "Новость", "en": "News"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
HOME = "https://desk.alit.kz"


@pytest.fixture(autouse=True)
def _by_day(doorstep: Doorstep) -> None:
    now = doorstep.desk.clock.now()
    doorstep.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)
    doorstep.desk.url = HOME


def drafted(
    visit: Visit, content: Content, *channels: str, kind: str = broadcasts.CONSENT, file: tuple[str, str, bytes] | None = None
) -> broadcasts.Broadcast:  # fmt: skip
    """A draft with these words and perhaps a file."""
    by = (
        author(visit)
        if kind == broadcasts.CONSENT
        else staff.acting(visit.operator, "dana@alit.kz", "telegram")
    )
    made = drafts.begin(visit, by, "informing", channels or (TELEGRAM,), kind=kind, ground="art. 24")
    made = drafts.edit(visit, made, content)
    return drafts.enclose(visit, made, *file) if file else made


async def found(
    step: Doorstep, content: Content, *channels: str, **more: Any
) -> list[tuple[str, dict[str, Any]]]:
    """The faults of a draft."""
    faults: list[tuple[str, dict[str, Any]]] = await step.keep(
        lambda visit: bodies.faults(visit, drafted(visit, content, *channels, **more))
    )
    return faults


async def test_a_whole_draft_has_no_faults(doorstep: Doorstep) -> None:
    whole = Content(
        texts=TEXTS, subjects=SUBJECTS, labels={locale: "→" for locale in TEXTS}, url="https://shop.alit.kz/x"
    )
    assert await found(doorstep, whole, TELEGRAM, EMAIL) == []


async def test_everything_that_lacks_is_said_at_once(doorstep: Doorstep) -> None:
    doorstep.desk.url = ""
    lacking = Content(texts={"kk": "Жаңалық", "en": "a < b"}, labels={"kk": "Оқу"}, url="javascript:alert(1)")
    codes = await found(doorstep, lacking, TELEGRAM, EMAIL)
    assert [(code, details.get("locale")) for code, details in codes] == [
        ("lacks", "ru"), ("web", None), ("subject", "kk"), ("bracket", "en"), ("subject", "en"), ("label", "en"), ("link", ""),
        ("host", None),
    ]  # fmt: skip
    assert await found(doorstep, Content()) == [("empty", {})]
    assert await found(doorstep, Content(texts={"kk": "<b> </b>"}, fallback={"ru": "kk", "en": "kk"})) == [
        ("lacks", {"locale": "kk"})
    ]


async def test_a_chosen_language_serves_another_one_and_the_way_to_stop_comes_in_the_readers(
    doorstep: Doorstep,
) -> None:
    content = Content(texts={"kk": "Жаңалық", "ru": "Новость"}, fallback={"en": "ru"})
    assert await found(doorstep, content) == []

    def work(visit: Visit) -> list[str]:
        one = drafted(visit, content)
        return [bodies.telegram(visit, one, locale)["text"] for locale in ("kk", "ru", "en")]

    kk, ru, en = await doorstep.keep(work)
    assert (
        kk == "Жаңалық\n\nБарлық хабарламаны кез келген сәтте тоқтату үшін ТОҚТАТУ деп жазыңыз."
        or "ТОҚТАТУ" in kk
    )
    assert ru.startswith("Новость\n\n") and "СТОП" in ru
    assert en == "Новость\n\nTo stop all messages at any moment, write STOP."


@pytest.mark.parametrize(("file", "most"), [(None, 4096), (("a.png", "image/png", PNG), 1024)])
async def test_the_longest_that_fits_fits_and_one_sign_more_does_not(
    doorstep: Doorstep, file: tuple[str, str, bytes] | None, most: int
) -> None:
    """Telegram counts UTF-16 after the tags are gone, and the way to stop is a part of the message."""
    stop = "To stop all messages at any moment, write STOP."
    room = most - len(stop) - 2
    emoji = "😀" * (room // 2) + "a" * (room % 2)
    for text, over in ((f"<b>{emoji}</b>", 0), (f"<b>{emoji}</b>&amp;", 1), ("x" * (room + 70), 70)):
        content = Content(texts={"en": text}, fallback={"kk": "en", "ru": "en"})
        codes = await found(doorstep, replace(content, fallback={}), file=file)
        longs = [details["by"] for code, details in codes if code == "long"]
        assert longs == ([over] if over else [])


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://evil.com">alit.kz</a>', "evil.com", "https://alit.kz@evil.com/", "alit.kz.evil.com/x", "ev<b>il.c</b>om",
        "notalit.kz", "@evil_bot", '<a href="tg://user?id=1">me</a>', "t.me/evil", '<a href="https://аlit.kz">alit.kz</a>',
        "https://alit.kz\\@evil.com", "evil&#46;com", '<a href="https://alit.kz">https://bank.kz</a>', "203.0.113.7/x",
    ],
)  # fmt: skip
async def test_no_link_leads_elsewhere(doorstep: Doorstep, text: str) -> None:
    """T-CAST-05: also one that a program makes by itself, or one that only looks like ours."""
    same = Content(texts=dict.fromkeys(TEXTS, text))
    assert {code for code, _details in await found(doorstep, same)} & {"host", "link"}


async def test_hosts_of_the_operator_file_may_be_linked_but_not_in_a_notice(doorstep: Doorstep) -> None:
    """T-CAST-09: a notice is no place for an advert."""
    doorstep.desk.operator = doorstep.desk.operator.model_copy(
        update={"broadcast": Broadcasting(hosts=("shop.kz",))}
    )
    content = Content(
        texts=dict.fromkeys(TEXTS, "https://www.shop.kz/sale and https://alit.kz, mail info@alit.kz")
    )
    assert await found(doorstep, content) == []
    for kind in (POLICY, BREACH):
        assert await found(doorstep, content, kind=kind) == [
            ("advert", {"host": "www.shop.kz", "url": "https://www.shop.kz/sale"})
        ]


@pytest.mark.parametrize(
    ("name", "type_", "content", "code"),
    [
        ("a.png", "image/png", PNG, None),
        ("a.pdf", "application/pdf", b"%PDF-1.7 " + bytes(bodies.LARGEST), "file"),
        ("a.pdf", "application/pdf", b"MZ" + bytes(100), "file type"),
        ("a.exe", "application/octet-stream", b"MZ" + bytes(100), "file type"),
    ],
)
async def test_a_file_is_what_it_says_and_not_too_large(
    doorstep: Doorstep, name: str, type_: str, content: bytes, code: str | None
) -> None:
    codes = await found(doorstep, Content(texts=TEXTS), file=(name, type_, content))
    assert [each for each, _details in codes] == ([code] if code else [])


async def test_a_message_with_a_file_and_a_button(doorstep: Doorstep) -> None:
    content = Content(
        texts=TEXTS, labels={"kk": "Оқу", "ru": "Читать", "en": "Read"}, url="https://alit.kz/n"
    )

    def work(visit: Visit) -> tuple[dict[str, Any], str]:
        one = drafted(visit, content, file=("a.png", "image/png", PNG))
        return bodies.telegram(visit, one, "ru"), bodies.way(one)

    made, way = await doorstep.keep(work)
    assert made.pop("caption").startswith("Новость\n\n") and way == bodies.PHOTO
    assert made == {
        "parse_mode": "HTML",
        "reply_markup": {"inline_keyboard": [[{"text": "Читать", "url": "https://alit.kz/n"}]]},
    }


async def test_a_letter_of_the_words_of_a_message(doorstep: Doorstep) -> None:
    content = Content(texts={**TEXTS, "en": '<b>News</b>\n<a href="https://alit.kz/x">here</a>'}, subjects=SUBJECTS,
                      labels={"kk": "Оқу", "ru": "Читать", "en": "Read"}, url="https://alit.kz/n")  # fmt: skip

    def work(visit: Visit) -> tuple[dict[str, Any], str]:
        one = drafted(visit, content, EMAIL, file=("a.png", "image/png", PNG))
        return bodies.letter(visit, one, "en", 7, "informing-email"), optouts.url(visit, 7, "informing-email")

    made, stop = await doorstep.keep(work)
    assert made["subject"] == "News" and made["unsubscribe"] == stop
    assert made["html"] == '<b>News</b><br><a href="https://alit.kz/x">here</a>'
    assert made["text"].startswith(
        f"News\nhere (https://alit.kz/x)\n\nRead: https://alit.kz/n\n\nStop these letters: {stop}\n\n-- \n"
    )
    assert made["attached"] == [("a.png", "image/png", PNG)]


async def test_a_letter_of_its_own_html_holds_only_what_was_understood(doorstep: Doorstep) -> None:
    """What calls home is a fault, and would not be passed on if it were none."""
    bad = '<h1>News</h1><img src="https://alit.kz/pixel.png"><p onclick="x()">a</p><script>alert(1)</script><!-- x -->'
    content = Content(texts=TEXTS, subjects=SUBJECTS, letters={"en": bad})
    codes = await found(doorstep, content, EMAIL)
    assert [(code, details.get("tag")) for code, details in codes] == [
        ("tag", "img"), ("attribute", "p"), ("tag", "script"), ("bracket", None),
    ]  # fmt: skip

    def work(visit: Visit) -> str:
        made: str = bodies.letter(visit, drafted(visit, content, EMAIL), "en", 7, "informing-email")["html"]
        return made

    html = await doorstep.keep(work)
    assert html == "<h1>News</h1><p>a</p>alert(1)&lt;!-- x --&gt;"
    assert markup.letter_words("<ul><li>one</li><li>two</li></ul><p>End</p>") == "• one\n• two\n\nEnd"


async def test_a_notice_of_a_breach_cannot_be_stopped(doorstep: Doorstep) -> None:
    content = Content(texts=TEXTS, subjects=SUBJECTS)

    def work(visit: Visit) -> tuple[dict[str, Any], dict[str, Any]]:
        one = drafted(visit, content, TELEGRAM, EMAIL, kind=BREACH)
        return bodies.telegram(visit, one, "en"), bodies.letter(visit, one, "en", 7, "")

    message, made = await doorstep.keep(work)
    assert message["text"] == TEXTS["en"]
    assert "unsubscribe" not in made and "Stop" not in made["text"]


def test_every_fault_has_words() -> None:
    """What stands in the way is said in a sentence, whoever finds it."""
    found = set()
    for module in (bodies, markup):
        source = inspect.getsource(module)
        found |= set(re.findall(r'\("([a-z ]+)", \{', source)) | set(
            re.findall(r'\.wrong\("([a-z]+)"', source)
        )
    found |= {"host", "advert"}
    assert {"lacks", "long", "file type", "bracket", "nested", "entity"} <= found
    assert found <= set(bulletins.FAULTS)
