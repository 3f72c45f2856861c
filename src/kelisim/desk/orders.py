"""What staff may say in the first line of a reply (DESIGN.md section 9), in three languages; the first form is the one shown."""

from __future__ import annotations

from kelisim.texts import spoken

ANSWER, ASK, ACCEPT, REFUSE = "answer", "ask", "accept", "refuse"
ASSIGN, NOTE, CLOSE, HELP = "assign", "note", "close", "help"
OK, CANCEL = "ok", "cancel"

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    ANSWER: {"kk": ("жауап",), "ru": ("ответ", "ответить"), "en": ("answer",)},
    ASK: {"kk": ("сұрау",), "ru": ("вопрос", "спросить"), "en": ("ask",)},
    ACCEPT: {"kk": ("қабылдау",), "ru": ("принять",), "en": ("accept",)},
    REFUSE: {"kk": ("бас тарту",), "ru": ("отказать", "отказ"), "en": ("refuse",)},
    ASSIGN: {"kk": ("беру",), "ru": ("передать",), "en": ("assign",)},
    NOTE: {"kk": ("жазба", "ескерту", "ескертпе"), "ru": ("заметка",), "en": ("note",)},
    CLOSE: {"kk": ("жабу",), "ru": ("закрыть",), "en": ("close",)},
    HELP: {"kk": ("көмек",), "ru": ("помощь",), "en": ("help",)},
}
# Said alone, they settle what waits.
SETTLING: dict[str, dict[str, tuple[str, ...]]] = {
    OK: {
        "kk": ("иә", "ия", "жарайды", "растаймын", "мақұл"),
        "ru": ("да", "хорошо", "ок", "подтверждаю"),
        "en": ("ok", "okay", "yes"),
    },
    CANCEL: {"kk": ("болдырмау",), "ru": ("отмена", "отменить"), "en": ("cancel",)},
}
PLAIN = (ANSWER, ASK)  # words only: these alone may leave by time (DESIGN.md 8.7)
TO_PERSON = (ANSWER, ASK, ACCEPT, REFUSE)  # the person reads something
AT_ONCE = (NOTE, ASSIGN)  # among staff: nothing of it reaches the person


def word(order: str) -> str:
    """What is written for it in the language being spoken."""
    return {**WORDS, **SETTLING}[order][spoken()][0]
