"""The facts of the full file: everything about one person, row by row, as the store has it now.

Rows are read a page at a time, so that whoever waits beside is served in between, and packed as they come: ten thousand
messages weigh a fraction of their words. Only what the REGISTER of the store calls shown is told, and only the person's own.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, or_, select

from kelisim.desk import (
    attachments,
    cases,
    dialogue,
    enclosures,
    handoffs,
    holdings,
    numbers,
    outbox,
    representatives,
    subjects,
    suppressions,
)
from kelisim.desk.visit import Found, Visit, zone
from kelisim.store.models import (
    Attempt,
    Case,
    CaseEvent,
    CaseMessage,
    Code,
    ConsentRecord,
    DocumentShown,
    Erasure,
    Hold,
    LedgerEntry,
    Letter,
    Link,
    Merge,
    OutboxMessage,
    Parked,
    Representation,
    Subject,
    Viewing,
)
from kelisim.store.sealed import Unreadable
from kelisim.texts import speaking

Entry = dict[str, Any]
SCHEMA, VERSION = "urn:kelisim:access:1", 1  # named in every file; see access.schema.json beside this module
PAGE = 200  # rows read at a time

# What another person told or is told about a third one: never in anybody's file but their own (I2).
OF_ANOTHER = ("whom", "reach")

_R, _O, _V, _L = (model.__table__.c for model in (ConsentRecord, OutboxMessage, Viewing, LedgerEntry))
_D, _E, _M, _P = (model.__table__.c for model in (DocumentShown, CaseEvent, CaseMessage, Parked))
_H, _A, _X, _U, _G = (model.__table__.c for model in (Hold, Representation, Erasure, Link, Merge))
_B, _K = Letter.__table__.c, Case.__table__.c
_after: BindParameter[Any] = bindparam("after")
_most: BindParameter[Any] = bindparam("most")
_whose: BindParameter[Any] = bindparam("subject")
_CONSENTS = (
    select(_R.id, _R.number, _R.act, _R.purpose, _R.version, _R.digest, _R.locale, _R.door, _R.at, _R.valid_until, _R.due,
           _R.cancelled, _R.head, _R.source)
    .where(_R.subject_id == _whose, _R.id > _after).order_by(_R.id).limit(_most)
)  # fmt: skip
# Letters to staff are not in it: that they were shown data stands among the viewings (I15).
_SENT = (
    select(_O.id, _O.kind, _O.channel, _O.purpose, _O.number, _O.locale, _O.address, _O.body, _O.state, _O.cause, _O.at,
           _O.settled_at)
    .where(_O.subject_id == _whose, _O.kind.not_in(outbox.TO_STAFF), _O.id > _after).order_by(_O.id).limit(_most)
)  # fmt: skip
_LOOKED = (
    select(_V.id, _V.role, _V.what, _V.number, _V.reason, _V.at)
    .where(_V.subject_id == _whose, _V.id > _after).order_by(_V.id).limit(_most)
)  # fmt: skip
_LEDGER = (
    select(_L.id, _L.verb, _L.what, _L.number, _L.actor, _L.at)
    .where(_L.pseudonym == _whose, _L.id > _after).order_by(_L.id).limit(_most)
)  # fmt: skip
_EVENTS = (
    select(_E.id, _E.act, _E.role, _E.detail, _E.at)
    .where(_E.case_id == _whose, _E.id > _after).order_by(_E.id).limit(_most)
)  # fmt: skip
_WORDS = (
    select(_M.id, _M.way, _M.body, _M.at)
    .where(_M.case_id == _whose, _M.id > _after, _M.way != cases.NOTE).order_by(_M.id).limit(_most)
)  # fmt: skip
# What staff write is here once the person could read it; until then it is theirs alone, and so are its files.
_TAKEN = (
    select(_B.id, _K.number, _B.outcome, _B.content.is_not(None).label("original"), _B.received_at)
    .join_from(Letter, Case, _B.case_id == _K.id, isouter=True)
    .where(or_(_B.subject_id == _whose, _K.subject_id == _whose), _B.id > _after).order_by(_B.id).limit(_most)
)  # fmt: skip
_SHOWN = (
    select(_D.name, _D.version, _D.locale, _D.digest, _D.at).where(_D.subject_id == _whose).order_by(_D.at)
)
_PARKED = select(_P.key, _P.kind, _P.body, _P.at).where(_P.subject_id == _whose).order_by(_P.at)
_HOLDS = select(_H.id, _H.ground, _H.reason, _H.since, _H.until, _H.ended_at).where(_H.subject_id == _whose)
_ACTING = select(_A.role, _A.state, _A.since, _A.until, _A.representative_id).where(
    (_A.subject_id == _whose) | (_A.representative_id == _whose)
)
_ERASURES = select(_X.number, _X.stage, _X.begun_at, _X.due).where(_X.subject_id == _whose)
_LINKS = select(_U.use, _U.at, _U.expires, _U.used_at).where(_U.subject_id == _whose).order_by(_U.at)
_MERGES = select(_G.state, _G.at, _G.moved).where(_G.subject_id == _whose)
_SINCE = select(Subject.since).where(Subject.id == _whose)
_CODES = select(Code.sent_at).where(Code.asker == bindparam("hash"))
_ATTEMPTS = select(Attempt.id).where(Attempt.hash == bindparam("hash"))


class Rows:
    """Rows in order, packed by the hundred; iterating opens one pack at a time, as often as one likes."""

    def __init__(self) -> None:
        self._packs: list[bytes] = []
        self._open: list[Entry] = []
        self._count = 0

    def add(self, row: Entry) -> None:
        """Put a row at the end."""
        self._open.append(row)
        self._count += 1
        if len(self._open) == PAGE:
            self._packs.append(zlib.compress(json.dumps(self._open, ensure_ascii=False).encode(), 1))
            self._open = []

    def __iter__(self) -> Iterator[Entry]:
        for pack in self._packs:
            yield from json.loads(zlib.decompress(pack))
        yield from self._open

    def __len__(self) -> int:
        return self._count


def gather(visit: Visit, number: str) -> Entry:
    """Everything about the visit's subject for the file with this number; see access.schema.json for its shape."""
    with speaking(visit.locale):
        return _gathered(visit, number)


