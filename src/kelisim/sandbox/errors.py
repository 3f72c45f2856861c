"""What the Bot API answers when it declines."""

from typing import Any


class Declined(Exception):
    """A call that Telegram would decline: an error code, its description and optional parameters."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The answer as Telegram writes it."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


class Unheard(Exception):
    """The connection is cut: the caller never learns what became of the call."""


class Wrong(Exception):
    """A control call that cannot be done, with the HTTP status and the reason for the tester."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def bad(description: str) -> Declined:
    """A 400 with Telegram's prefix."""
    return Declined(400, f"Bad Request: {description}")
