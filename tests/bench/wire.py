"""HTTP/1.1 as the benchmark needs it: one parser for both directions and the three kinds of body."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

NAME = re.compile(rb'[; ]name="?([^";\r\n]+)"?')
FILENAME = re.compile(rb'[; ]filename="?([^";\r\n]+)"?')


class HttpMessage(NamedTuple):
    """One request or response: its first line, headers with lower-case names, and body."""

    first_line: str
    headers: dict[str, str]
    body: bytes


class HttpParser:
    """Turns the bytes of one connection into whole messages; knows Content-Length and chunked bodies."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[HttpMessage]:
        """Yield every message that `data` completes."""
        self._buffer += data
        while (message := self._take()) is not None:
            yield message

    def _take(self) -> HttpMessage | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        first_line, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        start = end + 4
        if headers.get("transfer-encoding", "").lower() == "chunked":
            unchunked = self._unchunk(start)
            if unchunked is None:
                return None
            body, after = unchunked
        else:
            after = start + int(headers.get("content-length", 0))
            if len(self._buffer) < after:
                return None
            body = bytes(self._buffer[start:after])
        del self._buffer[:after]
        return HttpMessage(first_line, headers, body)

    def _unchunk(self, at: int) -> tuple[bytes, int] | None:
        """The joined chunks and where the next message begins; None while something is missing."""
        chunks: list[bytes] = []
        while True:
            line_end = self._buffer.find(b"\r\n", at)
            if line_end < 0:
                return None
            size = int(bytes(self._buffer[at:line_end]).split(b";")[0], 16)
            at = line_end + 2
            if len(self._buffer) < at + size + 2:
                return None
            if size == 0:
                return b"".join(chunks), at + 2
            chunks.append(bytes(self._buffer[at : at + size]))
            at += size + 2


def arguments(content_type: str, body: bytes) -> dict[str, Any]:
    """The named values of a Bot API call in any of its three encodings; a file becomes its size in bytes."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return {}
    if kind == "application/json":
        values = json.loads(body)
        return values if isinstance(values, dict) else {}
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    if kind.startswith("multipart/"):
        boundary = content_type.partition("boundary=")[2].partition(";")[0].strip().strip('"')
        return dict(_parts(boundary.encode(), body))
    raise ValueError(f"a body of kind {kind!r}")


def _parts(boundary: bytes, body: bytes) -> Iterator[tuple[str, Any]]:
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, found, content = part.partition(b"\r\n\r\n")
        name = NAME.search(head)
        if not found or name is None:
            continue
        yield name[1].decode(), len(content) if FILENAME.search(head) else content.decode()


def answer(status: str, value: object) -> bytes:
    """An HTTP response that carries `value` as JSON and keeps the connection open."""
    body = json.dumps(value, separators=(",", ":")).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
