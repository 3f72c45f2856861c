"""What is asked, shown back before it is sent: words and files gathered, where the answer goes, «Send», and its number."""

from __future__ import annotations

from kelisim.desk import asking, attachments, cases, dialogue, identity, subjects, words
from kelisim.desk.asking import Draft
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.telegram import elsewhere
from kelisim.telegram.asking import (
    AGAIN,
    ASK,
    CHECK,
    EMPTY,
    KEPT,
    KINDS,
    MANY,
    PROMPTS,
    QUESTION,
    QUOTED,
    dated,
    following,
    no_identity,
    over,
    papers,
    said_first,
)
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Brought, Button, Go, Screen, act, reader, receiver, split, view
from kelisim.texts import _, day, plural


@reader(*PROMPTS)
def read_prompt(visit: Visit, typed: str, waiting: Waiting) -> Go:
    number = str(waiting.draft.get("ref", ""))
    return _check(visit, Draft(_kind(visit, waiting.screen, number), number, [typed[: cases.LONGEST]]))


def _kind(visit: Visit, screen: str, number: str) -> str:
    case = cases.find(visit, number) if number else None
    return case.kind if case is not None else KINDS.get(screen, cases.QUESTION)


def _check(visit: Visit, draft: Draft, beside: str = "") -> Go:
    dialogue.ask(visit, CHECK, draft.packed())
    return Go(CHECK, f"?{beside}" if beside else "")


@receiver(*PROMPTS)
def receive_prompt(visit: Visit, brought: Brought, waiting: Waiting) -> Go:
    number = str(waiting.draft.get("ref", ""))
    fault = brought.fault or attachments.keep(visit, brought.name, brought.content)
    if not fault and number:  # to a request that is open a paper alone may be enough
        return _check(visit, Draft(_kind(visit, waiting.screen, number), number))
    return Go(waiting.screen, f"{number}?{fault or KEPT}")


@reader(CHECK, "ask.more", "ask.document")
def read_more(visit: Visit, typed: str, waiting: Waiting) -> Go:
    draft = asking.draft(visit)
    if draft is None:
        return Go(ASK)
    if len(draft.words) >= asking.MESSAGES:
        return Go(CHECK, f"?{MANY}")
    draft.words.append(typed[: cases.LONGEST])
    return _check(visit, draft)


@receiver(CHECK)
def receive_more(visit: Visit, brought: Brought, waiting: Waiting) -> Go:
    fault = brought.fault or attachments.keep(visit, brought.name, brought.content)
    return Go(CHECK, f"?{fault}" if fault else "")


@view(CHECK, "askchk")
def check(visit: Visit, ref: str) -> Screen:
    draft = asking.draft(visit)
    if draft is None:
        return over()
    files = attachments.loose(visit)
    lines = said_first(visit, split(ref)[1])
    if draft.words:
        lines += [_("You wrote:"), f"«{identity.shown(draft.whole, QUOTED)}»"]
    if files:
        lines.append(plural("With it goes {n} file.", "With it go {n} files.", len(files)))
    buttons = [Button(_("Send"), "ask.send", wide=True), Button(_("Add more"), "ask.more"),
               Button(_("Add a document"), "ask.document")]  # fmt: skip
    mailbox = subjects.proved_email(visit)
    if draft.number:
        lines.append(_("It will be added to request No. {number}.", number=draft.number))
    elif draft.by == EMAIL and mailbox is not None:
        lines.append(
            _("The answer will go to your e-mail: {address}.", address=identity.mask_email(mailbox.value))
        )
        buttons.append(Button(_("Answer here"), "ask.by", TELEGRAM))
    else:
        lines.append(_("The answer will come here, into this chat."))
        if mailbox is not None:
            buttons.append(Button(_("Answer by e-mail"), "ask.by", EMAIL))
    if (button := _other_way(draft)) is not None:
        buttons.append(button)
    up = Go("cancel", draft.number or ASK)
    return Screen("\n".join(lines), title=_("Before it is sent"), buttons=buttons, up=up, cancel=True)


def _other_way(draft: Draft) -> Button | None:
    """The screen of its own that the words are clearly about (SCREENS rule 6)."""
    meant = words.intents(draft.whole) if len(draft.words) == 1 else ()
    own = {QUESTION, next((screen for screen, kind in KINDS.items() if kind == draft.kind), "")}
    return elsewhere.towards(meant[0]) if len(meant) == 1 and meant[0] not in own else None


@view("ask.more", "askmor")
def ask_more(visit: Visit, ref: str) -> Screen:
    return _between(visit, _("Please write what you want to add; it will be joined to what is there."))


@view("ask.document", "askdoc")
def ask_document(visit: Visit, ref: str) -> Screen:
    return _between(visit, "\n".join((_("Please send the file now."), papers(), no_identity())))


def _between(visit: Visit, told: str) -> Screen:
    """Something is added to what waits at the check, which stays as it is."""
    draft = asking.draft(visit)
    if draft is None:
        return over()
    return Screen(told, up=Go("cancel", draft.number or ASK), cancel=True)


@act("ask.by", "askby")
def answer_by(visit: Visit, press: Press) -> Go:
    draft = asking.draft(visit)
    if draft is None or press.ref not in (EMAIL, TELEGRAM):
        return Go("stale")
    if press.ref == EMAIL and subjects.proved_email(visit) is None:
        return Go(CHECK)
    draft.by = press.ref
    return _check(visit, draft)


@act("ask.pass", "askpas")
def pass_on(visit: Visit, press: Press) -> Go:
    """Words nobody understood go to staff: Telegram gives them back with the press, we never kept them."""
    if not press.quoted.strip():
        return Go(QUESTION, f"?{AGAIN}")
    dialogue.drop(visit)
    return _check(visit, Draft(words=[press.quoted[: cases.LONGEST]]))


@act("ask.send", "asksnd")
def send(visit: Visit, press: Press) -> Go:
    draft = asking.draft(visit)
    if draft is None:
        return _sent_already(visit)
    try:
        case, became = asking.send(visit, draft)
    except asking.Nothing:
        return Go(CHECK, f"?{EMPTY}")
    except LookupError:
        dialogue.drop(visit)
        return Go("requests.one", draft.number)
    dialogue.drop(visit)
    return Go("ask.done", f"{case.number}?{became}")


def _sent_already(visit: Visit) -> Go:
    """«Send» pressed twice: what the first press did (S12)."""
    newest = max(cases.of_subject(visit), key=lambda case: case.received_at, default=None)
    if newest is not None and visit.at - newest.received_at < dialogue.PATIENCE:
        return Go("already", newest.number)
    return Go("stale")


@view("ask.done", "askdon", told=True)
def done(visit: Visit, ref: str) -> Screen:
    number, became = split(ref)
    case = cases.find(visit, number)
    if case is None:
        return over()
    due = day(case.due) if case.due is not None else "—"
    said = {
        asking.SAME: _("You have asked just this already: request No. {number}. Answer due: {due}. It was joined to it.",
                       number=number, due=due),
        asking.JOINED: _("You have opened many requests today, so this was joined to request No. {number}. A person reads it "
                         "all the same. Answer due: {due}.", number=number, due=due),
        asking.ADDED: _("Added to request No. {number}. Answer due: {due}.", number=number, due=due),
    }.get(became) or _(
        "Your request is accepted, No. {number}. Answer due: {due}, by the end of the day (Almaty time). What next: {next}.",
        number=number, due=due, next=following(case),
    )  # fmt: skip
    return Screen(said, buttons=dated(number), done=True)
