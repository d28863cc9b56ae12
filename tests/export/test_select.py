from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reroute.export import dialects
from reroute.export.draft import side
from reroute.export.recipe import Recipe, Selection
from reroute.export.selection import duplicates, select


def recipe(**changed) -> Recipe:
    chosen = changed.pop("select", {})
    return Recipe(**{"name": "r", "method": "sft", "target": 20, "select": Selection(**chosen)} | changed)


def choose(rows, plan, clash=lambda *_: False):
    return select.choose(select.in_order(rows, plan.seed), plan, clash)


def test_tier_a_comes_before_b(rows):
    pool = [rows(n, tier="B" if n < 30 else "A") for n in range(40)]
    taken, _ = choose(pool, recipe(target=10))
    assert {row.candidate.recovery.tier for row in taken} == {"A"}


@pytest.mark.parametrize(("kinds", "most"), [(1, 20), (2, 10), (3, 8), (4, 5), (6, 5)])
def test_a_kind_fills_no_more_than_its_share(rows, kinds, most):
    pool = [rows(n, kind=f"k{min(n, kinds - 1)}") for n in range(80)]
    taken, _ = choose(pool, recipe())
    assert max(Counter(row.candidate.recovery.kind for row in taken).values()) <= most


def test_a_task_gives_two_rows_and_an_error_three(rows):
    of_task = choose([rows(n, task="same") for n in range(9)], recipe())[0]
    of_error = choose([rows(n, template="same") for n in range(9)], recipe())[0]
    assert (len(of_task), len(of_error)) == (2, 3)


def test_failing_environments_fill_a_tenth(rows):
    taken, drops = choose([rows(n, cause="environment") for n in range(30)], recipe())
    assert (len(taken), {drop.rule for drop in drops}) == (2, {"cap_environment"})


def test_what_is_not_covered_yet_comes_first(rows):
    pool = [rows(n, task="group-a") for n in range(10)] + [rows(99, task="group-b")]
    taken, _ = choose(pool, recipe(target=2))
    assert {row.candidate.run.task for row in taken} == {"files/group-a", "files/group-b"}


def test_clean_runs_fill_their_share_of_what_there_is(rows):
    pool = [rows(n) for n in range(7)] + [rows(100 + n, kind=None) for n in range(50)]
    taken, _ = choose(pool, recipe(select={"clean_share": 0.3}))
    assert sum(row.candidate.recovery is None for row in taken) == 3


def test_a_row_that_a_grader_cannot_tell_from_another_is_left_out(rows):
    _, drops = choose([rows(1), rows(2)], recipe(), lambda *_: True)
    assert [drop.rule for drop in drops] == ["reference_not_distinct"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(order=st.permutations(range(30)))
def test_the_order_of_the_candidates_does_not_matter(rows, order):
    plan = recipe()
    expected = [row.row_id for row in choose([rows(n) for n in range(30)], plan)[0]]
    assert [row.row_id for row in choose([rows(n) for n in order], plan)[0]] == expected


def test_every_row_is_taken_or_dropped_once(rows):
    pool = [rows(n, kind=f"k{n % 5}", task=f"t{n % 20}") for n in range(60)]
    taken, drops = choose(pool, recipe())
    assert sorted([row.candidate.id for row in taken] + [d.candidate for d in drops]) == [f"e{n:04}" for n in range(60)]


def test_the_same_text_twice_is_one_row_and_so_is_nearly_the_same(rows):
    words = [f"word{n}" for n in range(200)]
    pool = [
        rows(1, text=" ".join(words)),
        rows(2, text=" ".join(words)),
        rows(3, text=" ".join([*words, "more"])),
        rows(4),
    ]
    unique, drops = duplicates.without_duplicates(pool, 0.85, dialects.named("openai"))
    assert ([row.candidate.id for row in unique], [d.rule for d in drops]) == (
        ["e0001", "e0004"],
        ["duplicate", "near_duplicate"],
    )


@given(st.sets(st.text(min_size=1), max_size=50), st.text(min_size=1))
def test_a_group_keeps_its_side_when_data_grows(groups, new):
    before = {group: side(group, 0, 0.2) for group in groups}
    after = {group: side(group, 0, 0.2) for group in groups | {new}}
    assert before.items() <= after.items()


def test_about_the_asked_share_of_groups_validates():
    sides = Counter(side(f"group {n}", 0, 0.2) for n in range(5000))
    assert 0.18 < sides["validation"] / 5000 < 0.22
