"""The page of `kelisim demo` as a person uses it: the chat, the postbox and the view of the store, in Chromium."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NUMBER = re.compile(r"\b[CS]-[0-9A-HJKMNP-TV-Z]{9}\b")
PACE = 0.6  # seconds from act to act: a person reads, and the desk takes 20 acts in 10 s


class Visitor:
    """One of the three people at the page: reads, presses, writes, looks at the post and at the store."""

    def __init__(self, page: Any, expect: Any, who: str, shots: Path) -> None:
        self.page, self.expect = page, expect
        self._who, self._shots, self._taken, self._last = who, shots, 0, 0.0
        self._box = page.get_by_test_id("messages")

    async def come(self) -> None:
        """Sit down at this person's chat."""
        await self.page.get_by_test_id(f"person-{self._who}").click()
        await self.expect(self.page.get_by_test_id(f"person-{self._who}")).to_have_attribute(
            "aria-pressed", "true"
        )

    async def press(self, label: str, *told: str) -> str:
        """Press the newest button of this label and read the screen that says so."""
        await self._pause()
        await self._box.locator(f'[data-testid="button"][data-label-text="{label}"]').last.click()
        return await self.read(*told)

    async def say(self, words: str, *told: str) -> str:
        """Write, and read the screen that says so."""
        await self._pause()
        await self.page.get_by_test_id("composer").fill(words)
        await self.page.get_by_test_id("send").click()
        return await self.read(*told)

    async def read(self, *told: str) -> str:
        """The newest message of the bot that says all of this."""
        found = self._box.locator('[data-testid="chat-message"][data-by="bot"]')
        for piece in told:
            found = found.filter(has_text=piece)
        await self.expect(found.last).to_be_visible(timeout=20_000)
        return str(await found.last.inner_text())

    async def screens(self) -> list[str]:
        """Everything the bot has said and that still stands there."""
        return list(await self._box.locator('[data-by="bot"]').all_inner_texts())

    async def document(self, name: str, told: str) -> str:
        """Open a document of the chat that says this, take its picture, read it and close it."""
        await self._box.get_by_test_id("document").filter(has_text=name).last.click(timeout=30_000)
        body = self.page.frame_locator("#reader-frame").locator("body")
        await self.expect(body).to_contain_text(told, timeout=20_000)
        words = str(await body.inner_text())
        await self.shot("receipt")
        await self.page.get_by_test_id("reader-close").click()
        return words

    async def letter(self, to: str, pattern: str) -> str:
        """What the newest letter to this address says where the pattern has its group."""
        postbox = self.page.get_by_test_id("postbox")
        await postbox.get_by_test_id("postbox-letter").filter(has_text=to).first.click(timeout=20_000)
        told = await postbox.get_by_test_id("letter-text").inner_text()
        found = re.search(pattern, told)
        assert found, told
        await self.shot("letter")
        await postbox.get_by_test_id("letter-back").click()
        return found[1]

    async def wrote(self, table: str, *cells: str) -> None:
        """The store view shows a row of this table with all of these cells."""
        row = self.page.locator(
            f'[data-testid="store-table"][data-table="{table}"] [data-testid="store-row"]'
        )
        for cell in cells:
            row = row.filter(has=self.page.get_by_role("cell", name=cell, exact=True))
        await self.expect(row.first).to_be_attached(timeout=20_000)

    async def shot(self, step: str) -> None:
        """A picture of the whole page, once it has stopped moving."""
        self._taken += 1
        await asyncio.sleep(0.4)
        await self.page.screenshot(path=self._shots / f"{self._who}-{self._taken:02}-{step}.png")

    async def _pause(self) -> None:
        await asyncio.sleep(max(0.0, self._last + PACE - time.monotonic()))
        self._last = time.monotonic()
