"""The page and what it reads: letters, documents, the store; for tests the post office's control too."""

import html
from importlib import resources
from typing import Any
from urllib.parse import quote

from aiohttp import web

from kelisim.sandbox.control import asked_of
from kelisim.sandbox.errors import Wrong
from kelisim.sandbox.post import PostOffice
from kelisim.sandbox.store_view import StoreView
from kelisim.sandbox.town import Town

KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# what others wrote is shown without scripts, forms, an origin or the network
FOREIGN_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'"
)
SHOWN_INLINE = frozenset({"text/html", "text/plain", "application/json", "image/png", "image/jpeg"})


class Site:
    """Everything at / and the rest of /sandbox."""

    def __init__(self, town: Town, post: PostOffice, store: StoreView) -> None:
        self.town = town
        self.post = post
        self.store = store
        folder = resources.files("kelisim.sandbox") / "static"
        self.static = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}

    def routes(self) -> list[web.AbstractRouteDef]:
        """What aiohttp serves."""
        return [
            web.get("/", self.page),
            web.get(r"/static/{name:[a-z-]+\.[a-z]+}", self.asset),
            web.get(r"/sandbox/files/{file}", self.file),
            web.get("/sandbox/letters", self.letters),
            web.get(r"/sandbox/letters/{number:\d+}/html", self.letter_html),
            web.get(r"/sandbox/letters/{number:\d+}/raw", self.letter_raw),
            web.get(r"/sandbox/letters/{number:\d+}/attachments/{place:\d+}", self.attachment),
            web.post("/sandbox/letters", self.write),
            web.post("/sandbox/smtp", self.smtp),
            web.get("/sandbox/store", self.look),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """GET /."""
        return web.Response(body=self.static["page.html"], content_type="text/html", charset="utf-8")

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """GET /static/<name>."""
        name = request.match_info["name"]
        if name not in self.static:
            raise web.HTTPNotFound
        kind = KINDS.get(name[name.rindex(".") :], "application/octet-stream")
        return web.Response(body=self.static[name], content_type=kind, charset="utf-8")

    async def file(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/files/<file_id>: a document somebody sent, opened without any power."""
        kept = self.town.files.by_id.get(request.match_info["file"])
        if kept is None:
            raise Wrong(404, "there is no such file")
        return _foreign(kept.upload.content, kept.upload.kind, kept.upload.name)

    async def letters(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/letters?after=number&to=address: letters that came, oldest first."""
        after, to = int(request.query.get("after", 0)), request.query.get("to", "").lower()
        found = [
            letter.shown()
            for letter in self.post.letters
            if letter.number > after and (not to or to in (address.lower() for address in letter.recipients))
        ]
        return web.json_response(
            {"letters": found, "maildir": self.post.maildir is not None, "desk": self.post.desk}
        )

    async def letter_html(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/letters/<n>/html."""
        letter = self.post.find(int(request.match_info["number"]))
        body = letter.part("html")
        if body is None:
            body = f"<pre>{html.escape(letter.part('plain') or '')}</pre>"
        # its links open beside the page, never in the little frame
        return _foreign(f'<base target="_blank">{body}'.encode(), "text/html", "letter.html")

    async def letter_raw(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/letters/<n>/raw: the letter's own bytes."""
        return _foreign(self.post.find(int(request.match_info["number"])).content, "text/plain", "letter.eml")

    async def attachment(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/letters/<n>/attachments/<place>."""
        parts = self.post.find(int(request.match_info["number"])).attachments()
        place = int(request.match_info["place"])
        if place >= len(parts):
            raise Wrong(404, "there is no such attachment")
        content: Any = parts[place].get_payload(decode=True) or b""
        return _foreign(content, parts[place].get_content_type(), parts[place].get_filename() or "file")

    async def write(self, request: web.Request) -> web.StreamResponse:
        """POST /sandbox/letters {answers?, quoted?, from?, to?, subject?, spoofed?, text | raw}: a letter to the desk."""
        asked = await asked_of(request)
        if "raw" in asked:
            self.post.deliver(str(asked["raw"]).encode())
            return web.json_response({})
        return web.json_response({"message_id": self.post.write(asked)})

    async def smtp(self, request: web.Request) -> web.StreamResponse:
        """POST /sandbox/smtp {down?: bool, rules?: {address | * | data: answer}, reset?: bool}."""
        asked = await asked_of(request)
        if asked.get("reset"):
            self.post.reset()
        if "rules" in asked:
            self.post.rules = {str(name).lower(): str(answer) for name, answer in asked["rules"].items()}
        if "down" in asked:
            await self.post.down(bool(asked["down"]))
        return web.json_response({"port": self.post.port, "rules": self.post.rules})

    async def look(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/store: tables with counts and newest rows."""
        return web.json_response(await self.store.look())


def _foreign(content: bytes, kind: str, name: str) -> web.Response:
    kind = kind.split(";")[0].strip().lower()
    place = "inline" if kind in SHOWN_INLINE else "attachment"
    response = web.Response(
        body=content, content_type=kind if place == "inline" else "application/octet-stream"
    )
    if kind.startswith("text/") or kind == "application/json":
        response.charset = "utf-8"
    response.headers["Content-Security-Policy"] = FOREIGN_POLICY
    response.headers["Content-Disposition"] = f"{place}; filename*=UTF-8''{quote(name)}"
    return response
