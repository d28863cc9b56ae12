"""One conversation at the airline desk from the first word to the last."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from simulator.agent import Agent
from simulator.airline import customer_requests, lookups, refusals
from simulator.airline.api import Airline
from simulator.airline.counter import Counter, detours
from simulator.airline.records import create
from simulator.chance import Chance
from simulator.tape import Tape

_STOP = "###STOP###"
_ASK_MORE = 0.7
"""Share of the conversations in which the person wants a second thing, which the rules do not allow."""


def play(random: Random, tape: Tape, format_name: str) -> Counter:
    """Play a run onto ``tape``; the counter as it was left."""
    with open_counter(random, tape, format_name) as counter:
        _talk(counter, Chance(random))
        return counter


@contextmanager
def open_counter(random: Random, tape: Tape, format_name: str) -> Iterator[Counter]:
    """An airline with its records, a customer and an agent; gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="reroute-simulate-") as folder:
        path = Path(folder) / "airline.db"
        customer = create(path, random)
        server = format_name != "openai-chat"
        airline = Airline(path, prefix="mcp__airline__" if server else "")
        agent = Agent(random, tape, airline, "toolu_01" if server else "call_")
        counter = Counter(agent, airline, customer, random)
        agent.detours = detours(counter)
        if not server:
            tape.system(_POLICY)
        yield counter


def _talk(counter: Counter, chance: Chance) -> None:
    deck = counter.random.sample(lookups.SLIPS, len(lookups.SLIPS))
    _greet(counter)
    for _ in range(2):
        _slot(counter, chance, deck)
    possible = bool(customer_requests.options(counter))
    if possible:
        counter.random.choice(customer_requests.BADLY if chance.strikes() else customer_requests.WELL)(counter)
    if not counter.closed and (not possible or counter.random.random() < _ASK_MORE):
        counter.says("That is done. Is there anything else?", "All set. What else can I do for you?")
        if (
            chance.strikes() or chance.strikes()
        ):  # what the rules forbid is tried more often than other mistakes are made
            counter.random.choice(refusals.SCENES)(counter)
        else:
            _known_rule(counter)
    if not counter.closed:
        counter.says("Done. Is there anything else I can help with?", "Everything is arranged. Have a good flight!")
    if not counter.agent.over:
        counter.person(f"No, thank you. {_STOP}", f"That is all, bye! {_STOP}", f"Thanks for your help. {_STOP}")


def _greet(counter: Counter) -> None:
    customer = counter.customer
    counter.person(
        "Hi! I need help with my reservation.",
        "Hello, I want to talk about my upcoming trip.",
        "Good morning, about my flights...",
    )
    counter.says(
        "Gladly. May I have your user id and the reservation number?", "Of course. What is your user id, please?"
    )
    counter.person(
        f"My user id is {customer.user_id}, the reservation is {customer.reservation}.",
        f"{customer.user_id}. It is about {customer.reservation}; write to {customer.first_name.lower()}@example.com.",
    )
    counter.do("get_user_details", user_id=customer.user_id)
    if counter.random.random() < 0.5:
        counter.do("get_reservation_details", reservation_id=customer.reservation)


def _slot(counter: Counter, chance: Chance, deck: list[lookups.Scene]) -> None:
    if chance.strikes():
        deck.pop()(counter)
    elif counter.random.random() < 0.3:
        counter.random.choice(lookups.FRIENDS)(counter)
    elif counter.random.random() < 0.4:
        counter.agent.elsewhere(least=1)


def _known_rule(counter: Counter) -> None:
    """The agent knows the rule and says no without trying."""
    reservation = counter.customer.other_reservation
    counter.person(f"Can you also change {reservation} to another day?", f"And {reservation}, can I cancel that?")
    counter.says(
        "I am sorry, basic economy tickets can be neither changed nor cancelled.",
        "Our rules do not allow that for a basic economy ticket.",
    )
    counter.person("I see.", "Fair enough.", "OK, good to know.")


_POLICY = """# Airline agent policy

You help people book, change and cancel reservations. Before anything that changes a booking, list the details and get
an explicit yes. Make one tool call at a time. Refuse what is against this policy; hand over to a human agent only what
you cannot do with your tools.

- Basic economy tickets can be neither changed nor cancelled. Other fares can be changed.
- A reservation can be cancelled if it is in business or insured.
- At most five passengers and three checked bags each; bags can be added, not removed. A bag costs 50 dollars.
- Payments come from methods in the person's profile and must add up to the price exactly.
"""
