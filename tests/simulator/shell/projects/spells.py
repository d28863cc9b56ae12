"""Durations whose days are read as minutes."""

from __future__ import annotations

from simulator.shell.project import Project, text

PROJECT = Project(
    name="cronlet",
    package="cronlet",
    module="spells",
    aside="names",
    function="seconds",
    files={
        "cronlet/__init__.py": '"""Cronlet: jobs by the clock."""\n',
        "cronlet/spells.py": text('''
            """Durations such as 1h30m."""

            import re

            UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


            def seconds(spell):
                """Seconds of a duration such as 1h30m or 2d; a bare number is seconds."""
                if spell.isdigit():
                    return int(spell)
                parts = re.findall(r"(\\d+)([smh])", spell)
                if not parts:
                    raise ValueError(f"no duration: {spell}")
                return sum(int(number) * UNITS[unit] for number, unit in parts)


            def every(spell, start):
                return start + seconds(spell)
        '''),
        "cronlet/names.py": text('''
            """Names of jobs."""


            def short(name, limit=12):
                return name if len(name) <= limit else name[: limit - 1] + "~"
        '''),
        "cronlet/__main__.py": text("""
            import argparse

            from cronlet.spells import seconds

            parser = argparse.ArgumentParser(prog="cronlet")
            parser.add_argument("--every", required=True)
            options = parser.parse_args()
            print(seconds(options.every))
        """),
        "tests/test_spells.py": text("""
            import unittest

            from cronlet.spells import every, seconds


            class TestSeconds(unittest.TestCase):
                def test_mixed(self):
                    self.assertEqual(seconds("1h30m"), 5400)

                def test_days_count(self):
                    self.assertEqual(seconds("2d1h"), 176400)

                def test_bare_number(self):
                    self.assertEqual(seconds("45"), 45)

                def test_nonsense_is_refused(self):
                    with self.assertRaises(ValueError):
                        seconds("soon")

                def test_every(self):
                    self.assertEqual(every("10s", 5), 15)
        """),
        "tests/test_names.py": text("""
            import unittest

            from cronlet.names import short


            class TestShort(unittest.TestCase):
                def test_long(self):
                    self.assertEqual(short("nightly-backup-eu"), "nightly-bac~")
        """),
    },
    broken='    parts = re.findall(r"(\\d+)([smh])", spell)\n',
    fixed='    parts = re.findall(r"(\\d+)([smhd])", spell)\n',
    wrong='    parts = re.findall(r"(\\d+)([smh])", spell.replace("d", "h"))\n',
    harmful='    parts = re.findall(r"(\\d+)([shd])", spell)\n',
    issue=(
        "Jobs scheduled every 2d1h run every hour: days are ignored. Please support the d unit as UNITS promises.",
        "seconds('2d1h') returns 3600. Days are silently dropped.",
        "The weekly backup (7d) is refused with 'no duration'. Make days work in cronlet.",
    ),
    cause="the pattern does not know the unit d",
    misused="--interval 45",
    usage="--every 45",
)
