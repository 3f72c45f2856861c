"""Opt-out (/o): a page with one button, and the one-click POST of mail programs (RFC 8058); neither shows an address."""

from __future__ import annotations

from aiohttp import web

from kelisim.desk import optouts
from kelisim.desk.visit import Visit
from kelisim.texts import _, speaking
from kelisim.web import pages
from kelisim.web.guard import Refused, Site, shown, tongue
from kelisim.web.pages import Form


def ours(site: Site, request: web.Request) -> bool:
    """Whether the token is one that we made: then the request is never limited, for it comes from a mail provider's few places."""
    return optouts.read(site.door.desk, request.match_info["token"]) is not None


async def show(site: Site, request: web.Request) -> web.Response:
    """The button; the store is not even asked, so the page is the same whoever the letter was for."""
    if not ours(site, request):
        raise Refused(404)
    locale, operator = tongue(request), site.door.desk.operator
    with speaking(locale):
        words = [
            _("One button stops our letters to the mailbox that got this letter."),
            _(
                "Answers to your own requests will still come. You can have the letters again only by a new consent of yours."
            ),
        ]
        stop = Form(f"?in={locale}", [("List-Unsubscribe", "One-Click", _("Stop e-mails"))])
        return shown(pages.page(operator, locale, _("Stop e-mails"), words, stop))


async def act(site: Site, request: web.Request) -> web.Response:
    """Stop. The body says nothing we need, so it is not read; no cookie, origin or redirect is asked for."""
    token = request.match_info["token"]

    def work(visit: Visit) -> str | None:
        return optouts.act(visit, token)

    number = await site.door.keep(work)
    if number is None:
        raise Refused(404)
    locale, operator = tongue(request), site.door.desk.operator
    with speaking(locale):
        words = [
            _("Stopped, No. {number}. No more messages by e-mail.", number=number),
            _("Answers to your own requests will still come."),
        ]
        return shown(pages.page(operator, locale, "✔ " + _("Stop e-mails"), words, turn=False))
