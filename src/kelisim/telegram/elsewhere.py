"""Everything else a chat can bring: words nobody understands, stickers, edits, groups, old buttons; always an answer."""

from __future__ import annotations

from kelisim.desk import asking, cases, consents, suppressions
from kelisim.desk.visit import Visit
from kelisim.telegram.screens import VIEWS, Button, Go, Screen, registered, split, view
from kelisim.texts import N_, _, day

NEAR = {
    "consents": N_("My consents"), "messages": N_("Messages"), "policy": N_("📄 Policy"), "stop": N_("Stop messages"),
    "data": N_("My data"), "correct": N_("Correct my data"), "block": N_("Block my data"), "erase": N_("Delete my data"),
    "requests": N_("My requests"), "ask.complain": N_("Complain"), "ask.leak": N_("Report a leak"),
    "ask.question": N_("Ask a question"), "rep": N_("For someone else"),
}  # fmt: skip


def later(screen: str) -> bool:
    """Whether an intent names a right that this version does not serve yet."""
    return screen in NEAR and screen not in VIEWS and screen != "stop"


def towards(screen: str) -> Button | None:
    """The button to a screen an intent names: an act for stop, a sentence for what is still to come."""
    label = NEAR.get(screen)
    if label is None:
        return None
    if screen == "stop":
        return Button(_(label), "stop.do", "all")
    if later(screen):
        return Button(_(label), "later", screen)
    return Button(_(label), screen)


@view("unknown", "unkn", before_consent=True)
def unknown(visit: Visit, ref: str) -> Screen:
    """Words no intent understands, or several do: up to two nearest screens, and the way to a person."""
    tie, near = split(ref)
    told = (
        _("This can mean two things. Which one is it?")
        if tie == "tie"
        else _("I did not understand this, but a person will. Shall I pass your words on? Answer due: {due}.",
               due=day(asking.due(visit, cases.QUESTION)))
    )  # fmt: skip
    buttons = [button for screen in near.split(",") if (button := towards(screen)) is not None][:2]
    return Screen(told, buttons=[*buttons, Button(_("Pass to staff"), "ask.pass")], quotes=True)


@view("media", "media", before_consent=True)
def media(visit: Visit, ref: str) -> Screen:
    lines = [
        {
            "sticker": _("Thank you for the sticker! I can only read text; please write what you need."),
            "voice": _("I cannot listen to recordings; please write what you need."),
            "video": _("I cannot watch videos; please write what you need."),
            "location": _("I do not need your location and do not keep it; please write what you need."),
            "contact": _("I did not ask for a contact and do not keep it; please write what you need."),
            "poll": _("I do not take part in polls; please write what you need."),
            "file": _("I did not open the file and do not keep it; please write what you need."),
        }.get(ref, _("I can only read text; please write it."))
    ]
    if ref == "file":
        lines.append(
            _("Please send no photos of identity documents: we do not need them and do not keep them.")
        )
    return Screen("\n".join(lines))


@view("edited", "edit", before_consent=True)
def edited(visit: Visit, ref: str) -> Screen:
    return Screen(
        _("I read new messages only; please send it again."),
        buttons=[Button(_("Stop messages"), "stop.do", "all")],
    )


@view("already", "alrdy", before_consent=True, told=True)
def already(visit: Visit, ref: str) -> Screen:
    """S12: a second press does nothing twice."""
    case = cases.find(visit, ref)
    if case is not None:
        steps = cases.events(visit, case)
        return Screen(
            _("This was already done: {date}, No. {number}. Nothing has changed.",
              date=day(visit.day_of(steps[-1].at)), number=ref),
            buttons=[Button(_("My requests"), "requests")],
            done=True,
        )  # fmt: skip
    records = consents.records(visit, ref)
    at = records[0].at if records else suppressions.since(visit, ref)
    if at is None:
        return stale(visit, "")
    told = _(
        "This was already done: {date}, No. {number}. Nothing has changed.",
        date=day(visit.day_of(at)),
        number=ref,
    )
    if not registered(visit):
        return Screen(told, buttons=[Button(_("Stop e-mails"), "stop.mail")], done=True)
    stop = ref.startswith("S")
    button = Button(_("Messages"), "messages") if stop else Button(_("My consents"), "consents")
    return Screen(told, buttons=[button], done=True)


@view("stale", "stale", before_consent=True)
def stale(visit: Visit, ref: str) -> Screen:
    """S25: an old, forged or foreign button; one answer for all, and today's screen."""
    now = VIEWS["menu" if registered(visit) else "language"](visit, "")
    now.text = "\n\n".join(
        (_("This button is from an earlier page. Here is how things stand now:"), now.text)
    )
    return now


@view("error", "error", before_consent=True, told=True)
def error(visit: Visit, ref: str) -> Screen:
    return Screen(_("Something failed on our side; nothing has changed. Please try again in a few minutes. Code of the fault: "
                    "{reference}.", reference=ref))  # fmt: skip


def flood() -> str:
    """The short line above the limit."""
    return _("That is a lot at once. Please wait a minute; STOP works all the time.")


def group(bot: str) -> str:
    """The one sentence for groups and channels."""
    return _(
        "Personal data do not belong in a group. Please write to me in a private chat: {link}",
        link=f"https://t.me/{bot}",
    )


def nearest(screens: tuple[str, ...], tie: bool) -> Go:
    """The answer to words that are nearly, or equally, understood."""
    return Go("unknown", f"{'tie' if tie else ''}?{','.join(screens[:2])}")
