"""Verbs that run, watch and repair the whole: nightly, report, publish, doctor, rebuild, demo."""

from __future__ import annotations

from pathlib import Path

import typer

from reroute.cli.options import HERE, AsJson, Plain, ProjectFolder


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    app.command()(nightly)
    app.command()(report)
    app.command()(publish)
    app.command()(doctor)
    app.command()(rebuild)
    app.command()(demo)


def nightly(
    project: ProjectFolder = HERE,
    plain: Plain = False,
) -> None:
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
        from reroute.cli._flow import run_nightly

        run_nightly(here)


def report(project: ProjectFolder = HERE) -> None:
    """Write the HTML report from the published tables and print where it lies."""
    from reroute import settings
    from reroute.report import write

    print(write(settings.load(project)))


def publish(project: ProjectFolder = HERE) -> None:
    """Publish the store for readers, if it is not published as it is; a damaged copy is written anew."""
    from reroute import settings
    from reroute.storage import publish

    print(publish.publish(settings.load(project)).line())


def doctor(
    project: ProjectFolder = HERE,
    deep: bool = typer.Option(False, "--deep", help="Read every byte of the lake, and compare the checksums."),
    as_json: AsJson = False,
) -> None:
    """Check this installation and project: versions, folders, store, lake, sources, keys; and what to do about it.

    Names what to back up. Ends with exit code 1 where something is not well.
    """
    from reroute import settings
    from reroute.operate.doctor import examine
    from reroute.terminal.output import json

    found = examine(settings.load(project), deep=deep)
    if as_json:
        print(json(found))
    else:
        for finding in found:
            print(finding.line())
    raise typer.Exit(0 if all(f.well for f in found) else 1)


def rebuild(
    part: list[str] = typer.Option([], "--part", help="Only this damaged or missing lake part; may be repeated."),
    damaged: bool = typer.Option(False, "--lake", help="Only lake parts: every one that is damaged or missing."),
    again: bool = typer.Option(False, "--again", help="Make the store anew although it is whole."),
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

    here = settings.load(project)
    only = [*part, *(repair.damaged_parts(here) if damaged else [])]
    lake_alone = bool(part) or damaged
    done = repair.rebuild_parts(here, only) if lake_alone else repair.rebuild(here, again=again)
    print(done.json() if as_json else done.table())
    tagging.tag(here)
    publish.publish(here)
    done.check()


def demo(
    folder: Path = typer.Argument(Path("reroute-demo"), help="Made anew each time; refused if it is something else."),
    traces: Path | None = typer.Option(None, help="Use these traces of yours instead of simulated runs."),
    plain: Plain = False,
) -> None:
    """The whole way on 200 simulated runs with known answers, or on your own traces, in one folder."""
    from reroute.cli._flow import run_nightly
    from reroute.operate.demo import prepare, summary
    from reroute.pipeline import run

    project = prepare(folder, traces=traces)
    if plain:
        run(project).check()
    else:
        run_nightly(project)
    summary(project)
