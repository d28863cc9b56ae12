"""Verbs of the chapter tuning: check and price a dataset, start a job once, follow it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reroute.cli.command import app
from reroute.cli.exporting import dataset_app
from reroute.cli.options import HERE, AsJson, DatasetName, ProjectFolder
from reroute.errors import UsageError

if TYPE_CHECKING:
    from reroute.tune.ledger import Job, RemoteEvent
    from reroute.tune.tuning import Tuning

job_app = typer.Typer(help="Start, follow and stop fine-tuning jobs.", no_args_is_help=True)
app.add_typer(job_app, name="job")

Provider = Annotated[str | None, typer.Option(help="The provider; default: the one that reroute.toml names.")]
Model = Annotated[str | None, typer.Option(help="The base model to train.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="A hyperparameter, such as n_epochs=3. Repeatable.")]
Hours = Annotated[float | None, typer.Option(help="Training hours to assume where the price is by the hour.")]
Today = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Judge as on this day instead of today.")]
JobName = Annotated[str, typer.Argument(help="The start of the job's key or of the provider's id.")]


@dataset_app.command()
def preflight(
    dataset: DatasetName,
    *,
    provider: Provider = None,
    model: Model = None,
    today: Today = None,
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Check everything that a provider would refuse in a dataset; exit 1 on errors. Nothing is sent."""
    from reroute.terminal import tuning
    from reroute.terminal.output import json, put

    checked = _open(project, today).preflight(dataset, provider, model)
    if as_json:
        print(json({"passed": checked.passed, "rows": checked.rows, "findings": checked.findings}))
    else:
        put([tuning.dataset_lines(checked), *tuning.findings(checked)], wrap=True)
    raise typer.Exit(0 if checked.passed else 1)


