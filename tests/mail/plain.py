"""A reply read by the standard library alone: the first plain part, or the HTML reduced, quotations marked with «> »."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import datetime
from email.message import EmailMessage
from html.parser import HTMLParser

from kelisim.mail.letter import Letter, Sender

_BREAKS = {"p", "div", "br", "tr", "li", "blockquote", "hr", "h1", "h2", "h3", "table"}
_UNSEEN = {"style", "script", "head", "title"}


def read(content: bytes, received_at: datetime) -> Letter:
    """The letter's text; who wrote it does not matter here."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain", "html"))
    assert body is not None
    html = body.get_content_type() == "text/html"
    words = str(body.get_content()).replace("\r\n", "\n")
    return Letter(
        str(message["Message-ID"]), Sender(None), str(message["Subject"]), reduced(words) if html else words, received_at,
        html_only=html,
    )  # fmt: skip


def reduced(html: str) -> str:
    """HTML as lines of text."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return re.sub(r"\n(?:> ?)*\n(?:(?:> ?)*\n)+", "\n\n", "\n".join(parser.lines())).strip("\n") + "\n"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[str] = []
        self._line = ""
        self._depth = 0
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _BREAKS:
            self._end()
        if tag == "blockquote":
            self._depth += 1
        if tag == "hr":
            self._line = "________________________________"
            self._end()

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen -= 1
        if tag in _BREAKS:
            self._end(also_empty=tag in ("p", "div"))
        if tag == "blockquote":
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._line += re.sub(r"\s+", " ", data)

    def _end(self, *, also_empty: bool = False) -> None:
        if self._line.strip() or also_empty:
            self._done.append(f"{'> ' * self._depth}{self._line.strip()}".rstrip())
        self._line = ""

    def lines(self) -> list[str]:
        """What was gathered."""
        self._end()
        return self._done
