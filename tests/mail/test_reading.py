"""Reading letters of every make: charsets, parts, files, HTML, and those that are too much (T-LET-18, T-LET-20, T-LET-21)."""

from __future__ import annotations

import base64
import quopri
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.mail.postbag import RECEIVED, letter, mixed, part, read

from kelisim.mail import charsets, markup
from kelisim.mail.letter import PERSON, Part, TooMuch

RUSSIAN = "Здравствуйте! Прошу отозвать моё согласие и подтвердить это."
KAZAKH = "Сәлеметсіз бе! Келісімімді қайтарып алғым келеді. Рақмет, Айгүл"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def text_of(content: bytes, kind: str = "text/plain") -> tuple[str, bool]:
    found = read(letter(content, kind=kind))
    return found.text, found.sure


# Charsets ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "charset",
    ["utf-8", "UTF8", "windows-1251", "cp1251", "koi8-r", "cp866", "iso-8859-5", "utf-16", "x-mac-cyrillic"],
)
def test_a_charset_that_is_named_rightly_is_certain(charset: str) -> None:
    codec = {"x-mac-cyrillic": "mac-cyrillic"}.get(charset, charset)
    assert text_of(RUSSIAN.encode(codec), f'text/plain; charset="{charset}"') == (RUSSIAN, True)


@pytest.mark.parametrize("charset", ["kz-1048", "KZ1048", "strk1048_2002", "pt154", "cyrillic-asian"])
def test_kazakh_letters_in_their_own_charsets(charset: str) -> None:
    codec = "kz1048" if "1048" in charset else "ptcp154"
    assert text_of(KAZAKH.encode(codec), f"text/plain; charset={charset}") == (KAZAKH, True)


@pytest.mark.parametrize("words", [RUSSIAN, KAZAKH, "Рахмет", "Рақмет", "Хорошо, спасибо", "ОТКАЗ", "жоқ"])
@pytest.mark.parametrize("codec", ["windows-1251", "kz1048", "koi8-r", "cp866", "iso8859-5"])
@pytest.mark.parametrize("named", ["", "utf-8", "us-ascii", "x-unknown", "iso-8859-1"])
def test_a_charset_that_is_missing_or_wrong_is_guessed_and_doubted(
    words: str, codec: str, named: str
) -> None:
    try:
        content = words.encode(codec)
    except UnicodeEncodeError:
        return  # a charset without Kazakh letters
    assert text_of(content, f"text/plain; charset={named}" if named else "text/plain") == (words, False)


@pytest.mark.parametrize("words", [KAZAKH, "Рақмет", "Құрметті Ерлан"])
def test_kazakh_claimed_to_be_windows_1251_which_cannot_hold_it(words: str) -> None:
    assert text_of(words.encode("kz1048"), "text/plain; charset=windows-1251") == (words, False)


def test_koi8_claimed_to_be_windows_1251_and_the_other_way_round() -> None:
    assert text_of(RUSSIAN.encode("koi8-r"), "text/plain; charset=windows-1251") == (RUSSIAN, False)
    assert text_of(RUSSIAN.encode("cp1251"), "text/plain; charset=koi8-r") == (RUSSIAN, False)


def test_utf_8_claimed_to_be_windows_1251() -> None:
    assert text_of(KAZAKH.encode(), "text/plain; charset=windows-1251") == (KAZAKH, False)


def test_utf_8_without_a_name_is_plain_to_see() -> None:
    assert text_of(KAZAKH.encode()) == (KAZAKH, True)
    assert text_of(b"\xef\xbb\xbf" + KAZAKH.encode(), "text/plain; charset=utf-8") == (KAZAKH, True)


@pytest.mark.parametrize("charset", ["utf-16le", "utf-32be", "iso-2022-jp"])
def test_charsets_in_which_plain_bytes_are_other_letters(charset: str) -> None:
    assert text_of("Hello ようこそ".encode(charset), f"text/plain; charset={charset}") == (
        "Hello ようこそ",
        True,
    )
    assert text_of("Hello".encode(charset), f"text/plain; charset={charset}") == ("Hello", True)


