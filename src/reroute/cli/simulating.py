"""Verbs of the chapter simulating."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    app.command()(simulate)


def simulate(
    runs: int = typer.Argument(..., help="How many runs."),
    folder: Path = typer.Argument(..., help="A new folder: traces/ to collect, answers/ to score against."),
    seed: int = typer.Option(0, help="The same seed gives the same bytes."),
    formats: list[str] | None = typer.Option(
        None, "--format", help="A trace format that may be used; may be repeated."
    ),
) -> None:
    """Write traces of scripted agents that work real tools and make planted mistakes, known answers beside them."""
    from reroute.simulate import simulate as simulate_runs

    print(simulate_runs(runs, folder, seed, formats).line())
