"""Letters nobody in their right mind writes: none breaks the reading, and nothing of them gets into a header of ours (T-LET-05)."""

from __future__ import annotations

import base64
import email
import email.policy
import os
import quopri
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.mail.postbag import TOKEN, believing, read

from kelisim.courier import smtp
from kelisim.courier.outcome import Parcel
from kelisim.courier.smtp import Server
from kelisim.desk.outbox import Claimed
from kelisim.mail.letter import AUTOMATIC, BOUNCE, LIST, PERSON, Letter, TooMuch

SMALL = 300
OPERATOR = believing("mx.alit.kz", "auth")
SERVER = Server("127.0.0.1", 25, "none", None, None, "info@alit.kz", "Alit")
KEPT = [path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.eml"))]

# What has broken mail programs before, and what each of our readers looks for.
NASTY = (
    b"", b"\r\nBcc: all@mail.kz", b"\nBcc: all@mail.kz\n\n", b"\rBcc: all@mail.kz", b"\x00", b"\x0b", b"\x0c", b"\x1c", b"\x85",
    b"\x1b[2J", b"=?utf-8?q?x=0D=0ABcc:_all@mail.kz?=", b"=?utf-8?b?DQpCY2M6IGFAbWFpbC5reg==?=", b"=?utf-8?q?=E2=80=A8Bcc:?=",
    b"=?utf-8?q?=C2=85?=", b"=?zip?b?eJwDAAAAAAE=?=", b"=?rot13?q?abc?=", b"=?utf-7?q?+AA0-?=", b"=?utf-8?q?", b"?=",
    b"=?=?=?=", b"=??q??=", b"=?utf-8?x?a?=", b"=?utf-16?b?//4=?=", b"=?iso-2022-jp?b?GyRCJCI=?=", b"=?utf-8?q?=ED=A0=80?=",
    b"=?us-ascii?q?=FF?=", b"\xed\xa0\x80", b"\xff\xfe", b"<", b">", b"<>", b"@", b"(", b")", b"((((", b'"', b"\\", b";", b",",
    b":", b"erlan@alit.kz", b"<erlan@alit.kz>", b"Erlan <erlan@alit.kz>", b"<" + TOKEN.encode() + b"@alit.kz>",
    b"info+" + TOKEN.encode() + b"@alit.kz", b"x@[127.0.0.1]", "қ@қ.kz".encode(), "Қазақша тақырып".encode(),
    "Қазақша".encode("kz1048"), "Русский".encode("koi8-r"), b"multipart/mixed; boundary=b", b"message/rfc822",
    b"multipart/report; report-type=delivery-status; boundary=b", b"multipart/alternative; boundary*0*=utf-8''%62",
    b"text/html; charset=zip", b"text/plain; charset=windows-1251; format=flowed; delsp=yes", b"message/delivery-status",
    b"text/calendar; method=REPLY", b"name*99999999999999999999*=x''%",
    b"filename*0*=utf-8''%0d%0aBcc; filename*2=c; filename*1*=%00", b"filename=\"a\r\n b.pdf\"", b"base64", b"quoted-printable",
    b"x-uuencode", b"begin 644 a\nM", b"auto-replied", b"mx.alit.kz; dmarc=pass header.from=alit.kz",
    b"mx.alit.kz; auth=pass (((((", b"from a by mx.alit.kz; x", b"Tue, 13 Jan 2026 10:00:00 +0500",
    b"Tue, 99 Foo 99999999999 99:99:99 +99999", b"5.1.1", b"failed", b"rfc822; aigul@mail.kz", b"--b", b"--b--", b"\n--b\n",
    b"\n\n", b"\r\n\r\n", b"<!--", b"<div style='display:none'>", b"&#xD800;", b"&#0;", b"> ", b"a" * 3000,
    "\u202eabc\u2066".encode(), "👩‍💻".encode(),
)  # fmt: skip
NAMES = (
    b"From", b"From", b"To", b"Cc", b"Subject", b"Subject", b"Message-ID", b"Message-ID", b"In-Reply-To", b"References",
    b"Date", b"Sender", b"Reply-To", b"Return-Path", b"Delivered-To", b"Received", b"Authentication-Results", b"Content-Type",
    b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition", b"Auto-Submitted", b"Precedence", b"List-Id",
    b"List-Unsubscribe", b"X-Failed-Recipients", b"X-Autoreply", b"Action", b"Status", b"Final-Recipient",
    b"Original-Recipient", b"Diagnostic-Code", b"", b" ", b"X-\xff", b"MIME-Version",
)  # fmt: skip


def encoded(words: str, charset: str, how: str) -> bytes:
    content = words.encode(charset, "replace")
    body = (
        base64.b64encode(content)
        if how == "b"
        else quopri.encodestring(content, header=True).replace(b"\n", b"")
    )
    return b"=?" + charset.encode() + b"?" + how.encode() + b"?" + body + b"?="


_texts = st.text(max_size=40)
_words = st.builds(
    encoded, _texts, st.sampled_from(["utf-8", "cp1251", "koi8-r", "kz1048", "utf-16"]), st.sampled_from("bq")
)
pieces = st.one_of(
    st.sampled_from(NASTY),
    _words,
    _texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=30),
)
_values = st.lists(pieces, max_size=4).map(b" ".join)
lines = st.tuples(st.sampled_from(NAMES), st.sampled_from([b": ", b":", b" : ", b"\n : "]), _values).map(
    b"".join
)
_heads = st.lists(lines, max_size=12).map(lambda given: b"\r\n".join(given) + b"\r\n")
bodies = st.lists(pieces, max_size=6).map(b"\n".join)


