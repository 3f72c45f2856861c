"""A person of whom everything is held that the store can hold: each shown column carries a mark of its own."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import update

from kelisim.desk import attachments as papers
from kelisim.desk import (
    cases,
    consents,
    decisions,
    dialogue,
    numbers,
    outbox,
    shown,
    staff,
    subjects,
    viewings,
)
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, Visit
from kelisim.mail.letter import Part
from kelisim.store.models import ConsentRecord, Hold, Letter, Link, Merge, Parked, Reply, Representation

PDF = b"%PDF-1.7 nothing"
GULNAR = staff.Actor("staff", "root as gulnar@alit.kz", "gulnar@alit.kz")
# Columns whose values are told otherwise than word for word: as a date, a role, a size, or masked.
IN_OTHER_WORDS = {"documents_shown.subject_id", "suppressions.hash", "attachments.content", "merges.moved", "holds.actor",
                  "viewings.actor", "cases.assignee", "case_events.actor", "letters.content", "replies.body",
                  "replies.actor"}  # fmt: skip


def mark(column: str, whose: str) -> str:
    """The value that stands in a column of this person, and nowhere else."""
    return f"{column.replace('.', ' ').replace('_', ' ')} of {whose}".title()


def fill(visit: Visit, whose: str, mailbox: str) -> dict[str, str]:
    """Fill every shown column of the visit's subject; the marks by column."""
    vault, subject = visit.desk.vault, visit.known
    marks = {name: mark(name, whose) for name in (
        "subjects.draft", "profile.value", "outbox.body", "parked.body", "cases.facts", "case_messages.body",
        "attachments.name", "viewings.reason", "holds.reason")}  # fmt: skip
    marks["contacts.address"], marks["outbox.address"] = mailbox, f"other.{mailbox}"
    subjects.keep_email(visit, Email(mailbox, mailbox))
    subjects.keep_field(visit, "surname", marks["profile.value"])
    document = visit.desk.shelf.current("informing-email", visit.locale)
    shown.note(visit, document)
    consents.give(visit, document)
    record, _number = consents.given_record(visit, "informing-email") or (0, "")
    marks["consent_records.source"] = mark("consent_records.source", whose)
    sealed = vault.seal("consent_records", "source", record, marks["consent_records.source"])
    visit.run(update(ConsentRecord).where(ConsentRecord.id == record).values(source=sealed))
    facts = {"field": "surname", "after": marks["cases.facts"]}
    case = cases.begin(visit, cases.CORRECTION, words=marks["case_messages.body"], facts=facts)
    papers.keep(visit, marks["attachments.name"], PDF)
    papers.adopt(visit, case)
    letter = numbers.row_id()
    visit.add(
        Letter, id=letter, mark=letter.to_bytes(32, "big"), subject_id=subject.id, case_id=case.id, outcome="question",
        content=vault.seal("letters", "content", letter, b"Subject: Question"), cause="", received_at=visit.at, at=visit.at,
    )  # fmt: skip
    draft(visit, case, f"Not yet said to {whose}")
    decisions.note(visit, case.number, f"Among staff about {whose}", GULNAR)
    decisions.answer(visit, case.number, f"Answer to {whose}", GULNAR)
    viewings.note(visit, GULNAR, viewings.DATA, marks["viewings.reason"], case.number)
    outbox.post(visit, "broadcast", EMAIL, {"subject": "s", "text": marks["outbox.body"]}, purpose="informing-email",
                address=marks["outbox.address"], due=visit.at + timedelta(days=30))  # fmt: skip
    outbox.post(visit, "code", EMAIL, {"text": "Your code: 987123", "subject": "s"}, address=mailbox,
                due=visit.at + timedelta(days=30))  # fmt: skip
    hold, merge, key = numbers.row_id(), numbers.row_id(), numbers.row_id()
    visit.add(
        Hold, id=hold, subject_id=subject.id, ground="law", reason=vault.seal("holds", "reason", hold, marks["holds.reason"]),
        actor=GULNAR.label, since=visit.at, until=None, ended_at=None,
    )  # fmt: skip
    visit.add(Merge, id=merge, subject_id=subject.id, other_id=1, state="done", at=visit.at,
              moved=vault.seal("merges", "moved", merge, "[]"))  # fmt: skip
    parked = json.dumps({"message": {"text": marks["parked.body"]}})
    visit.add(Parked, source="telegram 1", key=key, kind="message", tries=5, subject_id=subject.id,
              body=vault.seal("parked", "body", key, parked), cause="ValueError", at=visit.at)  # fmt: skip
    visit.add(Link, token=numbers.token().encode()[:32], use="complaint", subject_id=subject.id, ref=case.number,
              locale="en", expires=visit.at + timedelta(hours=72), used_at=None, browser=None, at=visit.at)  # fmt: skip
    visit.add(
        Representation, case_id=case.id, representative_id=2, subject_id=subject.id, role="parent", state="accepted",
        until=None, discloses_on=None, warned_at=None, since=visit.at,
    )  # fmt: skip
    dialogue.ask(visit, "ask.question", {"words": marks["subjects.draft"]})
    return marks


def draft(visit: Visit, case: cases.Case, words: str) -> int:
    """What staff wrote by letter and nobody has confirmed: with a file; the row of the reply."""
    reply, vault = numbers.row_id(), visit.desk.vault
    visit.add(
        Reply, id=reply, case_id=case.id, act="answer", body=vault.seal("replies", "body", reply, words), actor=GULNAR.label,
        state="waiting", version=case.version, why="", release_at=None, echo_id=None, at=visit.at,
    )  # fmt: skip
    assert papers.keep_out(visit, case, reply, [Part(f"{words}.pdf", PDF)]) == []
    return reply


def access_case(visit: Visit) -> str:
    """A number under which the file may be had."""
    return cases.begin(visit, cases.ACCESS).number
