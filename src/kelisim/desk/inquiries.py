"""The dossier for an inquiry of the authorised body (P19): what is processed, why, how, by whom, and that it can be proved.

Built by one command within ten days (D14). Where the inquiry names a person their records go with it, in the very form they
would receive themselves, and they read among who looked that it happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import case as when_
from sqlalchemy import func, select

from kelisim.desk import (
    access,
    cases,
    chapters,
    consents,
    dossiers,
    explanations,
    holdings,
    kinds,
    ledger,
    pages,
    phrases,
    subjects,
    viewings,
)
from kelisim.desk.cases import Case
from kelisim.desk.chapters import Chapter, Head, Pairs, Piece, Table, Text
from kelisim.desk.decisions import Impossible
from kelisim.desk.packs import NOTICE
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit
from kelisim.store.models import Case as CaseRow
from kelisim.store.models import LedgerEntry, PublishedDocument, Subject
from kelisim.texts import _, day, plural, speaking

DOSSIER = "dossier"
Facts = dict[str, Any]

_S, _C, _L, _D = (
    Subject.__table__.c,
    CaseRow.__table__.c,
    LedgerEntry.__table__.c,
    PublishedDocument.__table__.c,
)
_PEOPLE = select(_S.state, func.count()).group_by(_S.state).order_by(_S.state)
_REQUESTS = (
    select(_C.kind, func.count(), func.sum(when_((_C.state.in_(cases.IN_HAND), 1), else_=0)))
    .group_by(_C.kind)
    .order_by(_C.kind)
)
_SEALED = select(func.max(_L.position), func.count())
_DOCUMENTS = select(_D.name, _D.version, _D.locale, _D.since, _D.digest).order_by(
    _D.name, _D.version, _D.locale
)


def dossier(
    visit: Visit, number: str, actor: Actor, language: str, subject_id: int | None = None, reason: str = ""
) -> list[tuple[str, bytes]]:
    """The files of the dossier for the inquiry `number`: a page and JSON, and of the person named the same again.

    The person's records need a reason and are a look at them. Raises LookupError, Impossible and viewings.NoReason.
    """
    inquiry = cases.known(visit, number)
    if inquiry.kind != cases.AUTHORITY:
        raise Impossible(
            f"{number} is no inquiry of the authorised body: open one with `kelisim case open authority`"
        )
    visit.locale = language
    person: Facts | None = None
    if subject_id is not None:
        visit.subject = subjects.by_id(visit, subject_id)
        viewings.note(visit, actor, viewings.EXPORT, reason, number)
        person = dossiers.gather(visit, number)
        visit.subject = None
    cases.act(visit, inquiry, cases.NOTED, actor=actor, detail=DOSSIER)
    ledger.note(visit, ledger.USED, DOSSIER, number, actor.label[:40] or actor.role)
    with speaking(language):
        facts = gather(visit, inquiry)
        files = [
            (f"dossier-{number}.html", as_html(facts)),
            (f"dossier-{number}.json", json.dumps(facts, ensure_ascii=False, indent=1).encode()),
        ]
        if person is not None:
            title = _("Records of one person for the inquiry No. {number}", number=number)
            opening = [
                _("These are the records as the person would receive them: “you” in them is that person."),
                _("Made on {date}.", date=day(visit.today)),
            ]
            files += [
                (f"person-{number}.html", pages.page(language, title, opening, chapters.of(person))),
                (f"person-{number}.json", access.as_json(person)),
            ]
    return files


def gather(visit: Visit, inquiry: Case) -> Facts:
    """Everything the dossier says, by name, in the language being spoken; nobody's personal data."""
    operator, locale = visit.operator, visit.locale
    clock = cases.clock(visit, inquiry)
    sealed = visit.one(_SEALED)
    return {
        "inquiry": {
            "number": inquiry.number, "received": clock.due.received.isoformat(), "due": clock.last.isoformat(),
            "why_this_date": explanations.explain(visit, clock),
        },
        "language": locale, "made_on": visit.today.isoformat(), "trial": visit.desk.trial,
        "operator": {
            "name": operator.name.to(locale), "bin": operator.bin, "site": operator.url, "mailbox": operator.mailbox,
            "address": operator.address.to(locale) if operator.address is not None else None,
            "responsible": operator.responsible.name.to(locale),
            "responsible_address": operator.responsible.address, "law": operator.law.to(locale),
            "storage_place": operator.storage_place.to(locale),
        },
        "documents": [
            {"document": row.name, "version": row.version, "language": row.locale, "since": row.since.isoformat(),
             "sha256": row.digest}
            for row in visit.all(_DOCUMENTS)
        ],
        "purposes": list(_purposes(visit)),
        "recipients": [
            {"code": code, "name": each.name.to(locale), "country": each.country.to(locale),
             "cross_border": each.cross_border, "why": each.why.to(locale),
             "steps": each.steps.to(locale) if each.steps is not None else None}
            for code, each in operator.recipients.items()
        ],
        "methods": methods(visit),
        "terms": {"pack": operator.policy_pack.name, "since": operator.policy_pack.since.isoformat(),
                  **operator.policy_pack.terms.model_dump()},
        "grounds_of_refusal": [
            {"code": code, "text": each.text.to(locale), "article": each.article.to(locale)}
            for code, each in operator.grounds.items()
            if NOTICE not in each.kinds
        ],
        "retention": operator.retention.model_dump(),
        "counts": {
            "people": {row[0]: int(row[1]) for row in visit.all(_PEOPLE)},
            "consents_in_force": {code: consents.how_many(visit, code) for code in operator.every_pair},
            "requests": {row[0]: {"all": int(row[1]), "open": int(row[2])} for row in visit.all(_REQUESTS)},
        },
        "ledger": {
            "entries": int(sealed[1]) if sealed is not None else 0,
            "sealed": int(sealed[0] or 0) if sealed is not None else 0,
            "head": ledger.head(visit), "holds": ledger.broken(visit) is None,
        },
    }  # fmt: skip


