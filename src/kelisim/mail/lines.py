"""A letter's text line by line: what the program put before and around the words, and the words alone."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

# «> », «>>», escaped by a program that thought it wrote HTML, or with initials before it (The Bat); «│» is our own frame.
_PREFIX = re.compile(r"\s*(?:[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]{0,3}[>＞│]\s?)+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_LINKED = re.compile(r"<?(?:mailto:|https?://)[^\s<>]*>?|\[(?:cid|image|mailto):[^\]]*\]")
_MARKUP = "*_ \t"
_RULE = re.compile(r"[-=~—–─━_*#|▼▲▽↓\s]*")
# A charset without «№» makes it «No», «N» or a question mark.
_NUMBERED = re.compile(r"\bno?\b\.?\s*(?=[a-z]-[0-9a-z]{9}\b)", re.I)
_SIGNS = "\u2600"  # below it: arrows, what lines and boxes are drawn with, «▼», «№»
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Line:
    """One line as it was written."""

    written: str

    @cached_property
    def clean(self) -> str:
        """Without what nobody sees."""
        return _UNSEEN.sub("", self.written.replace("\u00a0", " ").replace("\u202f", " ")).rstrip()

    @cached_property
    def _plain(self) -> str:
        return html.unescape(self.clean) if "&" in self.clean else self.clean

    @cached_property
    def quoted(self) -> bool:
        """Whether a program or a person marked it as somebody's earlier words."""
        return _PREFIX.match(self._plain) is not None

    @cached_property
    def framed(self) -> bool:
        """Whether it stands in a frame of ours and in no quotation: a note, or what was said before."""
        return self.clean.lstrip().startswith("│")

    @cached_property
    def bare(self) -> str:
        """Without the marks of a quotation and of bold or slanted type."""
        prefix = _PREFIX.match(self._plain)
        return self._plain[prefix.end() if prefix is not None else 0 :].strip(_MARKUP)

    @cached_property
    def blank(self) -> bool:
        """Without words."""
        return not self.words

    @cached_property
    def rule(self) -> bool:
        """Empty, or a line drawn across."""
        return _RULE.fullmatch(self.bare) is not None

    @cached_property
    def sign(self) -> bool:
        """A plus or a thumb alone: no word, and yet something said."""
        return not any(map(str.isalnum, self.bare)) and any(
            char == "+" or (char >= _SIGNS and unicodedata.category(char) == "So") for char in self.bare
        )

    @cached_property
    def words(self) -> list[str]:
        """Its words in small letters; targets of links are not among them."""
        return words(self.bare)

    @cached_property
    def letters(self) -> str:
        """Its words without anything between them: however it is folded, this stays."""
        return "".join(self.words)


def words(text: str) -> list[str]:
    """The words of a text in small letters; how «№» is written before a number of ours does not matter."""
    return _WORD.findall(_NUMBERED.sub(" ", _LINKED.sub(" ", text).replace("_", " ")).casefold())


def split(text: str) -> list[Line]:
    """A text as lines; only what mail programs mean by a line end is one."""
    return [Line(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def join(lines: list[Line]) -> str:
    """Lines as a text without empty ones at either end."""
    return "\n".join(line.clean for line in lines).strip("\n").strip()
