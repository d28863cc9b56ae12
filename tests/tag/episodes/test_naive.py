from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reroute.tag import models

sys.path.insert(0, str(Path(__file__).parent))
import naive
from _handmade import actions, notes, prefixes

TARGETS = [
    "file:/x/a.py", "file:/y/a.py", "file:/x/test_a.py", "id:1", "element:2", "need:red", "need:blue", "need:green",
]  # fmt: skip
SIGNS = [None] * 6 + [
    "no_such_file", "edit_no_match", "rejected", "server_error", "invalid_call", "timeout", "no_results",
    "exit_nonzero", "unauthorised", "denied_by_user", "hand_over", "dead_page", "element_missing",
]  # fmt: skip
FAMILIES = ["api", "api", "shell", "shell", "edit", "search", "check", "plan", "code_search", "ui", "browse"]


@st.composite
def action(draw: st.DrawFn) -> dict[str, object]:
    family = draw(st.sampled_from(FAMILIES))
    tool = draw(st.sampled_from(["bash"] if family in ("shell", "check") else ["one", "two", "send_it"]))
    targets = draw(st.lists(st.sampled_from(TARGETS), max_size=2, unique=True))
    writes = family == "edit" or draw(st.sampled_from([False, False, False, True]))
    row: dict[str, object] = {
        "family": family,
        "tool": tool,
        "program": draw(st.sampled_from(["cat", "sed", "rm"])) if family == "shell" else None,
        "external": family != "plan",
        "tokens": draw(st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True)),
        "targets": targets,
        "writes": writes,
        "writes_targets": targets if writes else [],
        "signature": f"{tool}{sorted(targets)}{draw(st.integers(0, 1))}",
        "observation_hash": draw(st.sampled_from(["same", "other", *map(str, range(20))])),
        "outcome_hint": draw(st.sampled_from(["ok", "ok", "ok", "unknown"])),
        "empty": draw(st.sampled_from([False, False, False, True])),
        "user_before": draw(st.sampled_from([False, False, False, True])),
        "slots": draw(st.lists(st.sampled_from(["a=1", "a=2", "b.x=1", "query=1"]), max_size=2, unique=True)),
        "named_slots": draw(st.lists(st.sampled_from(["a", "b.x", "1"]), max_size=2, unique=True)),
        **{name: draw(st.sampled_from([False] * 5 + [True])) for name in ("probe", "control", "own_script")},
        "approval": draw(st.sampled_from([None] * 8 + ["granted", "auto", "requested"])),
        "hint_tokens": draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=2, max_size=3, unique=True)),
        "step_in_turn": draw(st.sampled_from([False, False, False, True])),
        "late": draw(st.sampled_from([0] * 7 + [30])),
    }
    if family in ("ui", "browse", "search"):
        row |= _page(draw, family)
    if draw(st.sampled_from([False] * 5 + [True])):
        row["doubt"] = "instruction"
    if family == "check":
        return row | _check(draw)
    sign = draw(st.sampled_from(SIGNS))
    if sign is not None:
        row[draw(st.sampled_from(["fail", "fail", "doubt"]))] = sign
        row["outcome_hint"] = "fail"
        row["error_template"] = draw(st.sampled_from([None, "x", "y"]))
    return row


def _page(draw: st.DrawFn, family: str) -> dict[str, object]:
    words = st.sampled_from([None, 0, 0, 1, 9])
    return {
        "gesture": draw(st.sampled_from(["click", "click", "type", "scroll"])) if family == "ui" else None,
        "page": draw(st.sampled_from([None, "a", "b"])),
        "observation_chars": draw(st.sampled_from([None, 9, 9999])),
        "status": draw(st.sampled_from(["unknown", "unknown", "error"])),
        "opened": draw(st.sampled_from([None, False, False, True])),
        **{name: draw(words) for name in ("echoes", "answered", "task_words")},
    }


def _check(draw: st.DrawFn) -> dict[str, object]:
    result = draw(st.sampled_from(["red", "red", "green", "unknown"]))
    ids = st.lists(st.sampled_from(["t1", "/x/test_a.py::t2"]), max_size=2, unique=True)
    failed = draw(ids) if result == "red" else []
    return {
        "check_id": draw(st.sampled_from(["pytest", "pytest", "mypy", None])),
        "program": "pytest",
        "check_result": result,
        "failed_ids": failed,
        "passed_ids": [i for i in draw(ids) if i not in failed],
        "outcome_hint": {"red": "fail", "green": "ok", "unknown": "unknown"}[result],
        "targets": draw(st.lists(st.sampled_from(["test:t1", "file:/x/test_a.py"]), max_size=1)),
    }


