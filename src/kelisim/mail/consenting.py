"""Yes or no to the question whether a letter was the mailbox's owner's own: one clear word, and nothing is guessed."""

from __future__ import annotations

from kelisim.desk.spelling import clean, reading, sound, squeeze

YES, NO, UNCLEAR = "yes", "no", ""

_YES = (
    "иә", "ия", "иə", "иә растаймын", "растаймын", "растадым", "иә растадым", "мен жаздым", "иә мен жаздым", "бұл мен",
    "иә бұл мен", "иә мен", "менмін", "иә менмін", "мен едім", "иә мен едім", "дұрыс", "иә дұрыс", "рас", "келісемін",
    "иә келісемін", "жарайды",
    "да", "да подтверждаю", "подтверждаю", "я подтверждаю", "да я подтверждаю", "подтверждено", "подтвердить", "это я",
    "да это я", "да я", "это был я", "это была я", "да это был я", "да это была я", "я писал", "я писала", "да я писал",
    "да я писала", "писал я", "писала я", "да писал я", "да писала я", "это мое письмо", "да это мое письмо", "верно",
    "да верно", "все верно", "да все верно", "да конечно", "согласен", "согласна", "да согласен", "да согласна",
    "yes", "yep", "y", "ok", "okay", "ок", "окей", "yes i confirm", "i confirm", "confirm", "confirmed", "yes confirmed",
    "yes it was me", "it was me", "that was me", "yes that was me", "yes it was", "yes i did", "i did", "correct",
    "yes correct", "yes please", "+",
)  # fmt: skip
_NO = (
    "жоқ", "жоқ мен емес", "мен емес", "мен емеспін", "жоқ мен емеспін", "бұл мен емес", "жоқ бұл мен емес", "мен жазбадым",
    "жоқ мен жазбадым", "мен жазған жоқпын", "жоқ мен жазған жоқпын", "мен ештеңе жазған жоқпын", "мен сұраған жоқпын",
    "мен жіберген жоқпын", "растамаймын", "жоқ растамаймын",
    "нет", "нет это не я", "не я", "нет не я", "это не я", "это был не я", "это была не я", "нет это был не я",
    "нет это была не я", "писал не я", "писала не я", "я не писал", "я не писала", "нет я не писал", "нет я не писала",
    "я этого не писал", "я этого не писала", "я ничего не писал", "я ничего не писала", "я не отправлял", "я не отправляла",
    "это не мое письмо", "нет это не мое письмо", "не подтверждаю", "нет не подтверждаю", "я не подтверждаю",
    "no", "nope", "not me", "it was not me", "it wasnt me", "no it was not me", "no it wasnt me", "that was not me",
    "that wasnt me", "i did not write", "i didnt write", "i did not write it", "i didnt write it", "no i did not",
    "no i didnt", "i did not", "i didnt", "i do not confirm", "-",
)  # fmt: skip


def read(text: str) -> tuple[str, str]:
    """What the first line says, whole, and the lines below it; a first line that says anything else is unclear."""
    first, _break, rest = text.strip().partition("\n")
    said = "" if "?" in first else _key(first)
    if said in _table(_NO):
        return NO, rest.strip()
    return (YES, rest.strip()) if said in _table(_YES) else (UNCLEAR, text.strip())


def _key(line: str) -> str:
    if line.strip() in ("+", "-", "👍"):
        return line.strip().replace("👍", "+")
    plain = "".join(letter if letter.isalnum() else " " for letter in clean(line))
    return " ".join(squeeze(sound(reading(word))) for word in plain.split())


_TABLES: dict[tuple[str, ...], frozenset[str]] = {}


def _table(said: tuple[str, ...]) -> frozenset[str]:
    if said not in _TABLES:
        _TABLES[said] = frozenset(map(_key, said))
    return _TABLES[said]
