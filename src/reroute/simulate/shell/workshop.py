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

from reroute.simulate.shell.service import SHOWN_PORT

SECONDS = 20
"""No command may run longer than this; those of the scripts take a fraction of a second."""

_PROGRAMS = (
    "awk", "basename", "bash", "cat", "chmod", "cmp", "cp", "cut", "date", "diff", "dirname", "echo", "env", "expr",
    "find", "git", "grep", "head", "ls", "mkdir", "mv", "printf", "pwd", "rm", "sed", "sh", "sleep", "sort", "stat",
    "tail", "tee", "touch", "tr", "true", "uniq", "wc", "xargs",
)  # fmt: skip
_DURATION = re.compile(r"\bin \d+\.\d+s")
_ADDRESS = re.compile(r"0x[0-9a-f]{8,}")
_LISTED = re.compile(r"^([-dl][rwxst-]{9})[.+]? +(\d+) +\S+ +\S+ +(\d+) +\w{3} +\d+ +[\d:]+ ", re.MULTILINE)
_TOTAL = re.compile(r"^total \d+$", re.MULTILINE)


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
    cwd: Path
    programs: Path
    environment: dict[str, str]
    port: int
    """The port on which the rate service really listens; traces show :data:`SHOWN_PORT`."""

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
        return Ran(self.show(done.stdout.decode("utf-8", "replace")), done.returncode)

    def path(self, shown: str) -> Path:
        """The real path of one that the trace names."""
        return self.cwd / self.real(shown)

    def real(self, text: str) -> str:
        """``text`` as the machine needs it."""
        return text.replace(self.shown, str(self.root)).replace(str(SHOWN_PORT), str(self.port))

    def show(self, text: str) -> str:
        """``text`` as the trace shows it: no real path, no clock, nothing that another run would print otherwise."""
        text = text.replace(str(self.root), self.shown).replace(str(self.programs), "/usr/bin")
        text = re.sub(rf"(127\.0\.0\.1:|port = |default=|--port[ =]){self.port}\b", rf"\g<1>{SHOWN_PORT}", text)
        text = text.replace(sys.base_prefix + "/lib", "/usr/lib").replace(str(self.root.parent), "/tmp")  # noqa: S108 - a shown path
        text = _DURATION.sub(lambda _: f"in {self.random.uniform(0.001, 0.02):.3f}s", text)
        text = _ADDRESS.sub(lambda _: f"0x7f{self.random.randrange(16**8):08x}90", text)
        text = _LISTED.sub(r"\1 \2 dev dev \3 Mar 12 09:41 ", text)
        return _TOTAL.sub("total 40", text)


@contextmanager
def workshop(files: Mapping[str, str], shown: str, random: Random, port: int = 0) -> Iterator[Workshop]:
    """A folder with ``files`` in it, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="reroute-simulate-") as folder:
        base = Path(folder).resolve()
        root, programs = base / "work", base / "programs"
        root.mkdir()
        _link(programs)
        for name, text in files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace(str(SHOWN_PORT), str(port)), "utf-8")
        yield Workshop(root, shown, random, root, programs, _environment(base, programs), port)


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
