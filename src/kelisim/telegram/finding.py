"""Find my other data: what came by letter, site or import is joined after a proof and a Yes that names it (SCREENS 3.5, `prove`).

Until the proof the words are the same whether anything is known or not (T-ID-04). Another Telegram account with the same mailbox
is never opened: it is asked in its own chat. A phone proves a phone; what is kept under it staff look up (T-ID-07).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kelisim.desk import (
    answers,
    cases,
    consents,
    corrections,
    dialogue,
    holdings,
    holds,
    identity,
    kinds,
    merges,
    subjects,
)
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import EMAIL, PHONE, Visit
from kelisim.telegram import asking, phones, proving
from kelisim.telegram.press import Press
from kelisim.telegram.screens import VIEWS, Button, Go, Screen, act, reader, refers, split, view
from kelisim.texts import N_, _, day, plural

PROVE, JOIN = "prove", "prove.join"
FILE = "file"  # the use of a code that lets a file go to a mailbox
NOT_JOINED = "parted"


@view(PROVE, "prove")
def prove(visit: Visit, ref: str) -> Screen:
    if not holds.may_change(visit):
        return VIEWS["frozen"](visit, "")
    lines = [_("Cancelled. What you typed is forgotten."), ""] if ref == "cancelled" else []
    lines.append(
        _("We may hold data that came by letter, through the site or from a list. Prove your mailbox or your phone, and what "
          "belongs to you can be found.")
    )  # fmt: skip
    buttons = [Button(_("E-mail"), proving.MAIL, PROVE), Button(_("Phone"), "prove.phone")]
    for known in merges.joined(visit):
        last = day(visit.day_of(known.at + merges.PARTED_FOR))
        lines += ["", _("Another record was joined to yours on {date}. Until {last} they can be parted again: “It was not me”.",
                        date=day(visit.day_of(known.at)), last=last)]  # fmt: skip
        buttons.append(Button(_("It was not me"), "prove.part", str(known.id), wide=True))
    return Screen("\n".join(lines), title=_("Find my other data"), buttons=buttons[:3], up=Go("data"))


def _found(visit: Visit, draft: dict[str, Any], found: bytes) -> Go:
    """The mailbox is proved: it is kept as the person's own, and what stands under it is named."""
    case = corrections.add_email(visit, identity.Email(*draft["email"]))
    number = case.number if case is not None else ""
    if not merges.candidates(visit, found):
        dialogue.drop(visit)
        return Go("prove.proved", number)
    dialogue.ask(visit, JOIN, {"found": found.hex(), "number": number})
    return Go(JOIN)


def _for_file(visit: Visit, draft: dict[str, Any], found: bytes) -> Go:
    corrections.add_email(visit, identity.Email(*draft["email"]))
    dialogue.drop(visit)
    return Go("data.file")


proving.use(
    PROVE,
    proving.Use(
        N_("Find my other data"),
        N_("Which mailbox are the data tied to? Please write its address; a code will come there."),
        _found,
        Go("cancel", PROVE),
    ),
)
proving.use(
    FILE,
    proving.Use(
        N_("To my e-mail"),
        N_("Where shall the file go? Please write the address; a code will come there."),
        _for_file,
        Go("cancel", "data.file"),
    ),
)
refers(PROVE, FILE)


@view("prove.proved", "pproof", told=True)
def proved(visit: Visit, ref: str) -> Screen:
    lines = [_("The mailbox is proved, No. {number}.", number=ref) if ref else _("The mailbox is proved.")]
    lines.append(_("Nothing else of yours is kept under it."))
    return Screen("\n".join(lines), buttons=[Button(_("My data"), "data")], up=Go(PROVE), done=bool(ref))


def _waiting(visit: Visit) -> tuple[bytes, str] | None:
    """The proof whose Yes is awaited: the hash of the mailbox, and the number under which it was kept."""
    waiting = dialogue.waiting(visit)
    if waiting.screen != JOIN or "found" not in waiting.draft:
        return None
    return bytes.fromhex(waiting.draft["found"]), waiting.draft["number"]


@view(JOIN, "pjoin")
def join(visit: Visit, ref: str) -> Screen:
    waiting = _waiting(visit)
    found = merges.candidates(visit, waiting[0]) if waiting is not None else []
    if not found:
        return _over()
    lines = [_("The mailbox is proved.")]
    for each in found:
        theirs = merges.seen_as(visit, each.id)
        if theirs is not None:
            lines += ["", _another() if each.chat else _named(theirs)]
    lines += [
        "",
        _("If it is yours, it can become one with your data here. Of both the stricter stands: what is stopped or blocked there "
          "is so here too, and consents given there do not come along. For 30 days it can be undone."),
        _("Is everything correct?"),
    ]  # fmt: skip
    return Screen(
        "\n".join(lines), title=_("Find my other data"), buttons=[Button(_("Yes, correct"), "prove.yes")],
        up=Go("cancel", PROVE), cancel=True,
    )  # fmt: skip


def _another() -> str:
    return _(
        "• Another Telegram chat has proved this mailbox too. It is not opened: if you say Yes here, it is asked there."
    )


def _named(theirs: Visit) -> str:
    """What would be joined, masked: where it came from, which fields and addresses, how many requests and consents."""
    told = [f"{kinds.field(field)}: {identity.shown(identity.mask_name(value))}"
            for field, value in subjects.profile(theirs).items() if field in corrections.NAMES]  # fmt: skip
    masks = {EMAIL: identity.mask_email, PHONE: identity.mask_phone}
    told += [f"{kinds.field(known.channel)}: {identity.shown(masks[known.channel](known.value))}"
             for known in subjects.addresses(theirs) if known.channel in masks]  # fmt: skip
    if asked := cases.how_many(theirs):
        told.append(plural("{n} request", "{n} requests", asked))
    if given := len(consents.given(theirs)):
        told.append(plural("{n} consent", "{n} consents", given))
    doors = sorted({holding.door for holding in holdings.held(theirs)})
    source = ", ".join(holdings.door(door) for door in doors)
    return _("• A record ({source}): {what}.", source=source, what="; ".join(told))


