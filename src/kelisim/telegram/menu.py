"""The menu, help, who the operator is, and one true sentence for each right that is not in the chat yet."""

from __future__ import annotations

from kelisim.desk import cases, consents, dialogue, numbers, subjects, suppressions
from kelisim.desk.visit import Visit
from kelisim.telegram import entry
from kelisim.telegram.press import Press
from kelisim.telegram.screens import VIEWS, Button, Go, Screen, act, registered, view
from kelisim.texts import _, day, plural


@view("menu", "menu")
def menu(visit: Visit, ref: str) -> Screen:
    pairs, given = visit.operator.pairs, consents.given(visit)
    if consents.DESK not in given:
        return entry.desk(visit, "?expired")
    on = [pairs[code].label(visit.locale) for code in given if code in pairs and code != consents.DESK]
    lines = []
    if ref == "cancelled":
        lines.append(_("Cancelled. What you typed is forgotten."))
    elif ref == "thanks":
        lines.append(_("Glad to help."))
    lines.append(
        _("In force: {purposes}.", purposes="; ".join(on)) if on else _("No messages are agreed to.")
    )
    lines += _open(visit)
    if suppressions.stopped(visit):
        lines.append(_("Messages are stopped: see “Messages”."))
    lines.append(_("To stop all messages at any moment, write STOP."))
    return Screen(
        "\n".join(lines),
        title=_("Menu"),
        buttons=[
            button
            for button in (
                Button(_("My consents"), "consents"),
                Button(_("Messages"), "messages"),
                Button(_("My data"), "data"),
                Button(_("Correct my data"), "correct"),
                Button(_("Block or delete"), "freeze"),
                Button(_("Ask or complain"), "ask"),
                Button(_("My requests"), "requests"),
                Button(_("For someone else"), "rep"),
                Button(_("📄 Policy"), "policy"),
                Button(_("🌐 Language"), "language"),
            )
            if button.to in VIEWS
        ],
        menu=False,
    )


def _open(visit: Visit) -> list[str]:
    """What is open: the block and its number, the requests and their nearest date; nothing when there is none."""
    lines = []
    if visit.known.state == subjects.BLOCKED:
        asked = cases.in_hand(visit, cases.BLOCKING)
        lines.append(
            _("Your data are blocked since {date}, No. {number}.",
              date=day(visit.day_of(asked[0].received_at)), number=asked[0].number)
            if asked
            else _("Your data are blocked.")
        )  # fmt: skip
    count, due = cases.pending(visit)
    if count and due is not None:
        lines.append(
            plural("Open requests: {n}. The nearest date: {due}.", "Open requests: {n}. The nearest date: {due}.", count,
                   due=day(due))
        )  # fmt: skip
    return lines


@act("cancel", "cancel", before_consent=True)
def cancel(visit: Visit, press: Press) -> Go:
    """Forget what was begun and go where it began."""
    dropped = dialogue.drop(visit)
    if not registered(visit):
        return Go("language")
    if press.ref in VIEWS:
        return Go(press.ref, "cancelled" if dropped else "")
    if numbers.is_number(press.ref):
        return Go("requests.one", press.ref)
    return Go("consents.one", press.ref) if press.ref else Go("menu", "cancelled" if dropped else "")


@view("help", "help", before_consent=True)
def help_(visit: Visit, ref: str) -> Screen:
    told = {
        "consents": _("• “My consents”: what you agreed to, until when; give or withdraw."),
        "messages": _("• “Messages”: stop everything or one channel, and resume it."),
        "data": _("• “My data”: what is held about you, where from, what for, and who looked."),
        "correct": _("• “Correct my data”: change a field; what you prove is changed at once."),
        "freeze": _("• “Block or delete”: freeze your data for a while, or have them destroyed for good."),
        "ask": _("• “Ask or complain”: a question, a complaint, an objection, a leak; a person answers."),
        "requests": _("• “My requests”: how each stands, its date and why that date; the answer."),
        "rep": _("• “For someone else”: act for a child, or with a power of attorney."),
        "policy": _("• “Policy”: how personal data are processed, section by section."),
        "language": _("• “Language”: Kazakh, Russian or English, at any moment."),
    }
    lines = [line for screen, line in told.items() if screen in VIEWS]
    lines += [
        "",
        _("/verify checks a receipt, /about says who the operator is, /cancel forgets what was begun."),
        _(
            "To stop all messages, write STOP at any moment. You may also write in your own words what you need."
        ),
        _("By letter: {mailbox}.", mailbox=visit.operator.mailbox),
    ]
    ask = Button(_("Ask a question"), "ask.question")
    if not registered(visit):
        ask = Button(_("Ask a question"), "later", "ask.question")
    return Screen(
        "\n".join(lines),
        title=_("Help"),
        buttons=[ask],
        up=Go("menu") if registered(visit) else Go("notice"),
    )


@view("about", "about", before_consent=True)
def about(visit: Visit, ref: str) -> Screen:
    operator, locale = visit.operator, visit.locale
    lines = [
        _("Operator: {operator}", operator=operator.name.to(locale)),
        _("BIN: {bin}", bin=operator.bin),
        _("Site: {site}", site=operator.url),
        _("Mailbox: {mailbox}", mailbox=operator.mailbox),
        _("Law: {law}", law=operator.law.to(locale)),
        _("Responsible person: {name}, {address}.", name=operator.responsible.name.to(locale),
          address=operator.responsible.address),
        _("Place of storage: {place}", place=operator.storage_place.to(locale)),
    ]  # fmt: skip
    if operator.address is not None:
        lines.insert(2, _("Postal address: {address}", address=operator.address.to(locale)))
    if visit.desk.trial:
        lines += ["", _("This is a trial: the operator is a sample and its promises bind nobody.")]
    up = Go("menu") if registered(visit) else Go("notice")
    return Screen(
        "\n".join(lines),
        title=_("About the operator"),
        buttons=[Button(_("Read the policy"), "policy")],
        up=up,
    )


@view("later", "later", before_consent=True)
def later(visit: Visit, ref: str) -> Screen:
    """A right that the chat does not serve yet: how to use it today, by letter."""
    operator, terms = visit.operator, visit.operator.policy_pack.terms
    mailbox = operator.mailbox

    def days(n: int) -> str:
        return plural(
            "We answer within {n} working day, free of charge.",
            "We answer within {n} working days, free of charge.",
            n,
        )

    update = operator.letters.update.subject.to(visit.locale)
    said, term = {
        "data": (_("To learn what is held about you, write a letter to {mailbox}.", mailbox=mailbox), terms.access),
        "correct": (
            _("To have your data corrected, write a letter with the subject “{subject}” to {mailbox}.",
              subject=update, mailbox=mailbox), terms.correction),
        "block": (_("To have your data blocked, write a letter to {mailbox} and say why.", mailbox=mailbox), terms.block),
        "erase": (_("To have your data destroyed, write a letter to {mailbox}.", mailbox=mailbox), terms.revocation),
        "rep": (_("To act for someone else, write a letter to {mailbox}: whose data, what authority and until when. Please "
                  "send no photos of identity documents.", mailbox=mailbox), terms.representative),
    }.get(ref, (_("To ask a person a question, write a letter to {mailbox}.", mailbox=mailbox), terms.question))  # fmt: skip
    return Screen(f"{said} {days(term)}", up=Go("menu") if registered(visit) else Go("notice"))
