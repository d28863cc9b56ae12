"""The same failure gives the same episode, in whichever way it was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recordings import (
    FAILS,
    FOUND,
    MISSING,
    PLAY,
    SAID,
    SESSION,
    TASK,
    THREAD,
    WORKS,
    Act,
    Claude,
    Codex,
    Json,
    claude,
    codex,
    exec_json,
    flat,
    streamed,
    write,
)
from reroute.look import look

Recording = Callable[[Path], object]
Found = tuple[str, str, str, str | None, str | None, int]


def found(folder: Path) -> list[Found]:
    """What was found, by everything of an episode that does not depend on where it stands."""
    looked = look([folder])
    assert not looked.problems
    assert not looked.rejected
    return sorted(
        (e.kind, e.outcome, e.assisted, e.failed_signature, e.repair_signature, e.failures) for e in looked.firm
    )  # fmt: skip


def file(name: str, lines: list[Json], *, array: bool = False) -> Recording:
    return lambda folder: write(folder / name, lines, array=array)


def queued() -> list[Json]:
    """A message that a person types while the agent works: the program puts it beside the next result."""
    recorded = Claude()
    recorded.says(TASK)
    recorded.acts(FAILS)
    recorded.put("queue-operation", operation="enqueue", content=SAID.command)
    recorded.put("attachment", attachment={"type": "queued_command", "prompt": SAID.command, "commandMode": "prompt"})
    return recorded.plays([WORKS]).lines


def history_twice() -> list[Json]:
    """A session whose history stands in the file twice, with new uuids."""
    lines = claude(PLAY)
    again = [line | {"uuid": f"again-{line['uuid']}", "parentUuid": f"again-{line['parentUuid']}"} for line in lines]
    return [*lines, again[0] | {"parentUuid": None}, *again[1:]]


def unlinked() -> list[Json]:
    """A session that was resumed: its next prompt names no line before it, and the model has all that was before."""
    recorded = Claude()
    recorded.says(TASK)
    recorded.acts(FAILS)
    recorded.replies([{"type": "text", "text": "There is no python3."}])
    recorded.last = None
    recorded.says(SAID.command)
    return recorded.plays([WORKS]).lines


def linked() -> list[Json]:
    lines = unlinked()
    for one, before in zip(lines[1:], lines, strict=False):
        one["parentUuid"] = before["uuid"]
    return lines


def resumed() -> list[Json]:
    """A session that goes on under another id in the same file."""
    lines = claude(PLAY)
    return lines[:3] + [line | {"sessionId": SESSION.replace("a", "b")} for line in lines[3:]]


def one_message_id() -> list[Json]:
    """Several requests under one message id."""
    lines = claude(PLAY)
    for line in lines:
        if line["type"] == "assistant":
            line["message"] |= {"id": "msg-of-all"}  # type: ignore[operator]
    return lines


def rewound(to_the_start: bool) -> list[Json]:
    """A failure, and another way that begins before it."""
    recorded = Claude()
    recorded.says("Fix the wording.")
    recorded.replies([{"type": "text", "text": "Fixed."}])
    before, held = recorded.last, recorded.held
    if to_the_start:
        recorded = Claude()
        before, held = None, recorded.held
    recorded.says(TASK)
    recorded.acts(FAILS)
    if to_the_start:
        recorded.replies([{"type": "text", "text": "There is no python3."}])
    recorded.last, recorded.held = before, held
    recorded.says("Run the totals with python3.12.")
    return recorded.plays([WORKS]).lines


def rolled_back() -> list[Json]:
    recorded = Codex()
    recorded.says("Fix the wording.")
    recorded.replies("Fixed.")
    recorded.says(TASK)
    recorded.acts(FAILS)
    recorded.event("thread_rolled_back", num_turns=1)
    recorded.says("Run the totals with python3.12.")
    recorded.acts(WORKS)
    recorded.replies("It runs.")
    return recorded.lines


def with_an_agent(folder: Path, where: str) -> None:
    """A sub-agent that fails and recovers: in the session's own file, or in one of its own."""
    main = Claude()
    main.says("Have an agent run the totals.")
    task = {"type": "tool_use", "id": "task-1", "name": "Task", "input": {"prompt": TASK}}
    main.replies([task])
    side = Claude(first=2, isSidechain=True, **({"agentId": "a7"} if where != "old" else {}))
    side.says(TASK)
    side.plays(PLAY)
    main.number = side.number
    main.says([{"type": "tool_result", "tool_use_id": "task-1", "content": "It runs."}])
    main.replies([{"type": "text", "text": "The agent ran them."}])
    if where == "file":
        write(folder / f"{SESSION}.jsonl", main.lines)
        write(folder / SESSION / "subagents" / "agent-a7.jsonl", side.lines)
    else:
        write(folder / f"{SESSION}.jsonl", main.lines[:2] + side.lines + main.lines[2:])


def guarded(*, said_by_a_line: bool) -> list[Json]:
    """A hook's block, by the result's own words or by a line of the stream before it."""
    recorded = Claude()
    recorded.says("Clean up.")
    recorded.replies([{"type": "tool_use", "id": "c1", "name": "Bash", "input": {"command": "rm -rf build"}}])
    words = "rm is not allowed here." if said_by_a_line else "PreToolUse:Bash hook error: [guard.sh]: no rm here."
    denied: Json = {
        "type": "system", "subtype": "permission_denied", "tool_name": "Bash", "tool_use_id": "c1",
        "decision_reason_type": "hook", "message": "no", "uuid": "d1",
    }  # fmt: skip
    answered = [{"type": "tool_result", "tool_use_id": "c1", "content": words, "is_error": True}]
    if said_by_a_line:
        recorded.lines.append(denied | {"sessionId": SESSION, "timestamp": "2026-03-01T10:00:02.500Z"})
    recorded.says(answered)
    return recorded.plays([Act("mv build .trash", "", 0)]).lines


