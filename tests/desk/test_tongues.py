"""The language of what staff and people write."""

from __future__ import annotations

import pytest

from kelisim.desk import tongues


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Сәлеметсіз бе! Құжаттарыңызды алдық, ертең жауап береміз.", "kk"),
        ("Деректеріңіз түзетілді.", "kk"),
        ("Жауап керек емес", "kk"),
        ("Саламатсызба, сиздин деректер бойынша жауап осы", "kk"),
        ("Уважаемая Әйгерім Қуатқызы! Мы получили Ваше обращение и ответим завтра.", "ru"),
        ("Данные исправлены.", "ru"),
        ("Здравствуйте, Айгүл! Ваш вопрос передан, ответим до пятницы.", "ru"),
        ("Да, всё верно", "ru"),
        ("Your data were corrected today.", "en"),
        ("Dear Айгүл, we have received your letter. Regards, Ерлан", "en"),
        ("Құрметпен, Erlan. Сіздің хатыңыз info@alit.kz мекенжайына келді.", "kk"),
        ("12.03.2027", ""),
        ("ok", ""),
        ("", ""),
        ("№ 5 — 2027", ""),
    ],
)
def test_the_language_is_told_by_the_words(text: str, language: str) -> None:
    assert tongues.of(text) == language