@reader(JOIN)
def read_join(visit: Visit, words: str, waiting: Waiting) -> Go:
    """Words are no Yes: the same question again."""
    return Go(JOIN)


@act("prove.yes", "pyes")
def yes(visit: Visit, press: Press) -> Go:
    waiting = _waiting(visit)
    if waiting is None:
        return Go("stale")
    dialogue.drop(visit)
    found, number = waiting
    asked = False
    for each in merges.candidates(visit, found):
        theirs = merges.seen_as(visit, each.id)
        if theirs is None:
            continue
        if each.chat:
            row = merges.ask(visit, each.id)
            answers.notice(theirs, "prove.asked", str(row), answer=True)
            asked = True
        elif (case := merges.join(visit, each.id)) is not None:
            number = case.number
    return Go("prove.joined", f"{number}?{'asked' if asked else ''}")


@view("prove.joined", "pjnd", told=True)
def joined(visit: Visit, ref: str) -> Screen:
    number, asked = split(ref)
    case = cases.find(visit, number)
    lines = []
    if case is not None and case.facts.get("field") == corrections.MERGE:
        last = day(visit.day_of(case.received_at + timedelta(days=merges.PARTED_FOR.days)))
        lines.append(_("The records are one now, No. {number}. Until {last} they can be parted again: “Find my other data”.",
                       number=number, last=last))  # fmt: skip
    if asked:
        lines.append(
            _(
                "The other chat is asked now. The records become one when Yes is pressed there too, within 24 hours."
            )
        )
    if not lines:
        return _over()
    return Screen(
        "\n".join(lines), buttons=[Button(_("My data"), "data")], up=Go(PROVE), done=case is not None
    )


def _row(ref: str) -> int:
    """The row a button names; 0 where a forged one names none that could be."""
    return int(ref) if ref.isdecimal() and int(ref) < 1 << 63 else 0


@view("prove.asked", "pasked", told=True)
def asked(visit: Visit, ref: str) -> Screen:
    """To the other chat, unasked: nothing happens without its own Yes."""
    if not merges.waits(visit, _row(ref)):
        return _over()
    lines = [
        _("In another Telegram chat somebody has proved the mailbox that you proved here, and asks to make one of both records."),
        _("If both chats are yours, press “Yes, correct”: both will show and change the same data. Of both the stricter stands: "
          "what is stopped or blocked in one is so in both, and consents given here do not come along. For 30 days it can be "
          "undone."),
        _("If it was not you, nothing changes: press “It was not me”, or do nothing."),
    ]  # fmt: skip
    return Screen(
        "\n\n".join(lines), title=_("Is it you in the other chat?"),
        buttons=[Button(_("Yes, correct"), "prove.agree", ref), Button(_("It was not me"), "prove.deny", ref)],
    )  # fmt: skip


@act("prove.agree", "pagree")
def agree(visit: Visit, press: Press) -> Go:
    case = merges.agree(visit, _row(press.ref))
    return Go("prove.joined", case.number) if case is not None else Go("stale")


@act("prove.deny", "pdeny")
def deny(visit: Visit, press: Press) -> Go:
    return Go("prove.apart", "no") if merges.decline(visit, _row(press.ref)) else Go("stale")


@act("prove.part", "ppart")
def part(visit: Visit, press: Press) -> Go:
    if not merges.part(visit, _row(press.ref)):
        return Go("stale")
    # A chat that came with the other record is that record's again.
    subjects.recognise(visit)
    return Go("prove.apart", NOT_JOINED)


@view("prove.apart", "papart", told=True)
def apart(visit: Visit, ref: str) -> Screen:
    told = (
        _("The records are two again. What was stopped or taken back meanwhile stays so.")
        if ref == NOT_JOINED
        else _("Thank you: nothing is joined, and nothing of yours was shown.")
    )
    return Screen(told, buttons=[Button(_("My data"), "data")], up=Go(PROVE))


def _phone_words(visit: Visit, words: str) -> Screen:
    return Screen(words, title=_("Find my other data"), up=Go("cancel", PROVE), cancel=True)


def _proved_phone(visit: Visit, draft: dict[str, Any], number: str) -> Go:
    case = corrections.prove_phone(visit, number)
    dialogue.drop(visit)
    return Go("prove.called", case.number)


phones.flow(phones.Flow("prove.phone", _phone_words, _proved_phone), "pphone", asks=True)


@view("prove.called", "pcall", told=True)
def called(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    if case is None:
        return _over()
    due = day(case.due) if case.due is not None else "—"
    told = _("Your request is accepted, No. {number}. Answer due: {due}, by the end of the day (Almaty time). What next: {next}.",
             number=ref, due=due, next=_("staff look whether anything is kept under your phone, and answer you"))  # fmt: skip
    why = _(
        "The phone is proved. By itself it opens nothing, because numbers pass from one person to another."
    )
    return Screen(f"{told}\n{why}", buttons=asking.dated(ref), done=True)


def _over() -> Screen:
    return Screen(
        _("This step is already over. Here is how things stand now: “Find my other data”."),
        buttons=[Button(_("Find my other data"), PROVE)],
    )
