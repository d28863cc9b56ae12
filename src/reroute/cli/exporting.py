"""Verbs about datasets: made, listed, shown, compared and checked."""

from __future__ import annotations

from typing import Annotated

import typer

from reroute.cli.command import app
from reroute.cli.options import HERE, AsJson, DatasetName, ProjectFolder
from reroute.errors import RerouteError

dataset_app = typer.Typer(help="Datasets that were exported.", no_args_is_help=True)
app.add_typer(dataset_app, name="dataset")

RecipeName = Annotated[str, typer.Argument(help="A recipe's name, such as recovery-sft, or the path of a TOML file.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Choose rows and count what is left out; write nothing.")]
RowIds = Annotated[
    list[str] | None,
    typer.Option("--row", help="A row's id or its beginning; may be given again."),
]
Rows = Annotated[int, typer.Option("--rows", min=0, help="How many rows to show where none is named.")]
OtherName = Annotated[str, typer.Argument(help="The dataset to compare it with.")]


@app.command()
def export(recipe: RecipeName, dry_run: DryRun = False, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Make the dataset of a recipe, with its gates, card and drop ledger."""
    from reroute import export as exports
    from reroute import settings
    from reroute.terminal import dataset_tables
    from reroute.terminal.output import json, put

    result = exports.export(settings.load(project), recipe, dry_run=dry_run)
    if as_json:
        print(json(result))
    else:
        put(dataset_tables.exported(result))


@dataset_app.command("list")
def list_(as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """List the datasets of this project."""
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables
    from reroute.terminal.output import json, put

    found = datasets.every(settings.load(project))
    if as_json:
        print(json([dataset_tables.facts(dataset) for dataset in found]))
    else:
        put(dataset_tables.listed(found))


@dataset_app.command()
def show(
    name: DatasetName, row: RowIds = None, rows: Rows = 1, as_json: AsJson = False, project: ProjectFolder = HERE
) -> None:
    """Show a dataset and some of its rows, with what is trained on in colour."""
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables
    from reroute.terminal.output import json, put

    dataset = datasets.find(settings.load(project), name)
    chosen = dataset_tables.chosen_rows(dataset, row or [], rows)
    if as_json:
        print(json(dataset_tables.facts(dataset) | {"lines": chosen}))
    else:
        put(dataset_tables.view(dataset, chosen))


@dataset_app.command()
def diff(first: DatasetName, second: OtherName, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Compare two datasets row by row."""
    from reroute import datasets, settings
    from reroute.terminal import dataset_tables
    from reroute.terminal.output import json, put

    home = settings.load(project)
    difference = datasets.compare(datasets.find(home, first), datasets.find(home, second))
    if as_json:
        print(json(difference))
    else:
        put([dataset_tables.difference(difference)])


@dataset_app.command()
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
