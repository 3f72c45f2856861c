"""What a broadcast says: the one place that makes of the operator's words what a chat and a mailbox get, and that says what
stands in the way. Previews and tests are made here as well, so what was looked at is what arrives.

Faults by code, each with details: `empty` (no words at all); `lacks` (`locale`: no words and no language chosen instead);
`subject` (`locale`), `label` (`locale`: the button says nothing), `url` (a button that leads nowhere); `long` (`locale`, `where`,
`by`, `most`); `host` (`host`, `url`: a link that leads elsewhere than the operator's site and `broadcast.hosts`); `advert` (the
same in a notice, which leads to the operator's own site alone); `file` (`bytes`, `most`), `file type`; `web` (letters need the
web door for their unsubscribe link); and those of `markup` with `locale` and `where` (`text`, `letter`, `subject`, `button`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from kelisim.desk import attachments, broadcasts, markup, optouts, origins, urls
from kelisim.desk.broadcasts import BREACH, CONSENT, Broadcast, Content
from kelisim.desk.markup import Fault
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.texts import LOCALES, _, speaking

TEXT, CAPTION = 4096, 1024  # Telegram's lengths of a message, and of the words under a file
SUBJECT, LABEL, LETTER = 150, 64, 60_000
LARGEST = attachments.LARGEST
TYPES = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}

MESSAGE, PHOTO, DOCUMENT = "message", "photo", "document"

Keyboard = list[list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Added:
    """What a kind of notice adds to the operator's words: buttons under a message, paragraphs at the end of a letter.

    `buttons(visit, broadcast, locale)`; `paragraphs(visit, broadcast, locale, contact_id, purpose)`, plain, «Label: address» for
    a link to our own site.
    """

    buttons: Callable[[Visit, Broadcast, str], Keyboard]
    paragraphs: Callable[[Visit, Broadcast, str, int, str], list[str]]


ADDED: dict[str, Added] = {}  # by kind of broadcast, filled by whoever makes that kind


def faults(visit: Visit, broadcast: Broadcast) -> list[Fault]:
    """Everything that keeps it from being sent, all at once; `broadcasts.Unfit(*faults)` carries them on."""
    content = broadcast.content
    if not content.texts:
        return [("empty", {}), *_faults_of_file(visit, broadcast)]
    found: list[Fault] = [("lacks", {"locale": locale}) for locale in LOCALES if not content.locale(locale)]
    if EMAIL in broadcast.channels and not visit.desk.url:
        found.append(("web", {}))
    for locale in LOCALES:
        if locale in content.texts:
            found += _faults_of_words(visit, broadcast, locale)
    found += _faults_of_button(broadcast)
    found += _faults_of_links(visit, broadcast)
    return [*found, *_faults_of_file(visit, broadcast)]


def telegram(visit: Visit, broadcast: Broadcast, locale: str) -> dict[str, Any]:
    """What the Bot API gets for a reader of this language, without the chat: `text`, or `caption` beside a file, and buttons.

    Raises LookupError when nothing was written for this language.
    """
    content, read = broadcast.content, _read_in(broadcast, locale)
    words = content.texts[read].strip()
    if last := _last_line(visit, broadcast, locale):
        words = f"{words}\n\n{escape(last, quote=False)}"
    made: dict[str, Any] = {"caption" if content.file else "text": words, "parse_mode": "HTML"}
    rows: Keyboard = []
    if content.url:
        rows.append([{"text": content.labels[read], "url": content.url}])
    if (added := ADDED.get(broadcast.kind)) is not None:
        rows += added.buttons(visit, broadcast, locale)
    if rows:
        made["reply_markup"] = {"inline_keyboard": rows}
    return made


def way(broadcast: Broadcast) -> str:
    """How Telegram sends it: MESSAGE, PHOTO or DOCUMENT."""
    if broadcast.content.file is None:
        return MESSAGE
    return PHOTO if broadcast.content.file[1] in ("image/jpeg", "image/png") else DOCUMENT


def letter(
    visit: Visit, broadcast: Broadcast, locale: str, contact_id: int, purpose: str, file: bytes | None = None
) -> dict[str, Any]:
    """The letter for a reader of this language (see `courier.smtp.letter`): one body in plain words and in HTML, the link that
    stops letters to this contact, in the words and in `unsubscribe` (RFC 8058), and the file in `attached`.

    `purpose` is the pair's code of the row; `file` its file, for who has read it already. A notice of a breach cannot be stopped.
    Raises LookupError when nothing was written for this language, or for one that can be stopped without a web door.
    """
    content, read = broadcast.content, _read_in(broadcast, locale)
    written = content.letters.get(read, "")
    text, html = (
        (markup.letter_words(written), markup.letter_fragment(written))
        if written
        else (markup.words(content.texts[read]), markup.fragment(content.texts[read]))
    )
    operator = visit.operator
    below: list[str] = []
    made: dict[str, Any] = {}
    if content.url:
        made["button"] = (content.labels[read], content.url)
        text = f"{text}\n\n{content.labels[read]}: {content.url}"
    with speaking(locale):
        if (added := ADDED.get(broadcast.kind)) is not None:
            below += added.paragraphs(visit, broadcast, locale, contact_id, purpose)
        if came := origins.line(visit, contact_id, purpose, locale):
            below.append(came)
        if broadcast.kind != BREACH:
            made["unsubscribe"] = optouts.url(visit, contact_id, purpose)
            made["stop"] = _("Stop these letters: {url}", url=made["unsubscribe"])
        elif why := _last_line(visit, broadcast, locale):
            below.append(why)
    footer = f"-- \n{operator.name.to(locale)}\n{operator.url}\n{operator.mailbox}"
    if content.file is not None:
        enclosed = file if file is not None else broadcasts.enclosed(visit, broadcast)
        made["attached"] = [(*content.file, enclosed or b"")]
    return made | {
        "sender": operator.name.to(locale),
        "subject": content.subjects[read],
        "text": "\n\n".join([text, *below, *([made["stop"]] if "stop" in made else []), footer]),
        "html": html,
        "below": "\n\n".join([*below, footer]),
        "spoken": read,
    }


def hosts(content: Content) -> list[str]:
    """Where its links lead, each host once: shown to whoever decides about it (T-CAST-05)."""
    return list(dict.fromkeys(_mailbox(url) or urls.host(url) or url for url in _addresses(content)))


def _mailbox(url: str) -> str:
    """The mailbox that a mailto: leads to; empty for another link."""
    return url[len("mailto:") :] if url.lower().startswith("mailto:") else ""


def _read_in(broadcast: Broadcast, locale: str) -> str:
    read = broadcast.content.locale(locale)
    if not read:
        raise LookupError(f"broadcast {broadcast.number} has no words for {locale}")
    return read


def _last_line(visit: Visit, broadcast: Broadcast, locale: str) -> str:
    """How to stop, in the reader's own language also where the words come in another; under a notice of a breach, which reaches
    also those who stopped everything, why they are told."""
    with speaking(locale):
        if broadcast.kind != BREACH:
            return _("To stop all messages at any moment, write STOP.")
        ground = visit.operator.grounds.get(broadcast.ground)
        if ground is None:
            return ""
        return _("Why you are told of this: {ground} ({article}).", ground=ground.text.to(locale),
                 article=ground.article.to(locale))  # fmt: skip


def _readers(content: Content, locale: str) -> list[str]:
    """The languages of those who read these words."""
    return [reader for reader in LOCALES if content.locale(reader) == locale]


def _faults_of_words(visit: Visit, broadcast: Broadcast, locale: str) -> list[Fault]:
    content = broadcast.content
    text, subject, written = (
        content.texts[locale],
        content.subjects.get(locale, ""),
        content.letters.get(locale, ""),
    )
    found = _placed(markup.faults(text), locale, "text")
    if not markup.plain(text).strip():
        found.append(("lacks", {"locale": locale}))
    if TELEGRAM in broadcast.channels:
        most = CAPTION if content.file else TEXT
        stops = [_last_line(visit, broadcast, reader) for reader in _readers(content, locale)]
        longest = max((markup.length(stop) + 2 for stop in stops if stop), default=0)
        found += _too_long(markup.length(text) + longest, most, locale, "text")
    if EMAIL in broadcast.channels:
        if not subject.strip():
            found.append(("subject", {"locale": locale}))
        found += _too_long(len(subject), SUBJECT, locale, "subject")
        found += _placed(markup.letter_faults(written), locale, "letter")
        found += _too_long(len(written), LETTER, locale, "letter")
    return found


def _placed(found: list[Fault], locale: str, where: str) -> list[Fault]:
    return [(code, {**details, "locale": locale, "where": where}) for code, details in found]


def _too_long(length: int, most: int, locale: str, where: str) -> list[Fault]:
    if length <= most:
        return []
    return [("long", {"locale": locale, "where": where, "by": length - most, "most": most})]


def _faults_of_button(broadcast: Broadcast) -> list[Fault]:
    content = broadcast.content
    if not content.url:
        return [("url", {})] if any(content.labels.values()) else []
    found: list[Fault] = []
    for locale in content.texts:
        label = content.labels.get(locale, "").strip()
        if not label:
            found.append(("label", {"locale": locale}))
        found += _too_long(len(label), LABEL, locale, "button")
    if not urls.host(content.url) or content.url.lower().startswith("mailto:"):
        found.append(("link", {"url": content.url, "locale": "", "where": "button"}))
    return found


def _faults_of_links(visit: Visit, broadcast: Broadcast) -> list[Fault]:
    """Links to hosts nobody listed and to mailboxes that are not the desk's own, each once; a notice leads to the operator's own
    site alone (T-CAST-05, T-CAST-09)."""
    own = (visit.operator.site,)
    listed = own if broadcast.kind != CONSENT else (*own, *visit.operator.broadcast.hosts)
    code = "host" if broadcast.kind == CONSENT else "advert"
    mailbox = f"mailto:{visit.operator.mailbox}".lower()
    found: dict[str, str] = {}
    for url in _addresses(broadcast.content):
        host = urls.host(url)
        if url.lower().startswith("mailto:"):  # others have mailboxes on the same host
            if url.lower() != mailbox:
                found.setdefault(_mailbox(url), url)
        elif host and not any(host == one or host.endswith(f".{one}") for one in listed):
            found.setdefault(host, url)
        elif not host:
            found.setdefault(
                url, url
            )  # tg://, ftp://, names before an @: programs follow what we cannot judge
    return [(code, {"host": host, "url": url}) for host, url in found.items()]


def _addresses(content: Content) -> Iterator[str]:
    for text in (*content.texts.values(), *(escape(subject) for subject in content.subjects.values())):
        yield from markup.links(text)
    for label in content.labels.values():
        yield from markup.links(escape(label))
    for written in content.letters.values():
        yield from markup.letter_links(written)
    if content.url:
        yield content.url


def _faults_of_file(visit: Visit, broadcast: Broadcast) -> list[Fault]:
    if broadcast.content.file is None:
        return []
    content = broadcasts.enclosed(visit, broadcast) or b""
    if len(content) > LARGEST:
        return [("file", {"bytes": len(content), "most": LARGEST})]
    kind = attachments.kind(content)  # by what is in it, whatever it is called (T-LET-19)
    return [] if kind and TYPES[kind] == broadcast.content.file[1] else [("file type", {})]
