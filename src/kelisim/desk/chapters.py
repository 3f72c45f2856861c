"""What the full file says, chapter by chapter, in the person's language: the same words on the page and on paper.

A chapter is made of pieces that come one by one, so that ten thousand messages are never held as a page in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kelisim.desk import cases, holdings, kinds, receipts
from kelisim.desk.wordings import (
    act,
    became,
    channel,
    message,
    on,
    outcome,
    reason,
    role,
    sentence,
    shown,
    size,
    standing,
    state,
    thing,
    verb,
    when,
)  # fmt: skip
from kelisim.texts import NAMES, _, plural

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True, slots=True)
class Head:
    """A heading inside a chapter."""

    words: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values; empty values are left out by whoever makes them."""

    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows that come one by one; `count` says how many."""

    heads: tuple[str, ...]
    rows: Iterator[tuple[str, ...]]
    count: int


@dataclass(frozen=True, slots=True)
class Speech:
    """Words of one side, exactly as they were written."""

    who: str
    words: str
    own: bool


Piece = Text | Head | Pairs | Table | Speech


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the file: its anchor, its title, and its pieces, made anew each time they are asked for."""

    id: str
    title: str
    pieces: Callable[[], Iterator[Piece]]


# Which chapter tells a column of the register of personal data (store/models REGISTER); a test compares the two.
TOLD_IN = {
    "subjects.draft": "aside", "contacts.address": "held", "profile.value": "held", "suppressions.hash": "consents",
    "outbox.address": "messages", "outbox.body": "messages", "documents_shown.subject_id": "documents",
    "parked.body": "aside", "cases.facts": "requests", "cases.assignee": "requests", "case_events.actor": "requests",
    "case_messages.body": "requests", "attachments.name": "requests", "attachments.content": "requests",
    "viewings.reason": "looked", "viewings.actor": "looked", "holds.reason": "aside", "holds.actor": "aside",
    "merges.moved": "aside", "letters.content": "requests", "replies.body": "requests", "replies.actor": "requests",
    "consent_records.source": "consents",
}  # fmt: skip


def of(facts: Facts) -> list[Chapter]:
    """The chapters in their order; call it, and read the pieces, while the file's language is spoken."""
    named = (
        ("operator", _("Who answers for your data, and your rights"), _operator),
        ("held", _("What is held about you"), _held),
        ("purposes", _("What it is used for"), _purposes),
        ("recipients", _("Who receives it, and in which countries"), _recipients),
        ("kept", _("How long it is kept"), _kept),
        ("looked", _("Who of the staff looked at it"), _looked),
        ("consents", _("Your consents and stops, every record"), _consents),
        ("documents", _("Documents you were shown"), _documents),
        ("messages", _("Messages sent to you"), _messages),
        ("requests", _("Your requests and what was said"), _requests),
        ("journal", _("The journal of acts with your data"), _journal),
        ("aside", _("Everything else"), _aside),
    )
    return [Chapter(name, title, lambda made=made: made(facts)) for name, title, made in named]  # type: ignore[misc]


def title(facts: Facts) -> str:
    """The heading of the file."""
    return _("Your data: file No. {number}", number=facts["number"])


def opening(facts: Facts) -> list[str]:
    """The sentences before the contents."""
    said = [
        _("Made on {moment}, at your request, free of charge. Only your own data are here: nobody else's.",
          moment=when(facts["made_at"]))
    ]  # fmt: skip
    if facts["trial"]:
        said.append(_("This is a trial: the operator is a sample and its promises bind nobody."))
    return said


def _operator(facts: Facts) -> Iterator[Piece]:
    known = facts["operator"]
    yield Pairs(_filled(
        (_("Operator"), known["name"]), (_("BIN"), known["bin"]), (_("Address"), known["address"]),
        (_("Site"), known["site"]), (_("Mailbox"), known["mailbox"]),
        (_("Responsible person"), f"{known['responsible']}, {known['responsible_address']}"), (_("Law"), known["law"]),
        (_("Place of storage"), known["storage_place"]),
    ))  # fmt: skip
    yield Text(_("You may, free of charge: learn what is held, have it corrected, blocked or destroyed, withdraw a consent, "
                 "object to automated processing, ask and complain. In the chat each of these is in the menu; by letter, write "
                 "to {mailbox}.", mailbox=known["mailbox"]))  # fmt: skip
    yield Text(_("If you do not agree with the operator, you may complain to the authorised body ({authority}) or go to court.",
                 authority=known["authority"]))  # fmt: skip


