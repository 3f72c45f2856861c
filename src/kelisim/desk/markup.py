"""The operator's formatted words: Telegram's HTML, and a little more of HTML for letters, read strictly and written anew.

What is not understood is a fault and is never passed on, so nothing reaches a chat or a mailbox that was not looked at: no
script, no style, no picture, nothing that calls home, no link that is not listed by `links` (T-CAST-05).

A fault is a code with details: `bracket` (`near`: a < that begins no tag), `tag` (`tag`: one nobody may use), `unclosed`
and `unopened` (`tag`), `nested` (`tag`, `inside`), `attribute` (`tag`, `attribute`), `link` (`url`: none that can be followed
safely), `entity` (`entity`: one Telegram does not know). Shapes and rules: Bot API, "HTML style".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape
from html.entities import html5
from typing import Any

from kelisim.desk import urls

Fault = tuple[str, dict[str, Any]]

_ATTRIBUTE = r"""[a-zA-Z-]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[a-zA-Z0-9.-]++))?+"""
_TAG = re.compile(rf"<(?P<end>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9-]*+)(?P<given>(?:\s++{_ATTRIBUTE})*+)\s*+/?>")
_GIVEN = re.compile(
    r"""(?P<name>[a-zA-Z-]++)(?:\s*+=\s*+(?:"(?P<one>[^"]*+)"|'(?P<two>[^']*+)'|(?P<bare>[a-zA-Z0-9.-]++)))?+"""
)
_MOST = 20  # faults that are told at once
_KEPT = 16  # texts whose other forms are kept: one of them goes into many letters
_DEEPEST = 50  # tags within tags
_NEAR = 20  # characters of what stands behind a stray bracket

_ENTITY = re.compile(
    r"&(?:#[xX][0-9a-fA-F]{1,6}(?![0-9a-fA-F])|#[0-9]{1,7}(?![0-9])|(?:lt|gt|amp|quot)(?![a-zA-Z0-9]));?"
)
_NUMERIC = re.compile(r"&#(?:[xX][0-9a-fA-F]+|[0-9]+);?")
_LEFT = re.compile(r"&#\w{0,12};?")
_NAMED = re.compile(r"&([a-zA-Z][a-zA-Z0-9]*;)")


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which tags there are and what they may say; `empty` tags hold nothing; `blocks` begin a line."""

    tags: Mapping[str, frozenset[str]]
    empty: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    wide: bool = False  # a letter: every named character, every kind of block


_NONE: frozenset[str] = frozenset()
_STYLES = dict.fromkeys(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del"], _NONE)
_CHAT = _Rules(
    tags={
        **_STYLES, "a": frozenset({"href"}), "code": frozenset({"class", "language"}), "pre": _NONE,
        "blockquote": frozenset({"expandable"}), "span": frozenset({"class"}), "tg-spoiler": _NONE,
        "tg-emoji": frozenset({"emoji-id"}), "tg-time": frozenset({"unix", "format"}),
    },
)  # fmt: skip
_BLOCKS = frozenset(["p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "hr", "table", "tr"])
_LETTER = _Rules(
    tags={
        **_STYLES, **dict.fromkeys(_BLOCKS, _NONE), "a": frozenset({"href"}), "code": _NONE, "br": _NONE, "td": _NONE,
        "th": _NONE, "sub": _NONE, "sup": _NONE, "small": _NONE,
    },
    empty=frozenset({"br", "hr"}),
    blocks=_BLOCKS,
    wide=True,
)  # fmt: skip


def faults(html: str) -> list[Fault]:
    """What Telegram would not take or show otherwise than meant, all of it at once."""
    return _read(html, _CHAT).faults


def letter_faults(html: str) -> list[Fault]:
    """What may not stand in a letter: paragraphs, headings, lists, tables, quotations and links may, nothing that is loaded."""
    return _read(html, _LETTER).faults


def plain(html: str) -> str:
    """The words as a chat shows them, without any marks."""
    return _read(html, _CHAT).shown()


def length(html: str) -> int:
    """How long Telegram finds it: UTF-16 units after the tags are gone."""
    return len(plain(html).strip().encode("utf-16-le", "surrogatepass")) // 2


def links(html: str) -> list[str]:
    """Every address a reader of it could tap: links, and what Telegram makes links of by itself, mentions included."""
    read = _read(html, _CHAT)
    return list(dict.fromkeys([*read.addresses(), *urls.seen(read.shown(), chat=True)]))


def letter_links(html: str) -> list[str]:
    """The same for a letter."""
    read = _read(html, _LETTER)
    return list(dict.fromkeys([*read.addresses(), *urls.seen(read.shown(), chat=False)]))


@lru_cache(_KEPT)
def words(html: str) -> str:
    """Telegram's HTML as the plain words of a letter: an address stands behind its link."""
    return _read(html, _CHAT).spelt()


