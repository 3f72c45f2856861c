"""A broadcast's words as they come to the shell: a TOML file, options over it, the files it names; every fault at once."""

from __future__ import annotations

import mimetypes
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from kelisim.commands.errands import end
from kelisim.desk import attachments, broadcasts, drafts, webpages
from kelisim.desk.broadcasts import Broadcast, Content, Stale
from kelisim.desk.enclosures import TYPES
from kelisim.desk.visit import Visit
from kelisim.texts import LOCALES

PER_LANGUAGE = {
    "text": "texts",
    "subject": "subjects",
    "html": "letters",
    "button": "labels",
    "fallback": "fallback",
}
PLAIN = ("purpose", "channels", "url", "file")

_HOW = "once per language; LANGUAGE=@FILE reads a file"
Toml = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="The words as TOML; see `kelisim broadcast new --help`."),
]
Texts = Annotated[
    list[str], typer.Option("--text", metavar="LANGUAGE=WORDS", help=f"Telegram's HTML, {_HOW}.")
]
Subjects = Annotated[
    list[str], typer.Option("--subject", metavar="LANGUAGE=WORDS", help=f"Of the letter, {_HOW}.")
]
Letters = Annotated[
    list[str], typer.Option("--html", metavar="LANGUAGE=@FILE", help=f"The letter's own HTML, {_HOW}; else the text serves.")
]  # fmt: skip
Labels = Annotated[
    list[str], typer.Option("--button", metavar="LANGUAGE=WORDS", help=f"On the link button, {_HOW}.")
]
Url = Annotated[
    str, typer.Option("--url", help="Where the button leads: your site, or one of the operator file's hosts.")
]
Fallbacks = Annotated[
    list[str], typer.Option("--fallback", metavar="LANGUAGE=LANGUAGE", help="Whose own language lacks reads the other: kk=ru.")
]  # fmt: skip
Enclosed = Annotated[Path | None, typer.Option("--file", help="The one photo or document.")]


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What was written: the purpose and channels of a new broadcast, its words, and the file with its bytes."""

    purpose: str = ""
    channels: tuple[str, ...] = ()
    content: Content = field(default_factory=Content)
    file: tuple[str, str, bytes] | None = None


def read(
    path: Path | None,
    texts: Sequence[str],
    subjects: Sequence[str],
    letters: Sequence[str],
    labels: Sequence[str],
    fallback: Sequence[str],
    url: str,
    enclosed: Path | None,
    *,
    before: Content | None = None,
) -> Manuscript:
    """The TOML file with the options over it, over the words `before`; ends the command with every fault."""
    faults: list[str] = []
    found = Manuscript(content=before or Content())
    if path is not None:
        found = _from_toml(path, found, faults)
    given = {"text": texts, "subject": subjects, "html": letters, "button": labels, "fallback": fallback}
    content = found.content
    for name, pairs in given.items():
        content = _over(content, name, _paired(name, pairs, faults), faults)
    if url:
        content = replace(content, url=url)
    found = replace(found, content=content)
    if enclosed is not None:
        found = replace(found, file=_opened(enclosed, faults))
    if faults:
        end(*faults)
    return found


def write(visit: Visit, draft: Broadcast, made: Manuscript) -> Broadcast:
    """Put words and file into a draft; raises Stale."""
    if draft.state != broadcasts.DRAFT:
        raise Stale(draft)
    draft = drafts.edit(visit, draft, made.content)
    return drafts.enclose(visit, draft, *made.file) if made.file is not None else draft


def _from_toml(path: Path, found: Manuscript, faults: list[str]) -> Manuscript:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        faults.append(
            f"{path.name} cannot be read: {fault if isinstance(fault, ValueError) else type(fault).__name__}"
        )
        return found
    faults += [f"{path.name}: nobody knows {name!r}" for name in told if name not in (*PER_LANGUAGE, *PLAIN)]
    content = found.content
    for name in PER_LANGUAGE:
        given = told.get(name, {})
        if not isinstance(given, Mapping) or not all(isinstance(words, str) for words in given.values()):
            faults.append(f"{path.name}: {name} is a table with words per language ({', '.join(LOCALES)})")
            continue
        if name == "html":
            given = {locale: _html(path, words, faults) for locale, words in given.items()}
        content = _over(content, name, given, faults)
    purpose, url, file = (_word(path, told, name, faults) for name in ("purpose", "url", "file"))
    channels = told.get("channels", [])
    if not isinstance(channels, list) or not all(isinstance(channel, str) for channel in channels):
        faults.append(f'{path.name}: channels is a list such as ["telegram", "email"]')
        channels = []
    if url:
        content = replace(content, url=url)
    return Manuscript(
        purpose, tuple(channels), content, _opened(path.parent / file, faults) if file else None
    )


def _word(path: Path, told: Mapping[str, Any], name: str, faults: list[str]) -> str:
    given = told.get(name, "")
    if isinstance(given, str):
        return given
    faults.append(f"{path.name}: {name} is one line of words")
    return ""


def _html(path: Path, words: str, faults: list[str]) -> str:
    """A letter's HTML: itself, or the name of a file beside the TOML."""
    if words.lstrip().startswith("<") or not words:
        return webpages.unframed(words)
    return _page(path.parent / words, faults)


