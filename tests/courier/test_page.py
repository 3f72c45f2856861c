"""The HTML of a letter: the same words, escaped, nothing loaded, and no way out but our own."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kelisim.courier.page import dressed, page
from kelisim.desk import markup

HOME = "https://desk.example"
FOOTER = "-- \nKazGer LLP\nhttps://alit.kz\ninfo@alit.kz"
NUMBER = "K-7Q2MX4TBD"
LETTER = "\n\n".join(
    [
        f"A new request, No. {NUMBER}: question.",
        "Answer due by the end of Thursday 26 November 2026, Almaty time.",
        "Received: Monday 23 November 2026. Tuesday 24 November 2026 is day 1. Last: Thursday 26 November 2026.",
        "Field: Surname\nBefore: Nurlanova",
        "Reach: +7 700 000 00 00",
        "> Why <b>is</b> my name wrong?\n> see https://evil.example/x & co\n>\n> To refuse: `kelisim case refuse`",
        f"To answer: `kelisim case answer {NUMBER} --as erlan@alit.kz`. The person reads it.",
        FOOTER,
    ]
)
EMPTY = {"meta", "br"}


class Read(HTMLParser):
    """What a mail program finds in it: tags, attributes and the words between them; unclosed tags are faults."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open += [tag] if tag not in EMPTY else []
        self.words += "\n" if tag in ("br", "p", "dd", "blockquote") else ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data if not {"style", "title"} & set(self.open) else ""

    @property
    def links(self) -> list[str]:
        return [str(given.get("href")) for tag, given in self.tags if tag == "a"]


def within(html: str, tag: str) -> list[str]:
    """The words of every element of this name."""
    found = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", each.replace("<br>", "\n"))) for each in found]


KNOWN = {
    "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "div", "p", "br", "strong", "code", "a", "dl", "dt",
    "dd", "blockquote", "span", "ul", "li", "b",
}  # fmt: skip


def loads_nothing(html: str) -> None:
    """T-LET-20: no element or style that a mail program would fetch something for."""
    read = Read(html)
    assert {tag for tag, _ in read.tags} <= KNOWN
    names = {name for _, given_ in read.tags for name in given_}
    assert not names & {"src", "srcset", "background", "poster", "data", "action", "ping"}
    assert not [name for name in names if name.startswith("on")]
    styles = [str(given_.get("style") or "") for _, given_ in read.tags] + within(html, "style")
    assert not [style for style in styles if "url(" in style or "@import" in style or "@font-face" in style]


def test_a_letter_to_staff_says_the_same_words_and_loads_nothing() -> None:
    html = page(LETTER, "en", title="No. 1", sender="KazGer LLP", home=HOME)
    loads_nothing(html)
    assert '<html lang="en" dir="ltr">' in html and within(html, "title") == ["No. 1"]
    plain = " ".join(Read(html).words.split())
    for words in (
        f"A new request, No. {NUMBER}: question.",
        "Why <b>is</b> my name wrong?",
        "The person reads it.",
    ):
        assert words in plain
    assert plain.startswith("KazGer LLP") and plain.endswith("info@alit.kz")


def test_number_and_the_one_date_stand_out_and_the_dates_of_the_explanation_do_not() -> None:
    html = page(LETTER, "en")
    assert within(html, "strong") == [f"No. {NUMBER}", "Thursday 26 November 2026"]


@pytest.mark.parametrize(
    "date", ["2026 ж. 26 қараша, бейсенбі", "26 ноября 2026 г., четверг", "Thursday 26 November 2026"]
)
def test_a_date_is_seen_in_each_language(date: str) -> None:
    assert within(page(f"До: {date}.\n\nЖауап: {date}, Алматы уақыты.", "kk"), "strong") == [date, date]


def test_somebodys_words_are_set_apart_whole_and_lead_nowhere() -> None:
    html = page(LETTER, "en", home=HOME)
    [said] = within(html, "blockquote")
    assert said.split("\n") == [
        "Why <b>is</b> my name wrong?", "see https://evil.example/x & co", "", "To refuse: `kelisim case refuse`"
    ]  # fmt: skip
    assert Read(html).links == ["https://alit.kz", "mailto:info@alit.kz"]


def test_commands_can_be_copied_as_they_are() -> None:
    assert within(page(LETTER, "en"), "code") == [f"kelisim case answer {NUMBER} --as erlan@alit.kz"]


def test_short_facts_are_a_list_and_sentences_are_not() -> None:
    html = page(LETTER, "en")
    assert (within(html, "dt"), within(html, "dd")) == (["Reach"], ["+7 700 000 00 00"])
    assert within(page("Open requests: 3. Overdue: 1.", "en"), "dt") == []


def test_what_the_person_will_read_is_set_apart_like_what_they_wrote() -> None:
    html = page("By letter, in Kazakh:\n  │ First\n  │\n  │ Second <b>\n\nTo confirm, reply: ok", "en")
    assert within(html, "blockquote") == ["First\n\nSecond <b>"]


def test_lists_are_lists() -> None:
    html = page(
        "Overdue: 2\n• K-7Q2MX4TBD, question\n   Friday; Erlan\n• other\n\nCommands:\n“ask”: ask\n“note”: keep",
        "en",
    )
    assert within(html, "li") == [
        "K-7Q2MX4TBD, question\nFriday; Erlan",
        "other",
        "“ask”: ask",
        "“note”: keep",
    ]
    assert within(html, "p") == ["Overdue: 2", "Commands:"]


