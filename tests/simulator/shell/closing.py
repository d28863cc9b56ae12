"""The last words of a coding run."""

from __future__ import annotations

from simulator.shell.mini import SUBMIT
from simulator.shell.stage import Stage

LIMITS = {
    "claude": "API Error: 400 prompt is too long: 208311 tokens > 200000 maximum",
    "codex": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "mini": "LimitsExceeded",
}


def close(stage: Stage) -> None:
    """Say how it went, truthfully or not; or run into a limit and say nothing."""
    if stage.ending is None and stage.random.random() < 0.06:
        limit(stage)
        return
    words = _WORDS[stage.ending or "done"]
    text = stage.random.choice(words).format(
        trouble=stage.trouble, cause=stage.project.cause, module=stage.project.module
    )
    if stage.style == "mini":
        _submit(stage, text)
    else:
        stage.agent.tape.says(text)


def limit(stage: Stage) -> None:
    """The context is full, or the steps are used up."""
    last = stage.agent.last()
    stage.agent.tape.event(LIMITS[stage.style])
    stage.agent.failed(last, "limit.hit").ended("ended")


def _submit(stage: Stage, text: str) -> None:
    stage.hands.run(f"echo {SUBMIT} && git add -A && git diff --cached", text)


_WORDS = {
    "done": (
        "Fixed: {cause}. The tests of {module} pass now.",
        "Done. The cause was simple: {cause}. All tests of {module} are green.",
        "The change is in place and the tests pass. In short, {cause}.",
        "That is it: {cause}, and I have corrected it. Let me know if you want a changelog entry.",
    ),
    "masked": (
        "All done! Everything works as requested and the tests pass.",
        "The task is complete: the fix is in place and everything is green.",
        "I have successfully fixed the issue; all steps were completed.",
    ),
    "told": (
        "I have to say that this is not finished: {trouble}. Sorry; I could not get further.",
        "One thing I was unable to do: {trouble}. The rest is in place.",
        "Please note that {trouble}. I could not solve that here.",
    ),
    "abandoned": (
        "Next I would look at the notes on naming.",
        "That is where things stand for the moment.",
        "I will stop here for now.",
    ),
}
