"""How checks, prices, orders and jobs look on a terminal; and as JSON for machines."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from reroute import datasets
from reroute.datasets import Method
from reroute.tokens import HOW_TO_COUNT
from reroute.tune import providers
from reroute.tune.capabilities import Availability, Capabilities, Offer
from reroute.tune.estimate import Estimate
from reroute.tune.findings import Finding
from reroute.tune.ledger import Event, Job
from reroute.tune.order import Order
from reroute.tune.preflight import Checked

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_COLOURS = {"error": "bold red", "warning": "yellow", "note": "dim", "info": "", "warn": "yellow"}
_GOOD, _BAD = {"succeeded"}, {"failed", "cancelled", "refused"}


def show(*parts: RenderableType) -> None:
    """Print to stdout, wrapped to the terminal."""
    from reroute.progress import console

    out = console(stderr=False)
    for part in parts:
        out.print(part, soft_wrap=False)


def as_json(value: object) -> None:
    """Print one JSON value to stdout."""
    print(msgspec.json.encode(value).decode())


def dataset_lines(checked: Checked) -> Table:
    """The dataset at a glance: rows, bytes and tokens of each split."""
    from rich.text import Text

    grid = _grid()
    method = checked.dataset.manifest.method
    target = f"{checked.provider} / {checked.model}" if checked.model else checked.provider
    grid.add_row("dataset", Text(checked.dataset.name, "bold"))
    grid.add_row("for", f"{target} ({method})")
    for split in datasets.SPLITS:
        path = checked.dataset.path(split)
        size = _bytes(path.stat().st_size) if path and path.is_file() else "no file"
        grid.add_row(split, f"{checked.rows[split]:,} rows, {size}, {checked.tokens[split]:,} tokens")
    exact = "" if checked.exact else f"; {HOW_TO_COUNT}"
    grid.add_row("", Text(f"tokens {checked.basis}; longest row {checked.longest:,}{exact}", "dim"))
    return grid


def findings(checked: Checked) -> list[RenderableType]:
    """What is wrong and what to do about it, worst first; then what is merely good to know."""
    from rich.text import Text

    wrong = [finding for finding in checked.findings if finding.level != "note"]
    notes = [finding for finding in checked.findings if finding.level == "note"]
    table = [_findings_table(wrong)] if wrong else []
    return ["", *table, *(Text(f"note: {finding.found}", "dim") for finding in notes), "", _verdict(checked)]


def _findings_table(found: list[Finding]) -> Table:
    from rich.text import Text

    table = _table("", "what was found", "what to do")
    for finding in found:
        words = Text(finding.found)
        if finding.where:
            words.append(f"\n{finding.where}", "dim")
        kind = Text(f"{finding.level}\n", _COLOURS[finding.level])
        kind.append(finding.rule, "dim")
        table.add_row(kind, words, finding.action)
    return table


def _verdict(checked: Checked) -> RenderableType:
    from rich.text import Text

    levels = [finding.level for finding in checked.findings]
    counts = ", ".join(_counted(levels.count(level), level) for level in ("error", "warning") if level in levels)
    if checked.passed:
        return Text(f"ready to submit{f' ({counts})' if counts else ''}", "bold green")
    return Text(f"not ready: {counts}", "bold red")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def price_lines(price: Estimate) -> Table:
    """A price and what it rests on."""
    from rich.text import Text

    grid = _grid()
    grid.add_row("price", Text(price.text, "bold"))
    for sentence in price.rests_on:
        grid.add_row("", Text(sentence, "dim"))
    return grid


def offers_table(rows: list[tuple[Offer, Estimate]], table: Capabilities, today: date) -> Table:
    """Offers with what this dataset would cost on each."""
    from rich.text import Text

    shown = _table("provider", "model", "new jobs", "price of this dataset")
    for offer, price in rows:
        state = table.availability(offer, today)
        text = price.text if state.open else "-"
        row = (offer.provider, offer.model, _open_until(state), text)
        shown.add_row(*(Text(cell, _style(state)) for cell in row))
    return shown


def capability_table(table: Capabilities, today: date, method: Method | None = None) -> Table:
    """What providers offer today, with prices as stated and what ends when."""
    from rich.text import Text

    shown = _table("provider", "model", "method", "new jobs", "training price", "what to know")
    for offers in _alike(table.offers_for(method)):
        offer = offers[0]
        state = table.availability(offer, today)
        gone = f"Model gone from {offer.shut_down}." if state.open and offer.shut_down else None
        about = " ".join(filter(None, (gone, offer.note)))
        methods = " ".join(each.method for each in offers)
        row = (offer.provider, offer.model, methods, _open_until(state), _price(offer), about)
        shown.add_row(*(Text(cell, _style(state)) for cell in row))
    return shown


def provider_notes(table: Capabilities, method: Method | None = None) -> list[RenderableType]:
    """What holds for all of a provider's models, and whether Reroute can submit there."""
    from rich.text import Text

    shown = {offer.provider for offer in table.offers_for(method)}
    lines: list[RenderableType] = [""]
    for facts in table.providers:
        if facts.name in shown:
            way = (
                "" if facts.name in providers.names() else "Reroute does not submit here; its rows may need recasting."
            )
            lines.append(Text(" ".join((f"{facts.name}:", *facts.notes, way)).strip(), "dim"))
    return lines