def boxed(border: str, parts: list[bytes]) -> bytes:
    mark = b"--" + border.encode()
    head = b"Content-Type: multipart/mixed; boundary=" + border.encode() + b"\n\n"
    return head + b"".join(mark + b"\n" + part + b"\n" for part in parts) + mark + b"--\n"


_simple = st.builds(lambda head, body: head + b"\r\n" + body, _heads, bodies)
_inner = st.recursive(
    _simple,
    lambda inner: st.one_of(
        st.builds(boxed, st.sampled_from("bcd"), st.lists(inner, max_size=4)),
        inner.map(lambda one: b"Content-Type: message/rfc822\n\n" + one),
    ),
    max_leaves=8,
)
_invented = st.builds(lambda head, inner: head + inner, _heads, _inner)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A kept letter with a few places cut, doubled, swapped or filled with something nasty."""
    content = bytearray(draw(st.sampled_from(KEPT)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        to = min(len(content), at + draw(st.integers(0, 60)))
        match draw(st.sampled_from(["put", "cut", "flip", "line", "double", "tail", "join"])):
            case "put":
                content[at:at] = draw(pieces)
            case "cut":
                del content[at:to]
            case "flip" if at < len(content):
                content[at] = draw(st.integers(0, 255))
            case "line":
                start = content.find(b"\n", at) + 1
                content[start:start] = draw(lines) + b"\r\n"
            case "double":
                content[at:at] = content[at:to] * draw(st.integers(1, 30))
            case "tail":
                del content[max(at, len(content) // 2) :]
            case "join":
                other = draw(st.sampled_from(KEPT))
                content[at:to] = other[: draw(st.integers(0, len(other)))]
    return bytes(content)


def one_line(text: str) -> bool:
    """Whether a text can end no line and turn none round."""
    return not any(
        unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs")
        or one in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
        for one in text
    )


def check(content: bytes, counts: Counter[str]) -> None:
    """What must hold for any bytes at all."""
    try:
        found = read(content, OPERATOR)
    except TooMuch as fault:
        assert str(fault)
        counts["too much"] += 1
        return
    counts[found.kind] += 1
    assert found.kind in (PERSON, AUTOMATIC, LIST, BOUNCE)
    single = (
        found.subject,
        found.message_id,
        found.status,
        found.failed,
        *found.named,
        *found.returned,
        *(file.name for file in found.files),
    )
    assert all(one_line(text) for text in single)
    assert not any(set(file.name) & set("/\\") for file in found.files)
    found.text.encode()
    assert not set(found.text) & set("\x00\r\x0b\x0c\x1b\x85\u2028\u2029\u202e")
    for address in [found.sender.address, *found.sender.every]:
        assert address is None or (
            address.address.isascii() and address.address.count("@") == 1 and "=?" not in address.address
        )
    answer(found)


def answer(found: Letter) -> None:
    """Our reply to it has our headers, ours alone, and goes to one address."""
    now = datetime(2026, 1, 13, tzinfo=UTC)
    to = found.sender.address.address if found.sender.address is not None else "aigul@mail.kz"
    claimed = Claimed(7, "ack", "email", None, "", "", "kk", to, {}, 1, "token", now, None, now)
    body = {
        "subject": "Хатыңыз келді",
        "text": "Рақмет.",
        "token": "a" * 39,
        "thread": "b" * 39,
        "answers": found.message_id,
    }
    attached = [(file.name, "application/pdf", b"%PDF-") for file in found.files[:3]]
    made = smtp.letter(SERVER, Parcel(claimed, to, {**body, "attached": attached}))
    parsed = email.message_from_bytes(made.as_bytes(policy=email.policy.SMTP), policy=email.policy.default)
    expected = {
        "from", "to", "subject", "date", "message-id", "reply-to", "references", "auto-submitted", "mime-version",
        "content-type", "content-language",
    }  # fmt: skip
    assert {name.lower() for name in parsed} - {"in-reply-to"} == expected
    assert len(parsed) == len({name.lower() for name in parsed})
    assert [str(address.addr_spec) for address in parsed["To"].addresses] == [to]
    assert str(parsed["Subject"]) == "Хатыңыз келді"
    if "in-reply-to" in parsed:
        assert str(parsed["In-Reply-To"]) == found.message_id


def fuzz(wanted: int) -> Counter[str]:
    counts: Counter[str] = Counter()

    @settings(max_examples=wanted, suppress_health_check=list(HealthCheck))
    @given(content=st.one_of(spoilt(), _invented))
    def run(content: bytes) -> None:
        counts["letters"] += 1
        check(content, counts)

    run()
    return counts


def test_every_kept_letter_passes_as_it_is() -> None:
    counts: Counter[str] = Counter()
    for content in KEPT:
        check(content, counts)
    assert counts["too much"] == 0


@pytest.mark.parametrize("piece", NASTY)
def test_what_is_nasty_does_nothing_in_any_header(piece: bytes) -> None:
    for name in dict.fromkeys(NAMES):
        check(
            b"From: aigul@mail.kz\r\n" + name + b": " + piece + b"\r\nSubject: x\r\n\r\nWords.\r\n", Counter()
        )


def test_crafted_letters_break_nothing() -> None:
    assert fuzz(SMALL)["letters"] >= SMALL


@pytest.mark.ordeal
@pytest.mark.timeout(7200)
def test_ten_thousand_crafted_letters_break_nothing() -> None:
    wanted = int(os.environ.get("UPDATES", "10000"))
    counts = fuzz(wanted)
    print(f"\n{dict(counts.most_common())}")
    assert counts["letters"] >= wanted
