"""The copy handed to the person: what they agreed to or took back, word for word, with a code anyone may check.

One HTML file, one PDF (where the extra `pdf` is installed) and one JSON per act: who, what, when, until when. They are
made when the courier takes them, from the record, so nothing personal waits in the outbox.
"""

from __future__ import annotations

import html
import json
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from kelisim.desk import numbers, outbox, papers
from kelisim.desk.sheets import sheet
from kelisim.desk.visit import TELEGRAM, Visit, zone
from kelisim.store.models import ConsentRecord, PublishedDocument
from kelisim.store.sealed import fingerprint
from kelisim.texts import _, day, speaking

KIND = "receipt"
PARTS = ("html", "json", *(("pdf",) if papers.able() else ()))

_R, _D = ConsentRecord.__table__.c, PublishedDocument.__table__.c
_RECORD = select(
    _R.id, _R.number, _R.act, _R.purpose, _R.version, _R.digest, _R.locale, _R.door, _R.at, _R.valid_until, _R.due,
    _R.head,
).where(_R.id == bindparam("record"), _R.subject_id == bindparam("subject"))  # fmt: skip
_TEXT = select(_D.title, _D.text).where(
    _D.name == bindparam("name"), _D.digest == bindparam("digest"), _D.locale == bindparam("spoken")
)
_BY_CODE = select(_R.at).where(_R.receipt == bindparam("code")).limit(1)
_SAME_NUMBER = select(_R.purpose, _R.act).where(
    _R.number == bindparam("number"), _R.subject_id == bindparam("subject")
).order_by(_R.id)  # fmt: skip


def promise(visit: Visit, record: int, number: str) -> None:
    """Promise the files of a record's receipt to the subject's chat."""
    outbox.post_each(visit, KIND, TELEGRAM, [{"record": record, "part": part} for part in PARTS], number)


def check(visit: Visit, typed: str) -> datetime | None:
    """When the receipt with this code was issued, or nothing: genuine or not ours, and no word more (T-WEB-14)."""
    code = numbers.plain_code(typed)
    row = visit.one(_BY_CODE, code=fingerprint(code)) if code else None
    return row.at if row is not None else None


def facts(visit: Visit, record: int, subject_id: int) -> dict[str, Any] | None:
    """Everything a receipt says, by name; nothing when this person has no such record (any more)."""
    row = visit.one(_RECORD, record=record, subject=subject_id)
    if row is None:
        return None
    operator, locale = visit.operator, row.locale
    told = visit.one(_TEXT, name=row.purpose, digest=row.digest, spoken=locale) if row.digest else None
    with speaking(locale):
        scope = [_named(visit, other.purpose, locale) for other in visit.all(_SAME_NUMBER, number=row.number,
                                                                            subject=subject_id)]  # fmt: skip
        return {
            "receipt": 1,
            "number": row.number,
            "act": row.act,
            "purpose": row.purpose,
            "purposes": scope,
            "language": locale,
            "at": row.at.astimezone(zone(operator.zone)).isoformat(timespec="seconds"),
            "last_day": row.valid_until.isoformat() if row.valid_until else None,
            "answer_due": row.due.isoformat() if row.due else None,
            "door": row.door,
            "operator": {
                "name": operator.name.to(locale),
                "bin": operator.bin,
                "site": operator.url,
                "mailbox": operator.mailbox,
                "responsible": operator.responsible.name.to(locale),
                "law": operator.law.to(locale),
            },
            "document": {
                "title": told.title if told else None,
                "version": row.version or None,
                "sha256": row.digest or None,
                "text": told.text if told else None,
            },
            "ledger_head": row.head,
            "code": numbers.receipt_code(visit.desk.receipt_key, row.id),
        }


def _named(visit: Visit, purpose: str, locale: str) -> str:
    pair = visit.operator.every_pair.get(purpose)
    if pair is not None:
        return pair.label(locale)
    return {
        "all": _("All messages"),
        "email": _("Messages by e-mail"),
        "telegram": _("Messages in Telegram"),
    }.get(purpose, purpose)


