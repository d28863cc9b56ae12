"""The known answers of simulated runs: what their files hold, how they are read, and the bundle that the demo has.

The bundle is 200 runs with their answers in one archive, which `make simulate` writes.
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

import msgspec

from reroute.errors import ConfigError, UsageError

BUNDLE = Path(__file__).with_name("runs.tar.gz")
FORMAT = "reroute.answers"
VERSION = 2
_REMEDY = "install Reroute again."


class Answer(msgspec.Struct, kw_only=True, frozen=True):
    """One planted mistake and how it ended. Steps are rows of the run as it was played; actions are calls, from 0."""

    kind: str
    outcome: str
    kinds: list[str]
    """Every kind that the definitions allow here, ``kind`` first."""
    outcomes: list[str]
    """Every outcome that the definitions allow here, ``outcome`` first."""
    onset_step: int
    manifest_step: int
    recovery_step: int | None
    onset_action: int
    last_onset_action: int
    """The last that is right, where the definitions leave the onset open (siblings of a turn, calls of a loop)."""
    recovery_action: int | None
    clarified: bool = False
    lane: str = "main"


class Friend(msgspec.Struct, kw_only=True, frozen=True):
    """A false friend: an action that looks like a failure and is none."""

    name: str
    action: int
    last_action: int
    """The last action that belongs to it (of a polling, the last call)."""


class PlacedAnswer(Answer, kw_only=True, frozen=True):
    """An answer with the run that it is about."""

    run_id: str
    format: str


class PlayedRun(msgspec.Struct, kw_only=True, frozen=True):
    """A run and where it lies: ``path`` relative to the folder of traces, ``record`` counted from 0 in that file."""

    run_id: str
    number: int
    world: str
    format: str
    path: str
    record: int
    task_id: str | None
    actions: int
    mistakes: int
    passed: bool | None
    friends: list[Friend]


class Manifest(msgspec.Struct, kw_only=True, frozen=True):
    """What the other files are."""

    format: str
    version: int
    seed: int
    runs: int
    made_with: str
    """The Python minor version and system whose programs wrote the output that traces show."""


def read_manifest(folder: Path) -> Manifest:
    """What the folder's answers are. Raises UsageError where it holds none of this version."""
    path = folder / "manifest.json"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"Reading the answers {path}: {error}. Name the `answers` folder of a simulation.") from error
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        raise UsageError(
            f"Reading the answers {path}: version {manifest.version} is not {VERSION}; run `make demo` again."
        )
    return manifest


def read_answers(folder: Path) -> tuple[list[PlayedRun], list[PlacedAnswer]]:
    """The runs and answers of a simulation. Raises UsageError where ``folder`` holds none of this version."""
    read_manifest(folder)
    runs = [msgspec.json.decode(line, type=PlayedRun) for line in (folder / "runs.jsonl").read_bytes().splitlines()]
    lines = (folder / "answers.jsonl").read_bytes().splitlines()
    return runs, [msgspec.json.decode(line, type=PlacedAnswer) for line in lines]


def unpack(folder: Path, bundle: Path = BUNDLE) -> None:
    """Write the bundle's plain files under ``folder``: traces in ``traces/``, what is known in ``answers/``.

    Raises ConfigError where the archive is missing or broken, or holds anything but plain files that belong there.
    """
    root = folder.resolve()
    try:
        with tarfile.open(bundle, "r:gz") as archive:
            for member in archive:
                place = (root / member.name).resolve()
                data = archive.extractfile(member) if member.isreg() else None
                if data is None or not place.is_relative_to(root):
                    raise ConfigError(f"Unpacking {bundle}: {member.name!r} is no plain file below {folder}; {_REMEDY}")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data.read())
    except (FileNotFoundError, EOFError, tarfile.TarError, zlib.error) as error:
        raise ConfigError(f"Unpacking {bundle}: {error}; {_REMEDY}") from error
