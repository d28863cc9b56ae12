"""Sessions that lie in several files: read together as one run, in whatever order they are listed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

from reroute.formats import Document, claude_code, group, identify, read
from reroute.trace import Rejected, Trajectory, number

SESSION = "0b1c2d3e-0000-4000-8000-000000000001"


def put(folder: Path, name: str, lines: Sequence[object]) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return name


def together(folder: Path, names: Sequence[str]) -> list[Trajectory]:
    documents = [Document(name, folder / name) for name in names]
    first = documents[0]
    fmt = identify(first)
    assert fmt is not None
    whole = Document(first.name, first.path, companions=tuple(documents[1:]))
    runs = [run for run in read(fmt, whole) if isinstance(run, Trajectory)]
    for run in runs:
        number(run.steps)
    return runs


def line(uuid: str, parent: str | None, second: int, content: object, **more: object) -> dict[str, object]:
    role = "user" if uuid.startswith("u") else "assistant"
    message: dict[str, object] = {"role": role, "content": content}
    if role == "assistant":
        message |= {"id": f"m-{uuid}", "usage": {"input_tokens": 10, "output_tokens": 1}}
    return {
        "type": role, "uuid": uuid, "parentUuid": parent, "sessionId": SESSION, "message": message,
        "requestId": f"r-{uuid}", "timestamp": f"2026-03-01T10:00:{second:02d}Z", "cwd": "/app",
    } | more  # fmt: skip


def use(call_id: str, name: str, **arguments: str) -> list[object]:
    return [{"type": "tool_use", "id": call_id, "name": name, "input": arguments}]


def answer(call_id: str, text: str) -> list[object]:
    return [{"type": "tool_result", "tool_use_id": call_id, "content": text}]


MAIN = [
    line("u1", None, 1, "Find it."),
    line("a1", "u1", 2, use("c1", "Task", prompt="Look in src.")),
    line("u2", "a1", 9, answer("c1", "It is in src/a.")),
    line("a2", "u2", 10, "In src/a."),
]
SIDE = {"isSidechain": True, "agentId": "7"}
AGENT = [
    line("u5", None, 3, "Look in src.", **SIDE),
    line("a5", "u5", 4, use("c5", "Bash", command="ls src"), **SIDE),
    line("u6", "a5", 5, answer("c5", "a"), **SIDE),
]
COPYING = [
    *(one | SIDE for one in MAIN[:1]),
    line("u8", "u1", 6, "And how?", **SIDE),
    line("a8", "u8", 7, "So.", **SIDE),
]


def test_a_sub_agents_file_is_a_lane_of_the_session_with_the_call_that_began_it(tmp_path: Path) -> None:
    names = [put(tmp_path, f"{SESSION}.jsonl", MAIN), put(tmp_path, f"{SESSION}/subagents/agent-7.jsonl", AGENT)]
    assert group(names[0]) == group(names[1])
    (run,) = together(tmp_path, names)
    assert run.run_id == SESSION
    lanes = {step.lane for step in run.steps}
    assert lanes == {"main", "agent-7"}
    first = next(step for step in run.steps if step.lane == "agent-7")
    assert run.steps[first.parent_step or 0].call_id == "c1"
    assert first.file == names[1]
    assert {step.file for step in run.steps if step.lane == "main"} == {None}
    assert sum(step.input_tokens or 0 for step in run.steps) == 30


def test_an_agent_that_begins_with_its_parents_messages_shares_them(tmp_path: Path) -> None:
    names = [put(tmp_path, f"{SESSION}.jsonl", MAIN), put(tmp_path, f"{SESSION}/subagents/agent-7.jsonl", COPYING)]
    (run,) = together(tmp_path, names)
    own = [step for step in run.steps if step.lane == "agent-7"]
    assert [step.content for step in own] == ["And how?", "So."]
    assert own[0].forked_at is not None
    assert run.steps[own[0].forked_at].content == "Find it."
    assert [step.content for step in run.steps].count("Find it.") == 1


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    names = [
        put(tmp_path, f"{SESSION}.jsonl", MAIN),
        put(tmp_path, f"{SESSION}/subagents/agent-7.jsonl", AGENT),
        put(tmp_path, f"{SESSION}/subagents/wf/agent-8.jsonl", [one | {"agentId": "8"} for one in COPYING]),
    ]
    said = [
        [
            [(step.lane, step.type, step.content, step.parent_step) for step in run.steps]
            for run in together(tmp_path, order)
        ]
        for order in itertools.permutations(names)
    ]
    assert all(one == said[0] for one in said)


def test_each_step_names_its_file_in_whatever_order_they_are_listed(tmp_path: Path) -> None:
    own = put(tmp_path, f"{SESSION}.jsonl", MAIN)
    names = [own, put(tmp_path, f"{SESSION}/subagents/agent-7.jsonl", AGENT)]
    for order in (names, names[::-1]):
        (run,) = together(tmp_path, order)
        assert {step.lane: step.file for step in run.steps} == {"main": None, "agent-7": names[1]}
        assert (run.file or order[0]) == own


def test_a_sub_agents_file_alone_is_a_run_that_names_its_session(tmp_path: Path) -> None:
    (run,) = together(tmp_path, [put(tmp_path, f"{SESSION}/subagents/agent-7.jsonl", AGENT)])
    assert (run.run_id, run.parent_run, run.task) == (f"{SESSION}/agent-7", SESSION, "Look in src.")


def test_a_line_that_breaks_the_reader_is_rejected_where_it_stands(tmp_path: Path, monkeypatch) -> None:
    kept = claude_code.session.Session.add

    def breaks(self, one, *given):
        if one.line.uuid == "a5":
            raise ZeroDivisionError
        return kept(self, one, *given)

    monkeypatch.setattr(claude_code.session.Session, "add", breaks)
    names = [put(tmp_path, f"{SESSION}.jsonl", MAIN), put(tmp_path, f"{SESSION}/subagents/agent-7.jsonl", AGENT)]
    side = Document(names[1], tmp_path / names[1])
    whole = Document(names[0], tmp_path / names[0], companions=(side,))
    rejected = [found for found in read(claude_code, whole) if isinstance(found, Rejected)]
    assert [(found.file, found.index) for found in rejected] == [(names[1], 1)]
    assert (sum(whole.ledger.values()), sum(side.ledger.values())) == (len(MAIN), len(AGENT))


def rollout(thread: str, first: int, texts: Sequence[str], **meta: object) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = [{"type": "session_meta", "payload": {"id": thread, "cwd": "/app"} | meta}]
    for place, text in enumerate(texts):
        part = {"type": "input_text" if place % 2 == 0 else "output_text", "text": text}
        role = "user" if place % 2 == 0 else "assistant"
        lines.append({"type": "response_item", "payload": {"type": "message", "role": role, "content": [part]}})
    return [one | {"ordinal": first + n, "timestamp": f"2026-03-01T10:00:{n:02d}Z"} for n, one in enumerate(lines)]


def test_a_thread_that_goes_on_in_another_file_is_one_run(tmp_path: Path) -> None:
    base = {"thread_id": SESSION, "end_ordinal_exclusive": 3}
    names = [
        put(tmp_path, f"2026/03/01/rollout-2026-03-01T10-00-00-{SESSION}.jsonl", rollout(SESSION, 0, "ABCD")),
        put(
            tmp_path,
            f"2026/03/02/rollout-2026-03-02T10-00-00-{SESSION}.jsonl",
            rollout(SESSION, 3, "EF", history_base=base),
        ),
    ]
    assert group(names[0]) == group(names[1])
    for order in itertools.permutations(names):
        (run,) = together(tmp_path, order)
        assert [step.content for step in run.steps] == ["A", "B", "E", "F"]


def test_two_copies_of_one_thread_are_two_readings(tmp_path: Path) -> None:
    lines = rollout(SESSION, 0, "AB")
    names = [put(tmp_path, f"{folder}/rollout-2026-03-01T10-00-00-{SESSION}.jsonl", lines) for folder in ("a", "b")]
    runs = together(tmp_path, names)
    assert [(run.run_id, len(run.steps)) for run in runs] == [(SESSION, 2)] * 2
    assert {run.file for run in runs} == {None, names[1]}


def test_a_sub_agents_file_of_another_name_alone_is_no_second_version_of_its_session(tmp_path: Path) -> None:
    lines = [line("u1", None, 1, "Look in src.", **SIDE), line("a1", "u1", 2, "In src/a.", **SIDE)]
    [run] = together(tmp_path, [put(tmp_path, "compacted-a7.jsonl", lines)])
    assert (run.run_id, run.parent_run) == (f"{SESSION}/agent-7", SESSION)


def test_a_sub_agents_file_names_its_call_by_its_id_where_two_calls_gave_one_prompt(tmp_path: Path) -> None:
    calls = use("c1", "Task", prompt="Look.") + use("c2", "Task", prompt="Look.")
    main = [
        line("u1", None, 1, "Find it."),
        line("a1", "u1", 2, calls),
        line("u2", "a1", 8, answer("c1", "No."), toolUseResult={"status": "completed", "agentId": "7"}),
        line("u3", "u2", 9, answer("c2", "No."), toolUseResult={"status": "completed", "agentId": "8"}),
    ]
    names = [put(tmp_path, f"{SESSION}.jsonl", main)]
    for agent, second in (("7", 3), ("8", 4)):
        side = [line(f"u{agent}", None, second, "Look.", isSidechain=True, agentId=agent)]
        names.append(put(tmp_path, f"{SESSION}/subagents/agent-{agent}.jsonl", side))
    for order in itertools.permutations(names):
        [run] = together(tmp_path, order)
        began = {step.lane: step.parent_step for step in run.steps if step.lane != "main"}
        called = {step.step: step.call_id for step in run.steps if step.type == "call"}
        assert {lane: called[step] for lane, step in began.items() if step is not None} == {
            "agent-7": "c1",
            "agent-8": "c2",
        }
