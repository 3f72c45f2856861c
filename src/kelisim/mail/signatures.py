"""What stands under an answer without being a part of it: signatures, lines of the program, disclaimers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kelisim.mail.attributions import ADDRESS, DATE
from kelisim.mail.lines import Line

_MOST = 10  # lines of a signature

_DASHES = re.compile(r"\s*(?:--|––|—)\s*")
_PROGRAM = (
    r"(?:iphone|ipad|ios|android|samsung|galaxy|huawei|honor|xiaomi|redmi|poco|outlook|gmail|mail\.ru|my ?mail|"
    r"yandex[. ]?mail|яндекс[. ]?(?:почт|пошта)\w*|почт\w+ mail|mail ?(?:app|for)|blackberry|windows|thunderbird|spark|proton|"
    r"aqua ?mail|blue ?mail|my (?:phone|mobile)|моего (?:телефона|смартфона)|смартфона|менің (?:телефон|смартфон)\w*)"
)
_CLIENT = re.compile(
    rf"(?:sent|отправлено|послано|written)\s+(?:from|with|via|using|by|с|со|из|через|при помощи)\b.{{0,40}}?{_PROGRAM}.{{0,40}}"
    rf"|(?:get|download|скачать|загрузить|загрузите|получите|установите)\s.{{0,15}}{_PROGRAM}.{{0,40}}"
    rf"|.{{0,40}}{_PROGRAM}.{{0,40}}\s(?:жіберілді|жіберілген|жолданды|жазылған|жүктеп ал\w*|алыңыз)\.?(?:\s*<\S*>)?"
    rf"|(?:жіберілді|жіберілген|жолданды):?\s.{{0,30}}{_PROGRAM}.{{0,30}}", re.I,
)  # fmt: skip
_LETTER = (
    r"(?:e-?mail|message|communication|письмо|сообщени[ея]|данно\w+ электронн\w+|хат|хабарлама|электрондық)"
)
_SECRET = r"(?:confidential|privileged|конфиденциал|құпия|предназначен|intended|арналған)"
_IF_NOT = (
    r"(?:if you (?:are not|have received|received)|not the intended|in error|если вы (?:не являетесь|получили|не)|по ошибке|"
    r"ошибочно|егер (?:сіз|бұл)|қателесіп|қате )"
)
_PRINTING = re.compile(
    r"before printing|прежде чем (?:рас)?печатать|басып шығар(?:мас|ар)|virus-free|без вирусов|проверено на вирусы|"
    r"вирус\w* тексеріл|avast", re.I,
)  # fmt: skip
_STREET = re.compile(
    r"\b(?:г|ул|пр|пр-т|просп|оф|каб|тел|моб|факс|вн|доб|қ|көш|даң|ғим|ext|tel|st|ave)\.", re.I
)


def dashes(line: Line) -> bool:
    """The line «-- » that mail programs put above a signature."""
    return _DASHES.fullmatch(line.clean) is not None


def client(line: Line) -> bool:
    """«Sent from my iPhone» in three languages."""
    return (
        len(line.bare) < 130 and DATE.search(line.bare) is None and _CLIENT.fullmatch(line.bare) is not None
    )


def disclaimer(paragraph: str) -> bool:
    """A paragraph of lawyers: this letter is secret, and what to do if you are somebody else."""
    if len(paragraph) < 200 and _PRINTING.search(paragraph):
        return True
    return all(re.search(part, paragraph, re.I) for part in (_LETTER, _SECRET, _IF_NOT))


def cut(lines: Sequence[Line]) -> tuple[list[Line], bool]:
    """The lines without what stands under them, and whether that was clear.

    Contacts that nothing marks stay: they are the writer's words, and the echo shows them.
    """
    kept = _without_disclaimers(list(lines))
    for at, line in enumerate(kept):
        if dashes(line) or client(line):
            below = [other for other in kept[at + 1 :] if not other.blank and not client(other)]
            if _contacts(below):
                return _trimmed(kept[:at]), True
            if client(line) or line.clean.strip() == "--":
                return _trimmed(kept[:at]), False
    return _trimmed(kept), True


def _without_disclaimers(lines: list[Line]) -> list[Line]:
    lines = _trimmed(lines)
    while lines:
        first = len(lines)
        while first and lines[first - 1].bare:
            first -= 1
        if not disclaimer(" ".join(line.bare for line in lines[first:])):
            return lines
        lines = _trimmed(lines[:first])
    return lines


def _trimmed(lines: list[Line]) -> list[Line]:
    """Without empty lines and rules at the end."""
    last = len(lines)
    while last and lines[last - 1].rule and not dashes(lines[last - 1]):
        last -= 1
    return lines[:last]


def _contacts(lines: Sequence[Line]) -> bool:
    """Whether these lines read like a name, a title and ways to reach someone, and not like something said."""
    return len(lines) <= _MOST and not any(_said(line) for line in lines)


def _said(line: Line) -> bool:
    if ADDRESS.search(line.bare) or _STREET.search(line.bare):
        return len(line.words) > 20
    return len(line.words) > 14 or (
        len(line.words) >= 4 and line.bare.endswith((".", "!", "?", "…", ":", ";"))
    )