def test_one_broken_letter_of_utf_8_does_not_make_it_another_charset() -> None:
    text, sure = text_of(RUSSIAN.encode() + b"\xd0", "text/plain; charset=utf-8")
    assert (text.startswith(RUSSIAN), sure) == (True, False)


def test_plain_letters_are_certain_in_every_charset_that_has_them() -> None:
    for charset in ("gb2312", "windows-1251", "koi8-r", "", "unknown-8bit", "us-ascii"):
        assert charsets.decode(b"ok", charset) == ("ok", True)
    assert charsets.decode(b"ok", "zip") == ("ok", False)


@pytest.mark.parametrize("words", ["Café déjà vu, garçon", "Grüße aus München"])
def test_western_letters_stay_western(words: str) -> None:
    assert text_of(words.encode("latin-1"), "text/plain; charset=iso-8859-1") == (words, True)
    assert text_of(words.encode("latin-1")) == (words, False)


@pytest.mark.parametrize(
    "name", ["zip", "zlib", "bz2", "rot13", "rot_13", "hex", "base64", "uu", "quopri", "idna", "punycode", "unicode_escape",
             "raw_unicode_escape", "undefined", "mbcs", "os", "../../etc", "a" * 5000, "\x00"]
)  # fmt: skip
def test_codecs_that_are_no_charsets_are_none(name: str) -> None:
    assert charsets.decode(b"uryyb 78da \\u0041 =41", name)[0] == "uryyb 78da \\u0041 =41"
    assert charsets.decode(KAZAKH.encode(), name)[0] == KAZAKH


def test_what_cannot_be_seen_is_gone() -> None:
    given = "Да\xad,\xa0со\u200bгласны\u202e \ufeffЕрлан\r\nй\x00\x1b[31m 👩\u200d💻"
    assert text_of(given.encode())[0] == "Да, согласны Ерлан\nй[31m 👩\u200d💻"
    assert text_of("и\u0306".encode())[0] == "й"


# Subjects and names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "subject"),
    [
        (b"=?utf-8?B?0J7RgtC60LDQtw==?=", "Отказ"),
        (b"=?UTF-8?q?=D0=9E=D1=82=D0=BA=D0=B0=D0=B7?=", "Отказ"),
        (b"=?windows-1251?B?zvLq4Oc=?=", "Отказ"),
        (b"=?koi8-r?Q?=EF=D4=CB=C1=DA?=", "Отказ"),
        (b"=?utf-8*ru?B?0J7RgtC60LDQtw==?=", "Отказ"),
        (b"=?utf-8?B?0J7R?= =?utf-8?B?gtC60LDQtw==?=", "Отказ"),  # a letter cut in two
        (b"=?utf-8?Q?=D0=9E=D1?=\r\n =?utf-8?Q?=82=D0=BA=D0=B0=D0=B7?=", "Отказ"),
        (b"=?utf-8?B?0J7RgtC6?=\r\n\t=?utf-8?B?0LDQtw==?=", "Отказ"),
        (b"=?utf-8?B?0J7Rg?= =?utf-8?B?tC60LDQtw==?=", "Отказ"),  # base64 itself cut in two
        (b"=?utf-8?B?0J7RgtC60LDQtw?=", "Отказ"),  # its end is missing
        (b"=?utf-8?Q?=D0=9E=D1=82=D0=BA=D0=B0=D0=B7 =D0=BE=D1=82?= x", "Отказ от x"),  # a space inside
        (b"Re: =?utf-8?B?0J7RgtC60LDQtw==?= (1)", "Re: Отказ (1)"),
        (b"=?utf-8?B?0J7RgtC60LDQtw==?= =?koi8-r?Q?=EF=D4=CB=C1=DA?=", "ОтказОтказ"),
        (b"=?x-unknown?B?0J7RgtC60LDQtw==?=", "Отказ"),
        (b"=?zip?B?0J7RgtC60LDQtw==?=", "Отказ"),
        ("Отказ".encode(), "Отказ"),
        ("Отказ от уведомлений".encode("cp1251"), "Отказ от уведомлений"),
        ("Отказ от уведомлений".encode("koi8-r"), "Отказ от уведомлений"),
        ("Хабарламалардан бас тарту, рақмет".encode("kz1048"), "Хабарламалардан бас тарту, рақмет"),
        (b"=?utf-8?Q?x=0D=0ABcc:_all@mail.kz?=", "x Bcc: all@mail.kz"),
        (b"=?utf-8?Q?x=00y=E2=80=AEz=1B?=", "xyz"),
        (b"=?utf-8?Q?a=E2=80=A8b?=", "a b"),
        (b"=?utf-8?B?not base64 at all!?=", None),
        (b"=?utf-8?Q?", "=?utf-8?Q?"),
        (b"a\r\n b\r\n\t c", "a b c"),
        (b"", ""),
    ],
)
def test_a_subject_is_one_line_whatever_it_is_written_in(given: bytes, subject: str | None) -> None:
    found = read(letter(lines=(b"Subject: " + given,))).subject
    assert found.isprintable()
    assert subject is None or found == subject


