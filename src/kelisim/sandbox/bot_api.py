"""The Bot API over HTTP: one route for all methods, one for files, and the faults on the way."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from kelisim.sandbox import messages, profile
from kelisim.sandbox.errors import Declined, Unheard, bad
from kelisim.sandbox.parameters import Parameters, nested, of_request, whole, words, yes
from kelisim.sandbox.town import Town
from kelisim.sandbox.webhook import Webhook

Plain = Callable[[Town, Parameters], Any]

_SENDING = (
    "chat_id business_connection_id message_thread_id direct_messages_topic_id parse_mode "
    "disable_notification "
    "protect_content allow_paid_broadcast message_effect_id suggested_post_parameters reply_parameters "
    "reply_markup ephemeral_message_parameters receiver_user_id callback_query_id "
    "allow_sending_without_reply "
    "reply_to_message_id "
)
_EDITING = "business_connection_id chat_id message_id inline_message_id reply_markup "

METHODS: dict[str, tuple[str, Plain | None, str]] = {
    # name: fields Telegram knows, what it does
    name.lower(): (name, act, fields)
    for name, act, fields in [
        ("getMe", profile.get_me, ""),
        ("getUpdates", None, "offset limit timeout allowed_updates"),
        (
            "setWebhook",
            None,
            "url certificate ip_address max_connections allowed_updates drop_pending_updates secret_token",
        ),
        ("deleteWebhook", None, "drop_pending_updates"),
        ("getWebhookInfo", None, ""),
        (
            "sendMessage",
            messages.send_message,
            _SENDING + "text entities link_preview_options disable_web_page_preview",
        ),
        (
            "sendDocument",
            messages.send_document,
            _SENDING + "document thumbnail caption caption_entities disable_content_type_detection",
        ),
        (
            "sendPhoto",
            messages.send_photo,
            _SENDING + "photo caption caption_entities show_caption_above_media has_spoiler",
        ),
        (
            "sendChatAction",
            messages.send_chat_action,
            "chat_id action business_connection_id message_thread_id",
        ),
        (
            "editMessageText",
            messages.edit_message_text,
            _EDITING + "text parse_mode entities link_preview_options disable_web_page_preview rich_message",
        ),
        ("editMessageReplyMarkup", messages.edit_message_reply_markup, _EDITING),
        ("deleteMessage", messages.delete_message, "chat_id message_id"),
        (
            "answerCallbackQuery",
            messages.answer_callback_query,
            "callback_query_id text show_alert url cache_time",
        ),
        ("setMyCommands", profile.set_my_commands, "commands scope language_code"),
        ("getMyCommands", profile.get_my_commands, "scope language_code"),
        ("deleteMyCommands", profile.delete_my_commands, "scope language_code"),
        ("setMyName", profile.set_my_name, "name language_code"),
        ("getMyName", profile.get_my_name, "language_code"),
        ("setMyDescription", profile.set_my_description, "description language_code"),
        ("getMyDescription", profile.get_my_description, "language_code"),
        ("setMyShortDescription", profile.set_my_short_description, "short_description language_code"),
        ("getMyShortDescription", profile.get_my_short_description, "language_code"),
        ("getFile", profile.get_file, "file_id"),
        ("getChat", profile.get_chat, "chat_id"),
        ("leaveChat", profile.leave_chat, "chat_id"),
    ]
}
FIELDS = {key: frozenset(fields.split()) | {"method"} for key, (_, _, fields) in METHODS.items()}


class BotApi:
    """The doors a bot uses."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.webhook = Webhook(town, self.perform)
        self.waiting: dict[str, Callable[[Parameters], Awaitable[Any]]] = {
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
        }

    def routes(self) -> list[web.AbstractRouteDef]:
        """What aiohttp serves."""
        return [
            web.route("*", r"/bot{token:[^/]+}/{method:[A-Za-z]+}", self.call),
            web.get(r"/file/bot{token:[^/]+}/{path:.+}", self.file),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """POST or GET /bot<token>/<method>."""
        began = time.perf_counter()
        method = request.match_info["method"]
        said: Parameters = {}
        try:
            if request.match_info["token"] != self.town.token:
                raise Declined(401, "Unauthorized")
            said = await of_request(request)
            answer = await self._faulty(method, said)
        except Unheard:
            self.town.log(method, said, None, began)
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        except Declined as declined:
            answer = declined.body()
        self.town.log(method, said, answer, began)
        status = 200 if answer["ok"] else int(answer["error_code"])
        return web.Response(
            status=status,
            body=json.dumps(answer, ensure_ascii=False).encode(),
            content_type="application/json",
        )

    async def _faulty(self, method: str, said: Parameters) -> dict[str, Any]:
        faults = self.town.faults
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        if faults.outage or faults.falls(faults.cuts):
            raise Unheard
        if faults.falls(faults.errors):
            raise Declined(502, "Bad Gateway")
        if faults.planned and (plan := faults.next_for(method, _number(said.get("chat_id")))):
            more = {"retry_after": plan.retry_after} if plan.retry_after is not None else {}
            raise Declined(plan.code, plan.description, **more)
        result = await self.perform(method, said)
        if self.town.faults.falls(self.town.faults.lost):
            raise Unheard
        return {"ok": True, "result": result}

    async def perform(self, method: str, said: Parameters) -> Any:
        """Do one method; raises what Telegram would answer instead."""
        key = method.lower()
        if key not in METHODS:
            raise Declined(404, "Not Found")
        if unknown := set(said) - FIELDS[key]:
            raise bad(f"{METHODS[key][0]} has no parameter {min(unknown)}")
        act = METHODS[key][1]
        return act(self.town, said) if act is not None else await self.waiting[key](said)

    async def _get_updates(self, said: Parameters) -> Any:
        updates = self.town.updates
        updates.allow(nested(said, "allowed_updates"))
        return await updates.poll(
            offset=whole(said, "offset", 0),
            limit=whole(said, "limit", 100),
            timeout=min(max(whole(said, "timeout", 0), 0), self.town.limits.longest_poll),
            trouble=self._trouble,
        )

    def _trouble(self) -> None:
        if self.town.faults.outage:
            raise Unheard

    async def _set_webhook(self, said: Parameters) -> Any:
        url = words(said, "url")
        if not url:
            return await self._delete_webhook(said)
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise bad("bad webhook: the sandbox delivers to loopback addresses only")
        secret = words(said, "secret_token", "")
        if (
            not all(sign.isascii() and (sign.isalnum() or sign in "_-") for sign in secret)
            or len(secret) > 256
        ):
            raise bad("secret token contains unallowed characters")
        most = whole(said, "max_connections", 40)
        if not 1 <= most <= 100:
            raise bad("max_connections must be between 1 and 100")
        self.town.updates.allow(nested(said, "allowed_updates"))
        if yes(said, "drop_pending_updates"):
            self.town.updates.drop()
        await self.webhook.start(url, secret, most)
        return True

    async def _delete_webhook(self, said: Parameters) -> Any:
        await self.webhook.stop()
        if yes(said, "drop_pending_updates"):
            self.town.updates.drop()
        return True

    async def _get_webhook_info(self, said: Parameters) -> Any:
        updates = self.town.updates
        info = {"url": "", "has_custom_certificate": False, "pending_update_count": len(updates.waiting)}
        if updates.allowed:
            info["allowed_updates"] = updates.allowed
        return info | (updates.webhook or {})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """GET /file/bot<token>/<path>."""
        if request.match_info["token"] != self.town.token:
            return web.json_response(Declined(401, "Unauthorized").body(), status=401)
        kept = self.town.files.by_path.get(request.match_info["path"])
        if self.town.faults.outage and request.transport is not None:
            request.transport.abort()
        if kept is None:
            return web.json_response(Declined(404, "Not Found").body(), status=404)
        return web.Response(body=kept.upload.content, content_type="application/octet-stream")


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
