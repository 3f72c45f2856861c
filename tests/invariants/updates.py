"""Updates as anybody may send them: every kind, every content, every button that is or is not theirs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tests.doorstep import BOT
from tests.invariants.residents import VALUES, Resident, Values

from kelisim.telegram.screens import ACTS, REFERENCES, VIEWS, code_of

DATE = 1_800_000_000
Update = dict[str, Any]

HTML = ["<a href='https://evil.example'>Aigul</a>", "<b>", "&lt;", "{0.__class__}", "%s%n", "{mailbox}", 
        "'; DROP TABLE subjects;--", "[x](tg://user?id=1)", "../../etc/passwd", "\\", "=HYPERLINK(1)"]  # fmt: skip
STRANGE = ["\u202e\u202e\u202e", "\u200b", "\u2060\u200d", "👩‍👩‍👧‍👦" * 40, "а" * 4096, "x" * 4096, " " * 400, "\n\n\n", ".",
           "مرحبا كيف حالك", "שלום", "Служба поддержки ✓", "\u0301" * 60 + "e", "ﷺ" * 300, "१२३४५६", "\ufeff",
           "\u2028", "𝟙𝟚𝟛𝟜𝟝𝟞", "\x07\x1b[31m", "\x7f", "\U000e0041" * 9, "\uffff"]  # fmt: skip
INTENTS = ["STOP", "С\u200bТОП", "тоқтату", "Stop.", "stop it please", "не останавливайте", "қазақша", "по-русски", "English",
           "menu",
           "отмена", "cancel", "нет", "рахмет", "салем", "удалите мои данные", "what do you know about me", "менің деректерім",
           "отзываю согласие", "I want to complain", "policy", "саясат", "utechka", "ничего не понимаю",
           "жалоба и удаление", "заблокируйте мои данные", "мой вопрос", "бұғаттаңыз", "исправьте фамилию", "I am her mother",
           "31.12.2027", "без срока", "30.02.2027", "Нурланова Айгуль, +77010001122"]  # fmt: skip
COMMANDS = ["/start", "/stop", "/menu", "/consent", "/policy", "/verify", "/about", "/cancel", "/help", "/language", "/mydata",
            "/delete", "/start consents", "/start 🙂", "/start " + "a" * 70, "/stop@kelisim_bot", "/MYDATA@bot", "/", "/ stop",
            "/correct", "/block", "/ask", "/requests", "/represent", "/ask@kelisim_bot",
            "//", "/nothing_such", "/start rep", "/start " + "_" * 22]  # fmt: skip
ADDRESSES = ["aigul@", "@", "a@b", "a@b.kz", "x" * 250 + "@mail.kz", "два слова@mail.kz", "name@почта.рф", "a@b@c.kz",
             '"a b"@mail.kz', "mail.kz", "a..b@mail.kz", "someone@mail.kz\r\nBcc: all@mail.kz", "<one@mail.kz>",
             "ОДИН@mail.kz"]  # fmt: skip
NAMES = ["Нұрланова Айгерім Серікқызы", "Mary-Jane O'Neil", "Один", "а б в г д е", "123 456", "Имя " + "я" * 500,
         "\u202eeman terces", "Ж Ж", "😀 😀", "Bobby <b>Tables</b>"]  # fmt: skip

_free = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


def words(town: dict[str, Resident]) -> SearchStrategy[str]:
    """What a person may type, other people's values too; none of it is another's by right."""
    theirs = [
        word
        for values in VALUES.values()
        for word in (values.line, values.email, values.phone, str(values.id))
    ]
    ready = (
        INTENTS,
        COMMANDS,
        ADDRESSES,
        NAMES,
        HTML,
        STRANGE,
        theirs,
        ["000000", "123 456", "١٢٣٤٥٦", "12345", "1234567"],
    )
    return st.one_of(_free, *(st.sampled_from(list(each)) for each in ready))


def data(town: dict[str, Resident]) -> SearchStrategy[str]:
    """Callback data: of any button anybody saw, pieces of it, or 1-64 bytes of anything."""
    known = sorted({each for walker in town.values() for each in walker.seen})
    codes = sorted({code_of(each) for each in VIEWS.keys() | ACTS.keys()})
    refs = ["", "informing-email", "promotion-telegram", "desk", "publication", "all", "email", "telegram", "close", "here", "0",
            "999", "٣", "x?y", "?", "desk.7", "2026-13-45", "C-00000000", "C-000000000?2026-02-30", "a,b,stop", "tie?stop,consents",
            "\x00", "Ж" * 22, "😀" * 12, "wrong:9", "many", "{mailbox}", "?changed", "-1",
            "9" * 22, "K-00000000", "K-000000000.1", "K-000000000?same", "K-000000000.file",
            *sorted(REFERENCES - {""})]  # fmt: skip
    forged = st.builds(
        lambda code, locale, digest, ref: f"{code}:{locale}:{digest}:{ref}",
        st.sampled_from(codes), st.sampled_from(["kk", "ru", "en", "en+", "++", "de", ""]),
        st.sampled_from(["", "A" * 16, "Ж" * 5]), st.sampled_from(refs),
    )  # fmt: skip
    noise = st.one_of(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=64),
        st.sampled_from([":", ":::", "::::::", "speak"]),
    )
    return st.one_of(st.sampled_from(known), forged, forged, noise).map(_sixty_four)


def _sixty_four(text: str) -> str:
    """What fits into callback data: 1-64 bytes."""
    return text.encode()[:64].decode("utf-8", "ignore") or ":"


def user(values: Values) -> dict[str, Any]:
    """The Bot API's User."""
    return {"id": values.id, "is_bot": False, "first_name": values.first_name, "language_code": values.client}


