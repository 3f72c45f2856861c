"""Pages: plain words and buttons in simple HTML, light and dark, at any width; no script, nothing loaded, all escaped."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass, field

from kelisim.desk.operator import Operator
from kelisim.texts import LOCALES, NAMES, _, speaking

_CSS = """
:root { color-scheme: light dark; --ink: #16202b; --soft: #4a5866; --ground: #f4f6f8; --card: #fff; --line: #c6ced6;
  --act: #0b5c4d; --on-act: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e9eef3; --soft: #b3bfca; --ground: #11171d; --card: #1a222b;
  --line: #3a4652; --act: #8fdcc8; --on-act: #06231c } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif }
main, header, footer { max-width: 38rem; margin: 0 auto; padding: 0 1rem }
header { padding-top: 1rem; display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between;
  align-items: baseline; color: var(--soft) }
nav { display: flex; gap: 1rem }
main section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; margin: 1rem 0 }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .75rem }
p { margin: 0 0 .75rem; overflow-wrap: anywhere }
form { display: grid; gap: .75rem; margin: 1rem 0 .25rem }
button { font: inherit; font-weight: 600; min-height: 3rem; padding: .5rem 1rem; border: 0; border-radius: .5rem;
  background: var(--act); color: var(--on-act); cursor: pointer }
a { color: inherit; text-underline-offset: .2em; padding: .2rem 0 }
a:focus-visible, button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
footer { color: var(--soft); font-size: .9375rem; padding-bottom: 2rem }
"""
_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
# Nothing is loaded, run, framed or sent elsewhere (T-WEB-11).
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


@dataclass(frozen=True, slots=True)
class Form:
    """Buttons that act: where they post to, what goes along, and per button its name, value and label."""

    action: str
    buttons: Sequence[tuple[str, str, str]]
    hidden: dict[str, str] = field(default_factory=dict)


def page(
    operator: Operator,
    locale: str,
    title: str,
    words: Sequence[str],
    form: Form | None = None,
    *,
    turn: bool = True,
    below: Sequence[str] = (),
) -> str:
    """One page in one language; `turn` offers the other two at the same address, `below` comes after the buttons."""
    section = [f"<h1>{html.escape(title)}</h1>", *(f"<p>{html.escape(said)}</p>" for said in words)]
    if form is not None:
        section.append(_form(form))
    section += [f"<p>{html.escape(said)}</p>" for said in below]
    return _whole(operator, locale, title, [f"<section>{''.join(section)}</section>"], turn)


def three(operator: Operator, said: Sequence[tuple[str, str, str]]) -> str:
    """One page in three languages at once, for what is the same whoever asks: (language, title, words)."""
    sections = [
        f'<section lang="{locale}"><h1>{html.escape(title)}</h1><p>{html.escape(words)}</p></section>'
        for locale, title, words in said
    ]
    return _whole(
        operator, said[0][0], " · ".join(title for _locale, title, _words in said), sections, turn=False
    )


def _form(form: Form) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in form.hidden.items()
    )
    buttons = "".join(
        f'<button name="{html.escape(name)}" value="{html.escape(value)}">{html.escape(label)}</button>'
        for name, value, label in form.buttons
    )
    return f'<form method="post" action="{html.escape(form.action)}">{hidden}{buttons}</form>'


def _whole(operator: Operator, locale: str, title: str, sections: Sequence[str], turn: bool) -> str:
    with speaking(locale):
        tongues = "".join(
            f'<a href="?in={other}" lang="{other}" hreflang="{other}">{NAMES[other]}</a>'
            for other in LOCALES
            if other != locale
        )
        nav = f'<nav aria-label="{html.escape(_("🌐 Language"))}">{tongues}</nav>' if turn else ""
        name, mailbox = html.escape(operator.name.to(locale)), html.escape(operator.mailbox)
        return (
            f'<!doctype html><html lang="{locale}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<meta name="robots" content="noindex"><title>{html.escape(title)}</title><style>{_CSS}</style></head>'
            f"<body><header><span>{name}</span>{nav}</header><main>{''.join(sections)}</main>"
            f'<footer><p><a href="mailto:{mailbox}">{mailbox}</a></p></footer></body></html>'
        )
