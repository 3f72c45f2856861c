"""The complaint file: what a person may take to the authorised body, the akimat or a court, made of their own request.

We make it and never send it. What only the person knows (name, IIN, address, signature) is left to be filled in by hand,
so the file carries no more about them than the request does. Routes and articles are the operator file's (LAW.md 5).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import date

from kelisim.desk import answers, attachments, cases, files, handoffs, papers, representatives
from kelisim.desk.cases import Case
from kelisim.desk.files import Facts
from kelisim.desk.kinds import named
from kelisim.desk.operator import Route
from kelisim.desk.pages import CONTROL
from kelisim.desk.papers import Piece
from kelisim.desk.sheets import sheet
from kelisim.desk.visit import Visit
from kelisim.desk.wordings import sentence
from kelisim.texts import _, day, plural, speaking

USE = "complaint"
BLANK = "_" * 52
_ENDS = (cases.ANSWERED, cases.REFUSED, cases.ACCEPTED, cases.WITHDRAWN)


def begin(visit: Visit, words: str) -> Case:
    """Keep the words of a complaint that goes past us: a request that is done at once, which nobody of the staff gets.

    Above the day's number of new requests they join an open one, as everywhere.
    """
    full = cases.room(visit, cases.COMPLAINT)
    if full is not None:
        cases.say(visit, full, cases.IN, words)
        return handoffs.send(visit, full, handoffs.MORE)
    case = cases.begin(visit, cases.COMPLAINT, words=words)
    return cases.act(visit, case, cases.DONE, to=cases.DONE)


def facts(visit: Visit, number: str) -> Facts | None:
    """Everything the file says, in the person's language; nothing when the request is not (any more) theirs."""
    case = cases.find(visit, number)
    if case is None:
        return None
    operator, locale, routes = visit.operator, visit.locale, visit.operator.routes
    with speaking(locale):
        return {
            "language": locale,
            "number": case.number,
            "made": visit.today.isoformat(),
            "to": [
                _route(visit, operator.authority.to(locale), routes.authority),
                _route(visit, operator.akimat.to(locale), routes.akimat),
                _route(visit, _("A court"), routes.court),
            ],
            "against": _against(visit),
            "request": _request(visit, case),
            "said": _said(visit, case, cases.IN),
            "answered": _said(visit, case, cases.OUT) if representatives.may_read(visit, case) else [],
            "ground": answers.ground(visit, case),
            "wanted": _wanted(case.kind),
            "right": _("My right to complain: {article}; {law}.", article=routes.right.to(locale),
                       law=operator.law.to(locale)),
        }  # fmt: skip


def _route(visit: Visit, whom: str, route: Route) -> list[str]:
    return [sentence(whom), route.how.to(visit.locale), route.article.to(visit.locale)]


def _against(visit: Visit) -> list[list[str]]:
    operator, locale = visit.operator, visit.locale
    lines = [
        [_("Operator"), operator.name.to(locale)],
        [_("BIN"), operator.bin],
        [_("Site"), operator.url],
        [_("Mailbox"), operator.mailbox],
        [_("Responsible person"), operator.responsible.name.to(locale)],
    ]
    if operator.address is not None:
        lines.insert(2, [_("Address"), operator.address.to(locale)])
    return lines


def _request(visit: Visit, case: Case) -> list[list[str]]:
    lines = [
        [_("Number of the request"), case.number],
        [_("What it is about"), named(case.kind)],
        [_("Received"), day(visit.day_of(case.received_at))],
    ]
    if (
        case.kind == cases.COMPLAINT and case.state == cases.DONE
    ):  # it went past the operator: nobody had to answer
        return lines
    ended = next((step for step in reversed(cases.events(visit, case)) if step.act in _ENDS), None)
    last = visit.today if case.in_hand or ended is None else visit.day_of(ended.at)
    if case.due is not None:
        lines.append([_("Answer due"), day(case.due)])
    lines.append([_("Answered"), _("not yet") if case.in_hand else day(last)])
    if case.due is not None and last > case.due:
        lines.append([_("Late by"), plural("{n} day", "{n} days", (last - case.due).days)])
    given = len(attachments.of_case(visit, case))
    if given:
        lines.append([_("Files given with it"), str(given)])
    return lines


def _said(visit: Visit, case: Case, way: str) -> list[list[str]]:
    return [[day(visit.day_of(each.at)), each.words] for each in cases.messages(visit, case, way)]


