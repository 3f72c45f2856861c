"""The link in an echo (/r): a page says which request is meant, its buttons post; looking at it changes nothing (T-LET-16).

No login: whoever reads the listed address of one of the staff has the link, and it is theirs alone as long as they are listed.
"""

from __future__ import annotations

from aiohttp import web

from kelisim.desk import cases, doubts, echoes, kinds, releases, replies, staff, subjects
from kelisim.desk.replies import Reply
from kelisim.desk.staff import NotStaff
from kelisim.desk.visit import Visit
from kelisim.texts import _, speaking
from kelisim.web import pages
from kelisim.web.guard import Refused, Site, form, shown, tongue
from kelisim.web.pages import Form

SEND, DROP = "send", "drop"


async def show(site: Site, request: web.Request) -> web.Response:
    """Which request and what kind of act it is, with the buttons; nothing about the person."""
    given = request.match_info["token"]

    def work(visit: Visit) -> tuple[Reply, str, str]:
        reply, locale = _open(visit, given)
        return reply, locale, cases.known(visit, reply.number).kind

    reply, otherwise, kind = await site.door.look(work)
    locale = tongue(request, otherwise)
    with speaking(locale):
        words = [
            _("Request No. {number}, {kind}. What you do: {act}.", number=reply.number, kind=kinds.named(kind),
              act=echoes.named(reply.draft.order)),
            _("What the person will read stands in the letter that brought you here."),
        ]  # fmt: skip
        if reply.why:
            words.append(doubts.told(reply.why))
        buttons = [("act", SEND, _("Send it"))] if reply.safe else []
        posted = Form(f"?in={locale}", [*buttons, ("act", DROP, _("Drop it"))])
        return shown(pages.page(site.door.desk.operator, locale, _("Is it right?"), words, posted))


async def act(site: Site, request: web.Request) -> web.Response:
    """Send or drop, as the one the link was sent to."""
    given, wanted = request.match_info["token"], (await form(site, request)).get("act", "")
    if wanted not in (SEND, DROP):
        raise Refused(404)

    def work(visit: Visit) -> tuple[str, str, str]:
        reply, locale = _open(visit, given)
        if wanted == DROP:
            return reply.number, locale, DROP if replies.drop(visit, reply) else releases.OVER
        case = cases.known(visit, reply.number)
        visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
        by = staff.acting(visit.operator, reply.actor, releases.LINK)
        return reply.number, locale, releases.release(visit, reply, by)

    number, otherwise, became = await site.door.keep(work)
    locale = tongue(request, otherwise)
    with speaking(locale):
        title, words = {
            releases.DONE: ("✔ " + _("Sent"), _("It is done, No. {number}.", number=number)),
            DROP: ("✔ " + _("Dropped"), _("Nothing has left, No. {number}.", number=number)),
            releases.UNSAFE: (_("It cannot leave as it is"), _("Please write the answer anew, in reply to the letter.")),
            releases.OVERTAKEN: (_("Somebody was faster"), _("Nothing was done, No. {number}; a letter says how it stands.",
                                                             number=number)),
            releases.CANNOT: (_("It cannot be done now"), _("Nothing was done, No. {number}; a letter says why.", number=number)),
        }.get(became, (_("It is settled already"), _("Nothing was done now, No. {number}.", number=number)))  # fmt: skip
        return shown(pages.page(site.door.desk.operator, locale, title, [words], turn=False))


def _open(visit: Visit, given: str) -> tuple[Reply, str]:
    """What the link opens and the language of the one it was sent to; the page that tells nothing where it opens nothing."""
    reply = replies.of_secret(visit, given)
    if reply is None or not reply.active:
        raise Refused(404)
    try:
        staff.acting(visit.operator, reply.actor, "")
    except NotStaff:
        raise Refused(404) from None
    person = next(one for one in visit.operator.staff if one.address == reply.actor)
    return reply, person.locale
