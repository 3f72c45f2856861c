"""How staff work by letter, told in their language: what a reply does, the commands, the grounds and templates that fit."""

from __future__ import annotations

from kelisim.desk import cases, orders, templates
from kelisim.desk.cases import Case
from kelisim.desk.operator import Staff
from kelisim.desk.orders import ACCEPT, ANSWER, ASK, ASSIGN, CANCEL, CLOSE, HELP, NOTE, OK, REFUSE, word
from kelisim.desk.visit import Visit
from kelisim.texts import _, spoken

_DONE_BY_ACCEPTING = (cases.CORRECTION, cases.BLOCKING, cases.ERASURE, cases.REVOCATION, cases.REPRESENTATION)


def brief(visit: Visit, case: Case, person: Staff) -> list[str]:
    """What a letter about a case says of answering it: by reply, and where the shell is."""
    ways = [_("To answer, reply to this letter and write above the line. Before anything leaves you get back exactly what the "
              "person will read."),
            "\n".join([_("Or begin with a command, alone in the first line:"), *_commands(case)])]  # fmt: skip
    return [*ways, *_particular(case, person)]


def whole(visit: Visit, case: Case) -> list[str]:
    """The answer to «help»: every command, then the grounds and templates that fit this kind of request."""
    return [
        _("Reply and write above the line what the person is to read: no command means an answer. You get back exactly what "
          "they will read; with the one word “{ok}” it leaves, with “{cancel}” it does not.", ok=word(OK),
          cancel=word(CANCEL)),
        "\n".join([_("Commands stand alone in the first line, your words below them:"), *_commands(case)]),
        *grounds(visit, case),
        *templates_of(visit, case),
    ]  # fmt: skip


def grounds(visit: Visit, case: Case) -> list[str]:
    """The grounds on which a request of this kind may be refused, ready to be copied."""
    fit = [
        _line(f"{word(REFUSE)} {code}", f"{ground.text.to(spoken())} ({ground.article.to(spoken())})")
        for code, ground in visit.operator.grounds.items()
        if not ground.kinds or case.kind in ground.kinds
    ]
    last = _("A last day may follow it: “{example}”.", example=f"{word(REFUSE)} … 31.12.2027")
    return ["\n".join([_("Grounds for a refusal that fit this request:"), *fit, last])]


def templates_of(visit: Visit, case: Case) -> list[str]:
    """The templates for a request of this kind, ready to be copied."""
    fit = [
        _line(f"{word(ANSWER)} {key}", template.name.to(spoken()))
        for key, template in templates.fitting(visit.operator, case.kind)
    ]
    head = _("Templates that fit this request; the person reads them in their own language:")
    return ["\n".join([head, *fit])] if fit else []


def colleagues(visit: Visit) -> list[str]:
    """To whom a request may be passed, ready to be copied."""
    return [
        "\n".join(_line(f"{word(ASSIGN)} {person.address}", person.name) for person in visit.operator.staff)
    ]


def _line(written: str, means: str) -> str:
    return _("“{written}”: {means}", written=written, means=means)


def acceptable(case: Case) -> bool:
    """Whether there is anything to accept in a request of this kind."""
    return case.kind in _DONE_BY_ACCEPTING


def _commands(case: Case) -> list[str]:
    accept = (
        _("“{word}”: do what is asked; words below it are optional.", word=word(ACCEPT))
        if acceptable(case)
        else ""
    )
    if case.kind == cases.REPRESENTATION:
        accept = _("“{word}” and a consent or request number of the person concerned: accept the authority; without the number "
                   "when we hold nothing about them.", word=word(ACCEPT))  # fmt: skip
    told = [
        _(
            "“{word}” and the name of a template: answer with it, in the person's language.",
            word=word(ANSWER),
        ),
        _("“{word}”: ask the person what stands below; the date stays.", word=word(ASK)),
        accept,
        _(
            "“{word}” and a ground: refuse, with your words below. Without a ground you get the list.",
            word=word(REFUSE),
        ),
        _("“{word}” and a name or address: pass it to a colleague.", word=word(ASSIGN)),
        _("“{word}”: keep what stands below among staff.", word=word(NOTE)),
        _("“{word}”: close what was answered.", word=word(CLOSE)),
        _("“{word}”: all of this, with the grounds and templates that fit.", word=word(HELP)),
    ]
    return [line for line in told if line]


def _particular(case: Case, person: Staff) -> list[str]:
    """What is special about this kind, and the one line about the shell."""
    told = {"number": case.number, "address": person.address}
    if case.kind == cases.REPRESENTATION:
        return [
            _("The person concerned is told first; nothing is disclosed before the last day of the term for access."),
            _("At a shell: `kelisim case accept {number} --subject … --as {address}`; all else: `kelisim case --help`.", **told),
        ]  # fmt: skip
    if case.kind == cases.AUTHORITY:
        return [_("To build the dossier: `kelisim case dossier {number} --as {address}`.", **told)]
    if acceptable(case):
        return [
            _(
                "At a shell: `kelisim case accept {number} --as {address}`; all else: `kelisim case --help`.",
                **told,
            )
        ]
    return [
        _(
            "At a shell: `kelisim case answer {number} --as {address}`; all else: `kelisim case --help`.",
            **told,
        )
    ]


assert set(orders.WORDS) == {ANSWER, ASK, ACCEPT, REFUSE, ASSIGN, NOTE, CLOSE, HELP}  # each is told of above
