"""How vacation replies name themselves, in three languages: many programs write it nowhere but in the subject (T-LET-08)."""

from __future__ import annotations

import re

# A subject that only a program writes: it stands first, and what was answered follows a colon, or nothing does.
_SURE = (
    r"auto(?:matic|mated)?[ -]?(?:reply|response|answer)", r"out[ -]of[ -](?:the[ -])?office(?:[ -](?:auto)?-?reply)?",
    r"vacation (?:auto-?)?(?:reply|response|message)",
    r"автоответ(?:чик)?", r"ответ автоответчика", r"автоматический ответ", r"(?:автоматическое )?уведомление об отсутствии",
    r"вне офиса",
    r"автожауап", r"автоматты(?:қ| түрде(?: жіберілген)?)? жауап(?: беру)?", r"(?:кеңседен|офистен) тыс",
)  # fmt: skip
# One that a person could write too.
_MAYBE = (
    r"(?:i am |i'm )?(?:out of (?:the )?office|on (?:annual )?leave|on vacation|away from)", r"auto[:\s]",
    r"(?:я )?(?:сейчас )?(?:нахожусь )?(?:в (?:декретном |ежегодном |очередном )?отпуске|на больничном|в командировке)",
    r"(?:временно )?отсутствую", r"отсутствие", r"нет в офисе", r"меня не будет",
    r"нет на (?:рабочем )?месте", r"меня нет (?:в офисе|на (?:рабочем )?месте)",
    r"(?:мен )?(?:қазір )?(?:кеңседе|офисте|жұмыста|(?:жұмыс )?орнымда) (?:емеспін|жоқпын)",
    r"(?:мен )?(?:қазір )?(?:(?:еңбек|кезекті|жыл сайынғы) )?демалыс(?:ын)?да(?:мын)?", r"(?:мен )?(?:қазір )?іссапарда(?:мын)?",
)  # fmt: skip
# What such a letter says then.
_ABSENT = (
    r"out of (?:the )?office", r"on (?:annual |sick |maternity )?leave", r"on vacation", r"i will (?:be back|return|reply)",
    r"limited access to (?:my )?e?-?mail",
    r"в (?:декретн\w+ |ежегодн\w+ |очередн\w+ )?отпуск", r"отсутству", r"в командировк", r"на больничном", r"вернусь",
    r"меня не будет", r"выйду на работу",
    r"буду на (?:рабочем )?месте", r"нет (?:в офисе|на месте)",
    r"(?:кеңседе|офисте|жұмыста) (?:емес|жоқ)", r"демалыс", r"іссапар", r"ораламын", r"орнымда", r"жұмысқа шығамын",
)  # fmt: skip


def _any(phrases: tuple[str, ...]) -> str:
    return "(?:" + "|".join(phrases) + ")"


_SURELY = re.compile(rf"\[\s*{_any(_SURE)}\s*\]|{_any(_SURE)}\s*(?::|$)", re.I)
_PERHAPS = re.compile(rf"\[?\s*{_any(_MAYBE)}", re.I)
_SAYS = re.compile(_any(_ABSENT), re.I)
_ENOUGH = 600  # characters: a vacation reply comes to the point


def certain(subject: str) -> bool:
    """Whether the subject alone says that a program answered; an answer to such a letter («Re: …») is a person's."""
    return _SURELY.match(subject) is not None


def likely(subject: str, text: str) -> bool:
    """Whether subject and text together say so; still to be believed only of a letter that answers one."""
    return _PERHAPS.match(subject) is not None and _SAYS.search(text[:_ENOUGH]) is not None
