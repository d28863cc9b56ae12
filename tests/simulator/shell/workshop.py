"""A temporary folder in which commands are really run, shown to the trace as a stable place such as ``/repo``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

SECONDS = 20
"""No command may run longer than this; those of the scripts take a fraction of a second."""

_PROGRAMS = (
    "awk", "basename", "bash", "cat", "chmod", "cmp", "cp", "cut", "date", "diff", "dirname", "echo", "env", "expr",
    "find", "git", "grep", "head", "ls", "mkdir", "mv", "printf", "pwd", "rm", "sed", "sh", "sleep", "sort", "stat",
    "tail", "tee", "touch", "tr", "true", "uniq", "wc", "xargs",
)  # fmt: skip
_DURATION = re.compile(r"\bin \d+\.\d+s")
_UNORDERED = ("find ", "grep -r")
"""Commands that list files as the file system happens to hold them."""


@dataclass(frozen=True)
class Ran:
    """What a command printed (both streams, in order) and its exit code."""

    output: str
    code: int


@dataclass
class Workshop:
    """The folder, and what its real paths are called in the trace."""

    root: Path
    shown: str
    random: Random
    """For what is shown in place of measured times; nothing else draws from it, so no output changes what is played."""
    cwd: Path
    programs: Path
    environment: dict[str, str]

    def run(self, command: str, *, keep_cwd: bool = False) -> Ran:
        """Run ``command`` with bash in the current folder; ``keep_cwd``: a ``cd`` in it lasts, as in one long shell."""
        note = self.root.parent / "cwd"
        script = (
            f"{self.real(command)}\nreroute_code=$?\npwd > {note}\nexit $reroute_code"
            if keep_cwd
            else self.real(command)
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        if keep_cwd and note.exists():
            self.cwd = Path(note.read_text("utf-8").strip())
            note.unlink()
        printed = done.stdout.decode("utf-8", "replace")
        if command.startswith(_UNORDERED):
            printed = "".join(sorted(printed.splitlines(keepends=True), key=lambda line: line.partition(":")[0]))
        return Ran(self.show(printed), done.returncode)

    def path(self, shown: str) -> Path:
        """The real path of one that the trace names."""
        return self.cwd / self.real(shown)

    def real(self, text: str) -> str:
        """``text`` as the machine needs it."""
        return text.replace(self.shown, str(self.root))

    def show(self, text: str) -> str:
        """``text`` as the trace shows it: no real path, no clock, nothing that another run would print otherwise."""
        text = text.replace(str(self.root), self.shown).replace(str(self.programs), "/usr/bin")
        text = text.replace(sys.base_prefix + "/lib", "/usr/lib").replace(str(self.root.parent), "/tmp")
        return _DURATION.sub(lambda _: f"in {self.random.uniform(0.001, 0.02):.3f}s", text)


@contextmanager
def workshop(files: Mapping[str, str], shown: str, random: Random, port: int | None = None) -> Iterator[Workshop]:
    """A folder with ``files`` in it, gone when the block ends.

    ``port`` is where every HTTP request of its commands arrives, whatever address they name.
    """
    with tempfile.TemporaryDirectory(prefix="reroute-simulate-") as folder:
        base = Path(folder).resolve()
        root, programs = base / "work", base / "programs"
        root.mkdir()
        _link(programs)
        for name, text in files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        environment = _environment(base, programs)
        if port is not None:
            # As a proxy the service is reached under the address that the files name: its own port stands nowhere.
            environment["http_proxy"] = f"http://127.0.0.1:{port}"
        yield Workshop(root, shown, Random(random.getrandbits(64)), root, programs, environment)


def _link(programs: Path) -> None:
    """The programs that the agent's machine has: the same few everywhere, so that `rg` is missing everywhere."""
    programs.mkdir()
    for name in _PROGRAMS:
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    # The interpreter below any virtual environment: it starts twice as fast, and its paths say nothing of ours.
    interpreter = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    for name in ("python", "python3"):
        (programs / name).symlink_to(interpreter if interpreter.exists() else sys.executable)


def _environment(base: Path, programs: Path) -> dict[str, str]:
    return {
        "PATH": str(programs),
        "HOME": str(base),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        # `compileall` writes all the same: beside the folder, where no listing and no diff shows it, and judged by the
        # text of its source, so that two edits within one second are two.
        "PYTHONPYCACHEPREFIX": str(base / "bytecode"),
        "SOURCE_DATE_EPOCH": "0",
        "PYTHONHASHSEED": "0",
        "PYTHON_COLORS": "0",
        "PYTHONNOUSERSITE": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "Dana Reyes",
        "GIT_AUTHOR_EMAIL": "dana.reyes@example.com",
        "GIT_AUTHOR_DATE": "2026-03-02T09:00:00Z",
        "GIT_COMMITTER_NAME": "Dana Reyes",
        "GIT_COMMITTER_EMAIL": "dana.reyes@example.com",
        "GIT_COMMITTER_DATE": "2026-03-02T09:00:00Z",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
    }
