"""Letters of a broadcast over a real SMTP conversation, what mail programs do with them, and what comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from tests.desk.test_broadcasts import author
from tests.desk.test_optouts import allowed, mailbox
from tests.doorstep import Doorstep, Person
from tests.mail.post import bounce, bring
from tests.web.conftest import Opened, opened

from kelisim import texts
from kelisim.courier import smtp
from kelisim.courier.broadcasting import Broadcaster
from kelisim.courier.conductor import Conductor
from kelisim.courier.outcome import Parcel
from kelisim.desk import audiences, broadcasts, deliveries, drafts, gates, optouts, staff
from kelisim.desk.broadcasts import Content
from kelisim.desk.outbox import Claimed
from kelisim.desk.visit import EMAIL, Visit
from kelisim.limiter import Limiter
from kelisim.sandbox.post import Letter, PostOffice

assert opened  # the fixture of the site

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
CONTENT = Content(
    texts={"kk": "Жаңалық", "ru": "<b>Новость</b>\nвторая строка", "en": "News"},
    subjects={"kk": "Жаңалық", "ru": "Новость дня", "en": "News"},
    letters={
        "en": '<h1>News &amp; more</h1><p>Read <a href="https://alit.kz/n">it</a>.</p><ul><li>one</li></ul>'
    },
    labels={"kk": "Оқу", "ru": "Читать", "en": "Read"},
    url="https://alit.kz/n",
)


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    """The catcher of the sandbox."""
    made = PostOffice(100, lambda what: None)
    await made.open(0)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def _by_day(each_doorstep: Doorstep) -> None:
    now = each_doorstep.desk.clock.now()
    each_doorstep.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)
    each_doorstep.desk.url = "https://desk.alit.kz"


async def people(step: Doorstep, **languages: str) -> dict[str, Person]:
    """People who agreed to information by e-mail: a name and a language each."""
    found = {}
    for name, locale in languages.items():
        found[name] = person = await step.person(name).registers("en")
        await person.gives_email(f"{name}@mail.kz")
        await person.say("/language")
        await person.press(texts.NAMES[locale])
    await step.courier()
    return found


async def sent(
    step: Doorstep, office: PostOffice, content: Content = CONTENT, file: tuple[str, str, bytes] | None = None,
    kind: str = broadcasts.CONSENT,
) -> str:  # fmt: skip
    """A broadcast by e-mail, to its end; its number."""

    def work(visit: Visit) -> str:
        by = (
            author(visit)
            if kind == broadcasts.CONSENT
            else staff.acting(visit.operator, "dana@alit.kz", "shell")
        )
        ground = next(iter(visit.operator.grounds))
        draft = drafts.begin(visit, by, "informing", (EMAIL,), kind=kind, ground=ground)
        one = drafts.edit(visit, draft, content)
        if file is not None:
            one = drafts.enclose(visit, one, *file)
        one = drafts.counted(visit, one, audiences.count(visit, one).told())
        return broadcasts.confirm(visit, one, one.digest, by).number

    number: str = await step.keep(work)
    server = smtp.Server("127.0.0.1", office.port, "none", None, None, step.desk.operator.mailbox, "KazGer",
                         home=step.desk.url)  # fmt: skip
    wire = partial(smtp.announce, server)
    parts = [
        Conductor(step.desk, step.database).run(),
        Broadcaster(step.desk, step.database, EMAIL, Limiter(500), wire, pace=0.02).run(),
    ]
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        async with asyncio.timeout(30):
            while await step.keep(lambda visit: broadcasts.known(visit, number).state) not in broadcasts.OVER:
                await asyncio.sleep(0.05)
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    return number


def of(office: PostOffice, to: str) -> Letter:
    """The one letter to a mailbox."""
    (found,) = [letter for letter in office.letters if letter.recipients == [f"{to}@mail.kz"]]
    return found


def header(letter: Letter, name: str) -> list[str]:
    """Lines of the head as they stand in the bytes."""
    head = letter.content.decode("utf-8", "replace").split("\r\n\r\n")[0]
    return [line for line in head.split("\r\n") if line.lower().startswith(f"{name.lower()}:")]


def plain(letter: Letter) -> str:
    return (letter.part("plain") or "").replace("\r\n", "\n")


async def test_each_reads_it_in_their_language_in_both_forms(
    each_doorstep: Doorstep, office: PostOffice
) -> None:
    await people(each_doorstep, aigul="kk", dias="ru", saule="en")
    await sent(each_doorstep, office, file=("plan.png", "image/png", PNG))
    assert len(office.letters) == 3
    for name, locale in (("aigul", "kk"), ("dias", "ru"), ("saule", "en")):
        letter = of(office, name)
        parsed = letter.parsed
        assert str(parsed["Subject"]) == CONTENT.subjects[locale]
        assert parsed["Content-Language"] == locale
        assert parsed.get_content_type() == "multipart/mixed"
        assert [part.get_content_type() for part in parsed.iter_parts()] == [
            "multipart/alternative",
            "image/png",
        ]
        [file] = letter.attachments()
        assert (file.get_filename(), file.get_payload(decode=True)) == ("plan.png", PNG)
        (unsubscribe,) = header(letter, "List-Unsubscribe")
        assert unsubscribe.startswith("List-Unsubscribe: <https://desk.alit.kz/o/") and unsubscribe.endswith(
            ">"
        )
        assert header(letter, "List-Unsubscribe-Post") == [
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
        ]
        url = unsubscribe[len("List-Unsubscribe: <") : -1]
        html = letter.part("html") or ""
        assert url in plain(letter) and f'href="{url}"' in html and f'lang="{locale}"' in html
        assert f'href="{CONTENT.url}"' in html and CONTENT.labels[locale] in html
        for loaded in ("<img", "src=", "<script", "url(", "<link", "@import"):
            assert loaded not in html
    english = of(office, "saule").part("html") or ""
    assert "News &amp; more</h1>" in english and "<li style=" in english
    assert plain(of(office, "saule")).startswith(
        "News & more\n\nRead it (https://alit.kz/n).\n\n• one\n\nRead: https://alit.kz/n\n\n"
    )
    assert "<b>Новость</b><br>вторая строка" in (of(office, "dias").part("html") or "")
    assert plain(of(office, "dias")).startswith("Новость\nвторая строка\n\nЧитать: https://alit.kz/n\n\n")


async def test_one_click_of_a_mail_program_stops_the_next_broadcast_and_no_earlier_one(
    each_doorstep: Doorstep, office: PostOffice, opened: Opened
) -> None:
    """RFC 8058: what the header names is posted to as it stands there, by a program that has nothing but the letter."""
    step = each_doorstep
    web = await opened(step)
    known = await people(step, aigul="kk", dias="ru")
    await sent(step, office)
    url = header(of(office, "aigul"), "List-Unsubscribe")[0].partition("<")[2].rstrip(">")
    assert url.startswith(web.base)
    browser = await web.browser()
    for method in ("HEAD", "GET"):  # a scanner opens every link
        assert (await browser.get(url, method)).status == 200
    assert await allowed(step, known["aigul"])
    done = await browser.post(
        url, b"List-Unsubscribe=One-Click", Content_Type="application/x-www-form-urlencoded"
    )
    assert done.status == 200
    assert not await allowed(step, known["aigul"]) and await allowed(step, known["dias"])
    office.letters.clear()
    await sent(step, office)
    assert [letter.recipients for letter in office.letters] == [["dias@mail.kz"]]


async def test_one_mailbox_gets_one_letter_and_each_link_stops_its_own_reader(
    each_doorstep: Doorstep, office: PostOffice
) -> None:
    known = await people(each_doorstep, aigul="kk", dias="ru")
    await sent(each_doorstep, office)
    urls = {name: header(of(office, name), "List-Unsubscribe")[0] for name in known}
    assert len(set(urls.values())) == 2
    assert len({str(letter.parsed["Message-ID"]) for letter in office.letters}) == 2
    assert len({letter.sender for letter in office.letters}) == 2  # what comes back names the letter


def parcel_of(step: Doorstep, letter: Letter, row: int) -> Parcel:
    """A letter that left, as what a bounce is made of."""
    token = letter.sender.partition("+")[2].partition("@")[0]
    now = datetime.now(UTC)
    to = letter.recipients[0]
    body: dict[str, Any] = {"token": token, "subject": "x", "text": "x"}
    return Parcel(
        Claimed(row, "broadcast", EMAIL, None, "", "", "kk", to, {}, 1, "", now, None, now), to, body
    )


async def state_of(step: Doorstep, number: str) -> dict[str, tuple[str, str]]:
    """What became of each letter, by its person's public reference."""

    def work(visit: Visit) -> dict[str, tuple[str, str]]:
        one = broadcasts.known(visit, number)
        return {told.ref: (told.state, told.cause) for told in deliveries.each(visit, one)}

    found: dict[str, tuple[str, str]] = await step.keep(work)
    return found


