"""What people send besides text: one sample of each kind, or a file of one's own."""

import base64
import binascii
import itertools
from typing import Any

from kelisim.sandbox.errors import Wrong
from kelisim.sandbox.parameters import Upload
from kelisim.sandbox.town import Town

_numbers = itertools.count(1)

KINDS: dict[str, dict[str, Any]] = {
    "sticker": {
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
        "emoji": "👍",
    },
    "voice": {"duration": 3, "mime_type": "audio/ogg"},
    "photo": {"width": 800, "height": 600},
    "video": {"width": 640, "height": 360, "duration": 4},
    "video_note": {"length": 240, "duration": 4},
    "animation": {"width": 320, "height": 240, "duration": 2},
    "audio": {"duration": 60, "title": "Song"},
    "document": {"file_name": "құжат.pdf", "mime_type": "application/pdf"},
    "location": {"latitude": 43.238, "longitude": 76.945},
    "dice": {"emoji": "🎲", "value": 4},
    "poll": {
        "id": "1",
        "question": "?",
        "options": [],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": False,
        "members_only": False,
    },
}


# The smallest files that viewers still open: a page with nothing on it, one white pixel.
_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
)
_BYTES = {"document": _PDF, "photo": _PNG}


def of(town: Town, kind: str) -> Any:
    """The content of one message of this kind, its file kept where the bot can fetch it."""
    sample = dict(KINDS[kind])
    if kind in {"location", "dice", "poll"}:
        return sample
    ending = "png" if kind == "photo" else "bin"
    name = sample.get("file_name", f"{kind}_{next(_numbers)}.{ending}")
    type_ = sample.get("mime_type", "application/octet-stream")
    kept = town.files.put(Upload(name, type_, _BYTES.get(kind, b"sample")), kind)
    sample |= kept.facts()
    return [sample] if kind == "photo" else sample


def own(town: Town, kind: str, file: dict[str, Any]) -> Any:
    """A photo or document of one's own: `name`, `type` and `content` in base64, as Telegram would pass it on."""
    try:
        content = base64.b64decode(str(file.get("content", "")), validate=True)
    except binascii.Error:
        raise Wrong(400, "content is not base64") from None
    name, type_ = str(file.get("name", "file")), str(file.get("type", "application/octet-stream"))
    kept = town.files.put(Upload(name, type_, content), kind)
    if kind == "photo":
        return [{"width": 800, "height": 600} | kept.facts()]
    return {"file_name": name, "mime_type": type_} | kept.facts()
