"""What a letter asks for, told by its subject: one of the three acts of the policy, or nothing that may be guessed.

The rules are the operator's (`[letters]`): exact subjects with a few wrong letters, and near ones. A subject that says nothing
leaves the word to a short body, read by the same rules. Two acts at once, a question mark, a "not", or words that no rule
accounts for are below the threshold: then a person of the staff reads the letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kelisim.desk import tongues, words
from kelisim.desk.intents import BOOK
from kelisim.desk.operator import Letters, Operator
from kelisim.desk.spelling import clean, reading, script, sound
from kelisim.texts import LOCALES

OPT_OUT, REVOKE, UPDATE, NONE = "opt-out", "revoke", "update", ""
SURE, CLEAR, BODY = 1.0, 0.9, 0.8  # exact subject, near subject, short body

SHORT_BODY = 24  # words of a body that alone may say what is meant
SHORT_SUBJECT = 12

# A number of ours: whoever answers us repeats our subject and asks nothing by it.
_NUMBER = re.compile(r"\b[CSKEB]-[0-9A-HJKMNP-TV-Z]{9}\b")
_PREFIX = re.compile(
    r"^\s*(?:(?:re|fwd?|fw|aw|sv|tr|rv|ответ|отв|пересл|пересылка|қайта|кайта|жауап|жб|қж|жолданды)"
    r"\s*(?:\[\d+\]|\(\d+\))?\s*[:：]\s*)+",
    re.IGNORECASE,
)
_FOLDED = str.maketrans("ёәғқңөұүһі", "еагкноуухи")
# Nobody says with these what the letter is about.
_SAYS_NOTHING = (
    "без темы", "нет темы", "no subject", "none", "тақырыпсыз", "тақырыбы жоқ", "тема жоқ", "тақырып жоқ",
    "сұрақ", "сұрағым бар", "сауал", "вопрос", "есть вопрос", "question", "a question", "өтініш", "өтінішім", "арыз", "заявление",
    "обращение", "просьба", "заявка", "request", "application", "письмо", "хат", "letter", "message", "mail", "e-mail",
    "сәлем", "сәлеметсіз бе", "сәлеметсіздер ме", "қайырлы күн", "қайырлы таң", "қайырлы кеш", "здравствуйте", "привет",
    "добрый день", "добрый вечер",
    "доброе утро", "hello", "hi", "dear sirs", "good day", "дербес деректер", "персональные данные", "personal data",
    "өте маңызды", "маңызды",
    "срочно", "важно", "шұғыл", "urgent", "important", "test", "тест",
)  # fmt: skip
# Words that change nothing of what is asked: politeness, persons, what the letter is addressed to.
_POLITE = (
    "прошу просьба пожалуйста пожалуиста меня мне мои моих моего моему мою моя мое мой свои своих свое своего "
    "я вас вам ваш ваша ваши вашей вашу "
    "вашего вашим от об о на по из с со в во и а для к его ее их эл электронной электронную почты почту адрес адреса этот это "
    "все всех всего всю больше данное данных настоящим хочу хотел хотела бы требую заявляю заявление письмом свой согласно "
    "здравствуйте добрый день уважением спасибо ранее данного еще теперь далее "
    "персональных персональные личных обработку обработки рассылки рассылку рассылок согласия согласие "
    "маган мени менин менен аламын алгым келеди келемин сизден сиздердин сиздин осы "
    "барлык барлыгын енди адрес мекенжай мекенжайыма электрондык пошта поштама "
    "отинемин отинем отиниш откен сураймын суранамын салеметсиз бе рахмет курметпен дербес жеке озимнин беру берген келисимимди "
    "хабарламалардан хабарламаларды алудан алу кери туралы деректеримди деректерим ондеуге ондеу болады беринизши "
    "i we me my mine our you your yours us the a an to of for from in on at and or all any this that please kindly want would like "
    "wish hereby request letter mail mails email emails e address mailing personal data "
    "processing consent do it is be am been have has "
    "given earlier longer more receive receiving getting dear sir sirs team hello hi thanks thank regards"
)
_NOT = re.compile(
    r"(?:^| )(?:не|ни|нет|без|ne|net|not|dont|do not|never|no|wont|cant|cannot|без|жок|емес|жоқ|didnt|doesnt|isnt)(?: |$)"
)
# The Kazakh verb's own "not": -ма, -ме, -ба, -бе, -па, -пе before an ending.
_NOT_VERB = re.compile(
    r"[мбп][ае](?:у(?:[дгн].*)?|и(?:м[ыи][нз]|с[ыи]з|д[ыи])?|н?[ыи]з(?:дар|дер)?(?:ш[ыи])?|[нд][ыи]з(?:дар|дер)?(?:ш[ыи])?|с[ыи]н)?$"
)
_ASKS = (
    "как почему зачем когда где куда кто ли какой какая какие сколько why how when where who whether did does what "
    "калай неге кашан кайда ким канша кандай ма ме ба бе па пе"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a letter asks for: the act (or NONE), the language of the rule that said so, and how sure that is."""

    act: str
    language: str = ""
    confidence: float = 0.0


