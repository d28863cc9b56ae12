"""Dataset folders, as ``reroute export`` leaves them: found by name, read, listed and compared.

The only reader of ``manifest.json``: whatever shows, checks, prices or submits a dataset finds it here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from reroute.errors import UsageError
from reroute.settings import Project

FORMAT = "reroute.dataset"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
LATEST = "latest"
"""File beside a recipe's versions that names the newest one that passed."""
SPLITS = ("train", "validation")

Method = Literal["sft", "rft", "dpo"]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Candidates, rows and drops of a dataset, counted."""

    candidates: int = 0
    rows: int = 0
    train: int = 0
    validation: int = 0
    clean: int = 0
    """Rows of runs without a failure."""
    dropped: dict[str, int] = {}
    """Rule of the drop ledger -> candidates that it left out."""
    kinds: dict[str, int] = {}
    tiers: dict[str, int] = {}


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A data file, as the manifest states it."""

    path: str
    """Relative to the dataset's folder."""
    rows: int
    bytes: int
    sha256: str


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """The data files; a dataset that did not pass its gates has none."""

    train: FileEntry | None = None
    validation: FileEntry | None = None


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """A file and the records of it that a row shows."""

    file: str
    records: tuple[int, int]


class RowEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row's lineage, as far as it is checked, compared or shown."""

    row_id: str
    split: str
    line: int
    """0-based in its file."""
    sha256: str
    trajectory_id: str
    trajectory_version: str
    source: str
    file: str
    """The file that its first step was read from, relative to the source."""
    records: tuple[int, int]
    """First and last record of that file, 0-based."""
    other_files: tuple[Extent, ...] = ()
    """The other files of the run's session that its steps were read from."""
    steps: tuple[int, int]
    """First and last step of the trajectory, 0-based."""
    episode: dict[str, object] | None
    """None for a clean run."""


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that a gate refused: its id, the rule, and words that quote the text at fault."""

    row_id: str
    rule: str
    text: str


class Gates(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the export's gates."""

    failed: list[str] = []
    """Titles of the expectations that did not hold, with what was found."""
    rows: list[RefusedRow] = []
    page: str = ""
    """File name of the gates' HTML page."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``manifest.json`` read back; keys that nobody reads here are passed over."""

    format: str
    format_version: int
    recipe: str
    version: str
    method: Method
    dialect: str
    created_at: str = ""
    """ISO 8601, UTC."""
    passed: bool
    files: Files
    counts: Counts = Counts()
    gates: Gates = Gates()
    rows: list[RowEntry] = []
    grader: dict[str, object] | None = None
    response_format: dict[str, object] | None = None
    note: str = msgspec.field(name="yield", default="")
    """The yield in one sentence."""


@dataclass(frozen=True)
class Dataset:
    """A dataset folder whose manifest was read; the data files may still be anything."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """``recipe@version``, as it can be typed."""
        return f"{self.manifest.recipe}@{self.manifest.version}"

    def entry(self, split: str) -> FileEntry | None:
        """The manifest's entry of ``train`` or ``validation``."""
        return self.manifest.files.train if split == "train" else self.manifest.files.validation

    def path(self, split: str) -> Path | None:
        """Where a split's file should lie; None where the dataset has none."""
        entry = self.entry(split)
        return self.folder / entry.path if entry else None

    def lines(self, split: str) -> Iterator[bytes]:
        """The lines of a split in order, line ends included; nothing where there is no file."""
        path = self.path(split)
        if path is not None and path.is_file():
            with path.open("rb") as file:
                yield from file


@dataclass(frozen=True)
class Difference:
    """Two datasets compared by their rows; lists are of row ids."""

    only_first: list[str]
    only_second: list[str]
    changed: list[str]
    """Rows in both whose line differs."""
    moved: list[str]
    """Rows in both that stand on another side."""
    same: int


