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
