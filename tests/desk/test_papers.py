"""Papers: one compiler serves every receipt, whoever asks at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kelisim.desk import papers

pytest.importorskip("typst")


def paper(name: str) -> bytes:
    return papers.pdf("kk", name, [("Нөмірі", name)], "Келісім", ["Ғ, ұ, қ, ө, ң, ә, і"], ("бір", "екі"))


def test_papers_asked_for_at_once_are_those_made_one_by_one() -> None:
    names = [f"Түбіртек {number}" for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(paper, names)) == [paper(name) for name in names]


def test_the_fonts_of_the_machine_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = paper("Түбіртек")
    monkeypatch.setenv("TYPST_FONT_PATHS", "/usr/share/fonts")
    papers._compiler.cache_clear()
    assert paper("Түбіртек") == before


def test_words_without_letters_in_our_fonts_cost_nobody_the_paper() -> None:
    """T-WEB-10: a smiley, another script or a control character gives an empty box, not a failure."""
    odd = "😀 漢字 საქართველო \u202e \x00 \ufffe"
    assert paper(odd).startswith(b"%PDF-")
    pieces: list[papers.Piece] = [
        {"kind": "speech", "who": "Сіз", "words": odd},
        {"kind": "table", "heads": [odd], "rows": [[odd]]},
    ]
    assert papers.book("kk", "Деректер", "Мазмұны", [odd], [("Бір", pieces)]).startswith(b"%PDF-")


def test_what_is_data_is_no_markup_in_a_book() -> None:
    """T-WEB-10: `#`, `$` and brackets are letters."""
    odd = '#panic("x") $1/0$ #import "/etc/passwd" ]]] *b*'
    pieces: list[papers.Piece] = [
        {"kind": "text", "words": odd},
        {"kind": "head", "words": odd},
        {"kind": "pairs", "lines": [[odd, odd]]},
    ]
    assert papers.book("ru", odd, "Содержание", [odd], [(odd, pieces)]).startswith(b"%PDF-")
