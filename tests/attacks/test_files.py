"""Files somebody sends: what they are called and pretend to be, how large and how many, and where Telegram says they lie."""

from __future__ import annotations

import io
import zipfile

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web
from tests.attacks.hostile import INJECTIONS, subject_of
from tests.doorstep import Doorstep, Person, Said
from tests.telegram.test_asking import feeds

from kelisim.desk import access, attachments, cases, handoffs
from kelisim.desk.visit import Visit
from kelisim.telegram import bot as bots

PDF = b"%PDF-1.7 Aigulcanary paper"


def zipped(name: str = "x.txt") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, "Aigulcanary")
    return made.getvalue()


DISGUISED = {
    "an archive": zipped(),
    "an office document": zipped("word/document.xml"),
    "a program": b"MZ\x90\x00\x03" + b"\0" * 200,
    "an ELF": b"\x7fELF\x02\x01\x01",
    "a page": b"<!doctype html><script>alert(1)</script>%PDF-1.7",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a GIF": b"GIF89a\x01\x00",
    "a page with a mark": b"\xef\xbb\xbf<html>",
    "a PDF behind words": b"junk " + PDF,
    "a PDF behind a line": b"\n" + PDF,
    "a short sign": b"%PDF",
    "the half of a JPEG": b"\xff\xd8",
    "a shell script": b"#!/bin/sh\nrm -rf /\n",
    "a MIME letter": b"MIME-Version: 1.0\r\n\r\n%PDF-",
    "nothing": b"",
}


async def asks(person: Person) -> Said:
    """To the question, where a file may come."""
    await person.say("/ask")
    return await person.press("Ask a question")


async def brings(person: Person, content: bytes, name: str = "paper.pdf", **more: object) -> Said:
    feeds(person.step, content)
    file = {
        "file_id": "f",
        "file_unique_id": "u",
        "file_name": name,
        "mime_type": "application/pdf",
        "file_size": len(content),
    }
    return await person.bring(document=file, **more)


async def count(step: Doorstep) -> int:
    return int((await step.rows("SELECT count(*) FROM attachments"))[0][0])


@pytest.mark.parametrize("what", DISGUISED)
async def test_what_is_no_pdf_and_no_picture_is_not_kept_whatever_it_is_called(
    each_doorstep: Doorstep, what: str
) -> None:
    """T-LET-19: told apart by the first bytes; name and declared type count for nothing."""
    step = each_doorstep
    dias = await step.person("dias").registers("en")
    await asks(dias)
    for name in ("paper.pdf", "photo.jpg", "paper.pdf.exe", "", "a" * 4000, "\u202efdp.exe"):
        said = await brings(dias, DISGUISED[what], name)
        assert said.calls and "is here" not in said.text
    assert await count(step) == 0


@pytest.mark.parametrize("size", [attachments.LARGEST + 1, 11 << 20])
async def test_a_file_above_ten_megabytes_is_not_kept_whatever_size_is_declared(
    doorstep: Doorstep, size: int
) -> None:
    dias = await doorstep.person("dias").registers("en")
    await asks(dias)
    content = PDF.ljust(size, b"x")
    for declared in (size, 1, 0, 2**40):
        feeds(doorstep, content)
        await dias.bring(
            document={"file_id": "f", "file_unique_id": "u", "file_name": "a.pdf", "file_size": declared}
        )
    feeds(doorstep, content)
    await dias.bring(document={"file_id": "f", "file_unique_id": "u"})  # no size, no name
    assert await count(doorstep) == 0
    await brings(dias, PDF.ljust(attachments.LARGEST, b"x"))
    assert await count(doorstep) == 1


async def test_a_sixth_file_and_an_album_of_ten_leave_five(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    dias = await step.person("dias").registers("en")
    await asks(dias)
    for n in range(10):
        await brings(dias, PDF + str(n).encode(), f"{n}.pdf", media_group_id="album")
    assert await count(step) == attachments.A_MESSAGE


@pytest.mark.parametrize("origin", ["forward_origin", "via_bot", "none asked", "not registered"])
async def test_a_file_that_nobody_asked_for_is_not_even_fetched(each_doorstep: Doorstep, origin: str) -> None:
    """T-CHAT-15: a forwarded paper is another's; without a question that waits nothing is fetched."""
    step = each_doorstep
    fetched = []
    dias = step.person("dias")
    if origin != "not registered":
        await dias.registers("en")
    if origin in ("forward_origin", "via_bot"):
        await asks(dias)

    async def fetch(file_id: str) -> bytes | None:
        fetched.append(file_id)
        return PDF

    step.door.fetch = fetch
    others = {
        "forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Aigul"},
        "via_bot": {"id": 9, "is_bot": True, "first_name": "v"},
    }
    more = {origin: others[origin]} if origin in others else {}
    await dias.bring(
        document={"file_id": "f", "file_unique_id": "u", "file_name": "a.pdf", "file_size": 9}, **more
    )
    assert await count(step) == 0 and fetched == []


