"""Settings whose nested tables are overwritten instead of merged."""

from __future__ import annotations

from simulator.shell.project import Project, text

PROJECT = Project(
    name="configo",
    package="configo",
    module="layers",
    aside="paths",
    function="overlay",
    files={
        "configo/__init__.py": '"""Configo: settings in layers."""\n',
        "configo/layers.py": text('''
            """Settings from several layers, the later ones on top."""


            def overlay(lower, upper):
                """A new table: values of ``upper`` win, nested tables are merged."""
                result = dict(lower)
                for key, value in upper.items():
                    result[key] = value
                return result


            def settle(*layers):
                result = {}
                for layer in layers:
                    result = overlay(result, layer)
                return result
        '''),
        "configo/paths.py": text('''
            """Dotted names of settings."""


            def get(table, dotted):
                for part in dotted.split("."):
                    table = table[part]
                return table
        '''),
        "configo/__main__.py": text("""
            import argparse
            import json

            from configo.layers import settle

            parser = argparse.ArgumentParser(prog="configo")
            parser.add_argument("--layer", action="append", required=True, type=json.loads)
            options = parser.parse_args()
            print(json.dumps(settle(*options.layer)))
        """),
        "tests/test_layers.py": text("""
            import unittest

            from configo.layers import overlay, settle


            class TestOverlay(unittest.TestCase):
                def test_upper_wins(self):
                    self.assertEqual(overlay({"a": 1}, {"a": 2}), {"a": 2})

                def test_nested_tables_are_merged(self):
                    self.assertEqual(overlay({"db": {"host": 1}}, {"db": {"port": 2}}), {"db": {"host": 1, "port": 2}})

                def test_value_replaces_table(self):
                    self.assertEqual(overlay({"a": {"b": 1}}, {"a": None}), {"a": None})

                def test_lower_is_left_alone(self):
                    lower = {"a": 1}
                    overlay(lower, {"b": 2})
                    self.assertEqual(lower, {"a": 1})

                def test_settle(self):
                    self.assertEqual(settle({"a": 1}, {"b": 2}, {"a": 3}), {"a": 3, "b": 2})
        """),
        "tests/test_paths.py": text("""
            import unittest

            from configo.paths import get


            class TestGet(unittest.TestCase):
                def test_dotted(self):
                    self.assertEqual(get({"a": {"b": 3}}, "a.b"), 3)
        """),
    },
    broken="        result[key] = value\n",
    fixed=(
        "        both = isinstance(value, dict) and isinstance(result.get(key), dict)\n"
        "        result[key] = overlay(result[key], value) if both else value\n"
    ),
    wrong="        result[key] = dict(value) if isinstance(value, dict) else value\n",
    harmful=(
        "        both = isinstance(result.get(key), dict)\n"
        "        result[key] = overlay(result[key], value or {}) if both else value\n"
    ),
    issue=(
        "Setting db.port in the upper layer loses db.host of the lower one. Nested tables should be merged.",
        "overlay() throws away nested values. The docstring promises a merge; please keep that promise.",
        "Our production config lost its database host after someone added a port. configo/layers.py must be to blame.",
    ),
    cause="`overlay` replaces a nested table as a whole",
    misused="--file '{\"a\": 1}'",
    usage="--layer '{\"a\": 1}'",
)
