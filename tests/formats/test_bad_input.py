"""What is broken is rejected with a reason, and what stands beside it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

GOOD = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'
CODEX = '{"timestamp": "2026-01-01T00:00:00Z", "type": "response_item", "payload": {"type": "message", "role": "user", "content": "hi"}}\n'  # noqa: E501
CLAUDE = '{"type": "user", "uuid": "1", "sessionId": "s", "message": {"role": "user", "content": "hi"}}\n'
MINI = '{"trajectory_format": "mini-swe-agent-1", "messages": [{"role": "user", "content": "hi"}]}\n'
TAU2 = '{"task_id": 1, "termination_reason": "user_stop", "messages": [{"role": "user", "content": "hi"}]}\n'
MEDICAL = '{"task_id": "t1", "turns": [{"agent_reply": "hi", "action_kind": "finish"}]}\n'
RESPONSES = (
    '{"object": "response", "id": "resp_1", "output": [{"type": "message", "role": "assistant", "content": "hi"}]}\n'
)
TEAM = '[{"role": "Orchestrator (thought)", "content": "hi"}]\n'
PROTOCOL = '{"id": "1", "content": [{"class_": "text_observation", "source": "user", "content": "hi"}]}\n'
EVERY = pytest.mark.parametrize(
    ("name", "good"),
    [
        ("openai-chat", GOOD),
        ("codex-cli", CODEX),
        ("claude-code", CLAUDE),
        ("openai-responses", RESPONSES),
        ("mini-swe-agent", MINI),
        ("tau2", TAU2),
        ("medagentbench", MEDICAL),
    ],
)
DEEP = "[" * 10_000 + "]" * 10_000


@pytest.fixture
def file(tmp_path: Path):
    def make(data: bytes | str, name: str = "file.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return make


@EVERY
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"messages": NaN, "type": "x"}\n', "NaN or Infinity, which JSON does not have"),
        ('{"messages": 5, "type": 5, "message": 5, "payload": 5}\n', "wrong type"),
        (f'{{"x": {DEEP}}}\n', "nested too deeply"),
        ("plain words\n", "not JSON"),
        ('"a text"\n', "wrong type"),
    ],
)
def test_a_bad_line_is_rejected_and_its_neighbour_read(file, read, name, good, bad, reason) -> None:  # noqa: PLR0917
    reading = read(file(good + bad))
    assert reading.format == name
    assert len(reading.trajectories) == 1
    assert [(r.index, r.reason[: len(reason)]) for r in reading.rejected] == [(1, reason)]


@EVERY
def test_a_last_line_that_breaks_off_is_rejected_and_its_neighbour_read(file, read, name, good) -> None:
    reading = read(file(good + good[:-10]))
    assert reading.format == name
    assert reading.reasons == ["truncated last record"]
    assert len(reading.trajectories) == 1


@EVERY
def test_a_file_that_is_one_broken_off_line_is_known_by_its_first_bytes(file, read, name, good) -> None:
    reading = read(file(good[:-10]))
    assert (reading.format, reading.reasons[:1]) == (name, ["truncated last record"])


@EVERY
def test_text_that_is_not_utf_8_is_rejected(file, read, name, good) -> None:
    reading = read(file(good.encode() + good.replace("hi", "\xff").encode("latin-1")))
    assert reading.format == name
    assert reading.reasons == ["not UTF-8"]
    assert len(reading.trajectories) == 1


@EVERY
def test_a_record_over_the_cap_is_rejected_and_its_neighbour_read(file, read, name, good) -> None:
    reading = read(file(good.replace("hi", "h" * 500) + good), record_cap=300)
    assert reading.format == name
    assert [reason.split(",")[1] for reason in reading.reasons] == [" over the cap of 300"]
    assert len(reading.trajectories) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"\x7fELF\x02\x01\x00\x00", b"words\n", b"{", b"[", b"{}", b"[]", b"null", b"7"]
)
def test_a_file_of_no_format_is_claimed_by_none(file, read, data: bytes) -> None:
    reading = read(file(data))
    assert (reading.format, reading.trajectories, reading.rejected) == (None, [], [])


@pytest.mark.parametrize("text", [DEEP, '{"messages": ' + DEEP + "}", "[" * 10_000])
def test_a_file_nested_10000_deep_is_claimed_by_none(file, read, text: str) -> None:
    assert read(file(text, "file.json")).format is None


def test_a_file_that_is_not_there_says_so(tmp_path: Path, read) -> None:
    reading = read(tmp_path / "gone.jsonl")
    assert reading.format is None
    assert "No such file" in reading.reasons[0]


@pytest.mark.usefixtures("permissions_hold")
def test_a_file_that_may_not_be_read_says_so(file, read) -> None:
    path = file(GOOD)
    path.chmod(0)
    assert "Permission denied" in read(path).reasons[0]


def test_a_folder_in_a_files_place_says_so(tmp_path: Path, read) -> None:
    assert "Is a directory" in read(tmp_path).reasons[0]


def test_half_a_surrogate_pair_in_arguments_is_mended(file, read) -> None:
    line = (
        r'{"messages": [{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "function": '
        r'{"name": "say", "arguments": "{\"text\": \"\\ud83d\"}"}}, {"id": "2", "function": '
        r'{"name": "say", "arguments": "{\"text\": \"\ud83d\"}"}}]}]}'
    )
    (trajectory,) = read(file(line)).trajectories
    assert [step.arguments for step in trajectory.steps] == [r'{"text": "\ufffd"}', '{"text": "\ufffd"}']


def test_a_verdict_file_that_is_broken_gives_no_outcome(file, read) -> None:
    file("{broken", "resolved.json")
    path = file(MINI.replace("}]}", '}], "instance_id": "a__b-1"}'), "a.traj.json")
    assert read(path).trajectories[0].outcome is None
