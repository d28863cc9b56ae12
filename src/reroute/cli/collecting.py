"""Verbs that bring data in and say what is in the store: collect, outcomes, quarantine, redact, sql, status."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reroute.cli.command import app
from reroute.cli.options import HERE, AsJson, ProjectFolder

quarantine_app = typer.Typer(no_args_is_help=True, help="Records that could not be read: list, show, retry.")
app.add_typer(quarantine_app, name="quarantine")

Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Files or folders; without any, every configured source."),
]
OutcomesFile = Annotated[
    Path, typer.Argument(help="CSV or JSON lines: trajectory_id, run_id or task_id; outcome or reward.")
]
QuarantineId = Annotated[str, typer.Argument(metavar="ID", help="Its beginning does.")]
QuarantineIds = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Without any, all of them.")]
NewKey = Annotated[bool, typer.Option("--new-key", help="The old key is lost: go on with a new one, or the file's.")]
Query = Annotated[str, typer.Argument(help="Such as: select kind, count(*) from episodes group by kind")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Write CSV.")]


@app.command()
def collect(paths: Paths = None, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Read what is new in the sources into the lake, redacted. Nothing is read twice.

    Ends with exit code 3 where a file could not be read or too many records are quarantined; the rest is in the store.
    """
    from reroute import settings
    from reroute.collect import collect as collect_all
    from reroute.terminal.collected import summary
    from reroute.terminal.output import json

    collected = collect_all(settings.load(project), paths)
    print(json(collected, indented=True) if as_json else summary(collected))
    collected.check()


@app.command()
def outcomes(file: OutcomesFile, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Join how runs ended, said by somebody who could know; the strongest source wins (verifier, human, declared)."""
    from reroute import settings
    from reroute.collect.outcomes import join
    from reroute.storage.publish import publish
    from reroute.tag import tagging
    from reroute.terminal.output import json

    here = settings.load(project)
    joined = join(here, file)
    tagging.relabel(here)
    publish(here)
    print(json(joined) if as_json else joined.line())
    joined.check()


@quarantine_app.command("list")
def list_quarantine(as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Every record in quarantine: id, reason, file, position."""
    from reroute import settings
    from reroute.collect import quarantine
    from reroute.terminal import project as screens
    from reroute.terminal.output import json, put

    found = quarantine.listed(settings.load(project))
    if as_json:
        print(json(found, indented=True))
    else:
        put(screens.quarantine(found))


@quarantine_app.command("show")
def show_quarantined(quarantine_id: QuarantineId, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """One record: where it lies, why it could not be read, and how it begins (redacted)."""
    from reroute import settings
    from reroute.collect import quarantine
    from reroute.terminal import project as screens
    from reroute.terminal.output import json, put

    found = quarantine.find(settings.load(project), quarantine_id)
    if as_json:
        print(json([found], indented=True))
    else:
        put([screens.quarantined(found)])


@quarantine_app.command("retry")
def retry_quarantined(
    quarantine_ids: QuarantineIds = None, as_json: AsJson = False, project: ProjectFolder = HERE
) -> None:
    """Read the files of quarantined records again, as after a repair."""
    from reroute import settings
    from reroute.collect import collect as collect_all
    from reroute.collect import quarantine
    from reroute.terminal.collected import summary
    from reroute.terminal.output import json

    here = settings.load(project)
    if files := quarantine.forget_files(here, quarantine_ids or []):
        collected = collect_all(here, files)
        print(json(collected, indented=True) if as_json else summary(collected))
        collected.check()
    else:
        print("{}" if as_json else "Nothing to retry.")


@app.command()
def redact(new_key: NewKey = False, project: ProjectFolder = HERE) -> None:
    """Go on with another redaction key where the store's own is lost; the next collect reads every source again."""
    from reroute import settings
    from reroute.errors import UsageError
    from reroute.storage import redaction_key

    if not new_key:
        raise UsageError("Redacting: say what to do. `reroute redact --new-key` gives up a key that is lost.")
    print(redaction_key.renew(settings.load(project)))


@app.command()
def sql(query: Query, as_json: AsJson = False, as_csv: AsCsv = False, project: ProjectFolder = HERE) -> None:
    """Ask the published copy of the store; it can be read while a stage is running, and not be changed."""
    from reroute import settings
    from reroute.storage import queries
    from reroute.terminal import answer

    found = queries.ask(settings.load(project), query)
    print(answer.json(found) if as_json else answer.csv(found) if as_csv else answer.table(found))


@app.command()
def status(as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """What is in the store, what is waiting, and what is wrong."""
    from reroute import settings
    from reroute.operate.status import status as of
    from reroute.terminal import project as screens
    from reroute.terminal.output import json, put

    found = of(settings.load(project))
    if as_json:
        print(json(screens.status_facts(found), indented=True))
    else:
        put([screens.status(found)])
