"""Answers staff pick by a key or a name: one template, three bodies; they write in their language, the person reads theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kelisim.desk.cases import Case
from kelisim.desk.operator import Operator, Template
from kelisim.desk.visit import Visit
from kelisim.texts import day, speaking

_BRACED = re.compile(r"\{([a-z]+)\}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 6  # letters of a word by which two forms of it are one: Kazakh and Russian bend the ends
_ALIKE = 0.15  # of all words that two texts share, from which on a template is worth naming


def find(operator: Operator, called: str) -> str | None:
    """The key of the template that is called so, by its key or its name in any language; nothing when there is none."""
    wanted = " ".join(called.casefold().split())
    for key, template in operator.templates.items():
        said = template.name
        if wanted in {" ".join(name.casefold().split()) for name in (key, said.kk, said.ru, said.en)}:
            return key
    return None


def fits(template: Template, kind: str) -> bool:
    """Whether a template is for this kind of request (T-LET-11)."""
    return not template.kinds or kind in template.kinds


def fitting(operator: Operator, kind: str) -> Iterator[tuple[str, Template]]:
    """Key and template of those for a kind of request."""
    return ((key, template) for key, template in operator.templates.items() if fits(template, kind))


def body(visit: Visit, case: Case, key: str, locale: str) -> str:
    """What the person of a case reads of a template; raises KeyError when the operator file has it no more."""
    operator = visit.operator
    with speaking(locale):
        values = {
            "number": case.number,
            "received": day(visit.day_of(case.received_at)),
            "due": day(case.due) if case.due is not None else "—",
            "operator": operator.name.to(locale),
            "mailbox": operator.mailbox,
            "site": operator.site,
        }
    return _BRACED.sub(lambda found: values[found[1]], operator.templates[key].text.to(locale))


def nearest(operator: Operator, kind: str, words: str, locale: str) -> str | None:
    """The key of the template whose body in `locale` shares the most words with what was written; nothing when none is near."""
    written = _stems(words)
    near = [
        (len(written & said) / len(written | said), key)
        for key, template in fitting(operator, kind)
        if (said := _stems(template.text.to(locale))) and written
    ]
    share, key = max(near, default=(0.0, ""))
    return key if share >= _ALIKE else None


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in _WORD.findall(_BRACED.sub(" ", text).casefold()))
