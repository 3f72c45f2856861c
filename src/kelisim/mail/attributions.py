"""What mail programs write above a quotation, in Kazakh, Russian and English: who wrote when, header blocks, separators.

Shapes of Gmail, Outlook, Yandex, Mail.ru, Apple Mail, Thunderbird, Samsung, Roundcube and The Bat.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kelisim.mail.lines import Line

_FOLDED = 4  # lines over which a program folds «On … wrote:»
_HEADED = 5  # lines that may stand above it: a rule, to whom, about what
LONGEST = _FOLDED + _HEADED
_BLOCK = 12  # lines within which a header block ends
_DRAWN = 8  # characters of a line drawn across

_MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    "янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек|"
    "қаң|ақп|нау|сәу|мам|мау|шіл|там|қыр|қаз|қар|жел"
)
_DAYS = (
    "mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|сред[аы]|четверг|пятниц[аы]|суббот[аы]|воскресенье|"
    "дс|сс|ср|бс|жм|сн|жс|дүй|сей|сәр|бей|жұм|сен|жек"
)
_DATE = (
    r"\d{1,2}[./]\d{1,2}[./](?:20)?\d{2}\b|\b20\d\d-\d\d-\d\d"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?[\s-]+(?:{_MONTHS})[а-яёәғқңөұүһіa-z]*"
    rf"|\b(?:{_MONTHS})[a-z]*\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+20\d\d"
    rf"|\b20\d\d\s*(?:ж|жыл|жылғы|жылы)\b\.?\s*\d{{1,2}}\s+(?:{_MONTHS})"
)
DATE = re.compile(_DATE, re.I)
TIME = re.compile(r"\b\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\b(?!\.\d)")
ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_ADDRESS_LAST = re.compile(ADDRESS.pattern + r"[\s>\])\"'»]*:$")
_VERB = re.compile(
    r"\b(?:wrote|writes|пишет|писала?|писал\(а\)|писали|написала?|написал\(а\)|жазды|жазған|жазғандай|жазады)\b"
    rf"\)?(?:.{{0,25}}|\W{{1,3}}(?:(?:on|в|от)\s+)?(?:(?:{_DAYS})\w*\W{{1,3}})?(?:{_DATE}).{{0,30}}):$", re.I,
)  # fmt: skip
# How such a line begins when it does not begin with a name.
_BEGINS = re.compile(
    rf"(?:(?:on|am|в|во)\s+)?[\"«]?(?:(?:{_DAYS})[а-яёa-zәғқңөұүһі]*[.,]|(?:{_DAYS})\w*\s+\d|{_DATE}|20\d\d\s*ж)"
    r"|on\s+.*\d|вы писали\b|сіз\b.*жазды", re.I,
)  # fmt: skip
_MAILTO = re.compile(r"<?mailto:[^\s<>]*>?|\[mailto:[^\]]*\]")

_FROM = ("from", "от", "от кого", "отправитель", "кімнен", "жіберуші", "sender")
_OTHERS = (
    "sent", "date", "to", "cc", "subject", "reply-to", "importance", "received",
    "отправлено", "дата", "кому", "копия", "тема", "ответить", "важность", "время", "получено", "дата отправки",
    "отправленные",
    "жіберілді", "жіберілген", "жіберілген күні", "жіберілген уақыты", "күні", "уақыты", "кімге", "көшірме", "көшірмесі",
    "алушы", "тақырып", "тақырыбы", "маңыздылығы",
)  # fmt: skip
_ABOUT = ("subject", "тема", "тақырып", "тақырыбы")
_NAMES = "|".join(sorted(map(re.escape, (*_FROM, *_OTHERS)), key=len, reverse=True))
_HEADER = re.compile(rf"\W{{0,3}}({_NAMES})[\s*_]{{0,3}}:", re.I)
_NO_COLON = re.compile(rf"({_NAMES})\s+(\S.*)", re.I)  # eM Client, under its separator
_ANY_HEADER = re.compile(rf"(?<![\w-])({_NAMES})[*_]{{0,2}}:", re.I)

_MESSAGE = r"(?:message|e-?mail|mail|сообщени[ея]|письм[оа]|хабарлама\w*|хабар\w*|хат\w*)"
_EARLIER = (
    r"(?:original|forwarded|исходн\w+|оригинальн\w+|пересылаем\w+|пересланн\w+|перенаправленн\w+|переадресованн\w+|"
    r"бастапқы|түпнұсқа|қайта (?:жіберілген|бағытталған|жолданған)|жолданған|жіберілген|бағытталған)"
)
_SEPARATOR = re.compile(
    rf"[\W_]{{2,}}\s*(?:\w+\s+){{0,2}}{_EARLIER}\s+{_MESSAGE}(?:\s+соңы)?\s*[\W_]*"
    rf"|(?:begin\s+|начало\s+)?{_EARLIER}\s+{_MESSAGE}(?:\s+басы)?\s*:?", re.I,
)  # fmt: skip
_PADDED = re.compile(r"^(?=\W*\w)[\s*]+|[\s*]+$")
_BANNER = re.compile(
    r"\[?(?:external|внешний|сыртқы)\]|external (?:sender|e-?mail|message)|outside (?:of )?(?:the|your) organi[sz]ation"
    r"|don.t often get e-?mail|не часто получаете|внешн\w+ (?:отправител|источник)|сыртқы жіберуші|ұйымнан тыс|"
    r"бұл жіберушіден сирек|хат(?:тарды)? жиі ал", re.I,
)  # fmt: skip


def separator(line: Line) -> bool:
    """«----- Original message -----» and the like, also with nothing around it."""
    return len(line.bare) < 120 and _SEPARATOR.fullmatch(_PADDED.sub("", line.bare)) is not None


def banner(line: Line) -> bool:
    """What a mail server puts above a letter from outside."""
    return _BANNER.search(line.bare) is not None


def block(lines: Sequence[Line], at: int) -> int:
    """Where the header block ends that begins here; `at` itself when none does.

    It begins with who wrote; only under a separator another line may come first.
    """
    if _under_separator(lines, at) and (end := _without_colons(lines, at)) > at:
        return end
    first = _HEADER.match(lines[at].bare)
    if first is None or not (first[1].casefold() in _FROM or _under_separator(lines, at)):
        return at
    names: set[str] = set()
    end, empty = at, 0
    for here in range(at, min(at + _BLOCK, len(lines))):
        line = lines[here]
        if _HEADER.match(line.bare) is not None:
            names |= {name.casefold() for name in _ANY_HEADER.findall(line.bare)}
            end, empty = here + 1, 0
        elif not line.bare:
            empty += 1
            if empty > 1:
                break
        elif not (line.clean[:1].isspace() or ADDRESS.search(line.bare)) or empty:
            break
    return end if names & set(_FROM) and len(names - set(_FROM)) >= 2 else at


def _without_colons(lines: Sequence[Line], at: int) -> int:
    """Where a header block ends that has no colons: who wrote, to whom, when, each with an address or a date."""
    names: set[str] = set()
    end = at
    while end < min(at + _BLOCK, len(lines)):
        found = _NO_COLON.fullmatch(lines[end].bare)
        if found is None or found[1].casefold() in names:
            break
        name = found[1].casefold()
        if not (ADDRESS.search(found[2]) or DATE.search(found[2]) or (len(names) > 1 and name in _ABOUT)):
            break
        names.add(name)
        end += 1
    return end if names & set(_FROM) and len(names) > 2 else at


def twice(lines: Sequence[Line], at: int) -> bool:
    """Whether what introduces a quotation here does so twice: then one of the two may be the writer's own sentence."""
    end = block(lines, at)
    if end > at:
        writers = [_HEADER.match(line.bare) for line in lines[at:end]]
        return sum(found is not None and found[1].casefold() in _FROM for found in writers) > 1
    end = unfolded(lines, at)
    below = next((here for here in range(end, len(lines)) if not lines[here].rule), len(lines))
    return end > at and below < len(lines) and introduced(lines, below)


