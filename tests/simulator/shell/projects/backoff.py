"""Waiting times that grow past their cap."""

from __future__ import annotations

from simulator.shell.project import Project, text

PROJECT = Project(
    name="retryq",
    package="retryq",
    module="delays",
    aside="jobs",
    function="delay",
    files={
        "retryq/__init__.py": '"""Retryq: a queue that tries again."""\n',
        "retryq/delays.py": text('''
            """How long to wait before the next attempt, in seconds."""

            CAP = 60


            def delay(attempt, base=2):
                """Doubles with each attempt (counted from 0), never more than CAP."""
                if attempt < 0:
                    raise ValueError("attempts count from 0")
                return base * 2**attempt


            def schedule(attempts):
                return [delay(n) for n in range(attempts)]
        '''),
        "retryq/jobs.py": text('''
            """Jobs in the queue."""


            def order(jobs):
                return sorted(jobs, key=lambda job: (job["due"], job["id"]))
        '''),
        "retryq/__main__.py": text("""
            import argparse

            from retryq.delays import schedule

            parser = argparse.ArgumentParser(prog="retryq")
            parser.add_argument("--attempts", type=int, required=True)
            options = parser.parse_args()
            print(schedule(options.attempts))
        """),
        "tests/test_delays.py": text("""
            import unittest

            from retryq.delays import delay, schedule


            class TestDelay(unittest.TestCase):
                def test_first(self):
                    self.assertEqual(delay(0), 2)

                def test_doubles(self):
                    self.assertEqual(delay(3), 16)

                def test_never_over_cap(self):
                    self.assertEqual(delay(9), 60)

                def test_negative_is_refused(self):
                    with self.assertRaises(ValueError):
                        delay(-1)

                def test_schedule(self):
                    self.assertEqual(schedule(3), [2, 4, 8])
        """),
        "tests/test_jobs.py": text("""
            import unittest

            from retryq.jobs import order


            class TestOrder(unittest.TestCase):
                def test_due_first(self):
                    self.assertEqual([j["id"] for j in order([{"due": 2, "id": 1}, {"due": 1, "id": 2}])], [2, 1])
        """),
    },
    broken="    return base * 2**attempt\n",
    fixed="    return min(CAP, base * 2**attempt)\n",
    wrong="    return base * 2 ** min(CAP, attempt)\n",
    harmful="    return min(CAP, base * 3**attempt)\n",
    issue=(
        "Jobs that failed often wait for hours: delay(9) is 1024 seconds though CAP says 60. Please respect the cap.",
        "The cap in retryq/delays.py has no effect. Waiting times must never exceed it.",
        "After ten attempts the queue sleeps for 17 minutes. It should be a minute at most.",
    ),
    cause="`delay` never looks at CAP",
    misused="--tries 3",
    usage="--attempts 3",
)
