"""For someone else: by what right, whose data, until when, what should be done; nothing is told before staff accept it.

No screen here depends on whether the other person is known (P18): what is typed goes to staff as it is.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from kelisim.desk import attachments, cases, days, dialogue, identity, kinds, mandates, representatives
from kelisim.desk.dialogue import Waiting
from kelisim.desk.representatives import ATTORNEY, GUARDIAN, PARENT, ROLES
from kelisim.desk.visit import Visit
from kelisim.telegram import asking
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Brought, Button, Go, Screen, act, reader, receiver, refers, split, view
from kelisim.texts import _, day, plural

REP, WHOM, UNTIL, WORDS, DOCUMENT, CHECK, MORE = (
    "rep", "rep.whom", "rep.until", "rep.words", "rep.document", "rep.check", "rep.more",
)  # fmt: skip
LONGEST = 200  # characters of a name and an address
QUOTED = 300  # characters of the words shown back
FARTHEST = timedelta(days=36525)
NAME, REACH, LONG, DATE, PAST, FAR = "name", "reach", "long", "date", "past", "far"
refers(*ROLES)

_ADDRESS = re.compile(r"[^\s,;<>]*@[^\s,;<>]*")
_DIGITS = re.compile(r"\+?\d[\d\s().\-]{6,}\d")


@view(REP, "rep")
def rep(visit: Visit, ref: str) -> Screen:
    lines = [
        _(
            "Until your authority is accepted we tell nothing, not even whether we hold data about this person."
        ),
        _("Please give your own, correct data: whoever gives false or another's data answers for it."),
        "",
        _("By what right do you act?"),
    ]
    if ref == "cancelled":
        lines[:0] = [_("Cancelled. What you typed is forgotten."), ""]
    buttons = [
        Button(_("I am a parent"), "rep.as", PARENT, wide=True),
        Button(_("Guardian or trustee"), "rep.as", GUARDIAN, wide=True),
        Button(_("By power of attorney"), "rep.as", ATTORNEY, wide=True),
    ]
    for known in representatives.accepted(visit):
        lines += ["", _accepted(known)]
        buttons.append(Button(_("Ask under No. {number}", number=known.number), MORE, known.number))
    return Screen(
        "\n".join(lines), title=_("For someone else"), buttons=[*buttons, _stop_for_them()], up=Go("menu")
    )


def _accepted(known: representatives.Representation) -> str:
    until = day(known.until) if known.until else _("no end date")
    return _(
        "You act for another person, No. {number}. Until when: {until}.", number=known.number, until=until
    )


def _stop_for_them() -> Button:
    """Stopping letters needs nobody's authority: at once, for any address."""
    return Button(_("Stop e-mails"), "stop.mail")


@act("rep.as", "repas")
def by_right(visit: Visit, press: Press) -> Go:
    if press.ref not in ROLES:
        return Go("stale")
    dialogue.drop(visit)
    return _ask(visit, WHOM, {"role": press.ref})


def _ask(visit: Visit, screen: str, draft: dict[str, Any], beside: str = "") -> Go:
    dialogue.ask(visit, screen, draft)
    return Go(screen, f"?{beside}" if beside else "")


def _draft(visit: Visit) -> dict[str, Any] | None:
    draft = dialogue.waiting(visit).draft
    return draft if draft.get("role") in ROLES else None


def _prompt(visit: Visit, lines: list[str], *buttons: Button) -> Screen:
    draft = _draft(visit)
    if draft is None:
        return asking.over()
    return Screen(
        "\n".join(lines), title=_("For someone else"), buttons=list(buttons), up=Go("rep.leave"), cancel=True
    )


@act("rep.leave", "repout")
def leave(visit: Visit, press: Press) -> Go:
    return Go(REP, "cancelled" if dialogue.drop(visit) else "")


@view(WHOM, "repwho")
def whom(visit: Visit, ref: str) -> Screen:
    fault = split(ref)[1]
    if fault == REACH:
        return _prompt(
            visit,
            [_("Thank you. And an e-mail or a phone of this person that we may know? It helps to tell people of one name "
               "apart.")],
            Button(_("Skip"), "rep.skip"),
        )  # fmt: skip
    lines = [_fault(fault), ""] if fault else []
    lines.append(
        _("For whom? Please write in one message the person's surname, name and patronymic, and an e-mail or phone "
          "of theirs that we may know.")
    )  # fmt: skip
    return _prompt(visit, lines)


def _fault(part: str) -> str:
    return {
        NAME: _("The person's name is needed too."),
        LONG: _("This is too long. Please use at most {n} characters.", n=LONGEST),
        "mail": _("This does not look like an e-mail address."),
        "phone": _("This does not look like a phone number."),
        DATE: _("This date was not understood. Please write it like this: 31.12.2027."),
        PAST: _("This day has passed already. Please write the last day on which you may act."),
        FAR: _("This is more than a hundred years away. Is the year right?"),
    }.get(part, "")


