"""What a scene at the airline desk has at hand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from simulator.agent import Action, Agent
from simulator.airline.api import Airline
from simulator.airline.records import AIRPORTS, DATES, Customer

Flight = dict[str, str]


@dataclass
class Counter:
    """The agent, the person and the airline. ``achieved``: what was finally wanted is done, and nothing else."""

    agent: Agent
    airline: Airline
    customer: Customer
    random: Random
    achieved: bool = True
    closed: bool = False
    """The last words are said."""

    def do(self, tool: str, **arguments: object) -> Action:
        """Call a tool; the script counts on success."""
        return self.agent.act(self.airline.prefix + tool, arguments)

    def fails(self, tool: str, **arguments: object) -> Action:
        """Call a tool; the script counts on a refusal."""
        return self.agent.act(self.airline.prefix + tool, arguments, ok=False)

    def says(self, *wordings: str) -> None:
        """The agent speaks, in one of the wordings."""
        self.agent.tape.says(self.random.choice(wordings))

    def person(self, *wordings: str) -> None:
        """The person speaks."""
        self.agent.tape.person(self.random.choice(wordings))

    def ask(self, query: str, *values: object) -> list[tuple[str, ...]]:
        """What the records hold; the script looks, the agent does not."""
        with sqlite3.connect(self.airline.path) as records:
            return records.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> None:
        """Something happens to the records behind the agent's back."""
        with sqlite3.connect(self.airline.path) as records:
            records.execute(statement, values)
        records.close()

    def route(self, reservation: str) -> tuple[str, str, str]:
        """Origin, destination and cabin of a reservation."""
        row = self.ask("select origin, destination, cabin from reservations where reservation_id = ?", reservation)[0]
        return row[0], row[1], row[2]

    def flights(self, origin: str, destination: str, cabin: str) -> list[Flight]:
        """Flights with seats on a route, over all dates."""
        found = self.ask(
            "select flight_number, date from offers join flights using (flight_number)"
            " where origin = ? and destination = ? and cabin = ? and status = 'available' and seats >= 2"
            " order by date, flight_number",
            origin, destination, cabin,
        )  # fmt: skip
        return [{"flight_number": number, "date": date} for number, date in found]

    def fresh_search(self) -> dict[str, str]:
        """Arguments of a search that has results and was not made yet."""
        found = self.ask(
            "select distinct origin, destination, date from offers join flights using (flight_number)"
            " where status = 'available' order by 1, 2, 3"
        )
        asked = {step.arguments for step in self.agent.tape.steps if step.type == "call"}
        wanted = [dict(zip(("origin", "destination", "date"), row, strict=True)) for row in found]
        return self.random.choice([search for search in wanted if json.dumps(search) not in asked])

    def unread_reservation(self) -> str | None:
        """A reservation of the person that the agent has not looked at yet."""
        said = {step.arguments for step in self.agent.tape.steps if step.type == "call"}
        both = (self.customer.reservation, self.customer.other_reservation)
        return next((one for one in both if json.dumps({"reservation_id": one}) not in said), None)

    def price(self, flight: Flight, cabin: str) -> int:
        query = "select price from offers where flight_number = ? and date = ? and cabin = ?"
        return int(self.ask(query, flight["flight_number"], flight["date"], cabin)[0][0])

    def sell_out(self, flight: Flight) -> None:
        """Somebody else buys the last seats."""
        query = "update offers set seats = 0 where flight_number = ? and date = ?"
        self.change(query, flight["flight_number"], flight["date"])

    def held(self, reservation: str) -> list[Flight]:
        """The flights of a reservation."""
        query = "select flight_number, date from segments where reservation_id = ? order by place"
        return [{"flight_number": number, "date": date} for number, date in self.ask(query, reservation)]


def detours(counter: Counter) -> list[Callable[[], object]]:
    """Look-ups that have nothing to do with the person's own flights; none is made twice in a row."""
    taken = {row[0] for row in counter.ask("select flight_number from segments")}
    numbers = [row[0] for row in counter.ask("select flight_number from flights order by 1") if row[0] not in taken]
    deck = [_status(counter, number) for number in counter.random.sample(numbers, 12)]
    deck += [lambda: counter.do("list_all_airports")] + [_sum(counter) for _ in range(2)]
    counter.random.shuffle(deck)
    turns = iter(deck * 20)
    return [lambda: next(turns)()]  # noqa: PLW0108 - each call takes the next


def town(code: str) -> str:
    return f"{AIRPORTS[code]} ({code})"


def _status(counter: Counter, number: str) -> Callable[[], object]:
    date = counter.random.choice(DATES)
    return lambda: counter.do("get_flight_status", flight_number=number, date=date)


def _sum(counter: Counter) -> Callable[[], object]:
    numbers = [counter.random.randint(40, 400) for _ in range(2)]
    return lambda: counter.do("calculate", expression=f"{numbers[0]} * 2 + {numbers[1]}")
