"""Consents given elsewhere, held against what the desk knows, and kept: who is new, who is known, whom nothing brings back.

An import only ever adds. Whoever said stop stays stopped, whoever decided on a purpose here keeps that decision (withdrawn,
ended, paused or given), what is blocked or held stands still (I4, T-LAW-02), and no address or name on record is touched.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, Select, bindparam, column, literal_column, select, text, values
from sqlalchemy.orm import aliased

from kelisim.desk import consents, holds, imports, ledger, numbers, subjects, versions
from kelisim.desk.consents import Elsewhere
from kelisim.desk.imports import Entry, Fault
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, PHONE, TELEGRAM, Visit, zone
from kelisim.store.models import (
    Consent,
    ConsentRecord,
    Contact,
    Hold,
    ProfileField,
    PublishedDocument,
    Subject,
    Suppression,
)
from kelisim.store.sealed import Unreadable

DOOR = "import"

_S, _C, _P, _R = Subject.__table__.c, Contact.__table__.c, ProfileField.__table__.c, ConsentRecord.__table__.c
_N, _X, _H, _D = Consent.__table__.c, Suppression.__table__.c, Hold.__table__.c, PublishedDocument.__table__.c
_chat = aliased(Contact.__table__, name="chat")
_hashes: Any = bindparam("hashes", expanding=True)
_who: Any = bindparam("who", expanding=True)
_NAMES = select(_P.id, _P.subject_id, _P.field, _P.value).where(
    _P.subject_id.in_(_who), _P.field.in_(("surname", "name"))
)
_DECIDED = select(_N.subject_id, _N.purpose, _N.state, _N.valid_until).where(_N.subject_id.in_(_who))
_HELD = select(_H.subject_id).where(_H.subject_id.in_(_who), holds.binding(bindparam("today")))
_STOPS = select(_X.hash, _X.channel).where(_X.hash.in_(_hashes))
_BROUGHT = select(_R.evidence).where(
    _R.door == literal_column("'import'"),  # word for word as in the partial index
    _R.evidence.in_(_hashes),
)
_WHO = select(_S.id, _S.pseudonym).where(_S.id.in_(_who))
_TEXTS = select(_D.version, _D.digest, _D.locale).where(_D.name == bindparam("name"))
_COUNTED = [
    text("ANALYZE subjects"), text("ANALYZE contacts"), text("ANALYZE profile"), text("ANALYZE consents"),
    text("ANALYZE consent_records"),
]  # fmt: skip


class Verdict(NamedTuple):
    """What becomes of a row: it is taken (`subject` None: of somebody new), it stands here already, or it is refused."""

    entry: Entry
    fault: Fault | None = None
    already: bool = False
    subject: int | None = None


@dataclass(slots=True)
class Known:
    """Somebody under an address, as the store has them."""

    id: int
    pseudonym: str
    frozen: bool
    chat: bytes | None
    who: str = ""
    decided: dict[str, bool] = field(default_factory=dict)  # by pair: whether it is in force


def judge(visit: Visit, entries: Sequence[Entry]) -> list[Verdict]:
    """What would become of these rows now, in their order; nothing is changed."""
    known = {channel: _under(visit, channel, entries) for channel in (EMAIL, TELEGRAM)}
    hashes = {found for entry in entries for found in _hashes_of(visit, entry)}
    hashes |= {
        each.chat for found in known.values() for people in found.values() for each in people if each.chat
    }
    stops = {(row.hash, row.channel) for row in visit.all(_STOPS, hashes=list(hashes))}
    marks = {row.evidence for row in visit.all(_BROUGHT, hashes=[mark(visit, entry) for entry in entries])}
    texts = {code: _texts(visit, code) for code in {entry.pair.code for entry in entries}}
    agreed = {(entry.pair.code, entry.version) for entry in entries if entry.version}
    older = {each for each in agreed if versions.outdated(visit, *each)}  # asked about anew since
    return [
        _judged(visit, entry, known[entry.pair.channel], stops, marks, texts[entry.pair.code], older)
        for entry in entries
    ]  # fmt: skip


def _judged(
    visit: Visit,
    entry: Entry,
    known: Mapping[bytes, Sequence[Known]],
    stops: set[tuple[bytes, str]],
    marks: set[bytes],
    texts: dict[tuple[str, str], str],
    older: set[tuple[str, str]],
) -> Verdict:
    if mark(visit, entry) in marks:  # whatever became of it since, it is not brought twice
        return Verdict(entry, already=True)
    code, channel = entry.pair.code, entry.pair.channel
    addresses = _hashes_of(visit, entry)
    people = known.get(addresses[0], ())
    # Whoever gave no name here may be the one of the row: what they decided counts, but the row is not theirs for that.
    same = [each for each in people if channel == TELEGRAM or each.who == entry.who]
    maybe = [
        each for each in people if channel == EMAIL and each not in same and not (each.who and entry.who)
    ]
    for each in (*same, *maybe):
        if code in each.decided:
            return Verdict(entry, already=True) if each.decided[code] else Verdict(entry, Fault("decided"))
    # A name is written in two alphabets and many ways: whoever is refused here is not let in by another spelling, so for
    # what forbids anything all who answer to the mailbox count. A family may have to wait for one of them: the safe side.
    everybody = [each for found in addresses for each in known.get(found, ())]
    if any(code in each.decided and not each.decided[code] for each in everybody):
        return Verdict(entry, Fault("decided there"))
    chats = [each.chat for each in everybody if each.chat]
    if any((found, channel) in stops for found in (*addresses, *chats)):
        return Verdict(entry, Fault("stopped"))
    if any(each.frozen for each in everybody):
        theirs = any(each.frozen for each in (*same, *maybe))
        return Verdict(entry, Fault("frozen" if theirs else "frozen there"))
    if entry.version and (entry.version, entry.locale) not in texts:
        published = ", ".join(sorted({version for version, _locale in texts}))
        return Verdict(entry, Fault("version", {"purpose": code, "known": published}))
    if (code, entry.version) in older:
        return Verdict(entry, Fault("outdated", {"purpose": code}))
    if len(same) > 1 or (maybe and not entry.who):
        return Verdict(entry, Fault("several"))
    return Verdict(entry, subject=same[0].id if same else None)


def keep(visit: Visit, verdicts: Sequence[Verdict], actor: Actor) -> int:
    """Keep the consents of those rows that are taken, and who is new with what the purpose needs; how many.

    `verdicts` were judged in this very transaction. Raises IntegrityError when somebody decides or arrives in this moment:
    then nothing of it is kept, and it is judged anew.
    """
    taken = [each for each in verdicts if each.fault is None and not each.already]
    if not taken:
        return 0
    by = actor.label[:40] or actor.role
    made = _Batch(visit, {row.id: row.pseudonym for row in _pseudonyms(visit, taken)})
    made.texts = {code: _texts(visit, code) for code in {each.entry.pair.code for each in taken}}
    for each in taken:
        made.add(each)
    for model, rows in ((Subject, made.people), (Contact, made.contacts), (ProfileField, made.fields)):
        if rows:
            visit.add_each(model, rows)
    if made.collected:
        ledger.note_each(visit, made.collected, by)
    consents.bring(visit, made.given, by)
    return len(taken)


class _Batch:
    """The rows of one transaction; two consents of one new person make one person."""

    def __init__(self, visit: Visit, pseudonyms: dict[int, str]) -> None:
        self.visit = visit
        self.pseudonyms = pseudonyms
        self.people: list[dict[str, Any]] = []
        self.contacts: list[dict[str, Any]] = []
        self.fields: list[dict[str, Any]] = []
        self.collected: list[tuple[str, str, str, str]] = []
        self.given: list[Elsewhere] = []
        self.texts: dict[str, dict[tuple[str, str], str]] = {}  # by pair
        self._new: dict[tuple[bytes, str], int] = {}

    def add(self, verdict: Verdict) -> None:
        entry, visit = verdict.entry, self.visit
        who = verdict.subject
        if who is None:
            person = (_hash(visit, entry), entry.who)
            who = self._new.get(person)
            if who is None:
                who = self._new[person] = self._person(entry)
        texts = self.texts[entry.pair.code]
        self.given.append(
            Elsewhere(
                who, self.pseudonyms[who], entry.pair.code, entry.version,
                texts[entry.version, entry.locale] if entry.version else "", entry.locale, _moment(visit, entry.agreed),
                entry.until, mark(visit, entry), entry.evidence,
            )
        )  # fmt: skip

    def _person(self, entry: Entry) -> int:
        """Somebody the desk does not know yet. Their chat stays closed until they agree to the desk there themselves."""
        visit, channel = self.visit, entry.pair.channel
        made, pseudonym = numbers.row_id(), secrets.token_hex(12)
        state = subjects.CLOSED if channel == TELEGRAM else subjects.ACTIVE
        self.people.append({
            "id": made, "ref": secrets.token_hex(6), "locale": entry.locale, "state": state, "pseudonym": pseudonym,
            "screen": "", "draft": None, "asked_at": None, "since": visit.at,
        })  # fmt: skip
        self.pseudonyms[made] = pseudonym
        self._contact(made, channel, entry.address, _hash(visit, entry), _moment(visit, entry.proved))
        if entry.phone:
            self._contact(made, PHONE, entry.phone, visit.desk.vault.find(PHONE, entry.phone), None)
        for name, value in entry.names.items():
            row = numbers.row_id()
            sealed = visit.desk.vault.seal("profile", "value", row, value)
            self.fields.append({"id": row, "subject_id": made, "field": name, "value": sealed, "door": DOOR,
                                "since": visit.at})  # fmt: skip
            self.collected.append((pseudonym, ledger.COLLECTED, name, ""))
        return made

    def _contact(
        self, subject: int, channel: str, address: str, found: bytes, proved: datetime | None
    ) -> None:
        row = numbers.row_id()
        self.contacts.append({
            "id": row, "subject_id": subject, "channel": channel, "hash": found,
            "address": self.visit.desk.vault.seal("contacts", "address", row, address), "confirmed_at": proved,
            "door": DOOR, "since": self.visit.at,
        })  # fmt: skip
        self.collected.append((self.pseudonyms[subject], ledger.COLLECTED, channel, ""))


def weigh(visit: Visit) -> None:
    """Have PostgreSQL count its rows: what it planned for an empty table it would go on doing for a full one."""
    if visit.connection.dialect.name == "postgresql":
        for table in _COUNTED:
            visit.connection.execute(table)


def mark(visit: Visit, entry: Entry) -> bytes:
    """The keyed hash by which the same consent is known again, also after its person's data have gone."""
    parts = (DOOR, entry.pair.channel, entry.lookup, entry.who, entry.pair.code, entry.agreed.isoformat())
    return visit.desk.vault.find("evidence", "\0".join(parts))


