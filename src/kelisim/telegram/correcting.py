"""Correct my data, field by field: the new value, its proof or a document, what changes and who decides (SCREENS 3.5)."""

from __future__ import annotations

from typing import Any

from kelisim.desk import attachments, cases, corrections, dialogue, holds, identity, kinds, subjects
from kelisim.desk.corrections import OTHER
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import EMAIL, PHONE, Visit
from kelisim.telegram import asking, mailboxes, phones
from kelisim.telegram.press import Press
from kelisim.telegram.screens import (
    VIEWS,
    Brought,
    Button,
    Go,
    Screen,
    act,
    reader,
    receiver,
    refers,
    split,
    view,
)
from kelisim.texts import _, day, plural

CORRECT, ONE, CODE, TEL, DOCUMENT, CHECK = (
    "correct", "correct.one", "correct.code", "correct.phone", "correct.document", "correct.check",
)  # fmt: skip
USE = "correct"  # what its codes are for
LONG, KEPT = "long", "kept"
refers(*corrections.FIELDS)


@view(CORRECT, "corr")
def correct(visit: Visit, ref: str) -> Screen:
    if not holds.may_change(visit):
        return VIEWS["frozen"](visit, "")
    lines = [_("Cancelled. What you typed is forgotten."), ""] if ref == "cancelled" else []
    lines.append(_("What should be corrected? This is what we hold:"))
    lines += [
        f"{kinds.field(field)}: {_held(visit, field)}" for field in corrections.FIELDS if field != OTHER
    ]
    lines += [
        "",
        _(
            "An e-mail or a phone that you prove is changed at once; a name is changed by staff, by a document."
        ),
    ]
    buttons = [Button(kinds.field(field), "correct.field", field) for field in corrections.FIELDS]
    return Screen("\n".join(lines), title=_("Correct my data"), buttons=buttons, up=Go("menu"))


def _held(visit: Visit, field: str) -> str:
    """What is on record, masked; of a contact also whether it is proved."""
    known = corrections.contact(visit, field) if field in corrections.PROVED else None
    if known is not None:
        masked = _masked(field, known.value)
        return masked if known.confirmed_at else _("{value}, not proved", value=masked)
    value = corrections.current(visit, field)
    return _masked(field, value) if value else "—"


def _masked(field: str, value: str) -> str:
    masks = {EMAIL: identity.mask_email, PHONE: identity.mask_phone}
    return identity.shown(masks.get(field, identity.mask_name)(value))


def _draft(visit: Visit) -> dict[str, Any] | None:
    """What was given so far; nothing when no such flow is open (any more)."""
    waiting = dialogue.waiting(visit)
    known = waiting.screen in (ONE, CODE, TEL, DOCUMENT, CHECK)
    return waiting.draft if known and waiting.draft.get("field") in corrections.FIELDS else None


def _ask(visit: Visit, screen: str, draft: dict[str, Any], beside: str = "") -> Go:
    dialogue.ask(visit, screen, draft)
    return Go(screen, f"?{beside}" if beside else "")


@act("correct.field", "cfield")
def field(visit: Visit, press: Press) -> Go:
    """One field was chosen."""
    if press.ref not in corrections.FIELDS:
        return Go("stale")
    subjects.free(visit)
    dialogue.drop(visit)
    return _ask(visit, TEL if press.ref == PHONE else ONE, {"field": press.ref})


@view(ONE, "cone")
def one(visit: Visit, ref: str) -> Screen:
    draft = _draft(visit)
    if draft is None:
        return _over()
    _main, beside = split(ref)
    lines = [_fault(draft["field"], beside), ""] if beside else []
    lines.append(_question(draft["field"]))
    open_ = corrections.pending(visit, draft["field"])
    if open_ is not None:
        lines.append(
            _(
                "Request No. {number} about this is open: what you write will be joined to it.",
                number=open_.number,
            )
        )
    if not beside and "again" not in draft:
        lines += ["", _accuracy()]
    return _prompt(visit, "\n".join(lines))


def _accuracy() -> str:
    """Said once, before the first entry (P21)."""
    return _("Please give your own, correct data: whoever gives false or another's data answers for it.")


def _question(field: str) -> str:
    return {
        "surname": _("Please write your surname as it should be."),
        "name": _("Please write your name as it should be."),
        "patronymic": _("Please write your patronymic as it should be."),
        EMAIL: _("Please write your new e-mail address. A code will come there."),
        OTHER: _("Please write in your own words what is wrong and how it should be."),
    }.get(field, "")


