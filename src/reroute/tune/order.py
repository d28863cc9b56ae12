"""An order: one dataset to be trained into one model at one provider, and the key that makes it safe to repeat."""

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
class Order:
    """What is to be submitted. Equal orders have equal keys, and one key has at most one job."""

    dataset: Dataset
    provider: str
    base_url: str
    model: str
    hyperparameters: Mapping[str, Setting] = field(default_factory=dict)
    suffix: str | None = None
    seed: int | None = None
    tier: str | None = None
    attempt: int = 1
    """Raised by a person who wants the same job once more, such as after it failed."""

    @property
    def method(self) -> Method:
        return self.dataset.manifest.method

    @property
    def key(self) -> str:
        """24 hex digits; the name of this order in the store, in the provider's metadata and in file names."""
        manifest = self.dataset.manifest
        told: list[object] = [manifest.recipe, manifest.version, self.provider, self.base_url, self.model, self.method]
        told += [sorted(self.hyperparameters.items()), self.suffix, self.seed, self.tier, self.attempt]
        return hashlib.blake2b(msgspec.json.encode(told), digest_size=12).hexdigest()

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
    if known.kind == "choice":
        if value in known.choices:
            return value
        raise UsageError(f"--set {known.name}={value}: expected one of {', '.join(known.choices)}.")
    if value == "auto":
        return value
    try:
        number = int(value) if known.kind == "integer" else float(value)
    except ValueError:
        raise UsageError(f"--set {known.name}={value}: expected {_range(known)}, or auto.") from None
    low = not math.isfinite(number) or (
        known.minimum is not None and (number <= known.minimum if known.exclusive else number < known.minimum)
    )
    if low or (known.maximum is not None and not number <= known.maximum):
        raise UsageError(f"--set {known.name}={value}: expected {_range(known)}, or auto.")
    return number


def _range(known: Hyperparameter) -> str:
    least = "more than" if known.exclusive else "at least"
    upper = f" and at most {known.maximum:g}" if known.maximum is not None else ""
    article = "an integer" if known.kind == "integer" else "a number"
    return f"{article}, {least} {known.minimum:g}{upper}"
