"""Where words lead: the addresses that chats and mail programs make links of by themselves, and the host an address leads to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Where a link stands in plain words. Everything in Latin letters may be the end of a host, and everything in letters that
# neither Kazakh nor Russian is written in: lists of those ends grow, and what Telegram or a mail program makes a link of must
# be seen here. Names of files are no links. The Cyrillic ends are those of the root zone: prose has dots without a space too.
_WORD = re.compile(r"""[^\s<>"'«»“”„()\[\]{}|,;!]+""")
_RUN = re.compile(r"[\w.@-]+")
# The same with every sign that Telegram takes for a part of a host: joiners nobody sees, accents, dashes, pictures.
_WIDE = re.compile(r"[^\x00-,/:-@\[-^`{-\xbf\s\u2000-\u200b\u200e\u200f\u2016-\u206f\ufeff]+")
_SUFFIX = re.compile(r"-[\u0400-\u052f]+$")  # a Kazakh ending behind a name
_BEHIND = re.compile(r"(?::\d{1,5})?(?:[/?#].*)?")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*+$")
_FILES = frozenset(
    ["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "txt", "csv", "jpg", "jpeg", "png"]
)
_CYRILLIC = re.compile(r"[\u0300-\u036f\u0400-\u052f]+")
_NATIONAL = frozenset(
    ["қаз", "рф", "бел", "укр", "срб", "мкд", "бг", "мон", "ею", "рус", "орг", "ком", "сайт", "онлайн", "дети", "москва",
     "католик"]
)  # fmt: skip
_LONG = 5  # letters of a word that is no abbreviation: behind its dot a small letter begins no sentence
_MENTION = re.compile(r"(?<!\w)@([a-zA-Z]\w{3,31})")
_MENTION_BEHIND = re.compile(r"(?<![\w/])@([a-zA-Z]\w{3,31})")  # in an address x.kz/@name is a page
_TAGGED = re.compile(r"[#$][\w·\u200c\u200d]{1,256}+@([a-zA-Z]\w{3,31})")
_LOCAL = re.compile(r"[\w.+%&'*=~-]+$")
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?i)https?://(?P<host>[^\s/?#\\@:]+)(?::\d{1,5})?(?:[/?#][^\s\\]*)?")
_MAILTO = re.compile(r"(?i)mailto:[^\s@?&/\\]+@(?P<host>[^\s@?&/\\]+)")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
_LONGEST = 254  # characters of a host
_SCHEMES = 20  # of the name of a scheme


def host(url: str) -> str:
    """The host an address leads to, in ASCII and small letters; empty for one that cannot be followed safely."""
    found = _URL.fullmatch(url) or _MAILTO.fullmatch(url)
    if found is None:
        return ""
    given = found["host"].rstrip(".")
    try:
        name = given.encode("idna").decode().lower() if len(given) < _LONGEST else ""
        # Python's IDNA is that of 2003: ß becomes ss there, joiners vanish, and browsers go elsewhere (UTS 46).
        if not given.isascii() and name.encode().decode("idna") != unicodedata.normalize(
            "NFC", given.lower()
        ):
            return ""
    except UnicodeError:
        return ""
    return name if _HOST.fullmatch(name) else ""


def seen(shown: str, *, chat: bool) -> Iterator[str]:
    """The addresses that programs make links of by themselves."""
    for met in _WORD.finditer(unicodedata.normalize("NFC", shown)):
        word = met[0].rstrip(".:?*~…")
        before, slashes, rest = word.partition("://")
        scheme = _SCHEME.search(before[-_SCHEMES:]) if slashes else None
        if scheme is not None:
            yield f"{scheme[0]}://{rest}"
        elif slashes:
            before, rest = word, ""
        if "." in word or "@" in word:
            yield from _bare(before, rest, chat=chat)


def _bare(word: str, behind: str, *, chat: bool) -> Iterator[str]:
    """The hosts in a word that names no scheme, with what stands behind them, the mailboxes, and in a chat the mentions.

    `behind` is what follows the word in an address.
    """
    at, end = 0, len(word)
    while (run := _RUN.search(word, at)) is not None:
        at = run.end()
        name = _SUFFIX.sub("", run[0].strip(".-_").removeprefix("@")).rpartition("..")[2]
        if _is_host(name):
            met = _BEHIND.match(word, at)
            rest = met[0] if met is not None else ""
            if rest.strip(":0123456789"):
                behind, end = rest + behind, at
            at += len(rest)
            yield f"https://{name}{rest}"
    for run in _WIDE.finditer(word, 0, end):
        name = _trimmed(run[0])
        if _RUN.fullmatch(name) is None and _is_host(name):
            yield f"https://{name}"
    yield from _mailboxes(word[:end])
    if chat:
        named = [
            *_MENTION.findall(word[:end]),
            *_TAGGED.findall(word[:end]),
            *_MENTION_BEHIND.findall(behind),
        ]
        yield from (f"https://t.me/{mention}" for mention in named)


def _trimmed(run: str) -> str:
    """Without signs at its ends: a picture in front of a host is no part of its name."""
    signs = [n for n, sign in enumerate(run) if sign.isalnum()]
    return run[signs[0] : signs[-1] + 1] if signs else ""


def _mailboxes(word: str) -> Iterator[str]:
    for met in re.finditer("@", word):
        local = _LOCAL.search(word, max(0, met.start() - 64), met.start())
        domain = _DOMAIN.match(word, met.end())
        if local is not None and domain is not None:
            name = _SUFFIX.sub("", domain[0].strip("-_"))
            if _is_host(name):
                yield f"mailto:{local[0]}@{name}"


def _is_host(name: str) -> bool:
    labels = name.split(".")
    if "@" in name or len(labels) < 2 or not all(labels):
        return False
    last = labels[-1]
    if last.isdecimal():
        return len(labels) == 4 and all(label.isdecimal() and int(label) < 256 for label in labels)
    if last.isascii():
        last = last.lower()
        return last.startswith("xn--") or (last.isalpha() and len(last) > 1 and last not in _FILES)
    if _CYRILLIC.fullmatch(last):
        return _ends_in_cyrillic(labels[-2], last)
    return len(last) > 1 and all(unicodedata.category(sign)[0] in "LM" for sign in last)


def _ends_in_cyrillic(before: str, last: str) -> bool:
    """Whether two words with a dot between them are a host, and no abbreviation (эл.почта), name (А.Пушкин, г.Москва) or a new
    sentence: Telegram, too, makes no link of one whose end begins with a capital."""
    if last[0].isupper() and last[1:] == last[1:].lower():
        return False
    known = last.lower() in _NATIONAL
    return known or (last.islower() and len(last) > 2 and sum(map(str.isalpha, before)) >= _LONG)
