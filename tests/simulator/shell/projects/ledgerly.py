"""Money amounts whose sign is lost in parentheses."""

from __future__ import annotations

from simulator.shell.project import Project, text

PROJECT = Project(
    name="ledgerly",
    package="ledgerly",
    module="amounts",
    aside="journal",
    function="parse_amount",
    files={
        "ledgerly/__init__.py": '"""Ledgerly: a small book of accounts."""\n',
        "ledgerly/amounts.py": text('''
            """Amounts of money, in cents."""


            def parse_amount(text):
                """Cents of an amount such as 1,204.50, -3.10 or (3.10)."""
                text = text.strip().replace(",", "")
                sign = -1 if text.startswith("-") else 1
                text = text.strip("-()")
                units, _, cents = text.partition(".")
                return sign * (int(units) * 100 + int((cents + "00")[:2]))


            def show_amount(cents):
                return f"{cents / 100:,.2f}"
        '''),
        "ledgerly/journal.py": text('''
            """Entries of the journal."""


            def balance(entries):
                return sum(cents for _, cents in entries)
        '''),
        "ledgerly/__main__.py": text("""
            import argparse

            from ledgerly.amounts import parse_amount

            parser = argparse.ArgumentParser(prog="ledgerly")
            parser.add_argument("--amount", required=True)
            options = parser.parse_args()
            print(parse_amount(options.amount))
        """),
        "tests/test_amounts.py": text("""
            import unittest

            from ledgerly.amounts import parse_amount, show_amount


            class TestParse(unittest.TestCase):
                def test_plain(self):
                    self.assertEqual(parse_amount("12.5"), 1250)

                def test_thousands(self):
                    self.assertEqual(parse_amount("1,204.50"), 120450)

                def test_minus(self):
                    self.assertEqual(parse_amount("-3.10"), -310)

                def test_parentheses_are_negative(self):
                    self.assertEqual(parse_amount("(3.10)"), -310)

                def test_show(self):
                    self.assertEqual(show_amount(120450), "1,204.50")
        """),
        "tests/test_journal.py": text("""
            import unittest

            from ledgerly.journal import balance


            class TestBalance(unittest.TestCase):
                def test_sum(self):
                    self.assertEqual(balance([("a", 5), ("b", -2)]), 3)
        """),
    },
    broken='    sign = -1 if text.startswith("-") else 1\n',
    fixed='    sign = -1 if text.startswith(("-", "(")) else 1\n',
    wrong='    sign = -1 if text.endswith("-") or text.startswith("-") else 1\n',
    harmful='    sign = -1 if text.startswith("(") else 1\n',
    issue=(
        "Accountants write negative amounts as (3.10), and we import them as positive. Please make that right.",
        "parse_amount('(3.10)') should be -310 but is 310.",
        "Imported refunds have the wrong sign whenever they are written like (12.00). Find out why and fix it.",
    ),
    cause="`parse_amount` looks at a leading minus only",
    misused="--value 12.5",
    usage="--amount 12.5",
)
