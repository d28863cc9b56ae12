"""Public runs that nobody here wrote: all of the formats that are read, and none of the others."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from reroute.formats import read_file
from reroute.trace import Rejected, Trajectory

FOREIGN = [
    "gemini-cli", "inspect_ai", "inspect_scout", "langfuse", "langsmith",
    "openai-agents", "openhands-sdk", "openhands-v0", "openinference", "pi-mono", "swe-agent",
]  # fmt: skip
"""Folders in which no file is of a format that is read."""
READ = {
    "tau_bench": {"openai-chat": (1, 100), "tau2": (1, 50)},
    "tau2-bench": {"tau2": (3, 3)},
    "medagentbench": {"medagentbench": (39, 39)},
    "magentic-one": {"magentic-one": (14, 14)},
    "adp-web": {"adp-web": (3, 16)},
    "mini-swe-agent-swebench": {"mini-swe-agent": (60, 60)},
    "mini-swe-agent": {"mini-swe-agent": (2, 2)},
    "agentcmd": {"codex-cli": (19, 16), "claude-code": (28, 28)},
    "agentsview": {"codex-cli": (5, 5), "claude-code": (1, 1)},
    "claude-code-viewer": {"claude-code": (5, 5)},
    "claude-code-log": {"claude-code": (4, 5)},
    "claude-code-transcripts": {"claude-code": (2, 2)},
    "ccusage": {"codex-cli": (1, 0), "claude-code": (2, 2)},
    "swe-smith": {"openai-chat": (1, 3)},
    "invariant-explorer": {"openai-chat": (3, 6)},
    "docent": {"openai-chat": (1, 1)},
}
"""Folder -> format -> files claimed and trajectories read."""


@pytest.fixture(scope="module")
def everything(traces: Path) -> dict[Path, tuple[str | None, list[Trajectory | Rejected]]]:
    """Every file of the traces, with its format and what was read from it."""
    found = {}
    for path in sorted(p for p in traces.rglob("*") if p.is_file()):
        name, items = read_file(path)
        found[path.relative_to(traces)] = name, list(items)
    return found


@pytest.fixture(scope="module")
def trajectories(everything) -> list[Trajectory]:
    return [item for _, items in everything.values() for item in items if isinstance(item, Trajectory)]


@pytest.mark.parametrize("folder", FOREIGN)
def test_a_foreign_format_is_claimed_by_none(everything, folder: str) -> None:
    assert {p: name for p, (name, _) in everything.items() if p.parts[0] == folder and name} == {}


@pytest.mark.parametrize("folder", list(READ))
def test_every_trajectory_of_a_known_format_is_read(everything, folder: str) -> None:
    files: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    for path, (name, items) in everything.items():
        if path.parts[0] == folder and name:
            files[name] += 1
            runs[name] += sum(isinstance(item, Trajectory) for item in items)
    assert {name: (files[name], runs[name]) for name in files} == READ[folder]


def test_no_file_is_claimed_by_two_formats(everything) -> None:
    reasons = [(p, i.reason) for p, (name, items) in everything.items() if name is None for i in items]
    assert reasons == []


def test_only_what_is_broken_on_purpose_is_rejected(everything) -> None:
    rejected = Counter(
        (path.parts[0], re.split(r"[:\-]", item.reason)[0])
        for path, (_, items) in everything.items()
        for item in items
        if isinstance(item, Rejected)
    )
    assert rejected == {
        ("agentcmd", "no message and no call in this session"): 3,
        ("ccusage", "no message and no call in this session"): 1,
        ("claude-code-log", "wrong type"): 6,
        ("hypabolic-trajectory", "no message and no call in this session"): 1,
        ("hypabolic-trajectory", "not JSON"): 1,
    }


def test_steps_are_dense_and_results_follow_calls_of_their_tool(trajectories) -> None:
    for trajectory in trajectories:
        steps = trajectory.steps
        assert [step.step for step in steps] == list(range(len(steps)))
        for step in steps:
            if step.type == "result" and step.parent_step is not None:
                call = steps[step.parent_step]
                assert (call.type, call.tool, call.lane, call.turn) == ("call", step.tool, step.lane, step.turn)
                assert call.step < step.step


def test_every_tau_result_answers_the_call_before_it_though_ids_repeat(everything, traces: Path) -> None:
    _, runs = everything[Path("tau_bench/gpt-4o-airline.tasks0-24.json")]
    repeated = 0
    for run in runs:
        calls = [step for step in run.steps if step.type == "call"]
        repeated += sum(n > 1 for n in Counter(step.call_id for step in calls).values())
        assert all(s.parent_step == s.step - 1 for s in run.steps if s.type == "result")
    assert repeated == 39


def test_outcomes_are_the_verifiers(everything) -> None:
    outcomes: dict[tuple[str, str], Counter[str]] = {}
    for path, (name, items) in everything.items():
        run_outcomes = [item.outcome.outcome for item in items if isinstance(item, Trajectory) and item.outcome]
        if run_outcomes and name:
            outcomes.setdefault((path.parts[0], name), Counter()).update(run_outcomes)
    assert outcomes["tau_bench", "openai-chat"] == {"pass": 31, "fail": 69}
    assert outcomes["tau_bench", "tau2"] == {"pass": 28, "fail": 22}
    assert outcomes["medagentbench", "medagentbench"] == {"pass": 25, "fail": 14}
    assert outcomes["mini-swe-agent-swebench", "mini-swe-agent"] == {"pass": 35, "fail": 25}


@pytest.mark.parametrize("name", ["gpt-4o-airline.tasks0-24.json", "tau2-airline-toolorchestra.json"])
def test_no_reward_and_no_gold_action_stands_in_a_step(everything, name: str) -> None:
    _, runs = everything[Path("tau_bench") / name]
    text = "".join((step.content or "") + (step.arguments or "") for run in runs for step in run.steps)
    assert not re.search(r"reward_info|r_actions|gt_data_hash|user_cost|action_match|nl_assertion", text)
    assert all("reward" not in key for run in runs for key in run.metadata)


def test_every_refused_reply_of_mini_swe_agent_is_a_failed_call(trajectories) -> None:
    runs = [t for t in trajectories if t.format == "mini-swe-agent"]
    refused = [
        s for t in runs for s in t.steps if s.type == "result" and "EXACTLY ONE action" in (s.content or "")[:80]
    ]
    assert len({(id(t), s.turn) for t in runs for s in t.steps if s in refused}) == 66
    assert {step.status for step in refused} == {"error"}


def test_every_invalid_reply_of_medagentbench_is_a_failed_call_that_ends_the_run(trajectories) -> None:
    runs = [t.steps for t in trajectories if t.format == "medagentbench"]
    invalid = [steps for steps in runs if any(s.content == "agent_invalid_action" for s in steps)]
    assert len(invalid) == 3
    assert {(s[-2].type, s[-2].status, s[-1].content) for s in invalid} == {
        ("result", "error", "status: agent_invalid_action")
    }


def test_every_page_of_magentic_one_is_what_a_known_gesture_shows(trajectories) -> None:
    runs = [t for t in trajectories if t.format == "magentic-one"]
    pages = [s for t in runs for s in t.steps if (s.content or "").startswith("Here is a screenshot of")]
    assert Counter(page.tool for page in pages) == {
        "click": 73, "web_search": 37, "scroll_down": 17, "type": 6, "visit_url": 1, "go_back": 1
    }  # fmt: skip


def test_what_magentic_one_ran_has_its_exit_code(trajectories) -> None:
    calls = [
        (call.tool, result.exit_code)
        for t in trajectories
        if t.format == "magentic-one"
        for call, result in pairwise(t.steps)
        if call.tool in {"python", "sh"} and call.type == "call"
    ]
    assert Counter(calls) == {("python", 0): 7, ("sh", 0): 1, ("sh", None): 1, ("python", None): 1}


def test_no_log_of_the_harness_stands_in_what_an_agent_of_magentic_one_says(trajectories) -> None:
    said = [s for t in trajectories if t.format == "magentic-one" for s in t.steps if s.role != "system"]
    assert not [s for s in said if re.search(r"UserWarning|!#!#|await self\.|publish message", s.content or "")]


def test_every_page_of_a_protocol_run_answers_the_action_before_it_or_none(trajectories) -> None:
    runs = [t.steps for t in trajectories if t.format == "adp-web"]
    assert Counter((s.type, s.parent_step is None) for steps in runs for s in steps if s.role == "tool") == {
        ("result", False): 49, ("message", True): 17
    }  # fmt: skip
    assert all(s.parent_step == s.step - 1 for steps in runs for s in steps if s.type == "result")


def test_elided_output_keeps_no_banner(trajectories) -> None:
    results = [s for t in trajectories if t.format == "mini-swe-agent" for s in t.steps if s.type == "result"]
    assert sum("characters elided]" in (s.content or "") for s in results) == 111
    assert not [s for s in results if (s.content or "").startswith(("<warning>", "<output", "<returncode>"))]


def test_codex_takes_each_message_once(everything) -> None:
    for path, (name, items) in everything.items():
        if name == "codex-cli" and path.parts[0] == "agentcmd" and "full" in path.parts:
            (session,) = items
            said = [(s.type, s.content) for s in session.steps if s.type == "message" and s.role == "assistant"]
            assert len(said) == len(set(said))


def test_codex_turns_without_tokens_were_aborted(everything) -> None:
    for path, (name, items) in everything.items():
        if name == "codex-cli" and path.parts[0] == "agentcmd" and "full" in path.parts:
            (session,) = items
            counted = {step.turn for step in session.steps if step.input_tokens}
            aborted = {step.turn for step in session.steps if (step.content or "").startswith("turn_aborted")}
            assert set(range(1, session.steps[-1].turn + 1)) - counted <= aborted


def test_side_chains_are_lanes_that_begin_at_their_call(everything) -> None:
    (session,) = next(items for path, (_, items) in everything.items() if path.name.startswith("fe5e1c67"))
    firsts = {}
    for step in session.steps:
        firsts.setdefault(step.lane, step)
    assert list(firsts) == ["main", *[f"sidechain-{n}" for n in range(1, 6)]]
    assert {session.steps[s.parent_step].tool for lane, s in firsts.items() if lane != "main"} == {"Task"}