@lru_cache(_KEPT)
def letter_words(html: str) -> str:
    """A letter's HTML as plain words: blocks are lines, items have a bullet, an address stands behind its link."""
    return _read(html, _LETTER).spelt()


@lru_cache(_KEPT)
def fragment(html: str) -> str:
    """Telegram's HTML as HTML for a letter, written anew: lines by <br>, nothing but plain tags."""
    return _read(html, _CHAT).written()


@lru_cache(_KEPT)
def letter_fragment(html: str) -> str:
    """A letter's HTML written anew of what was understood, and of nothing else."""
    return _read(html, _LETTER).written()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of words, or a tag that opens or closes."""

    text: str
    tag: str = ""
    end: bool = False
    href: str = ""


@dataclass(slots=True)
class _Words:
    """What was read: pieces that fit each other, and what was wrong with the rest."""

    rules: _Rules
    pieces: list[_Piece] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, code: str, **details: Any) -> None:
        if len(self.faults) < _MOST and (code, details) not in self.faults:
            self.faults.append((code, details))

    def addresses(self) -> Iterator[str]:
        return (piece.href for piece in self.pieces if piece.href)

    def shown(self) -> str:
        if not self.rules.wide:
            return "".join(piece.text for piece in self.pieces)
        return "".join(
            "\n" if piece.tag in self.rules.blocks or piece.tag in ("br", "td", "th") else piece.text
            for piece in self.pieces
        )

    def spelt(self) -> str:
        made: list[str] = []
        numbered: list[int | None] = []
        opened: list[tuple[str, int]] = []  # links: their address, and where their words begin
        kept = 0
        kept_any = any(
            piece.tag == "pre" for piece in self.pieces
        )  # then the beginnings of lines mean something
        for piece in self.pieces:
            if not piece.tag:
                made.append(piece.text if kept or not self.rules.wide else re.sub(r"\s+", " ", piece.text))
            elif piece.tag == "a" and not piece.end:
                opened.append((piece.href, len(made)))
            elif piece.tag == "a" and opened:
                href, since = opened.pop()
                if href and href not in (
                    said := "".join(made[since:]).strip(),
                    f"https://{said}",
                    f"mailto:{said}",
                ):
                    made.append(f" ({href.removeprefix('mailto:')})")
            elif self.rules.wide:
                kept += (piece.tag == "pre") * (-1 if piece.end else 1)
                made.append(_line(piece, numbered))
        joined = "".join(made)
        if self.rules.wide:
            joined = re.sub(
                r"[ \t]+(?=\n)|(?<=\n)[ \t]+(?=\S)" if not kept_any else r"[ \t]+(?=\n)", "", joined
            )
            joined = re.sub(r"\n{3,}", "\n\n", joined)
        return joined.strip()

    def written(self) -> str:
        return "".join(self._tags())

    def _tags(self) -> Iterator[str]:
        kept = 0
        led: list[bool] = []  # links that are open: whether they lead anywhere
        for piece in self.pieces:
            if not piece.tag:
                said = escape(piece.text)
                yield said if self.rules.wide or kept else said.replace("\n", "<br>")
                continue
            kept += (piece.tag == "pre") * (-1 if piece.end else 1)
            tag = piece.tag
            if tag.startswith("tg-") or tag == "span":
                continue  # a spoiler hides nothing in a letter, an emoji is its own sign
            if tag == "a":
                if piece.end:
                    yield "</a>" if led.pop() else ""
                else:
                    led.append(bool(piece.href))
                    yield f'<a href="{escape(piece.href)}">' if piece.href else ""
            else:
                yield f"</{tag}>" if piece.end else f"<{tag}>"


def _line(piece: _Piece, numbered: list[int | None]) -> str:
    """How a tag of a letter looks in plain words."""
    if piece.tag in ("ul", "ol"):
        if piece.end:
            numbered.pop()
        else:
            numbered.append(0 if piece.tag == "ol" else None)
        return "\n\n" if len(numbered) <= (not piece.end) else ""
    if piece.tag == "li":
        if piece.end:
            return ""
        if not numbered:
            return "\n"
        if (n := numbered[-1]) is None:
            return "\n• "
        numbered[-1] = n + 1
        return f"\n{n + 1}. "
    if piece.tag == "hr":
        return "\n\n———\n\n"
    if piece.tag in ("td", "th"):
        return "  " if piece.end else ""
    if piece.tag in ("br", "tr"):
        return "" if piece.tag == "tr" and piece.end else "\n"
    return "\n\n" if piece.tag in _BLOCKS else ""


def _read(html: str, rules: _Rules) -> _Words:
    read = _Words(rules)
    opened: list[str] = []
    html = html.replace("\r\n", "\n")
    at = 0
    while at < len(html):
        start = html.find("<", at)
        stretch = html[at : start if start >= 0 else len(html)]
        if stretch:
            read.pieces.append(_Piece(_said(stretch, read)))
        if start < 0:
            break
        found = _TAG.match(html, start)
        if found is None:
            read.wrong("bracket", near=html[start : start + _NEAR])
            read.pieces.append(_Piece("<"))
            at = start + 1
            continue
        at = found.end()
        _tag(found, read, opened)
    for tag in reversed(opened):
        read.wrong("unclosed", tag=tag)
        read.pieces.append(_Piece("", tag, end=True))
    return read


def _said(stretch: str, read: _Words) -> str:
    """The words of a stretch without tags."""
    if "&" not in stretch:
        return stretch
    for left in _LEFT.finditer((_NUMERIC if read.rules.wide else _ENTITY).sub(" ", stretch)):
        read.wrong("entity", entity=left[0])  # who reads it as a sign, and who as letters, is not known
    if read.rules.wide:
        for named in _NAMED.finditer(stretch):
            if named[1] not in html5:
                read.wrong("entity", entity=named[0])
        return unescape(stretch)
    for named in _NAMED.finditer(stretch):
        if named[1] not in ("lt;", "gt;", "amp;", "quot;"):  # the chat would show it letter by letter
            read.wrong("entity", entity=named[0])
    return _ENTITY.sub(lambda met: unescape(met[0] if met[0].endswith(";") else met[0] + ";"), stretch)


def _tag(found: re.Match[str], read: _Words, opened: list[str]) -> None:
    tag, rules = found["tag"].lower(), read.rules
    if tag not in rules.tags:
        read.wrong("tag", tag=tag)
        return
    if found["end"]:
        if tag in rules.empty:
            return
        if tag not in opened:
            read.wrong("unopened", tag=tag)
            return
        while (last := opened.pop()) != tag:
            read.wrong("unclosed", tag=last)
            read.pieces.append(_Piece("", last, end=True))
        read.pieces.append(_Piece("", tag, end=True))
        return
    given = {}
    for one in _GIVEN.finditer(found["given"]):
        name = one["name"].lower()
        value = one["one"] or one["two"] or one["bare"] or ""
        given[name] = unescape(value) if rules.wide else _said(value, read)  # as a chat reads it
        if name not in rules.tags[tag]:
            read.wrong("attribute", tag=tag, attribute=name)
    if tag == "span" and given.get("class") != "tg-spoiler":
        read.wrong("tag", tag="span")
    if len(opened) >= _DEEPEST:
        read.wrong("nested", tag=tag, inside=opened[-1])
        return
    if inside := _may_not(tag, opened):
        read.wrong("nested", tag=tag, inside=inside)
    href = given.get("href", "").strip() if tag == "a" else ""
    if tag == "a" and (not urls.host(href) or (not rules.wide and href.lower().startswith("mailto:"))):
        read.wrong("link", url=href)
        href = ""
    read.pieces.append(_Piece("", tag, href=href))
    if tag not in rules.empty:
        opened.append(tag)


def _may_not(tag: str, opened: list[str]) -> str:
    """The open tag that this one may not stand in: code holds nothing, a link no link, a quotation no quotation."""
    for inside in opened:
        if inside == "code" or (inside == "pre" and tag != "code"):
            return inside
        if tag == inside and tag in ("a", "blockquote", "pre"):
            return inside
    return ""
