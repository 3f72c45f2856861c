"""Letters as people type them, brought to one form: scripts, look-alikes, stretched and unseen characters."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 4096  # characters of one Telegram message; what is longer is not one person's one word
_REMEMBERED = 8192  # characters the table keeps, so that hostile text cannot make it grow without end

# Every letter of both alphabets in the other one: by its shape where there is one, else by its sound.
_TO_CYRILLIC = str.maketrans("abcdefghijklmnopqrstuvwxyz", "авсдефгнијклмпоркгстившхуз")
_TO_LATIN = str.maketrans("авсенікмопртухиугѕјһбдзлфцәқғңөұүыь", "abcehikmonptyxuyrsjhbdzlfcakghouuib")
_CYRILLIC_DIGITS = str.maketrans("0346710@", "озчбтиоа")
_LATIN_DIGITS = str.maketrans("01345790@$", "oieastgoas")
_SOUNDS: dict[int, int | str] = {
    **str.maketrans("абвгдезийклмнопрстуфхчшщыэәқғңөұүһіѕјє", "abvgdeziiklmnoprstufhcssieakgnouuhisje"),
    **{ord("ж"): "j", ord("ц"): "ts", ord("ю"): "iu", ord("я"): "ia", ord("ъ"): "", ord("ь"): ""},
}
_LATIN_SOUNDS = str.maketrans({"q": "k", "y": "i", "w": "v", "x": "h"})
_DIGRAPHS = {"shch": "s", "sch": "s", "sh": "s", "zh": "j", "kh": "h", "ch": "c", "gh": "g"}
_DIGRAPHS |= {"ya": "ia", "yu": "iu", "yo": "e"}
_DIGRAPH = re.compile("|".join(_DIGRAPHS))
_STRETCHED = re.compile(r"(.)\1+", re.DOTALL)
_UNSTRESSED = str.maketrans("oe", "ai")  # Russian vowels that sound alike and are mistyped for each other
_CYRILLIC = re.compile("[а-ӿԀ-ԯ]")
_LATIN = re.compile("[a-z]")
_ONLY_CYRILLIC = re.compile("[бгджзилпфцчшщъыьэюяәқғңөұү]")
_ONLY_LATIN = re.compile("[dfgjlqrsvwzu]")
_DIGIT = re.compile("[0-9@$]")
_BORROWED = re.compile("[ѕјԁԛԝһі]")  # Cyrillic letters people take for their Latin shape
_GREEK = str.maketrans("αεικνοπρτυχ", "aeikvoпptux")
_DRAWN = str.maketrans("ıꜱᴛᴏᴘᴜɴʙᴄʀɪᴇøł", "istopunbcrieol")


class _Clean(dict[int, str]):
    """What a character becomes: plain small letters, a digit, `.` for an end, `,` for a pause, or a space."""

    def __missing__(self, code: int) -> str:
        if (
            0x2E80 <= code < 0xA640 or 0xAC00 <= code < 0xF900 or code >= 0x20000
        ):  # scripts nobody types STOP in: not worth the time
            return chr(code) if chr(code).isalpha() else " "
        if code in (0xDD, 0xFD):  # ý: the u of the Kazakh Latin alphabet of 2018
            return "u"
        become = "".join(map(_one, unicodedata.normalize("NFKD", chr(code)).casefold()))
        if len(self) < _REMEMBERED:
            self[code] = become
        return become


def _one(character: str) -> str:
    """One decomposed character."""
    code = ord(character)
    for first in (0x1F150, 0x1F170, 0x1F1E6):  # letters drawn in circles, squares and flags
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    if character in ".!?;\n\r…؟":
        return "."
    if character in ",:":
        return " , "
    if character in "@$":
        return character
    if character in "'’‘ʼʻ`´":
        return ""
    category = unicodedata.category(character)
    if category[0] == "L":
        return character.translate(_GREEK).translate(_DRAWN)
    if category == "Nd":
        return str(unicodedata.digit(character))
    return (
        ""
        if category in ("Mn", "Me", "Cf", "Cs", "Lm", "Sk", "Cn") or "\ufe00" <= character <= "\ufe0f"
        else " "
    )


_clean = _Clean()


def clean(text: str) -> str:
    """NFKD, small letters without marks; format characters gone, everything else a space or a full stop."""
    return text[:LONGEST].translate(_clean)


def script(word: str) -> str:
    """`cyrillic`, `latin` or `mixed`."""
    if _CYRILLIC.search(word):
        return "mixed" if _LATIN.search(word) else "cyrillic"
    return "latin"


def reading(word: str) -> str:
    """A cleaned word in one script: look-alikes go to the alphabet the other letters belong to."""
    if word.isalpha() and script(word) != "mixed":
        return word
    latin = len(_ONLY_LATIN.findall(word)) > len(_ONLY_CYRILLIC.findall(word))
    if _DIGIT.search(word):
        if not (_CYRILLIC.search(word) or _LATIN.search(word)):
            return word
        latin = latin or script(word) == "latin"
        word = word.translate(_LATIN_DIGITS if latin else _CYRILLIC_DIGITS)
    if script(word) != "mixed":
        return word
    return word.translate(_TO_LATIN if latin else _TO_CYRILLIC)


def readings(word: str) -> list[str]:
    """Every way a cleaned word may be meant, the likeliest first."""
    ways = [reading(word)]
    if _DIGIT.search(word) or _BORROWED.search(word) or script(word) == "mixed":
        ways += [
            word.translate(_CYRILLIC_DIGITS).translate(_TO_CYRILLIC),
            word.translate(_LATIN_DIGITS).translate(_TO_LATIN),
        ]
    return ways


def squeeze(word: str) -> str:
    """Stretched letters once."""
    return _STRETCHED.sub(r"\1", word)


def sound(word: str) -> str:
    """How a word in one script sounds, in plain Latin: Kazakh, Russian and Latin keyboards give the same."""
    if word.isascii():
        word = _DIGRAPH.sub(lambda found: _DIGRAPHS[found.group()], word).translate(_LATIN_SOUNDS)
    else:
        word = word.translate(_SOUNDS)
    return _STRETCHED.sub(r"\1", word)


def unstressed(sounded: str) -> str:
    """The same with Russian o = a and e = i; as long as before."""
    return sounded.translate(_UNSTRESSED)
