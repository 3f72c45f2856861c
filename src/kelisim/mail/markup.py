"""HTML reduced to plain text: the words, the lines, and what is quoted; nothing is loaded, drawn or followed (T-LET-20).

One pass over the tags with nothing to go back to: Python's HTMLParser takes minutes over a crafted letter (CVE-2025-6069).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

LONGEST = 1 << 20  # characters of markup that are read
_DEEPEST = 200  # open elements; what is deeper changes nothing any more
_QUOTED = 20  # marks of quotation before a line

_UNSHOWN = frozenset(
    (
        "script",
        "style",
        "head",
        "title",
        "template",
        "noscript",
        "object",
        "svg",
        "math",
        "select",
        "textarea",
        "iframe",
    )
)
_RAW = frozenset(
    ("script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp")
)  # no tags inside
_VOID = frozenset(
    (
        "br",
        "hr",
        "img",
        "meta",
        "link",
        "input",
        "base",
        "col",
        "area",
        "wbr",
        "embed",
        "source",
        "track",
        "param",
    )
)
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "footer", "form", "header",
     "html", "legend", "li", "main", "nav", "ol", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul")
)  # fmt: skip
_APART = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6"))
_IMPLIED = frozenset(("p", "li", "td", "th", "tr", "dt", "dd", "option"))  # the next one closes them
_BEGINS = re.compile(r"<[a-zA-Z/!?]")
_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,40})(.*)", re.DOTALL)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|font-size\s*:\s*0(?:\.0+)?(?:px|pt|em|%)?\s*(?:;|[\"']|!|$)", re.I
)  # fmt: skip
_HIDDEN_WORD = re.compile(r"(?:^|\s)hidden(?=\s|=|/|$)", re.I)
_ATTRIBUTE_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
# Outlook writes every line as a paragraph without margins.
_LINE = re.compile(r"MsoNormal|MsoListParagraph|MsoPlainText|margin\s*:\s*0", re.I)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)


def charset(content: bytes) -> str:
    """The charset that the markup names itself, for a part that names none."""
    found = _CHARSET.search(content[:4096])
    return found[1].decode("ascii", "replace") if found else ""


@dataclass(slots=True)
class _Open:
    """An element that is open, and what it does to what is in it."""

    tag: str
    hidden: bool
    quoted: int
    kept: bool  # spaces and line ends as they stand
    apart: bool  # a paragraph with margins


@dataclass(slots=True)
class _Page:
    """The lines so far, and the one that is being written."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quoted: int = 0
    apart: bool = False  # an empty line belongs before the next one
    opened: list[_Open] = field(default_factory=list)

    def end(self, apart: bool = False, even: bool = False) -> None:
        """The line ends; `even` when it may be empty, `apart` when the next one stands off."""
        said = "".join(self.line)
        words = said if self.opened and self.opened[-1].kept else " ".join(said.split())
        if words or even or "\xa0" in said:  # a paragraph of one hard space is an empty line
            if self.apart and self.lines and self.lines[-1].strip("> "):
                self.lines.append(self._marks().rstrip())
            self.apart = False
            signature = words.rstrip() == "--"
            self.lines.append(self._marks() + "-- " if signature else (self._marks() + words).rstrip())
        self.apart = self.apart or apart
        self.line.clear()

    def _marks(self) -> str:
        return ">" * min(self.quoted, _QUOTED) + (" " if self.quoted else "")


def text(markup: str) -> str:
    """The words of an HTML letter. Blocks are lines, blockquotes are marked with «> », links keep their words."""
    page = _Page()
    markup = markup[:LONGEST]
    at = 0
    while at < len(markup):
        met = _BEGINS.search(markup, at)
        start = met.start() if met else len(markup)
        _say(page, markup[at:start])
        if markup.startswith("<!--", start):
            at = _after(markup, "-->", start + 4)
        elif markup.startswith(("<!", "<?"), start):
            at = _after(markup, ">", start + 1)
        elif met:
            at = _element(page, markup, start, _tag_end(markup, start))
        else:
            break
    page.end()
    return "\n".join(page.lines).strip("\n")


