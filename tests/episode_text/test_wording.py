"""Episodes in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reroute import content
from reroute.episode import Evidence
from reroute.episode_text import wording
from reroute.review import practice
from reroute.trace import Step, number

BASE = practice.exercises()[0].timeline.episode


def line_of(case: tuple) -> str:
    """The line of a failure in the first call and a recovery in the last."""
    kind, outcome, signal, calls, quote, failures = (*case, "", 1)[:6] if len(case) != 5 else (*case, 1)
    steps: list[Step] = []
    for tool, arguments in calls:
        steps.append(Step(role="assistant", type="call", tool=tool, arguments=arguments))
        steps.append(Step(role="tool", type="result", tool=tool, content=quote, exit_code=2))
    evidence = (Evidence(1, "content", quote, signal),)
    recovered = 2 * (len(calls) - 1) if outcome.startswith("recovered") else None
    changes = {"onset_step": 0, "manifest_step": 1, "recovery_step": recovered, "evidence": evidence}
    episode = replace(BASE, kind=kind, outcome=outcome, failures=failures, **changes)
    return wording.line(episode, number(steps))


def sh(command: str) -> tuple[str, str]:
    return "bash", f'{{"command": "{command}"}}'


@pytest.mark.parametrize(
    ("line", "case"),
    [
        (
            "sed on a missing path → 2 tries → grep found it",
            (
                "shell.error",
                "recovered_reroute",
                "no_such_file",
                [sh("sed -n 1p a"), sh("grep x .")],
                "No such file",
                2,
            ),
        ),
        (
            "pytest went red → an edit, and it was green",
            ("check.red", "recovered_fix", "check_red", [sh("python -m pytest -q"), sh("python -m pytest -q")]),
        ),
        (
            "edit of a.py before reading it → a corrected call went through",
            ("edit.rejected", "recovered_repair", "edit_not_read", [("Edit", '{"file_path": "/x/a.py"}')] * 2),
        ),
        (
            "book was refused (amounts do not add up) → a corrected call went through",
            ("call.rejected", "recovered_repair", "rejected", [("book", "{}")] * 2, "amounts do not add up"),
        ),
        (
            "curl was rate-limited → 3 tries → the same again worked",
            ("infra.transient", "recovered_retry", "rate_limit", [sh("curl x")] * 2, "429", 3),
        ),
        ("make failed (exit 2) → given up", ("shell.error", "abandoned", "exit_nonzero", [sh("make")])),
        (
            "python failed (ValueError: bad) → the same failure 4 times",
            ("shell.error", "looped", "error_line", [sh("python a.py")], "ValueError: bad", 4),
        ),
        (
            "frobnicate was stopped by the sandbox → handed to a person",
            ("approval.denied", "handed_off", "sandbox_eperm", [("frobnicate", "{}")]),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_happened_is_said_in_plain_words(line: str, case: tuple) -> None:
    assert line_of(case) == line


def test_a_traceback_is_called_by_the_exception_that_ends_it() -> None:
    text = "Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'currency'"
    line = line_of(("shell.error", "abandoned", "traceback", [sh("python a.py")], text))
    assert line == "python crashed (KeyError: 'currency') → given up"


@pytest.mark.parametrize("outcome", [row["outcome"] for row in content.rows("sql/lexicons/episode_outcomes.csv")])
def test_every_outcome_has_words(outcome: str) -> None:
    assert wording.outcome(outcome) not in {"", "no words for it"}
    assert "_" not in wording.ending(replace(BASE, outcome=outcome, recovery_step=None, repair_tool="t"), [])


def test_braces_and_terminal_codes_of_a_trace_mean_nothing() -> None:
    line = line_of(("call.rejected", "ended", "rejected", [("t{quote}\x1b[31m", "{}")], "{program} {0} %s\x1b]0;x\x07"))
    assert line == "t{quote} was refused ({program} {0} %s) → the run ended there"


def test_an_episode_whose_steps_are_not_there_still_has_a_line() -> None:
    assert wording.line(replace(BASE, failed_tool=None, evidence=()), [])


def test_the_same_episode_always_has_the_same_line() -> None:
    exercise = practice.exercises()[3].timeline
    steps = [segment.step for segment in exercise.segments if segment.step]
    assert wording.line(exercise.episode, steps) == wording.line(exercise.episode, steps)
