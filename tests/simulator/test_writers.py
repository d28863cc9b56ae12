"""The same run written in every format reads back as the same canonical steps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reroute.formats import formats, read_file
from reroute.trace import Rejected, Step, Trajectory
from simulator import play
from simulator.run import Run
from simulator.writers import writers

# What the writers say of themselves: a shell has three names, and where a shell is all there is, another tool's call is
# a command of that name with its arguments as a here-document.
SHELL = {"Bash", "bash", "shell"}
HEREDOC_END = "\nJSON"


@dataclass(frozen=True)
class Said:
    role: str
    type: str
    lane: str
    content: str


@dataclass(frozen=True)
class Done:
    tool: str
    arguments: str
    lane: str
    result: str | None


def canonical(steps: list[Step], *, persons: int, lanes: bool) -> list[Said | Done]:
    """What every format can carry, in order: words of persons and agent, and each call with its result."""
    answers = {step.parent_step: step for step in steps if step.type == "result"}
    rows: list[Said | Done] = []
    turn = -1  # of the last words of the agent: two passages of one response are one
    for step in steps:
        lane = step.lane if lanes else "main"
        if step.type == "call":
            rows.append(
                Done(*tool_and_arguments(step), lane, text(answers[step.step]) if step.step in answers else None)
            )
        elif step.type == "message" and step.role == "assistant":
            before = rows.pop() if rows and isinstance(rows[-1], Said) and turn == step.turn else None
            words = f"{before.content}\n\n{text(step)}" if isinstance(before, Said) else text(step)
            rows.append(Said("assistant", "message", lane, words))
            turn = step.turn
        elif step.type == "message" and step.role == "user" and persons > 0:
            persons -= 1
            rows.append(Said(step.role, step.type, lane, asked(step)))
    return [row for row in rows if not no_block(row) and not (isinstance(row, Said) and not row.content)]


def no_block(row: Said | Done) -> bool:
    """A reply of words alone is, to an agent that has a shell and nothing else, a call that it failed to make."""
    return isinstance(row, Done) and (row.tool, row.arguments) == ("bash", "{}")


def tool_and_arguments(step: Step) -> tuple[str, str]:
    given = json.loads(step.arguments or "{}")
    command = given.get("command") if step.tool in SHELL else None
    if isinstance(command, list) and command[:2] == ["bash", "-lc"]:
        command = command[2]
    if not isinstance(command, str):
        return str(step.tool), json.dumps(given, sort_keys=True)
    name, _, rest = command.partition(" <<'JSON'\n")
    if rest.endswith(HEREDOC_END):
        return name, json.dumps(json.loads(rest.removesuffix(HEREDOC_END)), sort_keys=True)
    return "shell", command.strip()


def text(step: Step) -> str:
    return (step.content or "").strip("\n")


def asked(step: Step) -> str:
    """The task without the template that some agents put around it."""
    words = step.content or ""
    return words.partition("PR description:\n")[2].partition("\n</pr_description>")[0].strip() or words.strip()


def read_back(run: Run, name: str) -> Trajectory:
    with TemporaryDirectory() as folder:
        writer = writers()[name]
        path = Path(folder) / writer.place(run)
        record = writer.write(run, path)
        found, trajectories = read_file(path)
        read = list(trajectories)
    assert found == name
    assert not [one for one in read if isinstance(one, Rejected)]
    return read[record]


words = st.text(st.sampled_from("abcdefghij klmnopqrstuvwxyz.,:;'\"{}[]()\\/äß→—\n\t"), min_size=1, max_size=60).map(
    lambda value: f"w{value}w"
)
tools = st.sampled_from(["Read", "get_user_details", "search_handbook", "mcp__airline__cancel"])
values = st.one_of(words, st.integers(-5, 10**6), st.booleans(), st.lists(words, max_size=2))
arguments = st.one_of(
    st.tuples(
        tools, st.dictionaries(st.sampled_from(["path", "user_id", "query", "n"]), values, min_size=1, max_size=3)
    ),
    words.map(lambda value: ("Bash", {"command": value})),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A run of a shape that the formats share: a task, responses of words with one call or two, a last word."""
    steps = [Step(role="user", type="message", content=draw(words))]
    responses = st.tuples(words, st.lists(arguments, min_size=1, max_size=2))
    for turn, (says, given_calls) in enumerate(draw(st.lists(responses, max_size=4)), 1):
        steps.append(Step(role="assistant", type="message", content=says, turn=turn, model="m"))
        first = len(steps)
        for number, (tool, given_arguments) in enumerate(given_calls):
            steps.append(
                Step(role="assistant", type="call", tool=tool, turn=turn, model="m", call_id=f"call_{turn}_{number}",
                     arguments=json.dumps(given_arguments, ensure_ascii=False))
            )  # fmt: skip
        for call in steps[first:]:
            status = draw(st.sampled_from(["error", "ok"]))
            steps.append(
                Step(role="tool", type="result", tool=call.tool, turn=turn, call_id=call.call_id,
                     parent_step=steps.index(call), content=draw(words), status=status)
            )  # fmt: skip
    steps.append(Step(role="assistant", type="message", content=draw(words), turn=9, model="m"))
    for index, step in enumerate(steps):
        step.step, step.started_at = index, 1_772_438_400_000_000 + index * 1_000_000
    trajectory = Trajectory(format="simulated", steps=steps, task_id="acme__x-1", task="t", model="m")
    return Run(
        run_id="7b0f3a52-55a7-4dd2-9d57-0a1fd8a70f11", number=1,
        world=draw(st.sampled_from(["shell", "airline", "library"])),
        format="claude-code", trajectory=trajectory, answers=[], friends=[], passed=True,
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(runs())
def test_the_same_run_reads_back_the_same_from_every_format(run: Run) -> None:
    expected = canonical(run.trajectory.steps, persons=1, lanes=False)
    for name in writers():
        assert canonical(read_back(run, name).steps, persons=1, lanes=False) == expected, name


@pytest.mark.parametrize("number", range(6))
def test_a_played_run_reads_back_the_same_from_every_format(number: int) -> None:
    run = play(number, seed=5)
    for name in writers():
        persons = 1 if name == "mini-swe-agent" else 99
        expected = canonical(run.trajectory.steps, persons=persons, lanes=True)
        assert canonical(read_back(run, name).steps, persons=persons, lanes=True) == expected, name


def test_every_format_that_is_written_can_be_read() -> None:
    assert writers().keys() <= formats().keys()