@pytest.mark.parametrize(
    ("status", "failed", "reached"),
    [("5.1.1", "", False), ("5.1.1", "old@elsewhere.kz", False), ("4.4.7", "", True)],
)
async def test_a_letter_that_comes_back_is_a_failed_row_and_an_unreachable_mailbox(
    each_doorstep: Doorstep, office: PostOffice, status: str, failed: str, reached: bool
) -> None:
    """T-LET-15: the row it names, whichever address the report names; consents are not touched, others neither."""
    step = each_doorstep
    known = await people(step, aigul="kk", dias="ru")
    number = await sent(step, office)
    assert set((await state_of(step, number)).values()) == {("sent", "")}
    consents = await step.rows("SELECT * FROM consents")
    letter = of(office, "aigul")
    handled = await bring(step, bounce(step, parcel_of(step, letter, 0), status=status, failed=failed))
    assert (handled.outcome, handled.ours) == ("bounce", True)
    again = await bring(step, bounce(step, parcel_of(step, letter, 0), status=status, failed=failed))
    assert again.outcome == "bounce"
    became = (await state_of(step, number)).values()
    assert sorted(became) == [("failed", f"returned {status}"), ("sent", "")]
    assert await step.rows("SELECT * FROM consents") == consents
    assert await allowed(step, known["aigul"]) is reached and await allowed(step, known["dias"])
    office.letters.clear()
    await sent(step, office)
    assert len(office.letters) == (2 if reached else 1)


