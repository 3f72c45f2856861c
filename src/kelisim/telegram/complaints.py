"""The complaint file in the chat: whom it is for, what is inside, how to file it, and the way it is handed over (P20)."""

from __future__ import annotations

from datetime import timedelta

from kelisim.desk import cases, complaints, dialogue, files, links, subjects
from kelisim.desk.cases import Case
from kelisim.desk.complaints import USE
from kelisim.desk.dialogue import Waiting
from kelisim.desk.identity import mask_email
from kelisim.desk.visit import EMAIL, Visit
from kelisim.telegram.asking import routes
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, act, reader, refers, split, view
from kelisim.texts import _, day

LINK, MAIL, CHAT = "link", EMAIL, "chat"
refers(LINK, MAIL, CHAT)


@view("complaint", "cmplt")
def complaint(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    if case is None:
        return _unknown()
    lines = [
        _("The complaint file of request No. {number} is made. Inside: you and the operator, what you asked and when, what was "
          "answered or refused and on which ground, by how many days we are late, and what to ask for. Your name, IIN, address "
          "and signature you fill in by hand.", number=case.number),
        _("We do not send it anywhere: you choose whom it goes to and file it yourself."),
        *routes(visit)[1:],
        "",
        _("A file in the chat passes through Telegram's servers abroad. A link or e-mail is safer. How shall we send it?"),
    ]  # fmt: skip
    buttons = []
    if links.able(visit):
        buttons.append(Button(_("One-time link"), "complaint.by", f"{case.number}.{LINK}"))
    if subjects.proved_email(visit) is not None:
        buttons.append(Button(_("To my e-mail"), "complaint.by", f"{case.number}.{MAIL}"))
    buttons.append(Button(_("Here in the chat"), "complaint.by", f"{case.number}.{CHAT}"))
    return Screen("\n".join(lines), buttons=buttons, done=True)


@view("complaint.words", "cmpltw", asks=True)
def ask_words(visit: Visit, ref: str) -> Screen:
    lines = [
        _("Please write what happened: what was done with your data, when, and how you know it. Your words go into the file "
          "and stay with us under its number; the staff are not asked to answer them."),
        _("You may answer in one message, of up to {n} characters.", n=cases.LONGEST),
    ]  # fmt: skip
    return Screen("\n".join(lines), title=_("Complaint file"), up=Go("cancel", "ask"), cancel=True)


@reader("complaint.words")
def read_words(visit: Visit, typed: str, waiting: Waiting) -> Go:
    case = complaints.begin(visit, typed[: cases.LONGEST])
    dialogue.drop(visit)
    return Go("complaint", case.number)


@act("complaint.by", "cmpltb")
def hand_over(visit: Visit, press: Press) -> Go:
    number, _dot, way = press.ref.partition(".")
    case = cases.find(visit, number)
    if case is None or way not in (LINK, MAIL, CHAT):
        return Go("complaint", number)
    if way == CHAT:
        files.promise(visit, USE, number, number)
    elif way == MAIL:
        mailbox = subjects.proved_email(visit)
        if mailbox is None:
            return Go("complaint", number)
        files.promise_letter(
            visit, USE, number, number, _("Complaint file, No. {number}", number=number),
            _("The complaint file you asked for is attached. Fill in the blanks, sign it and file it yourself."),
        )  # fmt: skip
    elif not links.able(visit):
        return Go("complaint", number)
    return Go("complaint.sent", f"{number}?{way}")


@view("complaint.sent", "cmplts", told=True)
def sent(visit: Visit, ref: str) -> Screen:
    number, way = split(ref)
    case = cases.find(visit, number)
    if case is None:
        return _unknown()
    if way == LINK:
        return _link(visit, case)
    mailbox = subjects.proved_email(visit)
    if way == MAIL and mailbox is not None:
        told = _("Complaint file, No. {number}: it goes to your e-mail, {address}.", number=number,
                 address=mask_email(mailbox.value))  # fmt: skip
    else:
        told = _("Complaint file, No. {number}: it comes into this chat now.", number=number)
    return Screen(told, buttons=[Button(_("My requests"), "requests")], done=True)


def _link(visit: Visit, case: Case) -> Screen:
    """The secret is made as it is shown, for only its hash is kept: a repeated update gets a new one, the old one ends."""
    links.void(visit, USE)
    address = links.make(visit, USE, case.number)
    until = day(visit.day_of(visit.at + links.FILE_LIFE))
    told = _("Complaint file, No. {number}: the link works once, until {until}. For {minutes} minutes the same browser may "
             "load it again.", number=case.number, until=until,
             minutes=int(links.AGAIN / timedelta(minutes=1)))  # fmt: skip
    buttons = [Button(_("One-time link"), url=address), Button(_("My requests"), "requests")]
    return Screen(told, buttons=buttons, done=True)


def _unknown() -> Screen:
    return Screen(
        _("This number is not among your requests."),
        buttons=[Button(_("My requests"), "requests")],
        up=Go("requests"),
    )