def test_a_guessed_subject_makes_the_letter_unsure() -> None:
    assert read(letter(lines=("Subject: Отказ".encode(),))).sure
    assert not read(letter(lines=("Subject: Отказ".encode("cp1251"),))).sure
    assert not read(letter(lines=(b"Subject: =?zip?B?0J7RgtC60LDQtw==?=",))).sure


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b'filename="document.pdf"', "document.pdf"),
        (b"filename=document.pdf", "document.pdf"),
        (b"filename*=utf-8''%D2%9B%D2%B1%D0%B6%D0%B0%D1%82.pdf", "құжат.pdf"),
        (b"filename*0*=utf-8'kk'%D2%9B%D2%B1; filename*1*=%D0%B6%D0%B0%D1%82; filename*2=.pdf", "құжат.pdf"),
        (b'filename*1="b.pdf"; filename*0="a"', "ab.pdf"),
        (b"filename*=windows-1251''%E4%EE%EA.pdf; filename=\"x.pdf\"", "док.pdf"),
        (b'filename="=?utf-8?B?0prSsdC20LDRgi5wZGY=?="', "Құжат.pdf"),
        (b"filename==?koi8-r?B?xM/LLnBkZg==?=", "док.pdf"),
        ('filename="құжат.pdf"'.encode(), "құжат.pdf"),
        ('filename="документ согласия.pdf"'.encode("cp1251"), "документ согласия.pdf"),
        (b'filename="../../etc/passwd"', "passwd"),
        (b'filename="C:\\\\Users\\\\e\\\\a.pdf"', "a.pdf"),
        (b"filename*=zip''%41.pdf", "A.pdf"),
        ('filename="a\u202efdp.exe"'.encode(), "afdp.exe"),
        (b"filename*99999999999999999999=a", ""),
        (b"filename*=broken%zz", "broken%zz"),
        (b'filename="never closed', "never closed"),
        (b"filename*a*=x", ""),
        (b"", ""),
    ],
)
def test_a_file_keeps_its_name_in_any_spelling(line: bytes, name: str) -> None:
    found = read(mixed(part("Words."), part(PNG, "image/png", b"Content-Disposition: attachment; " + line)))
    assert (found.text, found.files) == ("Words.", (Part(name, PNG),))


# Parts ------------------------------------------------------------------------------------------------------------------------


def test_a_plain_letter() -> None:
    found = read(letter("Сәлем!\r\n", lines=(b"Subject: Hi", b"Date: Tue, 13 Jan 2026 10:00:00 +0500")))
    assert (found.message_id, found.subject, found.text, found.kind) == (
        "<1@mail.kz>",
        "Hi",
        "Сәлем!",
        PERSON,
    )
    assert (found.received_at, found.date) == (RECEIVED, datetime(2026, 1, 13, 5, tzinfo=UTC))
    assert (found.sure, found.html_only, found.files) == (True, False, ())


def test_plain_is_preferred_to_html_and_an_empty_plain_is_not() -> None:
    both = (part("Plain."), part("<p>Rich.</p>", "text/html"))
    found = read(mixed(*both, kind="alternative"))
    assert (found.text, found.html_only) == ("Plain.", False)
    found = read(mixed(part(" \n"), part("<p>Rich.</p>", "text/html"), kind="alternative"))
    assert (found.text, found.html_only) == ("Rich.", True)


