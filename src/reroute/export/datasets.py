"""Datasets that were written: found by name, compared, and checked against their own manifest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from reroute.errors import RerouteError, UsageError
from reroute.export.folder import LATEST
from reroute.export.manifest import FORMAT, FORMAT_VERSION
from reroute.settings import Project
from reroute.storage import store


class Counts(msgspec.Struct, frozen=True):
    """How many of what."""

    candidates: int
    rows: int
    train: int
    validation: int
    clean: int
    dropped: dict[str, int]
    kinds: dict[str, int]
    tiers: dict[str, int]


class FileFacts(msgspec.Struct, frozen=True):
    """A file of rows, as the manifest states it."""

    path: str
    rows: int
    bytes: int
    sha256: str
    tokens: int


class RowFacts(msgspec.Struct, frozen=True):
    """A row's lineage, as far as it is checked or compared."""

    row_id: str
    split: str
    line: int
    sha256: str
    trajectory_id: str
    trajectory_version: str
    source: str
    file: str
    records: tuple[int, int]
    steps: tuple[int, int]
    episode: dict[str, object] | None
    """None for a clean run."""


class RefusedFacts(msgspec.Struct, frozen=True):
    """A row that a gate refused: its id, the rule, and words that quote the text at fault."""

    row_id: str
    rule: str
    text: str


class _Gates(msgspec.Struct, frozen=True):
    failed: list[str]
    rows: list[RefusedFacts] = []


class Manifest(msgspec.Struct, frozen=True):
    """A manifest read back; keys that are not needed here are passed over."""

    format: str
    format_version: int
    recipe: str
    version: str
    method: str
    dialect: str
    created_at: str
    passed: bool
    files: dict[str, FileFacts | None]
    counts: Counts
    gates: _Gates
    rows: list[RowFacts]
    note: str = msgspec.field(name="yield")


@dataclass(frozen=True)
class Dataset:
    """A dataset's folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        return f"{self.manifest.recipe}@{self.manifest.version}"

    @property
    def passed(self) -> bool:
        return self.manifest.passed

    @property
    def failed_gates(self) -> list[str]:
        return self.manifest.gates.failed

    @property
    def refused(self) -> list[RefusedFacts]:
        return self.manifest.gates.rows

    @property
    def counts(self) -> Counts:
        return self.manifest.counts

    @property
    def note(self) -> str:
        return self.manifest.note

    def lines(self, split: str) -> list[bytes]:
        """The lines of a file, none where there is no file."""
        facts = self.manifest.files.get(split)
        return (self.folder / facts.path).read_bytes().splitlines(keepends=True) if facts else []


@dataclass(frozen=True)
class Difference:
    """Two datasets compared by their rows."""

    only_first: list[str]
    only_second: list[str]
    changed: list[str]
    """Rows in both whose line differs."""
    moved: list[str]
    """Rows in both that stand on another side."""
    same: int


def every(project: Project) -> list[Dataset]:
    """All datasets of a project, by recipe, newest first."""
    found = [read(path.parent) for path in sorted(project.datasets.glob("*/*/manifest.json"))]
    newest = sorted(found, key=lambda dataset: dataset.manifest.created_at, reverse=True)
    return sorted(newest, key=lambda dataset: dataset.manifest.recipe)


def find(project: Project, name: str) -> Dataset:
    """The dataset called ``name``: a folder, ``recipe``, ``recipe@latest`` or ``recipe@`` and a version's beginning.

    Raises UsageError where there is none or more than one.
    """
    if (Path(name) / "manifest.json").is_file():
        return read(Path(name))
    recipe, _, version = name.partition("@")
    home = project.datasets / recipe
    if version in {"", LATEST}:
        pointer = home / LATEST
        if not pointer.is_file():
            raise UsageError(f"Looking for the dataset {name}: nothing of it is in {home}. `reroute export` makes one.")
        version = pointer.read_text("utf-8").strip()
    folders = [path.parent for path in sorted(home.glob("*/manifest.json")) if path.parent.name.startswith(version)]
    folders = [folder for folder in folders if folder.name == version] or folders
    if len(folders) != 1:
        raise UsageError(f"Looking for the dataset {name}: {len(folders)} versions in {home} begin like that.")
    return read(folders[0])


def read(folder: Path) -> Dataset:
    """The dataset in a folder.

    Raises RerouteError where its manifest is none of ours.
    """
    path = folder / "manifest.json"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise RerouteError(f"Reading the dataset {folder}: its manifest.json cannot be read ({error}).") from error
    if (manifest.format, manifest.format_version) != (FORMAT, FORMAT_VERSION):
        raise RerouteError(
            f"Reading the dataset {folder}: {manifest.format} {manifest.format_version} is not known here."
        )
    return Dataset(folder, manifest)


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


def verify(project: Project, dataset: Dataset) -> list[str]:
    """What is wrong with a dataset on disk: files, lines, ledger and lineage; empty where all holds."""
    wrong = [problem for split in ("train", "validation") for problem in _file(dataset, split)]
    return wrong + _ledger(dataset) + _lineage(project, dataset)


def _file(dataset: Dataset, split: str) -> list[str]:
    facts = dataset.manifest.files.get(split)
    rows = [row for row in dataset.manifest.rows if row.split == split]
    if facts is None:
        stray = (dataset.folder / f"{split}.jsonl").exists()
        return [f"{split}.jsonl lies there and the manifest does not name it"] if stray else []
    path = dataset.folder / facts.path
    if not path.is_file():
        return [f"{facts.path} is missing"]
    if hashlib.sha256(path.read_bytes()).hexdigest() == facts.sha256 and len(rows) == facts.rows:
        return []
    lines = dataset.lines(split)
    changed = [row.line for row in rows if row.line >= len(lines) or _hash(lines[row.line]) != row.sha256]
    return [
        f"{facts.path} is not the file that was written; lines that differ: {changed or 'order or number of lines'}"
    ]


def _ledger(dataset: Dataset) -> list[str]:
    import polars as pl

    path = dataset.folder / "ledger.parquet"
    if not path.is_file():
        return ["ledger.parquet is missing"]
    dropped, counts = pl.read_parquet(path).height, dataset.counts
    if dropped + counts.rows == counts.candidates:
        return []
    return [f"{counts.rows} rows and {dropped} dropped are not the {counts.candidates} candidates"]


def _lineage(project: Project, dataset: Dataset) -> list[str]:
    with store.of(project).read() as connection:
        known = set(connection.execute("select trajectory_id, version from trajectories").fetchall())
    gone = [r.row_id for r in dataset.manifest.rows if (r.trajectory_id, r.trajectory_version) not in known]
    return [f"{len(gone)} rows come from trajectory versions that the store no longer has: {gone[:5]}"] if gone else []


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
