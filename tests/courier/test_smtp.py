"""Letters over a real SMTP conversation: what arrives, what a refusal means, and headers nobody can add to."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kelisim.courier import smtp
from kelisim.courier.outcome import GONE, LATER, REFUSED, SENT, UNKNOWN, Outcome, Parcel
from kelisim.courier.smtp import Server
from kelisim.desk import identity
from kelisim.desk.outbox import Claimed
from kelisim.sandbox.post import PostOffice

TO = "aigul@mail.kz"
TOKEN = "a" * 39
BODY = {"subject": "«KazGer» ЖШС коды", "text": "Сіздің кодыңыз: 123456\n\nЕкінші абзац\nжаңа жол <b>"}


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    """The catcher of the sandbox."""
    made = PostOffice(100, lambda what: None)
    await made.open(0)
    yield made
    await made.close()


def server(port: int, name: str = "«KazGer» ЖШС", **options: Any) -> Server:
    given_ = {"tls": "none", "user": None, "password": None} | options
    return Server("127.0.0.1", port, sender="info@alit.kz", name=name, **given_)


def parcel(to: str = TO, body: dict[str, Any] | None = None, locale: str = "kk") -> Parcel:
    now = datetime.now(UTC)
    message = Claimed(7, "code", "email", None, "", "", locale, to, {}, 1, "token", now, None, now)
    return Parcel(message, to, {"token": TOKEN, **(BODY if body is None else body)})


async def test_a_letter_arrives_whole_in_both_forms(office: PostOffice) -> None:
    assert await smtp.send(server(office.port), parcel()) == Outcome(SENT)
    [letter] = office.letters
    assert (letter.sender, letter.recipients) == (f"info+{TOKEN}@alit.kz", [TO])
    parsed = letter.parsed
    assert parsed.get_content_type() == "multipart/alternative"
    assert str(parsed["Subject"]) == BODY["subject"]
    assert parsed["From"].addresses[0].display_name == "«KazGer» ЖШС"
    assert (parsed["Auto-Submitted"], parsed["Content-Language"]) == ("auto-generated", "kk")
    assert parsed["Date"] and str(parsed["Message-ID"]).endswith("@alit.kz>")
    assert (letter.part("plain") or "").replace("\r\n", "\n").strip() == BODY["text"]
    html = letter.part("html") or ""
    assert 'lang="kk"' in html and "жаңа жол &lt;b&gt;" in html and html.count("<p ") == 2
    for loaded in ("<img", "src=", "href=", "<script", "url("):
        assert loaded not in html


async def test_a_letter_handed_over_twice_is_the_same_letter_by_its_name(office: PostOffice) -> None:
    """At least once: a mail program shows the repeat as what it is, and an answer to either finds the same row."""
    for _n in range(2):
        await smtp.send(server(office.port), parcel())
    assert [str(letter.parsed["Message-ID"]) for letter in office.letters] == [f"<{TOKEN}@alit.kz>"] * 2
    assert [str(letter.parsed["Reply-To"]) for letter in office.letters] == [f"info+{TOKEN}@alit.kz"] * 2


async def test_a_letter_that_can_be_unsubscribed_says_so_in_two_headers_that_arrive_whole(
    office: PostOffice,
) -> None:
    """RFC 8058, T-LET-16: the address is longer than a line, and folded it would be none."""
    address = f"https://desk.example/kelisim/o/{'A' * 120}"
    await smtp.send(server(office.port), parcel(body=BODY | {"unsubscribe": address}))
    [letter] = office.letters
    lines = letter.content.decode().split("\r\n\r\n")[0].split("\r\n")
    assert f"List-Unsubscribe: <{address}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    await smtp.send(server(office.port), parcel())
    assert "List-Unsubscribe" not in office.letters[-1].content.decode()


@pytest.mark.parametrize(
    ("rules", "kind", "cause"),
    [
        ({TO: "550 5.1.1 no such person"}, GONE, "550"),
        ({TO: "551 5.1.6 moved away"}, GONE, "551"),
        ({TO: "553 5.1.3 that is no address"}, GONE, "553"),
        ({TO: "550 5.1.10 recipient not found"}, GONE, "550"),
        ({TO: "550 no such user here"}, GONE, "550"),
        ({TO: "550 5.1.0 address rejected"}, GONE, "550"),
        ({TO: "552 5.2.2 full"}, REFUSED, "552"),
        ({TO: "552 5.1.1 full"}, REFUSED, "552"),
        ({TO: "551 user not local"}, REFUSED, "551"),
        ({TO: "553 5.7.1 not your sender"}, REFUSED, "553"),
        ({TO: "554 5.7.1 relay access denied"}, REFUSED, "554"),
        ({TO: "550 5.7.1 blocked using a list"}, REFUSED, "550"),
        ({TO: "550 5.7.26 unauthenticated"}, REFUSED, "550"),
        ({TO: "550 5.1.8 sender's domain not found"}, REFUSED, "550"),
        ({TO: "550 5.1.0 sender rejected"}, REFUSED, "550"),
        ({TO: "550 5.11.1 nobody knows that"}, REFUSED, "550"),
        ({TO: "550 Relaying not allowed"}, REFUSED, "550"),
        ({TO: "550 Blocked: see our list"}, REFUSED, "550"),
        ({TO: "550 looks like SPAM"}, REFUSED, "550"),
        ({TO: "550 Access denied"}, REFUSED, "550"),
        ({TO: "550 rejected by local policy"}, REFUSED, "550"),
        ({TO: "500 what"}, REFUSED, "500"),
        ({TO: "450 4.2.1 try later"}, LATER, "450"),
        ({"*": "421 4.7.0 busy"}, LATER, "421"),
        ({"data": "554 5.7.1 refused as spam"}, REFUSED, "554"),
        ({"data": "451 4.3.0 local error"}, LATER, "451"),
    ],
)
async def test_what_the_server_says_is_told_apart(
    office: PostOffice, rules: dict[str, str], kind: str, cause: str
) -> None:
    office.rules = rules
    outcome = await smtp.send(server(office.port), parcel())
    assert (outcome.kind, outcome.cause) == (kind, cause)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            "550-5.1.1 The account does not exist.\r\n550 5.1.1 Look for unnecessary spaces, spam or policy.",
            GONE,
        ),
        ("550-Our list names your server.\r\n550 It is blocked.", REFUSED),
        ("550-5.7.1 Mail from you is not wanted.\r\n550 5.7.1 no such user, we say", REFUSED),
    ],
)
async def test_a_refusal_on_several_lines_is_read_whole(office: PostOffice, answer: str, kind: str) -> None:
    office.rules = {TO: answer}
    assert (await smtp.send(server(office.port), parcel())).kind == kind


async def test_a_server_that_is_away_has_taken_nothing(office: PostOffice) -> None:
    await office.down(True)
    assert (await smtp.send(server(office.port), parcel())).kind == LATER


async def test_a_server_that_has_no_tls_gets_no_letter(office: PostOffice) -> None:
    """T-ADMIN-08: starttls is asked for, so a connection without it is given up before a word is said."""
    outcome = await smtp.send(server(office.port, tls="starttls"), parcel())
    assert (outcome.kind, list(office.letters)) == (LATER, [])


async def test_a_wrong_password_is_no_fault_of_the_letter(office: PostOffice) -> None:
    outcome = await smtp.send(server(office.port, user="desk", password="secret"), parcel())
    assert (outcome.kind, list(office.letters)) == (LATER, [])
    assert "secret" not in outcome.cause


class Strange:
    """A server that goes silent or away at a place of the conversation."""

    def __init__(self, place: str) -> None:
        self.place = place

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.place == "greeting":
            writer.close()
            return
        writer.write(b"220 here\r\n")
        data = False
        while line := await reader.readline():
            if data:
                if line == b".\r\n":
                    break
                continue
            word = line.split()[0].upper()
            if word == b"DATA":
                data = True
                writer.write(b"354 go\r\n")
            else:
                writer.write(b"250 fine\r\n")
        writer.close()  # after the whole letter and before an answer


@pytest.mark.parametrize(("place", "kind"), [("greeting", LATER), ("answer", UNKNOWN)])
async def test_a_connection_lost_before_the_letter_is_later_and_after_it_unknown(
    place: str, kind: str
) -> None:
    listening = await asyncio.start_server(Strange(place).talk, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    outcome = await smtp.send(server(port), parcel())
    listening.close()
    assert outcome.kind == kind


HOSTILE = [
    "ЖШС\r\nBcc: all@evil.kz", "ЖШС\nBcc: all@evil.kz", "a\rb", '"><script>', 'Kaz"Ger\\',
    "=?utf-8?q?x=0D=0ABcc=3A_all=40evil.kz?=",
    "a\u2028Bcc: all@evil.kz", "a\x0bBcc: x@y.kz", "a\x85b", "a\x00b", "", " ", "a" * 2000, "\u202eabc", "<all@evil.kz>",
    "a, b <all@evil.kz>", "=?utf-8?b?DQpCY2M6IGFsbEBldmlsLmt6?=",
]  # fmt: skip


def intended(message: EmailMessage) -> tuple[list[str], set[str]]:
    """Who is named and which headers there are, as the other side reads the bytes."""
    parsed = email.message_from_bytes(message.as_bytes(policy=email.policy.SMTP), policy=email.policy.default)
    named = [one.addr_spec for name in ("From", "To") for one in parsed[name].addresses]
    return named, set(parsed.keys())


HEADERS = {"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version",
           "Content-Type"}  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_add_a_header_or_a_recipient(words: str) -> None:
    """T-LET-05: also on a Python that lets encoded line breaks through."""
    message = smtp.letter(
        server(25, words), parcel(body={"subject": words, "text": words or "x", "sender": words})
    )
    assert intended(message) == (["info@alit.kz", TO], HEADERS)


@settings(max_examples=300)
@given(words=st.text(max_size=200))
def test_no_text_at_all_adds_a_header_or_a_recipient(words: str) -> None:
    """T-LET-05: names and subjects, re-parsed."""
    plain = words.encode("utf-8", "replace").decode()
    body = {"subject": plain, "text": "x", "sender": plain}
    assert intended(smtp.letter(server(25, plain), parcel(body=body))) == (["info@alit.kz", TO], HEADERS)


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?x=0D=0ABcc=3A=20all=40evil.kz?=@evil.kz",
        "=?utf-8?b?DQo=?=@evil.kz",
        "a=?utf-8?q?b?=@evil.kz",
    ],
)
def test_an_address_that_reads_as_an_encoded_word_is_no_address(address: str) -> None:
    """T-LET-05: it would stop the whole post, for making its letter raises on every Python."""
    with pytest.raises(identity.Malformed) as refused:
        identity.email(address)
    assert refused.value.part == "local"


LOCAL = st.text(alphabet="abcXYZ019.!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=30)


@settings(max_examples=300)
@given(local=LOCAL)
def test_every_address_that_is_taken_makes_a_letter_to_that_address_alone(local: str) -> None:
    """T-LET-05, T-LET-13."""
    try:
        found = identity.email(f"{local}@mail.kz")
    except identity.Malformed:
        return
    named, headers = intended(smtp.letter(server(25), parcel(to=found.address)))
    assert (named, headers) == (["info@alit.kz", found.address], HEADERS)
