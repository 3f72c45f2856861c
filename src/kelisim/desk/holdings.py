"""What is held about a person, kind by kind: the value, its proof, the door it came by, and what each kind is used for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, func, select

from kelisim.desk import cases, consents, identity, phrases
from kelisim.desk.purposes import Pair, Recipient
from kelisim.desk.visit import EMAIL, PHONE, TELEGRAM, Visit
from kelisim.store.models import Case, Contact, ProfileField
from kelisim.store.sealed import Unreadable
from kelisim.texts import _

CHAT, WORDS, CONDITIONS = "telegram_id", "words", "conditions"  # kinds beside the fields and addresses
ORDER = (CHAT, EMAIL, PHONE, "surname", "name", "patronymic", CONDITIONS)
_KIND = {TELEGRAM: CHAT}

_C, _P, _K = Contact.__table__.c, ProfileField.__table__.c, Case.__table__.c
_CONTACTS = select(_C.id, _C.channel, _C.address, _C.confirmed_at, _C.door, _C.since).where(
    _C.subject_id == bindparam("subject")
)
_PROFILE = select(_P.id, _P.field, _P.value, _P.door, _P.since).where(_P.subject_id == bindparam("subject"))
_CASES = select(func.count()).where(_K.subject_id == bindparam("subject"), _K.kind != cases.ACCESS)


@dataclass(frozen=True, slots=True)
class Holding:
    """One value: its kind, whether and when it was proved (only addresses can be), its door and the pairs that use it."""

    kind: str
    value: str
    provable: bool
    proved_at: datetime | None
    door: str
    since: datetime
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A consent in force: what for, on what basis, by which methods, until when and to whom the data go."""

    code: str
    label: str
    why: str
    basis: str
    methods: tuple[str, ...]
    data: tuple[str, ...]
    number: str
    version: str
    since: datetime
    until: date | None
    term: str
    recipients: tuple[Recipient, ...]
    publication: bool


def held(visit: Visit) -> list[Holding]:
    """Every address and field of the visit's subject, opened; nobody else's, whoever shares a mailbox (T-ID-06)."""
    subject = visit.known.id
    used = _pairs(visit)
    found = []
    for row in visit.all(_CONTACTS, subject=subject):
        kind = _KIND.get(row.channel, row.channel)
        value = _opened(visit, "contacts", "address", row.id, row.address)
        found.append(
            Holding(kind, value, True, row.confirmed_at, row.door, row.since, _using(kind, used))
        )  # fmt: skip
    for row in visit.all(_PROFILE, subject=subject):
        value = _opened(visit, "profile", "value", row.id, row.value)
        found.append(Holding(row.field, value, False, None, row.door, row.since, _using(row.field, used)))
    return sorted(found, key=lambda each: (ORDER.index(each.kind) if each.kind in ORDER else 99, each.since))


def _opened(visit: Visit, table: str, column: str, row: int, sealed: bytes) -> str:
    """A sealed cell; empty when its seal is damaged: the rest is told all the same."""
    try:
        return visit.desk.vault.unseal(table, column, row, sealed)
    except Unreadable:
        return ""


def requests(visit: Visit) -> int:
    """How many requests the person ever made here beside those for this very information: in them they said something."""
    row = visit.one(_CASES, subject=visit.known.id)
    return int(row[0]) if row is not None else 0


def uses(visit: Visit) -> list[Use]:
    """The consents in force with everything art. 8 p. 4 wants to be told, in the language of the visit."""
    locale, standing = visit.locale, consents.standing(visit)
    said = visit.desk.shelf.phrases(locale)
    return [
        Use(
            code, pair.label(locale), pair.purpose.why.to(locale), pair.purpose.basis.to(locale),
            tuple(said.verbs[verb] for verb in pair.purpose.processing), pair.data, standing[code].number,
            standing[code].version, standing[code].since, standing[code].valid_until,
            phrases.length(pair.term, locale, said), pair.recipients, pair.purpose.publication,
        )
        for code, pair in _pairs(visit).items()
    ]  # fmt: skip


def only_the_chat(visit: Visit, found: list[Holding], using: list[Use]) -> bool:
    """Whether nothing is held but the chat itself and the consent that lets it work."""
    return (
        [each.kind for each in found] == [CHAT]
        and all(use.code == consents.DESK for use in using)
        and not cases.how_many(visit)
    )


def _pairs(visit: Visit) -> dict[str, Pair]:
    """The pairs in force today, and those that are paused, in the order of the operator file; one that was switched off
    meanwhile is named too."""
    given = set(consents.undecided(visit))
    return {code: pair for code, pair in visit.operator.every_pair.items() if code in given}


def _using(kind: str, used: dict[str, Pair]) -> tuple[str, ...]:
    """The pairs that use a kind; the desk only where no other does (its `later` data come in requests)."""
    if kind == CONDITIONS:
        return tuple(code for code, pair in used.items() if pair.purpose.publication)
    asked = tuple(code for code, pair in used.items() if kind in pair.way.required + pair.way.optional)
    return asked or tuple(code for code, pair in used.items() if kind in pair.way.later)


def named(visit: Visit, kind: str) -> str:
    """A kind of data in words, as the documents call it."""
    if kind == CONDITIONS:
        return _("conditions of publication")
    said = visit.desk.shelf.phrases(visit.locale).data
    return next((words for known, words in said.items() if known == kind), kind)


def masked(each: Holding) -> str:
    """A value of which only enough is left to know it again (SCREENS rule 8)."""
    if each.kind == EMAIL:
        return identity.mask_email(each.value)
    if each.kind == PHONE:
        return identity.mask_phone(each.value)
    if each.kind == CHAT:
        return f"… {each.value[-2:]}"
    return " ".join(identity.mask_name(word) for word in each.value.split()[:5])


def door(name: str) -> str:
    """Where something came from, in words."""
    return {
        TELEGRAM: _("from this chat"),
        EMAIL: _("from a letter"),
        "letter": _("from a letter"),
        "web": _("from the site"),
        "import": _("brought in by the operator"),
        "cli": _("entered by the operator"),
    }.get(name, name)