def _page(path: Path, faults: list[str]) -> str:
    try:
        return webpages.decoded(path.read_bytes())
    except OSError as fault:
        faults.append(f"{path.name} cannot be read: {type(fault).__name__}")
    except ValueError as fault:
        large = str(fault) == attachments.TOO_LARGE
        faults.append(f"{path.name} is {'too large for a letter' if large else 'no HTML'}")
    return ""


def _paired(name: str, pairs: Sequence[str], faults: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        locale, sign, words = pair.partition("=")
        if not sign:
            faults.append(f"--{name} {pair!r} names no language: write it like kk=…")
            continue
        if words.startswith("@"):
            words = (_page if name == "html" else _words)(Path(words[1:]), faults)
        found[locale.strip()] = words
    return found


def _words(path: Path, faults: list[str]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        faults.append(f"{path.name} cannot be read: {type(fault).__name__}")
        return ""


def _over(content: Content, name: str, given: Mapping[str, str], faults: list[str]) -> Content:
    """Words per language over those that stand there; empty words take theirs away."""
    strange = [locale for locale in given if locale not in LOCALES]
    faults += [f"{name}: {locale!r} is none of the languages {', '.join(LOCALES)}" for locale in strange]
    if name == "fallback":
        faults += [f"fallback: {words!r} is none of the languages {', '.join(LOCALES)}" for words in given.values()
                   if words and words not in LOCALES]  # fmt: skip
    noun = PER_LANGUAGE[name]
    known = {
        **getattr(content, noun),
        **{locale: words.strip() for locale, words in given.items() if locale in LOCALES},
    }
    kept = {locale: known[locale] for locale in LOCALES if known.get(locale)}
    changed: dict[str, Any] = {noun: kept}
    return replace(content, **changed)


def _opened(path: Path, faults: list[str]) -> tuple[str, str, bytes] | None:
    try:
        content = path.read_bytes()
    except OSError as fault:
        faults.append(f"{path.name} cannot be read: {type(fault).__name__}")
        return None
    if not content:
        faults.append(f"{path.name} is empty")
        return None
    return path.name, _type(path.name, content), content


def _type(name: str, content: bytes) -> str:
    """What it is by its first bytes; only what these do not tell may its name say, and never that it is a picture."""
    known = attachments.kind(content)
    if known is not None:
        return TYPES[known]
    guessed, _encoding = mimetypes.guess_type(name)
    return guessed if guessed and not guessed.startswith("image/") else "application/octet-stream"
