"""What stands before every page: limits, foreign posts, headers, and an answer also when something fails.

A log line names a route, never a path: secrets travel in paths (T-WEB-05). The Host header is read by nobody; addresses of
ours begin with KELISIM_URL (T-WEB-06).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from kelisim.store.database import Busy, in_trouble
from kelisim.texts import LOCALES, N_, _, speaking
from kelisim.web import pages
from kelisim.web.limits import Budget, Limits
from kelisim.web.visit import Door

log = logging.getLogger("kelisim.web")

_FIELDS = 8
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "kelisim",
}
# What is said in three languages at once, whoever asks: per status a title and words.
_SAID = {
    403: (N_("Not from here"), N_("This came from another site. Please open the link again and press the button there.")),
    404: (N_("This link does not work"), N_("It was used, is over, or is not ours. Ask for a new one in the bot, or write "
                                            "to us at the address below.")),
    408: (N_("That took too long"), N_("Please try again.")),
    413: (N_("That is too much"), N_("Please open the link again and press the button there.")),
    429: (N_("That is a lot at once"), N_("Please wait a minute and try again.")),
    500: (N_("Something failed on our side"), N_("Nothing has changed. Please try again in a few minutes.")),
    503: (N_("Too many people at once"), N_("Please try again in a minute.")),
}  # fmt: skip


class Refused(Exception):
    """A request that gets a plain page with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class Site:
    """The desk as a site: its door, its limits, and how it is reached from outside."""

    door: Door
    limits: Limits = field(default_factory=Limits)
    making: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))  # files made at a time
    _gets: Budget = field(init=False)
    _posts: Budget = field(init=False)

    def __post_init__(self) -> None:
        self._gets, self._posts = Budget(self.limits.gets), Budget(self.limits.posts)

    @property
    def base(self) -> str:
        """The path below which the site is seen from outside."""
        return urlsplit(self.door.desk.url).path

    @property
    def secure(self) -> bool:
        """Whether people reach it by https."""
        return self.door.desk.url.startswith("https://")

    def over(self, request: web.Request) -> bool:
        """Count a request; whether its place asks too much."""
        address = self.limits.origin(request.remote or "", request.headers.getall("X-Forwarded-For", []))
        return (self._posts if request.method == "POST" else self._gets).over(address)

    def foreign(self, request: web.Request) -> bool:
        """Whether a POST comes from a page of another site (T-WEB-01).

        Our pages send no referrer, so browsers call their origin "null"; then Sec-Fetch-Site says where they are, and where
        neither says anything the secret in the form does.
        """
        where = request.headers.get("Sec-Fetch-Site")
        if where is not None:
            return where not in ("same-origin", "none")
        parts = urlsplit(self.door.desk.url)
        return request.headers.get("Origin", "null") not in ("null", f"{parts.scheme}://{parts.netloc}")


Handler = Callable[[Site, web.Request], Awaitable[web.Response]]
Exempt = Callable[[Site, web.Request], bool]
Route = Callable[[web.Request], Awaitable[web.Response]]


def guarded(
    site: Site, name: str, handler: Handler, *, any_origin: bool = False, unlimited: Exempt | None = None
) -> Route:
    """A route: `name` is what logs call it. `any_origin` lets a POST come from anywhere; `unlimited` says what has no limit."""

    async def route(request: web.Request) -> web.Response:
        try:
            if site.over(request) and not (unlimited is not None and unlimited(site, request)):
                raise Refused(429)
            if request.method == "POST" and not any_origin and site.foreign(request):
                raise Refused(403)
            response = await handler(site, request)
        except Refused as refused:
            response = plain(site, refused.status)
        except Busy:
            response = plain(site, 503)
        except Exception as fault:
            log.error("%s: %s", name, type(fault).__name__, exc_info=None if in_trouble(fault) else fault)
            response = plain(site, 500)
        return dressed(site, response)

    return route


def dressed(site: Site, response: web.Response) -> web.Response:
    """The headers every answer has; a content policy of its own stays."""
    for header, value in HEADERS.items():
        response.headers[header] = value
    response.headers.setdefault("Content-Security-Policy", pages.POLICY)
    if site.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def shown(text: str, status: int = 200) -> web.Response:
    """A page as a response."""
    return web.Response(text=text, status=status, content_type="text/html")


def plain(site: Site, status: int) -> web.Response:
    """The page of a status: the same bytes whoever asks and whatever was asked for (I13)."""
    title, words = _SAID[status]
    said = []
    for locale in LOCALES:
        with speaking(locale):
            said.append((locale, _(title), _(words)))
    response = shown(pages.three(site.door.desk.operator, said), status)
    if status in (429, 503):
        response.headers["Retry-After"] = "60"
    if status in (408, 413):
        response.force_close()
    return response


def tongue(request: web.Request, otherwise: str = "") -> str:
    """The language of a page: the one turned to, else `otherwise`, else what the browser prefers, else Kazakh."""
    turned = request.query.get("in", "")
    if turned in LOCALES:
        return turned
    if otherwise:
        return otherwise
    wanted = (part.strip()[:2].lower() for part in request.headers.get("Accept-Language", "").split(","))
    return next((locale for locale in wanted if locale in LOCALES), LOCALES[0])


async def form(site: Site, request: web.Request) -> dict[str, str]:
    """The fields of a posted form; raises Refused when it is too large, too slow or no form."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refused(404)
    body = bytearray()
    try:
        async with asyncio.timeout(site.limits.body_seconds):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > site.limits.body:
                    raise Refused(413)
    except TimeoutError:
        raise Refused(408) from None
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=_FIELDS))
    except ValueError:
        raise Refused(404) from None


async def gone(site: Site, request: web.Request) -> web.Response:
    """Every address that is none of ours."""
    raise Refused(404)
