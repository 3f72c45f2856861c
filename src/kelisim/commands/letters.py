"""`kelisim letters`: every letter the desk writes, as files to be looked at before anybody gets one."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from html import escape
from pathlib import Path
from typing import Annotated, Literal

import typer

from kelisim.commands.errands import end
from kelisim.commands.examples import Example, letters_of
from kelisim.desk import operator as operators
from kelisim.desk.operator import Operator, OperatorFaults
from kelisim.texts import LOCALES, NAMES

Preview = Annotated[
    Path, typer.Option("--preview", metavar="FOLDER", help="Where to put the letters; it is made if missing.")
]
Language = Annotated[
    Literal["kk", "ru", "en"] | None, typer.Option(help="Only in this language; else in all three.")
]
File = Annotated[
    Path | None,
    typer.Option("--operator", metavar="FILE", help="Your operator file; else the sample's words."),
]


def letters(preview: Preview, language: Language = None, operator: File = None) -> None:
    """Write every kind of letter into a folder: HTML, plain text and the whole message, with an index.html.

    The people are invented and the store lasts as long as the command: no mailbox, network or data of yours is touched.
    """
    try:
        found = operators.load(operator)
    except OperatorFaults as fault:
        end("the operator file:", *(f"  - {line}" for line in fault.faults))
    try:
        preview.mkdir(parents=True, exist_ok=True)
        made = asyncio.run(_write(found, preview, (language,) if language else LOCALES))
    except OSError as fault:
        end(f"{preview} cannot be written: {type(fault).__name__}")
    print(f"{made} letters: {preview / 'index.html'}")


async def _write(operator: Operator, folder: Path, locales: tuple[str, ...]) -> int:
    names: dict[str, dict[str, str]] = {}
    made = 0
    for locale in locales:
        (folder / locale).mkdir(exist_ok=True)
        async with aclosing(letters_of(operator, locale)) as examples:
            async for example in examples:
                names.setdefault(example.name, {})[locale] = str(example.message["Subject"])
                _keep(folder / locale, example)
                made += 1
    (folder / "index.html").write_text(_index(names, locales), encoding="utf-8")
    return made


def _keep(folder: Path, example: Example) -> None:
    folder.joinpath(f"{example.name}.html").write_text(example.html, encoding="utf-8")
    folder.joinpath(f"{example.name}.txt").write_text(example.text, encoding="utf-8")
    folder.joinpath(f"{example.name}.eml").write_bytes(example.message.as_bytes())


def _index(names: dict[str, dict[str, str]], locales: tuple[str, ...]) -> str:
    """A table of all letters: one row each, one column per language."""
    head = "".join(f'<th lang="{locale}">{NAMES[locale]}</th>' for locale in locales)
    rows = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(_cell(name, locale, told.get(locale)) for locale in locales)}</tr>"
        for name, told in names.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Letters</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        "<style>body{font:16px/1.5 system-ui,sans-serif;margin:1rem}td,th{text-align:left;padding:.25rem .75rem;"
        "border-bottom:1px solid #8888;vertical-align:top}</style></head>"
        f"<body><h1>Letters</h1><table><tr><th>Letter</th>{head}</tr>{rows}</table></body></html>"
    )


def _cell(name: str, locale: str, subject: str | None) -> str:
    if subject is None:
        return "<td>—</td>"
    at = f"{locale}/{escape(name)}"
    return (
        f'<td lang="{locale}"><a href="{at}.html">{escape(subject)}</a> · <a href="{at}.txt">txt</a> · '
        f'<a href="{at}.eml">eml</a></td>'
    )
