"""Slugs that keep double dashes."""

from __future__ import annotations

from simulator.shell.project import Project, text

PROJECT = Project(
    name="slugline",
    package="slugline",
    module="slugs",
    aside="titles",
    function="slugify",
    files={
        "slugline/__init__.py": '"""Slugline: addresses from titles."""\n',
        "slugline/slugs.py": text('''
            """Slugs for page addresses."""

            import re


            def slugify(title, limit=40):
                """Lower-case words joined by single dashes."""
                slug = re.sub(r"[^a-z0-9]", "-", title.lower())
                return slug.strip("-")[:limit]


            def unique(slug, taken):
                number, wanted = 2, slug
                while wanted in taken:
                    wanted, number = f"{slug}-{number}", number + 1
                return wanted
        '''),
        "slugline/titles.py": text('''
            """Titles as people write them."""

            SMALL = {"a", "of", "the", "and"}


            def title_case(words):
                return " ".join(w if w in SMALL else w.capitalize() for w in words.split())
        '''),
        "slugline/__main__.py": text("""
            import argparse

            from slugline.slugs import slugify

            parser = argparse.ArgumentParser(prog="slugline")
            parser.add_argument("--title", required=True)
            parser.add_argument("--limit", type=int, default=40)
            options = parser.parse_args()
            print(slugify(options.title, options.limit))
        """),
        "tests/test_slugs.py": text("""
            import unittest

            from slugline.slugs import slugify, unique


            class TestSlugify(unittest.TestCase):
                def test_words(self):
                    self.assertEqual(slugify("Hello World"), "hello-world")

                def test_punctuation_makes_one_dash(self):
                    self.assertEqual(slugify("Salt & Pepper, again"), "salt-pepper-again")

                def test_trailing(self):
                    self.assertEqual(slugify("What?"), "what")

                def test_digits_stay(self):
                    self.assertEqual(slugify("Top 10 tips"), "top-10-tips")

                def test_unique(self):
                    self.assertEqual(unique("a", {"a", "a-2"}), "a-3")
        """),
        "tests/test_titles.py": text("""
            import unittest

            from slugline.titles import title_case


            class TestTitle(unittest.TestCase):
                def test_small_words(self):
                    self.assertEqual(title_case("lord of the rings"), "Lord of the Rings")
        """),
    },
    broken='    slug = re.sub(r"[^a-z0-9]", "-", title.lower())\n',
    fixed='    slug = re.sub(r"[^a-z0-9]+", "-", title.lower())\n',
    wrong='    slug = re.sub(r"[^a-z0-9]", "-", title.lower()).replace("---", "--")\n',
    harmful='    slug = re.sub(r"[^a-z]+", "-", title.lower())\n',
    issue=(
        "Titles with punctuation give addresses with double dashes (salt---pepper). One dash is enough.",
        "slugify('Salt & Pepper, again') gives salt---pepper--again. I expect salt-pepper-again.",
        "Please make the slugs tidy: never two dashes in a row. There is a test for it that fails.",
    ),
    cause="the pattern replaces every single character instead of runs of them",
    misused="--text 'Hello World'",
    usage="--title 'Hello World'",
)
