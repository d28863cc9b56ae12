"""Submitting an order once: the intent first, then each step written down, and after a crash a look before a leap."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from reroute.datasets import Dataset
from reroute.errors import GateFailed, ProviderError, UsageError
from reroute.llm_api.address import checked_address
from reroute.llm_api.faults import Refused
from reroute.llm_api.patience import Patience
from reroute.settings import Project
from reroute.tune import providers
from reroute.tune.capabilities import Capabilities
from reroute.tune.estimate import Estimate
from reroute.tune.findings import errors
from reroute.tune.ledger import Intent, Job, Ledger
from reroute.tune.order import Order, Setting
from reroute.tune.preflight import Checked
from reroute.tune.providers import Connection, Journal, Known

_NOT_AVAILABLE = "training_not_available"


@dataclass(frozen=True)
class Choices:
    """What a person may set about a job beside dataset, provider and model."""

    hyperparameters: dict[str, Setting]
    suffix: str | None = None
    seed: int | None = None
    tier: str | None = None
    attempt: int = 1


def order(dataset: Dataset, provider: str, model: str, choices: Choices, base_url: str) -> Order:
    """The order for these choices; raises UsageError for one that no provider would take."""
    tiers = providers.load(provider).tiers
    if choices.tier is not None and choices.tier not in tiers:
        known = f"one of {', '.join(sorted(tiers))}" if tiers else "none"
        raise UsageError(f"--tier {choices.tier}: {provider} takes {known}.")
    if choices.suffix is not None and not 1 <= len(choices.suffix) <= 64:
        raise UsageError("--suffix: expected 1 to 64 characters.")
    return Order(
        dataset=dataset,
        provider=provider,
        base_url=base_url,
        model=model,
        hyperparameters=choices.hyperparameters,
        suffix=choices.suffix,
        seed=choices.seed,
        tier=choices.tier,
        attempt=choices.attempt,
    )


def address(project: Project, provider: str, table: Capabilities, given: str | None = None) -> str:
    """Where a provider is: as given, else from reroute.toml (if it is about this provider), else its public address.

    Raises UsageError where there is none or it must not be used.
    """
    tune = project.settings.tune
    configured = tune.base_url if tune.provider == provider else None
    chosen = given or configured or table.provider(provider).base_url
    if chosen is None:
        raise UsageError(
            f"{provider} has no public address. Give --base-url, or [tune] base_url in reroute.toml with provider = "
            f'"{provider}". Example: https://my-resource.openai.azure.com/openai/v1/'
        )
    return checked_address(chosen)


def connection(provider: str, base_url: str, table: Capabilities, patience: Patience | None = None) -> Connection:
    """How to reach a provider with the key from the environment; raises UsageError where the key is not set."""
    variable = table.provider(provider).key_env or ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError(f"Connecting to {provider}: the environment variable {variable} is not set. It holds the key.")
    return Connection(base_url, key, patience or Patience())


def submit(
    project: Project, wanted: Order, checked: Checked, *, price: Estimate, table: Capabilities, there: Connection
) -> Job:
    """Start the job of this order, or return the one that was started before; equal orders never start two.

    The provider's list is looked through first, also where the store knows nothing of the order: its row may have been
    lost, and a second job costs as much as the first.

    Raises GateFailed where the preflight found errors and nothing was sent before; ProviderError where the provider
    refused, or where it is open whether a job was made (then the same call later finds out).
    """
    ledger, provider = Ledger(project), providers.load(wanted.provider)
    with _alone(project, wanted):
        earlier = ledger.job(wanted.key)
        if earlier and earlier.provider_job_id:
            return earlier
        if not (checked.passed or earlier):
            raise GateFailed(_refusal(checked))
        known = earlier.known if earlier else Known()
        try:
            left = provider.find(wanted, known, there)
        except ProviderError as error:
            raise ProviderError(_explained(error, wanted, table)) from error
        if not (checked.passed or left):
            raise GateFailed(_refusal(checked))
        ledger.intend(_intent(wanted, price))
        if left:
            return ledger.told(wanted.key, left, note="job found")
        try:
            job = provider.submit(wanted, known, _LedgerJournal(ledger, wanted.key), there)
        except ProviderError as error:
            ledger.stopped(wanted.key, str(error))
            raise ProviderError(_explained(error, wanted, table)) from error
        return ledger.told(wanted.key, job, note="job made")


@dataclass(frozen=True)
class _LedgerJournal(Journal):
    ledger: Ledger
    key: str

    def uploaded(self, split: str, file_id: str, *, again: bool) -> None:
        self.ledger.uploaded(self.key, split, file_id, again=again)

    def creating(self) -> None:
        self.ledger.creating(self.key)

    def not_created(self, reason: str, *, files_doubtful: bool) -> None:
        self.ledger.not_created(self.key, reason, files_doubtful=files_doubtful)


def _intent(wanted: Order, price: Estimate) -> Intent:
    manifest = wanted.dataset.manifest
    body = providers.load(wanted.provider).request(wanted, {})
    return Intent(
        job_key=wanted.key,
        recipe=manifest.recipe,
        version=manifest.version,
        provider=wanted.provider,
        base_url=wanted.base_url,
        model=wanted.model,
        method=wanted.method,
        price_usd=price.usd,
        price_note="; ".join(price.rests_on),
        request=msgspec.json.encode(body).decode(),
    )


@contextmanager
def _alone(project: Project, wanted: Order) -> Iterator[None]:
    """Keep a second process from submitting the same order meanwhile; a killed process lets go by itself."""
    folder = project.data_dir / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"job-{wanted.key}").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProviderError(
                f"Submitting {wanted.dataset.name} to {wanted.provider}: another process is submitting the same order "
                "right now. See `reroute job list` when it is done."
            ) from None
        yield


def _refusal(checked: Checked) -> str:
    found = errors(checked.findings)
    first = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return (
        f"Submitting {checked.dataset.name} to {checked.provider}: the preflight found {first.rule}: {first.found}"
        f"{more}. Nothing was sent. Do this: {first.action}. `reroute dataset preflight` shows everything."
    )


def _explained(error: ProviderError, wanted: Order, table: Capabilities) -> str:
    if not isinstance(error, Refused):
        return str(error)
    if error.status == 401:
        variable = table.provider(wanted.provider).key_env
        return f"{error} The key in {variable} was not accepted. No job was made."
    if error.code != _NOT_AVAILABLE and _NOT_AVAILABLE not in str(error):
        return f"{error} No job was made. Once the cause is mended, the same command tries again."
    others = sorted({offer.provider for offer in table.offers_for(wanted.method)} - {wanted.provider})
    return (
        f"{error} {table.provider(wanted.provider).title} does not let this organisation start fine-tuning jobs (any "
        f"more); asking again changes nothing. No job was made. {wanted.method} is offered by: {', '.join(others)}; "
        f"see `reroute providers --for {wanted.dataset.name}`."
    )
