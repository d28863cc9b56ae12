"""Verbs of the chapter tuning: check and price a dataset, start a job once, follow it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reroute.cli.exporting import dataset_app
from reroute.errors import UsageError

if TYPE_CHECKING:
    from reroute.tune.desk import Desk, Quote, Wishes
    from reroute.tune.ledger import Job
    from reroute.tune.providers import RemoteEvent

job_app = typer.Typer(help="Start, follow and stop fine-tuning jobs.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(help="recipe@latest, recipe@<start of version> or a dataset's folder.")]
Provider = Annotated[str | None, typer.Option(help="The provider; default: the one that reroute.toml names.")]
Model = Annotated[str | None, typer.Option(help="The base model to train.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="A hyperparameter, such as n_epochs=3. Repeatable.")]
Hours = Annotated[float | None, typer.Option(help="Training hours to assume where the price is by the hour.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ProjectDir = Annotated[Path, typer.Option("--project", "-C", help="The project's folder.")]
Today = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Judge as on this day instead of today.")]
JobName = Annotated[str, typer.Argument(help="The start of the job's key or of the provider's id.")]
HERE = Path()


def register(app: typer.Typer) -> None:
    """Add this chapter's verbs to the command."""
    dataset_app.command("preflight")(preflight)
    dataset_app.command("estimate")(estimate)
    app.add_typer(job_app, name="job")
    app.command("providers")(providers)


def preflight(
    dataset: Reference,
    *,
    provider: Provider = None,
    model: Model = None,
    today: Today = None,
    json: Json = False,
    project: ProjectDir = HERE,
) -> None:
    """Check everything that a provider would refuse in a dataset; exit 1 on errors. Nothing is sent."""
    from reroute.terminal import tuning

    checked = _desk(project, today).preflight(dataset, provider, model)
    if json:
        tuning.as_json({"passed": checked.passed, "rows": checked.rows, "findings": checked.findings})
    else:
        tuning.show(tuning.dataset_lines(checked), *tuning.findings(checked))
    raise typer.Exit(0 if checked.passed else 1)


def estimate(
    dataset: Reference,
    *,
    provider: Provider = None,
    model: Model = None,
    settings: Settings = None,
    hours: Hours = None,
    json: Json = False,
    project: ProjectDir = HERE,
) -> None:
    """Say what training on a dataset would cost: on one model, or compared over all. Nothing is sent."""
    from reroute.terminal import tuning
    from reroute.tune.desk import Wishes

    desk, wishes = _desk(project), Wishes(settings=settings or (), hours=hours)
    if model is None:
        _compare(desk, dataset, provider, wishes, json=json)
        return
    checked, price = desk.price(dataset, provider, model, wishes)
    if json:
        tuning.as_json({"model": model, "price": price})
    else:
        tuning.show(tuning.dataset_lines(checked), tuning.price_lines(price))


def _compare(desk: Desk, dataset: str, provider: str | None, wishes: Wishes, *, json: bool) -> None:
    from reroute.terminal import tuning

    rows = desk.compare(dataset, provider, wishes)
    if json:
        offers = [{"provider": o.provider, "model": o.model, "price": price} for o, price in rows]
        tuning.as_json(offers)
    else:
        tuning.show(
            tuning.offers_table(rows, desk.table, desk.today), "", "Name one with --model for what it rests on."
        )


@job_app.command("submit")
def submit(
    dataset: Reference,
    *,
    model: Annotated[str, typer.Option(help="The base model to train.")],
    provider: Provider = None,
    settings: Settings = None,
    suffix: Annotated[str | None, typer.Option(help="Becomes part of the new model's name.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Seed of the training.")] = None,
    tier: Annotated[str | None, typer.Option(help="Training tier, where the provider has them (azure).")] = None,
    attempt: Annotated[int, typer.Option(min=1, help="Raise it to order the very same job once more.")] = 1,
    hours: Hours = None,
    base_url: Annotated[str | None, typer.Option(help="Another address of the provider's API.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Send it. Without this nothing is sent.")] = False,
    json: Json = False,
    project: ProjectDir = HERE,
) -> None:
    """Show what a job would send and cost; with --yes start it. Equal orders never start two jobs."""
    from reroute.tune.desk import Wishes

    wishes = Wishes(settings or (), suffix, seed, tier, attempt, hours, base_url)
    desk = _desk(project)
    quote = desk.quote(dataset, provider, model, wishes)
    _present(desk, quote, json=json)
    if not yes and not (quote.earlier and quote.earlier.provider_job_id):
        raise UsageError(
            "Nothing was sent and nothing costs money yet. Repeat the command with --yes to start the job."
        )
    _submitted(desk.submit(quote), desk, json=json)


