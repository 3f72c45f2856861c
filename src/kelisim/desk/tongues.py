"""Which of the three languages words are written in: a vote of the words, told by their letters and the commonest of them."""

from __future__ import annotations

import re

KK, RU, EN = "kk", "ru", "en"

_WORD = re.compile(r"[^\W\d_]+")
_OWN = frozenset("әғқңөұүһі")  # letters that Kazakh has and Russian has not
_LATIN, _CYRILLIC = re.compile(r"[a-z]"), re.compile(r"[а-яёәғқңөұүһі]")
# What an ordinary letter holds; Kazakh also as a Russian keyboard writes it, and without its own letters.
_KAZAKH = frozenset(_WORD.findall(
    "жауап бар емес бойынша туралы болады керек мен сен деп осы сол бул бүл жане ушин сизге сизди сиздин кун куни алдык "
    "рахмет саламатсызба салеметсизбе қурметпен курметпен жок дейин кейин болса едик екен ғой гой сурау дерек деректер "
    "деректериниз деректеринизди алмаймыз жиберемиз жибериниз хабарлаймыз хабарлама сиз биз бизге бизде бизден сизде "
    "маган менин сизбен осыны оны оган егер калай кашан неге кайта казир енди бугин ертен гана барлык салем хат хатыныз "
    "хатынызды отиниш отинишиниз отинишинизди номериниз номеринизди кужат кужатты мерзим мерзими жылы жазыныз жаздык "
    "сураймыз сурадык тексеремиз тексердик тексериниз жоямыз жойдык тузеттик озгерттик корсетилген болмайды болмаса"
))  # fmt: skip
_RUSSIAN = frozenset(_WORD.findall(
    "и в во не на что это как для по из от до с со к ко о об при но а или уже вы вам вас ваш ваша ваше ваши вашей вашего "
    "мы нам нас наш наша их его её еще ещё был была было были будет будут может можно нужно если чтобы здравствуйте "
    "спасибо уважением пожалуйста ответ данные данных просим сообщаем"
))  # fmt: skip
_ENDINGS = re.compile(
    r".{2,}(ого|его|ому|ему|ыми|ими|ый|ая|ое|ые|ция|ции|ость|ости|ание|ения|ение|ться|тся|ить|ать|ете|ите)"
)
_KAZAKH_ENDINGS = re.compile(
    r".{2,}([ыи]ныз|[ыи]низ|[ае]ныз|[ае]низ|[ыи]м[дт][ыи]|[ыи]м[дт]ар|[ыи]мыз|[ыи]миз|[дтл]ар[ыд]\w*|[дтл]ер[ыид]\w*|м[ае]й[дм]\w+|[гк][ае]н)"
)


def of(text: str) -> str:
    """kk, ru or en; empty when there is nothing to tell it by (figures, a name, three letters)."""
    words = _WORD.findall(text.casefold())
    latin = sum(len(word) for word in words if _LATIN.match(word))
    cyrillic = sum(len(word) for word in words if _CYRILLIC.match(word))
    if latin + cyrillic < 4:
        return ""
    if latin > cyrillic:
        return EN
    written = [word for word in words if _CYRILLIC.match(word)]
    kazakh = sum(bool(_OWN & set(word)) or word in _KAZAKH or _is_kazakh(word) for word in written)
    russian = sum(word in _RUSSIAN or (not _OWN & set(word) and _is_russian(word)) for word in written)
    if kazakh == russian == 0:
        return "" if len(written) < 2 else RU
    return KK if kazakh > russian else RU


def _is_kazakh(word: str) -> bool:
    """As a Russian keyboard writes it."""
    return bool(_KAZAKH_ENDINGS.fullmatch(word))


def _is_russian(word: str) -> bool:
    return bool(_ENDINGS.fullmatch(word)) or ("щ" in word or "ё" in word)
