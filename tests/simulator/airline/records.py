"""The airline's records in SQLite, made up from a seed: people, payment methods, flights, reservations."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from random import Random

CABINS = ("basic_economy", "economy", "business")
AIRPORTS = {
    "ATL": "Atlanta", "BOS": "Boston", "CLT": "Charlotte", "DEN": "Denver", "DFW": "Dallas", "EWR": "Newark",
    "IAH": "Houston", "JFK": "New York", "LAS": "Las Vegas", "LAX": "Los Angeles", "MIA": "Miami", "ORD": "Chicago",
    "PHX": "Phoenix", "SEA": "Seattle",
}  # fmt: skip
DATES = tuple(f"2026-05-{day:02d}" for day in range(18, 30))

_FIRST = ("Olivia", "James", "Mei", "Amara", "Lucas", "Sofia", "Raj", "Hana", "Noah", "Ines", "Omar", "Yara")
_LAST = ("Gonzalez", "Lee", "Tanaka", "Okafor", "Silva", "Novak", "Patel", "Kim", "Moreau", "Costa", "Haddad", "Lund")

_SCHEMA = """
create table users (user_id text primary key, first_name text, last_name text, email text, membership text,
                    dob text);
create table payments (payment_id text primary key, user_id text, source text, brand text, last_four text,
                       balance integer);
create table flights (flight_number text primary key, origin text, destination text, departs text, arrives text);
create table offers (flight_number text, date text, cabin text, status text, seats integer, price integer,
                     primary key (flight_number, date, cabin));
create table reservations (reservation_id text primary key, user_id text, origin text, destination text, cabin text,
                           insurance text, bags integer, status text);
create table segments (reservation_id text, place integer, flight_number text, date text, price integer);
create table passengers (reservation_id text, first_name text, last_name text, dob text);
create table charges (reservation_id text, payment_id text, amount integer);
"""


@dataclass(frozen=True)
class Customer:
    """The person of a run and what they own."""

    user_id: str
    first_name: str
    last_name: str
    dob: str
    reservation: str
    other_reservation: str
    card: str
    gift_card: str


def create(path: Path, random: Random) -> Customer:
    """Fill a new database; the customer whom the run is about."""
    with sqlite3.connect(path) as records:
        records.execute("pragma synchronous = off")  # it lives for one run
        records.executescript(_SCHEMA)
        _flights(records, random)
        people = [_person(records, random) for _ in range(5)]
        customer = random.choice(people)
    records.close()
    return customer


def _flights(records: sqlite3.Connection, random: Random) -> None:
    numbers = random.sample(range(1, 400), 120)
    pairs = [(a, b) for a in AIRPORTS for b in AIRPORTS if a < b]
    routes = [route for a, b in random.choices(pairs, k=60) for route in ((a, b), (b, a))]
    for number, (origin, destination) in zip(numbers, routes, strict=True):
        hour = random.randrange(5, 21)
        name = f"HAT{number:03d}"
        departs, arrives = (
            f"{hour:02d}:{random.choice((0, 15, 30, 45)):02d}:00",
            f"{hour + random.randint(1, 3):02d}:10:00",
        )
        records.execute("insert into flights values (?, ?, ?, ?, ?)", [name, origin, destination, departs, arrives])
        for date in DATES:
            status = "available" if random.random() < 0.9 else random.choice(("delayed", "on time", "flying"))
            base = random.randint(48, 140)
            for cabin, factor in zip(CABINS, (1, 2, 4), strict=True):
                offer = [name, date, cabin, status, random.randint(3, 20), base * factor + random.randint(0, 30)]
                records.execute("insert into offers values (?, ?, ?, ?, ?, ?)", offer)


def _person(records: sqlite3.Connection, random: Random) -> Customer:
    first, last = random.choice(_FIRST), random.choice(_LAST)
    user_id = f"{first}_{last}_{random.randint(1000, 9999)}".lower()
    dob = f"19{random.randint(55, 99)}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"
    email = f"{first}.{last}{random.randint(10, 99)}@example.com".lower()
    membership = random.choice(("regular", "silver", "gold"))
    records.execute("insert into users values (?, ?, ?, ?, ?, ?)", [user_id, first, last, email, membership, dob])
    card, gift = (
        f"credit_card_{random.randint(1_000_000, 9_999_999)}",
        f"gift_card_{random.randint(1_000_000, 9_999_999)}",
    )
    four = str(random.randint(1000, 9999))
    records.execute(
        "insert into payments values (?, ?, ?, ?, ?, ?)", [card, user_id, "credit_card", "visa", four, None]
    )
    records.execute(
        "insert into payments values (?, ?, ?, ?, ?, ?)",
        [gift, user_id, "gift_card", None, None, random.randint(12, 30)],
    )
    cabins = random.sample(("basic_economy", "economy"), 2)
    ids = [_reservation(records, random, (user_id, card), (first, last, dob), cabin) for cabin in sorted(cabins)]
    return Customer(user_id, first, last, dob, reservation=ids[1], other_reservation=ids[0], card=card, gift_card=gift)


def _reservation(
    records: sqlite3.Connection, random: Random, owner: tuple[str, str], name: tuple[str, str, str], cabin: str
) -> str:
    user_id, card = owner
    reservation_id = "".join(random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=6))
    flight, origin, destination = random.choice(
        records.execute("select flight_number, origin, destination from flights order by flight_number").fetchall()
    )
    date = random.choice(DATES[4:])
    query = "select price from offers where flight_number = ? and date = ? and cabin = ?"
    price = records.execute(query, [flight, date, cabin]).fetchone()[0]
    row = [reservation_id, user_id, origin, destination, cabin, "no", random.randint(0, 1), "confirmed"]
    records.execute("insert into reservations values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    records.execute("insert into segments values (?, 0, ?, ?, ?)", [reservation_id, flight, date, price])
    records.execute("insert into passengers values (?, ?, ?, ?)", [reservation_id, *name])
    records.execute("insert into charges values (?, ?, ?)", [reservation_id, card, price])
    return reservation_id
