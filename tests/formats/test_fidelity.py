"""Every record of a source is in a step or left out under a named reason, and a naive count of the file agrees."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

from reroute.errors import TraceError
from reroute.formats import Document, formats, identify, is_known, odd_keys, read
from reroute.formats._reading.drift import Keys

sys.path.append(str(Path(__file__).parent))
import naive_records

HERE = Path(__file__).parent
SAMPLES = sorted(
    path for path in HERE.glob("*/*.json*") if ".golden." not in path.name and path.name != "resolved.json"
)
IDS = [f"{path.parent.name}/{path.name}" for path in SAMPLES]


def ledger(path: Path) -> tuple[str, Counter[tuple[str, str | None]]] | None:
    """The format of a file, and its ledger once it is read; None for a file of no format."""
    document = Document(path.name, path)
    try:
        fmt = identify(document)
    except TraceError:
        return None
    if fmt is None:
        return None
    list(read(fmt, document))
    return fmt.NAME, document.ledger


def agrees(path: Path) -> bool:
    """Whether the ledger of a file adds up to what the naive count finds; True for a file of no format."""
    found = ledger(path)
    if found is None:
        return True
    name, counts = found
    assert all(number >= 0 for number in counts.values()), counts
    expected = naive_records.count(name, path.read_bytes(), path.suffix)
    assert sum(counts.values()) == expected, (path.name, name, counts)
    return True


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_the_ledger_of_a_sample_adds_up(sample: Path) -> None:
    assert ledger(sample) is not None
    assert agrees(sample)


def test_the_ledger_of_every_real_trace_adds_up(traces: Path) -> None:
    files = [path for path in sorted(traces.rglob("*")) if path.is_file()]
    assert all(agrees(path) for path in files)
    assert sum(ledger(path) is not None for path in files) > 100


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_the_ledger_of_a_damaged_sample_adds_up(sample: Path, tmp_path: Path) -> None:
    whole, chance = sample.read_bytes(), random.Random(sample.name)
    damaged = tmp_path / sample.name
    places = [chance.randrange(1, len(whole)) for _ in range(8)]
    for at in places:
        damaged.write_bytes(whole[:at])
        assert agrees(damaged)
        damaged.write_bytes(whole[:at] + bytes(40) + whole[at + 40 :])
        assert agrees(damaged)
        damaged.write_bytes(whole[:at] + b"}" + whole[at:])
        assert agrees(damaged)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_what_is_left_out_has_a_reason_in_words(sample: Path) -> None:
    found = ledger(sample)
    assert found is not None
    assert all(kind and (reason is None or reason.strip()) for kind, reason in found[1])
    in_steps = sum(number for (_, reason), number in found[1].items() if reason is None)
    has_steps = any(getattr(item, "steps", ()) for item in _read(sample))
    assert (in_steps > 0) == has_steps


def unknown(paths: list[Path]) -> set[tuple[str, str]]:
    """Format and type of the records whose type their format does not know."""
    found = [one for one in map(ledger, paths) if one is not None]
    return {(name, kind) for name, counts in found for kind, _ in counts if not is_known(formats()[name], kind)}


def test_every_type_of_record_in_the_samples_is_known_but_what_is_made_up() -> None:
    assert unknown(SAMPLES) == {("openai-responses", "item/hologram"), ("openai-responses", "item/telepathy_call")}


def test_every_type_of_record_in_the_real_traces_is_known(traces: Path) -> None:
    files = [path for path in sorted(traces.rglob("*")) if path.is_file()]
    assert unknown(files) == set()


@pytest.mark.parametrize("name", list(formats()))
def test_every_format_declares_the_types_of_its_records(name: str) -> None:
    fmt = formats()[name]
    assert all(is_known(fmt, kind) for kind in fmt.RECORD_TYPES if not kind.endswith("/"))
    assert not is_known(fmt, "telepathy")


def test_every_key_of_the_samples_and_traces_is_known_but_one_that_is_made_up(traces: Path) -> None:
    files = [*SAMPLES, *(path for path in sorted(traces.rglob("*")) if path.is_file())]
    assert {key for path in files for key in _odd(path).new} == {"silly"}


def _odd(path: Path) -> Keys:
    document = Document(path.name, path)
    fmt = identify(document)
    return odd_keys(fmt, document) if fmt else Keys(frozenset(), frozenset())


def _read(path: Path) -> list[object]:
    document = Document(path.name, path)
    fmt = identify(document)
    return list(read(fmt, document)) if fmt else []
