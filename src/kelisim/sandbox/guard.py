"""Who may come in: callers on this machine, through a loopback name, from no foreign page."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from kelisim.sandbox.errors import Wrong

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def named(host: str) -> str | None:
    """The bare name in a Host header or an origin's netloc; None when it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


@web.middleware
async def only_loopback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """403 for a foreign Host (DNS rebinding) or a foreign Origin (a page elsewhere that posts here)."""
    if named(request.headers.get("Host", "")) not in LOOPBACK:
        return web.Response(status=403, text="The sandbox answers to loopback names only.\n")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.headers['Host']}" and origin != "null":
        return web.Response(status=403, text="The sandbox takes no calls from other pages.\n")
    followed = (
        request.headers.get("Sec-Fetch-Dest") == "document" and request.path == "/"
    )  # a plain link here
    foreign = request.headers.get("Sec-Fetch-Site") == "cross-site" and not followed
    if foreign or (origin == "null" and request.method == "POST"):
        return web.Response(status=403, text="The sandbox takes no calls from other pages.\n")
    return await handler(request)


@web.middleware
async def plain_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What a control call did wrong, as JSON; the headers every page of ours carries."""
    try:
        response = await handler(request)
    except Wrong as wrong:
        response = web.json_response({"error": wrong.reason}, status=wrong.status)
    if not response.prepared:
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cache-Control", "no-store")
    return response
