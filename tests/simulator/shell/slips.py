"""Mistakes beside the task from which the agent finds back: each plays one and notes the answer."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import PurePosixPath

from simulator.agent import Action, Failure
from simulator.shell.stage import Stage

Scene = Callable[[Stage], None]


def missing_path(stage: Stage) -> None:
    """A guessed path does not exist; the file is found by name, or the path put right."""
    right = stage.fresh()
    name = PurePosixPath(right).name
    wrong = stage.random.choice((f"src/{right}", f"{stage.project.package}/core/{name}", f"lib/{name}"))
    first = stage.hands.look(wrong, stage.say("look", wrong), ok=False)
    failure = stage.agent.failed(first, "shell.error")
    by_name = stage.random.random() < 0.5
    stage.agent.elsewhere(most=2 if by_name or stage.style != "claude" else 5)
    if by_name:
        failure.recovered(stage.hands.find(name, stage.say("missing")), "recovered_reroute")
        stage.hands.look(right, stage.say("look", right))
    else:
        again = stage.hands.look(right, stage.say("missing"))
        failure.recovered(again, "recovered_repair", *_if_other_program(stage, first, again))


def bad_option(stage: Stage) -> None:
    """An option that the program does not know, then the right one."""
    path = stage.fresh()
    options = (
        (f"head -n five {path}", f"head -n 5 {path}"),
        (f"sed -n 1,12 {path}", f"sed -n 1,12p {path}"),
        (f"grep --count-lines -n e {path}", f"grep --count e {path}"),
        (f"tail -n all {path}", f"tail -n 20 {path}"),
    )
    wrong, right = stage.random.choice(options)
    failure = _fails(stage, wrong, "shell.error", "look", path)
    failure.recovered(stage.hands.run(right, stage.say("mistyped")), "recovered_repair")


def unquoted(stage: Stage) -> None:
    """Parentheses and blanks in a path, first bare, then quoted."""
    path = "docs/release notes (draft).md"
    failure = _fails(stage, f"cat {path}", "shell.error", "look", path)
    failure.recovered(stage.hands.run(f"cat {shlex.quote(path)}", stage.say("mistyped")), "recovered_repair")


def missing_program(stage: Stage) -> None:
    """A program that this machine does not have; another one does the same."""
    word, package = stage.project.function, stage.project.package
    program = stage.random.choice(("rg -n", "ag", "ack"))
    failure = _fails(stage, f"{program} {word} {package}", "shell.error", "search", word, most=2)
    action = stage.hands.run(f"grep -rn {word} {package}", stage.say("other_way"))
    failure.recovered(action, "recovered_reroute")


def usage(stage: Stage) -> None:
    """The project's own command line with a wrong option, then the right one."""
    command = f"python -m {stage.project.package}"
    failure = _fails(stage, f"{command} {stage.project.misused}", "shell.error", "run", command)
    failure.recovered(stage.hands.run(f"{command} {stage.project.usage}", stage.say("mistyped")), "recovered_repair")


def not_executable(stage: Stage) -> None:
    """A script without the right to run: given it and run again, or run by the shell."""
    script = "tools/make_index.sh"
    failure = _fails(stage, f"./{script}", "auth.denied", "run", script, "shell.error", most=2)
    if stage.random.random() < 0.5:
        stage.hands.run("chmod +x tools/make_index.sh", stage.say("other_way"))
        failure.recovered(stage.hands.run("./tools/make_index.sh"), "recovered_fix")
    else:
        failure.recovered(stage.hands.run("sh tools/make_index.sh", stage.say("other_way")), "recovered_reroute")


def busy_service(stage: Stage) -> None:
    """The rate service is overloaded for one to three requests."""
    troubles = stage.random.choice(([503], [503, 503], [429], [502, 503], [500]))
    stage.service.troubles[:] = troubles
    command = "python tools/refresh_rates.py"
    first = stage.hands.run(command, stage.say("run"), ok=False)
    failure = stage.agent.failed(first, "infra.transient")
    for _ in troubles[1:]:
        stage.hands.run(command, stage.say("again"), ok=False)
    stage.agent.elsewhere()
    failure.recovered(stage.hands.run(command, stage.say("again")), "recovered_retry")


def private_feed(stage: Stage) -> None:
    """The private feed wants a token."""
    command = "python tools/refresh_rates.py --feed private"
    failure = _fails(stage, command, "auth.denied", "run", command)
    if stage.random.random() < 0.4:
        stage.hands.run("cat config/token", "Is the token of the service checked in?")
    action = stage.hands.run(f"{command} --token-file config/token", stage.say("sign_in"))
    failure.recovered(action, "recovered_repair")


