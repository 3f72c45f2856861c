"""Reply letters kept as files, and how an extraction of each is judged.

A sample is two files side by side: `name.eml`, the letter as it lay in the mailbox, and `name.toml`:

    language = "ru"              # what the writer wrote in: kk, ru or en
    client = "gmail-web"         # the program whose shape it has
    marks = ["abcd2345"]         # the marks of the letter answered (desk/threads.marker)
    ours = '''…'''               # the text of our letter that was answered; or ours = "name.txt", a file beside it
    expect = '''…'''             # what the person is to read; or hold = true, where a human must look first
    also = ['''…''']             # other texts that are as right, if any (say, with the courtesy line or without)
    canaries = ["ІШКІ-КАНАРЕЙКА 1"]  # words of our letter that must never come back

Texts are compared by their words, in order: folding and empty lines are nobody's matter.

What is expected (the rules of the extraction): only what was newly written above the quotation. A courtesy line («С
уважением, Ерлан») that stands under the answer is kept. What follows a line «-- », a line of the program («Sent from my
iPhone», «iPhone-нан жіберілді») or is a confidentiality disclaimer is cut. Contact lines that nothing marks stay: the echo
shows them. To be held: nothing written above the quotation; words below it or between its lines; another quotation or a
forwarded chain above it; our own words with no quotation around them; a charset that was guessed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kelisim.desk import operator
from kelisim.mail import reading
from kelisim.mail.letter import Letter
from kelisim.mail.mailbox import Raw
from kelisim.mail.quotes import Extract, extract

REPLIES = Path(__file__).parent / "replies"
OPERATOR = operator.load(None)
RECEIVED = datetime(2026, 1, 13, 5, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """One letter of the corpus and what is expected of it; `expect` is empty when it must be held."""

    name: str
    content: bytes
    language: str
    client: str
    marks: tuple[str, ...]
    ours: str
    expect: tuple[str, ...]
    canaries: tuple[str, ...]

    @property
    def hold(self) -> bool:
        """Whether a human must look before anything leaves."""
        return not self.expect

    def letter(self) -> Letter:
        """The letter, read."""
        return reading.read(Raw(self.name, self.content, RECEIVED), OPERATOR)


@dataclass(slots=True)
class Figures:
    """How a corpus went; the lists hold names of samples."""

    right: list[str] = field(default_factory=list)  # released as expected
    held: list[str] = field(default_factory=list)  # held as expected
    cautious: list[str] = field(default_factory=list)  # held, and could have been released
    wrong: list[str] = field(default_factory=list)  # released, and should not have been, or not like this
    leaked: list[str] = field(
        default_factory=list
    )  # words of our letter in what would be shown, released or held

    @property
    def share(self) -> float:
        """Of those that could be released, how many were, and rightly."""
        meant = (
            len(self.right) + len(self.cautious) + len([name for name in self.wrong if "held:" not in name])
        )
        return len(self.right) / meant if meant else 1.0

    def __str__(self) -> str:
        return (
            f"{len(self.right)} right ({self.share:.1%}), {len(self.held)} held as they should be, {len(self.cautious)} held for "
            f"safety {self.cautious}, {len(self.wrong)} wrongly released {self.wrong}, {len(self.leaked)} leaked {self.leaked}"
        )


def samples(folder: Path) -> list[Sample]:
    """The corpus of a folder. Raises KeyError and ValueError for a sidecar that is not as described above."""
    return [_sample(letter) for letter in sorted(folder.glob("*.eml"))]


def _sample(letter: Path) -> Sample:
    told: dict[str, Any] = tomllib.loads(letter.with_suffix(".toml").read_text("utf-8"))
    ours = told["ours"]
    if ours.endswith(".txt") and "\n" not in ours:
        ours = (letter.parent / ours).read_text("utf-8")
    expect = [told["expect"], *told.get("also", [])] if not told.get("hold", False) else []
    if bool(told.get("hold", False)) == ("expect" in told) or not all(part.strip() for part in expect):
        raise ValueError(f"{letter.name}: either hold = true or expect")
    return Sample(
        letter.stem, letter.read_bytes(), told["language"], told["client"], tuple(told["marks"]), ours,
        tuple(expect), tuple(told["canaries"]),
    )  # fmt: skip


def judged(corpus: Iterable[Sample]) -> Figures:
    """Extract every sample and count."""
    figures = Figures()
    for sample in corpus:
        found = extract(sample.letter(), sample.marks, sample.ours)
        if any(same(canary) in same(found.text) for canary in sample.canaries):
            figures.leaked.append(sample.name)
        _place(figures, sample, found)
    return figures


def _place(figures: Figures, sample: Sample, found: Extract) -> None:
    if not found.sure:
        (figures.held if sample.hold else figures.cautious).append(f"{sample.name} ({found.why})")
    elif same(found.text) in [same(text) for text in sample.expect]:
        figures.right.append(sample.name)
    else:
        figures.wrong.append(f"held: {sample.name}" if sample.hold else sample.name)


def same(text: str) -> str:
    """A text as its words, one blank apart."""
    return " ".join(text.split())