_NOTHING = Reading(NONE)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One act in one language, folded: the exact subject word by word, the near groups and what forbids them."""

    act: str
    locale: str
    exact: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...]


def read(operator: Operator, subject: str, body: str | None = None) -> Reading:
    """What a letter asks for. `body` is what its writer typed, without quotations; None where that is not sure.

    An exact subject needs no body. Where the subject says something else than the three acts, the body is not asked.
    """
    found = of_subject(operator, subject)
    if found.act or body is None or not says_nothing(subject):
        return found
    return _of_body(operator, body)


def of_subject(operator: Operator, subject: str, *, exactly: bool = False) -> Reading:
    """What the subject alone asks for; `exactly` leaves the near rules out."""
    if _NUMBER.search(subject):
        return _NOTHING
    line = _PREFIX.sub("", subject)
    if "?" in line or "？" in line:
        return _NOTHING
    rules = _rules(operator.letters)
    typed = _words(line)
    for rule in rules:
        if _is_exact(typed, rule, operator.letters.typos):
            return Reading(rule.act, rule.locale, SURE)
    if exactly:
        return _NOTHING
    if words.is_stop(line):
        return Reading(OPT_OUT, words.language_of(line) or "", SURE)
    return _near(operator, line, SHORT_SUBJECT, CLEAR)


def says_nothing(subject: str) -> bool:
    """Whether a subject leaves open what the letter is about: empty, a greeting, «question», or our own one repeated."""
    if _NUMBER.search(subject):
        return True
    told = " ".join(_words(_PREFIX.sub("", subject)))
    return not told or told in _meaningless()


def number(subject: str) -> str:
    """The number of ours that a subject names; empty when there is none."""
    found = _NUMBER.search(subject)
    return found[0] if found is not None else ""


def language(*texts: str) -> str:
    """The language a letter is written in: the first text that tells, else Kazakh."""
    return next((found for text in texts if (found := _language(text))), "kk")


def _language(text: str) -> str:
    found = tongues.of(text)
    if found != "en":
        return found
    told = BOOK.read(_OWN_WORD.sub(" ", text))  # Kazakh and Russian in Latin letters
    return told.locale or found if told.unknown * 2 < told.words else found


# A name among other words says nothing. From the word's beginning only: a letter of one long word would take minutes.
_OWN_WORD = re.compile(r"\b\w*[әғқңөұүһі]\w*", re.IGNORECASE)


def _of_body(operator: Operator, body: str) -> Reading:
    """A short body whose sense is plain: a STOP word, a stop phrase, or one act of the rules and nothing beside it."""
    told = _without_dressing(body)
    if not told or "?" in told:
        return _NOTHING
    if words.is_stop_phrase(told):
        return Reading(OPT_OUT, words.language_of(told) or "", BODY)
    exact = of_subject(operator, " ".join(told.split()), exactly=True)
    if exact.act:
        return Reading(exact.act, exact.language, BODY)
    return _near(operator, told, SHORT_BODY, BODY)


def _without_dressing(body: str) -> str:
    """The body without a greeting above and a signature below."""
    lines = [line.strip() for line in body.split("\n-- \n")[0].splitlines()]
    kept: list[str] = []
    for line in filter(None, lines):
        if not kept and _is_greeting(line):
            continue
        if _REGARDS.match(" ".join(_words(line))):
            break
        kept.append(line)
    return "\n".join(kept)


_REGARDS = re.compile(
    r"(?:с уважением|курметпен|best regards|kind regards|regards|sincerely|рахмет|спасибо|thank)"
)


def _is_greeting(line: str) -> bool:
    return words.exact(line) == "greeting" or (
        words.exact(line.partition(",")[0]) == "greeting" and len(line.split()) <= 4
    )


def _near(operator: Operator, text: str, most: int, confidence: float) -> Reading:
    """One act and nothing beside it, in few words that are nearly all accounted for."""
    typed = _words(text)
    if not typed or len(typed) > most:
        return _NOTHING
    line = f" {' '.join(typed)}"
    found = [
        rule
        for rule in _rules(operator.letters)
        if all(any(f" {begin}" in line for begin in group) for group in rule.groups)
    ]
    if len({rule.act for rule in found}) != 1:
        return _phrase(text, typed) if not found else _NOTHING
    rule = found[0]
    begins = [begin for group in rule.groups for begin in group]
    if any(f" {begin}" in line for rule in found for begin in rule.unless) or _denied(
        line, typed, rule, begins
    ):
        return _NOTHING
    strangers = [word for word in typed if not _known(operator, word, begins)]
    if len(strangers) * 5 > len(typed):
        return _NOTHING
    screens = BOOK.read(text).screens
    if screens and not set(screens) & _SCREENS[rule.act]:
        return _NOTHING  # the words that chats are read by say something else
    return Reading(rule.act, rule.locale, confidence)


# What the reading of chats makes of the same wish.
_SCREENS = {OPT_OUT: {"stop"}, REVOKE: {"consents"}, UPDATE: {"correct"}}


def _phrase(text: str, typed: list[str]) -> Reading:
    """No rule of the operator's, but a clear wish to get no more letters."""
    if words.is_stop_phrase(text) and len(typed) > 1:
        return Reading(OPT_OUT, words.language_of(text) or "", CLEAR)
    return _NOTHING


