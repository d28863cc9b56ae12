"""Every sample reads as its golden says, and every format has samples."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reroute.formats import formats, read_file
from reroute.trace import Rejected, Step, Trajectory

HERE = Path(__file__).parent
SAMPLES = sorted(
    path
    for suffix in ("*.json", "*.jsonl")
    for path in HERE.glob(f"*/{suffix}")
    if ".golden." not in path.name and path.name != "resolved.json"
)
VERSIONS = HERE / "versions.json"


def _digest(golden: Path) -> str:
    return hashlib.sha256(golden.read_bytes()).hexdigest()[:16]


def golden_of(sample: Path) -> Path:
    return sample.with_name(f"{sample.name.partition('.')[0]}.golden.json")


def stated(value: Step | Trajectory | Rejected) -> dict[str, object]:
    """The fields that have another value than their default."""
    given = {}
    for field in msgspec.structs.fields(type(value)):
        held = getattr(value, field.name)
        if field.name not in {"steps", "sha256"} and held not in (field.default, [], {}):
            given[field.name] = str(held, "utf-8", "replace") if isinstance(held, bytes) else held
    return msgspec.to_builtins(given)


def written(sample: Path) -> str:
    """The golden's text: a step a line, so that a diff can be read."""
    name, found = read_file(sample)
    parts = [json.dumps({"format": name}, ensure_ascii=False)]
    for item in found:
        kind = "rejected" if isinstance(item, Rejected) else "trajectory"
        lines = [json.dumps({kind: stated(item)}, ensure_ascii=False)]
        if isinstance(item, Trajectory):
            lines += [json.dumps(stated(step), ensure_ascii=False) for step in item.steps]
        parts.append(",\n  ".join(lines))
    return "[\n" + ",\n".join(parts) + "\n]\n"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample_reads_as_its_golden_says(sample: Path, update_goldens: bool) -> None:
    golden, now = golden_of(sample), written(sample)
    if update_goldens:
        golden.write_text(now, encoding="utf-8")
    known = golden.read_text("utf-8") if golden.exists() else ""
    assert now == known, "if this change is meant: pytest tests/formats --update-goldens, then read the diff"


@pytest.mark.parametrize("name", list(formats()))
def test_a_golden_changes_with_the_version_of_its_format(name: str, update_goldens: bool) -> None:
    """``versions.json`` holds each format's VERSION with the hash of each golden that was written under it."""
    noted: dict[str, Any] = json.loads(VERSIONS.read_text("utf-8"))
    known = noted.get(name, {"version": 0, "goldens": {}})
    current = {path.name: _digest(path) for path in sorted((HERE / name).glob("*.golden.json"))}
    changed = [one for one, digest in known["goldens"].items() if current.get(one, digest) != digest]
    raised = known["version"] < formats()[name].VERSION
    assert raised or not changed, (
        f"{name} reads {changed} in another way: raise its VERSION, so that files are read again"
    )
    if update_goldens:
        noted[name] = {"version": formats()[name].VERSION, "goldens": current}
        VERSIONS.write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n", "utf-8")
    assert known == {"version": formats()[name].VERSION, "goldens": current} or update_goldens, (
        "note it: pytest tests/formats --update-goldens"
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_steps_are_numbered_and_results_follow_their_calls(sample: Path) -> None:
    name, found = read_file(sample)
    assert name == sample.parent.name
    for trajectory in found:
        if isinstance(trajectory, Rejected):
            continue
        steps = trajectory.steps
        assert [step.step for step in steps] == list(range(len(steps)))
        assert all(json.loads(step.arguments or "") is not None for step in steps if step.type == "call")
        answered = [s.parent_step for s in steps if s.type == "result" and s.parent_step is not None]
        assert len(answered) == len(set(answered))
        assert all(steps[s.parent_step].type == "call" for s in steps if s.parent_step is not None)
        assert all(s.parent_step < s.step for s in steps if s.parent_step is not None)


@pytest.mark.parametrize("name", list(formats()))
def test_every_format_has_samples(name: str) -> None:
    assert [sample for sample in SAMPLES if sample.parent.name == name]


def test_every_golden_has_its_sample() -> None:
    assert {golden_of(sample) for sample in SAMPLES} == set(HERE.glob("*/*.golden.json"))


@pytest.mark.parametrize("name", list(formats()))
def test_every_format_module_offers_what_the_protocol_names(name: str) -> None:
    fmt = formats()[name]
    assert fmt.VERSION >= 1
    assert fmt.UNIT in {"record", "file"}
    assert "Marker: " in (fmt.__doc__ or "")