def private(values: Values) -> dict[str, Any]:
    """The private chat with a person."""
    return {"id": values.id, "type": "private", "first_name": values.first_name}


def _file(**more: Any) -> dict[str, Any]:
    return {"file_id": "f", "file_unique_id": "u", **more}


MEDIA: list[dict[str, Any]] = [
    {"sticker": _file(type="regular", width=1, height=1, is_animated=False, is_video=False)},
    {"voice": _file(duration=1)},
    {"audio": _file(duration=1)},
    {"video": _file(width=1, height=1, duration=1)},
    {"video_note": _file(length=1, duration=1)},
    {"animation": _file(width=1, height=1, duration=1)},
    {"photo": [_file(width=1, height=1)], "caption": "STOP"},
    {"document": _file(file_name="жеке куәлік.pdf")},
    {"document": _file(file_name="../../../etc/passwd\u202e.pdf", file_size=1 << 40)},
    {"photo": [_file(width=1, height=1)]},
    {"location": {"longitude": 76.9, "latitude": 43.2}},
    {"venue": {"location": {"longitude": 1.0, "latitude": 1.0}, "title": "t", "address": "a"},
     "location": {"longitude": 1.0, "latitude": 1.0}},
    {"dice": {"emoji": "🎲", "value": 3}},
    {"game": {"title": "g", "description": "d", "photo": [_file(width=1, height=1)]}},
    {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False, "is_anonymous": True,
              "type": "regular", "allows_multiple_answers": False, "allows_revoting": False}},
    {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}},
    {"users_shared": {"request_id": 1, "users": [{"user_id": 2}]}},
    {"story": {"chat": {"id": 1, "type": "private"}, "id": 1}},
    {"paid_media": {"star_count": 1, "paid_media": []}},
    {"web_app_data": {"data": "STOP", "button_text": "b"}},
    {"passport_data": {"data": [], "credentials": {"data": "d", "hash": "h", "secret": "s"}}},
    {"successful_payment": {"currency": "XTR", "total_amount": 1, "invoice_payload": "p", "telegram_payment_charge_id": "t",
                            "provider_payment_charge_id": "p"}},
    {"message_auto_delete_timer_changed": {"message_auto_delete_time": 1}},
    {"write_access_allowed": {}},
    {"something_of_next_year": {"a": [1, {"b": None}]}},
    {},
]  # fmt: skip

ENTITIES: list[dict[str, Any]] = [
    {"type": "bold", "offset": 0, "length": 4}, {"type": "bot_command", "offset": 0, "length": 5},
    {"type": "text_link", "offset": 0, "length": 1, "url": "https://evil.example"},
    {"type": "spoiler", "offset": 0, "length": 9999},
    {"type": "next_year", "offset": 0, "length": 1}, {"type": "pre", "offset": 0, "length": 2, "language": "x"},
]  # fmt: skip


def content(town: dict[str, Resident]) -> SearchStrategy[dict[str, Any]]:
    """What a message may hold."""
    said = st.builds(lambda text: {"text": text}, words(town))
    marked = st.builds(
        lambda text, marks: {"text": text, "entities": marks},
        words(town),
        st.lists(st.sampled_from(ENTITIES), max_size=3),
    )
    origins = [
        {"type": "hidden_user", "date": DATE, "sender_user_name": "n"},
        {"type": "user", "date": DATE, "sender_user": {"id": BOT, "is_bot": True, "first_name": "k"}},
        {"type": "chat", "date": DATE, "sender_chat": {"id": -1, "type": "group", "title": "t"}},
        {"type": "channel", "date": DATE, "chat": {"id": -1, "type": "channel", "title": "t"}, "message_id": 1},
    ]  # fmt: skip
    forwarded = st.builds(
        lambda text, origin: {"text": text, "forward_origin": origin}, words(town), st.sampled_from(origins)
    )
    via = st.builds(
        lambda text: {"text": text, "via_bot": {"id": 9, "is_bot": True, "first_name": "v"}}, words(town)
    )
    album = st.builds(
        lambda n: {"photo": [_file(width=1, height=1)], "media_group_id": str(n)}, st.integers(0, 3)
    )
    card = st.builds(
        lambda values, bare, number: {"contact": {"phone_number": number or values.phone, "first_name": values.first_name}
                                      | ({} if bare else {"user_id": values.id})},
        st.sampled_from(list(VALUES.values())), st.booleans(), st.sampled_from(["", "", "", "abc", "+", "112", "0" * 40]),
    )  # fmt: skip
    return st.one_of(said, said, marked, forwarded, via, album, card, st.sampled_from(MEDIA))


