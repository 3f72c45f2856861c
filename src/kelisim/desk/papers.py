"""Papers and pictures by Typst: a table with paragraphs, a book of chapters, a chart. What people wrote is data, never markup."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typst import Compiler

Piece = dict[str, Any]

_TEMPLATE = """
#let told = json(bytes(sys.inputs.told))
#set document(title: told.title, date: none)
#set page(paper: "a4", margin: 2.2cm, numbering: "1 / 1")
#set text(lang: told.language, size: 10pt)
#set par(justify: false, leading: 0.65em)
#show heading.where(level: 1): set text(size: 16pt)
#heading(level: 1, told.title)
#v(0.4em)
#table(
  columns: (32%, 1fr), stroke: (x, y) => (bottom: 0.4pt + luma(180)), inset: (x: 4pt, y: 5pt),
  ..told.lines.map(line => (table.cell(strong(line.at(0))), table.cell(line.at(1)))).flatten()
)
#if told.heading != "" [ #v(0.6em) #heading(level: 2, told.heading) ]
#for paragraph in told.paragraphs [ #par(text(paragraph)) ]
#v(0.8em)
#for sentence in told.foot [ #par(text(sentence)) ]
"""

_BOOK = """
#let told = json(bytes(sys.inputs.told))
#set document(title: told.title, date: none)
#set page(paper: "a4", margin: 2cm, numbering: "1 / 1")
#set text(lang: told.language, size: 9.5pt)
#set par(justify: false, leading: 0.6em)
#show heading.where(level: 1): set text(size: 16pt)
#heading(level: 1, outlined: false, told.title)
#for sentence in told.opening [ #par(text(sentence)) ]
#if told.contents != "" { outline(title: text(told.contents), depth: 2) }
#let line = (bottom: 0.4pt + luma(180))
#let say(piece) = {
  if piece.kind == "text" { par(text(piece.words)) }
  if piece.kind == "head" { heading(level: 3, outlined: false, text(piece.words)) }
  if piece.kind == "speech" {
    block(inset: (left: 8pt, y: 3pt), stroke: (left: 1.5pt + luma(150)), {
      text(size: 8pt, piece.who)
      linebreak()
      text(piece.words)
    })
  }
  if piece.kind == "pairs" {
    table(columns: (32%, 1fr), stroke: (x, y) => line, inset: (x: 3pt, y: 3pt),
      ..piece.lines.map(pair => (table.cell(strong(pair.at(0))), table.cell(pair.at(1)))).flatten())
  }
  if piece.kind == "table" {
    set text(size: 8pt)
    table(columns: piece.heads.map(head => 1fr), stroke: (x, y) => line, inset: (x: 3pt, y: 3pt),
      table.header(..piece.heads.map(head => strong(head))), ..piece.rows.flatten().map(cell => text(cell)))
  }
}
#for chapter in told.chapters [
  #heading(level: 2, chapter.title)
  #for piece in chapter.pieces { say(piece) }
]
"""

_turn = Lock()  # a compiler sets one paper at a time


def able() -> bool:
    """Whether the extra `pdf` is installed."""
    return importlib.util.find_spec("typst") is not None


def pdf(
    language: str,
    title: str,
    lines: Sequence[tuple[str, str]],
    heading: str,
    paragraphs: Sequence[str],
    foot: Sequence[str],
) -> bytes:
    """A paper of one table and paragraphs; the same words give the same bytes, on whatever machine."""
    told = {"language": language, "title": title, "lines": lines, "heading": heading, "paragraphs": paragraphs,
            "foot": foot}  # fmt: skip
    return _compiled(_TEMPLATE, told)


def book(
    language: str,
    title: str,
    contents: str,
    opening: Sequence[str],
    chapters: Sequence[tuple[str, Sequence[Piece]]],
) -> bytes:
    """A paper of chapters with a table of contents (`contents` is its title; empty: none).

    A piece is a dict of its `kind` (text, head, pairs, table, speech) and what that kind says: words, who and words, lines,
    or heads and rows.
    """
    told = {"language": language, "title": title, "contents": contents, "opening": opening,
            "chapters": [{"title": name, "pieces": pieces} for name, pieces in chapters]}  # fmt: skip
    return _compiled(_BOOK, told)


def picture(template: str, told: dict[str, Any]) -> bytes:
    """A picture of one page as PNG, twice as sharp as a screen of old."""
    with _turn:
        made = _compiler().compile(
            template.encode(),
            sys_inputs={"told": json.dumps(told, ensure_ascii=False)},
            format="png",
            ppi=200,
        )
    assert isinstance(made, bytes)
    return made


def _compiled(template: str, told: dict[str, Any]) -> bytes:
    inputs = {"told": json.dumps(told, ensure_ascii=False)}
    from typst import TypstError

    with _turn:
        try:
            made = _compiler().compile(template.encode(), sys_inputs=inputs, pdf_standards=["ua-1"])
        except TypstError as fault:
            # A smiley in somebody's words has no letter in our fonts, and PDF/UA-1 refuses it: a paper with an empty box
            # is better than none.
            if "could not be displayed" not in str(fault):
                raise
            made = _compiler().compile(template.encode(), sys_inputs=inputs)
    assert isinstance(made, bytes)
    return made


@cache
def _compiler() -> Compiler:
    """Typst with its own fonts, read once; to look for those of the machine is most of what a paper costs."""
    from typst import Compiler

    return Compiler(ignore_system_fonts=True)
