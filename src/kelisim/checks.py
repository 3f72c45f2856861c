"""What `kelisim check` looks at: everything that is missing or wrong, in plain words, at once."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from datetime import timedelta

from babel.messages.pofile import read_po
from sqlalchemy import Connection

from kelisim import opening, texts
from kelisim.clock import Clock
from kelisim.desk import consents, dates, failures, ledger, operator, renewals, retention, subjects
from kelisim.desk.deadlines import WrongZone, assert_zone
from kelisim.desk.documents import Shelf
from kelisim.desk.visit import CHANNELS, Desk
from kelisim.settings import NotConfigured, Settings
from kelisim.store.database import open_database

# Where a policy of this kind and the Law part; the operator's lawyer decides (LAW.md 9.2, UNC marks).
FOR_THE_LAWYER = (
    "consent records are kept for three years after the end: the Law gives no number",
    "the ground of processing is consent alone: contract and legitimate interest are not in art. 9",
    "Telegram is a channel abroad: each consent through it says so; a new purpose needs an update of the policy",
    "under 18 only what reduces processing is taken: the Law names no age",
)


UNSEALED = timedelta(minutes=2)


@dataclass(slots=True)
class Section:
    """One part of the check: faults end it with status 1, notes do not; `fine` is what was tried and went well."""

    name: str
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fine: list[str] = field(default_factory=list)


async def run(settings: Settings) -> list[Section]:
    """All sections, the store last because it needs the rest."""
    machine, file, documents, words, store = (
        Section(name) for name in ("machine", "operator file", "documents", "catalogues", "store")
    )
    _machine(machine, settings)
    words.faults += catalogues()
    found: operator.Operator | None = None
    try:
        found = operator.load(settings.operator)
    except operator.OperatorFaults as fault:
        file.faults += fault.faults
    if found is not None:
        lacking = found.lacks()
        (file.faults if settings.production else file.notes).extend(lacking)
        if settings.production:
            file.notes += [f"for the lawyer: {line}" for line in FOR_THE_LAWYER]
        folders = [texts.LOCALES_FOLDER, settings.home / "documents"]
        documents.faults += Shelf(found, folders, trial=not settings.production).problems()
    if not (file.faults or documents.faults or machine.faults):
        await _store(store, settings)
    elif not store.faults:
        store.notes.append("not looked at until the rest is right")
    return [machine, file, documents, words, store]


def _machine(section: Section, settings: Settings) -> None:
    try:
        assert_zone(Clock().now())
    except WrongZone as fault:
        section.faults.append(str(fault))
    if settings.smtp is None:
        section.notes.append("KELISIM_SMTP is not set: letters and codes wait, no e-mail can be proved")
    if settings.url is None:
        section.notes.append(
            "KELISIM_URL is not set: there are no links, files go to the chat or a mailbox only"
        )
    if (3, 11, 2) < sys.version_info[:3] < (3, 11, 10) or sys.version_info[:3] in ((3, 12, 0), (3, 12, 1)):
        section.notes.append(
            "this Python lets line breaks into headers of letters (CVE-2024-6923): take a newer one"
        )
    section.notes += (
        [] if settings.production else ["a trial: keys are made in the home, the sample operator file serves"]
    )


def catalogues() -> list[str]:
    """Sentences without a translation, fuzzy ones, and placeholders that differ."""
    faults = []
    for locale in texts.LOCALES:
        path = texts.LOCALES_FOLDER / locale / "LC_MESSAGES" / "kelisim.po"
        if not path.is_file():
            faults.append(f"{locale}: there is no catalogue")
            continue
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale)
        for message in catalogue:
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
            told = message.string if isinstance(message.string, tuple | list) else (message.string or "",)
            if message.fuzzy or not all(told):
                faults.append(f"{locale}: not translated: {ids[0]}")
                continue
            wanted = set().union(*(_holes(one) for one in ids))
            faults += [f"{locale}: other placeholders: {ids[0]}" for one in told if _holes(one) - wanted]
            faults += [
                f"{locale}: a placeholder is missing: {ids[0]}" for one in told[-1:] if wanted - _holes(one)
            ]
    return faults


def _holes(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


async def _store(section: Section, settings: Settings) -> None:
    try:
        desk = opening.open_desk(settings)
        database = open_database(opening.url_of(settings))
    except (opening.CannotServe, NotConfigured, OSError) as fault:
        section.faults.append(str(fault))
        return
    try:
        await database.keep(lambda connection: _in_store(section, desk, connection))
    except opening.CannotServe as fault:
        section.faults.append(str(fault))
    except Exception as fault:
        section.faults.append(f"the store does not answer: {type(fault).__name__}")
    finally:
        await database.close()


def _in_store(section: Section, desk: Desk, connection: Connection) -> None:
    opening.agree_with_store(desk, connection)
    visit = subjects.own_visit(desk, connection)
    section.faults += consents.differences(visit)
    if (place := ledger.broken(visit)) is not None:
        section.faults.append(f"the ledger does not hold from place {place} on")
    if (number := ledger.missing_head(visit)) is not None:
        section.faults.append(
            f"receipt {number} names a head that is no longer in the ledger: it was cut or rewritten"
        )
    if late := dates.overdue(visit):
        section.notes.append(f"requests overdue: {', '.join(case.number for case in late)}")
    if unasked := renewals.unasked(visit):
        section.notes.append(
            f"people agreed to an older text and were not asked anew: {', '.join(unasked)} (`kelisim broadcast policy`)"
        )
    if (run := retention.last(visit)) is not None:
        so_far = "" if run.over else ", not ended yet"
        section.notes.append(f"retention of {run.day}{so_far}: {retention.counts(run.done)}")
    if (oldest := ledger.oldest_unsealed(visit)) is not None and visit.at - oldest > UNSEALED:
        section.notes.append(
            f"entries of the ledger wait for their seal since {oldest:%Y-%m-%d %H:%M} (UTC): does it serve?"
        )
    for channel in CHANNELS:
        if told := failures.last(visit, channel):
            section.notes.append(f"{channel}: messages are not getting out since {told}")
    if told := failures.last(visit, failures.MAILBOX):
        section.notes.append(f"the mailbox has not been read since {told}")
