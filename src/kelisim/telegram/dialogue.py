"""What a message, a press or a word means: STOP first, then command, exact word, open question, intent (SCREENS 1.6)."""

from __future__ import annotations

from dataclasses import replace

from aiogram.types import CallbackQuery, Message

from kelisim.desk import dialogue, numbers, staff, subjects, words
from kelisim.desk.visit import Visit
from kelisim.telegram import (
    alerts,
    approving,
    asking,
    broadcasting,
    complaints,
    composing,
    consents,
    correcting,
    counting,
    data,
    dates,
    elsewhere,
    enclosing,
    entry,
    erasing,
    finding,
    freezing,
    giving,
    menu,
    messages,
    phones,
    policy,
    previewing,
    progress,
    proof,
    proving,
    renewing,
    representing,
    requests,
    sending,
    unreached,
)
from kelisim.telegram.press import Press
from kelisim.telegram.screens import (
    ACTS,
    ASKS,
    FORMATTED,
    OPEN,
    READERS,
    RECEIVERS,
    REFERENCES,
    TOLD,
    VIEWS,
    Brought,
    Go,
    Screen,
    identity_of,
    refers,
    registered,
    split,
)

COMMANDS = {
    "start": "language", "language": "language", "menu": "menu", "consent": "consents", "policy": "policy",
    "verify": "verify", "about": "about", "help": "help",
    "mydata": "data", "correct": "correct", "block": "block", "delete": "erase", "ask": "ask",
    "requests": "requests", "represent": "rep",
}  # fmt: skip
# What a link to the bot may open after the desk consent; any other payload is words, and words are not kept before it.
PAYLOADS = ("consents", "messages", "policy", "rep")
refers("all", "email", "telegram", "here", "close")
LONGEST_PHRASE = 240  # characters of a sentence that is read even in a flood

NOUNS = (
    alerts,
    approving,
    asking,
    broadcasting,
    complaints,
    composing,
    consents,
    correcting,
    counting,
    data,
    dates,
    elsewhere,
    enclosing,
    entry,
    erasing,
    finding,
    freezing,
    giving,
    menu,
    messages,
    policy,
    previewing,
    progress,
    proof,
    proving,
    renewing,
    representing,
    requests,
    sending,
    unreached,
)  # each registers its own screens


def pressed(visit: Visit, query: CallbackQuery) -> Go:
    """A press: the act it names, or the screen; anything we never made is an old button."""
    press = Press.unpack(query.data)
    identity = identity_of(press.code) if press is not None else None
    if press is None or identity is None or not _ours(visit, press.ref):
        return Go("stale")
    if not registered(visit):
        visit.locale = press.locale
    if identity in TOLD or not (registered(visit) or identity in OPEN):
        return Go("stale")
    go = ACTS[identity](visit, _found(press, query)) if identity in ACTS else Go(identity, press.ref)
    return _arrive(visit, go)


def _found(press: Press, query: CallbackQuery) -> Press:
    """The press with its message, and with the person's own words that the pressed screen was a reply to, if there were any."""
    message = query.message
    if not isinstance(message, Message):
        return press
    if message.text is not None and not press.kept:
        press = replace(press, message=message.message_id)
    if message.reply_to_message is None:
        return press
    quoted, user = message.reply_to_message, message.reply_to_message.from_user
    own = user is not None and user.id == query.from_user.id
    return replace(press, quoted=quoted.text) if own and quoted.text else press


def _ours(visit: Visit, ref: str) -> bool:
    """Whether a button of ours may carry this: a forged reference would be kept with the answer it got."""
    if ref in elsewhere.NEAR:
        return True
    name, _dot, page = ref.partition(".")
    if page and not (page.isdecimal() or page in REFERENCES):
        return False
    known = name in REFERENCES or name in PAYLOADS or name in elsewhere.NEAR or name.isdecimal()
    return known or name in visit.operator.every_pair or numbers.is_number(name)


def said(visit: Visit, message: Message, brought: Brought | None = None) -> Go:
    """Typed words or anything else a message can be; `brought` is a file that was asked for, fetched by the door."""
    text = message.text
    if text is None:
        # Words under a picture are read for one thing only: in doubt it is stop.
        if message.forward_origin is None and words.is_stop(message.caption or ""):
            return messages.stop_now(visit)
        waiting = dialogue.waiting(visit) if brought is not None else None
        if brought is not None and waiting is not None and waiting.screen in RECEIVERS:
            return _arrive(visit, RECEIVERS[waiting.screen](visit, brought, waiting))
        return _not_words(visit, message)
    if message.forward_origin is not None or message.via_bot is not None:
        return Go("unknown") if registered(visit) else Go("notice")
    if words.is_stop(text) or words.is_stop_phrase(text):
        if not registered(visit):
            # A command is the same in every language; it is only known as a word of English.
            spoken = None if text.startswith("/") else words.language_of(text)
            visit.locale = spoken or visit.locale
        return messages.stop_now(visit)
    if text.startswith("/"):
        return _arrive(visit, _command(visit, text))
    exact = words.exact(text)
    if exact is not None:
        return _arrive(visit, _exact(visit, exact))
    waiting = dialogue.waiting(visit)
    if waiting.screen in READERS and (registered(visit) or waiting.screen in OPEN):
        if not registered(visit):
            visit.locale = waiting.locale or visit.locale
        typed = message.html_text if waiting.screen in FORMATTED else text
        return _arrive(visit, READERS[waiting.screen](visit, typed, waiting))
    return _arrive(visit, _meant(visit, text))


