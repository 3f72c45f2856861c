"""The policy and the consents: read from locales, filled from the operator file, never edited once shown."""

from __future__ import annotations

import re
import tomllib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from kelisim.desk.faults import plain
from kelisim.desk.operator import Operator
from kelisim.desk.phrases import Phrases, of_operator, of_pair, of_policy, of_version
from kelisim.texts import LOCALES

SUMMARY_LIMIT = 3_000  # characters: the summary and its buttons stay in one Telegram message
PAGE_LIMIT = 3_300
PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
# What a summary must quote: the items of art. 8 p. 4, and the "other information" promised with them.
CONSENT_ITEMS = frozenset({
    "operator", "bin", "whose", "term", "counted", "third_parties", "cross_border", "publication", "data",
    "why", "basis", "processing", "mailbox", "revoke_subject", "responsible",
    "responsible_address", "version",
})  # fmt: skip
POLICY_ITEMS = frozenset({
    "operator", "bin", "address", "site", "law", "mailbox", "responsible", "responsible_address", "purposes",
    "data", "processing", "recipients", "cross_border", "storage_place", "authority", "akimat",
    "opt_out_subject", "update_subject", "revoke_subject", "version", "since",
})  # fmt: skip


class Unreadable(LookupError):
    """There is no such document, or it has a problem and may not be shown."""


@dataclass(frozen=True)
class Section:
    """A page: of a long section there are several with one title, all but the first `continued`."""

    title: str
    text: str
    continued: bool = False


@dataclass(frozen=True)
class Document:
    """A document as a person reads it: rendered, plain text, in one language."""

    name: str
    version: str
    locale: str
    title: str
    summary: str
    text: str
    digest: str
    token: str
    sections: tuple[Section, ...]
    since: date
    material: bool
    changes: str | None


class Shelf:
    """Every document of the operator in every language, rendered once.

    `folders`: where texts are looked for, later ones override: `<folder>/<locale>/documents/<name>-<n>.md` or
    `<folder>/<locale>/<name>-<n>.md`. A document with a problem is never handed out; `problems()` names them.
    """

    def __init__(self, operator: Operator, folders: Iterable[Path], *, trial: bool = False) -> None:
        self._operator = operator
        self._trial = trial
        self._problems: list[str] = []
        self._texts: dict[tuple[str, int, str], str] = {}
        self._phrases: dict[str, Phrases] = {}
        self._documents: dict[tuple[str, str], Document] = {}
        for folder in folders:
            self._take(folder)
        self._read_phrases()
        for name in self.names():
            self._render(name)

    def names(self) -> tuple[str, ...]:
        """The policy, then the pairs that are on, in the order of the operator file."""
        return ("policy", *self._operator.pairs)

    def current(self, name: str, locale: str) -> Document:
        """The document in force; raises Unreadable."""
        try:
            return self._documents[name, locale]
        except KeyError:
            raise Unreadable(f"no readable document {name!r} in {locale!r}") from None

    def text(self, name: str, n: int, locale: str) -> str:
        """The source of text n (with its placeholders), also of older ones; `name` may be a pair's code."""
        try:
            return self._texts[self._text_name(name), n, locale]
        except KeyError:
            raise Unreadable(f"no text {n} of {name!r} in {locale!r}") from None

    def phrases(self, locale: str) -> Phrases:
        """The small words of one language: kinds of data, verbs, terms; raises Unreadable."""
        try:
            return self._phrases[locale]
        except KeyError:
            raise Unreadable(f"no words in {locale!r}") from None

    def problems(self) -> list[str]:
        """What keeps documents from being shown, in plain words; empty when all is well."""
        return list(self._problems)

    def _take(self, folder: Path) -> None:
        for locale in LOCALES:
            for place in (folder / locale, folder / locale / "documents"):
                for path in sorted(place.glob("*-*.md")):
                    name, _, number = path.stem.rpartition("-")
                    if number.isdecimal():
                        self._texts[name, int(number), locale] = path.read_text(encoding="utf-8")
                if (words := place / "words.toml").is_file():
                    self._read_words(words, locale)

    def _read_words(self, path: Path, locale: str) -> None:
        try:
            self._phrases[locale] = Phrases.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except tomllib.TOMLDecodeError as error:
            self._problems.append(f"{locale}/words.toml cannot be read: {error}")
        except ValidationError as error:
            self._problems += [f"{locale}/words.toml: {fault}" for fault in plain(error)]

    def _read_phrases(self) -> None:
        for locale in LOCALES:
            if locale not in self._phrases:
                self._problems.append(
                    f"{locale}: words.toml is missing or faulty, so nothing can be rendered"
                )

    def _text_name(self, name: str) -> str:
        pair = self._operator.every_pair.get(name)
        return name if pair is None else pair.purpose.code

    def _render(self, name: str) -> None:
        text_name = self._text_name(name)
        numbers = {
            locale: {n for known, n, spoken in self._texts if (known, spoken) == (text_name, locale)}
            for locale in LOCALES
        }
        newest = max((n for each in numbers.values() for n in each), default=1)
        missing = [locale for locale in LOCALES if newest not in numbers[locale]]
        for locale in missing:
            self._note(f"{locale}: {text_name}-{newest}.md is missing")
        if missing:
            return
        rendered = {locale: self._document(name, text_name, newest, locale) for locale in LOCALES}
        quoted = {
            locale: set(PLACEHOLDER.findall(self._texts[text_name, newest, locale])) for locale in LOCALES
        }
        for locale in LOCALES[1:]:
            if different := sorted(quoted[locale] ^ quoted[LOCALES[0]]):
                rendered[locale] = None
                named = ", ".join(f"{{{each}}}" for each in different)
                self._note(f"{text_name}-{newest}.md: {LOCALES[0]} and {locale} do not both say {named}")
        # One language alone would be an invitation to show another: all three or none.
        if all(rendered.values()):
            self._documents |= {(name, locale): document for locale, document in rendered.items() if document}

    def _document(self, name: str, text_name: str, n: int, locale: str) -> Document | None:
        said = self._phrases.get(locale)
        if said is None:
            return None
        place = f"{locale}: {text_name}-{n}.md"
        version = f"{n}.{self._operator.documents[text_name].edition}"
        source = self._texts[text_name, n, locale]
        values = of_operator(self._operator, locale, said) | of_version(
            version, self._operator, text_name, locale
        )
        if name == "policy":
            values |= of_policy(self._operator, locale, said)
        else:
            values |= of_pair(self._operator, self._operator.pairs[name], locale, said)
        title, shown, further = parts(source)
        faults = list(_faults(name, source, shown, values))
        for fault in faults:
            self._note(f"{place}: {fault}")
        title, shown, further = (_rendered(part, values) for part in (title, shown, further))
        if name == "policy" and self._trial:
            lines = [self._phrases[each].trial for each in LOCALES if each in self._phrases]
            shown = "\n".join(lines) + "\n\n" + shown
        if name != "policy" and len(shown) > SUMMARY_LIMIT:
            faults.append("too long")
            self._note(f"{place}: as {name} its summary has {len(shown)} characters, {SUMMARY_LIMIT} at most")
        return None if faults else self._bound(name, text_name, version, locale, title, shown, further)

    def _bound(
        self, name: str, text_name: str, version: str, locale: str, title: str, shown: str, further: str
    ) -> Document:
        text = _plain("\n\n".join(part for part in (title, shown, further) if part))
        digest = sha256(text.encode())
        entry = self._operator.documents[text_name]
        first = () if name == "policy" else tuple(pages(title, _plain(shown)))
        return Document(
            name=name,
            version=version,
            locale=locale,
            title=title,
            summary=_plain(shown),
            text=text,
            digest=digest.hexdigest(),
            token=urlsafe_b64encode(digest.digest()[:12]).decode(),
            sections=first + tuple(_sections(further)),
            since=entry.since,
            material=entry.material,
            changes=None if entry.changes is None else entry.changes.to(locale),
        )

    def _note(self, problem: str) -> None:
        if problem not in self._problems:  # pairs share a text
            self._problems.append(problem)


