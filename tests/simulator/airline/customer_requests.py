"""What people want and can have: done at once, or after a refusal that the agent gets right."""

from __future__ import annotations

from collections.abc import Callable

from simulator.agent import Action
from simulator.airline.counter import Counter, Flight, town

Scene = Callable[[Counter], None]
_AGREE = (
    "Yes, please go ahead.",
    "Yes.",
    "Sounds good, do it.",
    "That works for me, thank you.",
    "Perfect, yes please.",
)


def move(counter: Counter) -> None:
    """Another flight for an economy ticket."""
    old, new = _choice(counter)
    _propose(counter, new)
    counter.person(*_AGREE)
    _update(counter, new)
    assert old != new


def move_wrongly(counter: Counter) -> None:
    """The agent books another day than agreed; nothing shows it."""
    _, new = _choice(counter)
    _propose(counter, new)
    counter.person(*_AGREE)
    others = [flight for flight in options(counter) if flight != new]
    _update(counter, others[0] if others else new)
    counter.achieved = not others


def move_sold_out(counter: Counter) -> None:
    """The seats go while they talk; the person takes the next flight."""
    _, new = _choice(counter)
    others = [flight for flight in options(counter) if flight != new]
    _propose(counter, new)
    counter.person(*_AGREE)
    counter.sell_out(new)
    failure = counter.agent.failed(_update(counter, new, ok=False), "call.rejected")
    counter.agent.elsewhere()
    if not others:
        counter.says(
            f"I am sorry, {new['flight_number']} has just sold out, and nothing else flies. All stays as it is."
        )
        counter.person("That is a pity, but fine. Leave it then.")
        failure.ended("reported")
        return
    other = counter.random.choice(others)
    counter.says(
        f"{new['flight_number']} has just sold out. {other['flight_number']} on {other['date']} has seats. Shall I?"
    )
    counter.person(
        f"Then take {other['flight_number']} on {other['date']}.", f"OK, {other['flight_number']} on {other['date']}."
    )
    failure.recovered(_update(counter, other), "recovered_repair", clarified=True)


def move_on_gift_card(counter: Counter) -> None:
    """The gift card does not hold enough; the person names another way to pay."""
    _, new = _choice(counter)
    cabin, customer = "business", counter.customer
    fare = "update offers set price = price + 600 where flight_number = ? and date = ? and cabin = ?"
    counter.change(fare, new["flight_number"], new["date"], cabin)
    counter.says(
        f"I can put you on {new['flight_number']} on {new['date']} in business. How will you pay the difference?"
    )
    counter.person(f"Use my gift card {customer.gift_card}.", "With my gift card, please.")
    first = _update(counter, new, cabin=cabin, payment=customer.gift_card, ok=False)
    failure = counter.agent.failed(first, "call.rejected")
    counter.says("The gift card does not cover it. Do you have another method of payment?")
    counter.person(f"Then charge {customer.card}.", f"All right, take my credit card, {customer.card}.")
    failure.recovered(_update(counter, new, cabin=cabin), "recovered_repair", clarified=True)


def move_with_wrong_method(counter: Counter) -> None:
    """The agent mistypes the payment method and reads the profile again."""
    _, new = _choice(counter)
    _propose(counter, new)
    counter.person(*_AGREE)
    card = counter.customer.card
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    failure = counter.agent.failed(_update(counter, new, payment=wrong, ok=False), "call.rejected")
    if counter.random.random() < 0.5:
        counter.do("get_user_details", user_id=counter.customer.user_id)
    counter.agent.elsewhere()
    failure.recovered(_update(counter, new), "recovered_repair")


def move_with_wrong_cabin(counter: Counter) -> None:
    """A cabin that does not exist, then the right name."""
    _, new = _choice(counter)
    _propose(counter, new)
    counter.person(*_AGREE)
    failure = counter.agent.failed(_update(counter, new, cabin="main cabin", ok=False), "call.invalid")
    failure.recovered(_update(counter, new), "recovered_repair")


def book(counter: Counter) -> None:
    """A new booking for two."""
    out = _outbound(counter)
    _offer(counter, [out])
    counter.person(*_AGREE)
    _book(counter, [out])


def book_short(counter: Counter) -> None:
    """The agent pays for one passenger and there are two."""
    out = _outbound(counter)
    _offer(counter, [out])
    counter.person(*_AGREE)
    failure = counter.agent.failed(_book(counter, [out], factor=1, ok=False), "call.rejected")
    counter.agent.elsewhere()
    failure.recovered(_book(counter, [out]), "recovered_repair")


