"""A price says what it rests on; what is not known is unknown and never 0."""

from __future__ import annotations

import pytest

from reroute.tune.desk import Desk, Wishes
from reroute.tune.estimate import Estimate

from .conftest import GRADER, MakeDataset, sft_row


def test_by_tokens_and_epochs(desk: Desk, make_dataset: MakeDataset) -> None:
    folder = str(make_dataset().folder)
    checked, price = desk.price(folder, "openai", "gpt-4o", Wishes(settings=["n_epochs=2"]))
    assert price.usd == pytest.approx(checked.tokens["train"] * 2 * 25 / 1e6)
    assert any("2 epochs (as ordered)" in sentence for sentence in price.rests_on)


@pytest.mark.parametrize(("rows", "epochs"), [(1, 25), (10, 10), (30, 4), (40, 3), (10_000, 2)])
def test_automatic_epochs_are_an_assumption_that_is_stated(
    desk: Desk, make_dataset: MakeDataset, rows: int, epochs: int
) -> None:
    folder = str(make_dataset(train=[sft_row(number) for number in range(rows)]).folder)
    _, price = desk.price(folder, "openai", "gpt-4o", Wishes())
    assert any(f"x {epochs} epochs (assumed" in sentence for sentence in price.rests_on)


def test_by_the_hour_with_an_assumption(desk: Desk, make_dataset: MakeDataset) -> None:
    folder = str(make_dataset("rft").folder)
    _, price = desk.price(folder, "azure", "o4-mini", Wishes())
    assert price.text == "about $200.00 for 2 training hours (assumed)"
    _, price = desk.price(folder, "azure", "o4-mini", Wishes(hours=0.5))
    assert price.text == "about $50.00 for 0.5 training hours"


def test_a_model_grader_adds_an_unknown(desk: Desk, make_dataset: MakeDataset) -> None:
    judge = {"type": "score_model", "name": "s", "model": "o3", "input": []}
    grader = {"type": "multi", "name": "m", "graders": {"a": GRADER, "s": judge}, "calculate_output": "a + s"}
    folder = str(make_dataset("rft", grader=grader).folder)
    _, price = desk.price(folder, "azure", "o4-mini", Wishes())
    assert price.text.endswith("+ model-grader tokens (unknown)")


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-9"])
def test_an_unknown_price_is_unknown(desk: Desk, make_dataset: MakeDataset, model: str) -> None:
    _, price = desk.price(str(make_dataset().folder), "openai", model, Wishes())
    assert (price.usd, price.text) == (None, "unknown")


def test_a_price_of_nothing_is_never_made_up() -> None:
    assert "$0" not in Estimate(None, ()).text


def test_all_offers_of_the_method_are_compared_open_ones_first(desk: Desk, make_dataset: MakeDataset) -> None:
    rows = desk.compare(str(make_dataset("rft").folder), None, Wishes())
    assert {offer.provider for offer, _ in rows} == {"openai", "azure", "bedrock", "fireworks"}
    assert (rows[-1][0].provider, rows[-1][0].model) == ("openai", "o4-mini")
