"""A file for people as one HTML page: readable on a phone, printable, loading nothing, everything a person typed escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from io import BytesIO

from kelisim.desk.chapters import Chapter, Head, Pairs, Piece, Speech, Table, Text
from kelisim.texts import _

# Control characters have no place in HTML; line ends stay, and words of a person cannot turn the line around them (<bdi>).
CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)])


def page(language: str, title: str, opening: list[str], chapters: list[Chapter]) -> bytes:
    """The page as UTF-8, written piece by piece; call it while its language is spoken."""
    out = BytesIO()
    for part in _parts(language, title, opening, chapters):
        out.write(part.encode("utf-8", "replace"))
    return out.getvalue()


def _parts(language: str, title: str, opening: list[str], chapters: list[Chapter]) -> Iterator[str]:
    yield _HEAD.replace("@language", _e(language)).replace("@title", _e(title))
    yield f"<h1>{_e(title)}</h1>\n"
    yield from (f"<p>{_e(sentence)}</p>\n" for sentence in opening)
    yield f'<nav aria-label="{_e(_("Contents"))}"><h2>{_e(_("Contents"))}</h2><ol>\n'
    yield from (f'<li><a href="#{chapter.id}">{_e(chapter.title)}</a></li>\n' for chapter in chapters)
    yield "</ol></nav>\n<main>\n"
    for chapter in chapters:
        yield f'<section id="{chapter.id}"><h2>{_e(chapter.title)}</h2>\n'
        for piece in chapter.pieces():
            yield from _piece(piece)
        yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"


def _piece(piece: Piece) -> Iterable[str]:
    if isinstance(piece, Text):
        return (f"<p>{_e(piece.words)}</p>\n",)
    if isinstance(piece, Head):
        return (f"<h3>{_own(piece.words)}</h3>\n",)
    if isinstance(piece, Speech):
        side = "own" if piece.own else "ours"
        return (f'<div class="{side}"><small>{_e(piece.who)}</small><p>{_own(piece.words)}</p></div>\n',)
    if isinstance(piece, Pairs):
        lines = "".join(f"<dt>{_e(name)}</dt><dd>{_own(value)}</dd>" for name, value in piece.lines)
        return (f"<dl>{lines}</dl>\n",)
    return _table(piece)


def _table(piece: Table) -> Iterator[str]:
    heads = [_e(head) for head in piece.heads]
    yield (
        "<table><thead><tr>"
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + "</tr></thead><tbody>\n"
    )
    for row in piece.rows:
        cells = (f'<td data-head="{head}">{_own(cell)}</td>' for head, cell in zip(heads, row, strict=True))
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</tbody></table>\n"


def _e(value: str) -> str:
    return html.escape(value.translate(CONTROL))


def _own(value: str) -> str:
    """A value that somebody may have typed: escaped, and unable to turn the text around it."""
    return f"<bdi>{_e(value)}</bdi>" if value else ""


_HEAD = """<!doctype html>
<html lang="@language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>@title</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #0a7c6c }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; line-height: 1.25; border-bottom: 3px solid var(--mark); padding-bottom: .5rem }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem }
nav { background: var(--soft); border-radius: .5rem; padding: .2rem 1rem .6rem }
nav h2 { border: 0; margin: .6rem 0 .2rem }
nav ol { margin: 0; padding-left: 1.4rem }
nav li { padding: .15rem 0 }
a { color: inherit; text-decoration-color: var(--mark); text-underline-offset: .2em }
dl { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: .3rem 1rem; margin: .3rem 0 }
dt { font-weight: 600 }
dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: .92rem; margin: .6rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid var(--line) }
td { overflow-wrap: anywhere }
.own, .ours { margin: .5rem 0; padding: .5rem .8rem; border-left: 3px solid var(--line); background: var(--soft) }
.own { border-color: var(--mark) }
.own p, .ours p { margin: .2rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere }
@media (max-width: 44rem) {
  dl { grid-template-columns: 7.5rem 1fr; gap: .25rem .7rem; font-size: .95rem }
  thead { display: none } /* each cell says its head itself */
  table, tbody, tr, td { display: block }
  tr { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: .3rem .6rem }
  td { border: 0; padding: .12rem 0; display: grid; grid-template-columns: 7.5rem 1fr; gap: .7rem }
  td:empty { display: none }
  td::before { content: attr(data-head); font-weight: 600 }
}
@media print {
  body { max-width: none; font-size: 10pt; padding: 0 }
  nav, .own, .ours { background: none; border: 1px solid #999 }
  h2 { break-after: avoid }
  tr, .own, .ours { break-inside: avoid }
}
</style>
</head>
<body>
"""
