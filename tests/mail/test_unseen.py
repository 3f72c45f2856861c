"""Reply letters by someone who has not seen the extractor: what may be released is, and what must not be is held (T-LET-10).

The letters are read by the desk's own reader, so charsets, folding and HTML count as well. Those in `later` quote our letter as
its HTML looks in a mail program (courier/page.py): labels apart from their values, a person's words in a box and no «-- » before
the footer. They were written before the first run of the others.

At first sight 33 of 38 were released and one of them with the program's own line, 20 of 20 held; of those in `later` 0 of 5
released, 3 of 3 held. The extractor was mended after that, so these letters are no longer unseen. Those in `later` were also
brought to the page as it is now: it no longer writes the sender's name under the line of ours, and that one line was taken out
of each, text and HTML; nothing else in them was changed.

Those in `fresh` quote letters as the product writes them now and were committed before any was tried. At first sight 29 of 29 were
released and 10 of 11 held; the eleventh, an answer with seven words of an internal note inside a sentence of the writer's own, was
released as if it were all theirs. Since then six words of ours in a row are no accident; before it was eight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from tests.mail import corpus
from tests.mail.corpus import REPLIES, Sample, same

from kelisim.desk import operator as operators
from kelisim.mail import quotes, reading
from kelisim.mail.letter import Letter
from kelisim.mail.mailbox import Raw

FOLDERS = ("unseen", "unseen/later", "unseen/fresh")
OPERATOR = operators.load(None)
RUN = 4  # words of a note that betray it


@dataclass
class Verdict:
    """How a folder went: letters by what became of them, each with the reason given."""

    right: list[str] = field(default_factory=list)
    cautious: list[str] = field(default_factory=list)  # held, and could have been released
    held: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # released, but must not be, or not like this
    leaked: list[str] = field(default_factory=list)

    could: int = 0  # how many there are to be released

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{len(self.right)} of {self.could} released as written, {len(self.held)} held as they must be",
                f"held for safety: {self.cautious}",
                f"wrongly released: {self.wrong}",
                f"notes leaked: {self.leaked}",
            ]
        )


def read(sample: Sample) -> Letter:
    """A letter of the corpus as the mail door reads it."""
    return reading.read(Raw(sample.name, sample.content, corpus.RECEIVED), OPERATOR)


def judge(folder: str) -> Verdict:
    """Read and extract every letter of a folder."""
    verdict = Verdict()
    for sample in corpus.samples(REPLIES / folder):
        verdict.could += not sample.hold
        found = quotes.extract(read(sample), sample.marks, sample.ours)
        if not found.sure:
            (verdict.held if sample.hold else verdict.cautious).append(f"{sample.name} ({found.why})")
            continue
        text = same(found.text)
        released = not sample.hold and text in [same(expected) for expected in sample.expect]
        (verdict.right if released else verdict.wrong).append(sample.name)
        if any(run in text for canary in sample.canaries for run in runs(canary)):
            verdict.leaked.append(sample.name)
    return verdict


def runs(words: str) -> Iterator[str]:
    """Every few words of a note that stand side by side; a part of it is a leak too."""
    split = words.split()
    for start in range(max(1, len(split) - RUN + 1)):
        yield " ".join(split[start : start + RUN])


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_wrongly_released_and_no_note_leaks(folder: str) -> None:
    verdict = judge(folder)
    assert verdict.held and verdict.wrong == [] and verdict.leaked == [], str(verdict)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_may_be_released_is(folder: str) -> None:
    verdict = judge(folder)
    assert len(verdict.right) >= 0.95 * verdict.could > 0, str(verdict)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_letter_holds_notes_that_could_leak(folder: str) -> None:
    for sample in corpus.samples(REPLIES / folder):
        unmarked = same(re.sub(r"(?m)^[ \t]*\w{0,3}(?:>[ \t]?)+", "", read(sample).text))
        assert sample.canaries, sample.name
        for canary in sample.canaries:
            assert same(canary) in unmarked, sample.name
        assert not any(
            run in same(text) for text in sample.expect for canary in sample.canaries for run in runs(canary)
        )


def test_the_corpus_is_as_broad_as_it_says() -> None:
    every = [sample for folder in FOLDERS for sample in corpus.samples(REPLIES / folder)]
    held = sum(sample.hold for sample in every)
    assert held >= 12 and len(every) - held >= 24
    assert {sample.language for sample in every} == {"kk", "ru", "en"}
    assert all(sample.hold == sample.name.startswith("hold-") for sample in every)
    programs = (
        "Gmail web", "Gmail Android", "Gmail iOS", "Outlook 2016", "Outlook 365", "Outlook on the web", "Outlook iOS",
        "Outlook Android", "Yandex web", "Yandex app", "Mail.ru web", "Mail.ru app", "Apple Mail", "iOS Mail",
        "Thunderbird", "Samsung", "Zimbra", "Roundcube", "The Bat!", "K-9",
    )  # fmt: skip
    clients = [sample.client for sample in every]
    assert [program for program in programs if not any(name.startswith(program) for name in clients)] == []