def _under_separator(lines: Sequence[Line], at: int) -> bool:
    above = next((line for line in reversed(lines[max(at - 3, 0) : at]) if line.bare), None)
    return above is not None and separator(above)


@dataclass(frozen=True, slots=True)
class Attribution:
    """The lines of «On … wrote:», `last` included. `clear` is False where the writer's own last line may be among them."""

    first: int
    last: int
    clear: bool


def folded(lines: Sequence[Line], last: int) -> Attribution | None:
    """The attribution that ends with this line; nothing when none does."""
    if not _MAILTO.sub("", lines[last].bare).rstrip("*_ >").endswith(":"):
        return None
    whole = ""
    shortest: int | None = None
    doubled = False  # a whole one without what stands above it
    for first in range(last, max(last - _FOLDED, -1), -1):
        line = lines[first]
        if not line.bare or line.quoted != lines[last].quoted or (first < last and line.bare.endswith(":")):
            break
        whole = f"{line.bare} {whole}".strip()
        if not _strong(whole):
            continue
        if _BEGINS.match(line.bare):
            clear = not doubled and _surely(whole) and not _hanging(lines, first)
            return Attribution(_headed(lines, first), last, clear)
        doubled = doubled or DATE.search(whole) is not None
        shortest = first if shortest is None else shortest
    if shortest is None:
        return None
    return Attribution(shortest, last, shortest == last and _apart(lines, last) and _surely(lines[last].bare))


