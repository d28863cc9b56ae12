"""A price says what it rests on; what is not known is unknown and never 0."""

from __future__ import annotations

import pytest

from reroute.terminal.tuning import price_text
from reroute.tune.estimate import Estimate
from reroute.tune.job_spec import JobOptions
from reroute.tune.tuning import Tuning

from .conftest import GRADER, MakeDataset, sft_row


def test_by_tokens_and_epochs(tuning: Tuning, make_dataset: MakeDataset) -> None:
    folder = str(make_dataset().folder)
    checked, price = tuning.price(folder, "openai", "gpt-4o", JobOptions(settings=["n_epochs=2"]))
    assert price.usd == pytest.approx(checked.tokens["train"] * 2 * 25 / 1e6)
    assert any("2 epochs (as ordered)" in sentence for sentence in price.rests_on)


@pytest.mark.parametrize(("rows", "epochs"), [(1, 25), (10, 10), (30, 4), (40, 3), (10_000, 2)])
def test_automatic_epochs_are_an_assumption_that_is_stated(
    tuning: Tuning, make_dataset: MakeDataset, rows: int, epochs: int
) -> None:
    folder = str(make_dataset(train=[sft_row(number) for number in range(rows)]).folder)
    _, price = tuning.price(folder, "openai", "gpt-4o", JobOptions())
    assert any(f"x {epochs} epochs (assumed" in sentence for sentence in price.rests_on)


def test_by_the_hour_with_an_assumption(tuning: Tuning, make_dataset: MakeDataset) -> None:
    folder = str(make_dataset("rft").folder)
    _, price = tuning.price(folder, "azure", "o4-mini", JobOptions())
    assert price_text(price) == "about $200.00 for 2 training hours (assumed)"
    _, price = tuning.price(folder, "azure", "o4-mini", JobOptions(hours=0.5))
    assert price_text(price) == "about $50.00 for 0.5 training hours"


def test_a_model_grader_adds_an_unknown(tuning: Tuning, make_dataset: MakeDataset) -> None:
    judge = {"type": "score_model", "name": "s", "model": "o3", "input": []}
    grader = {"type": "multi", "name": "m", "graders": {"a": GRADER, "s": judge}, "calculate_output": "a + s"}
    folder = str(make_dataset("rft", grader=grader).folder)
    _, price = tuning.price(folder, "azure", "o4-mini", JobOptions())
    assert price_text(price).endswith("+ model-grader tokens (unknown)")


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-9"])
def test_an_unknown_price_is_unknown(tuning: Tuning, make_dataset: MakeDataset, model: str) -> None:
    _, price = tuning.price(str(make_dataset().folder), "openai", model, JobOptions())
    assert (price.usd, price_text(price)) == (None, "unknown")


def test_a_price_of_nothing_is_never_made_up() -> None:
    assert "$0" not in price_text(Estimate(None, ()))


def test_all_offers_of_the_method_are_compared_open_ones_first(tuning: Tuning, make_dataset: MakeDataset) -> None:
    rows = tuning.compare(str(make_dataset("rft").folder), None, JobOptions())
    assert {offer.provider for offer, _ in rows} == {"openai", "azure", "bedrock", "fireworks"}
    assert (rows[-1][0].provider, rows[-1][0].model) == ("openai", "o4-mini")
