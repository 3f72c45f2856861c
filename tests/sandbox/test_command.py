"""`python -m kelisim.sandbox`, and what the sandbox may know."""

import ast
import asyncio
import signal
import sys
from pathlib import Path

import pytest

import kelisim.sandbox

FOLDER = Path(kelisim.sandbox.__file__).parent
MAY_USE = {"aiohttp", "aiosmtpd", "sqlalchemy", "kelisim"}


async def run(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kelisim.sandbox",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(FOLDER.parent.parent)},
    )


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_it_prints_one_link_and_stops_when_told(sign: signal.Signals) -> None:
    process = await run("--port", "0", "--smtp-port", "0")
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    assert line.startswith("Open http://127.0.0.1:")
    process.send_signal(sign)
    said, complaint = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, said, complaint) == (0, b"", b"")


async def test_a_taken_port_is_one_sentence(sandbox: kelisim.sandbox.Sandbox) -> None:
    process = await run("--port", str(sandbox.port), "--smtp-port", "0")
    _, complaint = await process.communicate()
    assert process.returncode == 1 and complaint.decode().count("\n") == 1
    assert complaint.startswith(b"kelisim.sandbox: cannot listen")


async def test_help_names_every_option() -> None:
    said, _ = await (await run("--help")).communicate()
    for option in ("--port", "--smtp-port", "--database", "--maildir", "--token"):
        assert option in said.decode()


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_the_sandbox_knows_nothing_of_the_desk(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            root = name.partition(".")[0]
            assert root in sys.stdlib_module_names | MAY_USE, name
            assert root != "kelisim" or name.startswith("kelisim.sandbox"), name