def _present(desk: Desk, quote: Quote, *, json: bool) -> None:
    from reroute.terminal import tuning

    if json:
        return
    order = tuning.order_lines(quote.order, quote.checked, quote.price, desk.table)
    tuning.show(order, *tuning.findings(quote.checked))


def _submitted(job: Job, desk: Desk, *, json: bool) -> None:
    from reroute.storage.publish import publish
    from reroute.terminal import tuning

    publish(desk.project)
    if json:
        tuning.as_json(job)
    else:
        tuning.show(f"job {job.job_key[:12]} is {job.provider_job_id} at {job.provider}: {job.status}")
        tuning.show(f"follow it with `reroute job watch {job.job_key[:12]}`")


@job_app.command("list")
def list_jobs(json: Json = False, project: ProjectDir = HERE) -> None:
    """List all jobs in the store, newest first."""
    from reroute.terminal import tuning

    jobs = _desk(project).ledger.jobs()
    if json:
        tuning.as_json(jobs)
    else:
        tuning.show(tuning.jobs_table(jobs) if jobs else "no jobs yet: `reroute job submit DATASET --model M`")


@job_app.command("show")
def show(job: JobName, json: Json = False, project: ProjectDir = HERE) -> None:
    """Show a job and what happened to it, from the store."""
    from reroute.terminal import tuning

    ledger = _desk(project).ledger
    found = ledger.find(job)
    events = ledger.events(found.job_key)
    if json:
        tuning.as_json({"job": found, "events": events})
    else:
        tuning.show(tuning.job_lines(found), "", tuning.events_table(events))


@job_app.command("watch")
def watch(job: JobName, json: Json = False, project: ProjectDir = HERE) -> None:
    """Follow a job until it ends; exit 1 where it did not succeed. Stop any time; started again it goes on."""
    from reroute.storage.publish import publish
    from reroute.terminal import tuning

    desk = _desk(project)
    ended = desk.watch(job, _tell)
    publish(desk.project)
    if json:
        tuning.as_json(ended)
    else:
        tuning.show(tuning.job_lines(ended))
    raise typer.Exit(0 if ended.status == "succeeded" else 1)


def _tell(job: Job, events: list[RemoteEvent]) -> None:
    from reroute.progress import say

    for event in events:
        say(f"  {datetime.fromtimestamp(event.created_at).astimezone():%H:%M:%S} {event.message}")
    say(f"{job.job_key[:12]} {job.status}")


@job_app.command("cancel")
def cancel(job: JobName, project: ProjectDir = HERE) -> None:
    """Ask the provider to stop a job."""
    from reroute.storage.publish import publish
    from reroute.terminal import tuning

    desk = _desk(project)
    stopped = desk.cancel(job)
    publish(desk.project)
    tuning.show(f"job {stopped.job_key[:12]} is {stopped.status}")


def providers(
    dataset: Annotated[str | None, typer.Option("--for", help="Only what trains this dataset.")] = None,
    today: Today = None,
    json: Json = False,
    project: ProjectDir = HERE,
) -> None:
    """Show who trains what, until when and at what price, from the dated capability table."""
    from reroute.terminal import tuning

    desk = _desk(project, today)
    method = desk.dataset(dataset).manifest.method if dataset else None
    if json:
        tuning.as_json(desk.table.offers_for(method))
    else:
        tuning.show(tuning.capability_table(desk.table, desk.today, method), *tuning.provider_notes(desk.table, method))
        tuning.show(f"facts as of {desk.table.as_of}, judged on {desk.today}; never tried against a live provider")


def _desk(project: Path, today: datetime | None = None) -> Desk:
    from reroute import settings
    from reroute.tune.desk import open_desk

    return open_desk(settings.load(project), today.date() if today else None)