def _fault(field: str, part: str) -> str:
    if field == EMAIL:
        return mailboxes.fault(part)
    if part == LONG:
        return _("This is too long. Please use at most {n} characters.", n=cases.LONGEST)
    return {
        "digits": _("A name has no digits in it."),
        "many": _("These are too many words for one field."),
    }.get(part, _("A name is written in letters; a hyphen and an apostrophe may stand in it."))


@reader(ONE)
def read_one(visit: Visit, words: str, waiting: Waiting) -> Go:
    draft = _draft(visit)
    if draft is None:
        return Go(CORRECT)
    if draft["field"] == EMAIL:
        return _read_email(visit, words, draft)
    if draft["field"] == OTHER:
        if len(words) > cases.LONGEST:
            return _ask(visit, ONE, draft, LONG)
        return _ask(visit, DOCUMENT, {**draft, "value": words})
    try:
        value = identity.word(words)
    except identity.Malformed as malformed:
        return _ask(visit, ONE, draft, malformed.part)
    if value == corrections.current(visit, draft["field"]):
        return _same(visit, draft["field"])
    return _ask(visit, DOCUMENT, {**draft, "value": value})


def _read_email(visit: Visit, words: str, draft: dict[str, Any]) -> Go:
    try:
        email = identity.email(words)
    except identity.Malformed as malformed:
        return _ask(visit, ONE, draft, malformed.part)
    if _is_held(visit, EMAIL, visit.desk.vault.find(EMAIL, email.lookup)):
        return _same(visit, EMAIL)
    return MAILBOX.send(visit, draft, email)


def _is_held(visit: Visit, field: str, found: bytes) -> bool:
    known = corrections.contact(visit, field)
    return known is not None and known.hash == found and known.confirmed_at is not None


def _same(visit: Visit, field: str) -> Go:
    dialogue.drop(visit)
    return Go("correct.same", field)


def _use(visit: Visit, draft: dict[str, Any]) -> str:
    return USE if draft.get("field") == EMAIL else ""


def _proved_mailbox(visit: Visit, draft: dict[str, Any], found: bytes) -> Go:
    return _ask(visit, CHECK, {**draft, "value": draft["email"][0], "proved": True})


def _proved_phone(visit: Visit, draft: dict[str, Any], number: str) -> Go:
    if _is_held(visit, PHONE, visit.desk.vault.find(PHONE, number)):
        return _same(visit, PHONE)
    return _ask(visit, CHECK, {**draft, "value": number, "proved": True})


def _phone_words(visit: Visit, words: str) -> Screen:
    draft = _draft(visit)
    if draft is None:
        return _over()
    return _prompt(visit, words if "again" in draft else "\n".join([words, "", _accuracy()]))


@view(DOCUMENT, "cdoc")
def document(visit: Visit, ref: str) -> Screen:
    draft = _draft(visit)
    if draft is None or "value" not in draft:
        return _over()
    _main, beside = split(ref)
    lines = [told, ""] if (told := asking.file_fault(beside)) else []
    lines += [
        _("Please send the file now.") if beside == KEPT else
        _("Staff decide by a document: a certificate of marriage, of a change of name or the like. Send a photo or a PDF here, "
          "or skip this."),
        _("Please send no photos of identity documents: we do not need them and do not keep them."),
    ]  # fmt: skip
    screen = _prompt(visit, "\n".join(lines))
    screen.buttons = [Button(_("Add a document"), "correct.file"), Button(_("Skip"), "correct.skip")]
    return screen


