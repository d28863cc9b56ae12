"""The options and arguments that several verbs share, each with its one name and one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HERE = Path()
"""The working directory: where a project is looked for unless ``--project`` names another folder."""

ProjectFolder = Annotated[Path, typer.Option("--project", "-C", help="The project's folder, with its reroute.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for a machine.")]
Plain = Annotated[bool, typer.Option("--plain", help="Without Prefect: the same stages, in this process.")]
DatasetName = Annotated[
    str,
    typer.Argument(help="recovery-rft, recovery-rft@latest, recovery-rft@3f2a (the start of a version), or a folder."),
]
