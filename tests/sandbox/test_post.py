"""The post office: letters are kept, refused, or find it closed."""

import mailbox
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import NotPossible, Town


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox(maildir=tmp_path / "desk") as sandbox:
        yield sandbox


def letter(to: str = "gulnara@mail.kz") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Келісім үстелі <desk@mail.kz>"
    message["To"] = to
    message["Reply-To"] = "desk+K-1@mail.kz"
    message["Subject"] = "Өтініш K-1: қолжетімділік"
    message["Message-ID"] = "<1@mail.kz>"
    message.set_content("Сәлеметсіз бе")
    message.add_alternative("<p onclick='x()'>Сәлеметсіз бе</p>", subtype="html")
    message.add_attachment(b"<h1>C-1</h1>", maintype="text", subtype="html", filename="түбіртек.html")
    return message


async def send(sandbox: Sandbox, message: EmailMessage) -> None:
    port = int(sandbox.smtp.rpartition(":")[2])
    await aiosmtplib.send(message, hostname="127.0.0.1", port=port, start_tls=False)


async def test_a_letter_is_kept_and_read(sandbox: Sandbox, town: Town) -> None:
    await send(sandbox, letter())
    (seen,) = await town.letters("gulnara@mail.kz")
    assert seen["subject"] == "Өтініш K-1: қолжетімділік"
    assert seen["from"] == "Келісім үстелі <desk@mail.kz>"
    assert seen["text"].strip() == "Сәлеметсіз бе"
    assert seen["attachments"] == [{"name": "түбіртек.html", "kind": "text/html", "bytes": 12}]
    assert await town.letters("saule@mail.kz") == []


async def test_the_html_of_a_letter_has_no_power(sandbox: Sandbox, town: Town) -> None:
    await send(sandbox, letter())
    assert town.session is not None
    for path in ("html", "attachments/0"):
        async with town.session.get(f"{sandbox.url}/sandbox/letters/1/{path}") as response:
            policy = response.headers["Content-Security-Policy"]
            assert policy.startswith("sandbox") and "script" not in policy and "default-src 'none'" in policy


async def test_an_address_can_be_refused(sandbox: Sandbox, town: Town) -> None:
    await town.smtp(rules={"Gulnara@mail.kz": "550 5.1.1 no such user"})
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as caught:
        await send(sandbox, letter())
    assert caught.value.recipients[0].code == 550
    await send(sandbox, letter("saule@mail.kz"))
    assert len(await town.letters()) == 1


async def test_the_office_closes_and_opens_behind_the_same_door(sandbox: Sandbox, town: Town) -> None:
    before = sandbox.smtp
    await town.smtp(down=True)
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(sandbox, letter())
    await town.smtp(down=False)
    await send(sandbox, letter())
    assert sandbox.smtp == before and len(await town.letters()) == 1


async def test_an_answer_from_the_page_lies_in_the_maildir(
    sandbox: Sandbox, town: Town, tmp_path: Path
) -> None:
    await send(sandbox, letter())
    await town.write(answers=1, text="answer\nДерек түзетілді")
    await town.post("letters", raw="From: a@mail.kz\r\nSubject: raw\r\n\r\nx")
    box = mailbox.Maildir(tmp_path / "desk", create=False)
    answer = next(one for one in box if one["Subject"] != "raw")
    assert (answer["To"], answer["In-Reply-To"]) == ("desk+K-1@mail.kz", "<1@mail.kz>")
    assert "Дерек түзетілді" in (answer.get_payload(decode=True) or b"").decode()  # type: ignore[union-attr]
    assert len(box) == 2


async def test_without_a_maildir_nothing_can_be_written() -> None:
    async with Sandbox() as sandbox, Town(sandbox.url) as town:
        with pytest.raises(NotPossible, match="maildir"):
            await town.write(**{"from": "a@mail.kz", "to": "desk@mail.kz", "text": "x"})


@pytest.mark.parametrize(
    ("asked", "stamp"),
    [
        ({"from": "Erlan <erlan@alit.kz>"}, "mx.alit.kz; auth=pass smtp.auth=erlan@alit.kz"),
        ({"from": "aigul@mail.kz"}, "mx.alit.kz; dmarc=pass header.from=mail.kz"),
        ({"from": "erlan@alit.kz", "spoofed": True}, None),
    ],
)
async def test_a_letter_bears_the_stamp_of_the_operators_mail_server(
    sandbox: Sandbox, town: Town, tmp_path: Path, asked: dict[str, object], stamp: str | None
) -> None:
    await town.write(subject="Сұрақ", text="Сәлеметсіз бе", **asked)
    (found,) = mailbox.Maildir(tmp_path / "desk", create=False)
    assert found["Authentication-Results"] == stamp and found["To"] == "info@alit.kz"


async def test_an_answer_from_the_page_quotes_what_it_answers(
    sandbox: Sandbox, town: Town, tmp_path: Path
) -> None:
    await send(sandbox, letter())
    await town.write(answers=1, text="Дерек түзетілді", quoted=True)
    (found,) = mailbox.Maildir(tmp_path / "desk", create=False)
    words = (found.get_payload(decode=True) or b"").decode()  # type: ignore[union-attr]
    assert words.startswith("Дерек түзетілді\n\nOn ") and "\n> Сәлеметсіз бе" in words
