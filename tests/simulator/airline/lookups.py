"""Mistakes made while the agent gathers what it needs, and how it finds back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from simulator.airline.counter import Counter
from simulator.airline.records import AIRPORTS

Scene = Callable[[Counter], None]


def wrong_reservation(counter: Counter) -> None:
    """A letter of the reservation is wrong; the person spells it again."""
    right = counter.unread_reservation()
    if right is None:
        town_for_code(counter)
        return
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
    counter.agent.elsewhere(most=2)
    failure.recovered(counter.do("get_flight_status", **flight), "recovered_reroute")


def missing_argument(counter: Counter) -> None:
    """A search without its date."""
    wanted = _asked(counter)
    first = counter.fails("search_direct_flight", origin=wanted["origin"], destination=wanted["destination"])
    failure = counter.agent.failed(first, "call.invalid")
    again = counter.do("search_direct_flight", **wanted)
    failure.recovered(again, "recovered_repair")


def town_for_code(counter: Counter) -> None:
    """A town's name where the code is wanted."""
    wanted = _asked(counter)
    wrong = wanted | {"destination": AIRPORTS[wanted["destination"]]}
    failure = counter.agent.failed(counter.fails("search_direct_flight", **wrong), "call.invalid")
    counter.agent.elsewhere()
    failure.recovered(counter.do("search_direct_flight", **wanted), "recovered_repair")


def locked(counter: Counter) -> None:
    """Another process holds the records for a moment."""
    wanted = _asked(counter)
    holder = sqlite3.connect(counter.airline.path, isolation_level=None)
    holder.execute("begin exclusive")
    try:
        first = counter.fails("search_direct_flight", **wanted)
        failure = counter.agent.failed(first, "infra.transient")
        if counter.random.random() < 0.4:
            counter.fails("search_direct_flight", **wanted)
    finally:
        holder.close()
    failure.recovered(counter.do("search_direct_flight", **wanted), "recovered_retry")


def rate_limited(counter: Counter) -> None:
    """Too many requests; a moment later it goes."""
    counter.airline.burst = 0
    wanted = _asked(counter)
    failure = counter.agent.failed(counter.fails("search_direct_flight", **wanted), "infra.transient")
    counter.agent.elsewhere()
    failure.recovered(counter.do("search_direct_flight", **wanted), "recovered_retry")


def session_expired(counter: Counter) -> None:
    """The session is over; renewed, the same call goes through."""
    counter.airline.session_calls = 0
    wanted = _asked(counter)
    failure = counter.agent.failed(counter.fails("search_direct_flight", **wanted), "auth.denied")
    counter.do("refresh_session")
    # The renewed session is a change, though on no record that the call names.
    failure.recovered(counter.do("search_direct_flight", **wanted), "recovered_fix", "recovered_retry")


def _asked(counter: Counter) -> dict[str, str]:
    """A search that the person asks for."""
    wanted = counter.fresh_search()
    trip = f"from {AIRPORTS[wanted['origin']]} to {AIRPORTS[wanted['destination']]} on {wanted['date']}"
    counter.person(f"By the way, what do you have {trip}?", f"Before that: does anything go {trip}?")
    return wanted


def no_flights(counter: Counter) -> None:
    """No false step: a date without flights, once."""
    origin, destination, _ = counter.route(counter.customer.reservation)
    action = counter.do("search_direct_flight", origin=destination, destination=origin, date="2026-07-01")
    counter.agent.friend("empty_list", action)


SLIPS: tuple[Scene, ...] = (
    wrong_reservation, unknown_tool, missing_argument, town_for_code, locked, locked, rate_limited, session_expired,
)  # fmt: skip
FRIENDS: tuple[Scene, ...] = (no_flights,)
