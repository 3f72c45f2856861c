"""The right to see one's data: a file is ordered, the request is answered in the same moment, the way is the person's choice.

The file is made from the store when it is taken (desk/files.py): HTML for reading, PDF for paper, JSON for machines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, func, select

from kelisim.desk import (
    alerts,
    cases,
    chapters,
    dossiers,
    files,
    ledger,
    letters,
    links,
    outbox,
    pages,
    papers,
    staff,
    subjects,
)
from kelisim.desk.cases import Case
from kelisim.desk.chapters import Head, Pairs, Piece, Speech, Table
from kelisim.desk.dossiers import Rows
from kelisim.desk.files import Facts
from kelisim.desk.subjects import Address
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import Case as CaseRow
from kelisim.store.models import CaseMessage, ConsentRecord, OutboxMessage
from kelisim.texts import _, speaking

USE = "access"  # the name of the file among desk/files.py and of its links
LINK, MAIL, CHAT = "link", "email", "here"
WAYS = (LINK, MAIL, CHAT)

YOUNG = timedelta(hours=72)  # a mailbox proved later than this ago gets no file yet (T-ID-08)
JUST = timedelta(hours=1)  # within which another order joins the request that was opened
CHAT_LIMIT = (
    20 << 20
)  # bytes (SCREENS 3.5); a letter takes less, for it carries every part at once, in base64
MAIL_LIMIT = 6 << 20
ON_PAPER = 1000  # rows and messages; the other parts hold all of them

_K, _M, _R = CaseRow.__table__.c, CaseMessage.__table__.c, ConsentRecord.__table__.c
_O = OutboxMessage.__table__.c
_RECENT = (
    select(_K.number)
    .where(
        _K.subject_id == bindparam("subject"), _K.kind == cases.ACCESS, _K.state == cases.DONE,
        _K.received_at > bindparam("since"),
    )
    .order_by(_K.received_at.desc())
    .limit(1)
)  # fmt: skip
_ON_ITS_WAY = (
    select(_O.id)
    .where(
        _O.subject_id == bindparam("subject"), _O.number == bindparam("number"), _O.kind == bindparam("what"),
        _O.state.in_((outbox.WAITING, outbox.CLAIMED)),
    )
    .limit(1)
)  # fmt: skip
_WORDS = (
    select(func.count(), func.coalesce(func.sum(func.length(_M.body)), 0))
    .join_from(CaseMessage, CaseRow, _M.case_id == _K.id)
    .where(_K.subject_id == bindparam("subject"))
)
_RECORDS = select(func.count()).where(_R.subject_id == bindparam("subject"))
_SENT = select(func.count()).where(_O.subject_id == bindparam("subject"))
_A_WORD, _A_RECORD, _A_LINE = (
    300,
    1200,
    400,
)  # bytes of markup around one message, consent record and other row


@dataclass(frozen=True, slots=True)
class Ways:
    """How the file can go today: by link, to which mailbox, from when to it if it is too young, into the chat."""

    link: bool
    mailbox: Address | None
    young_until: datetime | None
    chat: bool


def ways(visit: Visit) -> Ways:
    """What the person may choose from."""
    weight = _weight(visit)
    proved = [known for known in subjects.addresses(visit, EMAIL) if known.confirmed_at is not None]
    ripe = [known for known in proved if known.confirmed_at and known.confirmed_at + YOUNG <= visit.at]
    from_ = [known.confirmed_at + YOUNG for known in proved if known.confirmed_at]
    return Ways(
        links.able(visit),
        ripe[0] if ripe and weight <= MAIL_LIMIT else None,
        min(from_) if from_ and not ripe else None,
        weight <= CHAT_LIMIT,
    )


def too_large(visit: Visit, way: str) -> bool:
    """Whether the file is too large for this way."""
    return way != LINK and _weight(visit) > {CHAT: CHAT_LIMIT, MAIL: MAIL_LIMIT}[way]


def _weight(visit: Visit) -> int:
    """About how many bytes the largest part will have; counted in the store, nothing is opened.

    The ledger is not counted: it is found by no index, and a visit must not read all of it. Each consent record and each
    message has about two entries there.
    """
    subject = visit.known.id
    words, records, sent = (visit.one(each, subject=subject) for each in (_WORDS, _RECORDS, _SENT))
    count, length = (int(words[0]), int(words[1])) if words is not None else (0, 0)
    rows = [int(row[0]) if row is not None else 0 for row in (records, sent)]
    return length + count * _A_WORD + rows[0] * (_A_RECORD + 2 * _A_LINE) + rows[1] * 2 * _A_LINE


def order(visit: Visit, way: str) -> Case:
    """Open a request for the file and answer it at once; one opened within the hour is joined. The link is made by `link`.

    Raises LookupError for a way that is not open today: see `ways`.
    """
    able = ways(visit)
    if not {LINK: able.link, MAIL: able.mailbox is not None, CHAT: able.chat}[way]:
        raise LookupError(f"the file cannot go by {way}")
    case = _recent(visit)
    told_already = case is not None and any(step.detail == way for step in cases.events(visit, case))
    if case is None:
        case = cases.begin(visit, cases.ACCESS, answer_by=EMAIL if way == MAIL else TELEGRAM)
        case = cases.act(visit, case, cases.DONE, to=cases.DONE, actor=staff.DESK, detail=way)
    else:
        case = cases.act(visit, case, cases.ADDED, detail=way)
    ledger.note(visit, ledger.USED, f"file {way}", case.number)
    if way == CHAT and not _on_its_way(visit, case, files.FILE):
        files.promise(visit, USE, case.number, case.number)
    elif way == MAIL and able.mailbox is not None and not _on_its_way(visit, case, files.FILE_LETTER):
        _post(visit, case, able.mailbox.value)
    if not told_already:  # the letter with the file itself says what to do if it was not you
        but = able.mailbox.hash if way == MAIL and able.mailbox is not None else b""
        alerts.post(visit, alerts.FILE, case.number, but=but)
    return case


def _recent(visit: Visit) -> Case | None:
    row = visit.one(_RECENT, subject=visit.known.id, since=visit.at - JUST)
    return cases.find(visit, row.number) if row is not None else None


def _on_its_way(visit: Visit, case: Case, kind: str) -> bool:
    return visit.one(_ON_ITS_WAY, subject=visit.known.id, number=case.number, what=kind) is not None


def _post(visit: Visit, case: Case, address: str) -> None:
    """To the mailbox that was old enough when the file was ordered, whatever is proved until it leaves."""
    with speaking(visit.locale):
        told = letters.letter(
            _("The file you asked for, No. {number}", number=case.number),
            [
                _("You asked for your data in the chat. They are attached: to read (HTML), to print (PDF), for machines (JSON)."),
                _("If it was not you who asked, write to {mailbox} at once with the number of this letter.",
                  mailbox=visit.operator.mailbox),
            ],
            visit,
        )  # fmt: skip
    files.promise_letter(visit, USE, case.number, case.number, told["subject"], told["text"], address)


def link(visit: Visit, number: str) -> tuple[str, datetime]:
    """A new one-time address of the person's own file and its end; the one made before for the same file is void."""
    links.void(visit, USE, number)
    return links.make(visit, USE, number), visit.at + links.FILE_LIFE


