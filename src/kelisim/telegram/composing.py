"""The draft of a broadcast in the chat: its words in three languages, its file, its button, and how each audience sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from kelisim.desk import (
    attachments,
    audiences,
    bodies,
    bulletins,
    drafts,
    identity,
    markup,
    outbox,
    proofs,
)
from kelisim.desk.broadcasts import DRAFT, Broadcast, Content
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.telegram.broadcasting import (
    BODY,
    LIST,
    ONE,
    act,
    asked,
    author,
    changed,
    every,
    headed,
    named,
    one,
    reader,
    receiver,
    view,
)
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Brought, Button, Go, Screen, refers, split
from kelisim.texts import LOCALES, NAMES, _, plural

TEXT, FILE, LINK, SUBJECT, FALLBACK, PREVIEW = (
    "bc.text",
    "bc.file",
    "bc.link",
    "bc.subj",
    "bc.fall",
    "bc.preview",
)
NONE = "none"
SNIPPET, LONGEST_LINE = 90, 200
ROOM = 20  # messages that are posted together, and keep their order
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
    if (faults := bodies.faults(visit, broadcast)) and broadcast.content.texts:
        lines += ["", _("Before it can go on:")]
        lines += [f"• {bulletins.fault(code, details)}" for code, details in faults]
    lacks = lacking(broadcast.content)
    lines += ["", _asks(lacks[0]) if lacks else _("All three languages are there. Look at the preview next.")]
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
    links = [link for words in content.texts.values() for link in markup.links(words)]
    hosts = sorted({host for link in [*links, content.url] if (host := urlsplit(link).hostname)})
    if hosts:
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
    return _prompt(broadcast, _label(locale), lines)


def _prompt(
    broadcast: Broadcast, title: str, lines: list[str], buttons: list[Button] | None = None
) -> Screen:
    up = Go(BODY, broadcast.number)
    return Screen("\n".join(lines), title=title, buttons=buttons or [], up=up, cancel=True)


@view(SUBJECT, "bcsubj", asks=True)
def subject(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    lines = [_("Please write the subjects of the letters in one message, a line each:"), *NAMES.values()]
    return _prompt(broadcast, _("Subjects of the letters"), lines)


@reader(SUBJECT)
def read_subjects(visit: Visit, typed: str, waiting: Waiting) -> Go:
    broadcast, _page = named(visit, asked(waiting))
    if broadcast is None:
        return Go(LIST)
    subjects = dict(zip(LOCALES, _lines(typed), strict=False))
    subjects = {locale: line for locale, line in subjects.items() if line not in ("", "-", "—")}
    drafts.edit(visit, broadcast, replace(broadcast.content, subjects=subjects))
    return Go(BODY, broadcast.number)


def _lines(typed: str) -> list[str]:
    return [" ".join(line.split())[:LONGEST_LINE] for line in typed.strip().splitlines()]


@view(LINK, "bclink", asks=True)
def link(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    beside = split(ref)[1]
    lines = [_("This is neither a link nor labels."), ""] if beside == "unread" else []
    lines += [
        _("Please write four lines in one message: the address of the page, then what the button says:"),
        "https://" + visit.operator.site,
        *NAMES.values(),
    ]
    buttons = (
        [Button(_("No button"), "bc.bare", f"{broadcast.number}.{NONE}")] if broadcast.content.url else []
    )
    return _prompt(broadcast, _("Link button"), lines, buttons)


@reader(LINK)
def read_link(visit: Visit, typed: str, waiting: Waiting) -> Go:
    broadcast, _page = named(visit, asked(waiting))
    if broadcast is None:
        return Go(LIST)
    url, *labels = _lines(typed) or [""]
    said = {
        locale: label for locale, label in zip(LOCALES, labels, strict=False) if label not in ("", "-", "—")
    }
    if "://" not in url or " " in url or not said:
        return Go(LINK, f"{broadcast.number}?unread")
    drafts.edit(visit, broadcast, replace(broadcast.content, url=url, labels=said))
    return Go(BODY, broadcast.number)


@act("bc.bare", "bcbare")
def bare(visit: Visit, press: Press) -> Go:
    """Take the button, or the file, away again."""
    broadcast, page = named(visit, press.ref)
    if broadcast is None or broadcast.state != DRAFT:
        return Go(ONE, press.ref.partition(".")[0])
    if page == NONE:
        drafts.edit(visit, broadcast, replace(broadcast.content, url="", labels={}))
    else:
        drafts.enclose(visit, broadcast, "", "", b"")
    return Go(BODY, broadcast.number)


@view(FILE, "bcfile", asks=True)
def file(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    why = {
        attachments.TOO_LARGE: _("It is too large: 10 MB at most."), 
        attachments.EMPTY: _("The file could not be fetched; please send it again."),
        attachments.WRONG_TYPE: _("It is not a PDF, JPEG or PNG, whatever its name says."),
        "words": _("This is text, and a file is needed here."),
    }.get(split(ref)[1])  # fmt: skip
    lines = [why, ""] if why else []
    lines.append(
        _(
            "Please send one photo or one PDF now. With a file the text may have 1,024 characters instead of 4,096."
        )
    )
    buttons = [Button(_("No file"), "bc.bare", broadcast.number)] if broadcast.content.file else []
    return _prompt(broadcast, _("Photo or file"), lines, buttons)


@reader(FILE)
def read_no_file(visit: Visit, typed: str, waiting: Waiting) -> Go:
    return Go(FILE, f"{asked(waiting)}?words")


@receiver(FILE)
def receive(visit: Visit, brought: Brought, waiting: Waiting) -> Go:
    broadcast, _page = named(visit, asked(waiting))
    if broadcast is None:
        return Go(LIST)
    kind = attachments.kind(brought.content)
    fault = brought.fault or ("" if kind is not None else attachments.WRONG_TYPE)
    if fault or kind is None:
        return Go(FILE, f"{broadcast.number}?{fault}")
    name = brought.name or (f"{broadcast.number}.{kind.replace('jpeg', 'jpg')}")
    drafts.enclose(visit, broadcast, name[:120], bodies.TYPES[kind], brought.content)
    return Go(BODY, broadcast.number)


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


@act("bc.show", "bcshow")
def show(visit: Visit, press: Press) -> Go:
    """The messages themselves, each as its audience will see it, by the same road they will take; then the way on."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None or broadcast.state != DRAFT:
        return Go(ONE, press.ref)
    if bodies.faults(visit, broadcast):
        return Go(BODY, f"{broadcast.number}?lacks")
    person = author(visit)
    last = previews(visit, broadcast, int(visit.visitor.address), person.address, LOCALES)
    panel(visit, int(visit.visitor.address), visit.locale, PREVIEW, broadcast.number, last)
    return Go("bc.shown", broadcast.number)


