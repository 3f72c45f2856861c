"""What no command foresaw: a place to look at, and nothing of what people said (T-STORE-09)."""

from __future__ import annotations

import subprocess
import sys

FALLS = """
from kelisim.commands import cli

@cli.command()
def fall():
    raise ValueError("CANARY: aigul@mail.kz")

cli()
"""


def test_an_unforeseen_fault_of_a_command_names_its_place_and_quotes_nobody() -> None:
    ended = subprocess.run([sys.executable, "-c", FALLS, "fall"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "ValueError" in ended.stderr and "fall" in ended.stderr
    assert "CANARY" not in ended.stdout + ended.stderr and "aigul" not in ended.stdout + ended.stderr
