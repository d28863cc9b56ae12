"""Checks, prices, orders and jobs on a terminal, as lines and tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from reroute import datasets
from reroute.datasets import Method
from reroute.terminal.output import counted, table, text
from reroute.tokens import how_to_count
from reroute.tune import providers
from reroute.tune.capabilities import Availability, Capabilities, Offer
from reroute.tune.estimate import Estimate
from reroute.tune.job_spec import JobSpec
from reroute.tune.ledger import Event, Job
from reroute.tune.preflight import Checked

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_COLOURS = {"error": "bold red", "warning": "yellow", "note": "dim", "info": "", "warn": "yellow"}
_STATUS_COLOURS = {"succeeded": "green", "failed": "red", "cancelled": "red", "refused": "red"}
"""Of a job; a job that goes on is cyan."""


def dataset_lines(checked: Checked, price: Estimate | None = None) -> Table:
    """The dataset at a glance: rows, bytes and tokens of each split, and what training on it costs."""
    grid = table(labels="dim")
    method = checked.dataset.manifest.method
    target = f"{checked.provider} / {checked.model}" if checked.model else checked.provider
    grid.add_row("dataset", text((checked.dataset.name, "bold")))
    grid.add_row("for", f"{target} ({method})")
    for split in datasets.SPLITS:
        path = checked.dataset.path(split)
        size = _bytes(path.stat().st_size) if path and path.is_file() else "no file"
        grid.add_row(split, f"{checked.rows[split]:,} rows, {size}, {checked.tokens[split]:,} tokens")
    exact = "" if checked.exact else f"; {how_to_count()}"
    grid.add_row("", text((f"tokens {checked.basis}; longest row {checked.longest:,}{exact}", "dim")))
    if price is not None:
        grid.add_row("price", text((price_text(price), "bold")))
        for sentence in price.rests_on:
            grid.add_row("", text((sentence, "dim")))
    return grid


def findings(checked: Checked) -> list[RenderableType]:
    """What is wrong and what to do about it, worst first; then what is merely good to know, and the verdict."""
    lines: list[RenderableType] = [text("")]
    wrong = [finding for finding in checked.findings if finding.level != "note"]
    if wrong:
        shown = table("", "what was found", "what to do")
        for finding in wrong:
            kind = text((f"{finding.level}\n", _COLOURS[finding.level]), (finding.rule, "dim"))
            where = (f"\n{finding.where}" if finding.where else "", "dim")
            shown.add_row(kind, text(finding.found, where), text(finding.action))
        lines.append(shown)
    lines += [text((f"note: {finding.found}", "dim")) for finding in checked.findings if finding.level == "note"]
    levels = [finding.level for finding in wrong]
    counts = ", ".join(counted(levels.count(level), level) for level in ("error", "warning") if level in levels)
    ready = text((f"ready to submit{f' ({counts})' if counts else ''}", "bold green"))
    return [*lines, text(""), ready if checked.passed else text((f"not ready: {counts}", "bold red"))]


def price_text(price: Estimate) -> str:
    """A price as a person reads it."""
    if price.usd is None:
        return "unknown"
    what = f" for {price.basis}" if price.basis else ""
    plus = f" + {price.extra} (unknown)" if price.extra else ""
    return f"about ${price.usd:,.2f}{what}{plus}"


def offers_table(rows: list[tuple[Offer, Estimate]], capabilities: Capabilities, today: date) -> Table:
    """Offers with what this dataset would cost on each."""
    shown = table("provider", "model", "new jobs", "price of this dataset")
    for offer, price in rows:
        until, style = _until(state := capabilities.availability(offer, today))
        row = (offer.provider, offer.model, until, price_text(price) if state.open else "-")
        shown.add_row(*(text((cell, style)) for cell in row))
    return shown


def capabilities(known: Capabilities, today: date, method: Method | None = None) -> list[RenderableType]:
    """What providers offer today, with prices as stated and what ends when; one row for offers alike but in method.

    Below it what holds for all of a provider's models, and whether Reroute can submit there.
    """
    alike: dict[tuple[object, ...], list[Offer]] = {}
    for each in known.offers_for(method):
        key = (each.provider, each.model, each.shut_down, each.last_day, each.note, each.price)
        alike.setdefault(key, []).append(each)
    shown = table("provider", "model", "method", "new jobs", "training price", "what to know")
    for offers in alike.values():
        offer = offers[0]
        until, style = _until(state := known.availability(offer, today))
        gone = f"Model gone from {offer.shut_down}." if state.open and offer.shut_down else None
        about = " ".join(filter(None, (gone, offer.note)))
        price = "unknown"
        if offer.price is not None:
            unit = "hour" if offer.price.unit == "training_hour" else "1M tokens"
            price = f"${offer.price.usd:,.0f} / {unit}"
        row = (offer.provider, offer.model, " ".join(each.method for each in offers), until, price, about)
        shown.add_row(*(text((cell, style)) for cell in row))
    lines: list[RenderableType] = [shown, text("")]
    named = {offers[0].provider for offers in alike.values()}
    for provider in known.providers:
        if provider.name in named:
            words = [f"{provider.name}:", *provider.notes]
            if provider.name not in providers.names():
                words.append("Reroute does not submit here; its rows may need recasting.")
            lines.append(text((" ".join(words).strip(), "dim")))
    return lines


def _until(state: Availability) -> tuple[str, str]:
    """Until when new jobs are taken, and the style of the row."""
    if not state.open:
        return f"closed since {state.end}", "dim"
    return f"until {state.end}" if state.end else "open", "yellow" if state.soon else ""


def spec_lines(spec: JobSpec, checked: Checked, price: Estimate, capabilities: Capabilities) -> Table:
    """What a submission would do: where to, what is sent, at what price."""
    grid = table(labels="dim")
    grid.add_row("job", text((spec.key, "bold")))
    grid.add_row("dataset", text(f"{spec.dataset.name} in {spec.dataset.folder}"))
    grid.add_row("provider", text(f"{capabilities.provider(spec.provider).title}, {spec.base_url}"))
    grid.add_row("model", text(f"{spec.model} ({spec.method})"))
    grid.add_row("price", text((price_text(price), "bold")))
    for sentence in price.rests_on:
        grid.add_row("", text((sentence, "dim")))
    for number, split in enumerate(split for split in datasets.SPLITS if spec.dataset.entry(split)):
        path = spec.dataset.path(split)
        name = path.name if path else split
        size = _bytes(path.stat().st_size) if path and path.is_file() else "missing"
        grid.add_row("will be sent" if not number else "", text(f"{name}: {checked.rows[split]:,} rows, {size}"))
    settings = [f"{name} = {value}" for name, value in sorted(spec.hyperparameters.items())]
    extras = {"suffix": spec.suffix, "seed": spec.seed, "tier": spec.tier}
    settings += [f"{name} = {value}" for name, value in extras.items() if value is not None]
    if spec.method == "rft" and (grader := spec.dataset.manifest.grader):
        settings.append(f"grader `{grader.get('name', '?')}` ({grader.get('type', '?')})")
    if spec.attempt > 1:
        settings.append(f"attempt {spec.attempt}")
    for setting in settings or ["hyperparameters left to the provider"]:
        grid.add_row("", text(setting))
    return grid


def jobs_table(jobs: list[Job]) -> Table:
    """All jobs, newest first."""
    shown = table("job", "status", "dataset", "provider / model", "price", "at the provider")
    for job in jobs:
        price = "unknown" if job.price_usd is None else f"${job.price_usd:,.2f}"
        cells = (f"{job.recipe}@{job.version[:12]}", f"{job.provider} / {job.model}", price, job.provider_job_id or "-")
        status = text((job.status, _STATUS_COLOURS.get(job.status, "cyan")))
        shown.add_row(job.job_key[:12], status, *(text(cell) for cell in cells))
    return shown


def job_lines(job: Job, events: Sequence[Event] = ()) -> list[RenderableType]:
    """One job in full, without its raw JSON, and what happened to it, oldest first."""
    body = msgspec.json.decode(job.request)
    method = body.get("method", {})
    settings = dict(method.get(method.get("type"), {}).get("hyperparameters", {}))
    settings |= {name: body[name] for name in ("suffix", "seed") if name in body}
    asked = ", ".join(f"{name} = {value}" for name, value in settings.items())
    grid = table(labels="dim")
    grid.add_row("job", text((job.job_key, "bold")))
    grid.add_row("status", text((job.status, _STATUS_COLOURS.get(job.status, "cyan"))))
    grid.add_row("dataset", f"{job.recipe}@{job.version[:12]}")
    grid.add_row("provider", text(f"{job.provider}, {job.base_url}"))
    grid.add_row("model", text(f"{job.model} ({job.method})"))
    grid.add_row("price", "unknown" if job.price_usd is None else f"about ${job.price_usd:,.2f}")
    grid.add_row("", text((job.price_note, "dim")))
    grid.add_row("settings", text(asked or "left to the provider"))
    optional = {"at the provider": job.provider_job_id, "training file": job.training_file}
    optional |= {"validation file": job.validation_file, "new model": job.fine_tuned_model, "error": job.error}
    for name, value in optional.items():
        if value:
            grid.add_row(name, text(value))
    grid.add_row("intended", f"{job.intended_at:%Y-%m-%d %H:%M} UTC")
    grid.add_row("last change", f"{job.updated_at:%Y-%m-%d %H:%M} UTC")
    if not events:
        return [grid]
    log = table("when (UTC)", "who", "what")
    for event in events:
        said = event.detail or "" if event.event == "message" else " ".join(filter(None, (event.event, event.detail)))
        who = "provider" if event.origin == "provider" else "reroute"
        log.add_row(f"{event.happened_at:%m-%d %H:%M:%S}", who, text((said, _COLOURS.get(event.level, ""))))
    return [grid, text(""), log]


def _bytes(count: int) -> str:
    """A size as people read it: MB from 100 kB on."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
