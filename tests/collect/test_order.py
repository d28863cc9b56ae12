"""The order in which files are collected, and the nights over which they arrive, decide nothing."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reroute.collect import collect
from reroute.collect.collected import Collected
from reroute.collect.merge import Merge
from reroute.collect.messages import Head
from reroute.collect.versions import Version
from reroute.settings import Project, Settings
from reroute.storage import lake, store
from reroute.tag.tagging import tag

sys.path.append(str(Path(__file__).parent))
from damages import bad_line, cut, deleted, emptied
from sessions import SESSION, chat, rollout, said, talk

THREAD = f"{SESSION[:-1]}2"
TABLES = {
    "trajectories": "trajectory_id, version, is_current, conflict, lost_at, path, source_index, steps, input_tokens",
    "outcomes": "* exclude (recorded_at)",
    "quarantine": "* exclude (first_seen, weighed)",
}


def jsonl(*records: object) -> bytes:
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in records]
    return b"".join(line + b"\n" for line in lines)


def rewound(name: str) -> list[dict[str, object]]:
    """The session's beginning, then another prompt: a version that contradicts the others of this kind."""
    return [*talk(1), said(3, "user", f"Try {name}.", parentUuid="m2"), said(4, "assistant", f"{name} it is.")]


def merged() -> list[dict[str, object]]:
    """One that holds both of those."""
    one, other = rewound("x"), rewound("y")
    return [*one, *(line | {"uuid": f"{line['uuid']}-2"} for line in other[3:])]


FILES: dict[str, bytes] = {
    f"p/{SESSION}.jsonl": jsonl(*talk(2)),
    f"p/{SESSION}/subagents/agent-a.jsonl": jsonl(*talk(2, "a")),
    f"p/{SESSION}/subagents/agent-b.jsonl": jsonl(*talk(1, "b"), b"{broken"),
    "logs/older.jsonl": jsonl(*talk(1)),
    "logs/x.jsonl": jsonl(*rewound("x")),
    "logs/y.jsonl": jsonl(*rewound("y")),
    "logs/xy.jsonl": jsonl(*merged()),
    "logs/y-again.jsonl.zst": zstd.compress(jsonl(*rewound("y"))),
    "chat/a.jsonl": jsonl(chat("r1", "one", "two", reward=1.0), chat(None, "three"), b"not a record", chat("r2", "x")),
    "chat/b.jsonl": jsonl(chat("r1", "one", reward=0.0), chat(None, "three"), chat("r2", "Error: no such file")),
    "chat/unknown.txt": b"nothing",
    f"2026/03/01/rollout-1-{THREAD}.jsonl": jsonl(*rollout(THREAD, 0, "ABCD")),
    f"2026/03/02/rollout-2-{THREAD}.jsonl": jsonl(
        *rollout(THREAD, 3, "EF", history_base={"thread_id": THREAD, "end_ordinal_exclusive": 3})
    ),
}  # fmt: skip


def put(folder: Path, name: str) -> Path:
    file = folder / "in" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(FILES[name])
    return file


def facts(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in the store and the lake, without versions that another one holds."""
    with store.of(project).read() as connection:
        found = {name: connection.execute(f"select {what} from {name}").fetchall() for name, what in TABLES.items()}
    found["trajectories"] = [row for row in found["trajectories"] if row[2] or row[3]]
    standing = [row[:2] for row in found["trajectories"]]
    with duckdb.connect() as connection:
        parts = [str(lake.files(project, part).steps) for part in lake.parts(project)]
        rows = connection.execute("select * exclude (source_index, file) from read_parquet(?)", [parts]).fetchall()
    found["steps"] = [row for row in rows if row[:2] in standing]
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def at_once(names: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), Settings())
        for name in names:
            put(project.root, name)
        collect(project, [project.root / "in"])
        return facts(project)


@st.composite
def nights(draw: st.DrawFn) -> list[list[str]]:
    """Some of the files in some order, a few of them each night."""
    names = draw(st.lists(st.sampled_from(sorted(FILES)), min_size=2, max_size=7, unique=True))
    cuts = draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    found: list[list[str]] = [[]]
    for name, begins in zip(names, cuts, strict=True):
        if begins and found[-1]:
            found.append([])
        found[-1].append(name)
    return found


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=nights(), damage=st.sampled_from([None, None, bad_line, cut(0.6), emptied, deleted]), which=st.integers(0))
def test_files_in_any_order_and_over_any_nights_give_the_same_tables(plan, damage, which):
    names = [name for night in plan for name in night]
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), Settings())
        harmed: Path | None = None
        for number, night in enumerate(plan):
            for name in night:
                put(project.root, name)
            collect(project, [project.root / "in"])
            if harmed:
                put(project.root, str(harmed.relative_to(project.root / "in")))
                harmed = None
            elif damage and number == which % len(plan):
                harmed = project.root / "in" / names[which % sum(map(len, plan[: number + 1]))]
                damage(harmed)
        collect(project, [project.root / "in"])
        if harmed:
            put(project.root, str(harmed.relative_to(project.root / "in")))
            collect(project, [project.root / "in"])
        assert facts(project) == at_once(names)


EPISODES = "select * exclude (part) from episodes order by all"


@pytest.mark.parametrize("backwards", [False, True])
def test_a_file_a_night_gives_the_same_episodes_as_all_at_once(tmp_path, backwards):
    found = []
    for split in (False, True):
        project = Project(tmp_path / str(split), Settings())
        for name in sorted(FILES, reverse=backwards):
            put(project.root, name)
            if split:
                collect(project, [project.root / "in"])
                tag(project)
        collect(project, [project.root / "in"])
        tag(project)
        with store.of(project).read() as connection:
            current = "where (trajectory_id, version) in (select trajectory_id, version from trajectories"
            query = EPISODES.replace("order by", f"{current} where is_current) order by")
            found.append(connection.execute(query).fetchall())
    assert found[0]
    assert found[0] == found[1]


SAID = st.lists(st.integers(1, 3), max_size=4)


def version(number: int, said: list[int], ended: int | None) -> Version:
    """A version of one run, of so many steps as were said in it."""
    steps = max(1, len(said))
    chain = b"".join(hash((number, place)).to_bytes(8, "big", signed=True) for place in range(steps))
    head = Head("run", chain[-8:].hex(), steps, chain, said, "s", "p", 0, "f", ended, True, None, 0)
    return Version("run", head.version, steps, "s", "p", 0, 1, ended, current=False, head=head)


@settings(max_examples=300, deadline=None)
@given(given=st.lists(st.tuples(SAID, st.none() | st.integers(0, 2)), min_size=1, max_size=6), data=st.data())
def test_which_versions_stand_does_not_depend_on_the_order(given, data):
    """Those stand that no other holds; one that holds two which contradict each other ends their conflict."""
    found = []
    for order in (list(range(len(given))), data.draw(st.permutations(range(len(given))))):
        versions = {number: version(number, *given[number]) for number in order}
        merge = Merge(Project(Path(), Settings()), {"run": []}, {}, set(), Collected())
        for each in versions.values():
            merge.known["run"].append(each)
            merge.decide(each)
        found.append([(versions[n].current, versions[n].conflict) for n in range(len(given))])
        standing = [v for v in versions.values() if v.current or v.conflict]
        assert not any(one.holds(other) for one in standing for other in standing if one is not other)
        assert all(any(one.holds(v) for one in standing) for v in versions.values())
        assert [v.conflict for v in standing] == [len(standing) > 1] * len(standing)
        assert sum(v.current for v in standing) == 1
    assert found[0] == found[1]
