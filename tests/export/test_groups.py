"""Which side of the split a row stands on, and whether an export is made anew."""

from collections import Counter, defaultdict
from dataclasses import fields, replace

import pytest

from reroute import datasets
from reroute.export import compose, draft, export, gather, recipe
from reroute.export.candidates import Candidate, Recovery, Run
from reroute.export.gates import expectations as gates
from reroute.export.gates import facts as checks

RECIPES = ["recovery-sft", "recovery-rft"]
KINDS = ("call.rejected", "call.invalid", "edit.rejected", "shell.error")
ONE_SIDE = "no task group stands on both sides of the split"


def repository(trajectory_id: str) -> str:
    """The repository of a run, as the fixture made it: four tasks each."""
    return f"repository-{int(trajectory_id[3:]) // 4}"


@pytest.fixture
def repositories(world):
    """Ten repositories of four tasks, one recovery a task."""
    for n in range(40):
        world.booked(
            n, facts={"split_group": repository(f"run{n:04}")}, kind=KINDS[n % 4], error_template=f"template {n}"
        )
    return world.commit()


def made_by(project, name):
    return compose.compose(project, recipe.load(name), gather.candidates(project))


def sides(lines) -> dict[str, Counter[str]]:
    """How many rows of each repository stand on which side."""
    found = defaultdict(Counter)
    for line in lines:
        found[repository(line.row.candidate.run.trajectory_id)][line.split] += 1
    return found


def failed_gates(made) -> list[str]:
    found = checks.refused(made)
    verdict = gates.check("test", checks.frames(made, found), checks.expectations(made), found)
    return [text.split(" (")[0] for text in verdict.failed]


@pytest.mark.parametrize("name", RECIPES)
def test_all_rows_of_a_repository_stand_on_one_side(repositories, name):
    found = sides(made_by(repositories, name).lines)
    assert all(len(counts) == 1 for counts in found.values())
    several = {side for counts in found.values() for side, n in counts.items() if n > 1}
    assert several == {"train", "validation"}


@pytest.mark.parametrize("name", RECIPES)
def test_the_gates_find_a_repository_on_both_sides_and_name_its_rows(repositories, name):
    made = made_by(repositories, name)
    moved = next(line for line in made.lines if line.split == "validation")
    mine = repository(moved.row.candidate.run.trajectory_id)
    assert failed_gates(made) == []
    broken = replace(made, lines=tuple(replace(x, split="train") if x is moved else x for x in made.lines))
    assert failed_gates(broken) == [ONE_SIDE]
    rows = {x.row.row_id for x in made.lines if repository(x.row.candidate.run.trajectory_id) == mine}
    assert {(one.row_id, one.rule) for one in checks.refused(broken)} == {(r, "group_on_both_sides") for r in rows}
    assert all(f'"files/{mine}"' in one.text for one in checks.refused(broken))


def test_a_split_by_row_never_gets_out(repositories, monkeypatch):
    halves = iter(range(1000))
    monkeypatch.setattr(draft, "side", lambda *_: ("train", "validation")[next(halves) % 2])
    assert ONE_SIDE in failed_gates(made_by(repositories, "recovery-sft"))


def rows_of(project, name) -> set[str]:
    return {row.episode["episode_id"] for row in datasets.find(project, name).manifest.rows if row.episode}


@pytest.mark.parametrize("name", RECIPES)
def test_grades_make_an_export_anew(world, name):
    for n in range(12):
        world.booked(n, nominated=n == 3)
    project = world.commit()
    export(project, name)
    assert export(project, name).unchanged
    before = rows_of(project, name)
    world.grade("e0003", "failure", "yes")
    with_it = export(project, name)
    assert (with_it.unchanged, rows_of(project, name) - before) == (False, {"e0003"})
    world.grade("e0004", "keep", "drop")
    without = export(project, name)
    assert (without.unchanged, before - rows_of(project, name)) == (False, {"e0004"})


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, one.name) for kind in (Run, Recovery) for one in fields(kind)],
)
def test_the_fingerprint_is_of_everything_that_is_known(kind, name):
    run = Run("run0001", "v", "p", "files", "f", "openai-chat", 0)
    recovery = Recovery("e", "k", "recovered_fix", "agent", "A", "agent_initiated", "main", 2, 3, 6, is_failure=False)
    known = run if kind is Run else recovery
    value = getattr(known, name)
    other = {tuple: ("g",), frozenset: frozenset({7}), str: "other", int: 99, bool: True}.get(type(value), "other")
    changed = replace(known, **{name: other})
    one, two = (Candidate(x, recovery) if kind is Run else Candidate(run, x) for x in (known, changed))
    assert gather.fingerprint([one]) != gather.fingerprint([two])
