"""Yes or no to the question whether a letter was the mailbox's owner's own: one clear word, and nothing is guessed."""

from __future__ import annotations

from kelisim.desk.spelling import clean, reading, sound, squeeze

YES, NO, UNCLEAR = "yes", "no", ""

_YES = (
    "иә", "ия", "иә растаймын", "растаймын", "растадым", "мен жаздым", "бұл мен", "дұрыс", "келісемін",
    "да", "да подтверждаю", "подтверждаю", "подтверждено", "подтвердить", "это я", "да это я", "я писал", "я писала",
    "верно", "да верно", "согласен", "согласна",
    "yes", "yep", "y", "ok", "okay", "ок", "окей", "yes i confirm", "i confirm", "confirm", "confirmed", "yes it was me",
    "it was me", "that was me", "correct", "yes please", "+",
)  # fmt: skip
_NO = (
    "жоқ", "жоқ мен емес", "мен емес", "мен емеспін", "бұл мен емес", "мен жазған жоқпын", "растамаймын",
    "нет", "нет это не я", "не я", "это не я", "я не писал", "я не писала", "не подтверждаю", "нет не подтверждаю",
    "no", "nope", "not me", "it was not me", "it wasnt me", "no it was not me", "no it wasnt me", "i did not write",
    "i didnt write", "i do not confirm", "-",
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
