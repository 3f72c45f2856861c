"""What was newly written in a reply: right or held, never somebody else's words (THREATS.md T-LET-09, T-LET-10)."""

from __future__ import annotations

from collections import Counter

from tests.mail import corpus

SEEN = corpus.samples(corpus.REPLIES / "seen")


def test_the_corpus_is_told_apart_without_one_wrong_release() -> None:
    figures = corpus.judged(SEEN)
    assert (figures.wrong, figures.leaked) == ([], []), str(figures)
    assert figures.share >= 0.95, str(figures)


def test_the_corpus_covers_the_programs_and_the_languages() -> None:
    assert len(SEEN) >= 45
    languages = Counter(sample.language for sample in SEEN)
    assert min(languages["kk"], languages["ru"], languages["en"]) >= 15, languages
    assert len({sample.client for sample in SEEN}) >= 15
    assert sum(sample.hold for sample in SEEN) >= 15


def test_every_canary_of_the_corpus_could_leak() -> None:
    """A negative test is worth nothing if the words it looks for are not there."""
    for sample in SEEN:
        assert sample.canaries, sample.name
        for canary in sample.canaries:
            assert corpus.same(canary) in corpus.same(sample.ours), sample.name
            assert corpus.same(sample.letter().text.replace(">", " ")), sample.name