def _wanted(kind: str) -> list[str]:
    """What the authority is asked for: what it may do by law, and what this request was about."""
    own = {
        cases.ACCESS: _("oblige the operator to give me the information about my personal data;"),
        cases.CORRECTION: _("oblige the operator to correct my personal data;"),
        cases.BLOCKING: _("oblige the operator to block my personal data;"),
        cases.ERASURE: _("oblige the operator to destroy my personal data;"),
        cases.REVOCATION: _("oblige the operator to stop the processing and to destroy my personal data;"),
        cases.OBJECTION: _(
            "oblige the operator to have a person look again at what was decided automatically;"
        ),
    }.get(kind, _("oblige the operator to end the breach and to answer me;"))
    return [
        _(
            "examine whether the contents of the personal data and the ways of processing them match the purposes, and decide;"
        ),
        own,
        _("bring those who broke the law to liability, and tell me the result."),
    ]


def title(told: Facts) -> str:
    """The heading."""
    with speaking(told["language"]):
        return _("Complaint about a breach of rights to personal data")


def chapters(told: Facts) -> list[tuple[str, list[Piece]]]:
    """What stands in the file, part by part, the same on the page and on paper."""
    with speaking(told["language"]):
        parts: list[tuple[str, list[Piece]]] = [
            (_("To (choose one)"), [_text(each) for each in _choices(told)]),
            (_("From"), [_pairs((name, BLANK) for name in (
                _("Surname, name, patronymic"), _("IIN"), _("Postal address"), _("Phone or e-mail")))]),
            (_("Against"), [_pairs(told["against"])]),
            (_("The request"), [_pairs(told["request"])]),
            (_("What I wrote"), [_speech(*each) for each in told["said"]]),
            (_("What I was answered"), [*map(_text, told["ground"]), *(_speech(*each) for each in told["answered"])]),
            (_("I ask to"), [_text(f"• {each}") for each in told["wanted"]]),
            (_("Ground"), [_text(told["right"])]),
            (_("Enclosed (write down your proof)"), [_text(BLANK)]),
            (_("Date and signature"), [_text(BLANK)]),
        ]  # fmt: skip
    return [(heading, pieces) for heading, pieces in parts if pieces]


def _choices(told: Facts) -> list[str]:
    return [
        " ".join((f"☐ {whom}.", how, _("Basis: {article}.", article=article))) for whom, how, article in told["to"]
    ]  # fmt: skip


def _text(words: str) -> Piece:
    return {"kind": "text", "words": words}


def _pairs(lines: Iterable[Sequence[str]]) -> Piece:
    return {"kind": "pairs", "lines": [list(line) for line in lines]}


def _speech(who: str, words: str) -> Piece:
    return {"kind": "speech", "who": who, "words": words}


def foot(told: Facts) -> str:
    """Where the file comes from and what has not been done with it."""
    with speaking(told["language"]):
        made = day(date.fromisoformat(told["made"]))
        return _("Made for the person on {date} from request No. {number}. The operator has sent it nowhere: choose one addressee, "
                 "fill in the blanks, sign and file it yourself.", date=made, number=told["number"])  # fmt: skip


def as_html(told: Facts) -> bytes:
    """The file for a phone and a printer: one page that loads nothing; every typed word is escaped."""
    body = []
    for heading, pieces in chapters(told):
        body += [f"<h2>{_e(heading)}</h2>", *map(_shown, pieces)]
    body.append(f"<p><small>{_e(foot(told))}</small></p>")
    return sheet(told["language"], title(told), "\n".join(body), _STYLE)


def as_pdf(told: Facts) -> bytes:
    """The same on paper; wants the extra `pdf`."""
    return papers.book(told["language"], title(told), "", [foot(told)], chapters(told))


def _shown(piece: Piece) -> str:
    """A piece as HTML; a blank is a line to write on, as wide as the page."""
    if piece["kind"] == "pairs":
        rows = "\n".join(f"<tr><th>{_e(name)}</th>{_cell(value)}</tr>" for name, value in piece["lines"])
        return f"<table>\n{rows}\n</table>"
    if piece["kind"] == "speech":
        return f"<blockquote><small>{_e(piece['who'])}</small><br>{_e(piece['words'])}</blockquote>"
    return '<p class="blank"></p>' if piece["words"] == BLANK else f"<p>{_e(piece['words'])}</p>"


def _cell(value: str) -> str:
    return '<td class="blank"></td>' if value == BLANK else f"<td>{_e(value)}</td>"


def _e(value: str) -> str:
    return html.escape(value.translate(CONTROL)).replace("\n", "<br>")


# A blank is a line to write on; a file for the authority is printed.
_STYLE = """
p { margin: .35rem 0; overflow-wrap: anywhere }
blockquote { margin: .35rem 0; padding-left: .7rem; border-left: 3px solid #8886; overflow-wrap: anywhere }
.blank { height: 1.9rem; border-bottom: 1px solid }
@media print { body { margin: 0; max-width: none } h2 { break-after: avoid } }
"""

files.register(USE, facts, {"html": as_html, **({"pdf": as_pdf} if papers.able() else {})})
