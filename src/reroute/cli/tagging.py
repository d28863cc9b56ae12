"""Verbs of the chapter tagging."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    app.command("tag")(tag)


def tag(
    full_refresh: bool = typer.Option(False, "--full-refresh", help="Tag everything again, changed or not."),
    json: bool = typer.Option(False, "--json", help="Print the counts as JSON."),
    project: Path = typer.Option(Path(), "--project", "-C", help="Folder of reroute.toml."),
) -> None:
    """Find failure-and-recovery episodes in what was collected, and label them."""
    from reroute import settings
    from reroute.tag import tag as tag_all

    tagged = tag_all(settings.load(project), full_refresh=full_refresh)
    print(tagged.json() if json else tagged.table())
