"""The site: every route there is, each behind the guard; whatever else is asked for gets the same plain page."""

from __future__ import annotations

from aiohttp import web

from kelisim.web import broadcasts, links, optouts, renewals, replies
from kelisim.web.guard import Site, gone, guarded


def mount(app: web.Application, site: Site) -> None:
    """Add the site to an application, behind routes it may have already."""
    router = app.router
    router.add_get("/l/{token}", guarded(site, "link", links.show))
    router.add_post(links.TAKE, guarded(site, "link taken", links.take))
    router.add_get("/c/{token}", guarded(site, "consent", renewals.show, unlimited=renewals.ours))
    router.add_post("/c/{token}", guarded(site, "consent decided", renewals.act, unlimited=renewals.ours))
    router.add_get("/o/{token}", guarded(site, "opt-out", optouts.show, unlimited=optouts.ours))
    router.add_post(
        "/o/{token}", guarded(site, "opt-out act", optouts.act, any_origin=True, unlimited=optouts.ours)
    )
    router.add_get("/r/{token}", guarded(site, "reply", replies.show))
    router.add_post("/r/{token}", guarded(site, "reply settled", replies.act))
    router.add_get("/b/{token}", guarded(site, "broadcast", broadcasts.show))
    router.add_post("/b/{token}", guarded(site, "broadcast stopped", broadcasts.act))
    router.add_route("*", "/{rest:.*}", guarded(site, "nothing", gone))