def _gathered(visit: Visit, number: str) -> Entry:
    operator, locale = visit.operator, visit.locale
    using = holdings.uses(visit)
    everyone = {recipient.name.to(locale): recipient for use in using for recipient in use.recipients}
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "number": number,
        "language": locale,
        "made_at": _at(visit, visit.at),
        "trial": visit.desk.trial,
        "operator": {
            "name": operator.name.to(locale), "bin": operator.bin, "site": operator.url, "mailbox": operator.mailbox,
            "address": operator.address.to(locale) if operator.address is not None else None,
            "responsible": operator.responsible.name.to(locale), "responsible_address": operator.responsible.address,
            "law": operator.law.to(locale), "authority": operator.authority.to(locale),
            "storage_place": operator.storage_place.to(locale),
        },
        "person": {"known_since": _since(visit), "language": visit.known.locale, "state": visit.known.state},
        "held": [_held(visit, each) for each in holdings.held(visit)],
        "purposes": [_use(visit, use) for use in using],
        "recipients": [
            {
                "name": name, "country": each.country.to(locale), "cross_border": each.cross_border,
                "why": each.why.to(locale), "steps": each.steps.to(locale) if each.steps is not None else None,
            }
            for name, each in everyone.items()
        ],
        "retention": {
            "consent_records_years": operator.retention.consent_records_years,
            "cases_years": operator.retention.cases_years,
            "backups_days": operator.retention.backups_days, "logs_days": operator.retention.logs_days,
        },
        "consents": _packed(visit, _CONSENTS, visit.known.id, _consent),
        "stops": [
            {"channel": channel, "number": stop, "since": _at(visit, since)}
            for channel, (stop, since) in suppressions.stopped(visit).items()
        ],
        "documents_shown": [
            {"document": row.name, "label": _label(visit, row.name), "version": row.version, "language": row.locale,
             "sha256": row.digest, "at": _at(visit, row.at)}
            for row in visit.all(_SHOWN, subject=visit.known.id)
        ],
        "messages": _packed(visit, _SENT, visit.known.id, _sent),
        "requests": list(_requests(visit)),
        "letters": _packed(visit, _TAKEN, visit.known.id, _letter),
        "viewings": _packed(visit, _LOOKED, visit.known.id, _looked),
        "ledger": _packed(visit, _LEDGER, visit.known.pseudonym, _entry),
        **_aside(visit),
    }  # fmt: skip