@dataset_app.command()
def estimate(
    dataset: DatasetName,
    *,
    provider: Provider = None,
    model: Model = None,
    settings: Settings = None,
    hours: Hours = None,
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Say what training on a dataset would cost: on one model, or compared over all. Nothing is sent."""
    from reroute.terminal import tuning
    from reroute.terminal.output import json, put, text
    from reroute.tune.job_spec import JobOptions

    jobs, chosen = _open(project), JobOptions(settings=settings or (), hours=hours)
    if model is not None:
        checked, price = jobs.price(dataset, provider, model, chosen)
        if as_json:
            print(json({"model": model, "price": price}))
        else:
            put([tuning.dataset_lines(checked, price)], wrap=True)
        return
    rows = jobs.compare(dataset, provider, chosen)
    if as_json:
        print(json([{"provider": o.provider, "model": o.model, "price": price} for o, price in rows]))
    else:
        offers = tuning.offers_table(rows, jobs.table, jobs.today)
        put([offers, text(""), text("Name one with --model for what it rests on.")], wrap=True)


@job_app.command()
def submit(
    dataset: DatasetName,
    *,
    model: Annotated[str, typer.Option(help="The base model to train.")],
    provider: Provider = None,
    settings: Settings = None,
    suffix: Annotated[str | None, typer.Option(help="Becomes part of the new model's name.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Seed of the training.")] = None,
    tier: Annotated[str | None, typer.Option(help="Training tier, where the provider has them (azure).")] = None,
    attempt: Annotated[int, typer.Option(min=1, help="Raise it to submit the very same job once more.")] = 1,
    hours: Hours = None,
    base_url: Annotated[str | None, typer.Option(help="Another address of the provider's API.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Send it. Without this nothing is sent.")] = False,
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Show what a job would send and cost; with --yes start it. Equal job specs never start two jobs."""
    from reroute.storage.publish import publish
    from reroute.terminal import tuning
    from reroute.terminal.output import json, put, text
    from reroute.tune import job_spec, submit

    jobs = _open(project)
    chosen = job_spec.JobOptions(settings or (), suffix, seed, tier, attempt, hours, base_url)
    quote = jobs.quote(dataset, provider, model, chosen)
    if not as_json:
        spec = tuning.spec_lines(quote.spec, quote.checked, quote.price, jobs.table)
        put([spec, *tuning.findings(quote.checked)], wrap=True)
    if not yes and not (quote.earlier and quote.earlier.provider_job_id):
        raise UsageError(
            "Nothing was sent and nothing costs money yet. Repeat the command with --yes to start the job."
        )
    job = submit.submit(jobs, quote)
    publish(jobs.project)
    if as_json:
        print(json(job))
        return
    key = job.job_key[:12]
    line = f"job {key} is {job.provider_job_id} at {job.provider}: {job.status}"
    put([text(line), text(f"follow it with `reroute job watch {key}`")], wrap=True)


@job_app.command("list")
def list_jobs(as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """List all jobs in the store, newest first."""
    from reroute.terminal import tuning
    from reroute.terminal.output import json, put, text
    from reroute.tune.ledger import Ledger

    found = Ledger(_open(project).project).jobs()
    if as_json:
        print(json(found))
    else:
        none = text("no jobs yet: `reroute job submit DATASET --model M`")
        put([tuning.jobs_table(found) if found else none], wrap=True)


@job_app.command()
def show(job: JobName, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Show a job and what happened to it, from the store."""
    from reroute.terminal import tuning
    from reroute.terminal.output import json, put
    from reroute.tune.ledger import Ledger

    ledger = Ledger(_open(project).project)
    found = ledger.find(job)
    events = ledger.events(found.job_key)
    if as_json:
        print(json({"job": found, "events": events}))
    else:
        put(tuning.job_lines(found, events), wrap=True)


@job_app.command()
def watch(job: JobName, as_json: AsJson = False, project: ProjectFolder = HERE) -> None:
    """Follow a job until it ends; exit 1 where it did not succeed. Stop any time; started again it goes on."""
    from reroute.progress import say
    from reroute.storage.publish import publish
    from reroute.terminal import tuning
    from reroute.terminal.output import json, put
    from reroute.tune.ledger import Ledger
    from reroute.tune.watch import watch as follow

    def narrate(now: Job, events: list[RemoteEvent]) -> None:
        """Say what is new: the provider's messages, in this machine's time, then the status."""
        for event in events:
            say(f"  {datetime.fromtimestamp(event.created_at).astimezone():%H:%M:%S} {event.message}")
        say(f"{now.job_key[:12]} {now.status}")

    jobs = _open(project)
    ended = follow(jobs, Ledger(jobs.project).find(job), narrate)
    publish(jobs.project)
    if as_json:
        print(json(ended))
    else:
        put(tuning.job_lines(ended), wrap=True)
    raise typer.Exit(0 if ended.status == "succeeded" else 1)


@job_app.command()
def cancel(job: JobName, project: ProjectFolder = HERE) -> None:
    """Ask the provider to stop a job."""
    from reroute.storage.publish import publish
    from reroute.terminal.output import put, text
    from reroute.tune.ledger import Ledger
    from reroute.tune.watch import cancel as stop

    jobs = _open(project)
    stopped = stop(jobs, Ledger(jobs.project).find(job))
    publish(jobs.project)
    put([text(f"job {stopped.job_key[:12]} is {stopped.status}")], wrap=True)


@app.command()
def providers(
    dataset: Annotated[str | None, typer.Option("--for", help="Only what trains this dataset.")] = None,
    today: Today = None,
    as_json: AsJson = False,
    project: ProjectFolder = HERE,
) -> None:
    """Show who trains what, until when and at what price, from the dated capability table."""
    from reroute import datasets
    from reroute.terminal import tuning
    from reroute.terminal.output import json, put, text

    jobs = _open(project, today)
    method = datasets.find(jobs.project, dataset).manifest.method if dataset else None
    if as_json:
        print(json(jobs.table.offers_for(method)))
        return
    dated = f"facts as of {jobs.table.as_of}, judged on {jobs.today}; never tried against a live provider"
    put([*tuning.capabilities(jobs.table, jobs.today, method), text(dated)], wrap=True)


def _open(project: Path, today: datetime | None = None) -> Tuning:
    """The project's jobs, with the capability table judged on ``today``.

    Raises ConfigError where reroute.toml or the table is wrong.
    """
    from reroute import settings
    from reroute.tune.tuning import Tuning

    found = settings.load(project)
    return Tuning(found, today.date()) if today else Tuning(found)
