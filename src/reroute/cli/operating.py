"""Verbs that run, watch and repair the whole: nightly, report, publish, doctor, rebuild, demo."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reroute.cli.command import app
from reroute.cli.options import HERE, AsJson, Plain, ProjectFolder

if TYPE_CHECKING:
    from reroute.settings import Project

_PREFECT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # The temporary server is for this one run: no pages, and none of the services that a deployment needs.
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "WARNING",
}
Deep = Annotated[bool, typer.Option("--deep", help="Read every byte of the lake, and compare the checksums.")]
Parts = Annotated[
    list[str] | None,
    typer.Option("--part", help="Only this damaged or missing lake part; may be repeated."),
]
Damaged = Annotated[bool, typer.Option("--lake", help="Only lake parts: every one that is damaged or missing.")]
Again = Annotated[bool, typer.Option("--again", help="Make the store anew although it is whole.")]
DemoFolder = Annotated[Path, typer.Argument(help="Made anew each time; refused if it is something else.")]
Traces = Annotated[Path | None, typer.Option(help="Use these traces of yours instead of simulated runs.")]


@app.command()
def nightly(project: ProjectFolder = HERE, plain: Plain = False) -> None:
    """All stages once: collect, tag, judge (where enabled), review, export, follow jobs, publish, report.

    Runs as the Prefect flow flows/nightly.py, on the server of PREFECT_API_URL or on a temporary one of its own.
    Ends with exit code 3 where a stage failed and the others finished.
    """
    from reroute import settings

    here = settings.load(project)
    if plain:
        from reroute.pipeline import run

        run(here).check()
    else:
        _run_nightly_flow(here)


@app.command()
def report(project: ProjectFolder = HERE) -> None:
    """Write the HTML report from the published tables and print where it lies."""
    from reroute import settings
    from reroute.report import write

    print(write(settings.load(project)))


@app.command()
def publish(project: ProjectFolder = HERE) -> None:
    """Publish the store for readers, if it is not published as it is; a damaged copy is written anew."""
    from reroute import settings
    from reroute.storage import publish

    print(publish.publish(settings.load(project)).line())


@app.command()
def doctor(project: ProjectFolder = HERE, deep: Deep = False, as_json: AsJson = False) -> None:
    """Check this installation and project: versions, folders, store, lake, sources, keys; and what to do about it.

    Names what to back up. Ends with exit code 1 where something is not well.
    """
    from reroute import settings
    from reroute.operate.doctor import examine
    from reroute.terminal import project as screens
    from reroute.terminal.output import json, put

    found = examine(settings.load(project), deep=deep)
    if as_json:
        print(json(found))
    else:
        put(screens.health(found))
    raise typer.Exit(0 if all(f.well for f in found) else 1)


@app.command()
def rebuild(
    part: Parts = None,
    damaged: Damaged = False,
    again: Again = False,
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Make a lost or damaged store anew from journal, lake, dataset folders and grade journal, then tag.

    With --part or --lake: make lake parts anew from the source files of their runs, then tag. What was there is moved
    aside, never deleted. Ends with exit code 3 where something could not be recovered; it says what.
    """
    from reroute import settings
    from reroute.operate import rebuild as repair
    from reroute.storage import publish
    from reroute.tag import tagging
    from reroute.terminal import project as screens
    from reroute.terminal.output import json, put

    here = settings.load(project)
    only = [*(part or []), *(repair.damaged_parts(here) if damaged else [])]
    lake_alone = bool(part) or damaged
    done = repair.rebuild_parts(here, only) if lake_alone else repair.rebuild(here, again=again)
    if as_json:
        print(json(done, indented=True))
    else:
        put(screens.rebuilt(done))
    tagging.tag(here)
    publish.publish(here)
    done.check()


@app.command()
def demo(folder: DemoFolder = Path("reroute-demo"), traces: Traces = None, plain: Plain = False) -> None:
    """The whole way on 200 simulated runs with known answers, or on your own traces, in one folder."""
    from reroute.operate.demo import prepare, summarize
    from reroute.pipeline import run
    from reroute.terminal import demo as screens
    from reroute.terminal.output import put

    project = prepare(folder, traces=traces)
    if plain:
        run(project).check()
    else:
        _run_nightly_flow(project)
    put(screens.summary(project, summarize(project)))


def _run_nightly_flow(project: Project) -> None:
    """Run ``flows/nightly.py`` on a project, with Prefect in this process and nothing sent anywhere.

    Raises what the flow raises.
    """
    from reroute import content
    from reroute.progress import say

    for name, value in _PREFECT.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(project.root / ".prefect"))
    if "PREFECT_API_URL" not in os.environ:
        say("Starting Prefect on a temporary server (about ten seconds).")
    path = content.find("flows/nightly.py", project.root)
    spec = importlib.util.spec_from_file_location("reroute_flows_nightly", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded as a flow")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.nightly(str(project.root))