def _held(facts: Facts) -> Iterator[Piece]:
    labels = {use["code"]: use["label"] for use in facts["purposes"]}
    for each in facts["held"]:
        yield Head(sentence(each["name"]))
        used = "; ".join(labels[code] for code in each["purposes"] if code in labels)
        yield Pairs(_filled(
            (_("Value"), each["value"] or _("cannot be read any more: its record is damaged")),
            (_("Proved"), _proved(each)), (_("Source"), holdings.door(each["source"])), (_("Since"), when(each["since"])),
            (_("Used for"), used or _("nothing any more: no consent in force uses it")),
        ))  # fmt: skip
    person = facts["person"]
    yield Head(_("About the chat"))
    yield Pairs(_filled(
        (_("Known since"), when(person["known_since"])),
        (_("Language"), NAMES[person["language"]]),
        (_("State"), {"active": _("in use"), "blocked": _("blocked"), "erasing": _("being destroyed"),
                      "closed": _("closed")}.get(person["state"], person["state"])),
    ))  # fmt: skip


def _proved(each: Facts) -> str:
    if not each["provable"]:
        return _("as you gave it")
    return when(each["proved_at"]) if each["proved_at"] else _("not proved")


def _purposes(facts: Facts) -> Iterator[Piece]:
    if not facts["purposes"]:
        yield Text(_("No consent is in force."))
    for use in facts["purposes"]:
        yield Head(use["label"])
        yield Pairs(_filled(
            (_("Why"), use["purpose"]), (_("Basis"), use["basis"]), (_("Methods of processing"), ", ".join(use["methods"])),
            (_("Data"), ", ".join(use["data"])), (_("Consent"), f"№ {use['number']}"), (_("Since"), when(use["since"])),
            (_("Last day"), on(use["last_day"])), (_("Who receives it"), "; ".join(use["recipients"]) or _("nobody")),
            (_("Abroad"), _("yes") if use["cross_border"] else _("no")),
            (_("Made public"), _("yes") if use["made_public"] else _("no")),
        ))  # fmt: skip


def _recipients(facts: Facts) -> Iterator[Piece]:
    if not facts["recipients"]:
        yield Text(_("Nobody."))
    for each in facts["recipients"]:
        yield Head(sentence(each["name"]))
        yield Pairs(_filled(
            (_("Country"), each["country"]), (_("Why"), each["why"]),
            (_("Abroad"), _("yes") if each["cross_border"] else _("no")), (_("What was done for it"), each["steps"]),
        ))  # fmt: skip


def _kept(facts: Facts) -> Iterator[Piece]:
    kept = facts["retention"]
    consents, requests = kept["consent_records_years"], kept["cases_years"]
    yield Pairs((
        (_("Consent records"),
         plural("{n} year after the consent has ended", "{n} years after the consent has ended", consents)),
        (_("Requests"), plural("{n} year after closing", "{n} years after closing", requests)),
        (_("Backup copies"), plural("{n} day", "{n} days", kept["backups_days"])),
        (_("Technical logs, without names"), plural("{n} day", "{n} days", kept["logs_days"])),
    ))  # fmt: skip
    yield Text(_("Everything else is kept while a consent uses it: see the last days above. Codes live for minutes, what you "
                 "began to type for a day."))  # fmt: skip


def _looked(facts: Facts) -> Iterator[Piece]:
    if not facts["viewings"]:
        yield Text(_("Nobody yet."))
        return
    yield Table(
        (_("When"), _("Who"), _("What"), _("Reason")),
        ((when(each["at"]), role(each["role"]), shown(each["what"], each["number"]), reason(each)) for each in facts["viewings"]),
        len(facts["viewings"]),
    )  # fmt: skip