def _purposes(visit: Visit) -> Iterator[Facts]:
    operator, locale = visit.operator, visit.locale
    said = visit.desk.shelf.phrases(locale)
    for code, pair in operator.every_pair.items():
        yield {
            "code": code, "on": code in operator.pairs, "label": pair.label(locale),
            "title": pair.purpose.title.to(locale), "why": pair.purpose.why.to(locale),
            "basis": pair.purpose.basis.to(locale), "channel": pair.channel,
            "data": [holdings.named(visit, kind) for kind in pair.data],
            "actions": [said.verbs[verb] for verb in pair.purpose.processing],
            "term": phrases.length(pair.term, locale, said),
            "recipients": list(pair.way.recipients),
        }  # fmt: skip


def methods(visit: Visit) -> list[str]:
    """How data are collected, processed and protected: the methods and procedures of art. 25 p. 2(3-1), as the program works."""
    return [
        _("Consent is given by pressing a button under a text that names every item of art. 8 p. 4; the record keeps the "
          "SHA-256 of the text, its language and version, the moment and the door. Taking it back costs no more steps."),
        _("A mailbox is proved by a code sent there, a phone by the messenger's own contact; other values are kept as stated."),
        _("Personal fields are sealed in the database (AES-256-GCM) and found by keyed hashes; the keys are kept elsewhere."),
        _("A message that is no answer leaves only while a consent for its purpose and channel is in force: this is read again "
          "in the moment of sending. A stop works at once, without proof of identity."),
        _("Requests have a number, a state and a date counted in working days; a refusal is decided by a named person, on a "
          "ground of a fixed list, and names the article and where to complain."),
        _("Every look of staff at a person's data is written down with its reason, and the person can read it."),
        _("Every action is written to a journal whose entries are chained by hashes; its head leaves by letter each working day."),
        _("What is no longer needed is destroyed: rows, files and words, not marked; the person gets a numbered certificate."),
    ]  # fmt: skip