def _denied(line: str, typed: list[str], rule: _Rule, begins: list[str]) -> bool:
    """Whether something is denied, beside what the rule itself says with a "not"."""
    for begin in begins:
        if " " in begin and f" {begin}" in line and _NOT.search(f" {begin} "):
            return False  # «не присылайте» is the wish itself
    parts = [part for begin in begins for part in begin.split()]
    return (
        _NOT.search(line) is not None
        or not _asks().isdisjoint(typed)
        or (rule.locale == "kk" and any(_is_denied(word, parts) for word in typed if len(word) > 4))
    )


def _is_denied(word: str, parts: list[str]) -> bool:
    """Whether a word ends in a Kazakh "not" that is no part of what the rule wants («жіберме», «хабарлама»)."""
    found = _NOT_VERB.search(word)
    return found is not None and not any(
        word.startswith(part) and len(part) > found.start() for part in parts
    )


def _known(operator: Operator, word: str, begins: list[str]) -> bool:
    """Whether a word is the rule's, changes nothing of what is asked, or is the operator's own name."""
    if word in _fillers() or word.isdigit() or len(word) == 1:
        return True
    if any(word.startswith(part) for begin in begins for part in begin.split()):
        return True
    name = operator.name
    return sound(word) in _own(name.kk, name.ru, name.en, operator.site)


@lru_cache(maxsize=1)
def _asks() -> frozenset[str]:
    return frozenset(_words(_ASKS))


@lru_cache(maxsize=1)
def _fillers() -> frozenset[str]:
    return frozenset(_words(_POLITE))


@lru_cache(maxsize=8)
def _own(*names: str) -> frozenset[str]:
    return frozenset(sound(word) for name in names for word in _words(name))


def _is_exact(typed: list[str], rule: _Rule, typos: int) -> bool:
    """The same words with a few wrong letters, or run together; a "not" in a word is no wrong letter."""
    exact = rule.exact
    if typed == list(exact) or (len(typed) < len(exact) and "".join(typed) == "".join(exact)):
        return True
    latin = all(script(word) == "latin" for word in typed) and any(script(word) != "latin" for word in exact)
    if latin:  # the same in Latin letters
        typed, exact = [sound(word) for word in typed], tuple(sound(word) for word in exact)
    if len(typed) != len(exact):
        return False
    wrong = 0
    for word, meant in zip(typed, exact, strict=True):
        if word == meant:
            continue
        if _turned(word, meant) or len(meant) < 4:
            return False
        slips = _slips(word, meant)
        if slips > (1 if len(meant) < 8 else 2):
            return False
        wrong += slips
    return wrong <= typos + latin  # a sound or two is lost on the way between alphabets


_TURNS = ("не", "ни", "без", "un", "non", "in", "dis", "анти", "re", "пере", "ре")


def _turned(word: str, meant: str) -> bool:
    """Whether what stands there says the opposite: a prefix, or a Kazakh "not" before the ending."""
    before = any(
        word == turn + meant or (word.startswith(turn) and not meant.startswith(turn)) for turn in _TURNS
    )
    return before or (_NOT_VERB.search(word) is not None and _NOT_VERB.search(meant) is None)


def _slips(typed: str, meant: str) -> int:
    """How many letters are wrong, missing, too many or changed places (restricted Damerau-Levenshtein), three at most."""
    if abs(len(typed) - len(meant)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for i, a in enumerate(typed, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(meant, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if older and j > 1 and a == meant[j - 2] and typed[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return min(row[-1], 3)


def _words(text: str) -> list[str]:
    """A line word by word in one form: small letters, one script, Kazakh letters as a Russian keyboard has them."""
    plain = "".join(letter if letter.isalnum() else " " for letter in clean(text))
    return [reading(word).translate(_FOLDED) for word in plain.split()]


@lru_cache(maxsize=1)
def _meaningless() -> frozenset[str]:
    return frozenset(" ".join(_words(said)) for said in _SAYS_NOTHING)


_made: list[tuple[Letters, tuple[_Rule, ...]]] = []


def _rules(letters: Letters) -> tuple[_Rule, ...]:
    """The operator's rules, folded as subjects are; made once per operator file."""
    if not _made or _made[0][0] is not letters:
        _made[:] = [(letters, tuple(_folded(letters)))]
    return _made[0][1]


def _folded(letters: Letters) -> list[_Rule]:
    acts = {OPT_OUT: letters.opt_out, UPDATE: letters.update, REVOKE: letters.revoke}
    return [
        _Rule(
            act, locale, tuple(_words(known.subject.to(locale))),
            tuple(tuple(map(_joined, group)) for group in known.near.to(locale).groups),
            tuple(map(_joined, known.near.to(locale).unless)),
        )
        for act, known in acts.items()
        for locale in LOCALES
    ]  # fmt: skip


def _joined(begin: str) -> str:
    return " ".join(_words(begin))
