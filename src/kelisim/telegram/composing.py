"""The draft of a broadcast in the chat: what is there, what lacks, its words in three languages, and who reads what instead."""

from __future__ import annotations

from dataclasses import replace

from kelisim.desk import (
    audiences,
    bodies,
    bulletins,
    drafts,
    identity,
    markup,
)
from kelisim.desk.broadcasts import DRAFT, Broadcast, Content
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import EMAIL, Visit
from kelisim.telegram.broadcasting import (
    BODY,
    LIST,
    act,
    asked,
    changed,
    every,
    headed,
    named,
    one,
    reader,
    view,
)
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, refers, split
from kelisim.texts import LOCALES, NAMES, _, plural

TEXT, SUBJECT, LETTERS, FILE, LINK, FALLBACK = (
    "bc.text",
    "bc.subj",
    "bc.html",
    "bc.file",
    "bc.link",
    "bc.fall",
)
NONE = "none"
SNIPPET = 90
COUNTED_AT_ONCE = 5_000  # people; more are counted beside the visit

refers(*LOCALES, NONE, *(f"{lacks}{read}" for lacks in LOCALES for read in LOCALES if read != lacks))


@view(BODY, "bcbody", asks=True)
def body(visit: Visit, ref: str) -> Screen:
    """What is there and what lacks; words typed here are the first language's that lacks."""
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    if broadcast.state != DRAFT:
        return one(visit, broadcast.number)
    lines = _said_first(split(ref)[1])
    lines += [bulletins.title(visit, broadcast), ""]
    lines += [_language(broadcast, locale) for locale in LOCALES]
    lines += _beside_words(visit, broadcast)
    faults = bodies.faults(visit, broadcast)
    if faults and broadcast.content.texts:
        lines += ["", _("Before it can go on:")]
        lines += [f"• {bulletins.fault(code, details)}" for code, details in faults]
    lacks = lacking(broadcast.content)
    if lacks:
        lines += ["", _asks(lacks[0])]
    elif not faults:
        lines += ["", _("All three languages are there. Look at the preview next.")]
    return Screen("\n".join(lines), title=headed(broadcast), buttons=_buttons(broadcast), up=Go(LIST))


def lacking(content: Content) -> list[str]:
    """The languages without words of their own and without a chosen fallback."""
    return [locale for locale in LOCALES if not content.locale(locale)]


def _said_first(beside: str) -> list[str]:
    told = {
        "moved": changed(),
        "full": _("All three languages have their text: press the button of the one that should change."),
        "lacks": _("It cannot go on yet: see below."),
        **{
            locale: _("Kept: {language}.", language=NAMES[locale]) for locale in LOCALES
        },
    }.get(beside)  # fmt: skip
    return [told, ""] if told else []


def _language(broadcast: Broadcast, locale: str) -> str:
    content = broadcast.content
    if locale in content.texts:
        words = content.texts[locale]
        told = plural("{language}: {n} character, «{words}»", "{language}: {n} characters, «{words}»",
                      markup.length(words), language=NAMES[locale],
                      words=identity.shown(" ".join(markup.plain(words).split()), SNIPPET))  # fmt: skip
        if EMAIL in broadcast.channels and content.subjects.get(locale):
            told += "\n  " + _("Subject: {subject}", subject=content.subjects[locale])
        if EMAIL in broadcast.channels and content.letters.get(locale):
            told += "\n  " + _("Letter in HTML")
        return told
    if read := content.locale(locale):
        return _(
            "{language}: its people read this text instead: {other}",
            language=NAMES[locale],
            other=NAMES[read],
        )
    return _("{language}: nothing yet", language=NAMES[locale])


def _beside_words(visit: Visit, broadcast: Broadcast) -> list[str]:
    """The file, the button, and every place a link leads to (T-CAST-05)."""
    content, lines = broadcast.content, []
    if content.file is not None:
        lines.append(_("File: {name}", name=identity.shown(content.file[0], 60)))
    if content.url:
        labels = " / ".join(content.labels[locale] for locale in LOCALES if content.labels.get(locale))
        lines.append(_("Button: {labels}, to {url}", labels=labels, url=identity.shown(content.url, 120)))
    if hosts := sorted(bodies.hosts(content)):
        lines.append(_("Links lead to: {hosts}", hosts=", ".join(hosts)))
    return ["", *lines] if lines else []


def _asks(locale: str) -> str:
    return {
        "kk": _("Please write the text in Kazakh now; bold, italics and links stay as you set them."),
        "ru": _("Please write the text in Russian now; bold, italics and links stay as you set them."),
        "en": _("Please write the text in English now; bold, italics and links stay as you set them."),
    }[locale]


def _label(locale: str) -> str:
    return {"kk": _("Kazakh text"), "ru": _("Russian text"), "en": _("English text")}[locale]


