"""Text as Telegram keeps it: its length in UTF-16 units, its entities, its HTML."""

import re
from html.parser import HTMLParser
from typing import Any

from kelisim.sandbox.errors import bad

Entity = dict[str, Any]

KINDS = frozenset(
    [
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    ]
)
FIELDS = frozenset(
    [
        "type",
        "offset",
        "length",
        "url",
        "user",
        "language",
        "custom_emoji_id",
        "unix_time",
        "date_time_format",
    ]
)
TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
SEEN_BY_TELEGRAM = re.compile(
    r"(?P<bot_command>(?<![\w/])/[a-zA-Z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/])"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>https?://[^\s<>«»\"]*[^\s<>«»\".,;:!?)])"
    r"|(?P<mention>(?<![\w@])@[a-zA-Z]\w{3,31})"
)


def units(text: str) -> int:
    """Length in UTF-16 units, the way Telegram counts."""
    return len(text) + sum(1 for sign in text if sign > "\uffff")


def noticed(text: str, given: list[Entity]) -> list[Entity]:
    """The given entities and those Telegram finds by itself where none of the given stands."""
    found = list(given)
    if not any(sign in text for sign in "/@:"):
        return found
    for match in SEEN_BY_TELEGRAM.finditer(text):
        start, length = units(text[: match.start()]), units(match.group())
        if all(start + length <= e["offset"] or start >= e["offset"] + e["length"] for e in given):
            found.append({"type": match.lastgroup, "offset": start, "length": length})
    return sorted(found, key=lambda entity: (entity["offset"], -entity["length"]))


def checked(text: str, given: Any) -> list[Entity]:
    """Entities a bot gave, held against the text they speak of."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise bad("can't parse entities: expected an Array of MessageEntity")
    whole = units(text)
    for entity in given:
        if not isinstance(entity, dict) or not {"type", "offset", "length"} <= set(entity):
            raise bad("can't parse MessageEntity: type, offset and length are required")
        if unknown := set(entity) - FIELDS:
            raise bad(f"can't parse MessageEntity: unknown field {min(unknown)}")
        if entity["type"] not in KINDS:
            raise bad(f"can't parse MessageEntity: unsupported type {entity['type']}")
        start, length = entity["offset"], entity["length"]
        if not isinstance(start, int) or not isinstance(length, int) or start < 0 or length < 1:
            raise bad("can't parse MessageEntity: wrong offset or length")
        if start + length > whole:
            raise bad(f"entity ends at UTF-16 offset {start + length}, after the text of {whole}")
        if entity["type"] == "text_link" and not entity.get("url"):
            raise bad("can't parse MessageEntity: a text_link needs its url")
    return [dict(entity) for entity in given]


def trimmed(text: str, given: list[Entity]) -> tuple[str, list[Entity]]:
    """The text without the blank ends Telegram cuts off, its entities moved along."""
    body = text.rstrip()
    cut = units(body) - units(body.lstrip())
    body = body.lstrip()
    whole = units(body)
    kept = []
    for entity in given:
        start = max(entity["offset"] - cut, 0)
        end = min(entity["offset"] + entity["length"] - cut, whole)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return body, kept


def of_html(markup: str) -> tuple[str, list[Entity]]:
    """Telegram's HTML as plain text and entities; what Telegram cannot parse is a 400."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    if reader.open:
        raise bad(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{reader.open[-1][0]}\""
        )
    return "".join(reader.said), sorted(reader.found, key=lambda e: (e["offset"], -e["length"]))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.found: list[Entity] = []
        self.open: list[tuple[str, Entity]] = []
        self.at = 0

    def handle_data(self, data: str) -> None:
        self.said.append(data)
        self.at += units(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {self.at}')
        given = dict(attrs)
        entity: Entity = {"type": TAGS[tag], "offset": self.at}
        if tag == "span" and given.get("class") != "tg-spoiler":
            raise bad('can\'t parse entities: Tag "span" must have class "tg-spoiler"')
        if tag == "a":
            entity["url"] = given.get("href") or ""
        if tag == "blockquote" and "expandable" in given:
            entity["type"] = "expandable_blockquote"
        if tag == "tg-emoji":
            entity["custom_emoji_id"] = given.get("emoji-id") or ""
        if tag == "code" and (language := given.get("class")) and self.open and self.open[-1][0] == "pre":
            self.open[-1][1]["language"] = language.removeprefix("language-")
        self.open.append((tag, entity))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            expected = self.open[-1][0] if self.open else ""
            raise bad(f'can\'t parse entities: Unexpected end tag "{tag}", expected "{expected}"')
        _, entity = self.open.pop()
        entity["length"] = self.at - entity["offset"]
        inside_pre = entity["type"] == "code" and self.open and self.open[-1][0] == "pre"
        if entity["length"] and not inside_pre and entity.get("url", "-"):
            self.found.append(entity)
