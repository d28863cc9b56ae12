"""Verbs of ``reroute review``: doubtful episodes to people, and their grades back."""

from __future__ import annotations

from pathlib import Path

import typer

_JSON = typer.Option(False, "--json", help="Write JSON for a machine.")
_PROJECT = typer.Option(Path(), "--project", "-C", help="The project's folder.")

review_app = typer.Typer(help="Have people grade doubtful episodes.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    app.add_typer(review_app, name="review")


@review_app.command()
def setup(project: Path = _PROJECT) -> None:
    """Check the questions against the screen, and print the screen to paste into Label Studio."""
    from reroute import settings
    from reroute.review.questions import screen

    print(screen(settings.load(project).root), end="")


@review_app.command()
def plan(as_json: bool = _JSON, project: Path = _PROJECT) -> None:
    """Choose the episodes that a person should look at."""
    from reroute import review, settings
    from reroute.terminal.answers import tell

    tell(review.plan(settings.load(project)), as_json=as_json)


@review_app.command()
def push(
    again: bool = typer.Option(False, "--again", help="Also the unanswered ones of before: the outbox was lost."),
    as_json: bool = _JSON,
    project: Path = _PROJECT,
) -> None:
    """Write the planned tasks as files that Label Studio imports."""
    from reroute import review, settings
    from reroute.terminal.answers import tell

    tell(review.push(settings.load(project), again=again), as_json=as_json)


@review_app.command()
def pull(
    file: Path = typer.Option(..., "--file", "-f", help="Label Studio's export: JSON or JSON-MIN."),
    as_json: bool = _JSON,
    project: Path = _PROJECT,
) -> None:
    """Take grades in from Label Studio's export and bring the labels up to date; again changes nothing."""
    from reroute import review, settings
    from reroute.storage import publish
    from reroute.tag import tagging
    from reroute.terminal.answers import tell

    here = settings.load(project)
    pulled = review.pull(here, file)
    tagging.relabel(here)
    publish.publish(here)
    tell(pulled, as_json=as_json)


@review_app.command()
def status(as_json: bool = _JSON, project: Path = _PROJECT) -> None:
    """What is planned, waits and came back, and how far people agree."""
    from reroute import review, settings
    from reroute.terminal.answers import reviewed

    reviewed(review.status(settings.load(project)), as_json=as_json)


@review_app.command()
def practice(
    export: Path | None = typer.Option(None, "--export", help="Write the exercises as Label Studio tasks."),
    check: Path | None = typer.Option(None, "--check", help="Score an export of answered exercises."),
    as_json: bool = _JSON,
    project: Path = _PROJECT,
) -> None:
    """Handmade episodes to learn grading on, with their answers."""
    from reroute import settings
    from reroute.terminal import practising

    practising.practise(settings.load(project).root, export, check, as_json=as_json)
