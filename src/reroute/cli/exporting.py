"""Verbs about datasets: made, listed, shown, compared and checked."""

from __future__ import annotations

from typing import Annotated

import typer

from reroute.cli.options import HERE, AsJson, DatasetName, ProjectFolder
from reroute.errors import RerouteError

dataset_app = typer.Typer(help="Datasets that were exported.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    app.command("export")(export)
    dataset_app.command("list")(list_)
    dataset_app.command("show")(show)
    dataset_app.command("diff")(diff)
    dataset_app.command("verify")(verify)
    app.add_typer(dataset_app, name="dataset")


def export(
    recipe: str = typer.Argument(help="A recipe's name, such as recovery-sft, or the path of a TOML file."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Choose rows and count what is left out; write nothing."),
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Make the dataset of a recipe, with its gates, card and drop ledger."""
    from reroute import export as exports
    from reroute import settings
    from reroute.terminal import dataset_tables
    from reroute.terminal.output import json

    result = exports.export(settings.load(project), recipe, dry_run=dry_run)
    print(json(result) if as_json else dataset_tables.exported(result))


def list_(as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """List the datasets of this project."""
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables
    from reroute.terminal.output import json

    found = datasets.every(settings.load(project))
    print(json([dataset_tables.facts(dataset) for dataset in found]) if as_json else dataset_tables.table(found))


def show(
    name: DatasetName,
    row: list[str] = typer.Option([], "--row", help="A row's id or its beginning; may be given again."),
    rows: int = typer.Option(1, "--rows", min=0, help="How many rows to show where none is named."),
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Show a dataset and some of its rows, with what is trained on in colour."""
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables
    from reroute.terminal.output import json, put

    dataset = datasets.find(settings.load(project), name)
    chosen = dataset_tables.chosen_rows(dataset, row, rows)
    if as_json:
        print(json(dataset_tables.facts(dataset) | {"lines": chosen}))
    else:
        put(dataset_tables.view(dataset, chosen))


def diff(
    first: DatasetName,
    second: Annotated[str, typer.Argument(help="The dataset to compare it with.")],
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Compare two datasets row by row."""
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables
    from reroute.terminal.output import json

    home = settings.load(project)
    difference = datasets.compare(datasets.find(home, first), datasets.find(home, second))
    print(json(difference) if as_json else dataset_tables.difference(difference))


def verify(name: DatasetName, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Check a dataset's files, ledger and lineage against its manifest."""
    from reroute import datasets, settings
    from reroute.export import verification
    from reroute.terminal.output import json

    home = settings.load(project)
    dataset = datasets.find(home, name)
    wrong = verification.verify(home, dataset)
    found = {"dataset": dataset.name, "wrong": wrong}
    print(json(found) if as_json else f"{dataset.name}: {len(wrong) or 'no'} problems")
    if wrong:
        raise RerouteError(f"Verifying {dataset.name} in {dataset.folder}: {'; '.join(wrong)}. Export it again.")