VALUES = {"limit": "steps", "unsupported": ["ETK-1"]}
"""What a flag of a note is where it is more than true."""
NOTE = st.fixed_dictionaries(
    {
        "after": st.integers(0, 24),
        "role": st.sampled_from(["user", "assistant"]),
        "flag": st.sampled_from(
            ["reports", "hands_over", "claims_success", "withdraws", "acknowledges", "asks", "blames", *VALUES]
        ),
        "tokens": st.lists(st.sampled_from(["a", "b", "c"]), max_size=1),
    }
)


FORK = st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 8), st.booleans())
"""Of a branch: after how many actions it begins, how many it has, how many it shares, whether it was given up."""
RUN = st.tuples(st.lists(action(), min_size=1, max_size=24), st.lists(NOTE, max_size=3), st.none() | FORK)
Rows = list[dict[str, object]]


def _lane(index: int, fork: tuple[int, int, int, bool] | None) -> dict[str, object]:
    """The lane of a row; the branch goes on from an earlier action of the lane that goes on behind it."""
    if fork is None or not fork[0] <= index < fork[0] + fork[1]:
        return {"lane": "main"}
    shared = min(fork[2], fork[0])
    history = {"forked_from": "main", "forked_after": shared, "forked_step": 10 * shared - 9}
    return {"lane": "branch-1", "given_up": fork[3]} | history


def _laid_out(name: str, rows: Rows, said: Rows, fork: tuple[int, int, int, bool] | None) -> tuple[Rows, Rows]:
    turn, placed = -1, []
    for index, row in enumerate(rows):
        turn += not (row["step_in_turn"] and index)
        shown = 10 * index + 1 + row["late"]
        place = {"trajectory_id": name, "turn": turn, "call_step": 10 * index, "result_step": shown}
        own = {key: value for key, value in row.items() if key not in ("step_in_turn", "late")}
        placed.append(own | place | _lane(index, fork))
    spoken: dict[int, dict[str, object]] = {}
    for index, note in enumerate(said):
        after = min(note["after"], len(rows))
        step, lane = 10 * after - 8 + index, _lane(after, fork)
        before = sum(row["lane"] == lane["lane"] for row in placed[:after])
        place = {"trajectory_id": name, "step": step, "turn": 100 + after, "after_action": before} | lane
        value = VALUES.get(note["flag"], True)
        words = note["tokens"] if note["role"] == "user" else []
        spoken[step] = {"role": note["role"], "tokens": words, note["flag"]: value} | place
    return placed, [spoken[step] for step in sorted(spoken)]


def _sql(action_rows: object, note_rows: object) -> list[tuple[object, ...]]:
    found = models.run({"actions": action_rows, "notes": note_rows, "prefixes": prefixes()}, ["episodes"], threads=1)
    names = ("trajectory_id", "kind", "onset_step", "outcome", "reroute_step", "recovery_step", "close_step")
    return sorted(
        (
            (*(row[name] for name in names), tuple(sorted(row["goal"])), row["actions"], row["failures"])
            for row in found["episodes"].to_pylist()
        ),
        key=repr,
    )


def _naive(action_rows: Rows, note_rows: Rows) -> list[tuple[object, ...]]:
    told = []
    for name in dict.fromkeys(row["trajectory_id"] for row in action_rows):
        mine = [[row for row in rows if row["trajectory_id"] == name] for rows in (action_rows, note_rows)]
        told += [(name, *episode.told()) for episode in naive.episodes(*mine)]
    return sorted(told, key=repr)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(RUN, min_size=1, max_size=12))
def test_sql_and_naive_agree_on_generated_trajectories(runs: list[tuple[Rows, Rows]]) -> None:
    laid_out = [_laid_out(f"t{index}", *run) for index, run in enumerate(runs)]
    action_rows = actions([row for rows, _ in laid_out for row in rows])
    note_rows = notes([row for _, rows in laid_out for row in rows])
    assert _sql(action_rows, note_rows) == _naive(action_rows.to_pylist(), note_rows.to_pylist())
