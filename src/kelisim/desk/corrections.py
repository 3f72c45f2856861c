"""Correction, field by field (P11): what can be proved changes at once, what needs documents is decided by staff (D3).

What stood there before is kept in the facts of the request, sealed, and ends with it. A contact that changes is told to every
other proved one before the old address goes, and can be undone there (T-ID-08).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update

from kelisim.desk import (
    alerts,
    attachments,
    cases,
    codes,
    decisions,
    files,
    handoffs,
    kinds,
    links,
    staff,
    subjects,
)
from kelisim.desk.cases import Case
from kelisim.desk.errors import Refusal
from kelisim.desk.identity import Email
from kelisim.desk.staff import Actor
from kelisim.desk.subjects import Address
from kelisim.desk.visit import EMAIL, PHONE, TELEGRAM, Visit
from kelisim.store.models import OutboxMessage
from kelisim.texts import _

SURNAME, NAME, PATRONYMIC, OTHER = "surname", "name", "patronymic", "other"
NAMES = (SURNAME, NAME, PATRONYMIC)  # staff decide, by documents
PROVED = (EMAIL, PHONE)  # a code or Telegram's own contact decides, at once
FIELDS = (*NAMES, *PROVED, OTHER)
MERGE = "merge"  # of the request under which two records became one: see `merges`

_O = OutboxMessage.__table__.c
_HOLD_FILES = (
    update(OutboxMessage)
    .where(_O.subject_id == bindparam("subject"), _O.kind == "file-letter", _O.state == "waiting")
    .values(state="cancelled", body=None, address=None, settled_at=bindparam("now"))
)


def contact(visit: Visit, channel: str) -> Address | None:
    """The mailbox or phone in use: the first that is proved, else the first there is."""
    known = subjects.addresses(visit, channel)
    return next((one for one in known if one.confirmed_at), next(iter(known), None))


def current(visit: Visit, field: str) -> str:
    """What is on record for a field; empty when nothing is."""
    if field in PROVED:
        known = contact(visit, field)
        return known.value if known is not None else ""
    return subjects.profile(visit).get(field, "") if field in NAMES else ""


def pending(visit: Visit, field: str) -> Case | None:
    """The request about this field that nobody has decided yet."""
    return next(
        (case for case in cases.in_hand(visit, cases.CORRECTION) if case.facts.get("field") == field), None
    )


def ask(visit: Visit, field: str, after: str) -> tuple[Case, bool]:
    """Ask staff to correct a field (`other`: in the person's own words); the request, and whether an open one took it.

    A new value for a field that is being decided replaces the one that was asked for. Raises NotWhileBlocked.
    """
    subjects.free(visit)
    known = pending(visit, field)
    if known is not None and field != OTHER:
        return _joined(visit, cases.set_facts(visit, known, {**known.facts, "after": after})), True
    known = known or cases.room(visit, cases.CORRECTION)
    if known is not None:
        cases.say(visit, known, cases.IN, after if field == OTHER else f"{kinds.field(field)}: {after}")
        return _joined(visit, known), True
    facts: dict[str, Any] = {"field": field}
    if field != OTHER:
        facts |= {"before": current(visit, field), "after": after}
    case = cases.begin(visit, cases.CORRECTION, words=after if field == OTHER else "", facts=facts)
    attachments.adopt(visit, case)
    return handoffs.send(visit, case), False


def _joined(visit: Visit, case: Case) -> Case:
    attachments.adopt(visit, case)
    return handoffs.send(visit, case, handoffs.MORE)


def change_email(visit: Visit, email: Email) -> Case:
    """Put a mailbox, proved by its code a moment ago, in the place of the one in use; the request that says so."""
    found = visit.desk.vault.find(EMAIL, email.lookup)
    return _change(visit, EMAIL, contact(visit, EMAIL), email.address, found)


def add_email(visit: Visit, email: Email) -> Case | None:
    """Keep one more mailbox, proved by its code a moment ago; nothing when it was proved already."""
    found = visit.desk.vault.find(EMAIL, email.lookup)
    if any(one.hash == found and one.confirmed_at for one in subjects.contacts(visit, EMAIL)):
        return None
    return _change(visit, EMAIL, None, email.address, found)


def change_phone(visit: Visit, number: str) -> Case:
    """Put Telegram's own contact of this person in the place of the phone in use. It opens nobody's data (T-ID-07)."""
    return _change(visit, PHONE, contact(visit, PHONE), number, visit.desk.vault.find(PHONE, number))


def prove_phone(visit: Visit, number: str) -> Case:
    """Keep a proved phone and ask staff what else is kept under it: by itself it opens nothing, for numbers change hands.

    The request is made whether anything is known or not, so it tells nothing; an open one about the number is the same.
    """
    subjects.free(visit)
    found = visit.desk.vault.find(PHONE, number)
    known = next(
        (case for case in cases.in_hand(visit, cases.QUESTION) if case.facts.get("reach") == number), None
    )
    if known is not None:
        return known
    asked = _("Is anything about me kept under this phone, by other ways than this chat?")
    case = cases.begin(visit, cases.QUESTION, words=asked, facts={"reach": number})
    if not any(one.hash == found and one.confirmed_at for one in subjects.contacts(visit, PHONE)):
        alerts.post(visit, alerts.CONTACT, case.number, but=found)
        void(visit)
        subjects.replace_contact(visit, None, PHONE, number, found, case.number)
    return handoffs.send(visit, case)


def _change(visit: Visit, channel: str, old: Address | None, address: str, found: bytes) -> Case:
    subjects.free(visit)
    facts = {"field": channel, "before": old.value if old is not None else "", "after": address}
    case = done(visit, facts)
    alerts.post(visit, alerts.CONTACT, case.number, but=found)  # before the old one goes
    void(visit)
    subjects.replace_contact(visit, old, channel, address, found, case.number)
    return case


def done(visit: Visit, facts: dict[str, Any]) -> Case:
    """A request that is done in the moment it is made: what it changed needs no one's decision."""
    case = cases.begin(visit, cases.CORRECTION, facts=facts)
    return cases.act(visit, case, cases.ACCEPTED, to=cases.DONE, actor=staff.DESK)


def void(visit: Visit) -> None:
    """A change of contacts ends every secret that was given out before, and a file on its way to the old one (I12)."""
    for use in files.MAKERS:  # «It was not me» and opting out stay: they only take away
        links.void(visit, use)
    for chat in subjects.contacts(visit, TELEGRAM):
        codes.void(visit, chat.hash)
    visit.run(_HOLD_FILES, subject=visit.known.id, now=visit.at)


def undo(visit: Visit, case: Case) -> bool:
    """«It was not me»: the new contact no longer counts, the one before stands again; whether anything was undone."""
    field, before = case.facts.get("field"), case.facts.get("before", "")
    if field not in PROVED or case.state != cases.DONE:
        return False
    if not subjects.unprove(visit, field, _hash(visit, field, case.facts["after"])):
        return False
    void(visit)
    if before:
        subjects.replace_contact(visit, None, field, before, _hash(visit, field, before), case.number)
    return True


def _hash(visit: Visit, channel: str, address: str) -> bytes:
    return visit.desk.vault.find(channel, subjects.lookup(address) if channel == EMAIL else address)


def destroy_field(visit: Visit, number: str, words: str, actor: Actor) -> Case:
    """Staff's way out where a field cannot be corrected: the law says destroy (D3); the person is told in `words`."""
    case = cases.known(visit, number)
    if case.kind != cases.CORRECTION or case.facts.get("field") not in NAMES:
        raise decisions.Impossible(f"{number} asks for no field that could be destroyed")
    if not case.in_hand:
        raise decisions.Impossible(f"{number} is {case.state}")
    cases.set_facts(visit, case, {**case.facts, "destroy": True})
    return decisions.accept(visit, number, words, actor)


@decisions.effect(cases.CORRECTION, cases.ACCEPTED)
def _accepted(visit: Visit, case: Case, actor: Actor) -> None:
    """The field changes, or goes where it cannot be corrected; what is not a field staff have done by hand."""
    field = case.facts.get("field")
    if visit.subject is None or field not in NAMES:
        return
    try:
        subjects.free(visit)
    except Refusal as frozen:
        raise decisions.Impossible("the data are blocked: nothing changes before that is lifted") from frozen
    by = actor.label[:40] or actor.role
    if case.facts.get("destroy"):
        subjects.drop_field(visit, field, case.number, by)
    else:
        subjects.keep_field(visit, field, case.facts["after"], case.number, by)
