"""A consent asked for anew (/c): the link in a letter shows what changed and the new text; only its buttons keep or withdraw.

The link proves the mailbox it came to and nothing more: no name, no address, no other purpose is on the page. It revives nothing
that was taken back, and whoever only looks, a mail provider's scanner for one, changes nothing.
"""

from __future__ import annotations

from aiohttp import web

from kelisim.desk import choices, consents, renewals, shown, subjects, versions
from kelisim.desk.documents import Document
from kelisim.desk.errors import Refusal
from kelisim.desk.purposes import Pair
from kelisim.desk.visit import Visit
from kelisim.texts import _, day, speaking, spoken
from kelisim.web import pages
from kelisim.web.guard import Refused, Site, form, tongue
from kelisim.web.guard import shown as response
from kelisim.web.pages import Form
from kelisim.web.visit import turn

KEEP, WITHDRAW = "keep", "withdraw"


def ours(site: Site, request: web.Request) -> bool:
    """Whether the token is one that we made: then the request is not limited, for many read their letters behind one address."""
    return choices.read(site.door.desk, request.match_info["token"]) is not None


async def show(site: Site, request: web.Request) -> web.Response:
    """What there is to decide; nothing is used up or written down however often it is looked at."""
    token = request.match_info["token"]

    def work(visit: Visit) -> str | None:
        pair = choices.whose(visit, token)
        if pair is None:
            return None
        with speaking(tongue(request, visit.locale)):
            return _page(visit, pair)

    told = await site.door.look(work)
    if told is None:
        raise Refused(404)
    return response(told)


async def act(site: Site, request: web.Request) -> web.Response:
    """Keep the consent by the text that was shown, or withdraw it; the same press again finds what the first one did."""
    fields, token = await form(site, request), request.match_info["token"]
    said = fields.get("act", "")
    if said not in (KEEP, WITHDRAW):
        raise Refused(404)

    def look(visit: Visit) -> tuple[int | None] | None:
        return (turn(visit),) if choices.whose(visit, token) is not None else None

    def work(visit: Visit) -> str | None:
        pair = choices.whose(visit, token)
        if pair is None:
            return None
        with speaking(tongue(request, visit.locale)):
            if said == WITHDRAW:
                return _withdraw(visit, pair)
            return _keep(visit, pair, fields.get("digest", ""))

    def refuse(visit: Visit) -> str | None:
        pair = choices.whose(visit, token)
        if pair is None:
            return None
        with speaking(tongue(request, visit.locale)):
            return _page(visit, pair, refused=True)

    whose = await site.door.look(look)
    if whose is None:
        raise Refused(404)
    try:
        told = await site.door.keep(work, whose[0])
    except Refusal:
        told = await site.door.look(refuse)
    if told is None:
        raise Refused(404)
    return response(told)


def _keep(visit: Visit, pair: Pair, digest: str) -> str:
    locale = spoken()
    document = visit.desk.shelf.current(pair.code, locale)
    if choices.choice(visit, pair) != choices.OPEN or choices.lacks(visit, pair):
        return _page(visit, pair)
    if digest != document.token:
        return _page(visit, pair, changed=True)
    subjects.free(visit)
    shown.note(visit, document)
    number = consents.give(visit, document)
    known = consents.standing(visit)[pair.code]
    words = [
        _("Consent recorded, No. {number}. Purpose: {purpose}. Last day: {date}.", number=number, purpose=pair.label(locale),
          date=day(known.valid_until) if known.valid_until else "—"),
        _("Please keep the number. To take the consent back, open the same link again or write to {mailbox}.",
          mailbox=visit.operator.mailbox),
    ]  # fmt: skip
    return pages.page(visit.operator, locale, "✔ " + _("Thank you, confirmed"), words, turn=False)


