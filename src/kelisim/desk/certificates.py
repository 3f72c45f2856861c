"""The certificate of a destruction: each place and what became of it there, truthfully (T-LAW-08, T-LAW-09).

It is made of its own row when it is taken and names nobody: whoever holds it knows whose it is. HTML, PDF and JSON.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select

from kelisim.desk import files, letters, numbers, papers
from kelisim.desk.letters import Letter
from kelisim.desk.sheets import sheet
from kelisim.desk.visit import Visit, zone
from kelisim.store.models import Erasure as Row
from kelisim.texts import _, day, plural, speaking

FILE = "certificate"  # a kind of file
# What stays without a name, by code; numbers of requests that must stay for a while stand beside them.
RECORDS, REQUESTS, LEDGER, STOPS = "records", "requests", "ledger", "stops"
NAMELESS = (RECORDS, REQUESTS, LEDGER, STOPS)

_E = Row.__table__.c
_NUMBERED = select(_E.number, _E.destroyed_at, _E.backups_until, _E.kept).where(
    _E.number == bindparam("number"), _E.destroyed_at.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of a destruction: number, moment, when copies are gone, codes of what stays."""

    number: str
    destroyed_at: datetime
    backups_until: date
    kept: tuple[str, ...]

    @property
    def disputes(self) -> tuple[str, ...]:
        """Requests whose words and files must stay until they are decided."""
        return tuple(code for code in self.kept if code not in NAMELESS)


def find(visit: Visit, number: str) -> Certificate | None:
    """A destruction by the number of its certificate, or nothing."""
    row = visit.one(_NUMBERED, number=number)
    if row is None:
        return None
    return Certificate(
        row.number, row.destroyed_at, row.backups_until, tuple(filter(None, row.kept.split(",")))
    )


def said(visit: Visit, found: Certificate) -> str:
    """The certificate in one paragraph (S18), in the language that is spoken."""
    return _(
        "Certificate No. {number}, {date}. Your personal data have been destroyed and cannot be restored. Kept without your "
        "name: {kept}. Gone from backups on: {backup_date}. No further message will come to this chat.",
        number=found.number, date=day(visit.day_of(found.destroyed_at)), kept=_kept(found), backup_date=day(found.backups_until),
    )  # fmt: skip


def _kept(found: Certificate) -> str:
    named = {
        RECORDS: _("records of consents"),
        REQUESTS: _("numbers and dates of requests"),
        LEDGER: _("the journal of acts"),
        STOPS: _("codes of stopped addresses"),
    }
    told = [named[code] for code in found.kept if code in named]
    return "; ".join([*told, *(_("request No. {number}", number=each) for each in found.disputes)])


def letter(visit: Visit, number: str) -> Letter:
    """The words that go with the certificate to a mailbox."""
    with speaking(visit.locale):
        words = [
            _("Your personal data have been destroyed and cannot be restored. The certificate is attached."),
            _("This is our last letter: the address is destroyed once it has left."),
        ]
        return letters.letter(_("Certificate No. {number}", number=number), words, visit)


def facts(visit: Visit, ref: str) -> files.Facts | None:
    """Everything the certificate says; it belongs to nobody any more, so only a message of ours asks for it."""
    found = find(visit, ref) if visit.subject is None and numbers.is_number(ref) else None
    if found is None:
        return None
    operator, locale = visit.operator, visit.locale
    with speaking(locale):
        return {
            "certificate": 1,
            "number": found.number,
            "language": locale,
            "at": found.destroyed_at.astimezone(zone(operator.zone)).isoformat(timespec="seconds"),
            "backups_until": found.backups_until.isoformat(),
            "kept": list(found.kept),
            "operator": {
                "name": operator.name.to(locale), "bin": operator.bin, "site": operator.url, "mailbox": operator.mailbox,
                "responsible": operator.responsible.name.to(locale), "law": operator.law.to(locale),
            },
            "places": _places(visit, found),
            "stays": _stays(visit, found),
        }  # fmt: skip


