"""Albums and bursts of edits are answered once; what was answered is answered again when Telegram repeats it."""

from typing import Any

import pytest
from tests.doorstep import Doorstep


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("edited_message", {"text": "STOP"}),
        ("message", {"dice": {"emoji": "🎲", "value": 1}, "media_group_id": "7"}),
    ],
)
async def test_a_burst_is_answered_once_and_its_repeat_again(
    doorstep: Doorstep, kind: str, more: dict[str, Any]
) -> None:
    saule = doorstep.person("saule")
    update = {kind: saule.written(**more)}
    answers = [bool((await saule.send(update, number)).calls) for number in (901, 902, 901, 903, 902, 901)]
    assert answers == [True, False, True, False, False, True]