async def test_a_polyglot_is_kept_as_what_it_begins_with_and_never_run_or_named_otherwise(
    each_doorstep: Doorstep,
) -> None:
    """A PDF that is a ZIP and a page too: sealed bytes, saved by us as .pdf, in no page of ours."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await asks(aigul)
    both = b"%PDF-1.7\n<script>alert('Aigulcanary')</script>\n" + zipped()
    said = await brings(aigul, both, "<img src=x onerror=alert(1)>.html")
    assert "is here" in said.text and "<img" not in said.text
    await aigul.say("what is this")
    number = (await aigul.press("Send")).number
    ((content, name),) = await step.rows("SELECT content, name FROM attachments")
    assert b"Aigulcanary" not in bytes(content) and b"img" not in bytes(name)

    def looked(visit: Visit) -> list[tuple[str, bytes]]:
        case = cases.known(visit, number)
        return [
            (each.type, attachments.content(visit, case, each.id))
            for each in attachments.of_case(visit, case)
        ]

    assert await step.keep(looked) == [("pdf", both)]


async def test_names_of_files_are_words_in_every_output(doorstep: Doorstep) -> None:
    """The name comes back in the person's own file, escaped; staff are told how many, never the name."""
    step = doorstep
    aigul = await step.person("aigul").registers("en")
    for name in INJECTIONS:
        await asks(aigul)
        await brings(aigul, PDF, name[:4000])
        await aigul.say("see the paper")
        if "Send" in aigul.shown:
            await aigul.press("Send")
        step.later(hours=12)
    sent = [each for each in await step.courier("email") if each.message.kind == "case"]
    assert sent and all(
        "onerror" not in each.body["text"] and "HYPERLINK" not in each.body["text"] for each in sent
    )
    number = await step.keep(lambda visit: cases.begin(visit, cases.ACCESS).number, aigul)
    facts = await step.keep(lambda visit: access.facts(visit, number), aigul)
    page = access.as_html(facts).decode()
    assert "onerror" in page and "<img" not in page and "<script" not in page


async def test_a_file_of_one_is_not_had_by_another(each_doorstep: Doorstep) -> None:
    """An attachment's row with a case of Dias is nothing; his flow adopts and drops his own alone."""
    step = each_doorstep
    aigul, dias = await step.person("aigul").registers("en"), await step.person("dias").registers("en")
    await asks(aigul)
    await brings(aigul, PDF)
    whose = await subject_of(step, aigul)
    case = await step.keep(lambda v: handoffs.send(v, cases.begin(v, cases.QUESTION, words="w")), dias)
    row = (await step.rows("SELECT id FROM attachments"))[0][0]

    def thief(visit: Visit) -> tuple[int, int, int]:
        with pytest.raises(LookupError):
            attachments.content(visit, case, row)
        return attachments.adopt(visit, case), attachments.drop(visit), len(attachments.loose(visit))

    assert await step.keep(thief, dias) == (0, 0, 0)
    assert await step.rows("SELECT subject_id FROM attachments WHERE case_id IS NULL") == [(whose,)]


TOKEN = "1000000000:AAaaAAaaAAaaAAaaAAaaAAaaAAaaAAaaAAa"


async def _fetched(path: str, port: int) -> tuple[list[tuple[str, str]], bytes | None]:
    """What a Bot API that answers getFile with this path was asked for then, and what came of it."""
    asked: list[tuple[str, str]] = []

    async def any_(request: web.Request) -> web.Response:
        if request.path.endswith("/getFile"):
            file = {"file_id": "f", "file_unique_id": "u", "file_path": path}
            return web.json_response({"ok": True, "result": file})
        asked.append((request.host, request.raw_path))
        return web.Response(body=PDF)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", any_)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    base = f"http://127.0.0.1:{port}"
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(base)))
    try:
        got = await bots.fetch(bot, "f")
    finally:
        await bot.session.close()
        await runner.cleanup()
    return asked, got


async def test_an_ordinary_path_is_fetched(unused_tcp_port: int) -> None:
    asked, got = await _fetched("documents/file_12.pdf", unused_tcp_port)
    assert got == PDF and asked[0][1].endswith("/documents/file_12.pdf")


PATHS = ["../../secret", "/etc/passwd", "documents/../../secret", "..", "./../secret", "a/..", "documents/%2e%2e/%2e%2e/secret",
         "%2e%2e/secret", "documents/..%2f..%2fsecret", "documents\\..\\..\\secret", "http://evil.example/x", "//evil.example/x",
         "documents/x?token=1", "documents/x#y", "x\r\nHost: evil.example", "", "@evil.example/x"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_a_path_from_outside_leads_nowhere_but_below_the_file_base(
    path: str, unused_tcp_port: int
) -> None:
    """T-WEB-12: whatever getFile answers, nothing is asked of another host or outside /file/bot<token>/, and nothing read here."""
    asked, got = await _fetched(path, unused_tcp_port)
    assert got in (None, PDF)
    for host, raw in asked:
        assert host == f"127.0.0.1:{unused_tcp_port}"
        assert raw.startswith(f"/file/bot{TOKEN}/") and "/../" not in raw and not raw.endswith("/.."), raw