def _withdraw(visit: Visit, pair: Pair) -> str:
    if choices.choice(visit, pair) == choices.OVER:
        return _page(visit, pair)
    number = consents.withdraw(visit, pair.code)
    record = consents.records(visit, number)[0]
    due = record.due or consents.revocation_due(visit)
    words = [
        _("Consent withdrawn, No. {number}. Purpose: {purpose}. From this minute your data are not used for it. We will "
          "destroy what was kept, or explain in writing what must stay and why. Last day: {due}.",
          number=number, purpose=pair.label(spoken()), due=day(due)),
    ]  # fmt: skip
    return pages.page(visit.operator, spoken(), "✔ " + _("My consents"), words, turn=False)


def _page(visit: Visit, pair: Pair, *, changed: bool = False, refused: bool = False) -> str:
    """What stands, what changed, the new text as the chat shows it, the buttons there is reason for, and the rest of the text."""
    locale, operator = spoken(), visit.operator
    label, document = pair.label(locale), visit.desk.shelf.current(pair.code, locale)
    choice = choices.choice(visit, pair)
    if choice == choices.OVER:
        words = [
            _(
                "This consent is not in force: it was withdrawn or has ended. This link does not bring it back."
            ),
            _("To give it again, use the bot or write to {mailbox}.", mailbox=operator.mailbox),
        ]
        return pages.page(operator, locale, label, words)
    known = consents.standing(visit)[pair.code]
    withdraw = ("act", WITHDRAW, _("Withdraw"))
    if choice == choices.STOPPED:
        words = [
            _("Messages to you are stopped, and this link does not start them again: it can only withdraw the consent."),
            _("If you want them again, please say so in your chat with the bot or write to {mailbox}.", mailbox=operator.mailbox),
        ]  # fmt: skip
        return pages.page(operator, locale, label, words, Form(f"?in={locale}", [withdraw]))
    if choice == choices.SETTLED:
        words = [_("Consent in force, No. {number}.", number=known.number)]
        if known.valid_until is not None:
            words.append(_("Last day: {date}.", date=day(known.valid_until)))
        return pages.page(operator, locale, label, words, Form(f"?in={locale}", [withdraw]))
    words = (
        [_("Your data are blocked, so the consent cannot be given now. You can withdraw it.")]
        if refused
        else []
    )
    if changed:
        words.append(_("The text has changed since it was shown to you. Please read it again."))
    words += _why(visit, pair, known, document)
    buttons = [withdraw]
    if choices.lacks(visit, pair):
        words.append(_("The new text needs data that a page cannot take. To keep the consent, use the bot or write to {mailbox}.",
                       mailbox=operator.mailbox))  # fmt: skip
    else:
        buttons.insert(0, ("act", KEEP, _("I agree")))
    words += _lines(document.summary)
    further = _lines(document.text.partition(document.summary)[2])
    posted = Form(f"?in={locale}", buttons, {"digest": document.token})
    return pages.page(operator, locale, label, words, posted, below=[_("Full text"), *further])


def _why(visit: Visit, pair: Pair, known: consents.Standing, document: Document) -> list[str]:
    """Why the person is asked at all."""
    words = []
    if known.state == consents.SUSPENDED:
        words.append(_("This consent is paused: its text has changed and you have not answered yet. Nothing is used for this "
                       "purpose until you decide."))  # fmt: skip
    if known.version != document.version:
        words.append(_("There is a new version of the text: {version}.", version=document.version))
        words += [f"– {line.lstrip('– ')}" for line in _lines(document.changes or "")]
    if not words and known.valid_until is not None:
        words.append(_("A consent of yours ends soon. Purpose: {purpose}. Last day: {date}.", purpose=pair.label(spoken()),
                       date=day(known.valid_until)))  # fmt: skip
    last = renewals.deadline(visit, pair)
    if known.given and versions.outdated(visit, pair.code, known.version) and last is not None:
        words.append(
            _("Last day to decide: {date}. Without an answer only this purpose pauses.", date=day(last))
        )
    return words


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
