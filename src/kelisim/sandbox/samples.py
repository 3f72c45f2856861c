"""What people send besides text: one sample of each kind."""

import itertools
from typing import Any

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


def of(town: Town, kind: str) -> Any:
    """The content of one message of this kind, its file kept where the bot can fetch it."""
    sample = dict(KINDS[kind])
    if kind in {"location", "dice", "poll"}:
        return sample
    name = sample.get("file_name", f"{kind}_{next(_numbers)}.bin")
    kept = town.files.put(Upload(name, sample.get("mime_type", "application/octet-stream"), b"sample"), kind)
    sample |= kept.facts()
    return [sample] if kind == "photo" else sample
