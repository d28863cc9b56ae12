"""What is well and what is not with an installation and a project, each with its remedy."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from reroute.errors import ConfigError, RerouteError, StoreError
from reroute.progress import track
from reroute.settings import FILE_NAME, Project
from reroute.storage import journal, lake, publish, redaction_key, store

_FREE_GB = 2
_PACKAGES = ("duckdb", "polars", "pyarrow", "prefect", "great-expectations", "label-studio-sdk", "openai")


@dataclass(frozen=True)
class KnownBad:
    """Versions of a package that another one's own range admits and that do not work with it."""

    package: str
    bound: str
    """The first version that does not work; pyproject.toml has the same bound."""
    breaks: str
    """What does not work with it, as a clause."""

    @property
    def requirement(self) -> str:
        """What an installer is asked for."""
        return f"{self.package}<{self.bound}"

    def allows(self, version: str) -> bool:
        """Whether ``version`` lies below the bound; its own pre-releases do not, nor what is no version at all."""
        try:
            return SpecifierSet(f"<{self.bound}").contains(Version(version), prereleases=True)
        except InvalidVersion:
            return False


KNOWN_BAD = (
    KnownBad("fastapi", "0.150", "Prefect's server does not start or deploy with it"),
    KnownBad("sqlalchemy", "2.1", "Prefect's server looks well with it but schedules no run"),
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    """What it is, such as ``store`` or ``source NAME``."""
    well: bool
    found: str
    """What was found, in words."""
    remedy: str = ""
    """What to do where it is not well, as a sentence or a command."""


def examine(project: Project, *, deep: bool = False) -> list[Finding]:
    """Look at everything that the nightly flow needs; ``deep`` reads every byte of the lake. Writes no data."""
    return [*installation(), *configuration(project), *stored(project, deep=deep), *copies_and_keys(project)]


def installation() -> Iterator[Finding]:
    """Python and the packages: their versions, and those that are known not to work."""
    python = ".".join(map(str, sys.version_info[:3]))
    well = (3, 11) <= sys.version_info < (3, 14)
    yield Finding("python", well, python, "" if well else "Install Python 3.11, 3.12 or 3.13 and make .venv anew.")
    versions: dict[str, str | None] = {}
    for package in (*_PACKAGES, *(known.package for known in KNOWN_BAD)):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    missing = [name for name in _PACKAGES if versions[name] is None]
    listed = ", ".join(f"{name} {versions[name] or 'is not installed'}" for name in _PACKAGES)
    remedy = f"Install Reroute anew; it needs {', '.join(missing)}." if missing else ""
    yield Finding("packages", not missing, listed, remedy)
    for known in KNOWN_BAD:
        version = versions[known.package]
        well = version is not None and known.allows(version)
        remedy = "" if well else f"{known.breaks}: install '{known.requirement}'."
        yield Finding(known.package, well, version or "is not installed", remedy)


def configuration(project: Project) -> Iterator[Finding]:
    """The settings file, the sources that it names, the data folder and the disk."""
    path = project.root / FILE_NAME
    if path.exists():
        yield Finding("configuration", True, str(path))
    else:
        yield Finding("configuration", True, f"no {FILE_NAME} in {project.root}: every default", "`reroute init`")
    for source in project.settings.sources:
        where = project.root / Path(source.path).expanduser()
        readable = os.access(where, os.R_OK)
        found = str(where) if readable else f"{where} is not there or cannot be read"
        yield Finding(f"source {source.name}", readable, found, "" if readable else f"Correct its path in {path}.")
    nearest = next(p for p in (project.data_dir, *project.data_dir.parents) if p.exists())
    writable = os.access(nearest, os.W_OK)
    remedy = "" if writable else "Change its owner, or data_dir in reroute.toml."
    yield Finding("data folder", writable, f"{project.data_dir}", remedy)
    free = shutil.disk_usage(nearest).free / 1e9
    remedy = "" if free >= _FREE_GB else f"Free some: collecting and exporting want {_FREE_GB} GB."
    yield Finding("disk", free >= _FREE_GB, f"{free:.1f} GB free", remedy)


def stored(project: Project, *, deep: bool) -> Iterator[Finding]:
    """Store, journal and lake: whether each is whole and agrees with the others. Everything in the store is read."""
    here = dataclasses.replace(store.of(project), wait_seconds=0)
    try:
        if not here.exists():
            yield Finding("store", True, "not made yet", "`reroute collect` makes it")
            return
        with here.read() as connection:
            for (name,) in connection.execute("show tables").fetchall():
                connection.execute(f"select sum(hash(t)::hugeint) from {publish.quoted(name)} t").fetchall()
            row = connection.execute("select count(*) from trajectories where is_current").fetchone()
            gone = journal.check(project, connection) and not project.journal.exists()
        yield Finding("store", True, f"{project.store_path}, {row[0] if row else 0:,} trajectories")
        if gone:
            yield Finding("journal", False, f"{project.journal} is gone", "The next write of the store begins it anew.")
        looks = lake.faults(project, deep=deep)
        seen = list(track(looks, "reading the lake", len(lake.parts(project))) if deep else looks)
        wrong = [(part, found) for part, found in seen if found]
        for part, found in wrong:
            yield Finding(f"lake part {part}", False, found, f"`reroute rebuild --part {part}` makes it anew.")
        how = "every byte as committed" if deep else "files and sizes as committed; --deep reads every byte"
        if not wrong:
            yield Finding("lake", True, f"{len(seen):,} parts, {how}")
    except RerouteError as error:
        yield Finding("store", False, str(error))


def copies_and_keys(project: Project) -> Iterator[Finding]:
    """The published copy, the redaction key, and what to back up: what no command can make again, or only slowly."""
    from reroute.review.journal import path as grade_journal

    folder = publish.current(project)
    if folder is not None:
        fault = publish.fault(folder)
        remedy = "`reroute publish` writes it anew." if fault else ""
        yield Finding("published copy", not fault, fault or f"{folder.name} is whole", remedy)
    try:
        with store.Store(project.store_path, wait_seconds=0).read() as connection:
            wrong = redaction_key.trouble(project, connection)
    except StoreError:
        wrong = None  # said of the store itself
    except ConfigError as error:
        wrong = redaction_key.Trouble(str(error), "Restore it from a backup.")
    if wrong is not None:
        yield Finding("redaction key", False, f"{project.key_path}: {wrong.found}", wrong.remedy)
    if project.key_path.exists():
        private = stat.S_IMODE(project.key_path.stat().st_mode) & 0o077 == 0
        remedy = "" if private else f"chmod 600 {project.key_path}"
        yield Finding("redaction key", private, "private" if private else "others can read it", remedy)
    wanted = {
        "redaction key": project.key_path,
        "grade journal": grade_journal(project),
        "journal": project.journal,
        "store": project.store_path,
        "lake": project.lake,
        "datasets": project.datasets,
    }
    found = [f"{name} {place}{'' if place.exists() else ' (not there yet)'}" for name, place in wanted.items()]
    yield Finding("to back up", True, "; ".join(found))
