"""The handbook: sixty short documents of an office that does not exist."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """One page of the handbook."""

    id: str
    title: str
    text: str


def corpus() -> list[Document]:
    """All documents, in the order of their ids."""
    rows = [line.split("|") for line in _PAGES.strip().splitlines()]
    return [Document(f"HB-{101 + number}", title.strip(), text.strip()) for number, (title, text) in enumerate(rows)]


_PAGES = """
Annual leave | Staff earn 27 days of annual leave a year. Unused days expire at the end of March.
Sickness | Report sickness before nine by telephone. A doctor's note is due on the third day.
Parental leave | Parents take up to 40 weeks; the first 16 are paid in full.
Sabbatical | After six years of service a sabbatical of three months unpaid can be requested.
Public holidays | The office closes on public holidays of the state in which it lies.
Bereavement | Five paid days are given for the death of a close relative.
Jury duty | Time spent on a jury is paid; bring the summons to the payroll desk.
Working hours | Core hours are ten to three. The rest of the 38 weekly hours is free to plan.
Overtime | Overtime is approved beforehand and given back as time, hour for hour.
Remote work | Three days a week may be worked from home within the country.
Working abroad | Work from another country is limited to 20 days a year and needs a tax check.
Mileage | Private cars on business are repaid at 42 cents a kilometre, logged the same week.
Rail tickets | Rail travel is second class; first class above four hours.
Flights | Flights are economy below six hours. Book two weeks ahead through the desk.
Hotels | Hotels cost at most 140 a night including breakfast, 180 in capitals.
Meals on journeys | The daily allowance for meals is 28 when away more than eight hours.
Taxis | Taxis are repaid after ten at night or with heavy equipment.
Expense claims | Claims with receipts go into the portal within 30 days of the journey.
Lost receipts | A lost receipt is replaced by a signed statement, twice a year at most.
Company cards | Corporate cards are for team leads; the limit is 2,500 a month.
Laptops | Laptops are replaced every four years; keep the charger label.
Second screens | Each desk has two screens; at home one is lent against a signature.
Telephones | Mobile telephones are given to staff on call and kept for three years.
Headsets | Headsets are ordered from the catalogue without approval.
Printers | Badge printing: send to the queue FOLLOWME and hold the badge to any device.
Passwords | Passphrases have at least 14 characters and never expire unless leaked.
Second factor | A hardware key is the second factor; two keys are issued to each person.
Lost devices | Report a stolen or lost device to security at once, day and night, extension 4477.
Wireless network | The wireless network for staff is HARBOR; visitors use HARBOR-GUEST with a daily code.
VPN | Remote access starts with the profile named gate-west; gate-east is the spare.
Shared drives | The drive of a team is made by the service desk within two days.
Backups | Laptops are saved nightly at one; files can be restored for 35 days.
Software requests | New software needs a licence check, which takes five working days.
Antivirus | A red shield means that scanning stopped; restart and call the service desk.
Error 404 in the portal | The portal shows error 404 when a draft was deleted; nothing is broken.
Badges | A visitor badge is returned in the evening. Forgotten staff badges cost one coffee.
Parking | Level B2 is for staff; bays 14 to 20 have chargers for electric cars.
Bicycles | The cellar for bicycles opens with the badge; showers are on the ground floor.
Canteen | Lunch is served from half past eleven; vegan dishes on every day but Friday.
Meeting rooms | Rooms are booked in the calendar and released after ten minutes without anyone.
Quiet room | The room on the fifth floor is for silence, prayer and headaches.
Fire drill | Drills are on the first Tuesday of May and November; meet at the fountain.
First aid | Kits hang beside each lift; trained persons wear a green lanyard.
Lifts | When the lift sticks, press the bell for three seconds; the guard answers.
Heating | Report cold rooms to facility care; the target is 21 degrees.
Waste | Paper blue, glass green, batteries in the box at reception.
Plants | Plants are watered by a firm on Mondays; please do not help.
Pets | Dogs are welcome on Thursdays if the room agrees in writing.
Visitors | Visitors are announced a day ahead and fetched at reception.
Deliveries | Parcels wait in the post room for five days, then go back.
Probation | Probation lasts six months; either side may end it with two weeks' notice.
Notice period | After probation notice is three months to the end of a quarter.
Salary | Salaries are paid on the 25th; the slip is in the portal on the 22nd.
Bonus | The yearly bonus depends on the firm's result and is paid in April.
Pension | The firm adds 5 percent of the salary to the pension fund from the first day.
Training | Each person has 1,200 a year for courses; conferences count half.
Books | Books up to 60 are bought without asking and stay in the library.
Mentors | New colleagues have a mentor for their first hundred days.
Referrals | Whoever recommends a new colleague gets 1,500 after probation.
Complaints | Complaints go to the ombudsperson, who keeps names to herself.
"""