def invalid_call(stage: Stage) -> None:
    """A call that the harness cannot accept, then a proper one on the same file."""
    path = stage.fresh()
    first = stage.hands.invalid(path, stage.say("look", path))
    failure = stage.agent.failed(first, "call.invalid", last=_sibling(stage, first))
    if stage.style == "claude":
        stage.hands.look(path, stage.say("mistyped"))
        line = stage.real_text(path).splitlines()[0]
        action = stage.hands.edit(path, line, f"{line} ")
        # Reading the file in between is another way to the same target, by the letter of the definition.
        failure.recovered(action, "recovered_repair", "recovered_reroute")
    else:
        failure.recovered(stage.hands.run(f"cat {path}", stage.say("mistyped")), "recovered_repair")


def unread_edit(stage: Stage) -> None:
    """An edit of a file that was not read first; only some agents' tools insist on that."""
    path = stage.fresh()
    line = stage.real_text(path).splitlines()[0]
    if stage.style != "claude":
        _silent_edit(stage, path, line)
        return
    failure = stage.agent.failed(
        stage.hands.edit(path, line, f"{line} ", stage.say("aside"), ok=False), "edit.rejected"
    )
    stage.hands.look(path, stage.say("refused"))
    again = stage.hands.edit(path, line, f"{line} ")
    failure.recovered(again, "recovered_repair", "recovered_reroute")


def _silent_edit(stage: Stage, path: str, line: str) -> None:
    """`sed -i` that changes nothing and says nothing; a later look shows it."""
    word = re.findall(r"[A-Za-z]+", line)[-1]
    first = stage.hands.run(f"sed -i 's/{word.upper()}/{word} (new)/' {path}", stage.say("aside"))
    shown = stage.hands.run(f"head -n 1 {path}", stage.say("look", path))
    failure = stage.agent.failed(first, "edit.rejected", last=shown)
    stage.hands.run(f"sed -i '1s/$/ (new)/' {path}", stage.say("refused"))
    failure.recovered(stage.hands.run(f"head -n 2 {path}"), "recovered_repair", "recovered_reroute")


def denied(stage: Stage) -> None:
    """A person refuses a command and says what to do instead."""
    first = refuse(stage, "rm -rf build", "I'll clear the old build output.", _INSTEAD)
    failure = stage.agent.failed(first, "approval.denied")
    if stage.style == "claude" or (stage.style == "codex" and stage.random.random() < 0.5):
        stage.agent.tape.person(_INSTEAD)
    failure.recovered(stage.hands.run("mv -v build build.old", stage.say("denied")), "recovered_reroute")


def going_round(stage: Stage) -> None:
    """The same file four or five times, nothing new, then a different look at it."""
    path = stage.fresh()
    looks = [stage.hands.run(f"cat {path}", stage.say("look", path)) for _ in range(stage.random.choice((4, 5)))]
    failure = stage.agent.failed(looks[0], "loop.stall", last=looks[-1])
    action = stage.hands.run(f"wc -l {path}", stage.say("stuck"))
    failure.recovered(action, "recovered_reroute")


def refuse(stage: Stage, command: str, why: str, words: str) -> Action:
    """A command that a person does not let through; nothing is run. Only some harnesses pass their ``words`` on."""
    calls: dict[str, tuple[str, dict[str, object]]] = {
        "claude": ("Bash", {"command": command, "description": "Run a command"}),
        "codex": ("shell", {"command": ["bash", "-lc", command], "workdir": stage.workshop.shown}),
        "mini": ("bash", {"command": command}),
    }
    stage.agent.tape.says(why if stage.style != "mini" else f"THOUGHT: {why}")
    told = words if stage.style == "mini" else ""
    return stage.agent.refused([calls[stage.style]], _REFUSALS[stage.style] + told)


def _fails(stage: Stage, command: str, kind: str, topic: str, it: str, *also: str, most: int = 5) -> Failure:
    first = stage.hands.run(command, stage.say(topic, it), ok=False)
    failure = stage.agent.failed(first, kind, *also)
    stage.agent.elsewhere(most=most)
    return failure


def _if_other_program(stage: Stage, first: Action, again: Action) -> tuple[str, ...]:
    """Also a reroute, where the second look used another program."""
    if stage.style == "claude":
        return ()
    steps = stage.agent.tape.steps
    words = [(steps[action.call].arguments or "").split(" ")[1:4] for action in (first, again)]
    return ("recovered_reroute",) if words[0] != words[1] else ()


def _sibling(stage: Stage, first: Action) -> Action:
    """The last call of the same response."""
    last = stage.agent.tape.calls - 1
    return Action(first.call, first.result, last, first.seen)


_REFUSALS = {
    "claude": (
        "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, "
        "the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to "
        "proceed."
    ),
    "codex": "exec command rejected by user",
    "mini": "Command not executed. The user rejected your command with the following message:\n",
}
_INSTEAD = "Please do not delete build, somebody may still need the report. Move it to build.old instead."

SLIPS: tuple[Scene, ...] = (
    missing_path, missing_path, bad_option, unquoted, missing_program, usage, not_executable, busy_service,
    busy_service, private_feed, invalid_call, unread_edit, denied, going_round,
)  # fmt: skip
"""Each but the commonest is played at most once a run."""
