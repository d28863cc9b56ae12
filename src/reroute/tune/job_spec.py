"""A job spec: one dataset to be trained into one model at one provider, and the key that makes it safe to repeat."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from reroute.datasets import Dataset, Method
from reroute.errors import UsageError
from reroute.tune.capabilities import Capabilities, Hyperparameter

Setting = int | float | str


@dataclass(frozen=True)
class JobOptions:
    """What a person typed about a job beside dataset, provider and model."""

    settings: Iterable[str] = ()
    """Hyperparameters as ``name=value``."""
    suffix: str | None = None
    """Becomes part of the new model's name; 1 to 64 characters."""
    seed: int | None = None
    tier: str | None = None
    """Training tier, at a provider that has them."""
    attempt: int = 1
    hours: float | None = None
    """Training hours to assume for a price by the hour; no part of the job."""
    base_url: str | None = None
    """Another address than the provider's configured or public one."""


@dataclass(frozen=True)
class JobSpec:
    """What is to be submitted. Equal specs have equal keys, and one key has at most one job."""

    dataset: Dataset
    provider: str
    base_url: str
    """Of the provider's interface; empty where a job is priced only."""
    model: str
    """The base model."""
    hyperparameters: Mapping[str, Setting] = field(default_factory=dict)
    """Those that a person set; the others are left to the provider."""
    suffix: str | None = None
    seed: int | None = None
    tier: str | None = None
    attempt: int = 1
    """Raised by a person who wants the same job once more, such as after it failed."""

    @property
    def method(self) -> Method:
        """How the model is trained, as the dataset was exported for: sft, rft or dpo."""
        return self.dataset.manifest.method

    @property
    def key(self) -> str:
        """24 hex digits; the name of this job in the store, in the provider's metadata and in file names."""
        manifest = self.dataset.manifest
        parts: list[object] = [manifest.recipe, manifest.version, self.provider, self.base_url, self.model, self.method]
        parts += [sorted(self.hyperparameters.items()), self.suffix, self.seed, self.tier, self.attempt]
        return hashlib.blake2b(msgspec.json.encode(parts), digest_size=12).hexdigest()

    def file_name(self, split: str) -> str:
        """The name under which a split is uploaded; it carries the key, so that the file is found again."""
        return f"reroute-{self.key}-{split}.jsonl"


def settings_of(texts: Iterable[str], method: Method, table: Capabilities) -> dict[str, Setting]:
    """Hyperparameters typed as ``name=value``; raises UsageError for what the method does not take."""
    known = {each.name: each for each in table.hyperparameters if method in each.methods}
    settings: dict[str, Setting] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            raise UsageError(f"--set {text}: expected name=value with a name of {method}: {', '.join(sorted(known))}.")
        settings[name] = _setting(known[name], value)
    return settings


def _setting(known: Hyperparameter, value: str) -> Setting:
    """A typed value; raises UsageError that states the range."""
    if known.kind == "choice":
        if value in known.choices:
            return value
        raise UsageError(f"--set {known.name}={value}: expected one of {', '.join(known.choices)}.")
    if value == "auto":
        return value
    article = "an integer" if known.kind == "integer" else "a number"
    least = "more than" if known.exclusive else "at least"
    upper = f" and at most {known.maximum:g}" if known.maximum is not None else ""
    refusal = f"--set {known.name}={value}: expected {article}, {least} {known.minimum:g}{upper}, or auto."
    try:
        number = int(value) if known.kind == "integer" else float(value)
    except ValueError:
        raise UsageError(refusal) from None
    low = known.minimum is not None and (number <= known.minimum if known.exclusive else number < known.minimum)
    if low or not math.isfinite(number) or (known.maximum is not None and number > known.maximum):
        raise UsageError(refusal)
    return number
