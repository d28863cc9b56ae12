"""flows/README.md, word by word: its blocks, pasted into a terminal, end in a night that its schedule made."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reroute import settings
from reroute.storage import publish

if TYPE_CHECKING:
    from conftest import Server

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "flows/README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
NOT_THE_CHECKOUT = {
    ".git",
    ".venv",
    ".tools",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
}
# Loaded by every Python below the terminal: the server takes its time, as it does on a small machine.
SLOW_START = "import sys, time\nif {'server', 'start'} <= set(sys.orig_argv): time.sleep(20)\n"

pytestmark = pytest.mark.server


class Terminal:
    """An interactive bash on a terminal of its own, into which blocks are pasted."""

    def __init__(self, variables: dict[str, str], folder: Path) -> None:
        self.shown = ""
        self._pid, self._end = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], variables)

    def paste(self, block: str, seconds: float = 240) -> None:
        """Paste a block whole and wait for the prompt after it; fails where a command swallowed a part of it."""
        marker = f"[end of block {time.monotonic_ns()}]"
        # Split, so that what the terminal echoes is not taken for what the shell answers.
        os.write(self._end, f"{block}echo '{marker[:5]}''{marker[5:]}'\n".encode())
        stop = time.monotonic() + seconds
        while marker not in self.shown and time.monotonic() < stop:
            if select.select([self._end], [], [], 1)[0]:
                self.shown += os.read(self._end, 65536).decode("utf-8", "replace")
        assert marker in self.shown, f"This block did not come to its end:\n{block}\n{self.shown[-5000:]}"

    def close(self) -> None:
        """Close the window: the shell and what still hangs on it are gone."""
        os.close(self._end)
        os.waitpid(self._pid, 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, one_trace: str) -> Iterator[Path]:
    """A person's own project folder, made by `reroute init`, with one source; its processes are ended afterwards."""
    folder = tmp_path_factory.mktemp("home") / "Anna's traces"
    folder.mkdir()
    init = [sys.executable, "-c", "from reroute.cli import main; main()", "init"]
    subprocess.run(init, cwd=folder, env=os.environ | {"HOME": str(folder.parent)}, check=True)
    (folder / "chats.jsonl").write_text(one_trace, "utf-8")
    with (folder / "reroute.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[sources]]\nname = "chats"\npath = "chats.jsonl"\n')
    yield folder
    for path in (folder / ".prefect").glob("*.pid"):  # a test that failed before its last block
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(path.read_text()), signal.SIGKILL)


@pytest.fixture(scope="module")
def terminals(folder: Path) -> Callable[[], Terminal]:
    """Opens a terminal, with the variables and the home folder of a person who has set none of ours."""
    slow = folder.parent / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(SLOW_START, "utf-8")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "REROUTE_"))}
    path = os.pathsep.join([str(slow), *filter(None, [os.environ.get("PYTHONPATH")])])
    return lambda: Terminal(variables | {"HOME": str(folder.parent), "PYTHONPATH": path}, folder.parent)


@pytest.fixture(scope="module")
def blocks(folder: Path, port: int) -> list[str]:
    """The README's blocks, with what it leaves to its reader: both folders, the port and the hour."""
    return [
        block.replace("$HOME/reroute", str(Path(sys.prefix).parent))
        .replace("$HOME/my-project", str(folder))
        .replace("REROUTE_PORT=4200", f"REROUTE_PORT={port}")
        .replace('--cron "30 3 * * *"', '--cron "* * * * *"')
        for block in BLOCKS
    ]


def test_the_pasted_blocks_end_in_a_night_that_the_schedule_made(
    folder: Path, blocks: list[str], terminals: Callable[[], Terminal], port: int, server: Server
) -> None:
    before = _files(ROOT)
    terminal = terminals()
    for block in blocks[:-1]:
        terminal.paste(block)
    terminal.close()
    run = _first_scheduled(server, lambda: _logs(folder, terminal))
    assert run["state_type"] == "COMPLETED", _logs(folder, terminal)
    assert Path(run["parameters"]["project_dir"]) == folder
    assert _trajectories(folder) == 1, _logs(folder, terminal)
    assert _files(ROOT) - before == set()
    # Where these lie in the server's memory, a server that ends during a night waits for that night for good.
    assert (folder / ".prefect/concurrency_leases").is_dir()

    terminal = terminals()
    terminal.paste(blocks[0])
    terminal.paste(blocks[-1])
    terminal.close()
    assert _stopped(port, folder), _logs(folder, terminal)


def _first_scheduled(server: Server, logs: Callable[[], str], seconds: float = 240) -> dict[str, Any]:
    """The first run that a schedule made and that has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):  # a server that does not answer: its log is shown in the end
            for run in server.runs():
                made = run["created_by"] and run["created_by"]["type"] == "SCHEDULE"
                if made and run["state_type"] in {"COMPLETED", "FAILED", "CRASHED"}:
                    return run
        time.sleep(2)
    pytest.fail(f"No run that the schedule made has ended in {seconds:g} s.\n{logs()}")


def _trajectories(folder: Path) -> int:
    with publish.connect(settings.load(folder)) as connection:
        row = connection.execute("select count(*) from trajectories").fetchone()
    return row[0] if row else 0


def _logs(folder: Path, terminal: Terminal) -> str:
    logs = {path.name: path.read_text("utf-8", "replace") for path in sorted((folder / ".prefect").glob("*.log"))}
    return "\n".join(f"== {name}\n{text[-6000:]}" for name, text in ({"terminal": terminal.shown} | logs).items())


def _files(root: Path) -> set[Path]:
    found = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_THE_CHECKOUT]
        found |= {Path(folder) / name for name in [*folders, *names]}
    return found


def _stopped(port: int, folder: Path, seconds: float = 60) -> bool:
    """Whether the worker says that it has stopped and nothing listens at the server's address."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            listening = probe.connect_ex(("127.0.0.1", port)) == 0
        if not listening and "stopped!" in (folder / ".prefect/worker.log").read_text("utf-8"):
            return True
        time.sleep(0.5)
    return False
