"""Tools that look something up."""

from __future__ import annotations

import ast
import operator
import sqlite3

from simulator.airline import records as _records
from simulator.airline.api import RefusedError, Rows

_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def get_user_details(records: sqlite3.Connection, user_id: str) -> dict[str, object]:
    """A person's profile with payment methods and reservations."""
    user = _one(records, "select * from users where user_id = ?", user_id, f"user {user_id} not found")
    methods = records.execute("select * from payments where user_id = ? order by payment_id", [user_id]).fetchall()
    owned = records.execute(
        "select reservation_id from reservations where user_id = ? order by 1", [user_id]
    ).fetchall()
    return {
        "name": {"first_name": user["first_name"], "last_name": user["last_name"]},
        "email": user["email"],
        "dob": user["dob"],
        "membership": user["membership"],
        "payment_methods": [
            {k: row[k] for k in ("payment_id", "source", "brand", "last_four") if row[k]} for row in methods
        ],
        "reservations": [row["reservation_id"] for row in owned],
    }


def get_reservation_details(records: sqlite3.Connection, reservation_id: str) -> dict[str, object]:
    """A reservation with flights and passengers."""
    query = "select * from reservations where reservation_id = ?"
    found = _one(records, query, reservation_id, f"reservation {reservation_id} not found")
    segments = records.execute(
        "select flight_number, date, price from segments where reservation_id = ? order by place", [reservation_id]
    ).fetchall()
    travellers = records.execute(
        "select first_name, last_name, dob from passengers where reservation_id = ? order by rowid", [reservation_id]
    ).fetchall()
    return {
        **dict(found),
        "flights": [dict(row) for row in segments],
        "passengers": [dict(row) for row in travellers],
    }


def search_direct_flight(records: sqlite3.Connection, origin: str, destination: str, date: str) -> Rows:
    """Direct flights that can be booked on a date."""
    flights = records.execute(
        "select * from flights where origin = ? and destination = ? order by flight_number", [origin, destination]
    ).fetchall()
    return [offer for flight in flights if (offer := _offer(records, flight, date))]


def get_flight_status(records: sqlite3.Connection, flight_number: str, date: str) -> dict[str, object]:
    """How a flight stands on a date."""
    row = records.execute(
        "select * from offers where flight_number = ? and date = ? limit 1", [flight_number, date]
    ).fetchone()
    if row is None:
        raise RefusedError(f"flight {flight_number} on {date} not found")
    return {"flight_number": flight_number, "date": date, "status": row["status"]}


def list_all_airports(records: sqlite3.Connection) -> dict[str, str]:
    """Codes and towns."""
    assert records
    return _records.AIRPORTS


def calculate(records: sqlite3.Connection, expression: str) -> str:
    """The value of a sum."""
    assert records
    return f"{_value(ast.parse(expression, mode='eval').body):.2f}"


def think(records: sqlite3.Connection, thought: str) -> str:
    """Nothing: room to think."""
    assert records
    assert thought
    return ""


def transfer_to_human_agents(records: sqlite3.Connection, summary: str) -> str:
    """Hand the person over."""
    assert records
    assert summary
    return "Transfer successful"


def _offer(records: sqlite3.Connection, flight: sqlite3.Row, date: str) -> dict[str, object] | None:
    rows = records.execute(
        "select cabin, seats, price from offers where flight_number = ? and date = ? and status = 'available'"
        " order by price",
        [flight["flight_number"], date],
    ).fetchall()
    if not rows:
        return None
    return {
        "flight_number": flight["flight_number"],
        "origin": flight["origin"],
        "destination": flight["destination"],
        "scheduled_departure_time_est": flight["departs"],
        "scheduled_arrival_time_est": flight["arrives"],
        "available_seats": {row["cabin"]: row["seats"] for row in rows},
        "prices": {row["cabin"]: row["price"] for row in rows},
    }


def _one(records: sqlite3.Connection, query: str, key: str, otherwise: str) -> sqlite3.Row:
    row: sqlite3.Row | None = records.execute(query, [key]).fetchone()
    if row is None:
        raise RefusedError(otherwise)
    return row


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.BinOp):
        return float(_OPERATORS[type(node.op)](_value(node.left), _value(node.right)))
    assert isinstance(node, ast.Constant)
    return float(str(node.value))
