"""What a person's sentence is about: concepts word by word, rules over concepts, screens as the answer."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import Any

from kelisim.desk.lexicon import Concepts, Lexicon
from kelisim.desk.spelling import clean, reading, script, sound, squeeze, unstressed

LOCALES = ("kk", "ru", "en")
READ_AT_MOST = 512  # characters: whoever tells a longer story says what it is about in its first sentences
WORDS_AT_MOST = 40
GUESSES_AT_MOST = 10
LONGEST_WORD = 28

_KAZAKH = re.compile("[әғқңөұүһі]")
_QUOTED = re.compile('«[^«»]*»|“[^“”]*”|„[^„“”]*[“”]|"[^"]*"')
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)

# What says "not": before a word (English, Russian), after it (Kazakh), or in the ending of a Kazakh verb.
_RUSSIAN_NOT = frozenset(["не", "ни", "без", "нет", "никаких", "никакой", "ne", "net", "bez"])
_ENGLISH_NOT = frozenset(
    ["not", "dont", "never", "no", "without", "wont", "doesnt", "isnt", "arent", "havent"]
)
_ENGLISH_NOT |= {"hasnt", "shouldnt", "neither", "nobody", "nothing"}
_NOT_BEFORE = _RUSSIAN_NOT | _ENGLISH_NOT
_NOT_CAN = frozenset(["cant", "cannot", "couldnt"])
_NOT_DID = frozenset(["didnt", "wasnt", "werent"])
_NOT_WORDS = _NOT_BEFORE | _NOT_CAN | _NOT_DID
_NOT_AFTER = re.compile("жо[кқ](?![кқ]а)|емес|нет$|joq|jok|zhok|emes|net$")
_KAZAKH_WHAT = frozenset(["не", "ne"])  # in Kazakh «не» is "what"
_UNWILLING = re.compile("келме|kelme")
_TOLD_AFTER = re.compile("(?:[дт][ыіи](?:м|[нң]|[кқ]|[нң][ыіи]з.*)?|[дт]i(?:m|n|k|niz.*)?|[ғгқк][ае]н.*)$")
_WILLING = re.compile("[гғкқgkq][ыіиyi](?:м|м[ыіи]з|m|m[iy]z)$")

# Endings on sounded letters; -мен, -бен, -пен at the very end of a Kazakh word is "with", -уды is a noun.
_KAZAKH_NOT = re.compile("^(?:il|l|in|n|ir|t|tir|dir)?[mbp][ae](?!n$)")
_PAST = {
    "kk": re.compile(
        "(?:(?<!u)[dt]i(?:m|n|k|niz|nizdar|nizder)?|[gk][ae]n(?:min|sin|siz|nin|bin|edi)?|[mbp][ae]p(?:siz|sizdar|sizder|ti)?)$"
    ),
    "ru": re.compile("(?:(?:^|[aeiou])l(?:a|o|i|sia|as|is|os)?|(?:an|en)(?:a|o|i)?)$"),
    "en": re.compile("(?:d|ed|n|ten)$"),
}

_Said = tuple[int, bool, bool]  # a concept, negated, told as past
_Word = tuple[tuple[_Said, ...], tuple[str, ...]]  # what it says and the languages it may be of
_NOTHING: _Word = ((), ())
_KNOWN: _Word = ((), ("",))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood: screens best first, the language, how many words, how many of them strangers."""

    screens: tuple[str, ...]
    locale: str | None
    words: int
    unknown: int
    seen: int  # every concept met, as bits


@dataclass(frozen=True, slots=True)
class _Rule:
    """Concepts that must be there, those that must not, and how telling the rule is."""

    screen: str
    needed: int
    forbidden: int
    size: int


