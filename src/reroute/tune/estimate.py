"""What a job would cost, with what that rests on; what is not known stays unknown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reroute.tune import providers
from reroute.tune.capabilities import Capabilities, Offer, Price
from reroute.tune.order import Order
from reroute.tune.preflight import Checked

DEFAULT_HOURS = 2.0
"""Assumed length of a reinforcement run where nobody says one; nothing tells it beforehand."""

_EPOCHS = 3
_FEWEST, _MOST = 100, 25_000
"""Training examples, all epochs together, that providers aim at when epochs are `auto`."""
_MOST_EPOCHS = 25


@dataclass(frozen=True)
class Estimate:
    """A price in US dollars, or None where it is not known, and the sentences that it rests on."""

    usd: float | None
    rests_on: tuple[str, ...]
    basis: str | None = None
    """What is paid for, in a few words."""
    extra: str | None = None
    """What is billed on top at a price that is not known."""

    @property
    def text(self) -> str:
        """The price as a person reads it."""
        if self.usd is None:
            return "unknown"
        what = f" for {self.basis}" if self.basis else ""
        plus = f" + {self.extra} (unknown)" if self.extra else ""
        return f"about ${self.usd:,.2f}{what}{plus}"


def estimate(order: Order, checked: Checked, table: Capabilities, hours: float | None = None) -> Estimate:
    """The price of an order; ``hours`` is a person's own assumption for methods that are billed by the hour."""
    offer = table.offer(order.provider, order.model, order.method)
    price = priced(offer, order, checked, table, hours)
    return replace(price, rests_on=(*price.rests_on, *providers.load(order.provider).estimate()))


def priced(
    offer: Offer | None,
    order: Order,
    checked: Checked,
    table: Capabilities,
    hours: float | None = None,
) -> Estimate:
    """The price of an order on an offer of the table, whoever the provider is."""
    if offer is None or offer.price is None:
        listed = "the table has no price for it" if offer else "the model is not in the table"
        return Estimate(None, (f"{listed}; see the provider's own price list", *_size(order, checked)))
    source = f"price: {table.source(offer.price)}"
    if offer.price.unit == "training_hour":
        return _by_hour(offer.price, order, checked, hours, (source,))
    tokens = checked.tokens["train"] * epochs(order, checked)[0]
    per_million = f"${offer.price.usd:,.2f} per 1M tokens"
    usd = tokens / 1e6 * offer.price.usd
    return Estimate(usd, (*_size(order, checked), per_million, source), f"{tokens:,} tokens")


def epochs(order: Order, checked: Checked) -> tuple[int, str]:
    """Epochs of a job and where the number comes from; `auto` is guessed as providers are known to choose it."""
    stated = order.hyperparameters.get("n_epochs", "auto")
    if isinstance(stated, int):
        return stated, "as ordered"
    rows = max(checked.rows["train"], 1)
    if rows * _EPOCHS < _FEWEST:
        guess = min(_MOST_EPOCHS, -(-_FEWEST // rows))
    elif rows * _EPOCHS > _MOST:
        guess = max(1, _MOST // rows)
    else:
        guess = _EPOCHS
    return guess, "assumed: the provider chooses, and tells when it trains"


def _by_hour(price: Price, order: Order, checked: Checked, hours: float | None, rest: tuple[str, ...]) -> Estimate:
    assumed = DEFAULT_HOURS if hours is None else hours
    whose = "assumed, for nothing tells it beforehand; --hours N sets it" if hours is None else "as you assume"
    training = f"{assumed:g} training hours x ${price.usd:,.2f} ({whose})"
    extra = price.also if _uses_a_model(order.dataset.manifest.grader) else None
    size = f"{checked.rows['train']:,} training rows, {checked.tokens['train']:,} prompt tokens ({checked.basis})"
    hours_paid = f"{assumed:g} training hours{' (assumed)' if hours is None else ''}"
    return Estimate(assumed * price.usd, (training, size, *rest), hours_paid, extra)


def _uses_a_model(grader: object) -> bool:
    if not isinstance(grader, dict):
        return False
    inside = grader.get("graders")
    parts = list(inside.values()) if isinstance(inside, dict) else []
    return grader.get("type") in {"score_model", "label_model"} or any(_uses_a_model(part) for part in parts)


def _size(order: Order, checked: Checked) -> tuple[str, ...]:
    count, why = epochs(order, checked)
    tokens = checked.tokens["train"]
    return (f"{tokens:,} training tokens, {checked.basis}", f"x {count} epochs ({why}) = {tokens * count:,} tokens")