def parts(source: str) -> tuple[str, str, str]:
    """Title, what stands on the screen, and the further part (after `---`) of a document's source."""
    title, _, body = source.strip().partition("\n")
    shown, _, further = body.partition("\n---\n")
    return title.removeprefix("# ").strip(), shown.strip(), further.strip()


def pages(title: str, text: str, limit: int = PAGE_LIMIT) -> Iterable[Section]:
    """The text cut into pages between paragraphs, or lines, or words where one is too long."""
    page, continued = "", False
    for piece, glue in _pieces(text, limit):
        if page and len(page) + len(glue) + len(piece) > limit:
            yield Section(title, page, continued)
            page, continued = piece, True
        else:
            page = page + glue + piece if page else piece
    if page:
        yield Section(title, page, continued)


def _pieces(text: str, limit: int) -> Iterable[tuple[str, str]]:
    for paragraph in text.split("\n\n"):
        if len(paragraph) <= limit:
            yield paragraph, "\n\n"
            continue
        glue = "\n\n"
        for line in paragraph.split("\n"):
            for piece in [line] if len(line) <= limit else line.split(" "):
                yield piece, glue
                glue = " " if piece is not line else "\n"
            glue = "\n"


def _sections(further: str) -> Iterable[Section]:
    for block in re.split(r"^## ", further, flags=re.MULTILINE)[1:]:
        title, _, text = block.partition("\n")
        yield from pages(title.strip(), _plain(text.strip()))


def _faults(name: str, source: str, shown: str, values: dict[str, str]) -> Iterable[str]:
    if not source.strip().startswith("# "):
        yield "the first line must be the title, beginning with '# '"
    if "\n---\n" not in source:
        yield "there is no line --- between what is shown first and the further part"
    used = set(PLACEHOLDER.findall(source))
    yield from (f"as {name} it has no value for {{{each}}}" for each in sorted(used - values.keys()))
    needed, there = (
        (POLICY_ITEMS, used) if name == "policy" else (CONSENT_ITEMS, set(PLACEHOLDER.findall(shown)))
    )
    where = "it" if name == "policy" else "its first part"
    yield from (f"{where} does not say {{{each}}}" for each in sorted(needed - there))


def _rendered(part: str, values: dict[str, str]) -> str:
    # One pass: braces inside a value of the operator file stay as they are.
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), part)


def _plain(text: str) -> str:
    """Without what only the source needs: heading marks; list marks become dashes."""
    lines = (re.sub(r"^- ", "– ", re.sub(r"^#+ ", "", line.rstrip())) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