def _aside(visit: Visit) -> Entry:
    """What most people have none of: orders to keep, authorities, deletions, links, unfinished flows, codes by hash."""
    subject = visit.known.id
    waiting = dialogue.waiting(visit)
    hashes = {contact.hash for contact in subjects.contacts(visit)}
    return {
        "holds": [
            {"ground": _ground(visit, row.ground), "reason": opened(visit, "holds", "reason", row),
             "since": _at(visit, row.since), "until": _day(row.until), "ended_at": _at(visit, row.ended_at)}
            for row in visit.all(_HOLDS, subject=subject)
        ],
        "representations": [
            {"acts": "for you" if row.representative_id != subject else "you for another", "role": row.role,
             "state": row.state, "since": _at(visit, row.since), "until": _day(row.until)}
            for row in visit.all(_ACTING, subject=subject)
        ],
        "erasures": [
            {"number": row.number, "stage": row.stage, "begun_at": _at(visit, row.begun_at), "due": _day(row.due)}
            for row in visit.all(_ERASURES, subject=subject)
        ],
        "links": [
            {"opens": row.use, "made_at": _at(visit, row.at), "ends_at": _at(visit, row.expires),
             "used_at": _at(visit, row.used_at)}
            for row in visit.all(_LINKS, subject=subject)
        ],
        "merges": [
            {"state": row.state, "at": _at(visit, row.at), "can_be_undone": row.moved is not None}
            for row in visit.all(_MERGES, subject=subject)
        ],
        "unfinished": [
            {"name": name, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}
            for name, value in waiting.draft.items()
            if value and name not in OF_ANOTHER
        ],
        "set_aside": [_parked(visit, row) for row in visit.all(_PARKED, subject=subject)],
        "by_hash": {
            "codes": sum(len(visit.all(_CODES, hash=found)) for found in hashes),
            "attempts": sum(len(visit.all(_ATTEMPTS, hash=found)) for found in hashes),
        },
    }  # fmt: skip


def pages(visit: Visit, statement: Select[Any], whose: int | str) -> Iterator[Found]:
    """Rows of a statement by rising id, read a page at a time: between two pages others are served."""
    last = 0
    while rows := visit.all(statement, subject=whose, after=last, most=PAGE):
        yield from rows
        last = rows[-1].id


def _packed(
    visit: Visit, statement: Select[Any], whose: int | str, told: Callable[[Visit, Found], Entry]
) -> Rows:
    packed = Rows()
    for row in pages(visit, statement, whose):
        packed.add(told(visit, row))
    return packed


def _held(visit: Visit, each: holdings.Holding) -> Entry:
    return {
        "kind": each.kind, "name": holdings.named(visit, each.kind), "value": each.value,
        "provable": each.provable, "proved_at": _at(visit, each.proved_at), "source": each.door,
        "since": _at(visit, each.since), "purposes": list(each.purposes),
    }  # fmt: skip


def _use(visit: Visit, use: holdings.Use) -> Entry:
    return {
        "code": use.code, "label": use.label, "purpose": use.why, "basis": use.basis, "methods": list(use.methods),
        "data": [holdings.named(visit, kind) for kind in use.data], "number": use.number, "text_version": use.version,
        "since": _at(visit, use.since), "last_day": _day(use.until), "term": use.term,
        "recipients": [recipient.name.to(visit.locale) for recipient in use.recipients],
        "cross_border": any(recipient.cross_border for recipient in use.recipients), "made_public": use.publication,
    }  # fmt: skip


def _consent(visit: Visit, row: Found) -> Entry:
    return {
        "number": row.number, "act": row.act, "purpose": row.purpose, "label": _label(visit, row.purpose),
        "text_version": row.version or None, "sha256": row.digest or None, "language": row.locale, "source": row.door,
        "at": _at(visit, row.at), "last_day": _day(row.valid_until), "answer_due": _day(row.due),
        "cancelled": row.cancelled, "receipt_code": numbers.receipt_code(visit.desk.receipt_key, row.id),
        "ledger_head": row.head, "evidence": opened(visit, "consent_records", "source", row),
    }  # fmt: skip


def _sent(visit: Visit, row: Found) -> Entry:
    """A message to the person. While it waits its words are told too, but never a code: that would prove for it."""
    body = {}
    if row.body is not None and row.purpose and row.kind not in outbox.ONCE:
        body = json.loads(opened(visit, "outbox", "body", row) or "{}")
    return {
        "at": _at(visit, row.at), "kind": row.kind, "purpose": row.purpose or None,
        "label": _label(visit, row.purpose) if row.purpose else None, "channel": row.channel,
        "number": row.number or None, "state": row.state,
        "cause": (row.cause or None) if row.state == outbox.CANCELLED else None, "settled_at": _at(visit, row.settled_at),
        "to": opened(visit, "outbox", "address", row),
        "words": body.get("text"),
    }  # fmt: skip


def _looked(visit: Visit, row: Found) -> Entry:
    return {
        "at": _at(visit, row.at), "role": row.role, "what": row.what, "number": row.number or None,
        "reason": unnamed(visit, opened(visit, "viewings", "reason", row) or ""),
    }  # fmt: skip


