"""The report of a broadcast as a small picture, readable on a phone: what became of the messages, by channel and language."""

from __future__ import annotations

from typing import Any

from kelisim.desk import bulletins, papers, reports, wordings
from kelisim.desk.reports import Report
from kelisim.desk.visit import Visit
from kelisim.texts import NAMES, _, plural, spoken

TYPE = "image/png"
able = papers.able

# Told apart without telling colours apart: each has its own lightness, and its number stands beside it in words.
_COLOURS = {
    reports.SENT: "#2f7d4f", reports.SUPPRESSED: "#8fb8de", reports.UNREACHABLE: "#f0b44c", reports.FAILED: "#b3261e",
    reports.UNCERTAIN: "#7b4fa3", reports.TWICE: "#b9c4c9", reports.LACKING: "#d9a7a0", reports.ENDED: "#6b7780",
    reports.LEFT: "#dfe3e6", reports.ANSWERED: "#a9cdb5",
}  # fmt: skip


def facts(visit: Visit, told: Report) -> dict[str, Any]:
    """What the picture shows, in the spoken language: gathered in the store, drawn elsewhere (`draw`)."""
    shown = [name for name in reports.OUTCOMES if told.of(name)]
    return {
        "language": spoken(),
        "title": bulletins.purpose(visit, told.broadcast),
        "number": _("Broadcast No. {number}", number=told.broadcast.number),
        "whole": plural("{n} message", "{n} messages", told.whole),
        "bars": [
            {
                "name": f"{wordings.channel(part.channel)} · {NAMES.get(part.locale, '—')}", "total": part.total,
                "pieces": [[_COLOURS[name], part.became[name]] for name in shown if part.became[name]],
            }
            for part in told.parts
        ],
        "legend": [[_COLOURS[name], wordings.sentence(bulletins.outcome(name)), told.of(name)] for name in shown],
    }  # fmt: skip


def draw(told: dict[str, Any]) -> bytes:
    """The picture as PNG; it takes some tens of milliseconds, so never inside a visit. Wants the extra `pdf`."""
    return papers.picture(_CHART, told)


# Bars are as long as their channel and language has messages, but never too short to be seen.
_CHART = """
#let told = json(bytes(sys.inputs.told))
#set document(title: told.number, date: none)
#set page(width: 270pt, height: auto, margin: 14pt, fill: white)
#set text(lang: told.language, size: 10.5pt, fill: rgb("#1d2327"), number-type: "lining")
#let most = calc.max(1, ..told.bars.map(bar => bar.total))
#let grouped(n) = {
  let digits = str(n)
  let parts = ()
  while digits.len() > 3 { parts.insert(0, digits.slice(-3)); digits = digits.slice(0, -3) }
  parts.insert(0, digits)
  parts.join("\\u{2009}")
}
#text(size: 13pt, weight: "bold", told.title) \\
#text(fill: rgb("#5b656b"), told.number + " · " + told.whole)
#v(4pt)
#for bar in told.bars {
  block(breakable: false, above: 9pt, below: 3pt, {
    grid(columns: (1fr, auto), text(bar.name), text(weight: "bold", grouped(bar.total)))
    v(-5pt)
    let long = calc.max(0.04, bar.total / most) * 242pt
    let wide = bar.pieces.map(piece => calc.max(3pt, long * piece.at(1) / bar.total))
    // The largest gives what the smallest need to be seen, so that all together are as long as they should be.
    let largest = wide.position(w => w == calc.max(..wide))
    wide.at(largest) = calc.max(3pt, wide.at(largest) - (wide.sum() - long))
    box(width: 242pt, height: 13pt, fill: rgb("#f2f4f5"), radius: 2pt, clip: true, {
      let at = 0pt
      for (i, piece) in bar.pieces.enumerate() {
        place(left + top, dx: at, rect(width: wide.at(i), height: 13pt, fill: rgb(piece.at(0)), stroke: none))
        at = at + wide.at(i)
      }
    })
  })
}
#v(6pt)
#for (colour, name, n) in told.legend {
  set par(leading: 3.5pt)
  block(breakable: false, above: 7pt, below: 0pt, grid(columns: (14pt, 1fr, auto), column-gutter: 0pt,
    box(width: 9pt, height: 9pt, baseline: 1pt, radius: 2pt, fill: rgb(colour)),
    text(size: 9.5pt, name), text(size: 9.5pt, weight: "bold", "  " + grouped(n))))
}
"""
