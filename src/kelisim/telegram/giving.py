"""Giving a consent: agreement first, then the data its purpose needs, each proved; in force only at the end.

What was typed on the way is sealed in the person's own row for a day at most. Nothing else is written before the
last step, so an unfinished flow leaves nothing behind.
"""

from __future__ import annotations

from typing import Any

from kelisim.desk import consents, dialogue, gates, identity, letters, staff, subjects, viewings
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import PHONE, Visit
from kelisim.telegram import mailboxes, phones
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, act, reader, view
from kelisim.texts import _, day

NAME, CHECK, MAIL, CODE, TEL = (
    "consents.give.name", "consents.give.check", "consents.give.email", "consents.give.code", "consents.give.phone",
)  # fmt: skip
CONDITIONS = "consents.give.conditions"
FIRST = "first"
LONGEST_CONDITIONS = 1000


@act("agree", "agree")
def agree(visit: Visit, press: Press) -> Go:
    pair = visit.operator.pairs.get(press.ref)
    if pair is None:
        return Go("consents")
    subjects.free(visit)
    document = visit.desk.shelf.current(pair.code, press.locale)
    if press.digest != document.token:
        return Go("consents.one", f"{pair.code}?changed")
    known = consents.standing(visit).get(pair.code)
    if (
        known is not None
        and known.given
        and known.state != consents.ENDING
        and not _again(visit, known, document.version)
    ):
        return Go("already", known.number)
    return _next(visit, {"pair": pair.code, "digest": document.token, "locale": press.locale})


def _again(visit: Visit, known: consents.Standing, version: str) -> bool:
    """Whether a consent in force may be given anew: a new version, or its last days."""
    ends = known.valid_until is not None and known.valid_until - visit.today <= consents.LAST_DAYS
    return ends or known.version != version


def _next(visit: Visit, draft: dict[str, Any]) -> Go:
    """Ask for what is still missing; when nothing is, the consent is given."""
    pair = visit.operator.pairs.get(draft.get("pair", ""))
    if pair is None:  # switched off meanwhile, or written by another version of this program (T-ADMIN-03)
        dialogue.drop(visit)
        return Go("consents")
    for need in pair.needs:
        if need == "name" and "name" not in draft and not subjects.profile(visit).get("surname"):
            return _first(visit, NAME, draft)
        if need == "email" and "proved" not in draft and subjects.proved_email(visit) is None:
            return _first(visit, MAIL, draft)
        if need == "phone" and "phone" not in draft and not subjects.contacts(visit, PHONE):
            return _ask(visit, TEL, draft)
    if pair.purpose.publication and "conditions" not in draft:
        return _ask(visit, CONDITIONS, draft)
    return _finish(visit, draft)


def _first(visit: Visit, screen: str, draft: dict[str, Any]) -> Go:
    """Ask for words; before the first of them, and once, who answers for false data is said (P21)."""
    if draft.get("told"):
        return _ask(visit, screen, draft)
    return _ask(visit, screen, {**draft, "told": True}, FIRST)


def _ask(visit: Visit, screen: str, draft: dict[str, Any], beside: str = "") -> Go:
    dialogue.ask(visit, screen, draft)
    return Go(screen, beside)


def _finish(visit: Visit, draft: dict[str, Any]) -> Go:
    document = visit.desk.shelf.current(draft["pair"], draft["locale"])
    dialogue.drop(visit)
    if document.token != draft["digest"]:
        return Go("consents.one", f"{draft['pair']}?changed")
    if "name" in draft:
        subjects.keep_name(visit, identity.Name(*draft["name"]))
    if "proved" in draft:
        subjects.keep_email(visit, identity.Email(*draft["email"]))
    if draft.get("phone"):
        subjects.keep_phone(visit, draft["phone"], draft["own"])
    if "conditions" in draft:
        subjects.keep_field(visit, "conditions", draft["conditions"])
    number = consents.give(visit, document)
    if "conditions" in draft:
        letters.conditions(visit, number, draft["conditions"])
        # The letter holds the person's words: one of the staff reads them, and the person sees that (T-STAFF-01).
        told = staff.responsible(visit)
        actor = staff.Actor(told.role, told.address, told.address)
        viewings.note(
            visit, actor, viewings.LETTER, _("Conditions of publication, No. {number}", number=number), number
        )
    return Go("consents.given", number)


def _draft(visit: Visit) -> dict[str, Any] | None:
    """What was given so far; nothing when no such flow is open (any more)."""
    draft = dialogue.waiting(visit).draft
    return draft if "pair" in draft and draft["pair"] in visit.operator.pairs else None


@view(NAME, "gname")
def ask_name(visit: Visit, ref: str) -> Screen:
    lines = [_name_fault(ref), ""] if ref not in ("", FIRST) else []
    lines.append(_("Please write your surname, name and, if you have one, patronymic in one line."))
    return _prompt(visit, "\n".join(lines + _warning(ref)))


def _warning(ref: str) -> list[str]:
    if ref != FIRST:
        return []
    told = _("Please give your own, correct data: whoever gives false or another's data answers for it.")
    return ["", told]


def _name_fault(part: str) -> str:
    return {
        "name": _("This is one word. Surname and name are needed."),
        "many": _("These are more than five words. Please write only surname, name and patronymic."),
        "digits": _("A name has no digits in it."),
        "long": _("This is too long for a name."),
    }.get(part, _("A name is written in letters; a hyphen and an apostrophe may stand in it."))