def as_html(facts: Facts) -> bytes:
    """The dossier for reading and printing."""
    title = _("Dossier for the inquiry No. {number}", number=facts["inquiry"]["number"])
    opening = [
        _("Received: {received}. To be answered by: {due}.", received=day(date.fromisoformat(facts["inquiry"]["received"])),
          due=day(date.fromisoformat(facts["inquiry"]["due"]))),
        _("Made on {date}.", date=day(date.fromisoformat(facts["made_on"]))),
    ]  # fmt: skip
    if facts["trial"]:
        opening.append(_("This is a trial: the operator is a sample and its promises bind nobody."))
    named = (
        ("operator", _("The operator"), _operator), ("purposes", _("Register of purposes"), _register),
        ("recipients", _("Register of recipients"), _recipients), ("methods", _("Methods and procedures"), _methods),
        ("documents", _("Documents and their versions"), _documents), ("counts", _("Counts"), _counts),
        ("ledger", _("The journal of actions"), _ledger),
    )  # fmt: skip
    made = [Chapter(name, told, lambda pieces=pieces: pieces(facts)) for name, told, pieces in named]  # type: ignore[misc]
    return pages.page(facts["language"], title, opening, made)


def _operator(facts: Facts) -> Iterator[Piece]:
    known = facts["operator"]
    lines = (
        (_("Operator"), known["name"]), (_("BIN"), known["bin"]), (_("Address"), known["address"] or "—"),
        (_("Site"), known["site"]), (_("Mailbox"), known["mailbox"]),
        (_("Responsible person"), f"{known['responsible']}, {known['responsible_address']}"), (_("Law"), known["law"]),
        (_("Place of storage"), known["storage_place"]),
    )  # fmt: skip
    yield Pairs(lines)


def _register(facts: Facts) -> Iterator[Piece]:
    for each in facts["purposes"]:
        yield Head(each["label"])
        yield Pairs((
            (_("Why"), each["why"]), (_("Basis"), each["basis"]), (_("Data"), "; ".join(each["data"])),
            (_("Actions"), "; ".join(each["actions"])), (_("Term"), each["term"]),
            (_("Recipients"), "; ".join(
                next(known["name"] for known in facts["recipients"] if known["code"] == code) for code in each["recipients"]
            ) or "—"),
            (_("State"), _("on") if each["on"] else _("switched off")),
        ))  # fmt: skip


def _recipients(facts: Facts) -> Iterator[Piece]:
    rows = [
        (each["name"], each["country"], each["why"], each["steps"] or (_("not needed: no transfer abroad")))
        for each in facts["recipients"]
    ]
    yield Table(
        (_("Recipient"), _("Country"), _("Why"), _("Steps before transfer abroad")), iter(rows), len(rows)
    )


def _methods(facts: Facts) -> Iterator[Piece]:
    yield from (Text(sentence) for sentence in facts["methods"])


def _documents(facts: Facts) -> Iterator[Piece]:
    rows = [
        (
            each["document"],
            each["version"],
            each["language"],
            day(date.fromisoformat(each["since"])),
            each["sha256"],
        )
        for each in facts["documents"]
    ]
    yield Table(
        (_("Document"), _("Version"), _("Language"), _("In force from"), "SHA-256"), iter(rows), len(rows)
    )


def _counts(facts: Facts) -> Iterator[Piece]:
    counts = facts["counts"]
    people = sum(counts["people"].values())
    yield Text(plural("{n} person is known to the desk.", "{n} people are known to the desk.", people))
    labels = {each["code"]: each["label"] for each in facts["purposes"]}
    given = [(labels[code], str(n)) for code, n in counts["consents_in_force"].items()]
    yield Table((_("Purpose"), _("Consents in force")), iter(given), len(given))
    asked = [(kinds.named(kind), str(n["all"]), str(n["open"])) for kind, n in counts["requests"].items()]
    yield Table((_("Kind of request"), _("In all"), _("Open now")), iter(asked), len(asked))


def _ledger(facts: Facts) -> Iterator[Piece]:
    known = facts["ledger"]
    yield Pairs((
        (_("Entries"), str(known["entries"])), (_("Sealed in the chain"), str(known["sealed"])),
        (_("Head of the chain"), known["head"]),
        (_("The chain was checked now"), _("it holds") if known["holds"] else _("it does not hold")),
    ))  # fmt: skip