def _command(visit: Visit, text: str) -> Go:
    name, rest = _named(text)
    if name == "stop":
        return messages.stop_now(visit)
    if name == "cancel":
        return menu.cancel(visit, Press("cancel", visit.locale))
    if name == "broadcast" and staff.writer(visit) is not None:
        return broadcasting.arrive(visit)
    screen = COMMANDS.get(name)
    if screen is None:
        return Go("unknown") if registered(visit) else Go("language")
    if elsewhere.later(screen):
        return Go("later", screen) if registered(visit) else Go("notice", "?first")
    if name == "start":
        return Go("language", rest if rest in PAYLOADS else "")
    return Go(screen)


def _named(text: str) -> tuple[str, str]:
    """A command's name, without slash and bot, and what follows it."""
    name, *rest = text[1:].split(None, 1) or [""]
    return name.partition("@")[0].lower(), rest[0].strip() if rest else ""


def _exact(visit: Visit, exact: str) -> Go:
    kind, _colon, which = exact.partition(":")
    if kind == "language":
        go = entry.speak(visit, Press("speak", which))
        # What was begun goes on: the same question, in the new language.
        begun = dialogue.waiting(visit) if registered(visit) else dialogue.Waiting()
        return Go(begun.screen, str(begun.draft.get("ref", ""))) if begun.screen in VIEWS else go
    if kind == "cancel":
        return menu.cancel(visit, Press("cancel", visit.locale))
    if kind == "decline":
        if registered(visit) and visit.known.screen:
            return menu.cancel(visit, Press("cancel", visit.locale))
        return Go("messages")
    return Go("menu", "thanks" if kind == "thanks" else "")


def _meant(visit: Visit, text: str) -> Go:
    """The intent of free words: it opens a screen and never acts."""
    meant = words.intents(text)
    if not registered(visit):
        if "policy" in meant[:1]:
            return Go("policy")
        if "stop" in meant[:1]:
            return Go("notice")
        return Go("notice", "?first") if meant else Go("language")
    if len(meant) > 1:
        return elsewhere.nearest(meant, tie=True)
    if not meant:
        return elsewhere.nearest(words.nearest(text), tie=False)
    if meant[0] == "stop":
        return Go("messages")
    return Go("later", meant[0]) if elsewhere.later(meant[0]) else Go(meant[0])


_KINDS = {
    "sticker": "sticker", "voice": "voice", "audio": "voice", "video": "video", "video_note": "video",
    "animation": "video", "location": "location", "venue": "location", "contact": "contact", "poll": "poll",
    "photo": "file", "document": "file",
}  # fmt: skip


def _not_words(visit: Visit, message: Message) -> Go:
    contact = message.contact
    if contact is not None and registered(visit):
        go = phones.shared(visit, message)
        if go is not None:
            return _arrive(visit, go)
    kind = next((told for name, told in _KINDS.items() if getattr(message, name, None)), "other")
    return Go("media", kind)


def _arrive(visit: Visit, go: Go) -> Go:
    """Before the desk consent only the open screens; a question that was left is forgotten, a new one waits."""
    if not registered(visit) and go.screen not in OPEN and go.screen not in AFTERWARDS:
        go = Go("language")
    if go.screen in ASKS:
        _ask(visit, go)
    elif go.screen not in READERS and (visit.subject is None or visit.subject.screen):
        dialogue.drop(visit)
    return go


def _ask(visit: Visit, go: Go) -> None:
    """Wait for words to a screen. What was begun elsewhere is forgotten; what was begun here goes on."""
    main, _beside = split(go.ref)
    if visit.subject is None:
        dialogue.ask(visit, go.screen, {"ref": main if go.screen in broadcasting.SCREENS else ""})
        return
    waiting = dialogue.waiting(visit)
    if (waiting.screen, waiting.draft.get("ref", "")) != (go.screen, main):
        dialogue.drop(visit)
        dialogue.ask(visit, go.screen, {"ref": main})


# Confirmations that a chat sees in the very moment it closes.
AFTERWARDS = {"consents.withdrawn", "revoke.done", "already", "stop"}


def takes_files(visit: Visit) -> bool:
    """Whether the screen that waits for this person takes a photo or a document: then the door fetches it."""
    waiting = dialogue.waiting(visit).screen
    return waiting in RECEIVERS and (registered(visit) or waiting in OPEN)


def render(visit: Visit, go: Go) -> Screen:
    """The screen, in the language of the visit."""
    view = VIEWS.get(go.screen)
    if view is None or not (registered(visit) or go.screen in OPEN or go.screen in AFTERWARDS):
        return VIEWS["language"](visit, "")
    return view(visit, go.ref)


def greet(visit: Visit, client: str | None) -> None:
    """Recognise the person and speak their language: their own choice, else the client's, else Kazakh."""
    subject = subjects.recognise(visit)
    if subject is not None:
        visit.locale = subject.locale
        subjects.reached(visit)
    else:
        visit.locale = client if client in ("kk", "ru", "en") else "kk"


def reducing(text: str | None) -> bool:
    """Words that only take processing away: no limit and no failing update holds them back."""
    if text is None:
        return False
    return words.is_stop(text) or (text.startswith("/") and _named(text)[0] == "stop")


def acts(text: str | None) -> bool:
    """The same for a whole sentence that stops messages; dearer to read, so asked only above the limit."""
    return text is not None and len(text) <= LONGEST_PHRASE and words.is_stop_phrase(text)


def asked(visit: Visit, event: Message | CallbackQuery) -> str:
    """The question that waits as this update comes: a code that answers it is taken out of the chat (T-CHAT-19)."""
    if visit.subject is not None:
        return visit.subject.screen
    return dialogue.waiting(visit).screen if isinstance(event, Message) and event.text else ""