@reader(NAME, CHECK)
def read_name(visit: Visit, words: str, waiting: Waiting) -> Go:
    try:
        name = identity.name(words)
    except identity.Malformed as fault:
        return _ask(visit, NAME, waiting.draft, fault.part)
    return _ask(visit, CHECK, {**waiting.draft, "typed": [name.surname, name.name, name.patronymic]})


@view(CHECK, "gcheck")
def check_name(visit: Visit, ref: str) -> Screen:
    typed = (_draft(visit) or {}).get("typed")
    if not typed:
        return _over(visit)
    lines = [
        _("Surname: {value}", value=identity.shown(typed[0])),
        _("Name: {value}", value=identity.shown(typed[1])),
        _("Patronymic: {value}", value=identity.shown(typed[2]) if typed[2] else "—"),
        "",
        _("Is everything correct?"),
    ]
    screen = _prompt(visit, "\n".join(lines))
    screen.buttons = [Button(_("Yes, correct"), "name.yes"), Button(_("Write again"), "name.again")]
    return screen


@act("name.yes", "nyes")
def name_yes(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None or "typed" not in draft:
        return Go("stale")
    draft["name"] = draft.pop("typed")
    return _next(visit, draft)


@act("name.again", "nagain")
def name_again(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None:
        return Go("stale")
    draft.pop("typed", None)
    return _ask(visit, NAME, draft)


def _mail_words(visit: Visit, ref: str) -> str:
    lines = [mailboxes.fault(ref), ""] if ref not in ("", FIRST) else []
    lines.append(
        _(
            "Please write your e-mail address. A code will come there, so that nobody else can give it for you."
        )
    )
    return "\n".join(lines + _warning(ref))


def _use(visit: Visit, draft: dict[str, Any]) -> str:
    """A code is for the consent that is being given, and for no other."""
    pair = draft.get("pair", "")
    return pair if pair in visit.operator.pairs else ""


def _proved_mailbox(visit: Visit, draft: dict[str, Any], found: bytes) -> Go:
    return _next(visit, {**draft, "proved": True})


def _proved_phone(visit: Visit, draft: dict[str, Any], number: str) -> Go:
    return _next(visit, {**draft, "phone": number, "own": True})


def _phone_screen(visit: Visit, words: str) -> Screen:
    draft = _draft(visit)
    if draft is None:
        return _over(visit)
    screen = _prompt(visit, words)
    if "phone" in visit.operator.pairs[draft["pair"]].optional:
        screen.buttons = [Button(_("Without a phone"), "phone.skip")]
    return screen


@act("phone.skip", "pskip")
def skip_phone(visit: Visit, press: Press) -> Go:
    draft = _draft(visit)
    if draft is None or "phone" not in visit.operator.pairs[draft["pair"]].optional:
        return Go("stale")
    return _next(visit, {**draft, "phone": ""})


@view(CONDITIONS, "gcond")
def ask_conditions(visit: Visit, ref: str) -> Screen:
    lines = (
        [_("This is too long. Please use at most {n} characters.", n=LONGEST_CONDITIONS), ""] if ref else []
    )
    lines.append(
        _("Please write your conditions and prohibitions: what may be published, where, and what may not.")
    )
    return _prompt(visit, "\n".join(lines))


@reader(CONDITIONS)
def read_conditions(visit: Visit, words: str, waiting: Waiting) -> Go:
    if len(words) > LONGEST_CONDITIONS:
        return _ask(visit, CONDITIONS, waiting.draft, "long")
    return _next(visit, {**waiting.draft, "conditions": words})


@view("consents.given", "given", told=True)
def given(visit: Visit, ref: str) -> Screen:
    records = consents.records(visit, ref)
    if not records:
        return _over(visit)
    known = records[0]
    pair = visit.operator.every_pair[known.purpose]
    lines = [
        _("Consent recorded, No. {number}. Purpose: {purpose}. Last day: {date}. A receipt with the exact text follows. "
          "To withdraw it: “My consents”.",
          number=ref, purpose=pair.label(visit.locale), date=day(known.valid_until) if known.valid_until else ""),
    ]  # fmt: skip
    if pair.channel in ("email", "telegram") and known.purpose != consents.DESK:
        resumed = gates.allows(visit, known.purpose)
        lines.append(_("Messages under this consent may come from now on.") if resumed
                     else _("Messages do not come while they are stopped: see “Messages”."))  # fmt: skip
    return Screen("\n".join(lines), buttons=[Button(_("My consents"), "consents")], done=True)


def _prompt(visit: Visit, words: str) -> Screen:
    draft = _draft(visit)
    pair = draft["pair"] if draft else ""
    title = visit.operator.pairs[pair].label(visit.locale) if pair else ""
    return Screen(words, title=title, up=Go("cancel", pair), cancel=True)


def _over(visit: Visit) -> Screen:
    """A flow that is over: back to the consents as they stand."""
    return Screen(
        _("This step is already over. Here is how things stand now: “My consents”."),
        buttons=[Button(_("My consents"), "consents")],
    )


_MAILBOX = mailboxes.flow(
    mailboxes.Flow(MAIL, CODE, _use, _mail_words, _prompt, _proved_mailbox, lambda visit: _next(visit, {})),
    "gmail",
    "gcode",
)
_PHONE = phones.flow(phones.Flow(TEL, _phone_screen, _proved_phone), "gphone")
