"""Intervals that touch and are not merged."""

from __future__ import annotations

from simulator.shell.project import Project, text

PROJECT = Project(
    name="seatmap",
    package="seatmap",
    module="spans",
    aside="rows",
    function="merge",
    files={
        "seatmap/__init__.py": '"""Seatmap: which seats are free."""\n',
        "seatmap/spans.py": text('''
            """Runs of seats as (first, last), both included."""


            def merge(spans):
                """Overlapping and adjoining runs as one, in order."""
                merged = []
                for first, last in sorted(spans):
                    if merged and first <= merged[-1][1]:
                        merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
                    else:
                        merged.append((first, last))
                return merged


            def seats(spans):
                return sum(last - first + 1 for first, last in merge(spans))
        '''),
        "seatmap/rows.py": text('''
            """Names of rows."""


            def row_name(number):
                return chr(ord("A") + number)
        '''),
        "seatmap/__main__.py": text("""
            import argparse

            from seatmap.spans import seats

            parser = argparse.ArgumentParser(prog="seatmap")
            parser.add_argument("--span", nargs=2, type=int, action="append", required=True)
            options = parser.parse_args()
            print(seats([tuple(span) for span in options.span]))
        """),
        "tests/test_spans.py": text("""
            import unittest

            from seatmap.spans import merge, seats


            class TestMerge(unittest.TestCase):
                def test_overlap(self):
                    self.assertEqual(merge([(1, 4), (3, 6)]), [(1, 6)])

                def test_adjoining_runs_are_one(self):
                    self.assertEqual(merge([(1, 2), (3, 4)]), [(1, 4)])

                def test_gap_stays(self):
                    self.assertEqual(merge([(1, 2), (4, 5)]), [(1, 2), (4, 5)])

                def test_inside(self):
                    self.assertEqual(merge([(1, 9), (3, 4)]), [(1, 9)])

                def test_seats(self):
                    self.assertEqual(seats([(1, 3), (2, 5)]), 5)
        """),
        "tests/test_rows.py": text("""
            import unittest

            from seatmap.rows import row_name


            class TestRow(unittest.TestCase):
                def test_first(self):
                    self.assertEqual(row_name(0), "A")
        """),
    },
    broken="        if merged and first <= merged[-1][1]:\n",
    fixed="        if merged and first <= merged[-1][1] + 1:\n",
    wrong="        if merged and first <= merged[-1][0] + 1:\n",
    harmful="        if merged and first <= merged[-1][1] + 2:\n",
    issue=(
        "Seats 1-2 and 3-4 are shown as two blocks although they adjoin. merge() should make one of them.",
        "merge([(1, 2), (3, 4)]) should be [(1, 4)]. Can you have a look at seatmap/spans.py?",
        "Groups cannot book four seats in a row because adjoining runs are not merged. Please fix.",
    ),
    cause="`merge` joins runs that overlap but not runs that adjoin",
    misused="--range 1 3",
    usage="--span 1 3",
)
