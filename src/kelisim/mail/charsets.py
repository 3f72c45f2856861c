"""From bytes to words: the charset a letter names, the one it really has, and what may stand in plain text (T-LET-21)."""

from __future__ import annotations

import re
import unicodedata
from encodings.aliases import aliases

UTF8, WINDOWS, KAZAKH = "utf-8", "cp1251", "kz1048"
_CYRILLIC = (WINDOWS, KAZAKH, "koi8_r", "cp866", "ptcp154", "iso8859_5", "mac_cyrillic", "koi8_u", "cp855")
_WESTERN = ("latin_1", "cp1252", "iso8859_15", "iso8859_2", "cp1250", "iso8859_9", "cp1254", "mac_roman")
_OTHERS = (
    "ascii", "utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "cp1253", "cp1255", "cp1256",
    "cp1257", "cp1258", "iso8859_3", "iso8859_4", "iso8859_6", "iso8859_7", "iso8859_8", "iso8859_10", "iso8859_13", "iso8859_14",
    "iso8859_16", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "euc_jp", "shift_jis", "iso2022_jp", "euc_kr", "cp949",
    "iso2022_kr", "tis_620", "koi8_t", "johab", "cp437", "cp850", "cp852", "cp857",
)  # fmt: skip
# Here ASCII bytes mean other letters.
_WIDE = frozenset(codec for codec in _OTHERS if codec.startswith(("utf_16", "utf_32", "iso2022")))
# Python knows codecs that are no charsets at all (zip, rot13, hex): only what is written here is ever looked up.
_CODECS = frozenset(_CYRILLIC + _WESTERN + _OTHERS)
_KNOWN = {
    **{re.sub("[^a-z0-9]", "", alias): codec for alias, codec in aliases.items() if codec in _CODECS},
    **{re.sub("[^a-z0-9]", "", codec): codec for codec in _CODECS},
    "xcp1251": WINDOWS, "win1251": WINDOWS, "xwindows1251": WINDOWS, "1251": WINDOWS, "xcp866": "cp866", "dos866": "cp866",
    "kz1048": KAZAKH, "xkz1048": KAZAKH, "windows1048": KAZAKH, "xkoi8r": "koi8_r", "koi8": "koi8_r", "koi8ru": "koi8_u",
    "xmaccyrillic": "mac_cyrillic", "utf8mb4": "utf_8", "unicode11utf8": "utf_8", "unicode20utf8": "utf_8", "xutf8": "utf_8",
    "xsjis": "shift_jis", "xgbk": "gbk", "iso88598i": "iso8859_8", "isoir111": "koi8_r", "cp932": "shift_jis",
}  # fmt: skip
# What programs write when they know nothing; ASCII under such a name is ASCII.
_NOTHING = frozenset(
    ("", "unknown", "unknown8bit", "xunknown", "8bit", "7bit", "binary", "ascii8bit", "defaultcharset", "none", "x", "xuserdefined")
)  # fmt: skip

_GUESSED = (*_CYRILLIC[:-2], "cp1252")
_SAMPLE = 4 << 10  # bytes that are enough to tell charsets apart

_OFTEN, _SOMETIMES = "аеиноартслкды", "вмпугзбйьчяіқ"
_SELDOM = "хжшюцщэфъёәғңөұүһ"
_WEIGHTS = {**dict.fromkeys(_SELDOM, 1.0), **dict.fromkeys(_SOMETIMES, 2.0), **dict.fromkeys(_OFTEN, 3.0)}
_SIGNS = frozenset("«»–—„“”‘’№…•·°§©®€₸±×¹²³½¼\xa0\xad")


def decode(content: bytes, charset: str = "") -> tuple[str, bool]:
    """The words, and whether the charset is certain: named or plain to see, and nothing in the bytes speaks against it."""
    name = re.sub("[^a-z0-9]", "", charset[:40].lower())
    codec = _KNOWN.get(name)
    if content.isascii() and codec not in _WIDE:
        return content.decode("ascii"), codec is not None or name in _NOTHING
    if codec in _WIDE:
        try:
            return content.decode(codec), True
        except (UnicodeError, ValueError):
            codec = None
    try:
        return content.decode("utf-8-sig"), codec in ("ascii", "utf_8") or name in _NOTHING
    except UnicodeDecodeError:
        pass
    if codec in ("utf_8", None, "ascii"):
        mended = content.decode("utf-8", "replace")
        if codec == "utf_8" and mended.count("\ufffd") * 50 <= sum(map(str.isalpha, mended)):
            return mended, False
        return _guess(content), False
    try:
        text = content.decode(codec)
    except (UnicodeError, ValueError):
        return _guess(content), False
    if codec not in _CYRILLIC and codec not in _WESTERN:
        return text, True
    best = _best(content)
    better = _score(content, best) - _score(content, codec)
    # Programs write windows-1251 over Kazakh text, which it cannot hold: the few letters that differ tell.
    enough = 3.0 if (codec, best) == (WINDOWS, KAZAKH) else max(3.5, 0.35 * _heavy(content[:_SAMPLE]))
    return (content.decode(best, "replace"), False) if better >= enough else (text, True)


def _guess(content: bytes) -> str:
    return content.decode(_best(content), "replace")


def _best(content: bytes) -> str:
    return max(_GUESSED, key=lambda codec: _score(content, codec))  # the first of equals: the more usual one


def _heavy(content: bytes) -> float:
    return float(sum(byte > 127 for byte in content))


def _score(content: bytes, codec: str) -> float:
    """How much the bytes read in this charset look like Russian, Kazakh or a Western language."""
    score, before = 0.0, " "
    for character in content[:_SAMPLE].decode(codec, "replace"):
        if character > "\x7f":
            score += _weight(character, before)
        elif "\u0400" <= before < "\u0530" and character.isalpha():
            score -= 3.0  # a Latin letter glued to a Cyrillic one
        before = character
    return score


def _weight(character: str, before: str) -> float:
    small = character.lower()
    if small in _WEIGHTS:
        weight = _WEIGHTS[small] - (0.3 if character != small else 0.0)
        if before.isascii() and before.isalpha():
            weight -= 6.0
        elif character != small and before.islower():
            weight -= 4.0  # a capital inside a word: koi8-r read as windows-1251 is full of them
        return weight
    if small in "àáâãäåæçèéêëìíîïñòóôõöøùúûüýßœ":
        return 1.0 if before.isascii() else -3.0  # accents stand alone among plain letters
    if character in _SIGNS:
        return -3.0 if before.isalpha() and character not in "»”“’…\xa0\xad—–" else 0.0
    return -4.0


_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# What cannot be seen: controls, soft hyphens, zero widths, marks that turn the line round; joiners only inside words (an emoji
# needs its own).
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
    r"|(?<=\w)" + "\u200d|\u200d" + r"(?=\w)"
)  # fmt: skip
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """Words as they are kept: line ends as \\n, ordinary spaces, nothing that cannot be seen."""
    broken = _SURROGATES.sub("\ufffd", _BREAKS.sub("\n", text))
    return unicodedata.normalize("NFC", _UNSEEN.sub("", _SPACES.sub(" ", broken)))


def line(text: str, longest: int = 500) -> str:
    """The same on one line."""
    return " ".join(plain(text[: longest * 8]).split())[:longest]
