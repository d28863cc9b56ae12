"""Verbs that look: ``look`` at any folder, ``init`` a project, ``episodes`` and ``show`` in a project."""

from __future__ import annotations

from pathlib import Path

import typer

_JSON = typer.Option(False, "--json", help="Write JSON for a machine.")
_PROJECT = typer.Option(Path(), "--project", "-C", help="The project's folder.")


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    app.command()(look)
    app.command()(init)
    app.command()(episodes)
    app.command()(show)


def look(
    paths: list[Path] = typer.Argument(..., metavar="PATH...", help="Trace files or folders."),
    show: str | None = typer.Option(None, "--show", metavar="ID", help="Show one episode in full."),
    limit: int = typer.Option(8, "--limit", "-n", min=0, help="How many telling episodes to list."),
    as_json: bool = _JSON,
) -> None:
    """What failed and what recovered in these traces: no set-up, nothing written."""
    from reroute.look import look as look_at
    from reroute.terminal import answers

    looked = look_at(paths)
    if show is not None:
        answers.one(looked.scene(show), as_json=as_json)
    else:
        answers.first_screen_of(looked, paths, limit, as_json=as_json)


def init(
    folder: Path = typer.Argument(Path(), help="The folder to make a project of."),
    only_print: bool = typer.Option(False, "--print", help="Print the file instead of writing it."),
) -> None:
    """Write reroute.toml with every default explained."""
    from reroute.operate import init

    if only_print:
        print(init.text(init.likely_sources(Path.home())), end="")
    else:
        print(f"Wrote {init.write(folder)}. Add a source to it, or go on with: reroute collect PATH")


def episodes(
    *,
    kind: str | None = typer.Option(None, help="Such as shell.error; a part of it does."),
    outcome: str | None = typer.Option(None, help="Such as recovered_fix; a part of it does."),
    tier: str | None = typer.Option(None, help="A, B or C."),
    trace_format: str | None = typer.Option(None, "--format", help="Such as claude-code."),
    limit: int = typer.Option(30, "--limit", "-n", min=0, help="How many to list; 0 lists all."),
    as_json: bool = _JSON,
    project: Path = _PROJECT,
) -> None:
    """List the episodes of the project."""
    from reroute import settings
    from reroute.terminal import answers, found

    wanted = found.Wanted(kind=kind, outcome=outcome, tier=tier, trace_format=trace_format)
    answers.listing(found.listed(settings.load(project), wanted, limit), as_json=as_json)


def show(
    name: str = typer.Argument(..., metavar="ID", help="An episode or a trajectory; the beginning of its id does."),
    as_json: bool = _JSON,
    project: Path = _PROJECT,
) -> None:
    """Show one episode in full, or a trajectory: how it ended, where it went wrong, and its episodes."""
    from reroute import settings
    from reroute.terminal import answers, found

    answers.named(found.named(settings.load(project), name), as_json=as_json)