@reader(WHOM)
def read_whom(visit: Visit, typed: str, waiting: Waiting) -> Go:
    draft = waiting.draft
    if draft.get("role") not in ROLES:
        return Go(REP)
    if len(typed) > LONGEST:
        return _ask(visit, WHOM, draft, LONG)
    if draft.get("whom"):
        return _read_reach(visit, typed, draft)
    reach, fault, rest = _parted(typed)
    if fault:
        return _ask(visit, WHOM, draft, fault)
    name = " ".join(re.sub(r"[,;:<>()]+", " ", rest).split())
    if not any(letter.isalpha() for letter in name):
        return _ask(visit, WHOM, draft, NAME)
    draft = {**draft, "whom": name}
    return _ask(visit, UNTIL, {**draft, "reach": reach}) if reach else _ask(visit, WHOM, draft, REACH)


def _read_reach(visit: Visit, typed: str, draft: dict[str, Any]) -> Go:
    reach, fault, _rest = _parted(typed)
    if not reach:
        return _ask(visit, WHOM, draft, fault or REACH)
    return _ask(visit, UNTIL, {**draft, "reach": reach})


def _parted(typed: str) -> tuple[str, str, str]:
    """The e-mail and phone in a line, joined, what is wrong with one of them, and the line without them."""
    found, rest = [], typed
    if (address := _ADDRESS.search(rest)) is not None:
        try:
            found.append(identity.email(address[0]).address)
        except identity.Malformed:
            return "", "mail", rest
        rest = rest.replace(address[0], " ")
    if (digits := _DIGITS.search(rest)) is not None:
        try:
            found.append(identity.phone(digits[0].strip()).e164)
        except identity.Malformed:
            return "", "phone", rest
        rest = rest.replace(digits[0], " ")
    return ", ".join(found), "", rest