@act("correct.file", "cfile")
def add_document(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    return _ask(visit, DOCUMENT, draft, KEPT) if draft is not None and "value" in draft else Go("stale")


@act("correct.skip", "cskip")
def skip(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    return _ask(visit, CHECK, draft) if draft is not None and "value" in draft else Go("stale")


@receiver(DOCUMENT, CHECK)
def receive(visit: Visit, brought: Brought, waiting: Waiting) -> Go:
    draft = _draft(visit)
    if draft is None or "value" not in draft or draft["field"] in corrections.PROVED:
        return Go("media", "file")
    fault = brought.fault or attachments.keep(visit, brought.name, brought.content)
    return _ask(visit, DOCUMENT, draft, fault) if fault else _ask(visit, CHECK, draft)


@reader(DOCUMENT, CHECK)
def read_again(visit: Visit, words: str, waiting: Waiting) -> Go:
    """Words where a document or a press was asked for: they are the value, written again."""
    draft = _draft(visit)
    if draft is None or draft["field"] == PHONE:
        return Go(CORRECT)
    return read_one(visit, words, waiting)


@view(CHECK, "cchk")
def check(visit: Visit, ref: str) -> Screen:
    draft = _draft(visit)
    if draft is None or "value" not in draft:
        return _over()
    field = draft["field"]
    if field == OTHER:
        lines = [_("You wrote:"), f"«{identity.shown(draft['value'], asking.QUOTED)}»"]
    else:
        lines = [
            _("Before: {value}", value=_held(visit, field)),
            _("After: {value}", value=identity.shown(draft["value"])),
        ]
    files = len(attachments.loose(visit))
    if files:
        lines.append(plural("With it goes {n} file.", "With it go {n} files.", files))
    lines += ["", _decides(visit, field), _("Is everything correct?")]
    screen = _prompt(visit, "\n".join(lines))
    screen.buttons = [Button(_("Yes, correct"), "correct.yes"), Button(_("Write again"), "correct.again")]
    return screen


def _decides(visit: Visit, field: str) -> str:
    if field in corrections.PROVED:
        return _("It is proved, so it is changed at once.")
    term = visit.operator.policy_pack.terms.correction
    return plural("Staff decide within {n} working day.", "Staff decide within {n} working days.", term)


@act("correct.again", "cagain")
def again(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None:
        return Go("stale")
    return _ask(visit, TEL if draft["field"] == PHONE else ONE, {"field": draft["field"], "again": True})


@act("correct.yes", "cyes")
def yes(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None or "value" not in draft:
        return Go("stale")
    field, joined = draft["field"], False
    if field in corrections.PROVED and not draft.get("proved"):
        return Go("stale")
    if field == EMAIL:
        case = corrections.change_email(visit, identity.Email(*draft["email"]))
    elif field == PHONE:
        case = corrections.change_phone(visit, draft["value"])
    else:
        case, joined = corrections.ask(visit, field, draft["value"])
    dialogue.drop(visit)
    return Go("correct.done", f"{case.number}?{'joined' if joined else ''}")


@view("correct.done", "cdone", told=True)
def done(visit: Visit, ref: str) -> Screen:
    number, joined = split(ref)
    case = cases.find(visit, number)
    if case is None:
        return _over()
    if case.facts.get("field") in corrections.PROVED:
        return Screen(_changed(visit, case), buttons=[Button(_("My requests"), "requests")], done=True)
    due = day(case.due) if case.due is not None else "—"
    if joined:
        told = _("Added to request No. {number}. Answer due: {due}.", number=number, due=due)
    else:
        told = _(
            "Your request is accepted, No. {number}. Answer due: {due}, by the end of the day (Almaty time). What next: {next}.",
            number=number, due=due, next=_("staff compare it with the documents and decide"),
        )  # fmt: skip
    destroy = _("If it cannot be corrected, the law says: destroy it.")
    return Screen(f"{told}\n{destroy}", buttons=asking.dated(number), done=True)


def _changed(visit: Visit, case: cases.Case) -> str:
    field, before = case.facts["field"], case.facts.get("before")
    lines = [
        _("Changed now, No. {number}. {field}: {value}.", number=case.number, field=kinds.field(field),
          value=_masked(field, case.facts["after"]))
    ]  # fmt: skip
    if before:
        lines.append(
            _(
                "What stood there before is no longer used; it is kept with this request alone, and ends with it."
            )
        )
    if field == EMAIL:
        lines.append(_("Letters you agreed to come to the new address from now on. A file with your data can go there after "
                       "72 hours."))  # fmt: skip
    return "\n".join(lines)


@view("correct.same", "csame", told=True)
def same(visit: Visit, ref: str) -> Screen:
    """S12's likeness: there is nothing to change."""
    if ref not in corrections.FIELDS:
        return _over()
    told = _("{field}: just this is on record already. Nothing has changed.", field=kinds.field(ref))
    return Screen(told, buttons=[Button(_("Correct my data"), CORRECT)], up=Go(CORRECT))


def _prompt(visit: Visit, words: str) -> Screen:
    draft = _draft(visit)
    title = kinds.field(draft["field"]) if draft is not None else ""
    return Screen(words, title=title, up=Go("cancel", CORRECT), cancel=True)


def _over() -> Screen:
    return Screen(
        _("This step is already over. Here is how things stand now: “Correct my data”."),
        buttons=[Button(_("Correct my data"), CORRECT)],
    )


MAILBOX = mailboxes.flow(
    mailboxes.Flow(
        ONE, CODE, _use, lambda visit, beside: "", _prompt, _proved_mailbox, lambda visit: Go(CORRECT)
    ),
    "",
    "ccode",
)
phones.flow(phones.Flow(TEL, _phone_words, _proved_phone), "cphone")
