"""Mistakes from which the agent does not find back; each decides how the run ends."""

from __future__ import annotations

from collections.abc import Callable

from simulator.shell.slips import refuse
from simulator.shell.stage import Ending, Stage

_OUTCOMES: dict[Ending, str] = {"told": "reported", "masked": "masked", "abandoned": "abandoned"}


def never_there(stage: Stage) -> None:
    """A file that the task speaks of exists nowhere."""
    path = stage.random.choice(("docs/architecture.md", "docs/pricing.md", "docs/adr/0007.md"))
    failure = stage.agent.failed(stage.hands.look(path, stage.say("look", path), ok=False), "shell.error")
    ending = stage.random.choice(tuple(_OUTCOMES))
    stage.leaves(ending, f"{path} does not exist, so I could not follow it")
    stage.agent.elsewhere(least=4)
    failure.ended(_OUTCOMES[ending])


def service_down(stage: Stage) -> None:
    """The service stays down; the agent tries the same three or four times and leaves it."""
    stage.service.troubles[:] = [503] * 9
    command = "python tools/refresh_rates.py"
    failure = stage.agent.failed(stage.hands.run(command, stage.say("run"), ok=False), "infra.transient")
    for _ in range(stage.random.choice((2, 3))):
        stage.hands.run(command, stage.say("again"), ok=False)
    ending: Ending = stage.random.choice(("told", "abandoned"))
    stage.leaves(ending, "the rate service answers 503, so the rates are not refreshed")
    stage.agent.elsewhere(least=4)
    failure.ended("reported" if ending == "told" else "looped")


def not_allowed(stage: Stage) -> None:
    """A push is refused and stays so; the person is told."""
    first = refuse(stage, "git push origin main", "I'll push the fix.", "Nobody pushes from here.")
    failure = stage.agent.failed(first, "approval.denied")
    stage.leaves("told", "the push was not approved; the commit is local only")
    failure.ended("reported")


LEFTOVERS: tuple[Callable[[Stage], None], ...] = (never_there, never_there, service_down, not_allowed)