def addressed(line: Line) -> bool:
    """«To: … <dana@alit.kz>»: a line of a header, whatever stands around it."""
    return _HEADER.match(line.bare) is not None and ADDRESS.search(line.bare) is not None


def _headed(lines: Sequence[Line], first: int) -> int:
    """Where it begins with what Yandex puts above it: a line drawn across, to whom, about what. Without all of that: here."""
    at, reached = first, False
    while at > max(first - _HEADED, 0):
        above = lines[at - 1]
        header = _HEADER.match(above.bare)
        if header is None or header[1].casefold() in _FROM:
            drawn = len(above.bare) >= _DRAWN and above.rule
            return at - 1 if reached and drawn else first
        reached = reached or ADDRESS.search(above.bare) is not None
        at -= 1
    return first


def unfolded(lines: Sequence[Line], at: int) -> int:
    """Where the attribution ends that this line is of; `at` itself when it is of none."""
    for last in range(at, min(at + LONGEST, len(lines))):
        if not lines[last].bare:
            break
        if (found := folded(lines, last)) is not None and found.first <= at:
            return last + 1
    return at


def whole(line: Line) -> bool:
    """Whether a line is an attribution and no more."""
    return _BEGINS.match(line.bare) is not None and _strong(line.bare)


def _apart(lines: Sequence[Line], at: int) -> bool:
    """Whether nothing stands right above a line that could belong to it."""
    return at == 0 or not lines[at - 1].bare or lines[at - 1].quoted != lines[at].quoted


def _hanging(lines: Sequence[Line], first: int) -> bool:
    """Whether the line above may be a part of it too: no blank line between them, and it begins like one."""
    if _apart(lines, first):
        return False
    above = lines[first - 1].bare
    return bool(_BEGINS.match(above)) and not above.endswith((".", "!", "?", "…"))


def _strong(text: str) -> bool:
    text = _MAILTO.sub("", text).rstrip("*_ >")
    if len(text) > 400:
        return False
    dated = DATE.search(text) is not None
    if _VERB.search(text):
        return dated or TIME.search(text) is not None or ADDRESS.search(text) is not None
    return dated and TIME.search(text) is not None and _ADDRESS_LAST.search(text) is not None


def _surely(text: str) -> bool:
    """Programs write an address or the minute; people say «on 12 January you wrote»."""
    return ADDRESS.search(text) is not None or TIME.search(text) is not None


def introduced(lines: Sequence[Line], at: int) -> bool:
    """Whether a whole introduction of a quotation stands here."""
    return separator(lines[at]) or block(lines, at) > at or unfolded(lines, at) > at


def doubtful(line: Line, introduced: bool) -> bool:
    """A last line that may be the program's and not the writer's: one of its headers, or a piece of «On … wrote:»."""
    if _HEADER.match(line.bare):
        return True
    if introduced:
        return False
    ends = line.bare.endswith(":") and any(
        pattern.search(line.bare) for pattern in (ADDRESS, DATE, TIME, _VERB)
    )
    begins = _BEGINS.match(line.bare) is not None and TIME.search(line.bare) is not None
    return ends or begins or re.search(r"<[^<>\s]{1,100}@[^<>\s]{1,100}>", line.bare) is not None
