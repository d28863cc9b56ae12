"""The redaction key: one for a store's life, or a stop before anything is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reroute import review
from reroute.cli import app
from reroute.collect import collect, outcomes
from reroute.errors import ConfigError, KeyMismatch, UsageError
from reroute.operate import doctor
from reroute.settings import Project, Settings, SourceSettings
from reroute.storage import lake, redaction_key, store

OTHER = b"o" * 32


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One collected run that names an address."""
    made = Project(tmp_path, Settings(sources=[SourceSettings(name="ours", path="in")]))
    write(made, "a", "write to ann@example.org")
    collect(made)
    return made


def write(project: Project, name: str, text: str) -> Path:
    path = project.root / "in" / f"{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"id": name, "messages": [{"role": "user", "content": text}]}) + "\n")
    return path


def text_of(project: Project, name: str) -> str | None:
    with store.of(project).read() as connection:
        row = connection.execute("select trajectory_id from trajectories where run_id = ?", [name]).fetchone()
    assert row
    return lake.read_steps(project, row[0])[0].content


def collects(project: Project) -> None:
    write(project, "b", "another")
    collect(project)


def joins(project: Project) -> None:
    file = project.root / "verdicts.jsonl"
    file.write_text('{"run_id": "a", "outcome": "pass"}\n')
    outcomes.join(project, file)


def pulls(project: Project) -> None:
    file = project.root / "export.json"
    file.write_text("[]")
    review.pull(project, file)


VERBS = pytest.mark.parametrize("verb", [collects, joins, pulls])


@VERBS
@pytest.mark.parametrize("fingerprinted", [True, False])
def test_a_lost_key_stops_every_verb_that_writes_with_it(project: Project, verb, fingerprinted: bool) -> None:
    if not fingerprinted:  # a store of a release that noted none
        with store.of(project).write() as connection:
            connection.execute("delete from redaction_keys")
    project.key_path.unlink()
    with pytest.raises(KeyMismatch, match=r"there is no such file.*from a backup.*redact --new-key") as stop:
        verb(project)
    assert stop.value.exit_code == 1
    assert str(project.key_path) in str(stop.value)
    assert not project.key_path.exists()
    assert text_of(project, "a")


@VERBS
def test_another_key_stops_every_verb_that_writes_with_it(project: Project, verb) -> None:
    key = project.key_path.read_bytes()
    project.key_path.write_bytes(OTHER)
    with pytest.raises(KeyMismatch, match=r"not the key that .* was written with"):
        verb(project)
    project.key_path.write_bytes(key)
    verb(project)


def test_a_store_without_a_fingerprint_takes_the_key_that_is_there(project: Project) -> None:
    with store.of(project).write() as connection:
        connection.execute("delete from redaction_keys")
    collects(project)
    project.key_path.write_bytes(OTHER)
    write(project, "c", "a third")
    with pytest.raises(KeyMismatch):
        collect(project)


@pytest.mark.parametrize("replaced", [True, False])
def test_a_new_key_reads_every_source_again_with_it(project: Project, replaced: bool) -> None:
    before = text_of(project, "a")
    project.key_path.write_bytes(OTHER) if replaced else project.key_path.unlink()
    said = redaction_key.renew(project)
    collects(project)
    key = project.key_path.read_bytes()
    assert (key == OTHER) is replaced
    assert str(project.key_path) in said
    assert text_of(project, "a") != before
    assert (project.key_path.stat().st_mode & 0o077 == 0) or replaced
    assert redaction_key.load(project) == key


def test_a_key_that_is_well_is_not_given_up(project: Project) -> None:
    key = project.key_path.read_bytes()
    with pytest.raises(UsageError, match="nothing was changed"):
        redaction_key.renew(project)
    assert project.key_path.read_bytes() == key
    assert collect(project).files_unchanged == 1


def test_the_doctor_names_a_key_that_is_lost_or_another(project: Project) -> None:
    assert [f.well for f in doctor.examine(project) if f.what == "redaction key"] == [True]
    project.key_path.write_bytes(OTHER)
    (wrong, _) = [f for f in doctor.examine(project) if f.what == "redaction key"]
    assert (wrong.well, "--new-key" in wrong.remedy) == (False, True)
    project.key_path.write_bytes(b"short")
    assert any("found 5" in f.found for f in doctor.examine(project))
    project.key_path.unlink()
    (wrong,) = [f for f in doctor.examine(project) if f.what == "redaction key"]
    assert "no such file" in wrong.found


def test_a_file_that_is_no_key_stops_and_stays(project: Project) -> None:
    project.key_path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="expected 32 bytes, found 5"):
        collects(project)
    assert project.key_path.read_bytes() == b"short"


def test_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from reroute.storage import redaction_key; from reroute.settings import load;"
        f"print(redaction_key.load(load(Path({str(tmp_path)!r}))).hex())"
    )
    started = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    keys = {process.communicate()[0].strip() for process in started}
    here = Project(tmp_path, Settings())
    assert keys == {here.key_path.read_bytes().hex()}
    assert here.key_path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in here.key_path.parent.iterdir()] == ["redaction.key"]


def test_the_command_wants_to_hear_what_is_meant(project: Project) -> None:
    result = CliRunner().invoke(app, ["redact", "-C", str(project.root)])
    assert isinstance(result.exception, UsageError)
