"""Verbs that look: ``look`` at any folder, ``init`` a project, ``episodes`` and ``show`` in a project."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from reroute.cli.command import app
from reroute.cli.options import HERE, AsJson, ProjectFolder

Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Trace files or folders.")]
Show = Annotated[str | None, typer.Option("--show", metavar="ID", help="Show one episode in full.")]
Few = Annotated[int, typer.Option("--limit", "-n", min=0, help="How many episodes to list.")]
Folder = Annotated[Path, typer.Argument(help="The folder to make a project of.")]
OnlyPrint = Annotated[bool, typer.Option("--print", help="Print the file instead of writing it.")]
Kind = Annotated[str | None, typer.Option(help="Such as shell.error; a part of it does.")]
Outcome = Annotated[str | None, typer.Option(help="Such as recovered_fix; a part of it does.")]
Tier = Annotated[str | None, typer.Option(help="A, B or C.")]
TraceFormat = Annotated[str | None, typer.Option("--format", help="Such as claude-code.")]
Many = Annotated[int, typer.Option("--limit", "-n", min=0, help="How many to list; 0 lists all.")]
Name = Annotated[str, typer.Argument(metavar="ID", help="An episode or a trajectory; the beginning of its id does.")]


@app.command()
def look(paths: Paths, show: Show = None, limit: Few = 8, as_json: AsJson = False) -> None:
    """What failed and what recovered in these traces: no set-up, nothing written."""
    from reroute.look import look as look_at
    from reroute.terminal import episode, first_screen
    from reroute.terminal.output import json, put, text, width

    looked = look_at(paths)
    if show is not None:
        timeline = looked.timeline(show)
        if as_json:
            print(json(timeline))
        else:
            put([*episode.view(timeline, width()), text("")])
    elif as_json:
        print(json(first_screen.totals(looked)))
    else:
        again = "reroute look " + " ".join(shlex.quote(str(path)) for path in paths)
        put(first_screen.screen(looked, looked.summaries(limit), again, width()))


@app.command()
def init(folder: Folder = Path(), only_print: OnlyPrint = False) -> None:
    """Write reroute.toml with every default explained."""
    from reroute.operate import init

    if only_print:
        print(init.text(init.likely_sources(Path.home())), end="")
    else:
        print(f"Wrote {init.write(folder)}. Add a source to it, or go on with: reroute collect PATH")


@app.command()
def episodes(
    *,
    kind: Kind = None,
    outcome: Outcome = None,
    tier: Tier = None,
    trace_format: TraceFormat = None,
    limit: Many = 30,
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """List the episodes of the project."""
    from reroute import settings
    from reroute.look import lookup
    from reroute.terminal import first_screen
    from reroute.terminal.output import json, put, width

    chosen_by = lookup.Filter(kind=kind, episode_outcome=outcome, tier=tier, trace_format=trace_format)
    found = lookup.listed(settings.load(project), chosen_by, limit)
    if as_json:
        for summary in found.summaries:
            print(json(summary))
    else:
        put(first_screen.listing(found.summaries, width(), found.total))


@app.command()
def show(name: Name, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Show one episode in full, or a trajectory: how it ended, where it went wrong, and its episodes."""
    from reroute import settings
    from reroute.look import lookup
    from reroute.terminal import episode
    from reroute.terminal.output import json, put, text, width

    found = lookup.named(settings.load(project), name)
    if as_json:
        for shown in [found.ending, *found.timelines] if found.ending else found.timelines:
            print(json(shown))
        return
    if found.ending:
        put([*episode.ending_lines(found.ending, width()), text("")])
    for timeline in found.timelines:
        put([*episode.view(timeline, width()), text("")])