def facts(visit: Visit, number: str) -> Facts | None:
    """What the file says; nothing unless the number is of an access request of the visit's own subject (I2)."""
    case = cases.find(visit, number)
    if case is None or case.kind != cases.ACCESS:
        return None
    return dossiers.gather(visit, number)


def as_html(told: Facts) -> bytes:
    """The file for reading."""
    with speaking(told["language"]):
        return pages.page(told["language"], chapters.title(told), chapters.opening(told), chapters.of(told))


def as_json(told: Facts) -> bytes:
    """The file for machines: UTF-8, shaped as access.schema.json says, a row a line."""
    out = BytesIO()
    _write(out, told, "")
    out.write(b"\n")
    return out.getvalue()


def _write(out: BytesIO, value: Any, pad: str) -> None:
    if isinstance(value, dict) and any(isinstance(each, dict | list | Rows) for each in value.values()):
        lines = ((f"{json.dumps(name, ensure_ascii=False)}: ", each) for name, each in value.items())
        _write_each(out, "{", lines, "}", pad)
    elif isinstance(value, list | Rows) and len(value):
        _write_each(out, "[", (("", each) for each in value), "]", pad)
    else:
        plain = [] if isinstance(value, Rows) else value
        out.write(json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace"))


def _write_each(out: BytesIO, begin: str, lines: Iterable[tuple[str, Any]], end: str, pad: str) -> None:
    glue = f"{begin}\n"
    for name, each in lines:
        out.write(f"{glue}{pad} {name}".encode())
        _write(out, each, f"{pad} ")
        glue = ",\n"
    out.write(f"\n{pad}{end}".encode())


def as_pdf(told: Facts) -> bytes:
    """The file on paper (PDF/UA-1); of more than `ON_PAPER` rows it says where the others stand."""
    with speaking(told["language"]):
        left = ON_PAPER
        bound = []
        for chapter in chapters.of(told):
            sheets: list[papers.Piece] = []
            for piece in chapter.pieces():
                left -= _on_paper(sheets, piece, max(0, left))
            bound.append((chapter.title, sheets))
        opening = chapters.opening(told)
        if left < 0:
            opening.append(_("There is more than paper holds: the other two files have every row."))
        return papers.book(told["language"], chapters.title(told), _("Contents"), opening, bound)


def _on_paper(sheets: list[papers.Piece], piece: Piece, left: int) -> int:
    """Put one piece on paper, of a table at most `left` rows; how many rows it has."""
    if isinstance(piece, Table):
        rows = [[_breaking(cell) for cell in row] for row in islice(piece.rows, left)]
        if rows:
            sheets.append({"kind": "table", "heads": piece.heads, "rows": rows})
        return piece.count
    if isinstance(piece, Speech):
        if left:
            sheets.append({"kind": "speech", "who": piece.who, "words": piece.words})
        return 1
    kind = "head" if isinstance(piece, Head) else "pairs" if isinstance(piece, Pairs) else "text"
    sheets.append({"kind": kind, **asdict(piece)})
    return 0


def _breaking(cell: str) -> str:
    """A cell whose long hashes and codes may be broken between lines."""
    return " ".join(
        word if len(word) <= 16 else "\u200b".join(word[at : at + 8] for at in range(0, len(word), 8))
        for word in cell.split(" ")
    )


PARTS: dict[str, Callable[[Facts], bytes]] = {
    "html": as_html,
    **({"pdf": as_pdf} if papers.able() else {}),
    "json": as_json,
}
files.register(USE, facts, PARTS)
