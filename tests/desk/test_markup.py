"""Formatted words: what passes is what Telegram takes, as long as Telegram finds it, and a letter holds nothing unread."""

from __future__ import annotations

import html
import re
import time
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kelisim.desk import markup, urls
from kelisim.sandbox import entities
from kelisim.sandbox.errors import Declined

_SCRAPS = (
    "<b> </b> <i> </i> <a href='https://alit.kz'> </a> <pre> </pre> <code> </code> <blockquote> </blockquote> <u > </u > < > "
    "<tg-spoiler> </tg-spoiler> <B> </B> & &amp; &lt; &#65; &nbsp; &foo; 😀 қ a \n </ <br> <br/> <p> </p> <script> </script> "
    "<img/src=x> <a> <ul> <li> </ul> \" ' = <!-- --> <![CDATA[ <?x ?> <svg/onload=x> \x00 evil.com"
)
SCRAPS = st.lists(st.sampled_from([*_SCRAPS.split(" "), " "]), max_size=25).map("".join)


@settings(max_examples=1000)
@given(html=SCRAPS)
@example(html="&lt;&amp;<b>x</b>&#128512;")
def test_what_has_no_faults_telegram_takes_and_counts_alike(html: str) -> None:
    """Against the sandbox's own reading, which knows nothing of ours."""
    if markup.faults(html):
        return
    shown, _found = entities.of_html(html)
    assert markup.plain(html) == shown
    assert markup.length(html) == entities.units(shown.strip())


@pytest.mark.parametrize(
    "html",
    ["a < b", "<b>x", "x</b>", "<b><i>x</b></i>", "<div>x</div>", "<br>", "<!-- x -->", "<script>x</script>", "<p>x</p>"],
)  # fmt: skip
def test_what_telegram_refuses_is_a_fault(html: str) -> None:
    assert markup.faults(html)
    if html not in ("a < b", "<!-- x -->"):  # the sandbox is kinder than Telegram there
        with pytest.raises(Declined):
            entities.of_html(html)


class Seen(HTMLParser):
    """What a program finds in a letter: tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", {}))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", {}))

    def handle_pi(self, data: str) -> None:
        self.found.append(("instruction", {}))


_SAFE = "b strong i em u ins s strike del p h1 h2 h3 h4 ul ol li blockquote pre hr table tr td th a code br sub sup small"
NATIONAL = "қазгер.қаз".encode("idna").decode()
SAFE = set(_SAFE.split())


@settings(max_examples=1000)
@given(html=SCRAPS)
@example(html='<a href="https://alit.kz" onclick="x">a</a><a href="javascript:x">b</a>')
@example(html='<p title="</p><script>alert(1)</script>">x</p>')
@example(html="<b/onmouseover=alert(1)>x</b><scr<script>ipt>alert(1)</script>")
def test_whatever_is_written_a_letter_gets_plain_tags_and_nothing_else(html: str) -> None:
    """T-LET-20: written anew of what was read, also where faults were not heeded."""
    for made in (markup.letter_fragment(html), markup.fragment(html)):
        seen = Seen()
        seen.feed(made)
        seen.close()
        for tag, given_ in seen.found:
            assert tag in SAFE
            assert set(given_) == ({"href"} if tag == "a" else set())
            assert urls.host(given_.get("href") or "") or tag != "a"


def test_a_letter_as_plain_words() -> None:
    html = (
        "<h1>News &laquo;one&raquo;</h1>\n<p>Hello <a href='https://alit.kz'>there</a>,\n and <a href='https://alit.kz/x'>"
        "https://alit.kz/x</a><br>a line</p><ul><li>one</li><li>two<ol><li>a</li><li>b</li></ol></li></ul><p>End</p><hr>"
        "<table><tr><th>Day</th><td>Hour</td></tr><tr><td>26.11</td><td>10:00</td></tr></table>"
    )
    assert markup.letter_faults(html) == []
    assert markup.letter_words(html) == (
        "News «one»\n\nHello there (https://alit.kz), and https://alit.kz/x\na line\n\n• one\n• two\n1. a\n2. b\n\nEnd\n\n———\n\n"
        "Day  Hour\n26.11  10:00"
    )
    assert markup.letter_links(html) == ["https://alit.kz", "https://alit.kz/x"]


def test_programs_make_links_of_more_than_links() -> None:
    text = (
        "see evil.com/x, or @evil_bot; ask info@alit.kz on 22.11.2026, т.б. t.me/x. ev<b>il.co</b>m (x/evil.net) tel:evil.org "
        "report.pdf https://bank.kz. қазгер.қаз 10.0.0.1 1.2.3"
    )
    assert markup.links(text) == [
        "https://evil.com/x", "https://t.me/evil_bot", "mailto:info@alit.kz", "https://t.me/x", "https://evil.com",
        "https://evil.net", "https://evil.org", "https://bank.kz", "https://қазгер.қаз", "https://10.0.0.1",
    ]  # fmt: skip


_LINKS = "https://evil.com evil.com @evil_bot t.me/x HTTP://Evil.Org/a?b=c www.evil.kz:8080/x , . ( ) « » ? ! : / - _ a қ 1 @ 😀 |"


@settings(max_examples=1000)
@given(text=st.lists(st.sampled_from([*_LINKS.split(" "), " ", "\n"]), max_size=12).map("".join))
def test_whatever_telegram_makes_a_link_of_is_seen(text: str) -> None:
    """T-CAST-05, against the sandbox's own reading: nobody is led anywhere that was not looked at."""
    whole = text.encode("utf-16-le")
    for entity in entities.noticed(text, []):
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        made = whole[start:end].decode("utf-16-le")
        seen = " ".join(markup.links(html.escape(text, quote=False))).casefold()
        if entity["type"] == "url":
            host = re.match(r"[\w.-]*", made.partition("://")[2])
            assert host is not None and host[0].rstrip("-_.").casefold() in seen, (made, seen)
        elif entity["type"] == "mention":
            name = re.match(r"[a-zA-Z0-9_]{4,32}", made[1:])  # Telegram's names have no other letters
            # One within an address goes where the address leads.
            assert name is None or f"t.me/{name[0]}".casefold() in seen or f"@{name[0]}".casefold() in seen


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ALIT.kz./x?y#z", "alit.kz"), ("http://alit.kz:8080", "alit.kz"), ("https://қазгер.қаз/", NATIONAL),
        ("mailto:info@alit.kz", "alit.kz"), ("https://user@alit.kz", ""), ("https://alit.kz\\@evil.com", ""),
        ("javascript:alert(1)//https://alit.kz", ""), ("https:alit.kz", ""), ("//alit.kz", ""), ("tg://resolve?domain=x", ""),
        ("https://localhost", ""), ("https://[::1]/", ""), ("https://a..kz", ""), (" https://alit.kz", ""), ("", ""),
    ],
)  # fmt: skip
def test_where_a_link_leads(url: str, host: str) -> None:
    assert urls.host(url) == host


@pytest.mark.parametrize(
    "html",
    ["<" * 20_000, "<a " * 20_000, "<b>" * 20_000, "</b>" * 20_000, "&" * 60_000, "<a" + " b" * 30_000, "a." * 30_000,
     '<a href="' * 10_000, "@a" * 30_000],
)  # fmt: skip
def test_no_words_take_long_to_read(html: str) -> None:
    began = time.perf_counter()
    markup.faults(html)
    markup.letter_faults(html)
    markup.links(html)
    markup.letter_words(html)
    assert time.perf_counter() - began < 10