def act_named(act: str) -> str:
    """The act in the reader's words."""
    return {
        "given": _("Consent given"),
        "withdrawn": _("Consent withdrawn"),
        "ending": _("Consent ends with the answer"),
        "expired": _("Consent ended on its last day"),
        "suspended": _("Consent paused"),
        "stopped": _("Messages stopped"),
        "resumed": _("Messages resumed"),
    }.get(act, act)


def as_json(told: dict[str, Any]) -> bytes:
    """The receipt for machines, UTF-8."""
    return json.dumps(told, ensure_ascii=False, indent=2).encode()


def lines(told: dict[str, Any]) -> list[tuple[str, str]]:
    """What a receipt says, name and value, in its own language; empty values are left out."""
    with speaking(told["language"]):
        at = datetime.fromisoformat(told["at"])
        operator, document = told["operator"], told["document"]
        named = [
            (_("Act"), act_named(told["act"])),
            (_("Number"), told["number"]),
            (_("Purpose"), "; ".join(told["purposes"])),
            (_("When"), _("{day}, {time} (Almaty time)", day=day(at.date()), time=at.strftime("%H:%M:%S"))),
            (_("Last day"), _iso(told["last_day"])),
            (_("Answer due"), _iso(told["answer_due"])),
            (_("Operator"), operator["name"]),
            (_("BIN"), operator["bin"]),
            (_("Site"), operator["site"]),
            (_("Mailbox"), operator["mailbox"]),
            (_("Responsible person"), operator["responsible"]),
            (_("Law"), operator["law"]),
            (_("Version of the text"), document["version"]),
            (_("SHA-256 of the text"), document["sha256"]),
            (_("Ledger head before the act"), told["ledger_head"]),
            (_("Code of this receipt"), told["code"]),
        ]
    return [(name, str(value)) for name, value in named if value]


def foot(told: dict[str, Any]) -> tuple[str, str]:
    """The two sentences at the end."""
    with speaking(told["language"]):
        return (
            _("Consent is as easy to take back as to give."),
            _("Anyone who holds this receipt can check it: send /verify to the bot, then the code."),
        )


def title(told: dict[str, Any]) -> str:
    """The heading."""
    with speaking(told["language"]):
        return _("Receipt No. {number}", number=told["number"])


def as_html(told: dict[str, Any]) -> bytes:
    """The receipt for people: one file that opens anywhere, prints well and loads nothing."""
    document, (withdraw, verify) = told["document"], foot(told)
    table = "\n".join(f"<tr><th>{_e(name)}</th><td>{_e(value)}</td></tr>" for name, value in lines(told))
    text = (
        f"<pre>{_e(document['text'])}</pre>" if document["text"] else ""
    )  # what was hashed; its title comes first
    body = f"<table>\n{table}\n</table>\n{text}\n<p>{_e(withdraw)}</p>\n<p>{_e(verify)}</p>"
    return sheet(told["language"], title(told), body, _STYLE)


def as_pdf(told: dict[str, Any]) -> bytes:
    """The receipt on paper (PDF/UA-1, our fonts not needed); wants the extra `pdf`."""
    document = told["document"]
    paragraphs = (document["text"] or "").removeprefix(document["title"] or "").strip().split("\n")
    return papers.pdf(
        told["language"],
        title(told),
        lines(told),
        document["title"] or "",
        [line for line in paragraphs if line],
        foot(told),
    )


FILES = {"html": as_html, "json": as_json, "pdf": as_pdf}


def _iso(told: str | None) -> str:
    return day(datetime.fromisoformat(told).date()) if told else ""


def _e(value: object) -> str:
    return html.escape(str(value))


# The text that was agreed to, as it was shown.
_STYLE = """
pre { white-space: pre-wrap; font: inherit; background: #8881; padding: 1rem; border-radius: .5rem }
pre::first-line { font-weight: 600 }
"""
