"""Tools that change something, and the airline's rules for it."""

from __future__ import annotations

import sqlite3

from simulator.airline.api import RefusedError
from simulator.airline.lookup import get_reservation_details

_PASSENGERS = 5
_BAGS_EACH = 3
_BAG_PRICE = 50


def book_reservation(  # noqa: PLR0917 - a tool's arguments are named by its caller
    records: sqlite3.Connection,
    user_id: str,
    cabin: str,
    flights: list[dict[str, str]],
    passengers: list[dict[str, str]],
    payment_methods: list[dict[str, object]],
    bags: int = 0,
) -> dict[str, object]:
    """Book flights; payments must add up to the price to the dollar."""
    if len(passengers) > _PASSENGERS:
        raise RefusedError(f"number of passengers exceeds {_PASSENGERS}")
    _check_bags(bags, len(passengers))
    offers = [_offer(records, flight, cabin, len(passengers)) for flight in flights]
    total = sum(offer["price"] for offer in offers) * len(passengers) + bags * _BAG_PRICE
    for method in payment_methods:
        _check_method(records, user_id, str(method["payment_id"]), int(str(method["amount"])))
    paid = sum(int(str(method["amount"])) for method in payment_methods)
    if paid != total:
        raise RefusedError(f"payment amount does not add up, total price is {total}, but paid {paid}")
    reservation_id = _new_id(records)
    first, last = offers[0], offers[-1]
    row = [reservation_id, user_id, first["origin"], last["destination"], cabin, "no", bags, "confirmed"]
    records.execute("insert into reservations values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    for traveller in passengers:
        given = [traveller["first_name"], traveller["last_name"], traveller["dob"]]
        records.execute("insert into passengers values (?, ?, ?, ?)", [reservation_id, *given])
    _set_segments(records, reservation_id, offers, len(passengers))
    for method in payment_methods:
        records.execute(
            "insert into charges values (?, ?, ?)", [reservation_id, method["payment_id"], method["amount"]]
        )
    return get_reservation_details(records, reservation_id)


def update_reservation_flights(
    records: sqlite3.Connection, reservation_id: str, cabin: str, flights: list[dict[str, str]], payment_id: str
) -> dict[str, object]:
    """Move a reservation to other flights; the cheapest fare cannot be changed."""
    held = get_reservation_details(records, reservation_id)
    if held["cabin"] == "basic_economy":
        raise RefusedError("basic economy reservations cannot be changed")
    travellers = held["passengers"]
    assert isinstance(travellers, list)
    offers = [_offer(records, flight, cabin, len(travellers)) for flight in flights]
    before = records.execute("select sum(price) from segments where reservation_id = ?", [reservation_id]).fetchone()[0]
    owed = (sum(offer["price"] for offer in offers) - before) * len(travellers)
    _check_method(records, str(held["user_id"]), payment_id, max(owed, 0))
    records.execute("delete from segments where reservation_id = ?", [reservation_id])
    records.execute("update reservations set cabin = ? where reservation_id = ?", [cabin, reservation_id])
    _set_segments(records, reservation_id, offers, len(travellers))
    records.execute("insert into charges values (?, ?, ?)", [reservation_id, payment_id, owed])
    return get_reservation_details(records, reservation_id)


def update_reservation_baggages(
    records: sqlite3.Connection, reservation_id: str, bags: int, payment_id: str
) -> dict[str, object]:
    """Set the number of checked bags; bags can be added, not taken away."""
    held = get_reservation_details(records, reservation_id)
    travellers, now = held["passengers"], int(str(held["bags"]))
    assert isinstance(travellers, list)
    if bags < now:
        raise RefusedError("checked bags can be added but not removed")
    _check_bags(bags, len(travellers))
    _check_method(records, str(held["user_id"]), payment_id, (bags - now) * _BAG_PRICE)
    records.execute("update reservations set bags = ? where reservation_id = ?", [bags, reservation_id])
    return get_reservation_details(records, reservation_id)


def cancel_reservation(records: sqlite3.Connection, reservation_id: str) -> dict[str, object]:
    """Cancel; only business fares and insured ones are refunded, others cannot be cancelled."""
    held = get_reservation_details(records, reservation_id)
    if held["cabin"] != "business" and held["insurance"] != "yes":
        raise RefusedError(
            f"reservation {reservation_id} cannot be cancelled: the fare is not refundable and there is no insurance"
        )
    records.execute("update reservations set status = 'cancelled' where reservation_id = ?", [reservation_id])
    return get_reservation_details(records, reservation_id)


def _offer(records: sqlite3.Connection, flight: dict[str, str], cabin: str, seats: int) -> sqlite3.Row:
    number, date = flight["flight_number"], flight["date"]
    row: sqlite3.Row | None = records.execute(
        "select * from offers join flights using (flight_number) where flight_number = ? and date = ? and cabin = ?",
        [number, date, cabin],
    ).fetchone()
    if row is None:
        raise RefusedError(f"flight {number} not found")
    if row["status"] != "available":
        raise RefusedError(f"flight {number} not available on date {date}")
    if row["seats"] < seats:
        raise RefusedError(f"not enough seats on flight {number}")
    return row


def _check_method(records: sqlite3.Connection, user_id: str, payment_id: str, amount: int) -> None:
    row = records.execute(
        "select * from payments where payment_id = ? and user_id = ?", [payment_id, user_id]
    ).fetchone()
    if row is None:
        raise RefusedError(f"payment method {payment_id} not found")
    if row["balance"] is not None and row["balance"] < amount:
        raise RefusedError(f"not enough balance in payment method {payment_id}")


def _check_bags(bags: int, passengers: int) -> None:
    if bags > _BAGS_EACH * passengers:
        raise RefusedError(f"too many checked bags: at most {_BAGS_EACH * passengers} for this reservation")


def _set_segments(records: sqlite3.Connection, reservation_id: str, offers: list[sqlite3.Row], seats: int) -> None:
    for place, offer in enumerate(offers):
        row = [reservation_id, place, offer["flight_number"], offer["date"], offer["price"]]
        records.execute("insert into segments values (?, ?, ?, ?, ?)", row)
        records.execute(
            "update offers set seats = seats - ? where flight_number = ? and date = ? and cabin = ?",
            [seats, offer["flight_number"], offer["date"], offer["cabin"]],
        )


def _new_id(records: sqlite3.Connection) -> str:
    count = records.execute("select count(*) from reservations").fetchone()[0]
    return f"HATH{count:02d}"
