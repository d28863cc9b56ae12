"""The airline's rules are real, and each scene at its counter ends as it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from simulator.airline import customer_requests, lookups, refusals
from simulator.airline.api import Airline
from simulator.airline.counter import Counter
from simulator.airline.play import open_counter
from simulator.airline.records import Customer, create
from simulator.tape import Tape


@pytest.fixture
def parties(tmp_path: Path) -> tuple[Airline, Customer]:
    path = tmp_path / "airline.db"
    return Airline(path), create(path, Random(4))


def play(scene: Callable[[Counter], None], seed: int = 2) -> Counter:
    random = Random(seed)
    with open_counter(random, Tape(random, "m", 1_772_438_400_000_000), "openai-chat") as counter:
        scene(counter)
    return counter


@pytest.mark.parametrize("scene", lookups.SLIPS)
def test_each_slip_at_a_lookup_is_recovered(scene: Callable[[Counter], None]) -> None:
    assert [answer.recovery_step is not None for answer in play(scene).agent.answers] == [True]


@pytest.mark.parametrize("scene", customer_requests.BADLY)
def test_each_wish_that_goes_wrong_leaves_one_answer(scene: Callable[[Counter], None]) -> None:
    assert len(play(scene).agent.answers) == 1


@pytest.mark.parametrize("scene", dict.fromkeys(refusals.SCENES))
def test_each_refusal_ends_in_its_own_way(scene: Callable[[Counter], None]) -> None:
    assert play(scene).agent.answers[0].kind == "call.rejected"


def test_the_cheapest_fare_cannot_be_changed(parties: tuple[Airline, Customer]) -> None:
    airline, customer = parties
    change = {"cabin": "economy", "flights": [], "payment_id": customer.card}
    seen = airline.call("update_reservation_flights", {"reservation_id": customer.other_reservation, **change})
    assert seen.content == "Error: basic economy reservations cannot be changed"


def test_a_refusal_changes_nothing(parties: tuple[Airline, Customer]) -> None:
    airline, customer = parties
    before = airline.call("get_reservation_details", {"reservation_id": customer.reservation})
    assert airline.call("cancel_reservation", {"reservation_id": customer.reservation}).failed
    assert airline.call("get_reservation_details", {"reservation_id": customer.reservation}) == before


def test_bags_can_be_added_but_not_removed(parties: tuple[Airline, Customer]) -> None:
    airline, customer = parties
    call = {"reservation_id": customer.reservation, "payment_id": customer.card}
    assert not airline.call("update_reservation_baggages", {**call, "bags": 2}).failed
    assert airline.call("update_reservation_baggages", {**call, "bags": 1}).failed


def test_a_call_without_a_required_argument_is_refused(parties: tuple[Airline, Customer]) -> None:
    seen = parties[0].call("get_user_details", {})
    assert seen.content == "Error: invalid arguments for get_user_details: missing required argument 'user_id'"
