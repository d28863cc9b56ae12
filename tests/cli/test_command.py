"""The command as a whole: quick help, help on every verb, plain errors."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from reroute.cli import app

ROOT = Path(__file__).parents[2]


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from reroute.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def verbs() -> Iterator[tuple[str, click.Command]]:
    yield from _under(typer.main.get_command(app), "")


def _under(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, child in getattr(command, "commands", {}).items():
        full = f"{path} {name}".strip()
        if hasattr(child, "commands"):
            yield from _under(child, full)
        else:
            yield full, child


ALL = dict(verbs())


@pytest.mark.parametrize("verb", ALL)
def test_every_verb_has_help(verb: str) -> None:
    assert ALL[verb].help


def options(verb: click.Command) -> list[click.Parameter]:
    # By what a parameter says of itself: typer may bring classes of its own, which are no click.Option.
    return [p for p in verb.params if p.param_type_name == "option" and p.name != "help"]


def test_the_options_of_the_verbs_are_seen() -> None:
    assert "as_json" in {p.name for p in options(ALL["status"])}


@pytest.mark.parametrize("verb", ALL)
def test_every_option_of_a_verb_is_explained(verb: str) -> None:
    bare = [p.name for p in options(ALL[verb]) if not getattr(p, "help", None)]
    assert bare == []


@pytest.mark.parametrize("option", ["--project", "--json", "--plain", "--provider", "--today"])
def test_an_option_that_several_verbs_share_has_one_help_text(option: str) -> None:
    helps = [getattr(p, "help", None) for verb in ALL.values() for p in options(verb) if option in p.opts]
    assert len(helps) > 1
    assert len(set(helps)) == 1


@pytest.mark.parametrize("verb", ALL)
def test_every_verb_appears_in_the_docs(verb: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert any(f"reroute {verb}" in page.read_text("utf-8") for page in pages)


def test_asking_for_help_loads_no_heavy_library() -> None:
    code = "import reroute.cli"
    command = [sys.executable, "-X", "importtime", "-c", code]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    heavy = {"polars", "duckdb", "pyarrow", "prefect", "great_expectations", "label_studio_sdk", "openai", "pandas"}
    assert not heavy & {line.rsplit("|", 1)[-1].strip() for line in listed.splitlines()}


def test_help_is_quick() -> None:
    began = time.perf_counter()
    assert run("--help").returncode == 0
    print(f"reroute --help: {time.perf_counter() - began:.2f} s")  # shown, never judged: machines differ


def test_a_users_error_prints_one_message_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "reroute.toml").write_text("colour = 1\n")
    done = run("doctor", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("reroute: Reading ")
    assert "colour" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_folder_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    done = run("nightly", "--plain", "-C", "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{tmp_path / 'nowhere'}: there is no such folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_is_no_error() -> None:
    command = f'{sys.executable} -c "from reroute.cli import main; main()" --help | head -1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
