"""`kelisim broadcast …` beside a desk that serves: written, looked at, counted, confirmed, approved, stopped and reported."""

from __future__ import annotations

import asyncio
import csv
import getpass
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.commands.test_cases import Shell, Told, beside
from tests.desk.test_broadcasts import agreed
from tests.doorstep import Doorstep
from typer.testing import CliRunner

from kelisim import opening, texts
from kelisim.clock import Clock
from kelisim.commands import cli, errands
from kelisim.desk import audiences, broadcasts, deliveries, drafts, outbox
from kelisim.desk import operator as operators
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.documents import Shelf
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit, zone

GULNAR, ERLAN, DANA, STRANGER = "gulnar@alit.kz", "erlan@alit.kz", "dana@alit.kz", "stranger@alit.kz"
WORDS = ("--text", "kk=Жаңалық", "--text", "ru=Новость", "--text", "en=<b>News</b> of CANARY-words")
TOML = """
purpose = "informing"
channels = ["telegram", "email"]
url = "https://alit.kz/news"
file = "plan.pdf"

[text]
kk = "Жаңалық"
ru = "Новость"

[subject]
kk = "Тақырып"
ru = "Тема"

[html]
ru = "ru.html"

[button]
kk = "Оқу"
ru = "Читать"

[fallback]
en = "ru"
"""


@dataclass(slots=True)
class Writer:
    """One of the staff at a shell, and the people beside them."""

    shell: Shell

    @property
    def step(self) -> Doorstep:
        return self.shell.step

    async def __call__(self, *words: str, by: str = GULNAR, typed: str = "") -> Told:
        """`kelisim broadcast … --as …` in its own thread, as another process would."""
        ended = await asyncio.to_thread(
            CliRunner().invoke, cli, ["broadcast", *words, "--as", by], input=typed, env=self.shell.environment,
            catch_exceptions=False,
        )  # fmt: skip
        return Told(ended.exit_code, ended.output)

    async def draft(self, *more: str) -> str:
        told = await self("new", "--purpose", "informing", "--channel", "telegram", *WORDS, *more)
        assert told.status == 0, told.text
        found = re.search(r"B-[0-9A-Z]{9}", told.text)
        assert found is not None
        return found[0]

    async def one(self, number: str) -> Broadcast:
        found: Broadcast = await self.step.keep(lambda visit: broadcasts.known(visit, number))
        return found

    async def begun(self, number: str) -> None:
        """Start and address it, as whoever serves would."""

        def work(visit: Visit) -> None:
            one = broadcasts.start(visit, broadcasts.known(visit, number))
            while audiences.address(visit, one):
                one = broadcasts.known(visit, number)

        await self.step.keep(work)

    async def settled(self, number: str, *outcomes: tuple[str, str]) -> None:
        """Claim as many as there are outcomes, and settle them so."""

        def work(visit: Visit) -> None:
            taken, _looked = deliveries.take(visit, broadcasts.known(visit, number), TELEGRAM, len(outcomes))
            for each, (outcome, cause) in zip(taken, outcomes, strict=True):
                assert deliveries.settle(visit, each, outcome, cause)

        await self.step.keep(work)

    async def done(self, number: str) -> None:
        await self.step.keep(lambda visit: broadcasts.done(visit, broadcasts.known(visit, number)))


def writing(step: Doorstep, home: Path, patch: pytest.MonkeyPatch) -> Writer:
    """With a web door; and by day, on the clock of every command too: nobody is written to at night."""
    now = step.desk.clock.now()
    shift = now.replace(hour=7, minute=0) + timedelta(days=1) - now
    real = Clock.now
    patch.setattr(Clock, "now", lambda self: real(self) + shift)
    step.desk.url = "https://desk.alit.kz"
    shell = beside(step, home)
    shell.environment["KELISIM_URL"] = step.desk.url
    return Writer(shell)