def find(project: Project, name: str) -> Dataset:
    """The dataset that a person means: ``recipe``, ``recipe@latest``, ``recipe@<start of version>`` or a folder.

    The latest is the version that the pointer file names; without one, the newest that passed, else the newest. Of
    several versions that begin alike, the one that is named in full is meant, else the only one that passed.
    Raises UsageError that says what there is where nothing or more than one fits, or where a manifest cannot be read.
    """
    folder = Path(name)
    if (folder / MANIFEST).is_file():
        return read(folder)
    if folder.is_dir():
        raise UsageError(f"Opening the dataset in {folder}: there is no {MANIFEST}. `reroute export` writes one.")
    recipe, _, version = name.partition("@")
    home = project.datasets / recipe
    # A name is never a way out of the datasets folder.
    folders = _folders(home) if Path(recipe).name == recipe else []
    if not folders:
        recipes = sorted({one.parent.name for home in project.datasets.glob("*") for one in _folders(home)})
        there = f"there is {', '.join(f'{recipe}@{LATEST}' for recipe in recipes)}, or give a dataset's folder."
        nothing = "no dataset was exported yet. `reroute export RECIPE` makes one."
        raise UsageError(f"Looking for dataset `{name}` in {project.datasets}: {there if recipes else nothing}")
    if version in {"", LATEST}:
        pointer = home / LATEST
        named = pointer.read_text("utf-8").strip() if pointer.is_file() else None
        found = [read(folder) for folder in ([one for one in folders if one.name == named] or folders)]
        return max(found, key=lambda one: (one.manifest.passed, one.manifest.created_at, one.manifest.version))
    exact = [one for one in folders if one.name == version]
    fitting = [read(one) for one in exact or folders if one.name.startswith(version)]
    chosen = [one for one in fitting if one.manifest.passed] or fitting
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(one.name for one in chosen or map(read, folders))
    how_many = "several versions fit" if chosen else "no version fits"
    raise UsageError(f"Looking for dataset `{name}`: {how_many}. There is {names}.")


def every(project: Project) -> list[Dataset]:
    """All datasets of a project, by recipe, newest first.

    Raises UsageError where a manifest cannot be read.
    """
    found = [read(folder) for home in sorted(project.datasets.glob("*")) for folder in _folders(home)]
    newest = sorted(found, key=lambda dataset: dataset.manifest.created_at, reverse=True)
    return sorted(newest, key=lambda dataset: dataset.manifest.recipe)


def read(folder: Path) -> Dataset:
    """The dataset in a folder.

    Raises UsageError where its manifest cannot be read, is of another format or names a file outside of the folder.
    """
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, OSError) as error:
        raise UsageError(f"Reading {path}: {error}. Export the dataset again.") from error
    if (manifest.format, manifest.format_version) != (FORMAT, FORMAT_VERSION):
        stated = f"{manifest.format} version {manifest.format_version}"
        raise UsageError(f"Reading {path}: it states {stated}; this Reroute reads {FORMAT} version {FORMAT_VERSION}.")
    dataset = Dataset(folder, manifest)
    for split in SPLITS:
        data = dataset.path(split)
        if data is not None and not data.resolve().is_relative_to(folder.resolve()):
            raise UsageError(f"Reading {path}: the {split} file {data} lies outside of the dataset's folder.")
    return dataset


def compare(first: Dataset, second: Dataset) -> Difference:
    """How the second dataset differs from the first."""
    a, b = ({row.row_id: row for row in dataset.manifest.rows} for dataset in (first, second))
    both = sorted(a.keys() & b.keys())
    return Difference(
        only_first=sorted(a.keys() - b.keys()),
        only_second=sorted(b.keys() - a.keys()),
        changed=[key for key in both if a[key].sha256 != b[key].sha256],
        moved=[key for key in both if a[key].split != b[key].split],
        same=sum(a[key] == b[key] for key in both),
    )


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folders(home: Path) -> list[Path]:
    """The finished versions of a recipe, by name; what an interrupted export left begins with a dot."""
    return [path.parent for path in sorted(home.glob(f"*/{MANIFEST}")) if not path.parent.name.startswith(".")]