def _alike(offers: list[Offer]) -> list[list[Offer]]:
    """Offers that differ by their method only, together."""
    groups: dict[tuple[object, ...], list[Offer]] = {}
    for each in offers:
        groups.setdefault((each.provider, each.model, each.shut_down, each.last_day, each.note, each.price), []).append(
            each
        )
    return list(groups.values())


def _open_until(state: Availability) -> str:
    if not state.open:
        return f"closed since {state.end}"
    return f"until {state.end}" if state.end else "open"


def _style(state: Availability) -> str:
    return "dim" if not state.open else "yellow" if state.soon else ""


def order_lines(order: Order, checked: Checked, price: Estimate, table: Capabilities) -> Table:
    """What a submission would do: where to, what is sent, at what price."""
    from rich.text import Text

    grid = _grid()
    grid.add_row("order", Text(order.key, "bold"))
    grid.add_row("dataset", f"{order.dataset.name} in {order.dataset.folder}")
    grid.add_row("provider", f"{table.provider(order.provider).title}, {order.base_url}")
    grid.add_row("model", f"{order.model} ({order.method})")
    grid.add_row("price", Text(price.text, "bold"))
    for sentence in price.rests_on:
        grid.add_row("", Text(sentence, "dim"))
    for number, split in enumerate(split for split in datasets.SPLITS if order.dataset.entry(split)):
        path = order.dataset.path(split)
        name = path.name if path else split
        size = _bytes(path.stat().st_size) if path and path.is_file() else "missing"
        grid.add_row("will be sent" if not number else "", f"{name}: {checked.rows[split]:,} rows, {size}")
    for setting in _settings(order):
        grid.add_row("", setting)
    return grid


def _settings(order: Order) -> list[str]:
    said = [f"{name} = {value}" for name, value in sorted(order.hyperparameters.items())]
    extras = {"suffix": order.suffix, "seed": order.seed, "tier": order.tier}
    said += [f"{name} = {value}" for name, value in extras.items() if value is not None]
    grader = order.dataset.manifest.grader
    if order.method == "rft" and grader:
        said.append(f"grader `{grader.get('name', '?')}` ({grader.get('type', '?')})")
    if order.attempt > 1:
        said.append(f"attempt {order.attempt}")
    return said or ["hyperparameters left to the provider"]


def jobs_table(jobs: list[Job]) -> Table:
    """All jobs, newest first."""
    from rich.text import Text

    table = _table("job", "status", "dataset", "provider / model", "price", "at the provider")
    for job in jobs:
        price = "unknown" if job.price_usd is None else f"${job.price_usd:,.2f}"
        target = f"{job.provider} / {job.model}"
        name = f"{job.recipe}@{job.version[:12]}"
        table.add_row(job.job_key[:12], status(job), name, target, price, Text(job.provider_job_id or "-"))
    return table


def job_lines(job: Job) -> Table:
    """One job in full, without its raw JSON."""
    from rich.text import Text

    grid = _grid()
    grid.add_row("job", Text(job.job_key, "bold"))
    grid.add_row("status", status(job))
    grid.add_row("dataset", f"{job.recipe}@{job.version[:12]}")
    grid.add_row("provider", f"{job.provider}, {job.base_url}")
    grid.add_row("model", f"{job.model} ({job.method})")
    grid.add_row("price", "unknown" if job.price_usd is None else f"about ${job.price_usd:,.2f}")
    grid.add_row("", Text(job.price_note, "dim"))
    grid.add_row("settings", _asked(job.request))
    optional = {"at the provider": job.provider_job_id, "training file": job.training_file}
    optional |= {"validation file": job.validation_file, "new model": job.fine_tuned_model, "error": job.error}
    for name, value in optional.items():
        if value:
            grid.add_row(name, value)
    grid.add_row("intended", f"{job.intended_at:%Y-%m-%d %H:%M} UTC")
    grid.add_row("last change", f"{job.updated_at:%Y-%m-%d %H:%M} UTC")
    return grid


def _asked(request: str) -> str:
    """The settings in a stored request."""
    body = msgspec.json.decode(request)
    method = body.get("method", {})
    said = dict(method.get(method.get("type"), {}).get("hyperparameters", {}))
    said |= {name: body[name] for name in ("suffix", "seed") if name in body}
    return ", ".join(f"{name} = {value}" for name, value in said.items()) or "left to the provider"


def events_table(events: list[Event]) -> Table:
    """What happened to a job, oldest first."""
    from rich.text import Text

    table = _table("when (UTC)", "who", "what")
    for event in events:
        text = event.detail or "" if event.event == "message" else " ".join(filter(None, (event.event, event.detail)))
        who = "provider" if event.origin == "provider" else "reroute"
        table.add_row(f"{event.happened_at:%m-%d %H:%M:%S}", who, Text(text, _COLOURS.get(event.level, "")))
    return table


def status(job: Job) -> RenderableType:
    """A job's status in its colour."""
    from rich.text import Text

    return Text(job.status, "green" if job.status in _GOOD else "red" if job.status in _BAD else "cyan")


def _price(offer: Offer) -> str:
    if offer.price is None:
        return "unknown"
    per = "hour" if offer.price.unit == "training_hour" else "1M tokens"
    return f"${offer.price.usd:,.0f} / {per}"


def _bytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def _grid() -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _table(*names: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(*names, box=box.SIMPLE, pad_edge=False, header_style="dim", show_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    return table
