"""A clock, count, code or cost that cannot be one is left out, and the run is read."""

from __future__ import annotations

import json
import sys
import time
from itertools import cycle
from pathlib import Path

import pytest

from reroute.collect.decoding import identified
from reroute.formats import codex_cli, formats, openai_chat, read_file
from reroute.formats._reading import values
from reroute.redact import Redactor
from reroute.storage.lake.columns import header_rows, step_rows, tables
from reroute.trace import Rejected, Trajectory

sys.path.append(str(Path(__file__).parent))
from hostile_values import VALUES, decoded, measures, records, samples, with_value

AT = 1_760_000_000_123_456
EARLIEST = 946_684_800_000_000
REDACTOR = Redactor(b"k" * 32)


@pytest.mark.parametrize("name", list(formats()))
def test_an_odd_number_or_clock_anywhere_is_read_into_typed_columns(name: str, tmp_path: Path) -> None:
    odd = cycle(VALUES)
    for sample in [path for kind, path in samples() if kind == name]:
        lines = records(sample)
        for index, record in enumerate(map(decoded, lines)):
            for path in measures(record):
                for value in (next(odd), next(odd)):
                    file = tmp_path / f"odd{sample.suffix}"
                    changed = [*lines[:index], with_value(record, path, value), *lines[index + 1 :]]
                    file.write_text("\n".join(changed), "utf-8")
                    check(list(read_file(file)[1]))


def check(found: list[Trajectory | Rejected]) -> None:
    """Every run becomes rows of the lake, and no clock of it lies outside the years in which agents ran."""
    runs = [identified("s", "p", run) for run in found if isinstance(run, Trajectory)]
    assert all("the reader broke" not in item.reason for item in found if isinstance(item, Rejected))
    headers, steps = tables(runs, REDACTOR)
    clocks = [step.started_at for step in step_rows(steps)]
    clocks += [at for header in header_rows(headers) for at in (header.started_at, header.ended_at)]
    assert all(EARLIEST <= at < (time.time() + 11 * 366 * 86_400) * 1e6 for at in clocks if at is not None)


@pytest.mark.parametrize(
    ("clock", "micros"),
    [
        (1_760_000_000, 1_760_000_000_000_000),
        (1_760_000_000.123456, AT),
        (1_760_000_000_123, 1_760_000_000_123_000),
        (AT, AT),
        (1_760_000_000_123_456_789, AT),
        ("2025-10-09T08:53:20.123456Z", AT),
        ("2025-10-09T10:53:20.123456+02:00", AT),
        ("2025-10-09T08:53:20.123456789", AT),
        ("1999-12-31T23:59:59Z", None),
        ("2999-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("99999-01-01", None),
        ("soon", None),
        (1e30, None),
        (-1, None),
        (12.5, None),
        (True, None),
        ([], None),
    ],
)
def test_clocks_are_told_apart_by_their_magnitude(clock: object, micros: int | None) -> None:
    assert values.micros(clock) == micros


def test_one_odd_clock_costs_that_clock_alone(tmp_path: Path) -> None:
    lines = [line(0, "2026-03-01T10:00:00Z"), line(1, 1e30), line(2, 1_772_359_205_000_000_000)]
    file = tmp_path / "s.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    (run,) = read_file(file)[1]
    assert isinstance(run, Trajectory)
    assert [step.started_at for step in run.steps] == [1_772_359_200_000_000, None, 1_772_359_205_000_000]
    assert (run.started_at, run.ended_at) == (1_772_359_200_000_000, 1_772_359_205_000_000)


def line(index: int, at: object) -> dict[str, object]:
    message = {"role": "user", "content": f"words {index}"}
    return {"type": "user", "uuid": f"u{index}", "sessionId": "s", "timestamp": at, "message": message}


def test_a_code_without_a_sign_keeps_its_bits(tmp_path: Path) -> None:
    output = json.dumps({"output": "gone", "metadata": {"exit_code": 0xC0000005, "duration_seconds": -1}})
    item = {"type": "function_call_output", "call_id": "c", "output": output}
    file = tmp_path / "rollout.jsonl"
    file.write_text(json.dumps({"timestamp": "2026-03-01T10:00:00Z", "type": "response_item", "payload": item}))
    (run,) = read_file(file)[1]
    assert isinstance(run, Trajectory)
    assert (run.steps[0].exit_code, run.steps[0].duration_ms) == (0xC0000005 - 2**32, None)


@pytest.mark.parametrize("reader", [openai_chat, codex_cli], ids=lambda reader: reader.NAME)
def test_a_reader_that_breaks_on_one_record_costs_that_record(reader, tmp_path: Path, monkeypatch) -> None:
    lines = {
        openai_chat: '{"messages": [{"role": "user", "content": "%s"}]}',
        codex_cli: '{"type": "response_item", "payload": {"type": "message", "role": "user", "content": "%s"}}',
    }
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(lines[reader] % word for word in ("one", "bad", "three")))
    add = reader.Steps.add if reader is openai_chat else codex_cli.Session._message

    def broken(self, role, text, *more, **facts):
        if "bad" in (text, *more):
            raise KeyError("ours")
        return add(self, role, text, *more, **facts)

    if reader is openai_chat:
        monkeypatch.setattr(openai_chat.Steps, "add", broken)
    else:
        monkeypatch.setattr(codex_cli.Session, "_message", broken)
    found = list(read_file(file)[1])
    (rejected,) = [item for item in found if isinstance(item, Rejected)]
    texts = [step.content for run in found if isinstance(run, Trajectory) for step in run.steps]
    assert (rejected.index, rejected.reason, bool(rejected.sha256)) == (1, "the reader broke: KeyError: 'ours'", True)
    assert texts == ["one", "three"]
