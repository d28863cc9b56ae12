"""Mistakes made while the agent gathers what it needs, and how it finds back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from reroute.simulate.airline.counter import Counter

Scene = Callable[[Counter], None]


def wrong_reservation(counter: Counter) -> None:
    """A letter of the reservation is wrong; the person spells it again."""
    right = counter.customer.reservation
    wrong = right[:3] + ("Q" if right[3] != "Q" else "W") + right[4:]
    first = counter.fails("get_reservation_details", reservation_id=wrong)
    failure = counter.agent.failed(first, "call.rejected")
    counter.says(
        f"I cannot find a reservation {wrong}. Could you check the number, please?",
        f"There is no reservation under {wrong}. Would you spell it for me once more?",
    )
    counter.person(f"Sorry, it is {right}.", f"Let me look... {right}.", f"{right}, with {right[3]} in the middle.")
    again = counter.do("get_reservation_details", reservation_id=right)
    failure.recovered(again, "recovered_repair", clarified=True)


def unknown_tool(counter: Counter) -> None:
    """A tool that does not exist, then the one that does."""
    flight = counter.held(counter.customer.reservation)[0]
    first = counter.fails("get_flight_details", **flight)
    failure = counter.agent.failed(first, "call.invalid")
    counter.agent.elsewhere()
    failure.recovered(counter.do("get_flight_status", **flight), "recovered_reroute")


def missing_argument(counter: Counter) -> None:
    """A search without its date."""
    origin, destination, _ = counter.route(counter.customer.reservation)
    first = counter.fails("search_direct_flight", origin=origin, destination=destination)
    failure = counter.agent.failed(first, "call.invalid")
    again = counter.do("search_direct_flight", origin=origin, destination=destination, date="2026-05-24")
    failure.recovered(again, "recovered_repair")


def town_for_code(counter: Counter) -> None:
    """A town's name where the code is wanted."""
    origin, destination, _ = counter.route(counter.customer.reservation)
    date = "2026-05-25"
    first = counter.fails("search_direct_flight", origin=origin, destination=f"{destination} airport", date=date)
    failure = counter.agent.failed(first, "call.invalid")
    counter.agent.elsewhere()
    again = counter.do("search_direct_flight", origin=origin, destination=destination, date=date)
    failure.recovered(again, "recovered_repair")


def locked(counter: Counter) -> None:
    """Another process holds the records for a moment."""
    arguments = {"reservation_id": counter.customer.reservation}
    holder = sqlite3.connect(counter.airline.path, isolation_level=None)
    holder.execute("begin exclusive")
    try:
        first = counter.fails("get_reservation_details", **arguments)
        failure = counter.agent.failed(first, "infra.transient")
        if counter.random.random() < 0.4:
            counter.fails("get_reservation_details", **arguments)
    finally:
        holder.close()
    failure.recovered(counter.do("get_reservation_details", **arguments), "recovered_retry")


def rate_limited(counter: Counter) -> None:
    """Too many requests; a moment later it goes."""
    counter.airline.burst = 0
    arguments = {"user_id": counter.customer.user_id}
    failure = counter.agent.failed(counter.fails("get_user_details", **arguments), "infra.transient")
    failure.recovered(counter.do("get_user_details", **arguments), "recovered_retry")


def session_expired(counter: Counter) -> None:
    """The session is over; renewed, the same call goes through."""
    counter.airline.session_calls = 0
    arguments = {"reservation_id": counter.customer.other_reservation}
    failure = counter.agent.failed(counter.fails("get_reservation_details", **arguments), "auth.denied")
    counter.do("refresh_session")
    # The renewed session is a change, though on no record that the call names.
    failure.recovered(counter.do("get_reservation_details", **arguments), "recovered_fix", "recovered_retry")


def no_flights(counter: Counter) -> None:
    """No false step: a date without flights, once."""
    origin, destination, _ = counter.route(counter.customer.reservation)
    action = counter.do("search_direct_flight", origin=destination, destination=origin, date="2026-07-01")
    counter.agent.friend("empty_list", action)


SLIPS: tuple[Scene, ...] = (
    wrong_reservation, unknown_tool, missing_argument, town_for_code, locked, locked, rate_limited, session_expired,
)  # fmt: skip
FRIENDS: tuple[Scene, ...] = (no_flights,)
