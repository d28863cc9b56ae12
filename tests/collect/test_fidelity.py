"""The fidelity ledger in the store, drift, and why files are passed by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reroute import report
from reroute.collect import collect, fidelity
from reroute.look import look
from reroute.operate.rebuild import rebuild
from reroute.operate.status import status
from reroute.storage import journal, store
from reroute.terminal.collected import summary

SESSION = "0b1c2d3e-0000-4000-8000-000000000001"


def session(folder: Path, *more: dict[str, object], name: str = f"{SESSION}.jsonl") -> Path:
    """A Claude Code session of two messages, with more lines."""
    common = {"sessionId": SESSION, "timestamp": "2026-03-01T10:00:00Z", "cwd": "/app"}
    lines = [
        {"type": "user", "uuid": "u1", "message": {"role": "user", "content": "Find it."}},
        {"type": "assistant", "uuid": "a1", "parentUuid": "u1", "message": {"role": "assistant", "content": "There."}},
        *more,
    ]
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(common | line) + "\n" for line in lines))
    return path


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a kilobyte."""
    monkeypatch.setattr("reroute.collect.chunks.CHUNK_BYTES", 1000)


def test_the_ledger_of_a_file_is_replaced_when_it_is_read_again(project, tmp_path, make, write, ask):
    log = write(tmp_path / "in/log.jsonl", make("r1", "one"), "{broken")
    collect(project, [tmp_path / "in"])
    query = "select record_type, reason, records from fidelity order by all"
    first = [
        ("message/assistant", None, 1), ("message/tool", None, 1), ("message/user", None, 1),
        ("record", "rejected: it is in quarantine", 1), ("run", None, 1),
    ]  # fmt: skip
    assert ask(project, query) == first
    collect(project, [tmp_path / "in"])
    assert ask(project, query) == first
    write(log, make("r1", "one", "two"))
    done = collect(project, [tmp_path / "in"])
    assert ask(project, "select sum(records)::int, count(reason) from fidelity") == [(6, 0)]
    assert (done.fidelity["openai-chat"].records, done.fidelity["openai-chat"].in_steps) == (6, 6)


@pytest.mark.usefixtures("short_chunks")
def test_the_ledger_of_a_long_file_adds_up_over_its_chunks(project, tmp_path, make, write, ask):
    log = write(tmp_path / "in/log.jsonl", *[make(f"r{n}", "x" * 100) for n in range(20)])
    collect(project, [tmp_path / "in"])
    assert ask(project, "select count(distinct start_byte) > 3, sum(records)::int from fidelity") == [(True, 80)]
    with log.open("a") as stream:
        stream.write(json.dumps(make("r20", "y")) + "\n")
    collect(project, [tmp_path / "in"])
    assert ask(project, "select sum(records)::int from fidelity") == [(84,)]
    assert collect(project, [tmp_path / "in"]).files_unchanged == 1
    write(log, make("r0", "x"))
    collect(project, [tmp_path / "in"])
    assert ask(project, "select sum(records)::int from fidelity") == [(4,)]


def test_a_rebuilt_store_has_the_ledger_and_the_drift(project, tmp_path, ask):
    session(tmp_path / "in", {"type": "telepathy", "uuid": "x"})
    collect(project, [tmp_path / "in"])
    queries = "from fidelity order by all", "from drift order by all"
    before = [ask(project, query) for query in queries]
    assert all(before)
    rebuild(project, again=True)
    assert [ask(project, query) for query in queries] == before


def test_a_journal_that_is_older_than_the_ledger_is_complete(project, tmp_path, make, write):
    with store.of(project).write() as connection:
        journal.note(project, connection, {"alarms": [("none",)]})
    line = json.loads(project.journal.read_text())
    for name in ("fidelity", "drift"):
        del line["entry"]["tables"][name]
    data = json.dumps(line["entry"]).encode()
    line["id"] = journal._id(data)
    project.journal.write_text(json.dumps(line) + "\n")
    assert journal.replay(project).complete


