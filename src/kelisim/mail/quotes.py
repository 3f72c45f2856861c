"""What was newly written in a reply: the quotation, the signature and our own words are cut, and what is unclear is held.

The answer is what stands above the first sign of a quotation. All below that sign must then be explained: as words of our
letter in their order, as what mail programs write around a quotation, as a signature. One line that is not, and a human looks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kelisim.mail import attributions, signatures
from kelisim.mail.letter import Letter
from kelisim.mail.lines import Line, join, split
from kelisim.mail.ours import Ours

# Why a reply is held.
EMPTY = "empty"  # a quotation of ours, and surely nothing else
BELOW = "below"  # words below the quotation
INLINE = "inline"  # words between its lines
SECOND = "second"  # another quotation, or a forwarded chain, above ours
REPEATS = "repeats"  # our own words among the writer's
NO_END = "no end"  # no sign of where the writer's words end
UNCLEAR = "unclear"  # the first or last words may be the program's
CHARSET = "charset"  # the letters themselves had to be guessed
LONG = "long"  # nobody wrote that much by hand

_MOST, _MOST_LINES = 200_000, 5_000  # characters and lines
_MARK = 8  # letters of a mark
_MARK_LINE = 16  # words of the line that carries the mark, where our letter is not known
_GAP = r"[\s>*_\u00ad\u200b-\u200f\u2060\ufeff]*"  # what a program may put between the letters of a mark
_OTHER_MARK = re.compile(r"▼\W{0,5}[a-z2-7]{8}\W{0,5}▼", re.I)
# «My answers are below», in whatever colour.
_LOOK_BELOW = re.compile(
    r"\b(?:ответ\w*|комментари\w*|отвечаю)\s+(?:см\.?\s+)?(?:ниже|внутри|в тексте|по тексту|под вопрос\w*|между строк\w*|красным|"
    r"синим|зел[её]ным)|\b(?:см\.|смотрите)\s+(?:мо[ий]\s+)?(?:ответ\w*\s+)?(?:ниже|в тексте письма)|"
    r"\b(?:answers?|comments?|replies|reply)\s+(?:are\s+)?(?:below|inline|in[ -]line|in (?:red|blue|green))|\bsee (?:below|inline)|"
    r"\bжауап\w*\s+(?:төменде|мәтін ішінде|астында|қызылмен)", re.I,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extract:
    """What was written above the quotation; `sure` is False when a human must look first, and `why` says what was unclear.

    The text of an unsure extract is the best guess, without our own lines as far as they are known; it may be empty.
    """

    text: str
    sure: bool
    why: str = ""


def extract(letter: Letter, marks: Sequence[str], ours: str = "", own: str = "") -> Extract:
    """The words of a reply to one letter of ours. `marks` are its marks, `ours` is its text when known (T-LET-09, T-LET-10), `own`
    what in it the writer wrote themselves, and may say again."""
    if len(letter.text) > _MOST or letter.text.count("\n") > _MOST_LINES:
        return Extract("", False, LONG)
    lines, known = split(letter.text), Ours(ours, own)
    mark = _marked(lines, marks)
    end = _end(lines, mark, known)
    kept, clear = signatures.cut(lines[:end])
    odd, trusted = _unexplained(lines, end, mark, known)
    nothing = not any(line.words for line in kept)
    drawn = any(not line.rule for line in kept)  # a smile, a thumb up or down
    unclear = not clear or (nothing and drawn) or _unclear(lines, end, mark, kept, known)
    doubts = [
        (NO_END, nothing and end == len(lines)),
        (UNCLEAR, nothing and unclear),
        (EMPTY, nothing and not odd and not trusted),
        (BELOW, nothing),
        (_place(lines, odd, mark, known), bool(odd)),
        (NO_END, end == len(lines) and not known.known),
        (SECOND, any(_OTHER_MARK.search(line.bare) for line in kept)),
        (REPEATS, bool(known.internal(kept))),
        (NO_END, known.copied(kept)),
        (BELOW, any(_LOOK_BELOW.search(line.bare) for line in kept)),
        (UNCLEAR, unclear),
        (CHARSET, not letter.sure),
    ]
    why = next((why for why, doubt in doubts if doubt), "")
    if not why:
        return Extract(join(kept), True)
    if nothing:
        kept = [lines[at] for at in odd] if known.known else []
    foreign = known.internal(kept)
    return Extract(join([line for at, line in enumerate(kept) if at not in foreign]), False, why)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a mark of ours stands: its line, what stands before it there, and the rest."""

    line: int
    quoted: bool
    before: Line
    rest: Line


def _marked(lines: Sequence[Line], marks: Sequence[str]) -> _Mark | None:
    """The first mark of ours, however a program folded, spaced or quoted it."""
    text = "\n".join(line.clean for line in lines)
    patterns = [_GAP.join(map(re.escape, mark)) for mark in marks if mark]
    found = [match.start() for pattern in patterns if (match := re.search(pattern, text, re.I)) is not None]
    if not found:
        return None
    at, start = min(found), text.rfind("\n", 0, min(found)) + 1
    line = text.count("\n", 0, at)
    return _Mark(line, lines[line].quoted, Line(text[start:at]), Line(lines[line].clean[at - start :]))


