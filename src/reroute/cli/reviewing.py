"""Verbs of ``reroute review``: doubtful episodes to people, and their grades back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reroute.cli.command import app
from reroute.cli.options import HERE, AsJson, ProjectFolder

review_app = typer.Typer(help="Have people grade doubtful episodes.", no_args_is_help=True)
app.add_typer(review_app, name="review")

Again = Annotated[bool, typer.Option("--again", help="Also the unanswered ones of before: the outbox was lost.")]
GradesFile = Annotated[Path, typer.Option("--file", "-f", help="Label Studio's export: JSON or JSON-MIN.")]
Export = Annotated[Path | None, typer.Option("--export", help="Write the exercises as Label Studio tasks.")]
Check = Annotated[Path | None, typer.Option("--check", help="Score an export of answered exercises.")]


@review_app.command()
def setup(project: ProjectFolder = HERE) -> None:
    """Check the questions against the screen, and print the screen to paste into Label Studio."""
    from reroute import settings
    from reroute.review.questions import screen

    print(screen(settings.load(project).root), end="")


@review_app.command()
def plan(as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Choose the episodes that a person should look at."""
    from reroute import review, settings
    from reroute.terminal.output import json

    planned = review.plan(settings.load(project))
    print(json(planned) if as_json else planned.line())


@review_app.command()
def push(again: Again = False, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Write the planned tasks as files that Label Studio imports."""
    from reroute import review, settings
    from reroute.terminal.output import json

    pushed = review.push(settings.load(project), again=again)
    print(json(pushed) if as_json else pushed.line())


@review_app.command()
def pull(file: GradesFile, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Take grades in from Label Studio's export and bring the labels up to date; again changes nothing."""
    from reroute import review, settings
    from reroute.storage import publish
    from reroute.tag import tagging
    from reroute.terminal.output import json

    here = settings.load(project)
    pulled = review.pull(here, file)
    tagging.relabel(here)
    publish.publish(here)
    print(json(pulled) if as_json else pulled.line())


@review_app.command()
def status(as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """What is planned, waits and came back, and how far people agree."""
    from reroute import review, settings
    from reroute.terminal import reviewing
    from reroute.terminal.output import json, put

    found = review.status(settings.load(project))
    if as_json:
        print(json(found))
    else:
        put(reviewing.screen(found))


@review_app.command()
def practice(
    export: Export = None, check: Check = None, as_json: AsJson = False, project: ProjectFolder = HERE
) -> None:
    """Handmade episodes to learn grading on, with their answers."""
    import msgspec

    from reroute import settings
    from reroute.review import practice as exercises
    from reroute.terminal import reviewing
    from reroute.terminal.output import json, put, width

    root = settings.load(project).root
    if export is not None:
        tasks = exercises.tasks(root)
        export.write_bytes(msgspec.json.format(msgspec.json.encode(tasks), indent=1))
        print(f"Wrote {len(tasks)} practice tasks to {export}; import them where labeling/episode.xml is the screen.")
    elif check is not None:
        marks = exercises.marks(check, root)
        if as_json:
            print(json(marks))
        else:
            put(reviewing.marks(marks))
    else:
        shown = exercises.exercises(root)
        if as_json:
            print(json(shown))
        else:
            put(reviewing.exercises(shown, width()))
