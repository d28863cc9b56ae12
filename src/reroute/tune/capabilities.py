"""The dated table of what providers offer, take and charge (``capabilities.toml``), typed."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from reroute.datasets import Method
from reroute.errors import ConfigError

METHODS: tuple[Method, ...] = ("sft", "rft", "dpo")
SOON = 60
"""Days before an end from which people are warned."""

_FILE = Path(__file__).with_name("capabilities.toml")
_DAY = timedelta(days=1)
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class _Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    source: str
    """Id of an entry of ``sources``."""
    as_of: date
    """The day on which the source said so."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where facts come from."""

    id: str
    title: str
    url: str
    read: date
    """The day on which somebody read it."""


class Price(_Fact, frozen=True, kw_only=True):
    """What training costs, in US dollars per unit."""

    unit: Literal["training_hour", "million_tokens"]
    """Tokens are those of the training file times the epochs."""
    usd: float
    """For one unit."""
    also: str | None = None
    """What is billed on top."""


class ProviderFacts(_Fact, frozen=True, kw_only=True):
    """What holds for all of a provider's models."""

    name: str
    """As typed; of a module in ``providers/`` where Reroute can submit there."""
    title: str
    """As people call it."""
    last_day: date | None = None
    """Last day on which anybody can start a job."""
    key_env: str | None = None
    """Environment variable of the API key."""
    base_url: str | None = None
    notes: list[str] = []


class Profile(_Fact, frozen=True, kw_only=True):
    """What a provider's files must look like for one method."""

    provider: str
    method: Method
    roles: list[str]
    """Roles that a message may have."""
    keys: list[str]
    """Keys of a row that the provider itself reads."""
    extra_keys: bool
    """Whether a row may have other keys."""
    last_roles: list[str]
    """Roles that the last message of a row may have."""
    min_rows: int
    """Training rows without which a job is rejected."""
    max_file_mb: int
    """Megabytes (10^6 bytes) that a file may have."""
    validation_required: bool
    array_index_in_templates: bool
    """Whether a grader's template may pick an entry of a list (``item.names[0]``)."""


class Hyperparameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A setting of a job; ``auto`` is allowed for every one that is a number."""

    name: str
    methods: list[Method]
    kind: Literal["integer", "number", "choice"]
    minimum: float | None = None
    """Stated for every number."""
    exclusive: bool = False
    """Whether the minimum itself is too low."""
    maximum: float | None = None
    """None: no bound is known."""
    choices: list[str] = []
    """The values of a choice."""


class Offer(_Fact, frozen=True, kw_only=True):
    """One base model trained by one method at one provider."""

    provider: str
    model: str
    """The base model; in brackets where it stands for several."""
    method: Method
    shut_down: date | None = None
    """From this day on the model is gone."""
    last_day: date | None = None
    """Last day on which a job can be started."""
    note: str | None = None
    """What to know before choosing it."""
    max_row_tokens: int | None = None
    """Longer rows are cut at the end without a word."""
    price: Price | None = None
    """None: unknown."""


class Availability(msgspec.Struct, frozen=True):
    """Whether a job can be started on a day, and a sentence about it."""

    open: bool
    days_left: int | None
    """Days on which a job can still be started, today included; None where no end is known."""
    sentence: str
    end: date | None = None
    """Last day for new jobs while open; the first day without once closed."""
    soon: bool = False
    """Whether it is open and ends within ``SOON`` days."""


class Capabilities(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole table."""

    format: Literal["reroute.capabilities"]
    format_version: Literal[1]
    as_of: date
    """The day on which the whole table was last looked through."""
    sources: list[Source]
    providers: list[ProviderFacts]
    profiles: list[Profile]
    hyperparameters: list[Hyperparameter]
    """Of all providers alike."""
    offers: list[Offer]

    def provider(self, name: str) -> ProviderFacts:
        """The facts of a provider; raises ConfigError for a name that the table does not have."""
        for facts in self.providers:
            if facts.name == name:
                return facts
        names = ", ".join(facts.name for facts in self.providers)
        raise ConfigError(f"The capability table has no provider `{name}`; it has {names}.")

    def profile(self, provider: str, method: Method) -> Profile:
        """The row profile; raises ConfigError where the table has none."""
        for profile in self.profiles:
            if (profile.provider, profile.method) == (provider, method):
                return profile
        raise ConfigError(f"The capability table has no row profile of {method} at {provider}.")

    def offer(self, provider: str, model: str, method: Method) -> Offer | None:
        """The offer of a model (a dated snapshot or a fine-tune counts as its base), or None where it is not listed."""
        base = base_model(model)
        for offer in self.offers:
            if offer.provider == provider and offer.method == method and offer.model in {base, model}:
                return offer
        return None

    def offers_for(self, method: Method | None, provider: str | None = None) -> list[Offer]:
        """Offers of a method (None: all), at one provider or everywhere."""
        wanted = (offer for offer in self.offers if method in {None, offer.method})
        return [offer for offer in wanted if provider in {None, offer.provider}]

    def availability(self, offer: Offer, today: date) -> Availability:
        """Whether a job on this offer can be started today."""
        facts = self.provider(offer.provider)
        what = f"{offer.model} at {facts.title}"
        if offer.shut_down and today >= offer.shut_down:
            return Availability(False, 0, f"{what} was shut down on {offer.shut_down}", offer.shut_down)
        if facts.last_day and today > facts.last_day:
            sentence = f"{facts.title} took its last new jobs on {facts.last_day}, from anybody"
            return Availability(False, 0, sentence, facts.last_day + _DAY)
        if offer.last_day and today > offer.last_day:
            sentence = f"{what} took its last new jobs on {offer.last_day}"
            return Availability(False, 0, sentence, offer.last_day + _DAY)
        ends = [(facts.last_day, f"{facts.title} takes no new jobs after {facts.last_day}")]
        ends.append((offer.last_day, f"new jobs on {offer.model} end with {offer.last_day}"))
        left = [((day - today).days + 1, words) for day, words in ends if day]
        if offer.shut_down:
            left.append(((offer.shut_down - today).days, f"{offer.model} is shut down on {offer.shut_down}"))
        if not left:
            return Availability(True, None, "no end is known")
        days, _ = min(left)
        sentence = "; ".join(words for _, words in sorted(left))
        return Availability(True, days, sentence, today + (days - 1) * _DAY, soon=days <= SOON)


def base_model(model: str) -> str:
    """The base of a snapshot or fine-tune: ``ft:gpt-4.1-2025-04-14:acme::x1`` and ``gpt-4.1`` are ``gpt-4.1``."""
    name = model.split(":")[1] if model.startswith("ft:") and model.count(":") > 1 else model
    return _SNAPSHOT.sub("", name)


@cache
def load(path: Path = _FILE) -> Capabilities:
    """The table at ``path``; raises ConfigError that says what is wrong with it."""
    try:
        table = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Capabilities)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"Reading the capability table {path}: {error}.") from error
    known = {source.id for source in table.sources}
    facts: list[_Fact] = [*table.providers, *table.profiles, *table.offers]
    facts += [offer.price for offer in table.offers if offer.price]
    if unknown := {fact.source for fact in facts} - known:
        raise ConfigError(f"Reading the capability table {path}: no source has the id `{min(unknown)}`.")
    return table
