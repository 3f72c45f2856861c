"""aiogram-broadcast 0.2.0 with its defaults; its list of subscribers is in memory, the cheapest it could have."""

from collections.abc import AsyncIterator

from aiogram import Bot
from aiogram_broadcast import (  # type: ignore[import-not-found]
    BaseBroadcastStorage,
    BroadcastService,
    Subscriber,
    SubscriberState,
)
from tests.bench.broadcast.senders.common import CHATS, TEXT, measure


class Memory(BaseBroadcastStorage):  # type: ignore[misc]
    """Everybody is a member."""

    async def add_subscriber(self, subscriber: Subscriber) -> None: ...

    async def get_subscriber(self, user_id: int) -> Subscriber | None:
        return None

    async def update_subscriber(self, subscriber: Subscriber) -> None: ...

    async def delete_subscriber(self, user_id: int) -> bool:
        return False

    async def get_all_subscriber_ids(self, state: SubscriberState | None = None) -> list[int]:
        return list(CHATS)

    async def get_subscribers_count(self, state: SubscriberState | None = None) -> int:
        return len(CHATS)

    async def iter_subscribers(
        self, state: SubscriberState | None = None, batch_size: int = 100
    ) -> AsyncIterator[Subscriber]:
        for chat in CHATS:
            yield Subscriber(id=chat, full_name="")


async def send(bot: Bot) -> None:
    """As its README shows."""
    await BroadcastService(bot, Memory()).broadcast_text(TEXT, parse_mode="HTML")


if __name__ == "__main__":
    measure(send)