def _consents(facts: Facts) -> Iterator[Piece]:
    for stop in facts["stops"]:
        yield Text(_("Messages are stopped ({channel}) since {moment}, No. {number}. Of each stopped address a computed code is "
                     "kept, so that the stop is not forgotten.", channel=channel(stop["channel"]),
                     moment=when(stop["since"]), number=stop["number"]))  # fmt: skip
    for each in facts["consents"]:
        if each["evidence"]:
            yield Text(_("Consent No. {number} was given outside this desk and brought in by the operator. The evidence they keep "
                         "of it: {evidence}", number=each["number"], evidence=each["evidence"]))  # fmt: skip
    yield Table(
        (_("When"), _("Act"), _("Purpose"), _("Number"), _("Last day"), _("Version of the text"), _("SHA-256 of the text"),
         _("Code of the receipt")),
        ((when(each["at"]), receipts.act_named(each["act"]), each["label"], each["number"], on(each["last_day"]),
          each["text_version"] or "", each["sha256"] or "", each["receipt_code"]) for each in facts["consents"]),
        len(facts["consents"]),
    )  # fmt: skip


def _documents(facts: Facts) -> Iterator[Piece]:
    if not facts["documents_shown"]:
        yield Text(_("None."))
        return
    yield Table(
        (_("When first"), _("Document"), _("Version of the text"), _("Language"), _("SHA-256 of the text")),
        ((when(each["at"]), _("📄 Policy") if each["document"] == "policy" else each["label"], each["version"],
          NAMES.get(each["language"], each["language"]), each["sha256"]) for each in facts["documents_shown"]),
        len(facts["documents_shown"]),
    )  # fmt: skip


def _messages(facts: Facts) -> Iterator[Piece]:
    if not facts["messages"]:
        yield Text(_("None."))
        return
    yield Text(_("Of what was delivered only the fact is kept: the words are forgotten with the delivery."))
    yield Table(
        (_("When"), _("What"), _("Channel"), _("Number"), _("Outcome"), _("Address"), _("Words")),
        ((when(each["at"]), each["label"] or message(each["kind"]), channel(each["channel"]), each["number"] or "",
          outcome(each["state"], each["cause"] or ""), each["to"] or "", each["words"] or "") for each in facts["messages"]),
        len(facts["messages"]),
    )  # fmt: skip


def _requests(facts: Facts) -> Iterator[Piece]:
    if not facts["requests"]:
        yield Text(_("None."))
    for each in facts["requests"]:
        yield Head(f"№ {each['number']}, {kinds.named(each['kind'])}")
        yield Pairs(_filled(
            (_("Received"), when(each["received_at"])), (_("State"), state(each["state"])),
            (_("Answer due"), on(each["answer_due"])), (_("Closed"), when(each["closed_at"])),
            *((asked["name"], asked["value"]) for asked in each["asked"]),
        ))  # fmt: skip
        if each["for_another"]:
            yield Text(_("You asked this for another person: whom it concerns and what was answered are their data and are not "
                         "in this file."))  # fmt: skip
        for said in each["words"]:
            own = said["way"] == cases.IN
            who = (
                _("You, {moment}", moment=when(said["at"]))
                if own
                else _("We, {moment}", moment=when(said["at"]))
            )
            yield Speech(who, said["words"] or _("cannot be read any more: its record is damaged"), own)
        yield from _files(each["attachments"])
        yield Table(
            (_("When"), _("Step"), _("Who")),
            ((when(step["at"]), act(step["act"]), role(step["role"])) for step in each["steps"]),
            len(each["steps"]),
        )
    yield from _letters(facts)


def _files(given: list[Facts]) -> Iterator[Piece]:
    for way, heading in ((cases.IN, _("Your files")), (cases.OUT, _("Files from us"))):
        found = [file for file in given if file["way"] == way]
        if found:
            yield Table(
                (heading, _("Type"), _("Size"), _("When")),
                ((file["name"] or "…", file["type"].upper(), size(file["bytes"]), when(file["at"])) for file in found),
                len(found),
            )  # fmt: skip
    if given:
        yield Text(_("The files themselves are not inside. To have one back, add a line to the request in “My requests”, or "
                     "write to the mailbox with its number."))  # fmt: skip