def test_text_after_a_picture_is_not_lost_and_the_picture_is_a_file() -> None:
    picture = part(PNG, "image/png; name=a.png", b"Content-Disposition: inline")
    found = read(mixed(part("Before."), picture, part("After.")))
    assert (found.text, found.files) == ("Before.\n\nAfter.", (Part("a.png", PNG),))


def test_a_picture_of_the_text_is_a_file_and_a_signature_is_none() -> None:
    related = mixed(
        part("<p>Words <img src='cid:1'></p>", "text/html"),
        part(PNG, "image/png"),
        kind="related",
        border=b"r",
    )
    head, _, body = related.partition(b"\n\n")
    inner = head.split(b"\n")[-1] + b"\n\n" + body
    found = read(mixed(inner, part(b"sign", "application/pgp-signature; name=signature.asc"), kind="signed"))
    assert (found.text, found.html_only, found.files) == ("Words", True, (Part("", PNG),))


def test_a_text_that_is_attached_is_a_file() -> None:
    found = read(
        mixed(part("Words."), part("1,2", "text/csv", b"Content-Disposition: attachment; filename=a.csv"))
    )
    assert (found.text, found.files) == ("Words.", (Part("a.csv", b"1,2"),))


def test_a_forwarded_letter_is_a_quotation_and_keeps_its_files() -> None:
    inner = mixed(part("Secret of another.\n> older"), part(PNG, "image/png; name=a.png"), border=b"i")
    found = read(mixed(part("See below."), b"Content-Type: message/rfc822\n\n" + inner))
    assert (found.text, found.files) == ("See below.\n\n> Secret of another.\n>> older", ())


@pytest.mark.parametrize(
    ("encoding", "made"),
    [
        ("base64", base64.encodebytes),
        ("quoted-printable", quopri.encodestring),
        ("8bit", bytes),
        ("x-odd", bytes),
    ],
)
def test_transport_encodings(encoding: str, made: Callable[[bytes], bytes]) -> None:
    content = letter(made(KAZAKH.encode()), lines=(b"Content-Transfer-Encoding: " + encoding.encode(),))
    assert read(content).text == KAZAKH


@pytest.mark.parametrize(
    "spoil", [b"0KHTmdC70LXQvA", b"0KHT\nmdC7!!0LXQ vA==", b"0KHTmdC70LXQvA==\n-- \nads"]
)
def test_base64_that_is_spoilt_is_read_as_far_as_it_goes(spoil: bytes) -> None:
    assert read(letter(spoil, lines=(b"Content-Transfer-Encoding: BASE64",))).text.startswith("Сәлем")


def test_lines_that_flow_are_put_together() -> None:
    flowed = "This is one \nline.\n\n> quoted \n> on\n>> deeper\n spaced\n-- \nErlan \nS.\n"
    found = read(letter(flowed, kind="text/plain; charset=utf-8; format=flowed"))
    assert found.text == "This is one line.\n\n> quoted on\n>> deeper\nspaced\n-- \nErlan S."
    joined = read(letter("слово- \nсочетание\n", kind="text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert joined.text == "слово-сочетание"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"no header at all",
        b"From erlan@alit.kz Tue Jan 13\nSubject: mbox\n\nWords",
        b"Subject: x",
        b"Content-Type: multipart/mixed; boundary=\n\n--\n\nx",
        b"Content-Type: multipart/mixed\n\nwords",
        b"Content-Type: multipart/mixed; boundary=b\n\nno border",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b--\n",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--",
        b"Content-Type: message/rfc822\n\n",
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n!!!",
        b"Content-Type: nonsense\n\nwords",
        b"Content-Type: /\n\nwords",
        b"Date: nonsense\n\nwords",
        b"Date: Tue, 99 Jan 99999 10:00:00 +9999\n\nwords",
        b"Subject: a\rb\rc\n\nwords\rwords",
        bytes(range(256)) * 4,
    ],
)
def test_an_odd_letter_is_a_letter(content: bytes) -> None:
    found = read(content)
    assert found.subject.isprintable()
    assert "\x00" not in found.text