def _buttons(broadcast: Broadcast) -> list[Button]:
    number = broadcast.number
    buttons = [Button(_label(locale), TEXT, f"{number}.{locale}", wide=True) for locale in LOCALES]
    if EMAIL in broadcast.channels:
        buttons.append(Button(_("Subjects of the letters"), SUBJECT, number, wide=True))
        buttons.append(Button(_("Letters in HTML"), LETTERS, number, wide=True))
    buttons += [
        Button(_("Photo or file"), FILE, number, wide=True),
        Button(_("Link button"), LINK, number, wide=True),
    ]
    if any(locale not in broadcast.content.texts for locale in LOCALES) and broadcast.content.texts:
        buttons.append(Button(_("Fallback language"), FALLBACK, number, wide=True))
    buttons.append(Button(_("Preview"), "bc.show", number, wide=True))
    buttons.append(Button(_("Delete the draft"), "bc.drop", number, wide=True))
    return buttons


@reader(BODY, TEXT, formatted=True)
def read_words(visit: Visit, typed: str, waiting: Waiting) -> Go:
    broadcast, page = named(visit, asked(waiting))
    if broadcast is None:
        return Go(LIST)
    lacks = [locale for locale in LOCALES if locale not in broadcast.content.texts]
    locale = page or (lacks[0] if lacks else "")
    if not locale:
        return Go(BODY, f"{broadcast.number}?full")
    content = broadcast.content
    fallback = {lacking: read for lacking, read in content.fallback.items() if lacking != locale}
    changed = replace(content, texts={**content.texts, locale: typed.strip()}, fallback=fallback)
    drafts.edit(visit, broadcast, changed)
    return Go(BODY, f"{broadcast.number}?{locale}")


@view(TEXT, "bctext", asks=True)
def text(visit: Visit, ref: str) -> Screen:
    broadcast, locale = named(visit, ref)
    if broadcast is None or locale not in LOCALES:
        return every(visit, "")
    lines = [_asks(locale), _("The line about how to stop these messages is added by itself.")]
    return prompt(broadcast, _label(locale), lines)


def prompt(broadcast: Broadcast, title: str, lines: list[str], buttons: list[Button] | None = None) -> Screen:
    """A screen that waits for something of the draft, and leads back to it."""
    up = Go(BODY, broadcast.number)
    return Screen("\n".join(lines), title=title, buttons=buttons or [], up=up, cancel=True)


@view(FALLBACK, "bcfall")
def fallback(visit: Visit, ref: str) -> Screen:
    """Which text people read whose language lacks one: chosen here, never by itself, with how many it concerns."""
    broadcast, _page = named(visit, ref)
    if broadcast is None or broadcast.state != DRAFT:
        return one(visit, ref)
    content = broadcast.content
    people = _by_language(visit, broadcast)
    lines = [
        _(
            "Which text should people read when their language has none? Without a choice the broadcast does not go on."
        )
    ]
    buttons = []
    for lacks in (locale for locale in LOCALES if locale not in content.texts):
        if people is not None:
            lines.append(plural("{language}: {n} message concerned", "{language}: {n} messages concerned",
                                people.get(lacks, 0), language=NAMES[lacks]))  # fmt: skip
        for read in (locale for locale in LOCALES if locale in content.texts):
            mark = "✓ " if content.fallback.get(lacks) == read else ""
            ref_ = f"{broadcast.number}.{lacks}{read}"
            buttons.append(Button(f"{mark}{NAMES[lacks]} → {NAMES[read]}", "bc.fallto", ref_, wide=True))
    if people is None:
        lines.append(_("“Recipients” shows how many people it concerns."))
    return Screen(
        "\n".join(lines), title=_("Fallback language"), buttons=buttons, up=Go(BODY, broadcast.number)
    )


def _by_language(visit: Visit, broadcast: Broadcast) -> dict[str, int] | None:
    """How many messages each language would get now; nothing where counting takes too long for a screen."""
    if audiences.large(visit, broadcast, COUNTED_AT_ONCE):
        return None
    found: dict[str, int] = {}
    for (_channel, locale), n in audiences.count(visit, broadcast).to.items():
        found[locale] = found.get(locale, 0) + n
    return found


@act("bc.fallto", "bcfato")
def fall_to(visit: Visit, press: Press) -> Go:
    broadcast, page = named(visit, press.ref)
    lacks, read = page[:2], page[2:]
    if broadcast is None or lacks not in LOCALES or read not in LOCALES:
        return Go("stale")
    fallback = {**broadcast.content.fallback, lacks: read}
    drafts.edit(visit, broadcast, replace(broadcast.content, fallback=fallback))
    return Go(FALLBACK, broadcast.number)