def _after(markup: str, mark: str, start: int) -> int:
    found = markup.find(mark, start)
    return found + len(mark) if found >= 0 else len(markup)


def _tag_end(markup: str, start: int) -> int:
    """Where the tag's > stands; one inside quotation marks is not it, as far as that is plain within one page of text."""
    end = markup.find(">", start)
    if end < 0:
        return len(markup)
    if "=" not in markup[start : min(end, start + 4000)]:
        return end
    for _ in range(8):
        rest = _ATTRIBUTE_VALUE.sub("", markup[start:end][:4000])
        if '="' not in rest and "='" not in rest:
            break
        further = markup.find(">", end + 1, start + 4000)
        if further < 0:
            break
        end = further
    return end


def _element(page: _Page, markup: str, start: int, end: int) -> int:
    """One tag; where to read on."""
    found = _TAG.match(markup[start + 1 : end])
    if found is None:
        return end + 1
    closing, tag, attributes = bool(found[1]), found[2].lower(), found[3]
    if closing:
        _close(page, tag)
        return end + 1
    if page.opened and (
        page.opened[-1].tag == tag in _IMPLIED or (page.opened[-1].tag == "p" and tag in _BLOCKS)
    ):
        _close(page, page.opened[-1].tag)
    _begin(page, tag, attributes)
    if tag in _VOID or (attributes.endswith("/") and tag not in _BLOCKS | _APART):
        return end + 1
    hidden, quoted, kept = _state(page)
    unseen = tag in _UNSHOWN or (attributes != "" and _hides(attributes))
    if len(page.opened) < _DEEPEST:
        apart = tag in _APART and not _LINE.search(attributes)
        page.opened.append(
            _Open(tag, hidden or unseen, quoted + (tag == "blockquote"), kept or tag == "pre", apart)
        )
        page.quoted = page.opened[-1].quoted
    if tag not in _RAW:
        return end + 1
    over = re.compile(f"</{tag}", re.I).search(markup, end)
    return over.start() if over else len(markup)


def _hides(attributes: str) -> bool:
    bare = _ATTRIBUTE_VALUE.sub("", attributes)
    return _HIDDEN.search(attributes) is not None or _HIDDEN_WORD.search(bare) is not None


def _state(page: _Page) -> tuple[bool, int, bool]:
    return (
        (page.opened[-1].hidden, page.opened[-1].quoted, page.opened[-1].kept)
        if page.opened
        else (False, 0, False)
    )


def _begin(page: _Page, tag: str, attributes: str) -> None:
    if _state(page)[0]:
        return
    if tag == "br":
        page.end(even=True)
    elif tag == "hr":
        page.end()
        page.line.append("_" * 32)
        page.end()
    elif tag in _BLOCKS:
        page.end()
        if tag == "li":
            page.line.append("- ")
    elif tag in _APART:
        page.end(apart=not _LINE.search(attributes))
    elif tag in ("td", "th") and page.line:
        page.line.append(" ")


def _close(page: _Page, tag: str) -> None:
    depth = next((n for n in range(len(page.opened) - 1, -1, -1) if page.opened[n].tag == tag), None)
    if depth is None:
        return
    hidden = page.opened[depth].hidden
    if not hidden and (tag in _BLOCKS or tag in _APART):
        page.end(apart=page.opened[depth].apart)
    del page.opened[depth:]
    page.quoted = _state(page)[1]


def _say(page: _Page, words: str) -> None:
    hidden, _quoted, kept = _state(page)
    if hidden or not words:
        return
    said = html.unescape(words)
    if not kept:
        page.line.append(re.sub(r"[ \t\r\n\f]+", " ", said))
        return
    first, *others = said.replace("\r\n", "\n").split("\n")
    page.line.append(first)
    for other in others:
        page.end(even=True)
        page.line.append(other)
