"""Shipping rates with a boundary that belongs to the wrong band."""

from __future__ import annotations

from simulator.shell.project import Project, text

PROJECT = Project(
    name="parcel",
    package="parcel",
    module="rates",
    aside="labels",
    function="band",
    files={
        "parcel/__init__.py": '"""Parcel: what a shipment costs."""\n',
        "parcel/rates.py": text('''
            """Rates by weight."""

            BANDS = [(1, 4.50), (5, 7.25), (20, 14.00)]


            def band(kilos):
                """Price of the lightest band that holds the weight."""
                if kilos <= 0:
                    raise ValueError("weight must be positive")
                for limit, price in BANDS:
                    if kilos < limit:
                        return price
                raise ValueError("too heavy")


            def quote(kilos, express=False):
                return band(kilos) * (2 if express else 1)
        '''),
        "parcel/labels.py": text('''
            """Labels for parcels."""


            def label(name, street, town):
                return "\\n".join([name.upper(), street, town.upper()])
        '''),
        "parcel/__main__.py": text("""
            import argparse

            from parcel.rates import quote

            parser = argparse.ArgumentParser(prog="parcel")
            parser.add_argument("--kilos", type=float, required=True)
            parser.add_argument("--express", action="store_true")
            options = parser.parse_args()
            print(f"{quote(options.kilos, options.express):.2f} EUR")
        """),
        "tests/test_rates.py": text("""
            import unittest

            from parcel.rates import band, quote


            class TestBand(unittest.TestCase):
                def test_light(self):
                    self.assertEqual(band(0.4), 4.50)

                def test_limit_belongs_to_band(self):
                    self.assertEqual(band(5), 7.25)

                def test_just_over_limit(self):
                    self.assertEqual(band(5.5), 14.00)

                def test_zero_is_refused(self):
                    with self.assertRaises(ValueError):
                        band(0)

                def test_express_doubles(self):
                    self.assertEqual(quote(0.5, express=True), 9.00)
        """),
        "tests/test_labels.py": text("""
            import unittest

            from parcel.labels import label


            class TestLabel(unittest.TestCase):
                def test_upper(self):
                    self.assertEqual(label("ana", "Elm 4", "york"), "ANA\\nElm 4\\nYORK")
        """),
    },
    broken="        if kilos < limit:\n",
    fixed="        if kilos <= limit:\n",
    wrong="        if round(kilos) < limit:\n",
    harmful="        if kilos < limit + 1:\n",
    issue=(
        "A parcel of exactly 5 kg is priced as if it were heavier. The limit of a band should belong to that band.",
        "Customers complain: 5 kg costs 14.00 instead of 7.25. Please fix the weight bands in parcel.",
        "band(5) returns the price of the next band up. Off by one at the limits, I think. Can you fix it?",
    ),
    cause="the comparison in `band` leaves the limit itself out",
    misused="--weight 0.4",
    usage="--kilos 0.4",
)
