"""Fine-tuning providers: one module each, found by its name; a module has a ``PROVIDER``.

To add one, write ``providers/<name>.py`` with a ``PROVIDER`` that meets :class:`Provider`, and its facts into
``capabilities.toml``. Modules whose names begin with an underscore are shared by their siblings.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from reroute.datasets import Dataset
from reroute.errors import UsageError
from reroute.llm_api.retry import RetryPolicy
from reroute.tune.findings import Finding
from reroute.tune.job_spec import JobSpec
from reroute.tune.ledger import Ledger, RemoteEvent, RemoteJob


@dataclass(frozen=True)
class Connection:
    """Where a provider is, how to prove who one is, and how it is asked again."""

    base_url: str
    """Of the provider's interface, without a trailing slash."""
    key: str = field(repr=False)
    """The API key; never shown, logged or stored."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class Provider(Protocol):
    """What a provider module offers; only ``find``, ``submit``, ``poll`` and ``cancel`` touch the network.

    ``files`` are the files that earlier runs uploaded: split to the provider's file id.
    """

    name: str
    tiers: AbstractSet[str]
    """Training tiers to choose from; empty where there are none."""
    price_notes: Sequence[str]
    """Sentences about the price that hold at this provider only."""

    def validate(self, dataset: Dataset) -> list[Finding]:
        """What this provider would reject beyond its profile in the capability table.

        Called by every preflight, so it must not touch the network.
        """
        ...

    def request(self, spec: JobSpec, files: Mapping[str, str]) -> dict[str, object]:
        """The body of the call that makes the job, without secrets: it is stored with the job.

        Called with no files before anything is uploaded; their ids are then filled in by words.
        """
        ...

    def find(
        self, spec: JobSpec, files: Mapping[str, str], connection: Connection, *, listed_late: bool
    ) -> RemoteJob | None:
        """The job that an earlier run of this spec made; None where the provider has none.

        ``listed_late``: the call that makes the job went out and its answer is not known, so that the job may still be
        about to appear in the provider's list. Raises ProviderError where the list cannot be read.
        """
        ...

    def submit(self, spec: JobSpec, files: Mapping[str, str], ledger: Ledger, connection: Connection) -> RemoteJob:
        """Upload what is not there yet and make the job; after an open answer, look before asking again.

        Each step is written to the ledger: ``uploaded``, ``creating`` before the call that makes the job, and
        ``not_created`` where the provider answers that it made none. Raises ProviderError where there is no job, or
        where it stays open whether there is one.
        """
        ...

    def poll(self, job_id: str, seen: AbstractSet[str], connection: Connection) -> tuple[RemoteJob, list[RemoteEvent]]:
        """The job at this moment, and its events that are not in ``seen`` (event ids), oldest first.

        Raises ProviderError where the provider cannot be asked.
        """
        ...

    def cancel(self, job_id: str, connection: Connection) -> RemoteJob:
        """Ask the provider to stop the job, and return how it stands then.

        Raises ProviderError where the provider refuses, as for a job that has ended.
        """
        ...


def names() -> list[str]:
    """The providers that have a module."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load(name: str) -> Provider:
    """The provider of this name; raises UsageError that lists the ones there are."""
    if name not in names():
        raise UsageError(f"There is no provider `{name}` to submit to; there is {', '.join(names())}.")
    provider: Provider = importlib.import_module(f"{__name__}.{name}").PROVIDER
    return provider
