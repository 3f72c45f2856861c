"""The parameters of a call, however they came: query string, JSON, urlencoded or multipart."""

import json
from dataclasses import dataclass
from mimetypes import guess_type
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, ClientResponse, MultipartReader, web

from kelisim.sandbox.errors import bad

UNKNOWN = "application/octet-stream"
LARGEST_FILE = 50 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    kind: str
    content: bytes


Parameters = dict[str, Any]


async def of_request(request: web.Request) -> Parameters:
    """Everything a Bot API request says, files resolved from attach://."""
    said: Parameters = dict(request.query)
    if request.method == "POST" and request.can_read_body:
        if request.content_type == "multipart/form-data":
            said |= await _parts(await request.multipart())
        else:
            said |= of_body(request.content_type, await request.read())
    return said


async def of_response(response: ClientResponse) -> Parameters:
    """The call that a webhook's response carries; empty when it carries none."""
    if response.content_type == "multipart/form-data":
        return await _parts(MultipartReader(response.headers, response.content))
    body = await response.read()
    return of_body(response.content_type, body) if body.strip() else {}


def of_body(kind: str, body: bytes) -> Parameters:
    """A JSON or urlencoded body."""
    if kind == "application/json":
        try:
            said = json.loads(body or b"{}")
        except ValueError:
            raise bad("can't parse JSON object") from None
        if not isinstance(said, dict):
            raise bad("JSON object expected")
        return said
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise bad("strings must be encoded in UTF-8") from None


async def _parts(reader: MultipartReader) -> Parameters:
    said: Parameters = {}
    files: dict[str, Upload] = {}
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        content = bytes(await part.read(decode=True))
        if len(content) > LARGEST_FILE:
            raise bad("file is too big")
        if part.filename is None:
            try:
                said[part.name] = content.decode()
            except UnicodeDecodeError:
                raise bad("strings must be encoded in UTF-8") from None
        else:
            kind = part.headers.get("Content-Type", UNKNOWN)
            if kind == UNKNOWN:  # clients seldom say; Telegram goes by the name
                kind = guess_type(part.filename)[0] or UNKNOWN
            files[part.name] = Upload(part.filename, kind, content)
    for name, value in said.items():
        if isinstance(value, str) and value.startswith("attach://"):
            if (file := files.get(value.removeprefix("attach://"))) is None:
                raise bad("attached file not found")
            said[name] = file
    attached = {value.name for value in said.values() if isinstance(value, Upload)}
    # a file may also be sent simply under the name of its field
    for name, file in files.items():
        if name not in said and file.name not in attached:
            said[name] = file
    return said


def whole(said: Parameters, name: str, default: int | None = None) -> int:
    """An integer, which forms send as text."""
    value = said.get(name, default)
    if value is None or value == "":
        raise bad(f'parameter "{name}" is required')
    try:
        if isinstance(value, (bool, float)):
            raise ValueError
        return int(value)
    except (TypeError, ValueError):
        raise bad(f'can\'t parse "{name}": expected Integer') from None


def yes(said: Parameters, name: str) -> bool:
    """A truth value in any spelling Telegram takes."""
    return str(said.get(name, "")).lower() in {"true", "1", "yes"}


def words(said: Parameters, name: str, default: str | None = None) -> str:
    """A text; missing without a default is a fault of the caller."""
    value = said.get(name, default)
    if value is None:
        raise bad(f'parameter "{name}" is required')
    if not isinstance(value, (str, int)):
        raise bad(f'can\'t parse "{name}": expected String')
    return str(value)


def nested(said: Parameters, name: str) -> Any:
    """An object or list, which forms send as JSON text; None when it is missing."""
    value = said.get(name)
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None
    return value