def test_values_out_of_bounds_are_counted(project, tmp_path, ask):
    usage = {"input_tokens": -5, "output_tokens": 7}
    bad = {"role": "assistant", "content": "Then.", "id": "m", "usage": usage}
    session(
        tmp_path / "in",
        {
            "type": "user",
            "uuid": "u2",
            "timestamp": "1970-01-01T00:00:00Z",
            "message": {"role": "user", "content": "?"},
        },
        {"type": "user", "uuid": "u3", "timestamp": 1e306, "message": {"role": "user", "content": "?"}},
        {"type": "assistant", "uuid": "a3", "requestId": "r", "message": bad},
    )
    done = collect(project, [tmp_path / "in"])
    assert done.fidelity["claude-code"].out_of_bounds == {"clock": 2, "token count": 1}
    assert ask(project, "select sum(records)::int from fidelity where unit = 'record'") == [(5,)]


def test_drift_is_said_once_and_shown_by_status(project, tmp_path):
    session(tmp_path / "in", {"type": "telepathy", "uuid": "x", "aura": 1}, {"type": "telepathy", "uuid": "y"})
    done = collect(project, [tmp_path / "in"])
    said = [
        "claude-code: records of 1 file have a key that is not known: aura",
        "claude-code: 2 records of a type that is not known: telepathy",
    ]
    assert done.new_drift == said
    assert said[1] in summary(done)
    assert "2 things in the files not known" in done.line()
    assert status(project).drift == said
    session(tmp_path / "in", {"type": "telepathy", "uuid": "z"}, name=f"{SESSION[:-1]}2.jsonl")
    again = collect(project, [tmp_path / "in"])
    assert (again.new_drift, again.drift) == ([], ["claude-code: 1 record of a type that is not known: telepathy"])
    assert "telepathy" not in summary(again)
    assert not again.alarms


def test_a_key_that_several_files_all_lack_is_drift_and_one_that_a_few_lack_is_none(project, tmp_path, write):
    runs = [{"role": "Orchestrator (thought)", "content": "Updated Ledger: x"}]
    for number in range(3):
        lines = [{"type": "session_meta", "payload": {"id": f"t{number}"}}]
        lines.append({"type": "response_item", "payload": {"type": "message", "role": "user", "content": "x"}})
        write(tmp_path / f"in/{number}.jsonl", *lines)
    write(tmp_path / "in/one.json", json.dumps(runs))
    assert collect(project, [tmp_path / "in/0.jsonl"]).drift == []
    shutil.rmtree(project.data_dir)
    done = collect(project, [tmp_path / "in"])
    assert done.new_drift == ["codex-cli: no record looked at in 3 files has the key timestamp"]


def test_what_a_reader_learns_is_drift_no_more():
    found = {("claude-code", fidelity.RECORD_TYPE, "user"): 1, ("claude-code", fidelity.NEW_KEY, "uuid"): 1}
    unknown = {("claude-code", fidelity.RECORD_TYPE, "telepathy"): 1, ("claude-code", fidelity.NEW_KEY, "aura"): 1}
    assert fidelity.still_unknown(found | unknown) == unknown


def test_names_from_a_trace_are_redacted_and_bounded(project, tmp_path, ask):
    secret = "sk-ant-api03-" + "A1b2C3d4" * 11 + "-AAAA"
    odd = [{"type": f"kind-{number}", "uuid": f"x{number}"} for number in range(100)]
    session(tmp_path / "in", {"type": secret, "uuid": "x", secret: 1}, {"type": "x" * 5000, "uuid": "y"}, *odd)
    done = collect(project, [tmp_path / "in"])
    stored = ask(project, "select record_type from fidelity union select name from drift")
    assert secret not in str(stored) + str(done)
    assert len(stored) < 60
    assert max(len(name) for (name,) in stored) <= 100
    assert ask(project, "select sum(records)::int from fidelity") == [(104,)]