def _places(visit: Visit, found: Certificate) -> list[dict[str, str]]:
    """Place by place: destroyed, until a date, or out of our reach."""
    gone, reach = _("destroyed"), _("out of our reach")
    mailbox = visit.operator.mailbox
    return [
        {"place": _("Database: addresses, names, requests, drafts, looks of staff"), "became": gone},
        {"place": _("Files you gave us"), "became": _stayed(found) or gone},
        {"place": _("Messages prepared for you"), "became": gone},
        {"place": _("Backups"), "became": _("destroyed by {date}", date=day(found.backups_until))},
        {
            "place": _("Letters in our mailbox {mailbox}", mailbox=mailbox),
            "became": _(
                "not destroyed by this program: staff delete them; ask with the number of this certificate"
            ),
        },
        {
            "place": _("Mailboxes of staff"),
            "became": _(
                "{reach}: staff are told by letter to delete what they have of your requests", reach=reach
            ),
        },
        {
            "place": _("This chat's history in Telegram, on your devices and on its servers"),
            "became": _("{reach}: you can delete the chat yourself", reach=reach),
        },
        {"place": _("Letters in your own mailbox"), "became": reach},
    ]


def _stayed(found: Certificate) -> str:
    if not found.disputes:
        return ""
    numbers_ = ", ".join(found.disputes)
    return _("destroyed, but for those of the dispute No. {numbers}: until it is decided", numbers=numbers_)


def _stays(visit: Visit, found: Certificate) -> list[str]:
    """What stays, on which ground, and how to end it."""
    operator, locale = visit.operator, visit.locale
    years = operator.retention.consent_records_years
    told = [
        plural(
            "Records of consents stay for {n} year as proof, without your name: purpose, version of the text, act and time.",
            "Records of consents stay for {n} years as proof, without your name: purpose, version of the text, act and time.",
            years,
        ),
        _("Numbers, kinds and dates of requests stay without your name, words and files."),
        _("The journal of acts keeps the acts under a random name; the link from it to you no longer exists."),
        _("Of each proved address a code computed from it stays, so that nobody writes to it again. It is still personal data. "
          "Ground: your own decision. It ends when you give a consent yourself, or when you ask for it from that address: "
          "{mailbox}.", mailbox=operator.mailbox),
    ]  # fmt: skip
    if found.disputes:
        code = "justice" if "justice" in operator.grounds else next(iter(operator.grounds))
        ground = operator.grounds[code]
        told += [
            _("Words and files of request No. {number} stay until it is decided. Ground: {ground}. Article: {article}.",
              number=each, ground=ground.text.to(locale), article=ground.article.to(locale))
            for each in found.disputes
        ]  # fmt: skip
    return told


def title(told: files.Facts) -> str:
    """The heading, in the certificate's language."""
    with speaking(told["language"]):
        return _("Certificate of destruction No. {number}", number=told["number"])


def lines(told: files.Facts) -> list[tuple[str, str]]:
    """The table: who certifies, when, and each place with what became of it."""
    with speaking(told["language"]):
        at, operator = datetime.fromisoformat(told["at"]), told["operator"]
        head = [
            (_("Number"), told["number"]),
            (
                _("Destroyed"),
                _("{day}, {time} (Almaty time)", day=day(at.date()), time=at.strftime("%H:%M:%S")),
            ),
            (_("Operator"), operator["name"]),
            (_("BIN"), operator["bin"]),
            (_("Site"), operator["site"]),
            (_("Mailbox"), operator["mailbox"]),
            (_("Responsible person"), operator["responsible"]),
            (_("Law"), operator["law"]),
        ]
    return [*head, *((each["place"], each["became"]) for each in told["places"])]


def as_json(told: files.Facts) -> bytes:
    """The certificate for machines, UTF-8."""
    return json.dumps(told, ensure_ascii=False, indent=2).encode()


def as_html(told: files.Facts) -> bytes:
    """The certificate for people: one file that opens anywhere, prints well and loads nothing."""
    with speaking(told["language"]):
        stays = _("What stays, why, and how to end it")
    table = "\n".join(f"<tr><th>{_e(name)}</th><td>{_e(value)}</td></tr>" for name, value in lines(told))
    points = "\n".join(f"<li>{_e(sentence)}</li>" for sentence in told["stays"])
    body = f"<table>\n{table}\n</table>\n<h2>{_e(stays)}</h2>\n<ul>\n{points}\n</ul>"
    return sheet(told["language"], title(told), body)


def as_pdf(told: files.Facts) -> bytes:
    """The certificate on paper; wants the extra `pdf`."""
    with speaking(told["language"]):
        heading = _("What stays, why, and how to end it")
    return papers.pdf(told["language"], title(told), lines(told), heading, told["stays"], ())


def _e(value: Any) -> str:
    return html.escape(str(value))


files.register(FILE, facts, {"html": as_html, "json": as_json, **({"pdf": as_pdf} if papers.able() else {})})
