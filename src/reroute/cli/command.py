"""The command itself, which every chapter adds its verbs to."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    name="reroute",
    help="Find where agent runs failed and recovered, grade the doubtful, export small fine-tuning datasets.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """What holds for every verb."""
    if version:
        from reroute import __version__

        print(f"reroute {__version__}")
        raise typer.Exit
