"""Verbs of the chapter exporting: datasets made, listed, shown, compared and checked."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from reroute.errors import RerouteError

dataset_app = typer.Typer(help="Datasets that were exported.", no_args_is_help=True)

_PROJECT = typer.Option(Path(), "--project", "-C", help="The project's folder.", file_okay=False)
_JSON = typer.Option(False, "--json", help="Print JSON.")
_NAME = typer.Argument(help="recovery-rft, recovery-rft@latest, recovery-rft@3f2a (a version), or a folder.")


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    app.command("export", help="Make the dataset of a recipe, with its gates, card and drop ledger.")(export)
    dataset_app.command("list", help="List the datasets of this project.")(list_)
    dataset_app.command("show", help="Show a dataset and some of its rows, with what is trained on in colour.")(show)
    dataset_app.command("diff", help="Compare two datasets row by row.")(diff)
    dataset_app.command("verify", help="Check a dataset's files, ledger and lineage against its manifest.")(verify)
    app.add_typer(dataset_app, name="dataset")


def export(
    recipe: str = typer.Argument(help="A recipe's name, such as recovery-sft, or the path of a TOML file."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Choose rows and count what is left out; write nothing."),
    as_json: bool = _JSON,
    project: Path = _PROJECT,
) -> None:
    from reroute import export as exports
    from reroute import settings
    from reroute.terminal import dataset_tables

    result = exports.export(settings.load(project), recipe, dry_run=dry_run)
    print(json.dumps(asdict(result), default=str) if as_json else dataset_tables.exported(result))


def list_(as_json: bool = _JSON, project: Path = _PROJECT) -> None:
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables

    found = datasets.every(settings.load(project))
    print(json.dumps([dataset_tables.facts(dataset) for dataset in found]) if as_json else dataset_tables.table(found))


def show(
    name: str = _NAME,
    row: list[str] = typer.Option([], "--row", help="A row's id or its beginning; may be given again."),
    rows: int = typer.Option(1, "--rows", min=0, help="How many rows to show where none is named."),
    as_json: bool = _JSON,
    project: Path = _PROJECT,
) -> None:
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables

    dataset = datasets.find(settings.load(project), name)
    if as_json:
        print(json.dumps(dataset_tables.facts(dataset) | {"lines": dataset_tables.chosen_lines(dataset, row, rows)}))
    else:
        dataset_tables.show(dataset, row, rows)


def diff(
    first: str = _NAME,
    second: str = typer.Argument(help="The dataset to compare it with."),
    as_json: bool = _JSON,
    project: Path = _PROJECT,
) -> None:
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables

    home = settings.load(project)
    difference = datasets.compare(datasets.find(home, first), datasets.find(home, second))
    print(json.dumps(asdict(difference)) if as_json else dataset_tables.difference(difference))


def verify(name: str = _NAME, as_json: bool = _JSON, project: Path = _PROJECT) -> None:
    from reroute import datasets, settings
    from reroute.export import verification

    home = settings.load(project)
    dataset = datasets.find(home, name)
    wrong = verification.verify(home, dataset)
    print(
        json.dumps({"dataset": dataset.name, "wrong": wrong})
        if as_json
        else f"{dataset.name}: {len(wrong) or 'no'} problems"
    )
    if wrong:
        raise RerouteError(f"Verifying {dataset.name} in {dataset.folder}: {'; '.join(wrong)}. Export it again.")