def book_one_way_only(counter: Counter) -> None:
    """No seats on the way back, so the agent books the way out alone."""
    origin, destination, _ = counter.route(counter.customer.reservation)
    out = _outbound(counter)
    backs = counter.flights(destination, origin, "economy")
    if not backs:
        book_short(counter)
        return
    _offer(counter, [out, backs[-1]])
    counter.person(*_AGREE)
    counter.sell_out(backs[-1])
    failure = counter.agent.failed(_book(counter, [out, backs[-1]], ok=False), "call.rejected")
    counter.agent.elsewhere()
    failure.recovered(_book(counter, [out]), "recovered_degraded")
    counter.says(
        "I have booked the way out; there were no seats left on the way back.",
        "The outbound flight is booked, the return is not.",
    )
    counter.achieved = False


def bags_too_many(counter: Counter) -> None:
    """More bags than allowed; the person makes do with fewer."""
    arguments: dict[str, object] = {"reservation_id": counter.customer.reservation, "payment_id": counter.customer.card}
    counter.person("Please add bags to it as well, I need seven in all.")
    first = counter.fails("update_reservation_baggages", bags=7, **arguments)
    failure = counter.agent.failed(first, "call.rejected")
    counter.says(
        "Seven are too many, three is the most. Shall I put in three?",
        "At most three bags are allowed here. How many do you want?",
    )
    counter.person("Then make it 3 bags.", "3 then.")
    again = counter.do("update_reservation_baggages", bags=3, **arguments)
    failure.recovered(again, "recovered_repair", clarified=True)


def options(counter: Counter) -> list[Flight]:
    """Other flights on the route of the person's reservation."""
    origin, destination, cabin = counter.route(counter.customer.reservation)
    held = counter.held(counter.customer.reservation)
    return [flight for flight in counter.flights(origin, destination, cabin) if flight not in held]


def _choice(counter: Counter) -> tuple[Flight, Flight]:
    """The flight held and another that the person asks about; the agent has searched for it."""
    origin, destination, _ = counter.route(counter.customer.reservation)
    new = counter.random.choice(options(counter)[-4:])
    counter.person(
        f"I would like to fly on {new['date']} instead.",
        f"Can you move me to {new['date']}? Same route.",
        f"Something came up. Is there a flight from {town(origin)} to {town(destination)} on {new['date']}?",
    )
    counter.do("search_direct_flight", origin=origin, destination=destination, date=new["date"])
    return counter.held(counter.customer.reservation)[0], new


def _propose(counter: Counter, flight: Flight) -> None:
    counter.says(
        f"There is {flight['flight_number']} on {flight['date']}. Shall I change to it and charge the difference?",
        f"I found {flight['flight_number']} on {flight['date']} with seats in economy. Shall I go ahead (yes/no)?",
    )


def _update(
    counter: Counter, flight: Flight, cabin: str = "economy", payment: str | None = None, *, ok: bool = True
) -> Action:
    arguments = {"reservation_id": counter.customer.reservation, "cabin": cabin, "flights": [flight]}
    act = counter.do if ok else counter.fails
    return act("update_reservation_flights", **arguments, payment_id=payment or counter.customer.card)


def _outbound(counter: Counter) -> Flight:
    origin, destination, _ = counter.route(counter.customer.reservation)
    flight = counter.flights(origin, destination, "economy")[0]
    counter.person(
        f"I also want to book a trip from {town(origin)} to {town(destination)} for two, on {flight['date']}.",
        f"Two new tickets please, {origin} to {destination} on {flight['date']}, economy.",
    )
    counter.do("search_direct_flight", origin=origin, destination=destination, date=flight["date"])
    return flight


def _offer(counter: Counter, flights: list[Flight]) -> None:
    names = " and ".join(f"{flight['flight_number']} on {flight['date']}" for flight in flights)
    counter.says(
        f"I can offer {names} in economy for two. Shall I book and charge your card?",
        f"{names}, two seats each. Is that right?",
    )


def _book(counter: Counter, flights: list[Flight], factor: int = 2, *, ok: bool = True) -> Action:
    customer = counter.customer
    people = [(customer.first_name, customer.last_name, customer.dob), ("Nora", customer.last_name, "1991-03-14")]
    total = sum(counter.price(flight, "economy") for flight in flights) * factor
    act = counter.do if ok else counter.fails
    return act(
        "book_reservation",
        user_id=customer.user_id,
        cabin="economy",
        flights=flights,
        passengers=[{"first_name": first, "last_name": last, "dob": dob} for first, last, dob in people],
        payment_methods=[{"payment_id": customer.card, "amount": total}],
    )


WELL: tuple[Scene, ...] = (move, move, move, book, book, move_wrongly)
BADLY: tuple[Scene, ...] = (
    move_sold_out, move_on_gift_card, move_with_wrong_method, move_with_wrong_cabin, book_short, book_one_way_only,
    book_one_way_only, bags_too_many,
)  # fmt: skip
