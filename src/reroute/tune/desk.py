"""What the command asks of this stage, put together: one method a verb."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from reroute import datasets
from reroute.datasets import Dataset
from reroute.llm_api.patience import Patience
from reroute.settings import Project
from reroute.tune import capabilities, submit, watch
from reroute.tune.capabilities import Capabilities, Offer
from reroute.tune.estimate import Estimate, estimate, priced
from reroute.tune.ledger import Job, Ledger
from reroute.tune.order import Order, settings_of
from reroute.tune.preflight import Checked, preflight
from reroute.tune.providers import Connection, RemoteEvent


@dataclass(frozen=True)
class Quote:
    """An order with everything that a person should see before saying yes."""

    order: Order
    checked: Checked
    price: Estimate
    earlier: Job | None
    """The same order as it stands in the store, where it was given before."""


@dataclass(frozen=True)
class Wishes:
    """What a person typed about a job; ``settings`` are ``name=value``."""

    settings: Iterable[str] = ()
    suffix: str | None = None
    seed: int | None = None
    tier: str | None = None
    attempt: int = 1
    hours: float | None = None
    base_url: str | None = None


@dataclass(frozen=True)
class Desk:
    """A project, the capability table, and the day that it is."""

    project: Project
    table: Capabilities
    today: date

    @property
    def ledger(self) -> Ledger:
        """The jobs of the project."""
        return Ledger(self.project)

    def dataset(self, reference: str) -> Dataset:
        """The dataset that a person means."""
        return datasets.find(self.project, reference)

    def provider(self, given: str | None) -> str:
        """The provider that a person means: the one of reroute.toml unless told otherwise."""
        return given or self.project.settings.tune.provider

    def preflight(self, reference: str, provider: str | None, model: str | None) -> Checked:
        """Check a dataset."""
        return preflight(self.dataset(reference), self.provider(provider), model, self.table, self.today)

    def quote(self, reference: str, provider: str | None, model: str, wishes: Wishes) -> Quote:
        """Check and price an order; nothing is sent."""
        name, found = self.provider(provider), self.dataset(reference)
        choices = submit.Choices(
            hyperparameters=settings_of(wishes.settings, found.manifest.method, self.table),
            suffix=wishes.suffix,
            seed=wishes.seed,
            tier=wishes.tier,
            attempt=wishes.attempt,
        )
        address = submit.address(self.project, name, self.table, wishes.base_url)
        order = submit.order(found, name, model, choices, address)
        checked = preflight(found, name, model, self.table, self.today)
        price = estimate(order, checked, self.table, wishes.hours)
        return Quote(order, checked, price, self.ledger.job(order.key))

    def price(self, reference: str, provider: str | None, model: str, wishes: Wishes) -> tuple[Checked, Estimate]:
        """What a dataset would cost on one model; no address is needed."""
        name, found = self.provider(provider), self.dataset(reference)
        checked = preflight(found, name, model, self.table, self.today)
        settings = settings_of(wishes.settings, found.manifest.method, self.table)
        return checked, estimate(Order(found, name, "", model, settings), checked, self.table, wishes.hours)

    def compare(self, reference: str, provider: str | None, wishes: Wishes) -> list[tuple[Offer, Estimate]]:
        """What a dataset would cost on every offer of its method, open ones first."""
        found = self.dataset(reference)
        name = self.provider(provider)
        checked = preflight(found, name, None, self.table, self.today)
        settings = settings_of(wishes.settings, found.manifest.method, self.table)
        rows = []
        for offer in self.table.offers_for(found.manifest.method, provider):
            order = Order(found, offer.provider, "", offer.model, settings)
            rows.append((offer, priced(offer, order, checked, self.table, wishes.hours)))
        return sorted(rows, key=lambda row: not self.table.availability(row[0], self.today).open)

    def submit(self, quote: Quote, patience: Patience | None = None) -> Job:
        """Start the job of a quote, or find the one that was started before."""
        there = submit.connection(quote.order.provider, quote.order.base_url, self.table, patience)
        return submit.submit(self.project, quote.order, quote.checked, price=quote.price, table=self.table, there=there)

    def watch(self, reference: str, tell: Callable[[Job, list[RemoteEvent]], None]) -> Job:
        """Follow a job until it ends."""
        job = self.ledger.find(reference)
        return job if job.final else watch.watch(self.project, job, self._there(job), tell)

    def cancel(self, reference: str) -> Job:
        """Stop a job."""
        job = self.ledger.find(reference)
        return job if job.final else watch.cancel(self.project, job, self._there(job))

    def _there(self, job: Job) -> Connection:
        return submit.connection(job.provider, job.base_url, self.table)


def open_desk(project: Project, today: date | None = None) -> Desk:
    """The desk of a project, today unless told otherwise."""
    return Desk(project, capabilities.load(), today or datetime.now(UTC).date())
