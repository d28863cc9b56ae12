"""Verbs of the chapter tagging."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    app.command("tag")(tag)
    app.command("judge")(judge)


def tag(
    full_refresh: bool = typer.Option(False, "--full-refresh", help="Tag everything again, changed or not."),
    json: bool = typer.Option(False, "--json", help="Print the counts as JSON."),
    project: Path = typer.Option(Path(), "--project", "-C", help="Folder of reroute.toml."),
) -> None:
    """Find failure-and-recovery episodes in what was collected, and label them."""
    from reroute import settings
    from reroute.storage import publish
    from reroute.tag.tagging import tag as tag_all

    here = settings.load(project)
    tagged = tag_all(here, full_refresh=full_refresh)
    publish.publish(here)
    print(tagged.json() if json else tagged.table())


def judge(
    *,
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what it would come to and send nothing."),
    yes: bool = typer.Option(False, "--yes", help="Send, within the budget that reroute.toml gives the judge."),
    again: bool = typer.Option(False, "--again", help="Also where asking gave no vote before."),
    quality: bool = typer.Option(False, "--quality", help="Its votes beside people's grades."),
    prompt: str | None = typer.Option(None, "--prompt", help="Print the request about this episode; send nothing."),
    as_json: bool = typer.Option(False, "--json", help="Write JSON for a machine."),
    project: Path = typer.Option(Path(), "--project", "-C", help="Folder of reroute.toml."),
) -> None:
    """Have the judge's model vote on doubtful episodes; shows the price, and sends nothing without --yes.

    A vote is a signal beside the rules' own and decides nothing. Ends with exit code 3 where the endpoint failed.
    """
    from reroute import settings
    from reroute.terminal import judging

    here = settings.load(project)
    if prompt is not None:
        judging.prompt(here, prompt)
    elif quality:
        judging.quality(here, as_json=as_json)
    elif yes and not dry_run:
        judging.ask(here, again=again, as_json=as_json)
    else:
        judging.estimate(here, again=again, as_json=as_json)
