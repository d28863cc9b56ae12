"""What the command asks of this stage: check a dataset, price a job, compare prices, reach a provider."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from reroute import datasets
from reroute.errors import UsageError
from reroute.llm_api.address import checked_address
from reroute.llm_api.retry import RetryPolicy
from reroute.settings import Project
from reroute.tune import capabilities, providers
from reroute.tune.capabilities import Capabilities, Offer
from reroute.tune.estimate import Estimate, estimate, priced
from reroute.tune.job_spec import JobOptions, JobSpec, settings_of
from reroute.tune.ledger import Job, Ledger
from reroute.tune.preflight import Checked, preflight
from reroute.tune.providers import Connection


@dataclass(frozen=True)
class Quote:
    """A job spec with everything that a person should see before saying yes."""

    spec: JobSpec
    checked: Checked
    """What the preflight found; with errors nothing is sent."""
    price: Estimate
    earlier: Job | None
    """The job of this spec as it stands in the store, where it was submitted before."""


@dataclass(frozen=True)
class Tuning:
    """A project, the day on which it is judged, the capability table, and how a provider is asked again.

    A dataset is named as a person types it; ``provider`` None is the one of reroute.toml.
    """

    project: Project
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    table: Capabilities = field(default_factory=capabilities.load)
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    def preflight(self, dataset: str, provider: str | None, model: str | None) -> Checked:
        """Check a dataset for a provider and, where one is named, a model."""
        found = datasets.find(self.project, dataset)
        return preflight(found, provider or self.project.settings.tune.provider, model, self.table, self.today)

    def quote(self, dataset: str, provider: str | None, model: str, options: JobOptions) -> Quote:
        """Check and price a job; nothing is sent. Raises UsageError for options that no provider would take."""
        name, found = provider or self.project.settings.tune.provider, datasets.find(self.project, dataset)
        settings = settings_of(options.settings, found.manifest.method, self.table)
        address = self.address(name, options.base_url)
        tiers = providers.load(name).tiers
        if options.tier is not None and options.tier not in tiers:
            known = f"one of {', '.join(sorted(tiers))}" if tiers else "none"
            raise UsageError(f"--tier {options.tier}: {name} takes {known}.")
        if options.suffix is not None and not 1 <= len(options.suffix) <= 64:
            raise UsageError("--suffix: expected 1 to 64 characters.")
        spec = JobSpec(
            dataset=found,
            provider=name,
            base_url=address,
            model=model,
            hyperparameters=settings,
            suffix=options.suffix,
            seed=options.seed,
            tier=options.tier,
            attempt=options.attempt,
        )
        checked = preflight(found, name, model, self.table, self.today)
        price = estimate(spec, checked, self.table, options.hours)
        return Quote(spec, checked, price, Ledger(self.project).job(spec.key))

    def price(self, dataset: str, provider: str | None, model: str, options: JobOptions) -> tuple[Checked, Estimate]:
        """What a dataset would cost on one model; no address is needed."""
        checked = self.preflight(dataset, provider, model)
        found = checked.dataset
        settings = settings_of(options.settings, found.manifest.method, self.table)
        spec = JobSpec(found, checked.provider, "", model, settings)
        return checked, estimate(spec, checked, self.table, options.hours)

    def compare(self, dataset: str, provider: str | None, options: JobOptions) -> list[tuple[Offer, Estimate]]:
        """What a dataset would cost on every offer of its method, at one provider or all, open ones first."""
        checked = self.preflight(dataset, provider, None)
        found, method = checked.dataset, checked.dataset.manifest.method
        settings = settings_of(options.settings, method, self.table)
        rows = []
        for offer in self.table.offers_for(method, provider):
            spec = JobSpec(found, offer.provider, "", offer.model, settings)
            rows.append((offer, priced(offer, spec, checked, self.table, options.hours)))
        return sorted(rows, key=lambda row: not self.table.availability(row[0], self.today).open)

    def address(self, provider: str, given: str | None = None) -> str:
        """Where a provider is: as given, else from reroute.toml (if that is about it), else its public address.

        Raises UsageError where there is none or it must not be used.
        """
        tune = self.project.settings.tune
        configured = tune.base_url if tune.provider == provider else None
        chosen = given or configured or self.table.provider(provider).base_url
        if chosen is None:
            raise UsageError(
                f"{provider} has no public address. Give --base-url, or [tune] base_url in reroute.toml with provider "
                f'= "{provider}". Example: https://my-resource.openai.azure.com/openai/v1/'
            )
        return checked_address(chosen)

    def connection(self, provider: str, base_url: str) -> Connection:
        """How to reach a provider with the key from the environment; raises UsageError where the key is not set."""
        variable = self.table.provider(provider).key_env or ""
        key = os.environ.get(variable, "").strip()
        if not key:
            raise UsageError(
                f"Connecting to {provider}: the environment variable {variable} is not set. It holds the key."
            )
        return Connection(base_url, key, self.retry)