def _letters(facts: Facts) -> Iterator[Piece]:
    taken = facts["letters"]
    if taken:
        yield Head(_("Letters from you that were taken from the mailbox"))
        yield Table(
            (_("When"), _("What became of it"), _("Number"), _("Original")),
            ((when(each["at"]), became(each["outcome"]), each["number"] or "", _("is kept") if each["original"] else "")
             for each in taken),
            len(taken),
        )  # fmt: skip


def _journal(facts: Facts) -> Iterator[Piece]:
    yield Text(_("Kept under a random name that is tied to you only while your data are here."))
    labels = {each["code"]: each["label"] for each in facts["purposes"]}
    yield Table(
        (_("When"), _("Act"), _("With what"), _("Number"), _("Who")),
        ((when(each["at"]), verb(each["verb"]), thing(each["what"], labels), each["number"] or "", role(each["role"]))
         for each in facts["ledger"]),
        len(facts["ledger"]),
    )  # fmt: skip


def _aside(facts: Facts) -> Iterator[Piece]:
    told = False
    for piece in (*_orders(facts), *_ways(facts)):
        told = True
        yield piece
    by_hash = facts["by_hash"]
    if by_hash["codes"] or by_hash["attempts"]:
        told = True
        yield Text(_("Kept as computed codes, from which nothing can be read back: codes sent and not yet used, {codes}; attempts "
                     "counted for the limits of the last 24 hours, {attempts}.", **by_hash))  # fmt: skip
    if not told:
        yield Text(_("None."))


def _orders(facts: Facts) -> Iterator[Piece]:
    for each in facts["holds"]:
        yield Head(_("These data must stay for a time"))
        yield Pairs(_filled(
            (_("Ground"), each["ground"]), (_("Reason"), each["reason"]), (_("Since"), when(each["since"])),
            (_("Until"), on(each["until"])), (_("Ended"), when(each["ended_at"])),
        ))  # fmt: skip
    for each in facts["representations"]:
        yours = each["acts"] == "for you"
        yield Head(_("Someone may act for you") if yours else _("You act for another person"))
        yield Pairs(_filled(
            (_("Authority"), kinds.role(each["role"])), (_("State"), standing(each["state"])),
            (_("Since"), when(each["since"])), (_("Until"), on(each["until"])),
        ))  # fmt: skip
    for each in facts["erasures"]:
        yield Text(_("A deletion was asked for on {moment}, No. {number}; to be done by {due}.", moment=when(each["begun_at"]),
                     number=each["number"], due=on(each["due"])))  # fmt: skip
    for each in facts["merges"]:
        yield Text(_("Two records were found to be yours on {moment}.", moment=when(each["at"])))


def _typed(name: str) -> str:
    """What stands in an unfinished flow, in words."""
    if name == "words":
        return _("Words")
    label = kinds.field(name)
    return label if label != name else kinds.field("other")


def _ways(facts: Facts) -> Iterator[Piece]:
    for each in facts["links"]:
        yield Text(_("A one-time link was made on {moment}; it ends on {end}.", moment=when(each["made_at"]),
                     end=when(each["ends_at"])))  # fmt: skip
    if facts["unfinished"]:
        yield Head(_("What you have begun to type"))
        yield Pairs(tuple((_typed(each["name"]), each["value"]) for each in facts["unfinished"]))
    for each in facts["set_aside"]:
        yield Text(_("A message of yours could not be served on {moment} and was set aside for 7 days.",
                     moment=when(each["at"])))  # fmt: skip
        if each["words"]:
            yield Speech(_("You, {moment}", moment=when(each["at"])), each["words"], True)


def _filled(*lines: tuple[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in lines if value)


def walk(facts: Facts) -> Iterable[tuple[Chapter, Piece]]:
    """Every piece with its chapter, in order."""
    for chapter in of(facts):
        for piece in chapter.pieces():
            yield chapter, piece