def updates(town: dict[str, Resident]) -> SearchStrategy[tuple[str, Update]]:
    """One update and the key of the person it is from."""
    keys = sorted(town)
    who = st.sampled_from(keys)
    number = st.integers(1, 200)

    def message(key: str, held: dict[str, Any], n: int, kind: str) -> tuple[str, Update]:
        values = town[key].values
        return key, {
            kind: {"message_id": n, "date": DATE, "chat": private(values), "from": user(values), **held}
        }

    def press(key: str, told: str, n: int, where: str) -> tuple[str, Update]:
        values = town[key].values
        bot = {"id": BOT, "is_bot": True, "first_name": "k"}
        at: dict[str, Any] = {
            "message_id": n,
            "chat": private(values),
            "date": DATE,
            "from": bot,
            "text": "…",
        }
        query: dict[str, Any] = {
            "id": str(n),
            "from": user(values),
            "chat_instance": "1",
            "data": told,
            "message": at,
        }
        if where == "inaccessible":
            query["message"] = {"message_id": n, "chat": private(values), "date": 0}
        elif where == "photo":
            at.pop("text")
        elif where == "inline":
            query.pop("message")
            query["inline_message_id"] = "i"
        elif where == "game":
            query.pop("data")
            query["game_short_name"] = "g"
        elif where == "group":
            at["chat"] = {"id": -77, "type": "group", "title": "t"}
        return key, {"callback_query": query}

    presses = st.builds(press, who, data(town), number,
                        st.sampled_from(["here"] * 8 + ["inaccessible", "photo", "inline", "game", "group"]))  # fmt: skip
    messages = st.builds(
        message, who, content(town), number, st.sampled_from(["message"] * 9 + ["edited_message"])
    )
    return st.one_of(presses, presses, messages, messages, elsewhere(town))


def elsewhere(town: dict[str, Resident]) -> SearchStrategy[tuple[str, Update]]:
    """Groups, channels, robots, Telegram itself, blocks, and kinds we never asked for."""

    def made(key: str, kind: int, text: str) -> tuple[str, Update]:
        values = town[key].values
        human, chat = user(values), private(values)
        group = {"id": -100 - kind, "type": ("group", "supergroup", "channel")[kind % 3], "title": "t"}
        inside = {"message_id": 5, "date": DATE, "chat": group, "text": text}
        bot = {"id": BOT, "is_bot": True, "first_name": "k"}
        gone = {"status": "kicked", "user": bot, "until_date": 0}
        member = {"status": "member", "user": bot}
        change = {"chat": chat, "from": human, "date": DATE}
        every: list[Update] = [
            {"message": {**inside, "from": human}},
            {"message": {**inside, "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": group}},
            {"message": {**inside, "from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}}},
            {"message": {**inside}},
            {"message": {**inside, "chat": {"id": 777000, "type": "private"},
                         "from": {"id": 777000, "is_bot": False, "first_name": "T"}}},
            {"message": {**inside, "chat": chat, "from": {"id": 42, "is_bot": True, "first_name": "r"}}},
            {"edited_message": {**inside, "from": human}},
            {"channel_post": inside},
            {"edited_channel_post": inside},
            {"business_message": {**inside, "chat": chat, "from": human, "business_connection_id": "b"}},
            {"business_connection": {"id": "b", "user": human, "user_chat_id": values.id, "date": DATE, "is_enabled": True}},
            {"inline_query": {"id": "1", "from": human, "query": text, "offset": ""}},
            {"chosen_inline_result": {"result_id": "1", "from": human, "query": text}},
            {"message_reaction": {"chat": chat, "message_id": 1, "user": human, "date": DATE, "old_reaction": [],
                                  "new_reaction": []}},
            {"poll_answer": {"poll_id": "1", "user": human, "option_ids": [0], "option_persistent_ids": []}},
            {"pre_checkout_query": {"id": "1", "from": human, "currency": "XTR", "total_amount": 1, "invoice_payload": text}},
            {"chat_join_request": {"chat": group, "from": human, "user_chat_id": values.id, "date": DATE}},
            {"my_chat_member": {**change, "old_chat_member": member, "new_chat_member": gone}},
            {"my_chat_member": {**change, "old_chat_member": gone, "new_chat_member": member}},
            {"my_chat_member": {**change, "chat": group, "old_chat_member": gone, "new_chat_member": member}},
            {"chat_member": {**change, "old_chat_member": member, "new_chat_member": gone}},
            {"a_kind_of_next_year": {"from": human, "text": text}},
            {},
        ]  # fmt: skip
        return key, every[kind % len(every)]

    return st.builds(made, st.sampled_from(sorted(town)), st.integers(0, 22), st.sampled_from(INTENTS))