def test_what_names_our_letters_comes_in_the_order_of_trust() -> None:
    lines = (
        b"Cc: b@mail.kz",
        b"References: <r1@x> <r2@x>",
        b"Delivered-To: info+t@alit.kz",
        b"In-Reply-To: <i@x>",
        b"Return-Path: <>",
    )
    assert read(letter(lines=lines)).named == (
        "<i@x>",
        "<r1@x> <r2@x>",
        "info@alit.kz",
        "b@mail.kz",
        "info+t@alit.kz",
        "<>",
    )


# HTML -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("<div>One</div><div>two</div>three", "One\ntwo\nthree"),
        ("<p>One</p><p>two</p>", "One\n\ntwo"),
        ("<p class=MsoNormal>One</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>two</p>", "One\n\ntwo"),
        ("<div>One</div><div><br></div><div>two</div>", "One\n\ntwo"),
        ("One<br>two<br/><br />three", "One\ntwo\n\nthree"),
        ("One\n   line <b>of</b>\nwords", "One line of words"),
        ("<blockquote>a<br>b<blockquote>c</blockquote>d</blockquote>e", "> a\n> b\n>> c\n> d\ne"),
        (
            "Yes<div class=gmail_quote><div>Erlan:</div><blockquote>No<br><br>never</blockquote></div>",
            "Yes\nErlan:\n> No\n>\n> never",
        ),
        ("<ul><li>a<li>b</ul><ol><li>c</li></ol>", "- a\n- b\n- c"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a b\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a<hr>b", "a\n________________________________\nb"),
        ("<span>-- </span><br>Erlan", "-- \nErlan"),
        ("<a href='http://evil.example'>words</a> of a link", "words of a link"),
        ("<img src='http://evil.example/pixel.png' alt='pixel'>seen", "seen"),
        ("<style>p{}</style><script>if (a<b) alert('</p>')</script><title>t</title>seen", "seen"),
        ("<!-- hidden <p> --><!DOCTYPE html><?php x ?><![if mso]>seen", "seen"),
        ("<div style='display:none'>hidden<div>too</div></div>seen", "seen"),
        ("<div style='DISPLAY : none !important'>hidden</div>seen", "seen"),
        ("<span style='font-size:0px'>hidden</span><span style='visibility:hidden'>too</span>seen", "seen"),
        ("<span style='font-size:0.9em'>seen</span>", "seen"),
        ("<div hidden>hidden</div><p title='hidden'>seen</p>", "seen"),
        ("&lt;b&gt; &amp; &#1179; &quot;&nbsp;&#xD800;&#0;", '<b> & қ " \ufffd\ufffd'),
        ("a < b and c > d <3", "a < b and c > d <3"),
        ("<a title='x > y'>seen</a>", "seen"),
        ("<p", ""),
        ("seen<", "seen<"),
        ("seen<!-- never closed", "seen"),
        ("</div></p></blockquote>seen", "seen"),
    ],
)
def test_html_is_reduced_to_what_a_person_sees(given: str, text: str) -> None:
    assert markup.text(given) == text


def test_html_may_name_its_charset_itself() -> None:
    content = b'<html><head><meta http-equiv="Content-Type" content="text/html; charset=koi8-r"></head>'
    assert read(letter(content + RUSSIAN.encode("koi8-r"), kind="text/html")).text == RUSSIAN


@pytest.mark.parametrize("content", ["<b>a</b>" * 200_000, "a" * 300_000])
def test_a_letter_that_is_read_in_part_is_unsure(content: str) -> None:
    assert not read(letter(content, kind="text/html")).sure
    assert len(read(letter(content)).text) == 200_000
    assert not read(letter(content)).sure


