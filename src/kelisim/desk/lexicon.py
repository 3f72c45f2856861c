"""The words of one language and what they are about, found whole, by stem or with one slip of the finger."""

from __future__ import annotations

from dataclasses import dataclass, field

SHORTEST_GUESSED = 6  # letters; shorter words are too much alike to forgive a slip
_LONGEST_GUESSED = 13  # letters of a word looked at for a slip: more would only cost time

Concepts = tuple[int, ...]


@dataclass(slots=True)
class Lexicon:
    """Sounded words with the numbers of their concepts."""

    whole: dict[str, Concepts] = field(default_factory=dict)
    stems: dict[str, Concepts] = field(default_factory=dict)
    fillers: set[str] = field(default_factory=set)
    ordinary: set[str] = field(default_factory=set)  # look like a slip and are not
    _lengths: dict[str, set[int]] = field(
        default_factory=dict
    )  # lengths of what a slip may be of, by first letter
    _slips: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)

    def add(self, word: str, concept: int, *, stem: bool) -> None:
        """Remember a word of a concept; stem: whatever follows it, the concept stays."""
        table = self.stems if stem else self.whole
        if word not in table and len(word) >= SHORTEST_GUESSED:
            self._lengths.setdefault(word[0], set()).update((len(word) - 1, len(word), len(word) + 1))
            for short in (word, *_shortened(word)):
                self._slips.setdefault(short, []).append((word, stem))
        table[word] = tuple(dict.fromkeys((*table.get(word, ()), concept)))

    def find(self, word: str) -> tuple[Concepts, str]:
        """Concepts of a word and what follows its stem: the whole word first, then the longest stem."""
        whole = self.whole.get(word, ())
        if whole:
            return (*whole, *self.stems.get(word, ())), ""
        for end in range(len(word), 0, -1):
            stem = self.stems.get(word[:end])
            if stem is not None:
                return stem, word[end:]
        return (), ""

    def guess(self, word: str) -> tuple[Concepts, str]:
        """The same for a word with one slip: a letter more, less, other, or two in the wrong order."""
        if len(word) < SHORTEST_GUESSED - 1 or word in self.ordinary:
            return (), ""
        lengths = self._lengths.get(word[0], ())
        for end in range(min(len(word), _LONGEST_GUESSED), SHORTEST_GUESSED - 2, -1):
            if end not in lengths:
                continue
            start = word[:end]
            for short in (start, *_shortened(start)):
                for known, stem in self._slips.get(short, ()):
                    if (stem or end == len(word)) and known[0] == word[0] and _one_slip(start, known):
                        return (self.stems if stem else self.whole)[known], word[end:]
        return (), ""


def _shortened(word: str) -> list[str]:
    """The word without each of its letters but the first, which people rarely miss."""
    return [word[:at] + word[at + 1 :] for at in range(1, len(word))]


def _one_slip(typed: str, meant: str) -> bool:
    """Whether two words differ by one letter at most, or by the order of two neighbours."""
    at = 0
    while at < len(typed) and at < len(meant) and typed[at] == meant[at]:
        at += 1
    a, b = typed[at:], meant[at:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
