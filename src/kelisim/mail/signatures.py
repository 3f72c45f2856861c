"""What stands under an answer without being a part of it: signatures, lines of the program, disclaimers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kelisim.mail.attributions import ADDRESS, DATE
from kelisim.mail.lines import Line

_MOST = 10  # lines of a signature
_CLIENT_LINE = 130  # characters

_DASHES = re.compile(r"\s*(?:--|––|—)\s*")
_PROGRAM = (
    r"(?:iphone|ipad|ios|android|samsung|galaxy|huawei|honor|xiaomi|redmi|poco|outlook|gmail|mail\.ru|my ?mail|"
    r"yandex[. ]?mail|яндекс[. ]?(?:почт|пошта)\w*|почт\w+ mail|mail ?(?:app|for)|blackberry|windows|thunderbird|spark|proton|"
    r"айфон\w*|mobile device|мобильного (?:устройства|телефона)|моего устройства|ұялы телефон\w*|"
    r"aqua ?mail|blue ?mail|k-9 mail|em client|"
    r"my (?:phone|mobile)|моего (?:телефона|смартфона)|смартфона|менің (?:телефон|смартфон)\w*)"
)
# «Please excuse my brevity» behind it, and nothing else.
_SHORT = (
    r"(?:brevity|typos?|errors|mistakes|краткость|опечатк[иу]|ошибки|лаконичность|қысқалығы\w*|қателер\w*)"
)
_EXCUSE = (
    r"(?:[.,;!]?\s*(?:please,?\s+|пожалуйста,?\s+)?"
    r"(?:(?:excuse|pardon|forgive|sorry for|извините|простите)\s+(?:(?:за|мо[юи]|my|the|any)\s+){0,2}"
    rf"{_SHORT}(?:\s+(?:and|or|и|или)\s+{_SHORT})?|{_SHORT}\s+(?:үшін\s+)?(?:кешіріңіз|ғафу етіңіз))[.!]?)?"
)
_LINK = r"\.?(?:\s*[<(]\S*[>)])?"
_CLIENT = re.compile(
    rf"(?:sent|отправлено|послано|written)\s+(?:from|with|via|using|by|с|со|из|через|при помощи)\b.{{0,40}}?{_PROGRAM}"
    rf".{{0,40}}?{_EXCUSE}"
    rf"|(?:извините|простите)\s+за\s+{_SHORT}[,.]\s+(?:создано|отправлено|написано)\s+(?:в|с|из)\s+{_PROGRAM}\.?"
    rf"|(?:get|download|скачать|скачайте|загрузить|загрузите|получить|получите|установите)\s+{_PROGRAM}\s+(?:for|для)\s+\w+{_LINK}"
    rf"|{_PROGRAM}\s+(?:үшін|(?:жүйесіне|құрылғысына)\s+арналған)\s+{_PROGRAM}.{{0,20}}\s(?:жүктеп ал\w*|алу|алыңыз){_LINK}"
    rf"|(?:менің\s+)?{_PROGRAM}.{{0,40}}(?:нан|нен|дан|ден|тан|тен|арқылы)\s+(?:жіберілді|жіберілген|жолданды|жазылған){_LINK}{_EXCUSE}"
    rf"|(?:жіберілді|жіберілген|жолданды):\s.{{0,30}}{_PROGRAM}.{{0,30}}", re.I,
)  # fmt: skip
_LETTER = r"(?:e-?mail|message|communication|письм|сообщени|данно\w+ электронн\w+|хат|хабарлама|электрондық)"
_SECRET = r"(?:confidential|privileged|конфиденциал|құпия|предназначен|intended|арналған)"
_IF_NOT = (
    r"(?:not (?:the|an) (?:intended|named)|received (?:this|it|the) .{0,40}in error|"
    r"не являетесь .{0,30}(?:адресат|получател)|получили .{0,40}(?:по ошибке|ошибочно)|ошибочно получ|по ошибке получ|"
    r"(?:алушы|адресат)\w* болмаса|қателесіп (?:ал|кел|жібер)|қате (?:ал|кел|жібер))"
)
# Names of programs and devices with a word of sending: perhaps such a line, in a shape that is not known.
_PERHAPS = re.compile(
    rf"\b(?:sent|get|download|envoyé|отправ\w+|послано|скача\w+|пишу|жіберіл\w+|жолдан\w+|жаздым|жүктеп)\b.{{0,60}}{_PROGRAM}"
    rf"|{_PROGRAM}.{{0,60}}\b(?:жіберіл\w+|жолдан\w+|жазыл\w+|жүктеп|алу|алыңыз)|^{_PROGRAM}[^.!?]{{0,30}}$", re.I,
)  # fmt: skip
_WARNED = re.compile(r"адресат|получател|recipient|addressee|алушы|запрещ|prohibited|тыйым|unauthori", re.I)
_PICTURE = re.compile(r"\[(?:cid|image|изображение|картинка|сурет|logo|логотип)\b[^\]]*\]", re.I)
_PRINTING = re.compile(
    r"before printing this|прежде чем (?:рас)?печатать (?:это|данное)|бұл хатты басып шығар|virus-free\.|"
    r"без вирусов\.|checked (?:for viruses )?by|проверено антивирус|антивируспен тексеріл|\bavast\b", re.I,
)  # fmt: skip
_REACHED = re.compile(r"(?:\d[\s()-]*){6}|@|\bwww\.|https?:")  # a telephone, a mailbox, a site
_OPENS = re.compile(
    r"\W*(?:this|the (?:information|contents?)|confidential|disclaimer|notice|important|if you|please consider|virus|"
    r"данн|настоящ|эт[оа]|содержа|внимание|конфиденц|если|информация|пожалуйста|без вирусов|проверено|"
    r"осы|бұл|назар|құпия|егер|аталған|ескерту)", re.I,
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
        len(line.bare) < _CLIENT_LINE
        and DATE.search(line.bare) is None
        and _CLIENT.fullmatch(line.bare) is not None
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
    kept, clear = _without_disclaimers([line for line in lines if not picture(line)])
    for at, line in enumerate(kept):
        lasts = _client_lines(kept[at : at + 2])
        if not lasts and not (dashes(line) and (line.clean.strip() == "--" or len(kept) - at < 3 * _MOST)):
            continue
        below = [other for other in kept[at + max(lasts, 1) :] if not other.blank and not client(other)]
        signed = _contacts(below) and (
            not lasts or not below or any(_REACHED.search(other.bare) for other in below)
        )
        if signed or lasts or line.clean.strip() == "--":
            return _trimmed(kept[:at]), clear and signed
    return kept, clear and not _perhaps(kept)


def picture(line: Line) -> bool:
    """Where a picture stood."""
    return _PICTURE.fullmatch(line.bare) is not None


def _perhaps(kept: Sequence[Line]) -> bool:
    """Whether the last words look like a program's or a lawyer's, and are not known as such."""
    first = len(kept)
    while first and kept[first - 1].bare:
        first -= 1
    last = " ".join(line.bare for line in kept[first:])
    if first and all(re.search(part, last, re.I) for part in (_LETTER, _SECRET, _WARNED.pattern)):
        return True
    return any(len(line.words) <= 10 and _PERHAPS.search(line.bare) for line in kept[-2:])


def _client_lines(lines: Sequence[Line]) -> int:
    """Over how many lines such a line begins here: none, one, or two where it was folded."""
    if client(lines[0]):
        return 1
    return (
        2
        if len(lines) > 1 and not client(lines[1]) and client(Line(" ".join(line.bare for line in lines)))
        else 0
    )


def _without_disclaimers(lines: list[Line]) -> tuple[list[Line], bool]:
    """Paragraph by paragraph from the end; one that does not begin like a disclaimer may be the writer's too."""
    lines = _trimmed(lines)
    while lines:
        first = len(lines)
        while first and lines[first - 1].bare:
            first -= 1
        if not disclaimer(" ".join(line.bare for line in lines[first:])):
            return lines, True
        if _OPENS.match(lines[first].bare) is None:
            return lines, False
        lines = _trimmed(lines[:first])
    return lines, True


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
    if DATE.search(line.bare):
        return True
    if ADDRESS.search(line.bare) or _STREET.search(line.bare):
        return len(line.words) > 20
    return len(line.words) > 14 or (
        len(line.words) >= 4 and line.bare.endswith((".", "!", "?", "…", ":", ";"))
    )
