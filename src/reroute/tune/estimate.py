"""What a job would cost, with what that rests on; what is not known stays unknown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reroute.tune import providers
from reroute.tune.capabilities import Capabilities, Offer
from reroute.tune.job_spec import JobSpec
from reroute.tune.preflight import Checked

DEFAULT_HOURS = 2.0
"""Assumed length of a reinforcement run where nobody says one; nothing shows it beforehand."""

_EPOCHS = 3
_FEWEST, _MOST = 100, 25_000
"""Training examples, all epochs together, that providers aim at when epochs are `auto`."""
_MOST_EPOCHS = 25


@dataclass(frozen=True)
class Estimate:
    """A price in US dollars, or None where it is not known, and the sentences that it rests on."""

    usd: float | None
    """Of the whole job, all epochs."""
    rests_on: tuple[str, ...]
    """Sizes, assumptions, unit price and its source."""
    basis: str | None = None
    """What is paid for, in a few words."""
    extra: str | None = None
    """What is billed on top at a price that is not known."""


def estimate(spec: JobSpec, checked: Checked, table: Capabilities, hours: float | None = None) -> Estimate:
    """The price of a job; ``hours`` is a person's own assumption for methods that are billed by the hour."""
    offer = table.offer(spec.provider, spec.model, spec.method)
    price = priced(offer, spec, checked, table, hours)
    return replace(price, rests_on=(*price.rests_on, *providers.load(spec.provider).price_notes))


def priced(
    offer: Offer | None, spec: JobSpec, checked: Checked, table: Capabilities, hours: float | None = None
) -> Estimate:
    """The price of a job on an offer of the table, whoever the provider is.

    Tokens of all epochs are paid where the price is by the token, else training hours, which are assumed.
    """
    trained = checked.tokens["train"]
    epochs, why = _epochs(spec, checked.rows["train"])
    size = (f"{trained:,} training tokens, {checked.basis}", f"x {epochs} epochs ({why}) = {trained * epochs:,} tokens")
    if offer is None or offer.price is None:
        listed = "the table has no price for it" if offer else "the model is not in the table"
        return Estimate(None, (f"{listed}; see the provider's own price list", *size))
    price = offer.price
    titles = {source.id: source.title for source in table.sources}
    source = f"price: {titles[price.source]} (as of {price.as_of})"
    if price.unit == "million_tokens":
        per_million = f"${price.usd:,.2f} per 1M tokens"
        tokens = trained * epochs
        return Estimate(tokens / 1e6 * price.usd, (*size, per_million, source), f"{tokens:,} tokens")
    assumed = DEFAULT_HOURS if hours is None else hours
    whose = "assumed, for nothing shows it beforehand; --hours N sets it" if hours is None else "as you assume"
    training = f"{assumed:g} training hours x ${price.usd:,.2f} ({whose})"
    rows = f"{checked.rows['train']:,} training rows, {trained:,} prompt tokens ({checked.basis})"
    paid = f"{assumed:g} training hours{' (assumed)' if hours is None else ''}"
    extra = price.also if _uses_a_model(spec.dataset.manifest.grader) else None
    return Estimate(assumed * price.usd, (training, rows, source), paid, extra)


def _epochs(spec: JobSpec, rows: int) -> tuple[int, str]:
    """Epochs of a job and where the number comes from; `auto` is guessed as providers are known to choose it."""
    stated = spec.hyperparameters.get("n_epochs", "auto")
    if isinstance(stated, int):
        return stated, "as ordered"
    rows = max(rows, 1)
    guess = _EPOCHS
    if rows * _EPOCHS < _FEWEST:
        guess = min(_MOST_EPOCHS, -(-_FEWEST // rows))
    elif rows * _EPOCHS > _MOST:
        guess = max(1, _MOST // rows)
    return guess, "assumed: the provider chooses, and says so when it trains"


def _uses_a_model(grader: object) -> bool:
    """Whether a grader, or one inside it, asks a model, whose tokens are billed too."""
    if not isinstance(grader, dict):
        return False
    inside = grader.get("graders")
    parts = list(inside.values()) if isinstance(inside, dict) else []
    return grader.get("type") in {"score_model", "label_model"} or any(_uses_a_model(part) for part in parts)
