"""The task itself: the fix goes well, or goes wrong in one of several ways first."""

from __future__ import annotations

from collections.abc import Callable

from simulator.agent import Action
from simulator.shell.stage import Ending, Stage


def straight(stage: Stage) -> None:
    """The right edit, and the tests green."""
    _edit(stage, stage.project.broken, stage.project.fixed)
    _check(stage, ok=True)


def silent(stage: Stage) -> None:
    """A wrong edit that nothing shows: the tests are never run again."""
    _edit(stage, stage.project.broken, stage.project.wrong)


def wrong_first(stage: Stage) -> None:
    """The same test is still red after the first edit; a second one mends it."""
    project = stage.project
    _edit(stage, project.broken, project.wrong)
    failure = stage.agent.failed(_check(stage, ok=False), "check.red")
    stage.agent.elsewhere()
    _edit(stage, project.wrong, project.fixed, stage.say("wrong"))
    failure.recovered(_check(stage, ok=True), "recovered_fix")


def harmful_first(stage: Stage) -> None:
    """The first edit mends the red test and breaks a green one."""
    project = stage.project
    _edit(stage, project.broken, project.harmful)
    failure = stage.agent.failed(_check(stage, ok=False), "check.red")
    stage.agent.elsewhere()
    _edit(stage, project.harmful, project.fixed, stage.say("broke"))
    failure.recovered(_check(stage, ok=True), "recovered_fix")


def misremembered(stage: Stage) -> None:
    """The edit names a passage that is not there like that; the right text is accepted."""
    project = stage.project
    tabbed, spaced = misquoted(project.broken)
    old = tabbed if stage.random.random() < 0.5 else spaced
    first = stage.hands.edit(project.source, old, project.fixed, stage.say("edit", project.cause), ok=False)
    failure = stage.agent.failed(first, "edit.rejected")
    stage.agent.elsewhere()
    looked = stage.random.random() < 0.5
    if looked:
        stage.hands.grep(project.function, project.source, stage.say("refused"))
    again = stage.hands.edit(project.source, project.broken, project.fixed, None if looked else stage.say("refused"))
    # The look in between succeeds on the same file with another tool: by the letter it is a reroute already.
    failure.recovered(again, "recovered_repair", *(("recovered_reroute",) if looked else ()))
    _check(stage, ok=True)


def misquoted(passage: str) -> tuple[str, str]:
    """Two ways of having a passage of code slightly wrong: with a tab, and with blanks that are not there."""
    first = next(sign for sign in ":=*(" if sign in passage)
    return passage.replace("    ", "\t", 1), passage.replace(first, f" {first}", 1)


def syntax_slip(stage: Stage) -> None:
    """The edit does not compile; the build check says so, and the next edit is right."""
    project = stage.project
    mistyped = slip(project.fixed)
    _edit(stage, project.broken, mistyped)
    build = f"python -m compileall -q {project.package}"
    failure = stage.agent.failed(stage.hands.run(build, "Does it compile?", ok=False), "check.red", "shell.error")
    stage.agent.elsewhere()
    _edit(stage, mistyped, project.fixed, stage.say("mistyped"))
    failure.recovered(stage.hands.run(build, stage.say("retest"), ok=True), "recovered_fix")
    _check(stage, ok=True)


def slip(passage: str) -> str:
    """A passage of code with one sign too many or too few."""
    return passage.replace("(", "((", 1) if "(" in passage else passage.replace(":", "", 1)


def gives_up(stage: Stage) -> None:
    """The tests stay red: the person is told, or told otherwise, or told nothing."""
    project = stage.project
    _edit(stage, project.broken, project.wrong)
    failure = stage.agent.failed(_check(stage, ok=False), "check.red")
    ending = stage.random.choice(_ENDINGS)
    stage.leaves(ending, f"a test of {project.module} is still red")
    stage.agent.elsewhere(least=4)
    failure.ended({"told": "reported", "masked": "masked"}.get(ending, "abandoned"))


_ENDINGS: tuple[Ending, ...] = ("told", "masked", "masked", "abandoned")


def _edit(stage: Stage, old: str, new: str, why: str | None = None) -> Action:
    return stage.hands.edit(stage.project.source, old, new, why or stage.say("edit", stage.project.cause))


def _check(stage: Stage, *, ok: bool) -> Action:
    return stage.hands.run(stage.project.check, stage.say("retest"), ok=ok)


WELL: tuple[Callable[[Stage], None], ...] = (
    straight,
    straight,
    straight,
    straight,
    straight,
    straight,
    straight,
    silent,
)
BADLY: tuple[Callable[[Stage], None], ...] = (
    wrong_first, wrong_first, harmful_first, harmful_first, misremembered, misremembered, syntax_slip, gives_up,
)  # fmt: skip
