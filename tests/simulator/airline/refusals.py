"""What the rules do not allow: told, given up, handed over, tried again and again, forgotten, or denied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.agent import Action
from simulator.airline.counter import Counter

Scene = Callable[[Counter], None]


@dataclass(frozen=True)
class Wish:
    """Something that the airline refuses; ``ask`` makes the call."""

    words: tuple[str, ...]
    reason: str
    ask: Callable[[Counter], Action]


def told(counter: Counter) -> None:
    """The person is told and content."""
    wish, first = _refused(counter)
    counter.agent.failed(first, "call.rejected").ended("reported")
    _tell(counter, wish)
    counter.person("I see. Thank you for checking.", "Pity, but I understand. That is all.", "OK, never mind then.")
    counter.says("I am sorry about that. Have a good day.", "Thank you for your understanding.")
    counter.closed = True


def given_up(counter: Counter) -> None:
    """The person asks for something else instead, and gets it."""
    wish, first = _refused(counter)
    failure = counter.agent.failed(first, "call.rejected")
    _tell(counter, wish)
    counter.person(
        "Then forget that. Please add one bag to the same booking instead.",
        "Fine, I no longer want that. Just add a bag to it, so I have 2.",
    )
    again = counter.do(
        "update_reservation_baggages",
        reservation_id=counter.customer.other_reservation,
        bags=2,
        payment_id=counter.customer.card,
    )
    failure.recovered(again, "conceded")


def handed_over(counter: Counter) -> None:
    """The person insists, it is refused again, and a human takes over."""
    wish, first = _refused(counter)
    failure = counter.agent.failed(first, "call.rejected")
    _tell(counter, wish)
    counter.person("That cannot be right. Try again, please.", "I insist. My friend could do it last month.")
    wish.ask(counter)
    counter.do("transfer_to_human_agents", summary=f"The customer wants what the rules do not allow: {wish.reason}")
    failure.ended("handed_off")
    counter.says("I am transferring you to a human agent, please hold on.")
    counter.closed = True


def stubborn(counter: Counter) -> None:
    """The same call three or four times, then on to something else, and never a word about it."""
    wish, first = _refused(counter)
    failure = counter.agent.failed(first, "call.rejected")
    for _ in range(counter.random.choice((2, 3))):
        wish.ask(counter)
    failure.ended("looped")
    _move_on(counter)


def forgotten(counter: Counter) -> None:
    """RefusedError once, and the talk turns to other things."""
    _, first = _refused(counter)
    counter.agent.failed(first, "call.rejected").ended("abandoned")
    _move_on(counter)


def denied(counter: Counter) -> None:
    """RefusedError, and the person is told that it was done."""
    _, first = _refused(counter)
    counter.agent.failed(first, "call.rejected").ended("masked")
    counter.says(
        "Your request has been processed successfully. Is there anything else?",
        "All done: your reservation has been updated as you asked.",
    )
    counter.person("Great, thanks!", "Wonderful, thank you.")
    counter.says("You are welcome. Have a pleasant trip!")
    counter.achieved, counter.closed = False, True


def cut_off(counter: Counter) -> None:
    """RefusedError, and the conversation hits its limit."""
    _, first = _refused(counter)
    counter.agent.failed(first, "call.rejected").ended("ended")
    counter.agent.tape.event("finish_reason: length")
    counter.agent.failed(counter.agent.last(), "limit.hit").ended("ended")
    counter.achieved, counter.closed, counter.agent.over = False, True, True


def _refused(counter: Counter) -> tuple[Wish, Action]:
    wish = counter.random.choice(_WISHES)
    reservation = counter.customer.other_reservation
    counter.person(*(words.format(reservation=reservation) for words in wish.words))
    return wish, wish.ask(counter)


def _tell(counter: Counter, wish: Wish) -> None:
    counter.says(
        f"I am sorry, but I cannot do that: {wish.reason}",
        f"Unfortunately that is not possible. {wish.reason.capitalize()}",
        f"I am afraid the system does not allow it: {wish.reason}",
    )


def _move_on(counter: Counter) -> None:
    counter.person(
        "While you are at it: is everything on time on the other routes?",
        "Another question: how do things look elsewhere today?",
    )
    counter.agent.elsewhere(least=4)
    counter.says("Those are the figures that I have.", "That is what the system shows for these flights.")
    counter.person("Good to know.", "Thanks for the information.")
    counter.says("Have a nice day.")
    counter.achieved, counter.closed = False, True


def _change_fare(counter: Counter) -> Action:
    reservation = counter.customer.other_reservation
    flights = [{"flight_number": held["flight_number"], "date": "2026-05-28"} for held in counter.held(reservation)]
    arguments = {"reservation_id": reservation, "cabin": "basic_economy", "flights": flights}
    return counter.fails("update_reservation_flights", **arguments, payment_id=counter.customer.card)


def _cancel(counter: Counter) -> Action:
    return counter.fails("cancel_reservation", reservation_id=counter.customer.other_reservation)


_WISHES = (
    Wish(
        (
            "Please move {reservation} to the 28th.",
            "I need {reservation} on May 28 instead, same flight.",
            "Change {reservation} to 2026-05-28.",
        ),
        "basic economy tickets cannot be changed.",
        _change_fare,
    ),
    Wish(
        (
            "Cancel {reservation} please.",
            "I want to cancel {reservation} and get my money back.",
            "Please cancel my trip {reservation}.",
        ),
        "the fare is not refundable and there is no insurance.",
        _cancel,
    ),
)

SCENES: tuple[Scene, ...] = (
    told,
    told,
    given_up,
    given_up,
    handed_over,
    handed_over,
    stubborn,
    forgotten,
    denied,
    denied,
    cut_off,
)
