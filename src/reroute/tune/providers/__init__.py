"""Fine-tuning providers: one module each, found by its name; a module has a ``PROVIDER``.

To add one, write ``providers/<name>.py`` with a ``PROVIDER`` that meets :class:`Provider`, and its facts into
``capabilities.toml``. Modules whose names begin with an underscore are shared by their siblings.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from reroute.datasets import Dataset
from reroute.errors import UsageError
from reroute.llm_api.patience import Patience
from reroute.tune.findings import Finding
from reroute.tune.order import Order

FINAL = frozenset({"succeeded", "failed", "cancelled"})
"""Statuses after which nothing happens any more."""


class RemoteJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the provider tells of it."""

    id: str
    status: str
    model: str | None = None
    training_file: str | None = None
    fine_tuned_model: str | None = None
    metadata: dict[str, str] = {}
    error: str | None = None
    raw: str = "{}"
    """The provider's own JSON."""


class RemoteEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a job as the provider tells of it."""

    id: str
    created_at: int
    """Seconds since the epoch."""
    level: str = "info"
    message: str = ""
    type: str | None = None


@dataclass(frozen=True)
class Connection:
    """Where a provider is, how to prove who one is, and how long to bear with it."""

    base_url: str
    key: str = field(repr=False)
    patience: Patience = field(default_factory=Patience)
    timeout: float = 120.0
    """Seconds without a byte after which a request counts as lost."""


@dataclass(frozen=True)
class Known:
    """How far an order got in earlier runs, as the ledger has it."""

    files: dict[str, str] = field(default_factory=dict)
    """Split to the provider's file id."""
    creating: bool = False
    """Whether the call that makes the job went out and its answer is not known."""


class Journal(Protocol):
    """Where a provider writes down each step before and after it is taken."""

    def uploaded(self, split: str, file_id: str, *, again: bool) -> None:
        """A file is at the provider; ``again`` where it was found there from an earlier run."""
        ...

    def creating(self) -> None:
        """The call that makes the job goes out now."""
        ...

    def not_created(self, reason: str, *, files_doubtful: bool) -> None:
        """The provider answered that it made no job, for which one of the files may be the cause."""
        ...


class Provider(Protocol):
    """What a provider module offers; only ``find``, ``submit``, ``poll`` and ``cancel`` touch the network."""

    name: str
    tiers: AbstractSet[str]
    """Training tiers to choose from; empty where there are none."""

    def validate(self, dataset: Dataset) -> list[Finding]:
        """What this provider would refuse beyond its profile in the capability table."""
        ...

    def estimate(self) -> list[str]:
        """Sentences about the price that hold at this provider only."""
        ...

    def request(self, order: Order, files: dict[str, str]) -> dict[str, object]:
        """The body of the call that makes the job."""
        ...

    def find(self, order: Order, known: Known, connection: Connection) -> RemoteJob | None:
        """The job that an earlier run of this order made; None where the provider has none."""
        ...

    def submit(self, order: Order, known: Known, journal: Journal, connection: Connection) -> RemoteJob:
        """Upload what is not there yet and make the job; after an open answer, look before asking again."""
        ...

    def poll(self, job_id: str, seen: AbstractSet[str], connection: Connection) -> tuple[RemoteJob, list[RemoteEvent]]:
        """The job as it is now, and its events that are not in ``seen``, oldest first."""
        ...

    def cancel(self, job_id: str, connection: Connection) -> RemoteJob:
        """Ask the provider to stop the job."""
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
