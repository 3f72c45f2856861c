"""One process serves a SQLite file; who comes second is told whose it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kelisim.store.lock import ServeLock, Taken

HOLD = "import sys; from pathlib import Path; from kelisim.store.lock import ServeLock\n"
HOLD += "with ServeLock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


def test_a_second_one_in_the_same_process_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    """T-ADMIN-07."""
    path = tmp_path / "kelisim.db"
    with ServeLock(path):
        for _n in range(3):
            with pytest.raises(Taken, match=f"process {os.getpid()}"), ServeLock(path):
                pass
    with ServeLock(path):
        pass


def test_another_process_is_named_and_its_death_lets_go(tmp_path: Path) -> None:
    """T-ADMIN-07: however it dies."""
    path = tmp_path / "new" / "kelisim.db"
    source = str(Path(__file__).parents[2] / "src")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": source},
    )  # fmt: skip
    assert other.stdout is not None and other.stdin is not None
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(Taken, match=f"process {other.pid}"), ServeLock(path):
        pass
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    with ServeLock(path):
        assert (path.with_name("kelisim.db.lock").stat().st_mode & 0o777) == 0o600