def test_a_link_that_does_something_is_a_button_and_its_note_stands_below() -> None:
    html = page(f"It was not me: {HOME}/l/secret (works for 72 hours)", "en", home=HOME)
    read = Read(html)
    assert read.links == [f"{HOME}/l/secret"] and within(html, "a") == ["It was not me"]
    assert "works for 72 hours" in read.words and "secret" not in read.words
    label = "Or open this page and press the button"
    assert within(page(f"{label}: {HOME}/r/secret", "en", home=HOME), "a") == [label]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/l/x", "https://desk.example.evil.kz/l/x", "https://desk.example@evil.kz/l/x",
        "javascript:alert(1)", "http://desk.example/l/x", "data:text/html,x",
    ],
)  # fmt: skip
def test_an_address_that_is_not_ours_is_no_link(address: str) -> None:
    """T-LET-13, T-LET-20."""
    for words in (f"Press: {address}", f"Please open {address} now.", f"Press: {address} (works)"):
        html = page(words, "en", home=HOME)
        assert Read(html).links == [] and address in Read(html).words


def test_the_line_to_answer_above_is_a_rule_on_top_and_what_will_be_quoted_has_no_line_of_its_own() -> None:
    html = page(f"▼ abcdefgh ▼ Reply above this line\n\n{LETTER}", "en", sender="On top")
    assert within(html, "p")[0] == "▼ abcdefgh ▼ Reply above this line" and "On top" not in html
    assert within(page(LETTER, "en", sender="On top"), "p")[0] == "On top"


def test_a_code_is_large_enough_to_be_typed_off() -> None:
    assert within(page("Your code: 123456", "en"), "strong") == ["123456"]


HOSTILE = [
    '<img src=x onerror="a()">', "</blockquote></div><script>x</script>", '"><svg onload=x>', "<!--[if mso]>", "]]>",
    "&#60;script>",
    "> </blockquote>", "`</code><b>`", f"x: {HOME}/l/\"><img src=x>", "-- \n<b>footer</b>\nhttps://a.kz/\"onclick=x", "▼ <b>x</b>",
    "a:\n<b>\n<i>", "• <b>\n   <i>", "  │ <b>",
    "<style>@import url(//evil)</style>", "\u202eabc", "a: <b>\n\nb: <i>", "x@y\"><img", "\x00<b>",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_written_becomes_markup(words: str) -> None:
    for text in (words, f"First\n\n{words}\n\n{FOOTER}", f"> {words}", f"Label: {words}", f"`{words}`"):
        loads_nothing(page(text, "kk", title=words, sender=words, home=HOME))


@given(
    text=st.text(
        alphabet=st.sampled_from("ab:<>&\"'`\n -▼.()0/") | st.characters(codec="utf-8"), max_size=200
    )
)
def test_no_text_at_all_becomes_markup_and_no_letter_is_lost(text: str) -> None:
    """T-LET-20; marks of ours (« > », ticks, blank lines) may go, letters and digits may not."""
    html = page(text, "ru", home=HOME)
    loads_nothing(html)
    kept = [letter for letter in text if letter.isalnum()]
    assert [letter for letter in Read(html).words if letter.isalnum()] == kept


def test_a_letter_of_the_operators_own_words_is_dressed_and_loads_nothing() -> None:
    """Bare tags of `desk.markup` get their looks; below stand plain words, and only our own address becomes a link."""
    below = f"Keep the consent: {HOME}/c/abc\n\nAsk at https://evil.example/x.\n\n{FOOTER}"
    html = '<h1>News &amp; more</h1><p>Read <a href="https://alit.kz/n?a=1&amp;b=2">it</a> &lt;here&gt;</p><ul><li>one</li></ul>'
    made = dressed(
        html,
        below,
        "en",
        title="News",
        sender="KazGer LLP",
        home=HOME,
        button=("Read", "https://alit.kz/n"),
        stop=f"Stop these letters: {HOME}/o/abc",
    )
    read = Read(made)
    assert read.links == [
        "https://alit.kz/n?a=1&b=2", "https://alit.kz/n", f"{HOME}/c/abc", f"{HOME}/o/abc",
        "https://alit.kz", "mailto:info@alit.kz",
    ]  # fmt: skip
    for words in (
        "News & more",
        "Read it <here>",
        "one",
        "Stop these letters",
        "Ask at https://evil.example/x.",
        "KazGer LLP",
    ):
        assert words in read.words
    styled = {tag for tag, given_ in read.tags if given_.get("style")}
    assert {"h1", "p", "a", "ul", "li", "td"} <= styled
    for loaded in ("<img", "src=", "url(", "<script", "@import", "<link"):
        assert loaded not in made


@given(words=st.text(max_size=300))
def test_no_words_of_an_operator_come_alive(words: str) -> None:
    """T-LET-20: written anew by the desk and dressed here, a text is the text."""
    made = dressed(markup.fragment(words), FOOTER, "en")
    tags = {tag for tag, _given in Read(made).tags}
    allowed = {"html", "head", "meta", "title", "style", "body", "table", "tr", "td", "div", "p", "br", "a"}
    assert tags <= allowed | {
        "b",
        "strong",
        "i",
        "em",
        "u",
        "ins",
        "s",
        "strike",
        "del",
        "code",
        "pre",
        "blockquote",
    }