async def test_a_mailbox_the_server_refuses_is_unreachable_at_once(
    each_doorstep: Doorstep, office: PostOffice
) -> None:
    step = each_doorstep
    known = await people(step, aigul="kk", dias="ru")
    office.rules = {"aigul@mail.kz": "550 5.1.1 no such person"}
    number = await sent(step, office)
    assert sorted((await state_of(step, number)).values()) == [("failed", "gone 550"), ("sent", "")]
    assert not await allowed(step, known["aigul"]) and await allowed(step, known["dias"])


async def test_a_bounce_of_an_old_mailbox_leaves_the_new_one_alone(
    each_doorstep: Doorstep, office: PostOffice
) -> None:
    """The letter went to the mailbox of that day; the person has another one by now."""
    step = each_doorstep
    known = await people(step, aigul="kk")
    number = await sent(step, office)
    letter = of(office, "aigul")
    old = await mailbox(step, known["aigul"])

    def moved(visit: Visit) -> None:
        found = visit.desk.vault.find(EMAIL, "new@mail.kz")
        visit.connection.execute(text("UPDATE contacts SET hash = :h WHERE id = :c"), {"h": found, "c": old})

    await step.keep(moved)
    await bring(step, bounce(step, parcel_of(step, letter, 0)))
    assert set((await state_of(step, number)).values()) == {("failed", "returned 5.1.1")}
    assert await step.rows("SELECT reachable FROM contacts WHERE id = :c", c=old) in ([(True,)], [(1,)])


async def test_stop_in_reply_to_a_letter_stops(each_doorstep: Doorstep, office: PostOffice) -> None:
    step = each_doorstep
    known = await people(step, aigul="kk")
    await sent(step, office)
    letter = of(office, "aigul")
    reply = (
        f"From: aigul@mail.kz\r\nTo: {letter.sender}\r\nSubject: Re: {CONTENT.subjects['kk']}\r\n"
        f"Message-ID: <r1@mail.kz>\r\nIn-Reply-To: {letter.parsed['Message-ID']}\r\n"
        "Date: Mon, 23 Nov 2026 10:00:00 +0500\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nтоқтату\r\n"
    ).encode()
    handled = await bring(step, reply)
    assert handled.outcome == "opt-out"
    assert not await step.keep(lambda visit: gates.allows(visit, "informing-email"), known["aigul"])


async def test_a_language_chosen_instead_is_named_as_what_it_is(
    each_doorstep: Doorstep, office: PostOffice
) -> None:
    """Words in the language that was chosen, the way to stop in the reader's own."""
    await people(each_doorstep, aigul="kk")
    lacking = Content(
        texts={"ru": "Новость"}, subjects={"ru": "Новость дня"}, fallback={"kk": "ru", "en": "ru"}
    )
    await sent(each_doorstep, office, lacking)
    letter = of(office, "aigul")
    assert (str(letter.parsed["Subject"]), letter.parsed["Content-Language"]) == ("Новость дня", "ru")
    with texts.speaking("kk"):
        stop = texts._("Stop these letters: {url}", url="")
    assert plain(letter).startswith(f"Новость\n\n{stop}")


async def test_a_notice_of_a_breach_cannot_be_stopped_and_reaches_who_stopped(
    each_doorstep: Doorstep, office: PostOffice
) -> None:
    step = each_doorstep
    await people(step, aigul="ru")
    await sent(step, office)
    url = header(of(office, "aigul"), "List-Unsubscribe")[0].partition("/o/")[2].rstrip(">")
    assert await step.keep(lambda visit: optouts.act(visit, url))
    office.letters.clear()

    def no_chat(visit: Visit) -> None:  # whoever has a chat is told there
        visit.connection.execute(
            text("UPDATE contacts SET reachable = :no WHERE channel = 'telegram'"), {"no": False}
        )

    await step.keep(no_chat)
    await sent(step, office, kind=broadcasts.BREACH)
    letter = of(office, "aigul")
    assert header(letter, "List-Unsubscribe") == [] and "/o/" not in plain(letter)
