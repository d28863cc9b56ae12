"""False friends of coding runs: they look like failures and are none."""

from __future__ import annotations

from collections.abc import Callable

from simulator.shell.stage import Stage

Scene = Callable[[Stage], None]


def no_match(stage: Stage) -> None:
    """`grep` finds nothing and exits 1."""
    word = stage.random.choice(("deprecated", "FIXME", "legacy_mode", "threading", "asyncio"))
    command = f"grep -rn {word} {stage.project.package}"
    stage.agent.friend("grep_no_match", stage.hands.run(command, stage.say("search", word), ok=False))


def probe(stage: Stage) -> None:
    """A look at a guessed path."""
    guess = stage.random.choice(("src", "setup.cfg", "tox.ini", "pyproject.toml", ".github/workflows"))
    stage.agent.friend("probe", stage.hands.run(f"ls {guess}", stage.say("look", guess), ok=False))


def probe_by_name(stage: Stage) -> None:
    """A file that may or may not be there."""
    name = stage.random.choice(("conftest.py", "setup.py", "Makefile", "CHANGELOG.md"))
    stage.agent.friend("probe", stage.hands.find(name, stage.say("look", name), ok=True))


def probe_import(stage: Stage) -> None:
    """Whether a library is there."""
    library = stage.random.choice(("numpy_financial", "hypothesis_auto", "attrs_strict"))
    command = f'python -c "import {library}"'
    stage.agent.friend("probe_import", stage.hands.run(command, f"Is {library} installed here?", ok=False))


def log_with_errors(stage: Stage) -> None:
    """A log under study that holds a traceback."""
    action = stage.hands.run("cat logs/last_run.log", "The last import may have logged something useful.")
    stage.agent.friend("log_with_errors", action)


def differing(stage: Stage) -> None:
    """`diff` exits 1 because the files differ, which was the question."""
    action = stage.hands.run("diff docs/guide.md README.md", "How far do guide and README differ?", ok=False)
    stage.agent.friend("diff", action)


def forgiven(stage: Stage) -> None:
    """A failure that the command itself forgives."""
    command = stage.random.choice(("cat .editorconfig 2>/dev/null || true", "ls vendor; echo $?"))
    stage.agent.friend("forgiven", stage.hands.run(command, stage.say("aside")))


def polling(stage: Stage) -> None:
    """The same call again and again, each time with a new answer."""
    actions = [stage.hands.run("sh tools/build_report.sh", stage.say("run")) for _ in range(4)]
    stage.agent.friend("polling", actions[0], actions[-1])
    stage.workshop.path("logs/stage").unlink()  # another build may follow


def reproduction(stage: Stage) -> None:
    """A script of the agent's own that is meant to fail."""
    project = stage.project
    failing = _failing_test(stage.real_text(project.tests), stage)
    script = f"import unittest\n\nfrom tests.test_{project.module} import *\n\nunittest.main(argv=['', '{failing}'])\n"
    stage.hands.write("reproduce.py", script, "A small script that shows the problem before I change anything.")
    stage.agent.friend("reproduction", stage.hands.run("python reproduce.py", "It should fail for now.", ok=False))


def _failing_test(tests: str, stage: Stage) -> str:
    """The name of the red test, as ``Class.method``."""
    ran = stage.workshop.run(stage.project.check)
    line = next(line for line in ran.output.splitlines() if line.startswith(("FAIL: ", "ERROR: ")))
    method = line.split()[1]
    names = [text.split()[1].split("(")[0] for text in tests.splitlines() if text.startswith("class ")]
    return f"{names[0]}.{method}"


EARLY: tuple[Scene, ...] = (no_match, probe, probe_by_name, probe_import, log_with_errors, reproduction)
"""Those that make sense before the fix."""
LATE: tuple[Scene, ...] = (no_match, probe, differing, forgiven, polling, log_with_errors)
"""Those that make sense after it."""