def _hash(visit: Visit, entry: Entry) -> bytes:
    return visit.desk.vault.find(entry.pair.channel, entry.lookup)


def _hashes_of(visit: Visit, entry: Entry) -> tuple[bytes, ...]:
    """Under what the address of a row is looked for: itself, and without its tag (RFC 5233), where the same person reads it."""
    local, at, domain = entry.lookup.rpartition("@")
    untagged = local.partition("+")[0] if entry.pair.channel == EMAIL else local
    if untagged in ("", local):
        return (_hash(visit, entry),)
    return _hash(visit, entry), visit.desk.vault.find(EMAIL, f"{untagged}{at}{domain}")


def _moment(visit: Visit, day: date) -> datetime:
    """The beginning of a day: whatever the person did on it came after, and bites."""
    return datetime.combine(day, time(), zone(visit.operator.zone))


def _of(hashes: Iterable[bytes]) -> Select[Any]:
    """Who stands under these addresses. They are joined: a list of hundreds is compared with every row where PostgreSQL has not
    counted its rows yet, and then each batch takes longer than the one before.

    Who parked an address in a chat without proving it is not found by it (T-ID-05); whose record was joined has gone on.
    """
    wanted = (
        values(column("hash", LargeBinary), name="wanted")
        .data([(each,) for each in dict.fromkeys(hashes)])
        .cte("wanted")
    )
    return (
        select(_C.hash, _S.id, _S.state, _S.pseudonym, _chat.c.hash.label("chat"))
        .select_from(wanted)
        .join(Contact, (_C.channel == bindparam("by")) & (_C.hash == wanted.c.hash))
        .join(Subject, _C.subject_id == _S.id)
        .outerjoin(_chat, (_chat.c.subject_id == _S.id) & (_chat.c.channel == TELEGRAM))
        .where(_S.state != subjects.MERGED, _C.confirmed_at.is_not(None) | (_C.door == DOOR))
        .order_by(_S.id)
    )


