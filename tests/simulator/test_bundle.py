"""The bundle that the demo unpacks is what the simulator plays, and holds nothing but plain files."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from reroute.errors import ConfigError
from reroute.operate.known_answers.answers import BUNDLE, read_manifest, unpack
from simulator import simulate
from simulator.answers import made_with
from simulator.bundle import pack

REMEDY = "if the simulator was meant to change, run `make simulate`"
LARGEST = 1_000_000


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundled")
    unpack(folder)
    return folder


@pytest.fixture(scope="module")
def played(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's runs, played anew."""
    manifest = read_manifest(bundled / "answers")
    folder = tmp_path_factory.mktemp("played")
    simulate(manifest.runs, folder, manifest.seed)
    return folder


def test_the_bundle_s_answers_are_those_of_the_simulator(bundled: Path, played: Path) -> None:
    old, new = contents(bundled / "answers"), contents(played / "answers")
    assert old.keys() == new.keys()
    # The manifest says which Python made them, which may be another.
    assert [name for name in old if old[name] != new[name] and name != "manifest.json"] == [], REMEDY


def test_the_bundle_s_traces_are_those_of_the_simulator(bundled: Path, played: Path) -> None:
    ours, then = made_with(), read_manifest(bundled / "answers").made_with
    if ours != then:
        pytest.skip(f"the words of programs differ: the bundle was made with {then}, this is {ours}")
    old, new = contents(bundled / "traces"), contents(played / "traces")
    assert old.keys() == new.keys(), REMEDY
    assert [name for name in old if old[name] != new[name]] == [], REMEDY


def test_the_bundle_is_made_of_its_files_alone(bundled: Path, tmp_path: Path) -> None:
    pack(bundled, tmp_path / "again.tar.gz")
    assert gzip.decompress((tmp_path / "again.tar.gz").read_bytes()) == gzip.decompress(BUNDLE.read_bytes())


def test_the_bundle_is_small_and_shows_no_byproducts(bundled: Path) -> None:
    assert BUNDLE.stat().st_size < LARGEST
    assert [name for name, data in contents(bundled).items() if b"__pycache__" in data] == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../outside.txt", tarfile.REGTYPE), ("/outside.txt", tarfile.REGTYPE), ("link", tarfile.SYMTYPE)],
)
def test_an_archive_that_reaches_outside_is_refused(name: str, kind: bytes, tmp_path: Path) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd" if kind == tarfile.SYMTYPE else ""
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as archive:
        archive.addfile(member, io.BytesIO())
    with pytest.raises(ConfigError, match="no plain file below"):
        unpack(tmp_path / "target", tmp_path / "bad.tar.gz")
    assert not (tmp_path / "target").exists()
    assert not (tmp_path / "outside.txt").exists()


@pytest.mark.parametrize("size", [0, 100, 200_000])
def test_a_broken_archive_is_named(size: int, tmp_path: Path) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(BUNDLE.read_bytes()[:size])
    with pytest.raises(ConfigError, match=r"broken\.tar\.gz.*install Reroute again"):
        unpack(tmp_path / "target", broken)


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.tar\.gz"):
        unpack(tmp_path / "target", tmp_path / "missing.tar.gz")