NAME = f"{SESSION}.jsonl"
ROLLOUT = f"rollout-2026-03-01T10-00-00-{THREAD}.jsonl"
PAIRS: dict[str, tuple[Recording, Recording, int]] = {
    "scripts and plain calls": (file(ROLLOUT, codex(PLAY, "acts_by_script")), file(ROLLOUT, codex(PLAY)), 2),
    "scripts alone and calls": (file(ROLLOUT, codex(PLAY, "acts_by_script_alone")), file(ROLLOUT, codex(PLAY)), 2),
    "ends as events and in the output": (file(ROLLOUT, codex(PLAY, "acts_with_an_end")), file(ROLLOUT, codex(PLAY)), 2),
    "flat and rollout": (file(ROLLOUT, flat(codex(PLAY))), file(ROLLOUT, codex(PLAY)), 2),
    "exec --json and rollout": (file("run.jsonl", exec_json(PLAY)), file(ROLLOUT, codex(PLAY, "acts_somewhere")), 2),
    "queued and plain message": (file(NAME, queued()), file(NAME, claude((FAILS, SAID, WORKS))), 1),
    "stream-json and session": (file("log.jsonl", streamed(claude(PLAY))), file(NAME, claude(PLAY)), 2),
    "array and session": (file("log.json", streamed(claude(PLAY)), array=True), file(NAME, claude(PLAY)), 2),
    "uuids and session": (file("log.jsonl", streamed(claude(PLAY), uuids=True)), file(NAME, claude(PLAY)), 2),
    "history twice and once": (file(NAME, history_twice()), file(NAME, claude(PLAY)), 2),
    "two session ids and one": (file(NAME, resumed()), file(NAME, claude(PLAY)), 2),
    "unlinked prompt and linked": (file(NAME, unlinked()), file(NAME, linked()), 1),
    "one message id and many": (file(NAME, one_message_id()), file(NAME, claude(PLAY)), 2),
    "agent in a file and in the session": (
        lambda folder: with_an_agent(folder, "file"), lambda folder: with_an_agent(folder, "session"), 2,
    ),
    "agent with an id and without": (
        lambda folder: with_an_agent(folder, "session"), lambda folder: with_an_agent(folder, "old"), 2,
    ),
    "rewound and rewound to the start": (
        file(NAME, rewound(to_the_start=True)), file(NAME, rewound(to_the_start=False)), 1,
    ),
    "block by words and by a line": (
        file(NAME, guarded(said_by_a_line=False)), file(NAME, guarded(said_by_a_line=True)), 1,
    ),
}  # fmt: skip
"""Two recordings of one play, and how many episodes are in it."""


@pytest.mark.parametrize("pair", PAIRS)
def test_two_recordings_of_one_play_have_equal_episodes(pair: str, tmp_path: Path) -> None:
    one, other, episodes = PAIRS[pair]
    one(tmp_path / "one")
    other(tmp_path / "other")
    seen = found(tmp_path / "one")
    assert seen == found(tmp_path / "other")
    assert len(seen) == episodes


@pytest.mark.parametrize("lines", [rewound(to_the_start=False), rewound(to_the_start=True), rolled_back()])
def test_a_failure_of_an_abandoned_branch_is_not_repaired_by_the_next(lines: list[Json], tmp_path: Path) -> None:
    name = ROLLOUT if "payload" in lines[0] else NAME
    write(tmp_path / name, lines)
    [(kind, outcome, *_)] = found(tmp_path)
    assert (kind, outcome) == ("shell.error", "abandoned")


def test_a_command_that_fails_in_the_background_fails_as_one_in_the_foreground(tmp_path: Path) -> None:
    build = Act("npm run build", "", 1)  # what it printed stands in a file of its own
    rest = (Act("npm install", "added 120 packages", 0), Act("npm run build", "built in 2.1s", 0))
    recorded = Claude()
    recorded.says("Build the site.")
    given = {"command": build.command, "run_in_background": True}
    recorded.replies([{"type": "tool_use", "id": "c1", "name": "Bash", "input": given}])
    started = "Command running in background with ID: b7. Output is being written to: /tmp/b7.output"
    recorded.says([{"type": "tool_result", "tool_use_id": "c1", "content": started}])
    summary = 'Background command "npm run build" failed with exit code 1'
    recorded.says(
        f"<task-notification>\n<task-id>b7</task-id>\n<status>failed</status>\n<summary>{summary}</summary>\n"
        "</task-notification>"
    )
    write(tmp_path / "one" / NAME, recorded.plays(rest).lines)
    write(tmp_path / "other" / NAME, claude((build, *rest)))
    background, foreground = found(tmp_path / "one"), found(tmp_path / "other")
    assert foreground
    assert [one[:2] for one in background] == [one[:2] for one in foreground]


def test_a_session_and_its_saved_stream_are_one_run(tmp_path: Path) -> None:
    lines = claude((FAILS, WORKS, MISSING, FOUND))
    write(tmp_path / "projects" / NAME, lines)
    write(tmp_path / "logs" / "nightly.jsonl", streamed(lines, uuids=True))
    assert look([tmp_path]).sessions == 1