@pytest.mark.parametrize(
    "given",
    [
        "<!--",
        '<a "',
        "<div>",
        "<",
        '<a href="x>',
        "<script>",
        "</div>",
        "&#",
        "<b x='",
        "<blockquote>",
        "<p>x",
        "<!",
        "<pre>\n",
    ],
)
def test_no_html_takes_long(given: str) -> None:
    began = time.process_time()
    markup.text(given * (markup.LONGEST // len(given)))
    assert time.process_time() - began < 10


# Limits -----------------------------------------------------------------------------------------------------------------------


def nested(levels: int) -> bytes:
    content = letter("deep")
    for _ in range(levels):
        content = letter(content, kind="message/rfc822")
    return content


def boxed(levels: int) -> bytes:
    content = b"\ndeep"
    for level in range(levels):
        content = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n" % (
            level,
            level,
            content,
            level,
        )
    return b"From: a@mail.kz\n" + content


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (letter(b"x" * (25 << 20)), "more than 25 MB"),
        (nested(50), "parts nested deeper than 10"),
        (nested(10), "parts nested deeper than 10"),
        (boxed(200), "parts nested deeper than 10"),
        (mixed(*[part("x")] * 101), "more than 100 parts"),
        (mixed(*[b""] * 5000), "more than 100 parts"),
        (letter(b"--bad\n" * 20_000, kind="multipart/mixed; boundary=b"), "more than 100 parts"),
        (letter(lines=(b"X-Long: " + b"x" * (16 << 10),)), "a header above 16 KB"),
        (letter(lines=(b"X-Long: x" + b"\n " * (9 << 10),)), "a header above 16 KB"),
        (letter(lines=tuple(b"X-%d: %s" % (n, b"x" * 9000) for n in range(30))), "headers above 256 KB"),
        (letter(lines=(b"a:",) * 100_000), "headers above 256 KB"),
        (mixed(*[part("x", "text/plain", b"X-Long: " + b"x" * 9000)] * 40), "headers above 256 KB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_letter_above_the_limits_is_refused_and_says_why(content: bytes, cause: str) -> None:
    with pytest.raises(TooMuch, match=cause):
        read(content)


def test_a_letter_within_the_limits_is_read() -> None:
    assert read(nested(9)).text.strip("> ") == "deep"
    assert read(boxed(9)).text == "deep"
    assert len(read(mixed(*[part(PNG, "image/png")] * 100)).files) == 100
    assert read(letter(lines=(b"X-Long: " + b"x" * 16_000,))).text == "Hello."


def bomb(kind: str) -> bytes:
    """Letters just within the limits of their size that have felled mail programs."""
    match kind:
        case "base64 of 18 MB":
            return mixed(part("Words."), part(bytes(18 << 20), "application/pdf; name=a.pdf"))
        case "lines":
            return letter(b"a\n" * (12 << 20))
        case "empty lines":
            return letter(b"\n" * ((25 << 20) - 1000))
        case "quoted-printable":
            return letter(b"=D2=9B" * (4 << 20), lines=(b"Content-Transfer-Encoding: quoted-printable",))
        case "emoji":
            return letter("😀".encode() * (6 << 20))
        case "html":
            return letter(b"<div>" * (4 << 20), kind="text/html")
        case "much html":
            return mixed(*[part("<" * 250_000, "text/html")] * 95)
        case "uuencode":
            return letter(
                b"begin 644 a\n" + b"M" * (24 << 20) + b"\nend\n",
                lines=(b"Content-Transfer-Encoding: x-uuencode",),
            )
        case "spoilt base64":
            return letter(b"QUJDR" * (4 << 20) + b"Q", lines=(b"Content-Transfer-Encoding: base64",))
        case "borders":
            return letter(b"--b--b" * (4 << 20), kind="multipart/mixed; boundary=b")
        case "8bit":
            return letter("қ".encode("kz1048") * (24 << 20), kind="text/plain")
        case "a base64 letter inside":
            inside = base64.encodebytes(letter(bytes(12 << 20)))
            return letter(inside, kind="message/rfc822", lines=(b"Content-Transfer-Encoding: base64",))
        case "letters inside":
            return nested(9).replace(b"deep", b"a\n" * (12 << 20))
    raise AssertionError(kind)


BOMBS = (
    "base64 of 18 MB", "lines", "empty lines", "quoted-printable", "emoji", "html", "much html", "uuencode", "spoilt base64",
    "borders", "8bit", "a base64 letter inside", "letters inside",
)  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_costs_little_memory_and_time(kind: str) -> None:
    content = bomb(kind)
    began = time.process_time()
    found = read(content)
    assert time.process_time() - began < 20
    assert len(found.text) <= 200_000
    assert sum(len(file.content) for file in found.files) <= 25 << 20
    del found
    tracemalloc.start()
    try:
        read(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak + len(content) < 200 << 20