def test_each_file_passed_by_has_its_reason(project, tmp_path, make, write):
    folder = tmp_path / "in"
    write(folder / "log.jsonl", make("r1", "one"))
    for name, data in (("empty.json", b""), ("a.bin", b"PK\0\1"), ("notes.txt", b"words"), ("other.json", b'{"a": 1}')):
        (folder / name).write_bytes(data)
    (folder / ".hidden").write_text("x")
    expected = {
        "binary file": ["a.bin"], "empty file": ["empty.json"], "neither JSON nor lines of JSON": ["notes.txt"],
        "no known format": ["other.json"],
    }  # fmt: skip
    looked = look([folder])
    assert (looked.passed_by, looked.hidden) == (expected, 1)
    for _ in range(2):  # the second time no file is opened
        done = collect(project, [folder])
        assert {reason: [Path(name).name for name in names] for reason, names in done.passed_by.items()} == expected
        assert done.hidden == 1
        assert all(reason in summary(done) for reason in expected)
        assert ".hidden" not in summary(done)


def test_at_most_ten_files_of_a_reason_are_named(project, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(15):
        (tmp_path / f"in/{number:02}.txt").write_text("words")
    done = collect(project, [tmp_path / "in"])
    assert len(done.passed_by["neither JSON nor lines of JSON"]) == 15
    assert [f"in/{number:02}.txt" in summary(done) for number in range(15)] == [True] * 10 + [False] * 5
    assert "and 5 more" in summary(done)


def test_files_beside_a_claude_session_are_named_and_no_traces(project, tmp_path, make, ask):
    folder = tmp_path / "in"
    session(folder)
    agent = {"isSidechain": True, "agentId": "7", "uuid": "s1", "type": "user"}
    below = f"{SESSION}/subagents/workflows/wf_1"
    session(folder, agent | {"message": {"role": "user", "content": "Look."}}, name=f"{below}/agent-7.jsonl")
    (folder / below / "agent-7.meta.json").write_text('{"agentType": "workflow-subagent"}')
    (folder / below / "journal.jsonl").write_text('{"type": "started", "agentId": "7"}\n')
    (folder / "sessions-index.json").write_text('{"version": 1, "entries": []}')
    result = folder / SESSION / "tool-results/b1.json"
    result.parent.mkdir(parents=True)
    result.write_text(json.dumps(make("no-run", "one")))
    done = collect(project, [folder])
    assert (done.new, done.problems) == (1, [])
    assert ask(project, "select format from trajectories") == [("claude-code",)]
    named = {Path(name).name: reason for reason, names in done.passed_by.items() for name in names}
    assert named.keys() == {"agent-7.meta.json", "journal.jsonl", "sessions-index.json", "b1.json"}
    assert all(reason.endswith("it holds no message") for reason in named.values())
    assert look([folder]).passed_by.keys() == set(named.values())


def test_the_report_shows_what_became_of_the_records(project, tmp_path, make, write):
    write(tmp_path / "in/log.jsonl", make("r1", "one"), "{broken")
    collect(project, [tmp_path / "in"])
    page = report.write(project).read_text()
    assert '<td>openai-chat</td><td class="n">5</td><td class="n">4</td>' in page
    assert "1 rejected: it is in quarantine" in page


@pytest.mark.parametrize("suffix", ["", "x/"])
def test_a_thread_over_two_files_counts_each_line_once(project, tmp_path, write, ask, suffix):
    def rollout(first, texts, **meta):
        lines = [{"type": "session_meta", "payload": {"id": SESSION} | meta}]
        for text in texts:
            content = [{"type": "input_text", "text": text}]
            lines.append({"type": "response_item", "payload": {"type": "message", "role": "user", "content": content}})
        return [line | {"ordinal": first + n, "timestamp": "2026-03-01T10:00:00Z"} for n, line in enumerate(lines)]

    base = {"thread_id": SESSION, "end_ordinal_exclusive": 3}
    write(tmp_path / f"in/a/rollout-1-{SESSION}.jsonl", *rollout(0, "ABCD"))
    write(tmp_path / f"in/{suffix}b/rollout-2-{SESSION}.jsonl", *rollout(3, "EF", history_base=base))
    collect(project, [tmp_path / "in"])
    rows = ask(project, "select path like '%/a/%', record_type, reason, records from fidelity order by all desc")
    assert sum(records for *_, records in rows) == 8
    assert (True, "message", "the thread went on from before it in another file", 2) in rows
