"""What goes with the words of a draft: subjects, letters of their own in HTML, one photo or document, a button with a link."""

from __future__ import annotations

from dataclasses import replace

from kelisim.desk import attachments, bodies, drafts, markup, webpages
from kelisim.desk.broadcasts import DRAFT
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import Visit
from kelisim.telegram.broadcasting import BODY, LIST, ONE, act, asked, every, named, reader, receiver, view
from kelisim.telegram.composing import FILE, LETTERS, LINK, NONE, SUBJECT, prompt
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Brought, Button, Go, Screen, split
from kelisim.texts import LOCALES, NAMES, _, plural

LETTER = "bc.letter"
LONGEST_LINE = 200


@view(SUBJECT, "bcsubj", asks=True)
def subject(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    lines = [_("Please write the subjects of the letters in one message, a line each:"), *NAMES.values()]
    return prompt(broadcast, _("Subjects of the letters"), lines)


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


@view(LETTERS, "bchtml")
def letters(visit: Visit, ref: str) -> Screen:
    """Which languages have a letter of their own; elsewhere the words of the message are the letter."""
    broadcast, _page = named(visit, ref)
    if broadcast is None or broadcast.state != DRAFT:
        return every(visit, "")
    written = broadcast.content.letters
    lines = [_letter(locale, written.get(locale, "")) for locale in LOCALES]
    lines += ["", _("A language without a letter of its own sends the words of the message.")]
    labels = {
        "kk": _("Letter in Kazakh"), "ru": _("Letter in Russian"), "en": _("Letter in English")
    }  # fmt: skip
    buttons = [
        Button(labels[locale], LETTER, f"{broadcast.number}.{locale}", wide=True) for locale in LOCALES
    ]
    up = Go(BODY, broadcast.number)
    return Screen("\n".join(lines), title=_("Letters in HTML"), buttons=buttons, up=up)


def _letter(locale: str, html: str) -> str:
    if not html:
        return _("{language}: the words of the message", language=NAMES[locale])
    return plural("{language}: a letter of its own, {n} character", "{language}: a letter of its own, {n} characters",
                  len(markup.letter_words(html)), language=NAMES[locale])  # fmt: skip


@view(LETTER, "bcltr", asks=True)
def letter(visit: Visit, ref: str) -> Screen:
    broadcast, locale = named(visit, ref)
    if broadcast is None or locale not in LOCALES:
        return every(visit, "")
    why = {
        attachments.TOO_LARGE: _("It is too large for a letter: 240 KB at most."),
        attachments.EMPTY: _("The file could not be fetched; please send it again."),
        attachments.WRONG_TYPE: _("This is no HTML."),
        "words": _("This is text, and a file is needed here."),
    }.get(split(ref)[1])  # fmt: skip
    lines = [why, ""] if why else []
    lines += [
        {
            "kk": _("Please send the letter in Kazakh now, as a file .html."),
            "ru": _("Please send the letter in Russian now, as a file .html."),
            "en": _("Please send the letter in English now, as a file .html."),
        }[locale],
        _("Paragraphs, headings, lists, tables, quotations, bold, italics and links stay. Pictures, styles and scripts "
          "cannot: you will read which."),
    ]  # fmt: skip
    buttons = []
    if broadcast.content.letters.get(locale):
        buttons.append(Button(_("No letter of its own"), "bc.words", f"{broadcast.number}.{locale}"))
    return prompt(broadcast, _("Letters in HTML"), lines, buttons)


@reader(LETTER)
def read_no_letter(visit: Visit, typed: str, waiting: Waiting) -> Go:
    return Go(LETTER, f"{asked(waiting)}?words")


@receiver(LETTER)
def receive_letter(visit: Visit, brought: Brought, waiting: Waiting) -> Go:
    broadcast, locale = named(visit, asked(waiting))
    if broadcast is None or locale not in LOCALES:
        return Go(LIST)
    try:
        html = webpages.decoded(brought.content)
    except ValueError as fault:
        return Go(LETTER, f"{broadcast.number}.{locale}?{brought.fault or fault}")
    content = broadcast.content
    drafts.edit(visit, broadcast, replace(content, letters={**content.letters, locale: html}))
    return Go(BODY, f"{broadcast.number}?{locale}")


@act("bc.words", "bcword")
def without_letter(visit: Visit, press: Press) -> Go:
    """Take the letter of one language away again: the words of the message are the letter."""
    broadcast, locale = named(visit, press.ref)
    if broadcast is None or broadcast.state != DRAFT:
        return Go(ONE, press.ref.partition(".")[0])
    letters = {other: html for other, html in broadcast.content.letters.items() if other != locale}
    drafts.edit(visit, broadcast, replace(broadcast.content, letters=letters))
    return Go(LETTERS, broadcast.number)


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
    return prompt(broadcast, _("Link button"), lines, buttons)


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
    return prompt(broadcast, _("Photo or file"), lines, buttons)


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