@act("rep.skip", "repskp")
def skip(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None or not draft.get("whom"):
        return Go("stale")
    return _ask(visit, UNTIL, {**draft, "reach": draft.get("reach", "")})


@view(UNTIL, "repend")
def until(visit: Visit, ref: str) -> Screen:
    fault = split(ref)[1]
    lines = [_fault(fault), ""] if fault else []
    lines.append(
        _("Until when may you act for this person? Please write the last day, for example 31.12.2027.")
    )
    return _prompt(visit, lines, Button(_("No end date"), "rep.endless"))


@reader(UNTIL)
def read_until(visit: Visit, typed: str, waiting: Waiting) -> Go:
    draft = waiting.draft
    if not draft.get("whom"):
        return Go(REP)
    if days.endless(typed):
        return _ask(visit, WORDS, {**draft, "until": ""})
    try:
        last = days.read(typed)
    except days.NotADay:
        return _ask(visit, UNTIL, draft, DATE)
    if last < visit.today or last - visit.today > FARTHEST:
        return _ask(visit, UNTIL, draft, PAST if last < visit.today else FAR)
    return _ask(visit, WORDS, {**draft, "until": last.isoformat()})


@act("rep.endless", "repnon")
def endless(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None or not draft.get("whom"):
        return Go("stale")
    return _ask(visit, WORDS, {**draft, "until": ""})


@view(WORDS, "repwrd")
def words(visit: Visit, ref: str) -> Screen:
    fault = split(ref)[1]
    told = _files(visit) if fault == "kept" else (_fault(fault) or asking.file_fault(fault))
    lines = [told, ""] if told else []
    lines += [
        _("What should be done for this person? Please write also what your authority rests on: which paper, its number, "
          "date and who issued it."),
        _("Please send no photos of identity documents: we do not need them and do not keep them."),
    ]  # fmt: skip
    return _prompt(visit, lines, Button(_("Add a document"), DOCUMENT))


def _files(visit: Visit) -> str:
    return plural("{n} file is here.", "{n} files are here.", len(attachments.loose(visit)))


@view(DOCUMENT, "repdoc")
def document(visit: Visit, ref: str) -> Screen:
    lines = [
        _("Please send the file now."),
        _("You may add up to {n} files, PDF or photos, of at most 10 MB each.", n=attachments.A_MESSAGE),
        _("Please send no photos of identity documents: we do not need them and do not keep them."),
    ]
    return _prompt(visit, lines)


@receiver(WORDS, CHECK)
def receive(visit: Visit, brought: Brought, waiting: Waiting) -> Go:
    fault = brought.fault or attachments.keep(visit, brought.name, brought.content)
    return Go(waiting.screen, f"?{fault or 'kept'}")


@reader(WORDS, DOCUMENT, CHECK)
def read_words(visit: Visit, typed: str, waiting: Waiting) -> Go:
    draft = waiting.draft
    if "until" not in draft:
        return Go(REP)
    told = "\n\n".join(part for part in (draft.get("words", ""), typed) if part)
    return _ask(visit, CHECK, {**draft, "words": told[: cases.LONGEST]})


@view(CHECK, "repchk")
def check(visit: Visit, ref: str) -> Screen:
    draft = _draft(visit)
    if draft is None or "words" not in draft:
        return asking.over()
    fault = asking.file_fault(split(ref)[1])
    last = draft.get("until")
    lines = [fault, ""] if fault else []
    lines += [
        _("By what right: {role}", role=kinds.role(draft["role"])),
        _("For whom: {name}", name=identity.shown(draft["whom"], LONGEST)),
        _("E-mail or phone: {reach}", reach=identity.shown(draft["reach"], LONGEST) if draft.get("reach") else "—"),
        _("Until when: {until}", until=day(date.fromisoformat(last)) if last else _("no end date")),
        _("You wrote:"),
        f"«{identity.shown(draft['words'], QUOTED)}»",
    ]  # fmt: skip
    files = attachments.loose(visit)
    if files:
        lines.append(plural("With it goes {n} file.", "With it go {n} files.", len(files)))
    return _prompt(
        visit, lines, Button(_("Send"), "rep.send", wide=True), Button(_("Write again"), "rep.again", wide=True),
        Button(_("Add a document"), DOCUMENT, wide=True), _stop_for_them(),
    )  # fmt: skip


@act("rep.again", "repagn")
def again(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None:
        return Go("stale")
    dialogue.drop(visit)
    return _ask(visit, WHOM, {"role": draft["role"]})


@act("rep.send", "repsnd")
def send(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None or not draft.get("words"):
        return _sent_already(visit)
    last = date.fromisoformat(draft["until"]) if draft["until"] else None
    if last is not None and last < visit.today:  # it waited overnight
        return _ask(visit, UNTIL, draft, PAST)
    case = mandates.ask(visit, draft["role"], draft["whom"], draft.get("reach", ""), last, draft["words"])
    dialogue.drop(visit)
    return Go("rep.done", case.number)


def _sent_already(visit: Visit) -> Go:
    """«Send» pressed twice: what the first press did (S12)."""
    mine = [case for case in cases.of_subject(visit) if case.kind == cases.REPRESENTATION]
    newest = max(mine, key=lambda case: case.received_at, default=None)
    if newest is not None and visit.at - newest.received_at < dialogue.PATIENCE:
        return Go("already", newest.number)
    return Go("stale")


@view("rep.done", "repdon", told=True)
def done(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    if case is None:
        return asking.over()
    told = _(
        "Your request is accepted, No. {number}. Answer due: {due}, by the end of the day (Almaty time). What next: {next}.",
        number=ref, due=day(case.due) if case.due is not None else "—", next=asking.following(case),
    )  # fmt: skip
    nothing = _(
        "Until your authority is accepted we tell nothing, not even whether we hold data about this person."
    )
    return Screen(f"{told} {nothing}", buttons=asking.dated(ref), done=True)


@view(MORE, "repmor", asks=True)
def more(visit: Visit, ref: str) -> Screen:
    number = split(ref)[0]
    known = next((each for each in representatives.accepted(visit) if each.number == number), None)
    if known is None:
        return asking.over()
    lines = [
        _accepted(known),
        _("It covers: {scope}.", scope="; ".join(kinds.named(kind) for kind in known.scope)),
        _("Please write what should be done for this person. A person of the staff answers."),
    ]
    return Screen("\n".join(lines), title=_("For someone else"), up=Go("rep.leave"), cancel=True)


@reader(MORE)
def read_more(visit: Visit, typed: str, waiting: Waiting) -> Go:
    number = str(waiting.draft.get("ref", ""))
    dialogue.drop(visit)
    try:
        case = mandates.request(visit, number, typed[: cases.LONGEST])
    except LookupError:
        return Go(REP)
    return Go("ask.done", case.number)


@view("svc.repend", "svrep", told=True)
def ending(visit: Visit, ref: str) -> Screen:
    """An authority ends in 14 days, or has ended: told to the one who acts and to the one acted for."""
    known = representatives.own(visit, ref)
    if known is None:
        return asking.over()
    mine = visit.known.id == known.representative_id
    last = day(known.until) if known.until is not None else "—"
    if known.in_force(visit.today):
        said = (
            _("Your authority to act for another person, No. {number}, ends: {date}.", number=ref, date=last) if mine
            else _("Another person's authority to act for you, No. {number}, ends: {date}.", number=ref, date=last)
        )  # fmt: skip
    else:
        said = (
            _("Your authority to act for another person has ended, No. {number}.", number=ref) if mine
            else _("Nobody acts for you under No. {number} any more.", number=ref)
        )  # fmt: skip
    return Screen(said, buttons=[Button(_("For someone else"), REP)] if mine else [], done=True)