def _under(visit: Visit, channel: str, entries: Sequence[Entry]) -> dict[bytes, list[Known]]:
    """Who stands under the addresses of a channel, by hash."""
    hashes = [
        found for entry in entries if entry.pair.channel == channel for found in _hashes_of(visit, entry)
    ]
    if not hashes:
        return {}
    people: dict[int, Known] = {}
    found: dict[bytes, list[Known]] = {}
    for row in visit.all(_of(hashes), by=channel):
        each = people.setdefault(row.id, Known(row.id, row.pseudonym, row.state in holds.FROZEN, row.chat))
        found.setdefault(row.hash, []).append(each)
    who = list(people)
    if not who:
        return {}
    for row in visit.all(_HELD, who=who, today=visit.today):
        people[row.subject_id].frozen = True
    for row in visit.all(_DECIDED, who=who):
        lives = row.state == consents.GIVEN and (row.valid_until is None or row.valid_until >= visit.today)
        people[row.subject_id].decided[row.purpose] = lives
    if channel == EMAIL:
        names: dict[int, dict[str, str]] = {}
        for row in visit.all(_NAMES, who=who):
            with suppress(
                Unreadable
            ):  # a damaged seal leaves somebody without a name: then nobody is taken for them
                value = visit.desk.vault.unseal("profile", "value", row.id, row.value)
                names.setdefault(row.subject_id, {})[row.field] = value
        for subject, given in names.items():
            people[subject].who = imports.known_as(given)
    return found


def _pseudonyms(visit: Visit, taken: Sequence[Verdict]) -> Sequence[Any]:
    who = [each.subject for each in taken if each.subject is not None]
    return visit.all(_WHO, who=who) if who else ()


def _texts(visit: Visit, name: str) -> dict[tuple[str, str], str]:
    """The versions of a document that were ever published here, by version and language, each with its hash."""
    return {(row.version, row.locale): row.digest for row in visit.all(_TEXTS, name=name)}
