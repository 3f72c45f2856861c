"""Where a crawl begins: the states a person can be in, each reached as a person reaches it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from tests.desk.test_merges import a_record
from tests.doorstep import Doorstep, Person, Said
from tests.promises.stories import LABELS

from kelisim.desk import decisions, mandates, staff
from kelisim.desk.visit import Visit
from kelisim.texts import NAMES, _, speaking

MAILBOX = "aigul@mail.kz"
FULL = {"kk": "Нұрланова Айгүл Серікқызы", "ru": "Омаров Диас", "en": "Smith Saule"}
UNCLEAR = {"kk": "қарбыз бен қауын", "ru": "арбуз и дыня", "en": "melons and pumpkins"}
TIE = {"kk": "мен туралы не білесіз, шағымданамын", "ru": "отзываю согласие и хочу пожаловаться",
       "en": "I withdraw consent and want to complain"}  # fmt: skip
WORD = {"kk": "Ә", "ru": "Ы", "en": "Smythe"}
NEAR = {"kk": "саясатым келісімім", "ru": "сагласия палитика", "en": "my consnts policy"}
THANKS = {"kk": "рақмет", "ru": "спасибо", "en": "thank you"}
SHOW = {"kk": "деректерімді көрсетіңіз", "ru": "покажите мои данные", "en": "show my data"}
VOICE = {"file_id": "a", "file_unique_id": "b", "duration": 1}
BRINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "voice": ("voice", VOICE),
    "video": ("video_note", {**VOICE, "length": 1}),
    "location": ("location", {"latitude": 43.2, "longitude": 76.9}),
    "contact": ("contact", {"phone_number": "77010000000", "first_name": "X"}),
    "file": ("document", {"file_id": "a", "file_unique_id": "b"}),
    "dice": ("dice", {"emoji": "🎲", "value": 1}),
}
LATER = ("mydata", "correct", "block", "delete", "ask", "requests", "represent")
FORWARDED = {"type": "user", "date": 1, "sender_user": {"id": 9, "is_bot": False, "first_name": "X"}}


@dataclass(slots=True)
class Crawler:
    """One person in one language, and how to bring them where a start wants them."""

    step: Doorstep
    person: Person
    locale: str

    def label(self, english: str) -> str:
        """A button as this language has it."""
        with speaking(self.locale):
            return _(english)

    async def press(self, *english: str) -> Said:
        """Press buttons one after the other."""
        for each in english:
            await self.person.press(self.label(each))
        return self.person.said

    async def say(self, *words: str) -> Said:
        """Write messages one after the other."""
        for each in words:
            await self.person.say(each)
        return self.person.said

    async def notice(self) -> None:
        """Unknown, at the notice."""
        await self.say("/start")
        await self.person.press(NAMES[self.locale])

    async def registered(self) -> None:
        """At the menu."""
        await self.notice()
        await self.press("I am 18 or over", "I agree", "Menu")

    async def asked(self, purpose: str = "informing-email") -> None:
        """At the first question of a consent."""
        await self.registered()
        await self.say("/consent")
        await self.person.press(LABELS[self.locale][purpose])
        await self.press("I agree")

    async def named(self) -> None:
        """The name is quoted back."""
        await self.asked()
        await self.say(FULL[self.locale])

    async def addressed(self) -> None:
        """A code is awaited."""
        await self.named()
        await self.press("Yes, correct")
        await self.say(MAILBOX)

    async def proved(self) -> None:
        """The phone is asked for."""
        await self.addressed()
        await self.say(await self.step.code(MAILBOX))

    async def consented(self) -> None:
        """A consent with a proved mailbox is in force."""
        await self.proved()
        await self.press("Without a phone")

    async def chatted(self) -> None:
        """A consent without any data is in force."""
        await self.asked("informing-telegram")

    async def stop_mail(self, *words: str) -> None:
        """Unknown, and a mailbox is asked for."""
        await self.notice()
        await self.press("Stop messages", "Stop e-mails")
        await self.say(*words)

    async def minor(self, *words: str) -> None:
        """Under 18, and withdrawing with the mailbox alone."""
        await self.notice()
        await self.press("I am under 18", "Withdraw")
        await self.say(*words)


Start = Callable[[Crawler], Awaitable[Any]]


def _says(*words: str) -> Start:
    return lambda crawler: crawler.say(*words)


def _registered_says(*words: str | dict[str, str]) -> Start:
    async def start(crawler: Crawler) -> None:
        await crawler.registered()
        await crawler.say(*(word if isinstance(word, str) else word[crawler.locale] for word in words))

    return start


def _brings(registered: bool, **content: Any) -> Start:
    async def start(crawler: Crawler) -> None:
        await (crawler.registered() if registered else crawler.notice())
        await crawler.person.bring(**content)

    return start


def _after(way: Callable[[Crawler], Awaitable[Any]], *words: str, press: tuple[str, ...] = (), days: float = 0,
           minutes: float = 0) -> Start:  # fmt: skip
    async def start(crawler: Crawler) -> None:
        await way(crawler)
        crawler.step.later(days=days, minutes=minutes)
        await crawler.say(*words)
        await crawler.press(*press)

    return start


async def _edits(crawler: Crawler) -> None:
    await crawler.notice()
    await crawler.person.send(
        {"edited_message": crawler.person.written(text="hello", edit_date=1_800_000_001)}
    )


async def _withdraws_by_mailbox(crawler: Crawler) -> None:
    other = Crawler(crawler.step, crawler.step.person("6001"), crawler.locale)
    await other.consented()
    await crawler.minor(MAILBOX)
    await crawler.say(await crawler.step.code(MAILBOX))


async def _no_consent_behind(crawler: Crawler) -> None:
    await _withdraws_by_mailbox(crawler)
    crawler.step.later(minutes=2)
    await crawler.minor(MAILBOX)
    await crawler.say(await crawler.step.code(MAILBOX))


async def _is_blocked(crawler: Crawler) -> None:
    await crawler.registered()
    await crawler.say("/consent")
    await crawler.person.press(LABELS[crawler.locale]["informing-telegram"])
    await crawler.step.database.keep(_block)
    await crawler.press("I agree")


def _block(connection: Connection) -> None:
    connection.exec_driver_sql("UPDATE subjects SET state = 'blocked'")


async def _checks_too_often(crawler: Crawler) -> None:
    await crawler.registered()
    for _try in range(11):
        await crawler.say("/verify", "ABC")


async def _asks_for_many_codes(crawler: Crawler) -> None:
    await crawler.addressed()
    for _code in range(3):
        crawler.step.later(minutes=2)
        await crawler.press("New code")


async def _spends_its_tries(crawler: Crawler) -> None:
    await crawler.addressed()
    code = await crawler.step.code(MAILBOX)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    await crawler.say(*[wrong] * 5)


async def _gives_twice(crawler: Crawler) -> None:
    await crawler.registered()
    await crawler.say("/consent")
    await crawler.person.press(LABELS[crawler.locale]["informing-telegram"])
    data = crawler.person.shown[crawler.label("I agree")]
    await crawler.press("I agree")
    await crawler.person.press(data=data)


async def _checks_a_receipt(crawler: Crawler) -> None:
    await crawler.chatted()
    receipts = [parcel for parcel in await crawler.step.courier() if parcel.message.kind == "receipt"]
    await crawler.say("/verify", receipts[-1].body["facts"]["code"])


def _corrects(
    label: str, *words: str | dict[str, str], press: tuple[str, ...] = (), twice: bool = False
) -> Start:
    """A field is chosen and its new value typed; `twice`: the whole of it again."""

    async def start(crawler: Crawler) -> None:
        await crawler.registered()
        for _time in range(2 if twice else 1):
            await crawler.say("/correct")
            await crawler.press(label)
            await crawler.say(*(word if isinstance(word, str) else word[crawler.locale] for word in words))
            await crawler.press(*press)

    return start


async def _proves(crawler: Crawler) -> None:
    """A code is awaited that opens what else is kept under a mailbox."""
    await crawler.registered()
    await crawler.say("/mydata")
    await crawler.press("Find my other data", "E-mail")
    await crawler.say(MAILBOX)


async def _has_proved(crawler: Crawler) -> None:
    await _proves(crawler)
    await crawler.say(await crawler.step.code(MAILBOX))


async def _finds(crawler: Crawler) -> None:
    """A record of the site stands under the mailbox."""
    await crawler.step.keep(lambda visit: a_record(visit, MAILBOX, surname="A", name="B"))
    await _has_proved(crawler)


async def _finds_another_chat(crawler: Crawler) -> None:
    other = Crawler(crawler.step, crawler.step.person("6001"), crawler.locale)
    await _has_proved(other)
    crawler.step.later(minutes=2)
    await _has_proved(crawler)


async def _corrects_mailbox(crawler: Crawler) -> None:
    await _corrects("E-mail", MAILBOX)(crawler)
    await crawler.say(await crawler.step.code(MAILBOX))


async def _corrects_nothing(crawler: Crawler) -> None:
    await _corrects_mailbox(crawler)
    await crawler.press("Yes, correct")
    await crawler.say("/correct")
    await crawler.press("E-mail")
    await crawler.say(MAILBOX)


async def _shares(crawler: Crawler) -> None:
    contact = {"phone_number": "77010000000", "first_name": "X", "user_id": crawler.person.id}
    await crawler.person.bring(contact=contact)


async def _corrects_phone(crawler: Crawler) -> None:
    await _corrects("Phone")(crawler)
    await _shares(crawler)


async def _proves_phone(crawler: Crawler) -> None:
    await crawler.registered()
    await crawler.say("/mydata")
    await crawler.press("Find my other data", "Phone")
    await _shares(crawler)


async def _opens_with(crawler: Crawler, payload: str) -> None:
    await crawler.say(f"/start {payload}")
    await crawler.person.press(NAMES[crawler.locale])
    await crawler.press("I am 18 or over", "I agree")


QUESTION = {
    "kk": "Менің нөмірім сізде бар ма?",
    "ru": "Мой номер у вас есть?",
    "en": "Is my number with you?",
}
ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


def _asks(label: str, *press: str) -> Start:
    """One of the four ways to ask, its words written, and buttons pressed afterwards."""

    async def start(crawler: Crawler) -> None:
        await crawler.registered()
        await crawler.say("/ask")
        await crawler.press(label)
        if press:
            await crawler.say(QUESTION[crawler.locale])
            await crawler.press(*(each for each in press if each != "say"))

    return start


def _has_asked(*press: str, act: Callable[[Visit, str], object] | None = None, words: bool = False) -> Start:
    """A request is open (or `act` of staff has answered it), and looked at."""

    async def start(crawler: Crawler) -> None:
        await _asks("Ask a question", "Send")(crawler)
        number = crawler.person.said.number
        if act is not None:
            await crawler.step.keep(lambda visit: act(visit, number))
        await crawler.say("/requests")
        await crawler.person.press(number)
        await crawler.press(*press)
        if words:
            await crawler.say(QUESTION[crawler.locale])

    return start


async def _takes_back_twice(crawler: Crawler) -> None:
    await _has_asked()(crawler)
    data = crawler.person.shown[crawler.label("Withdraw the request")]
    await crawler.press("Withdraw the request")
    await crawler.person.press(data=data)


async def _complains_past_us(crawler: Crawler) -> None:
    await _asks("Complain")(crawler)
    await crawler.press("Complaint file")
    await crawler.say(QUESTION[crawler.locale])


async def _asks_with_a_mailbox(crawler: Crawler) -> None:
    await crawler.consented()
    await crawler.say("/ask")
    await crawler.press("Ask a question")
    await crawler.say(QUESTION[crawler.locale])


def _acts(*words: str, press: tuple[str, ...] = (), upto: int = 0) -> Start:
    """For someone else: a role, then the right answers up to a question (1 whom, 2 until when, 3 what), words, presses."""

    async def start(crawler: Crawler) -> None:
        await crawler.registered()
        await crawler.say("/represent")
        await crawler.press("I am a parent")
        right = (f"{FULL[crawler.locale]} {MAILBOX}", "31.12.2099", QUESTION[crawler.locale])
        await crawler.say(*right[:upto], *words)
        await crawler.press(*press)

    return start


async def _acts_twice(crawler: Crawler) -> None:
    await _acts(upto=3)(crawler)
    data = crawler.person.shown[crawler.label("Send")]
    await crawler.press("Send")
    await crawler.person.press(data=data)


async def _names_without_an_address(crawler: Crawler) -> None:
    await _acts()(crawler)
    await crawler.say(FULL[crawler.locale])


async def _may_act(crawler: Crawler) -> None:
    """An authority is accepted, and something is asked under it."""
    await _acts(upto=3, press=("Send",))(crawler)
    number = crawler.person.said.number
    await crawler.step.keep(lambda visit: mandates.accept(visit, number, "", ERLAN, subject_id=None))
    await crawler.say("/represent")
    await crawler.person.press(next(label for label in crawler.person.shown if number in label))


STARTS: dict[str, Start] = {
    "acts": _registered_says("/represent"),
    "acts for nobody": _acts(MAILBOX),
    "acts for a long name": _acts("А" * 201),
    "acts for a wrong address": _acts("А Б a@b"),
    "acts for a wrong phone": _acts("А Б +7 000 000 00 00"),
    "acts, no address": _names_without_an_address,
    **{f"acts until {word}": _acts(word, upto=1) for word in ("1", "01.01.2020", "31.12.2999")},
    "acts, what": _acts(upto=2),
    "acts, a paper": _acts(upto=2, press=("Add a document",)),
    "acts, before it is sent": _acts(upto=3),
    "acts, sent": _acts(upto=3, press=("Send",)),
    "acts, sent twice": _acts_twice,
    "may act": _may_act,
    "start": _says("/start"),
    **{f"unknown /{name}": _says(f"/{name}") for name in ("policy", "about", "help", "verify", "consent", "mydata", "stop")},
    "unknown words": _after(Crawler.notice, "dias@mail.kz"),
    "unknown asks": lambda crawler: crawler.say(SHOW[crawler.locale]),
    "unknown forwards": _brings(False, text="stop", forward_origin=FORWARDED),
    "unknown records": _brings(False, voice=VOICE),
    "unknown verifies": _says("/verify", "ABC"),
    "edits": _edits,
    "stops a mailbox": lambda crawler: crawler.stop_mail(MAILBOX),
    "stops no mailbox": lambda crawler: crawler.stop_mail("aigul@"),
    "minor": lambda crawler: crawler.minor(),
    "minor, wrong address": lambda crawler: crawler.minor("aigul mail.kz"),
    "minor, wrong code": lambda crawler: crawler.minor(MAILBOX, "000000"),
    "minor withdraws": _withdraws_by_mailbox,
    "minor withdraws nothing": _no_consent_behind,
    "comes for another": lambda crawler: _opens_with(crawler, "rep"),
    "comes for consents": lambda crawler: _opens_with(crawler, "consents"),
    **{f"registered /{name}": _registered_says(f"/{name}") for name in ("menu", "help", "about", "verify", *LATER)},
    "complains in words": _registered_says({"kk": "шағымданамын", "ru": "хочу пожаловаться", "en": "I want to complain"}),
    "leak in words": _registered_says({"kk": "деректерім тарап кетті", "ru": "мои данные утекли", "en": "my data leaked"}),
    **{f"asks: {label}": _asks(label) for label in ("Ask a question", "Complain", "Object to automation", "Report a leak")},
    "asks, before it is sent": _asks("Ask a question", "say"),
    "asks, with a mailbox": _asks_with_a_mailbox,
    "asks, adds a paper": _asks("Ask a question", "Add a document"),
    "has asked": _asks("Ask a question", "Send"),
    "looks at a request": _has_asked(),
    "looks at a date": _has_asked("Why this date?"),
    "adds to a request": _has_asked("Add more", words=True),
    "takes a request back": _has_asked("Withdraw the request"),
    "takes a request back twice": _takes_back_twice,
    "is answered": _has_asked(act=lambda visit, number: decisions.answer(visit, number, "12 345", ERLAN)),
    "is asked": _has_asked(act=lambda visit, number: decisions.ask(visit, number, "12 345?", ERLAN)),
    "reads a long answer": _has_asked(
        "Read the answer", act=lambda visit, number: decisions.answer(visit, number, "12 345 " * 900, ERLAN)),
    "reads a refusal": _has_asked(
        "Read the answer", act=lambda visit, number: decisions.refuse(visit, number, "identity", "12 345", ERLAN)),
    "makes a complaint file": _has_asked("Complaint file"),
    "complains past us": _complains_past_us,
    "unclear": _registered_says(UNCLEAR),
    "tie": _registered_says(TIE),
    "near": _registered_says(NEAR),
    "thanks": _registered_says(THANKS),
    **{f"brings {kind}": _brings(True, **{field: content}) for kind, (field, content) in BRINGS.items()},
    "name": Crawler.asked,
    **{f"name {word}": _after(Crawler.asked, word) for word in ("А", "А Б В Г Д Е", "А1 Б", "А @", "А " + "Б" * 200)},
    "check": Crawler.named,
    "name again": _after(Crawler.named, press=("Write again",)),
    "mail": _after(Crawler.named, press=("Yes, correct",)),
    **{f"mail {word}": _after(_after(Crawler.named, press=("Yes, correct",)), word)
       for word in ("@", "a@", "@mail.kz", "a b@mail.kz", "a@mail", "a@b@c.kz")},
    "code": Crawler.addressed,
    "code wrong": _after(Crawler.addressed, "000000"),
    "code too soon": _after(Crawler.addressed, press=("New code",)),
    "code again": _after(Crawler.addressed, minutes=2, press=("New code",)),
    "code elsewhere": _after(Crawler.addressed, press=("Another address",)),
    "code over": _after(Crawler.addressed, "000000", minutes=11),
    "code spent": _spends_its_tries,
    "codes, many": _asks_for_many_codes,
    "phone": Crawler.proved,
    "phone typed": _after(Crawler.proved, "+7 701 123 45 67"),
    "given": Crawler.consented,
    "stopped in a flow": _after(Crawler.addressed, "stop"),
    "stopped": _after(Crawler.consented, "stop"),
    "stopped twice": _after(Crawler.consented, "stop", "stop"),
    "given while stopped": _after(_after(Crawler.registered, "stop"), "/consent"),
    "stops mail alone": _after(Crawler.consented, "/menu", press=("Messages", "Stop: e-mail")),
    "given by chat": Crawler.chatted,
    "given twice": _gives_twice,
    "last days": _after(Crawler.chatted, "/consent", days=725),
    "ended": _after(Crawler.chatted, "/consent", days=732),
    "desk ended": _after(Crawler.registered, "/menu", days=370),
    "ending": _after(Crawler.consented, "/consent", press=("Withdraw everything", "Withdraw, answer me here")),
    "closed": _after(Crawler.consented, "/consent", press=("Withdraw everything", "Withdraw and close the chat")),
    "verified": _checks_a_receipt,
    "not verified": _registered_says("/verify", "ABC"),
    "verifies too often": _checks_too_often,
    "blocked": _is_blocked,
    "corrects": _registered_says("/correct"),
    "corrects a surname": _corrects("Surname", WORD),
    "corrects a surname wrongly": _corrects("Surname", "2"),
    "corrects and shows it": _corrects("Surname", WORD, press=("Skip",)),
    "corrects twice": _corrects("Surname", WORD, press=("Skip", "Yes, correct"), twice=True),
    "corrects something": _corrects("Something else", WORD, press=("Skip", "Yes, correct")),
    "corrects a mailbox": _corrects("E-mail", MAILBOX),
    "corrects a mailbox wrongly": _corrects("E-mail", "@"),
    "corrects a proved mailbox": _corrects_mailbox,
    "corrected": _after(_corrects_mailbox, press=("Yes, correct",)),
    "corrects nothing": _corrects_nothing,
    "corrects a phone": _corrects("Phone", "123"),
    "corrects a proved phone": _corrects_phone,
    "proves": _proves,
    "proves wrongly": _after(_proves, "000000"),
    "has proved": _has_proved,
    "finds": _finds,
    "joined": _after(_finds, press=("Yes, correct",)),
    "parted": _after(_after(_finds, press=("Yes, correct",)), "/mydata", press=("Find my other data", "It was not me")),
    "asks another chat": _after(_finds_another_chat, press=("Yes, correct",)),
    "proves a phone": _proves_phone,
}  # fmt: skip
