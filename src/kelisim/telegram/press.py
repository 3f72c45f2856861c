"""What a button carries: 64 bytes that name a screen or an act, never a person (Bot API, InlineKeyboardButton)."""

from __future__ import annotations

from dataclasses import dataclass

from kelisim.texts import LOCALES

LIMIT = 64
KEPT = "+"  # after the locale: the message with this button is a confirmation and is never edited


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button, read back: `code` (<= 6), `locale` (2), `digest` (16 or none), `ref` (<= 22)."""

    code: str
    locale: str
    digest: str = ""
    ref: str = ""
    kept: bool = False
    quoted: str = ""  # the person's own words that the pressed screen answered, as Telegram gives them back
    message: int = 0  # the pressed message, where it can still be edited

    def pack(self) -> str:
        """The callback data; raises ValueError above 64 bytes, which no button of ours may have."""
        data = f"{self.code}:{self.locale}{KEPT if self.kept else ''}:{self.digest}:{self.ref}"
        if len(data.encode()) > LIMIT:
            raise ValueError(f"callback data of {self.code} is too long")
        return data

    @classmethod
    def unpack(cls, data: str | None) -> Press | None:
        """The press behind callback data, or nothing when we never made such a button."""
        parts = (data or "").split(":", 3)
        # Ours are plain ASCII: what anybody forges beyond it would not fit into the buttons that repeat it.
        if len(parts) != 4 or not (data or "").isascii() or not (data or "").isprintable():
            return None
        code, locale, digest, ref = parts
        kept = locale.endswith(KEPT)
        if locale.rstrip(KEPT) not in LOCALES or len(digest) > 16 or len(ref) > 22:
            return None
        return cls(code, locale.rstrip(KEPT), digest, ref, kept)
