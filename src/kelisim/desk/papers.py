"""Papers: a table and plain paragraphs as PDF by Typst. What people wrote goes in as data and is never markup."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typst import Compiler

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
    inputs = {"told": json.dumps(told, ensure_ascii=False)}
    with _turn:
        made = _compiler().compile(_TEMPLATE.encode(), sys_inputs=inputs, pdf_standards=["ua-1"])
    assert isinstance(made, bytes)
    return made


@cache
def _compiler() -> Compiler:
    """Typst with its own fonts, read once; to look for those of the machine is most of what a paper costs."""
    from typst import Compiler

    return Compiler(ignore_system_fonts=True)
