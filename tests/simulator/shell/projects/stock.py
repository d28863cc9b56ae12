"""Stock rows whose blank quantities stop the import."""

from __future__ import annotations

from simulator.shell.project import Project, text

PROJECT = Project(
    name="stockroom",
    package="stockroom",
    module="imports",
    aside="shelves",
    function="load",
    files={
        "stockroom/__init__.py": '"""Stockroom: what lies where."""\n',
        "stockroom/imports.py": text('''
            """Import of stock lists."""

            import csv
            import io


            def load(text):
                """Quantities by article; a blank quantity counts as 0."""
                stock = {}
                for row in csv.DictReader(io.StringIO(text)):
                    quantity = int(row["quantity"])
                    stock[row["article"]] = stock.get(row["article"], 0) + quantity
                return stock


            def missing(stock):
                return sorted(article for article, quantity in stock.items() if quantity <= 0)
        '''),
        "stockroom/shelves.py": text('''
            """Places on shelves."""


            def place(aisle, shelf):
                return f"{aisle:02d}-{shelf}"
        '''),
        "stockroom/__main__.py": text("""
            import argparse

            from stockroom.imports import load, missing

            parser = argparse.ArgumentParser(prog="stockroom")
            parser.add_argument("--list", required=True)
            options = parser.parse_args()
            with open(options.list) as file:
                print(missing(load(file.read())))
        """),
        "data/stock.csv": "article,quantity\nbolt,40\nnut,12\nwasher,0\n",
        "tests/test_imports.py": text("""
            import unittest

            from stockroom.imports import load, missing


            class TestLoad(unittest.TestCase):
                def test_plain(self):
                    self.assertEqual(load("article,quantity\\nbolt,40\\n"), {"bolt": 40})

                def test_blank_counts_as_zero(self):
                    self.assertEqual(load("article,quantity\\nbolt,\\n"), {"bolt": 0})

                def test_same_article_adds_up(self):
                    self.assertEqual(load("article,quantity\\nnut,1\\nnut,2\\n"), {"nut": 3})

                def test_nonsense_is_refused(self):
                    with self.assertRaises(ValueError):
                        load("article,quantity\\nbolt,many\\n")

                def test_missing(self):
                    self.assertEqual(missing({"a": 0, "b": 2}), ["a"])
        """),
        "tests/test_shelves.py": text("""
            import unittest

            from stockroom.shelves import place


            class TestPlace(unittest.TestCase):
                def test_two_digits(self):
                    self.assertEqual(place(3, "B"), "03-B")
        """),
    },
    broken='        quantity = int(row["quantity"])\n',
    fixed='        quantity = int(row["quantity"] or 0)\n',
    wrong='        quantity = int(row["quantity"].strip())\n',
    harmful='        quantity = int(row["quantity"]) if row["quantity"].isdigit() else 0\n',
    issue=(
        "The import stops with a ValueError when a quantity is blank. Blank should count as 0.",
        "load() cannot take rows like 'bolt,' (no quantity). Please treat that as zero, but keep refusing nonsense.",
        "Suppliers leave the quantity empty when they are out of stock, and our import crashes.",
    ),
    cause="`load` converts the blank text as it is",
    misused="--csv data/stock.csv",
    usage="--list data/stock.csv",
)