class Book:
    """The words and rules of intents.toml, made ready once."""

    def __init__(self, source: dict[str, Any]) -> None:
        self._kinds: list[str] = []
        self._numbers: dict[str, int] = {}
        self._lexicons = {locale: Lexicon() for locale in LOCALES}
        for concept, entry in source["concept"].items():
            number = self._numbers[concept] = len(self._kinds)
            self._kinds.append(entry.get("kind", "noun"))
            for locale in LOCALES:
                for word in entry.get(locale, "").split():
                    form = _form(locale, word.rstrip("*"))
                    self._lexicons[locale].add(form, number, stem=word.endswith("*"))
        for locale, lexicon in self._lexicons.items():
            lexicon.fillers = {_form(locale, word) for word in source["filler"][locale].split()}
            lexicon.ordinary = {_form(locale, word) for word in source["ordinary"].split()}
        self._stranger = 1 << 4 * len(self._kinds)
        self._numbers["stranger"] = len(self._kinds)  # a word nobody listed stands in the sentence
        self._plain = sum(1 << 4 * n for n in range(len(self._kinds)))
        self._telling = sum(15 << 4 * n for n, kind in enumerate(self._kinds) if kind != "point")
        self._rules = [rule for row in source["intent"] for rule in self._compile(row)]
        self._order = list(dict.fromkeys(row["screen"] for row in source["intent"]))
        # A rule is looked up by the rarest of its concepts, so that a sentence tries only a handful.
        often = Counter(bit for rule in self._rules for bit in _bits(rule.needed))
        self._by_bit: dict[int, list[_Rule]] = {}
        for rule in self._rules:
            self._by_bit.setdefault(min(_bits(rule.needed), key=often.__getitem__), []).append(rule)

    def _bit(self, said: str) -> int:
        """`concept`, `not:concept`, `past:concept` or `never:concept` as a bit."""
        way, _, concept = said.rpartition(":")
        return 1 << (4 * self._numbers[concept] + ("", "not", "past", "never").index(way))

    def _compile(self, row: dict[str, Any]) -> set[_Rule]:
        """The rules of one row; an act is no match when it is told, asked about or unwanted."""
        veto = set(row.get("forbid", "").split())
        if row.get("act"):
            veto |= {"did", "why", "who", "not:want", "not:need"}
        rules = set()
        for rule in row["rules"]:
            for words in product(*(item.split("|") for item in rule.split())):
                needed = {word for word in words if word[0] != "!"}
                forbidden = veto | {word[1:] for word in words if word[0] == "!"}
                bits = [sum(map(self._bit, which)) for which in (needed, forbidden - needed)]
                rules.add(
                    _Rule(row["screen"], bits[0], bits[1], max(1, (bits[0] & self._telling).bit_count()))
                )
        return rules

    def read(self, text: str) -> Reading:
        """Read the beginning of a text; quoted words are not the person's own."""
        own = text[:READ_AT_MOST]
        if not own.isascii() or '"' in own or ">" in own:
            own = _QUOTED_LINE.sub(" ", _QUOTED.sub(" ", own))
        best: dict[str, int] = {}
        hits = dict.fromkeys(LOCALES, 0)
        kazakh = bool(_KAZAKH.search(own.lower()))
        words = unknown = seen = 0
        for sentence in clean(own).replace("e mail", "email").split("."):
            tokens = sentence.split()[: WORDS_AT_MOST - words]
            found = []
            for token in tokens:
                word = self._word(token, guess=unknown < GUESSES_AT_MOST)
                found.append(word)
                unknown += word is _NOTHING
                for locale in word[1]:
                    hits[locale] = hits.get(locale, 0) + 1
            mask = self._sentence(tokens, found, kazakh or hits["kk"] > hits["ru"])
            mask |= self._stranger if _NOTHING in found else 0
            for bit in _bits(mask):
                for rule in self._by_bit.get(bit, ()):
                    if mask & (rule.needed | rule.forbidden) == rule.needed:
                        best[rule.screen] = max(rule.size, best.get(rule.screen, 0))
            words += len(tokens)
            seen |= mask
        top = max(best.values(), default=0)
        screens = tuple(screen for screen in self._order if best.get(screen) == top)
        spoken = "kk" if kazakh else max(LOCALES, key=hits.__getitem__)
        return Reading(screens, spoken if kazakh or hits[spoken] else None, words, unknown, seen)

    def near(self, seen: int) -> tuple[str, ...]:
        """Up to two screens a part of whose concepts was seen, nearest first."""
        telling = seen & self._telling & self._plain
        scores: dict[str, float] = {}
        for rule in self._rules:
            share = (rule.needed & telling).bit_count() / rule.size
            if share > scores.get(rule.screen, 0.3):
                scores[rule.screen] = share
        return tuple(sorted(scores, key=lambda screen: (-scores[screen], self._order.index(screen)))[:2])

    def _word(self, token: str, *, guess: bool) -> _Word:
        """What a word says and the languages it may be of; _NOTHING for a stranger."""
        if token == "," or token in _NOT_WORDS:
            return _KNOWN
        token = reading(token)[:LONGEST_WORD]
        sounded = sound(token)
        forms = {"kk": sounded, "ru": unstressed(sounded)}
        if script(token) == "latin":
            form = _english(token)
            concepts, rest = self._lexicons["en"].find(form)
            if concepts or form in self._lexicons["en"].fillers:
                return self._ways("en", concepts, rest), ("en",)
            found = self._either(forms, sounded, guess=False)
            if found is not _NOTHING or not guess:
                return found
            concepts, rest = self._lexicons["en"].guess(form)
            return (
                (self._ways("en", concepts, rest), ("en",))
                if concepts
                else self._either(forms, sounded, guess=True)
            )
        found = self._either(forms, sounded, guess=False)
        return self._either(forms, sounded, guess=True) if guess and found is _NOTHING else found

    def _either(self, forms: dict[str, str], sounded: str, *, guess: bool) -> _Word:
        """The word as Kazakh and as Russian: Russian words live in Kazakh sentences, so both count."""
        said: dict[int, tuple[bool, bool]] = {}
        locales = []
        for locale, form in forms.items():
            lexicon = self._lexicons[locale]
            concepts, rest = lexicon.guess(form) if guess else lexicon.find(form)
            if concepts or form in lexicon.fillers:
                locales.append(locale)
            # Endings are judged on the letters before Russian vowels were folded.
            for concept, negated, told in self._ways(locale, concepts, sounded[len(form) - len(rest) :]):
                before = said.get(concept, (False, False))
                said[concept] = (negated or before[0], told or before[1])
        return (
            (tuple((concept, *ways) for concept, ways in said.items()), tuple(locales))
            if locales
            else _NOTHING
        )

    def _ways(self, locale: str, concepts: Concepts, rest: str) -> tuple[_Said, ...]:
        """Each concept with what the word's own ending says: negated (Kazakh), told as past."""
        kinds = self._kinds
        negated = locale == "kk" and bool(rest) and _KAZAKH_NOT.match(rest) is not None
        told = bool(rest) and _PAST[locale].search(rest) is not None
        return tuple(
            (one, negated and kinds[one] in ("act", "verb"), told and kinds[one] == "act") for one in concepts
        )

    def _sentence(self, tokens: list[str], found: list[_Word], kazakh: bool) -> int:
        """All that one sentence says, as bits; a comma ends what "not" reaches."""
        said: list[tuple[_Said, ...]] = []
        mask = reach = 0
        previous = ""
        for token, (concepts, _) in zip(tokens, found, strict=True):
            if kazakh and token in _KAZAKH_WHAT:
                mask |= self._bit("what")
            elif token == ",":
                reach = 0
                said.append(())
            elif token in _NOT_CAN:
                mask |= self._bit("not:can")
            elif token in _NOT_WORDS:
                reach = 4
                mask |= self._bit("did") if token in _NOT_DID else 0
                if _NOT_AFTER.match(token):
                    _negate(said)
            elif _NOT_AFTER.match(token):
                _negate(said)
            elif _UNWILLING.match(token) and _WILLING.search(previous):
                mask |= self._bit("not:want")
                _negate(said)
            elif previous[-1:] in ("п", "p") and kazakh and said and _TOLD_AFTER.search(token):
                # «қайтарып алдым»: the second verb tells when the first one happened.
                said[-1] = tuple((one, no, self._kinds[one] == "act" or told) for one, no, told in said[-1])
                said.append(tuple(word for word in concepts if self._kinds[word[0]] != "act"))
            elif concepts:
                turned = reach > 0 and any(self._kinds[concept] != "point" for concept, _, _ in concepts)
                said.append(tuple((one, negated != turned, told) for one, negated, told in concepts))
                reach = 0 if turned else reach - 1
            else:
                reach -= 1
            previous = token
        for word in said:
            for concept, negated, told in word:
                mask |= 1 << (4 * concept + negated + 2 * told)
        return mask


def _negate(said: list[tuple[_Said, ...]]) -> None:
    """Negate the last word said."""
    if said:
        said[-1] = tuple((concept, True, told) for concept, _, told in said[-1])


def _form(locale: str, word: str) -> str:
    """A listed word as the words of a message will look."""
    word = reading(clean(word).strip())
    if locale == "en":
        return _english(word)
    return sound(word) if locale == "kk" else unstressed(sound(word))


def _english(word: str) -> str:
    """An English word with doubled letters once; the shortest differ by them (of, off)."""
    return squeeze(word) if len(word) > 3 else word


def _bits(mask: int) -> list[int]:
    """The single bits of a mask."""
    bits = []
    while mask:
        bits.append(mask & -mask)
        mask &= mask - 1
    return bits


SOURCE: dict[str, Any] = tomllib.loads(files("kelisim.desk").joinpath("intents.toml").read_text("utf-8"))
BOOK = Book(SOURCE)
