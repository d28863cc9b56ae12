"""A dataset on disk, as ``reroute export`` leaves it: a folder with ``manifest.json`` and JSONL files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from reroute.errors import UsageError
from reroute.settings import Project
from reroute.tune.capabilities import Method

MANIFEST = "manifest.json"
LATEST = "latest"
SPLITS = ("train", "validation")


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A data file as the manifest states it."""

    path: str
    rows: int
    bytes: int
    sha256: str


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """The data files; a dataset that did not pass its gates has none."""

    train: FileEntry | None = None
    validation: FileEntry | None = None


class Gates(msgspec.Struct, frozen=True, kw_only=True):
    """What the export's gates said."""

    failed: list[str] = []
    page: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What this stage needs of ``manifest.json``."""

    format: str
    format_version: int
    recipe: str
    version: str
    method: Method
    dialect: str
    files: Files
    grader: dict[str, object] | None = None
    response_format: dict[str, object] | None = None
    passed: bool
    gates: Gates = Gates()
    created_at: str = ""


@dataclass(frozen=True)
class Dataset:
    """A dataset folder whose manifest was read; the files may still be anything."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """``recipe@version``, as it can be typed."""
        return f"{self.manifest.recipe}@{self.manifest.version[:12]}"

    def entry(self, split: str) -> FileEntry | None:
        """The manifest's entry of ``train`` or ``validation``."""
        return self.manifest.files.train if split == "train" else self.manifest.files.validation

    def path(self, split: str) -> Path | None:
        """Where a split's file lies; None where the dataset has none."""
        entry = self.entry(split)
        return self.folder / entry.path if entry else None

    def lines(self, split: str) -> Iterator[tuple[int, bytes]]:
        """The lines of a split with their 1-based numbers; nothing where there is no file."""
        path = self.path(split)
        if path is None or not path.is_file():
            return
        with path.open("rb") as file:
            yield from enumerate(file, start=1)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find(project: Project, reference: str) -> Dataset:
    """The dataset that a person means: ``recipe``, ``recipe@latest``, ``recipe@<start of version>`` or a folder.

    Raises UsageError that says what there is where nothing or more than one fits.
    """
    folder = Path(reference)
    if (folder / MANIFEST).is_file():
        return read(folder)
    if folder.is_dir():
        raise UsageError(f"Opening the dataset in {folder}: there is no {MANIFEST}. `reroute export` writes one.")
    recipe, _, version = reference.partition("@")
    found = _of_recipe(project, recipe)
    if not found:
        raise UsageError(f"Looking for dataset `{reference}` in {project.datasets}: {_what_there_is(project)}")
    if version in {"", LATEST}:
        return _latest(project.datasets / recipe / LATEST, found)
    return _by_prefix(found, reference, version)


def read(folder: Path) -> Dataset:
    """The dataset in a folder; raises UsageError where its manifest cannot be read or points outside of the folder."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, OSError) as error:
        raise UsageError(f"Reading {path}: {error}. Export the dataset again.") from error
    if (manifest.format, manifest.format_version) != ("reroute.dataset", 1):
        stated = f"{manifest.format} version {manifest.format_version}"
        raise UsageError(f"Reading {path}: it states {stated}; this Reroute reads reroute.dataset version 1.")
    dataset = Dataset(folder, manifest)
    for split in SPLITS:
        data = dataset.path(split)
        if data is not None and not data.resolve().is_relative_to(folder.resolve()):
            raise UsageError(f"Reading {path}: the {split} file {data} lies outside of the dataset's folder.")
    return dataset


def _of_recipe(project: Project, recipe: str) -> list[Dataset]:
    if Path(recipe).name != recipe:
        return []
    paths = sorted((project.datasets / recipe).glob(f"*/{MANIFEST}"))
    return [read(path.parent) for path in paths if not path.parent.name.startswith(".")]


def _latest(pointer: Path, found: list[Dataset]) -> Dataset:
    """The version that export's pointer names; without one, the newest that passed, or else the newest."""
    named = pointer.read_text("utf-8").strip() if pointer.is_file() else None
    exact = [each for each in found if each.folder.name == named]
    return max(exact or found, key=lambda each: (each.manifest.passed, each.manifest.created_at, each.manifest.version))


def _by_prefix(found: list[Dataset], reference: str, version: str) -> Dataset:
    fitting = [dataset for dataset in found if dataset.folder.name.startswith(version)]
    fitting = [dataset for dataset in fitting if dataset.manifest.passed] or fitting
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(dataset.name for dataset in fitting or found)
    how_many = "several versions fit" if fitting else "no version fits"
    raise UsageError(f"Looking for dataset `{reference}`: {how_many}. There is {names}.")


def _what_there_is(project: Project) -> str:
    recipes = sorted({path.parts[-3] for path in project.datasets.glob(f"*/*/{MANIFEST}")})
    if not recipes:
        return "no dataset was exported yet. `reroute export RECIPE` makes one."
    return f"there is {', '.join(f'{recipe}@latest' for recipe in recipes)}, or give a dataset's folder."