def _end(lines: Sequence[Line], mark: _Mark | None, known: Ours) -> int:
    """The first line that shows that a quotation begins; the number of lines when none does."""
    end = len(lines) if mark is None else mark.line
    for at in range(end):
        if lines[at].quoted or attributions.separator(lines[at]) or attributions.block(lines, at) > at:
            end = at
            break
    for at in range(end):
        found = attributions.folded(lines, at)
        if found is not None and _followed(lines, at, mark, known):
            return min(end, found.first)
    return end


def _followed(lines: Sequence[Line], at: int, mark: _Mark | None, known: Ours) -> bool:
    """Whether a quotation comes next: «On … he wrote:» alone is a sentence like any other."""
    for below in range(at + 1, len(lines)):
        if (
            lines[below].quoted
            or attributions.separator(lines[below])
            or (mark is not None and below == mark.line)
        ):
            return True
        if not lines[below].rule:
            return attributions.banner(lines[below]) or known.holds(lines[below])
    return False


def _unexplained(lines: Sequence[Line], end: int, mark: _Mark | None, known: Ours) -> tuple[list[int], bool]:
    """The lines after the answer that are neither ours, nor the program's, nor a signature; and whether some passed unproved,
    because our letter is not known and nothing marks its lines."""
    marked = any(line.quoted for line in lines[end:])
    odd: list[int] = []
    place, last, at, trusted = 0, end, end, False
    while at < len(lines):
        line = lines[at]
        # Once our letter has begun, what introduces a quotation is one of its own lines, or somebody's.
        begun = known.known and (place > 0 or (mark is not None and at >= mark.line))
        after = at if begun else max(attributions.block(lines, at), attributions.unfolded(lines, at))
        if after > at:
            at = last = after
            continue
        here = mark is not None and at == mark.line
        line = mark.rest if mark is not None and here else line
        found = known.after(line, place, torn=here) if known.known else None
        if (
            found is not None
            and mark is not None
            and at < mark.line
            and found > known.letters.find(mark.rest.letters[:_MARK])
        ):
            found = None  # our words begin with the mark: what stands above it is none of them
        if line.blank:
            if not known.explains(line) and (known.known or (marked and not line.quoted)):
                odd.append(at)
            at += 1
            continue
        if found is not None:
            place = found
        elif (
            _of_mark(line, at, mark, known)
            or attributions.separator(line)
            or (not begun and attributions.banner(line))
        ):
            pass
        elif known.known or (marked and not line.quoted):
            odd.append(at)
            at += 1
            continue
        else:
            trusted = trusted or not line.quoted
        at = last = at + 1
    tail = [at for at in odd if at >= last]
    if tail:
        under, clear = signatures.cut([Line(""), *(Line(line.bare) for line in lines[last:])])
        if clear and not any(line.words or line.sign for line in under):
            return odd[: -len(tail)], trusted
    return odd, trusted


def _of_mark(line: Line, at: int, mark: _Mark | None, known: Ours) -> bool:
    """Whether this may be the line of the mark, or its folded end, where our letter is given without it."""
    if mark is None or len(line.words) > _MARK_LINE or mark.rest.letters[:_MARK] in known.letters:
        return False
    folded = not mark.rest.bare.endswith((".", "!", ":")) and line.quoted == mark.quoted
    return at == mark.line or (at == mark.line + 1 and folded)


def _place(lines: Sequence[Line], odd: Sequence[int], mark: _Mark | None, known: Ours) -> str:
    """Where words stand that nothing explains."""
    if not odd:
        return ""
    if mark is not None and odd[0] < mark.line:
        return SECOND
    below = [line for line in lines[odd[0] + 1 :] if line.words]
    return INLINE if any(line.quoted or known.holds(line) for line in below) else BELOW


def _unclear(lines: Sequence[Line], end: int, mark: _Mark | None, kept: Sequence[Line], known: Ours) -> bool:
    """Whether a program may have written the last words, or a part of the attribution was taken for them, or the first."""
    said = [line for line in kept if line.words]
    if any(attributions.banner(line) for line in said[:2]) or any(map(attributions.addressed, said)):
        return True
    if end == len(lines):
        return False
    if attributions.twice(lines, end):
        return True
    for last in range(end, min(end + attributions.LONGEST, len(lines))):
        found = attributions.folded(lines, last)
        if found is not None and found.first == end and not found.clear:
            return True
    if mark is not None and mark.line == end and mark.before.words and not attributions.whole(mark.before):
        # Somebody wrote into the line of the mark, or a program made one line of two; unless our sentence begins like this.
        return mark.before.letters + mark.rest.letters[:_MARK] not in known.letters
    if any(attributions.folded(lines, at) is not None for at in range(end)):
        return True  # «On … wrote:», and no quotation below it: perhaps it was answered right there
    return bool(said) and attributions.doubtful(said[-1], attributions.introduced(lines, end))
