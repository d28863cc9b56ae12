"""What people ask the handbook, the terms that find it, and terms that do not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """``good`` finds the page, ``empty`` nothing, ``astray`` other pages only; ``fact`` is in the answer."""

    words: str
    page: str
    """Title of the page that answers."""
    good: str
    empty: str
    astray: str
    answer: str
    fact: str


QUESTIONS: tuple[Question, ...] = (
    Question(
        "How much do I get when I drive my own car to a client?",
        "Mileage",
        "mileage private cars kilometre",
        "automobile reimbursement",
        "electric parking chargers",
        "Private cars are repaid at 42 cents a kilometre.",
        "42 cents",
    ),
    Question(
        "How many vacation days do we have?",
        "Annual leave",
        "annual leave days",
        "vacation entitlement",
        "public holidays state",
        "You earn 27 days of annual leave a year.",
        "27 days",
    ),
    Question(
        "My notebook was stolen on the train. Whom do I call?",
        "Lost devices",
        "stolen lost device security",
        "notebook theft hotline",
        "laptops charger label",
        "Security at once, extension 4477.",
        "4477",
    ),
    Question(
        "Which profile do I need to get into the network from home?",
        "VPN",
        "remote access profile",
        "tunnel configuration",
        "wireless visitors code",
        "The profile is gate-west; gate-east is the spare.",
        "gate-west",
    ),
    Question(
        "Until when must I hand in my travel costs?",
        "Expense claims",
        "claims receipts journey portal",
        "reimbursement deadline submission",
        "rail second class",
        "Within 30 days of the journey.",
        "30 days",
    ),
    Question(
        "How expensive may a room be in Vienna?",
        "Hotels",
        "hotels night breakfast capitals",
        "accommodation budget lodging",
        "meeting rooms calendar",
        "At most 180 a night, since Vienna is a capital.",
        "180",
    ),
    Question(
        "Can I bring my dog?",
        "Pets",
        "dogs welcome",
        "animal policy",
        "plants watered Mondays",
        "Yes, on Thursdays, if the room agrees in writing.",
        "Thursdays",
    ),
    Question(
        "When do we get paid?",
        "Salary",
        "salaries paid slip",
        "wage transfer schedule",
        "bonus yearly result",
        "On the 25th of the month.",
        "25th",
    ),
    Question(
        "How long is my trial period?",
        "Probation",
        "probation lasts months either",
        "trial duration newcomer",
        "mentor hundred colleagues",
        "Probation lasts six months.",
        "six months",
    ),
    Question(
        "Where can I charge my electric car?",
        "Parking",
        "electric chargers bays",
        "EV wallbox",
        "mileage kilometre logged",
        "In bays 14 to 20 on level B2.",
        "B2",
    ),
    Question(
        "Is there money for courses?",
        "Training",
        "courses conferences year",
        "continuing education stipend",
        "books library asking",
        "Yes, 1,200 a year.",
        "1,200",
    ),
    Question(
        "What happens with leave when I stay with my newborn?",
        "Parental leave",
        "parents weeks paid",
        "maternity newborn",
        "sabbatical unpaid service",
        "Up to 40 weeks, the first 16 paid in full.",
        "40 weeks",
    ),
    Question(
        "I deleted a file last week. Is it gone?",
        "Backups",
        "files restored nightly",
        "undelete snapshot recovery",
        "drive team desk",
        "No, files can be restored for 35 days.",
        "35 days",
    ),
    Question(
        "What do I get if I recommend a friend?",
        "Referrals",
        "recommends new colleague",
        "headhunting premium finder",
        "company cards limit",
        "1,500 after probation.",
        "1,500",
    ),
)

UNANSWERED: tuple[tuple[str, tuple[str, str, str]], ...] = (
    (
        "May I fly to the client by helicopter?",
        ("helicopter charter", "helicopter permission procedure", "chartered helicopter"),
    ),
    ("What is the dress code for yoga?", ("yoga clothing", "yoga dress garments", "yoga lessons")),
    ("Do we have a rule about drones on the roof?", ("drones rooftop", "drones permission", "drones pilots")),
    ("Is there a discount at the opera?", ("opera discount", "opera subscription", "opera concert vouchers")),
)
