"""A letter of ours that was answered, to compare with: where its words come back, they are no answer (T-LET-09, T-LET-10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from kelisim.mail.attributions import DATE
from kelisim.mail.lines import Line, split, words

_SHINGLE = 6  # words in a row that are no accident
_SENTENCE = 5  # words of a whole sentence
_LINE = 3  # words of a whole line
_LONG = (
    16  # letters of a line that may stand further down than expected; a shorter one stands where it belongs
)

_CITED = re.compile(r"«[^«»]*»|“[^“”]*”|„[^„“”]*[“”]|\"[^\"\n]*\"")
Words = tuple[str, ...]


class Ours:
    """The words of our letter in their order, and apart from them those that no person wrote: the internal history."""

    def __init__(self, text: str, own: str = "") -> None:
        self._signs = {line.bare for line in split(text) if line.sign}
        lines = [line for line in split(text) if line.words]
        self.known = bool(lines)
        self.letters = "".join(line.letters for line in lines)
        self._undated = "".join(_undated(line) for line in lines)
        self._ends = set(accumulate(len(word) for line in lines for word in line.words))
        self._starts: dict[str, list[int]] = {}
        at = 0
        for line in lines:
            self._starts.setdefault(line.letters, []).append(at)
            at += len(line.letters)
        internal = [line for line in lines if not line.quoted or line.framed]
        again = [line for line in split(own) if line.words]  # what the writer may say once more
        said = _shingles([word for line in again for word in line.words])
        self._shingles = _shingles([word for line in internal for word in line.words]) - said
        self._all_shingles = _shingles([word for line in lines for word in line.words]) - said
        self._sentences = _sentences(internal) - _sentences(again)
        known = {tuple(line.words) for line in again}
        self._lines = {tuple(line.words) for line in internal if len(line.words) >= _LINE} - known
        self._any_line = {tuple(line.words) for line in lines if len(line.words) >= _LINE} - known

    def holds(self, line: Line) -> bool:
        """Whether a line is one of ours, or a large part of one."""
        return line.letters in self._starts or (len(line.letters) >= _LONG and line.letters in self.letters)

    def explains(self, line: Line) -> bool:
        """Whether a line without words says nothing, or stands in our letter just so."""
        return not line.sign or line.bare in self._signs

    def after(self, line: Line, at: int, *, torn: bool = False) -> int | None:
        """Where a line ends in our letter that comes next or later; nothing when it is not ours. `torn`: inside a word, too."""
        end = at + len(line.letters)
        if self.letters.startswith(line.letters, at) and (torn or end in self._ends):
            return end
        found = self.letters.find(line.letters, at) if len(line.letters) >= _LONG else -1
        if found < 0:
            found = next((start for start in self._starts.get(line.letters, ()) if start >= at), -1)
        if found >= 0:
            return found + len(line.letters)
        if len(line.letters) >= _LONG and line.letters in self.letters:
            return at
        # Our letter is told again here, and its dates may have moved meanwhile.
        rest = _undated(line)
        return at if len(rest) >= _LONG and rest in self._undated else None

    def copied(self, lines: Sequence[Line]) -> bool:
        """Whether any of our words stand here as they stood there, the person's own too, and in no quotation marks."""
        outside = _CITED.sub(" ", "\n".join(line.bare for line in lines))
        whole = any(tuple(line.words) in self._any_line for line in lines)
        return whole or bool(_shingles(words(outside)) & self._all_shingles)

    def internal(self, lines: Sequence[Line]) -> set[int]:
        """Which of these lines repeat what no person wrote: eight words in a row, a whole sentence or a whole line."""
        where = [at for at, line in enumerate(lines) for _word in line.words]
        said = [word for line in lines for word in line.words]
        found = {at for at, line in enumerate(lines) if tuple(line.words) in self._lines}
        for length, known in {**_by_length(self._sentences), _SHINGLE: self._shingles}.items():
            for at in range(len(said) - length + 1):
                if tuple(said[at : at + length]) in known:
                    found |= set(where[at : at + length])
        return found


def _sentences(lines: Sequence[Line]) -> set[Words]:
    told = {tuple(words(part)) for line in lines for part in re.split(r"[.!?…:;](?:\s|$)", line.bare)}
    return {sentence for sentence in told if len(sentence) >= _SENTENCE}


def _undated(line: Line) -> str:
    """A line without dates and numbers."""
    return re.sub(r"\d", "", "".join(words(DATE.sub(" ", line.bare))))


def _shingles(said: Sequence[str]) -> set[Words]:
    return {tuple(said[at : at + _SHINGLE]) for at in range(len(said) - _SHINGLE + 1)}


def _by_length(sentences: set[Words]) -> dict[int, set[Words]]:
    """Sentences by their number of words; what is longer than a shingle is found by its shingles."""
    return {
        length: {sentence for sentence in sentences if len(sentence) == length}
        for length in range(_SENTENCE, _SHINGLE)
    }
