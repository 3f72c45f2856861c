"""A letter as programs save it: its charset, its frame, and nothing that hides behind either."""

from __future__ import annotations

import pytest

from kelisim.desk import attachments, markup, webpages

WORDS = "<p>Сәлем, <b>Әлем</b></p>"
PAGE = '<!DOCTYPE html>\n<html lang="kk">\n<head><meta charset="{}"><title>Хат</title></head><body>\n{}\n</body></html>'


@pytest.mark.parametrize("charset", ["utf-8", "kz1048"])
def test_a_page_is_read_by_its_charset_and_its_frame_is_gone(charset: str) -> None:
    assert webpages.decoded(PAGE.format(charset, WORDS).encode(charset)) == WORDS
    assert webpages.decoded(b"\xef\xbb\xbf" + WORDS.encode()) == WORDS


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"%PDF-1.7 <p>", attachments.WRONG_TYPE),
        ("Просто слова".encode(), attachments.WRONG_TYPE),
        (b"<p>\0</p>", attachments.WRONG_TYPE),
        (b"<meta charset=klingon><p>\xff</p>", attachments.WRONG_TYPE),
        ("<p>Сәлем</p>".encode("utf-16"), attachments.WRONG_TYPE),
        (b"", attachments.WRONG_TYPE),
        (b"<p>" + b" " * webpages.LARGEST, attachments.TOO_LARGE),
    ],
)
def test_what_is_no_letter_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        webpages.decoded(content)


@pytest.mark.parametrize(
    "html",
    [
        "<style>p{color:red}</style><p>x</p>",
        "<scr<title></title>ipt>alert(1)</scr<title></title>ipt>",
        "<body onload='x()'><p>x</p></body>",
        "<head><link rel=stylesheet href=https://a.kz/x.css></head><p>x</p>",
        "<img<meta> src=x>",
        "<!-- <p>x</p> -->",
    ],
)
def test_nothing_comes_through_with_the_frame(html: str) -> None:
    assert markup.letter_faults(webpages.unframed(html)) != []