@pytest.fixture
async def writer(doorstep: Doorstep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """On SQLite."""
    return writing(doorstep, tmp_path / "home", monkeypatch)


@pytest.fixture
async def each_writer(each_doorstep: Doorstep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """On each store."""
    return writing(each_doorstep, tmp_path / "home", monkeypatch)


def rules(writer: Writer, folder: Path, **settings: str) -> None:
    """Commands from here on read an operator file with other `[broadcast]` settings, as TOML."""
    text = files("kelisim").joinpath("operator.toml").read_text("utf-8")
    for name, value in settings.items():
        text, n = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
        assert n == 1, name
    (folder / "operator.toml").write_text(text)
    writer.shell.environment["KELISIM_OPERATOR"] = str(folder / "operator.toml")


async def three(step: Doorstep) -> None:
    """Aigul, Dias and Saule agreed to information in the chat; somebody else to nothing."""
    for name, locale in (("aigul", "kk"), ("dias", "ru"), ("saule", "en")):
        await agreed(step, name, locale)
    await step.person("7001").registers("en")


async def test_a_broadcast_from_the_first_words_to_the_report(each_writer: Writer, tmp_path: Path) -> None:
    write, step = each_writer, each_writer.step
    await three(step)
    number = await write.draft()
    assert (await write.one(number)).author == f"{getpass.getuser()} as {GULNAR}"
    shown = await write("preview", number)
    assert (
        "In the chat, readers of Kazakh (қазақша):\n  │ Жаңалық" in shown.text
        and "│ News of CANARY-words" in shown.text
    )
    assert "STOP" in shown.text and "СТОП" in shown.text
    counted = await write("count", number)
    assert "3 messages would go out:" in counted.text and "Telegram, Қазақша: 1" in counted.text
    refused = await write("send", number, typed="n\n")
    assert refused.status == 1 and "Send to 3?" in refused.text and "It begins at once" in refused.text
    assert (await write.one(number)).state == broadcasts.DRAFT
    told = await write("send", number, typed="y\n")
    assert told.status == 0 and f"{number}: planned" in told.text, told.text
    assert [row[0] for row in await step.rows("SELECT count(*) FROM outbox WHERE kind = 'broadcast'")] == [0]

    await write.begun(number)
    await write.settled(number, (outbox.SENT, ""), (outbox.FAILED, "403"), (outbox.UNCERTAIN, "no answer"))
    await write.done(number)
    report = await write("report", number, "--csv", str(tmp_path / "each.csv"))
    assert report.status == 0, report.text
    for line in ("3 messages in all.", "Sent: 1", "Unreachable: the chat or mailbox takes nothing: 1",
                 "Uncertain: perhaps delivered, never sent again: 1", "Nobody knows whether these arrived"):  # fmt: skip
        assert line in report.text
    refs = {row[0] for row in await step.rows("SELECT ref FROM subjects")}
    lines = list(csv.DictReader((tmp_path / "each.csv").read_text("utf-8").splitlines()))
    assert sorted(line["outcome"] for line in lines) == ["sent", "uncertain", "unreachable"]
    assert {line["person"] for line in lines} < refs and len({line["person"] for line in lines}) == 3
    (lost,) = [line["person"] for line in lines if line["outcome"] == "uncertain"]
    assert lost in report.text and not any(
        line["person"] in report.text for line in lines if line["person"] != lost
    )
    assert (tmp_path / "each.csv").stat().st_mode & 0o777 == 0o600
    for chat in ("5001", "5002", "5003"):  # nobody's address is told
        assert chat not in report.text + (tmp_path / "each.csv").read_text("utf-8")
    again = await write("report", number, "--csv", str(tmp_path / "each.csv"))
    assert again.status == 1 and "there already" in again.text
    assert "CANARY-words" not in report.text + (await write("list")).text
    listed = await write("list")
    assert f"{number}  Informational messages · Telegram: over, 3 messages" in listed.text


async def test_the_words_come_from_a_file_and_options_win(writer: Writer, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7 plan")
    page = (
        '<!DOCTYPE html>\n<html lang="ru"><head><meta charset="windows-1251"><title>Новость</title></head>\n<body>'
        "<p>Новость <b>письмом</b></p></body></html>"
    )
    (tmp_path / "ru.html").write_text(page, "cp1251")  # as programs save it
    (tmp_path / "words.toml").write_text(TOML, "utf-8")
    told = await writer("new", str(tmp_path / "words.toml"), "--text", "kk=Басқа сөз")
    assert told.status == 0 and "!" not in told.text, told.text
    one = await writer.one(told.text.split()[0])
    assert (one.purpose, one.channels) == ("informing", (TELEGRAM, EMAIL))
    assert one.content.texts == {"kk": "Басқа сөз", "ru": "Новость"} and one.content.fallback == {"en": "ru"}
    assert one.content.letters == {"ru": "<p>Новость <b>письмом</b></p>"}
    assert one.content.file == ("plan.pdf", "application/pdf")
    assert await writer.step.keep(lambda visit: broadcasts.enclosed(visit, one)) == b"%PDF-1.7 plan"
    shown = await writer("preview", one.number, "--language", "en")
    assert "readers of English, who read Russian (русский) instead" in shown.text and "Тема" in shown.text
    assert "[Читать] → https://alit.kz/news" in shown.text and "(plan.pdf, application/pdf)" in shown.text
    told = await writer("edit", one.number, "--text", "kk=", "--fallback", "kk=ru")
    assert told.status == 0
    assert (await writer.one(one.number)).content.texts == {"ru": "Новость"}
    assert (await writer.one(one.number)).content.file is not None


async def test_the_example_of_the_readme_lacks_nothing(writer: Writer, tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(purpose = .*?)```", readme, re.DOTALL)
    (tmp_path / "words.toml").write_text(example, "utf-8")
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7 plan")
    (tmp_path / "letter.ru.html").write_text("<p>В субботу мы работаем.</p>", "utf-8")
    told = await writer("new", str(tmp_path / "words.toml"))
    assert told.status == 0 and "!" not in told.text, told.text
    assert (await writer("preview", told.text.split()[0])).status == 0


async def test_everything_that_is_wrong_is_said_at_once(writer: Writer, tmp_path: Path) -> None:
    (tmp_path / "kk.html").write_text("just words", "utf-8")
    (tmp_path / "bad.toml").write_text(
        'purpos = "x"\nchannels = "telegram"\n[text]\nde = "Neuigkeit"\n', "utf-8"
    )
    told = await writer(
        "new", str(tmp_path / "bad.toml"), "--file", str(tmp_path / "none.pdf"), "--text", "News",
        "--html", f"kk=@{tmp_path / 'kk.html'}",
    )  # fmt: skip
    assert told.status == 1
    for line in ("nobody knows 'purpos'", "channels is a list", "'de' is none of the languages", "none.pdf cannot be read",
                 "kk.html is no HTML",
                 "names no language"):  # fmt: skip
        assert line in told.text, line
    assert await writer.step.rows("SELECT 1 FROM broadcasts") == []
    told = await writer("new", "--purpose", "informing", "--channel", "telegram", "--text", "en=<b>News",
                        "--text", "ru=" + "я" * 5000 + " https://evil.example/x", "--button", "en=Read")  # fmt: skip
    assert told.status == 0  # a draft may be unfinished, and says what it lacks
    for line in (
        "Қазақша: There is no text",
        "<b> is never closed",
        "Too long by",
        "evil.example",
        "leads nowhere",
    ):
        assert line in told.text, line
    for command in ("count", "send", "preview", "test"):
        refused = await writer(command, told.text.split()[0])
        assert (
            refused.status == 1
            and "It cannot go on like this" in refused.text
            and "evil.example" in refused.text
        )
    assert (await writer("new", "--purpose", "publication", "--channel", "telegram", *WORDS)).status == 1
    assert (await writer("new", *WORDS)).status == 1


@pytest.mark.parametrize(
    "command",
    [
        ("new", "--purpose", "informing", "--channel", "telegram", *WORDS), ("edit", "@", "--text", "kk=x"), ("list",),
        ("show", "@"), ("preview", "@"), ("test", "@"), ("count", "@"), ("send", "@", "--yes"), ("approve", "@", "--yes"),
        ("pause", "@"), ("resume", "@"), ("cancel", "@", "--yes"), ("watch", "@"), ("report", "@"),
        ("notice", "--ground", "security", *WORDS),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
async def test_nobody_outside_the_operator_file_does_anything(
    writer: Writer, command: tuple[str, ...]
) -> None:
    """T-STAFF-02."""
    await agreed(writer.step, "aigul", "kk")
    number = await writer.draft()
    before = await writer.step.rows("SELECT number, state, version FROM broadcasts")
    told = await writer(*(number if word == "@" else word for word in command), by=STRANGER)
    assert told.status == 1 and "not among the staff" in told.text and "CANARY-words" not in told.text
    assert await writer.step.rows("SELECT number, state, version FROM broadcasts") == before


async def test_an_edit_while_the_question_stands_voids_the_yes(
    each_writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-CAST-04: whoever is asked answers for the words and the count they saw."""
    await agreed(each_writer.step, "aigul", "kk")
    number = await each_writer.draft()
    loop = asyncio.get_running_loop()

    def meanwhile(question: str) -> bool:
        def other(visit: Visit) -> None:
            draft = broadcasts.known(visit, number)
            drafts.edit(visit, draft, replace(draft.content, url="https://alit.kz"))

        asyncio.run_coroutine_threadsafe(each_writer.step.keep(other), loop).result(20)
        return True

    monkeypatch.setattr(typer, "confirm", meanwhile)
    told = await each_writer("send", number)
    assert told.status == 1 and "Nothing was done" in told.text and "Now: draft" in told.text
    assert (await each_writer.one(number)).state == broadcasts.DRAFT


async def test_many_wait_for_a_second_person_who_is_never_the_author(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-CAST-05: `--as` is only said, so the second person has an account of their own."""
    rules(writer, tmp_path, approval_above="1", approval="true")
    writer.step.desk.operator = operators.load(tmp_path / "operator.toml")
    await three(writer.step)
    number = await writer.draft()
    told = await writer("send", number, "--yes")
    assert (
        "Somebody else of the staff has to approve it" in told.text
        and "waiting for a second person" in told.text
    )
    own = await writer("approve", number, "--yes")
    assert own.status == 1 and "nobody approves their own" in own.text
    assert (await writer.one(number)).state == broadcasts.APPROVING
    monkeypatch.setattr(errands, "user", lambda: "erlan")
    told = await writer("approve", number, by=ERLAN, typed="y\n")
    assert "CANARY-words" in told.text and "3 messages" in told.text and f"{number}: planned" in told.text
    one = await writer.one(number)
    assert one.approver == f"erlan as {ERLAN}"
    late = await writer("approve", number, "--yes", by=DANA)
    assert late.status == 1 and "Now: planned" in late.text


async def test_an_author_hides_nothing_from_whoever_approves(writer: Writer, tmp_path: Path) -> None:
    """T-CHAT-09: no word of a draft moves the cursor of the terminal it is read in."""
    rules(writer, tmp_path, approval_above="1", approval="true")
    writer.step.desk.operator = operators.load(tmp_path / "operator.toml")
    await three(writer.step)
    evil = "\x1b[2J\x1b[1;1H\rHIDDEN\u202e\x07"
    (tmp_path / f"{evil}.pdf").write_bytes(b"%PDF-1.7")
    number = await writer.draft(
        "--channel", "email", "--text", f"en={evil}", "--url", "https://alit.kz/x", "--file", str(tmp_path / f"{evil}.pdf"),
        *(word for locale in ("kk", "ru", "en") for word in ("--subject", f"{locale}={evil}", "--button", f"{locale}={evil}")),
    )  # fmt: skip
    assert (await writer("send", number, "--yes")).status == 0
    told = await writer("approve", number, by=ERLAN, typed="n\n")
    assert "HIDDEN" in told.text and "Approve sending to" in told.text
    assert [sign for sign in told.text if not sign.isprintable() and sign != "\n"] == []


async def test_many_wait_a_while_where_nobody_approves(writer: Writer, tmp_path: Path) -> None:
    rules(writer, tmp_path, approval_above="2", delay_minutes="25")
    await three(writer.step)
    number = await writer.draft()
    told = await writer("send", number, "--yes")
    one = await writer.one(number)
    assert one.start_at is not None and one.state == broadcasts.SCHEDULED
    wait = one.start_at - writer.step.desk.clock.now()
    assert timedelta(minutes=24) < wait <= timedelta(minutes=25)
    assert (
        told.text.count("Until then it can be stopped without a trace.") == 2
    )  # before the yes, and after it
    told = await writer("cancel", number, "--yes")
    assert "stopped for good" in told.text
    assert (await writer("resume", number)).status == 1


async def test_a_time_is_kept_and_the_night_is_not_disturbed(writer: Writer) -> None:
    await agreed(writer.step, "aigul", "kk")
    number = await writer.draft()
    assert (await writer("send", number, "--yes", "--at", "at noon")).status == 1
    assert (await writer("send", number, "--yes", "--at", "2020-01-01 10:00")).status == 1
    told = await writer("send", number, "--yes", "--at", "23:30", "--night")
    assert told.status == 0 and "09:00 (Almaty time)" in told.text, told.text
    one = await writer.one(number)
    assert one.start_at is not None and one.start_at.astimezone(zone("Asia/Almaty")).hour == 9 and one.night


async def test_pause_resume_and_cancel_say_how_it_stands(each_writer: Writer) -> None:
    write = each_writer
    await three(write.step)
    number = await write.draft()
    assert (await write("pause", number)).status == 1
    await write("send", number, "--yes")
    await write.begun(number)
    await write.settled(number, (outbox.SENT, ""))
    told = await write("pause", number)
    assert "standing still. One of the staff decided so. It waits for your word" in told.text
    assert (await write("pause", number)).status == 1
    assert "running" in (await write("resume", number)).text
    asked = await write("cancel", number, typed="n\n")
    assert (
        "2 messages would not be sent" in asked.text and (await write.one(number)).state == broadcasts.RUNNING
    )
    assert "stopped for good" in (await write("cancel", number, "--yes")).text
    shown = await write("show", number)
    assert "Sent: 1" in shown.text and "Not sent: the broadcast was stopped: 2" in shown.text
    states = await write.step.rows(
        "SELECT state, count(*) FROM outbox WHERE broadcast_id IS NOT NULL GROUP BY state"
    )
    assert {row[0]: row[1] for row in states} == {"sent": 1, "cancelled": 2}


async def test_a_test_goes_to_oneself_alone_in_three_languages(writer: Writer, tmp_path: Path) -> None:
    rules(writer, tmp_path)
    file = tmp_path / "operator.toml"
    file.write_text(
        file.read_text().replace('address = "gulnar@alit.kz"', 'address = "gulnar@alit.kz"\ntelegram = 4242')
    )
    await three(writer.step)
    number = await writer.draft()
    told = await writer("test", number)
    assert told.status == 0 and "your chat, in kk, ru, en" in told.text, told.text

    def posted(visit: Visit) -> list[tuple[str, str, Any]]:
        return [
            (each.kind, each.address, each.body)
            for each in outbox.claim(visit, TELEGRAM, 50)
            if each.kind == "preview"
        ]

    one = await writer.one(number)
    assert await writer.step.keep(posted) == [
        ("preview", "4242", {"broadcast": one.id, "locale": locale}) for locale in ("kk", "ru", "en")
    ]
    assert one.state == broadcasts.DRAFT
    told = await writer("test", number, by=ERLAN)  # no chat of his stands in the operator file
    assert told.status == 1 and "names no chat of yours" in told.text


async def test_a_notice_is_ordered_by_the_person_responsible_on_a_ground_that_is_named(
    writer: Writer,
) -> None:
    """T-CAST-09: and it reaches those who agreed to nothing and who stopped everything."""
    await three(writer.step)
    await writer.step.person("aigul").say("STOP")
    words = ("--channel", "telegram", *WORDS)
    for by, ground in ((GULNAR, "security"), (DANA, ""), (DANA, "law"), (DANA, "nothing")):
        assert (await writer("notice", "--ground", ground, *words, by=by)).status == 1
    assert await writer.step.rows("SELECT 1 FROM broadcasts") == []
    told = await writer("notice", "--ground", "security", *words, by=DANA)
    number = told.text.split()[0]
    assert told.status == 0 and "!" not in told.text, told.text
    assert (await writer("send", number, "--yes", by=ERLAN)).status == 1
    told = await writer("send", number, "--yes", by=DANA)
    assert told.status == 0 and "4 messages would go out" in told.text, told.text
    one = await writer.one(number)
    assert (one.kind, one.ground, one.state) == (broadcasts.BREACH, "security", broadcasts.SCHEDULED)
    shown = await writer("preview", number, "--language", "en")
    assert (
        "Why you are told of this: the security of personal data was breached (article 25, paragraph 2"
        in shown.text
    )
    assert "STOP" not in shown.text
    advert = await writer(
        "notice", "--ground", "security", *words, "--text", "en=Buy: https://shop.example", by=DANA
    )
    assert "shop.example" in advert.text
    refused = await writer("send", advert.text.split()[0], "--yes", by=DANA)
    assert refused.status == 1 and "advertises nothing" in refused.text


async def test_a_changed_text_is_asked_about_by_the_person_responsible(
    writer: Writer, tmp_path: Path
) -> None:
    """P03: the words come from the operator file; the report tells how many kept it, withdrew or stayed silent."""
    await three(writer.step)
    ask = ("policy", "--purpose", "informing", "--channel", "telegram")
    told = await writer(*ask, by=DANA)
    assert told.status == 1 and "There is no newer text: 1.1" in told.text
    changes = 'changes = { kk = "Хат жиірек", ru = "Письма чаще", en = "Letters come more often" }'
    edition = f"{{ edition = 2, material = true, since = 2026-11-22, {changes} }}"
    rules(writer, tmp_path, informing=edition)
    hasty = await writer(*ask, by=DANA)
    assert hasty.status == 1 and "has not read the text 1.2 yet" in hasty.text
    desk = writer.step.desk  # the file is read again
    desk.operator = operators.load(tmp_path / "operator.toml")
    desk.shelf = Shelf(desk.operator, [texts.LOCALES_FOLDER], trial=True)
    await writer.step.database.keep(lambda connection: opening.agree_with_store(desk, connection))
    assert (await writer(*ask, by=GULNAR)).status == 1
    early = await writer(*ask, "--answer-by", f"{writer.step.desk.clock.now():%Y-%m-%d}", by=DANA)
    assert early.status == 1 and "at least 7 days away" in early.text
    told = await writer(*ask, by=DANA)
    assert told.status == 0 and "!" not in told.text, told.text
    number = told.text.split()[0]
    shown = await writer("preview", number, by=DANA)
    assert (
        "Letters come more often" in shown.text
        and "[Keep the consent]" in shown.text
        and "Письма чаще" in shown.text
    )
    told = await writer("send", number, "--yes", by=DANA)
    assert told.status == 0 and "3 messages would go out" in told.text, told.text
    await writer.begun(number)
    await writer.settled(number, *[(outbox.SENT, "")] * 3)
    await writer.done(number)
    report = await writer("report", number, by=DANA)
    assert "Asked: 3 people." in report.text and "No answer yet: 3." in report.text
    again = await writer(*ask, by=DANA)
    assert again.status == 0 or "already" in again.text


async def test_watching_ends_with_the_broadcast_and_tells_what_became_of_it(writer: Writer) -> None:
    await three(writer.step)
    number = await writer.draft()
    await writer("send", number, "--yes")
    await writer.begun(number)
    watching = asyncio.create_task(writer("watch", number))
    await asyncio.sleep(1.5)
    assert not watching.done()
    await writer.settled(number, (outbox.SENT, ""), (outbox.SENT, ""), (outbox.FAILED, "400"))
    await writer.done(number)
    told = await asyncio.wait_for(watching, 20)
    assert told.status == 0 and f"{number}: running." in told.text and f"{number}: over." in told.text
    assert "Sent: 2" in told.text and "refused by Telegram (400): 1" in told.text


async def test_the_chart_is_a_picture_in_the_language_that_was_asked_for(
    writer: Writer, tmp_path: Path
) -> None:
    await three(writer.step)
    number = await writer.draft()
    await writer("send", number, "--yes")
    await writer.begun(number)
    await writer.settled(number, (outbox.SENT, ""))
    pictures = {}
    for language in ("kk", "ru", "en"):
        told = await writer(
            "report", number, "--chart", str(tmp_path / f"{language}.png"), "--language", language
        )
        assert told.status == 0, told.text
        pictures[language] = (tmp_path / f"{language}.png").read_bytes()
    assert len(set(pictures.values())) == 3
    for picture in pictures.values():
        assert picture.startswith(b"\x89PNG\r\n\x1a\n") and len(picture) < 300_000
        width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
        assert width == 750 and height < 2 * width