def previews(visit: Visit, broadcast: Broadcast, chat: int, address: str, locales: tuple[str, ...]) -> int:
    """Post one message per language and channel to one of the staff; how many."""
    posted = 0
    for channel in broadcast.channels:
        for locale in locales:
            outbox.post(
                visit, proofs.KIND, channel, {"broadcast": broadcast.id, "locale": locale}, number=broadcast.number,
                address=str(chat) if channel == TELEGRAM else address, to_subject=False, locale=locale,
                due=_in_order(visit, posted),
            )  # fmt: skip
            posted += 1
    return posted


def panel(visit: Visit, chat: int, locale: str, screen: str, ref: str, after: int = 0) -> None:
    """Post a screen of ours into a chat of the staff, below what was posted before it."""
    outbox.post(visit, proofs.PANEL, TELEGRAM, {"screen": screen, "ref": ref}, number=ref.partition("?")[0], address=str(chat),
                to_subject=False, locale=locale, due=_in_order(visit, after))  # fmt: skip


def _in_order(visit: Visit, place: int) -> datetime:
    """Due at once, but the first of several messages before the second."""
    return visit.at - timedelta(milliseconds=ROOM - place)


@view("bc.shown", "bcshwn")
def shown(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    if split(ref)[1] == "test":
        told = _("The test is on its way, just as a recipient of your language gets it.")
        return Screen(told, title=headed(broadcast), up=Go(BODY, broadcast.number))
    lines = []
    if TELEGRAM in broadcast.channels:
        lines.append(
            _(
                "Three messages come below, as people read them in Kazakh, Russian and English; then the next step."
            )
        )
    if EMAIL in broadcast.channels:
        lines.append(_("The three letters go to your own mailbox."))
    return Screen("\n".join(lines), title=headed(broadcast), up=Go(BODY, broadcast.number))


@view(PREVIEW, "bcprev")
def preview(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None or broadcast.state != DRAFT:
        return one(visit, ref)
    lines = [_("Is everything above right? Then see who will receive it.")]
    number = broadcast.number
    buttons = [Button(_("Test to myself"), "bc.test", number, wide=True), Button(_("Recipients"), "bc.counts", number, wide=True),
               Button(_("Write again"), BODY, number, wide=True)]  # fmt: skip
    return Screen("\n".join(lines), title=headed(broadcast), buttons=buttons, up=Go(BODY, number))


@act("bc.test", "bctest")
def test(visit: Visit, press: Press) -> Go:
    """The message as oneself would get it, by every channel it goes by."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None or broadcast.state != DRAFT:
        return Go(ONE, press.ref)
    if bodies.faults(visit, broadcast):
        return Go(BODY, f"{broadcast.number}?lacks")
    chat = int(visit.visitor.address)
    last = previews(visit, broadcast, chat, author(visit).address, (visit.locale,))
    panel(visit, chat, visit.locale, PREVIEW, broadcast.number, last)
    return Go("bc.shown", f"{broadcast.number}?test")