def _entry(visit: Visit, row: Found) -> Entry:
    return {"at": _at(visit, row.at), "verb": row.verb, "what": row.what, "number": row.number or None,
            "role": role(visit, row.actor)}  # fmt: skip


def _requests(visit: Visit) -> Iterator[Entry]:
    """Every request with what was said and done; a representation keeps silent about whom it concerns (T-ID-06)."""
    last = 0
    while found := cases.page(visit, last, PAGE):
        for case in found:
            yield _request(visit, case)
        last = found[-1].id


def _request(visit: Visit, case: cases.Case) -> Entry:
    for_another = case.kind == cases.REPRESENTATION or representatives.FOR in case.facts
    own = {key: value for key, value in case.facts.items() if not (for_another and key in OF_ANOTHER)}
    words = Rows()
    for row in pages(visit, _WORDS, case.id):
        if not (for_another and row.way == cases.OUT):
            said = opened(visit, "case_messages", "body", row)
            words.add({"at": _at(visit, row.at), "way": row.way, "words": said})
    steps = _packed(visit, _EVENTS, case.id, _step)
    return {
        "number": case.number, "kind": case.kind, "state": case.state, "source": case.door,
        "received_at": _at(visit, case.received_at), "answer_due": _day(case.due), "answer_by": case.answer_by,
        "closed_at": _at(visit, case.closed_at), "for_another": for_another,
        "asked": [{"name": name, "value": value} for name, value in handoffs.facts(replace(case, facts=own))],
        "steps": steps, "words": words,
        "attachments": _files(visit, case),
    }  # fmt: skip


def _files(visit: Visit, case: cases.Case) -> list[Entry]:
    """The person's files by their own names; those that staff sent by the names they were sent under, once they were."""
    given = attachments.of_case(visit, case)
    got = enclosures.released(visit, case)
    named = [each.name for each in given] + [each.name for each in enclosures.enclosed(case, got)]
    return [
        {"way": way, "name": name, "type": each.type, "bytes": each.size, "at": _at(visit, each.at)}
        for (way, each), name in zip(
            [(cases.IN, each) for each in given] + [(cases.OUT, each) for each in got], named, strict=True
        )
    ]


def _letter(visit: Visit, row: Found) -> Entry:
    """A letter that was taken from the mailbox: its words stand with its request, and so does the untouched original."""
    return {
        "at": _at(visit, row.received_at),
        "number": row.number,
        "outcome": row.outcome,
        "original": bool(row.original),
    }


def _step(visit: Visit, row: Found) -> Entry:
    return {"at": _at(visit, row.at), "act": row.act, "role": row.role, "detail": row.detail or None}


def _parked(visit: Visit, row: Found) -> Entry:
    """A message of the person's own that could not be served; of a forwarded one no word: it may be another's."""
    told: Entry = {}
    if row.body is not None:
        update = json.loads(visit.desk.vault.unseal("parked", "body", row.key, row.body))
        told = update.get("message") or update.get("edited_message") or {}
    words = None if "forward_origin" in told else told.get("text") or told.get("caption")
    return {"at": _at(visit, row.at), "kind": row.kind, "words": words}


def opened(visit: Visit, table: str, column: str, row: Found) -> str | None:
    """A sealed cell; nothing when it is empty or its seal is damaged: one lost cell costs nobody the whole file."""
    sealed = getattr(row, column)
    if sealed is None:
        return None
    try:
        return visit.desk.vault.unseal(table, column, row.id, sealed)
    except Unreadable:
        return None


def unnamed(visit: Visit, words: str) -> str:
    """Words without the names and addresses of staff: the person reads a role (SCREENS 3.5)."""
    for person in visit.operator.staff:
        for name in (person.name, person.address):
            words = words.replace(name, "…")
    return words


def role(visit: Visit, actor: str) -> str:
    """Who acted, as the ledger has it, without a name."""
    return actor if actor in ("subject", "desk", "staff", "responsible") else "staff"


def _label(visit: Visit, purpose: str) -> str:
    pair = visit.operator.every_pair.get(purpose)
    return pair.label(visit.locale) if pair is not None else purpose


def _ground(visit: Visit, code: str) -> str:
    known = visit.operator.grounds.get(code)
    return known.text.to(visit.locale) if known is not None else code


def _since(visit: Visit) -> str | None:
    row = visit.one(_SINCE, subject=visit.known.id)
    return _at(visit, row.since) if row is not None else None


def _at(visit: Visit, moment: datetime | None) -> str | None:
    """A moment where the operator works, ISO 8601 with its offset."""
    if moment is None:
        return None
    return moment.astimezone(zone(visit.operator.zone)).isoformat(timespec="seconds")


def _day(when: date | None) -> str | None:
    return when.isoformat() if when is not None else None
