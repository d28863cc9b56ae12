"""Which episodes people are asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from reroute.episode import Episode
from reroute.review.plan import choose, task_id, value

Make = Callable[..., Episode]


def reasons(chosen: list) -> Counter[str]:
    return Counter(choice.reason for choice in chosen)


def test_a_tenth_of_the_budget_is_random_and_weighs_what_it_stands_for(episode: Make) -> None:
    chosen = choose([episode(i) for i in range(200)], 50, 0.10, seed=0)
    assert reasons(chosen) == {"random": 5, "ambiguous": 45}
    queue = {f"e{i:04}" for i in range(45)}
    for choice in chosen:
        drawn_only = choice.reason == "random" and choice.episode.episode_id not in queue
        assert choice.weight == (40.0 if drawn_only else 1.0)


def test_the_doubtful_come_before_the_sure(episode: Make) -> None:
    sure, doubtful = [episode(i, score=0.95) for i in range(50)], [episode(i, score=0.5) for i in range(50, 60)]
    chosen = choose(sure + doubtful, 10, 0.0, seed=0)
    assert {choice.episode.score for choice in chosen} == {0.5}


def test_a_nomination_is_doubtful_whatever_its_score(episode: Make) -> None:
    of_kind = Counter({"shell.error": 1})
    assert value(episode(1, nominated=True, score=0.05), of_kind) > value(episode(2, score=0.9), of_kind)


def test_what_enters_an_export_is_worth_more(episode: Make) -> None:
    of_kind = Counter({"shell.error": 1})
    assert (
        value(episode(1, tier="A"), of_kind)
        > value(episode(2, tier="C"), of_kind)
        > value(episode(3, tier=None), of_kind)
    )


def test_a_rare_kind_is_worth_more(episode: Make) -> None:
    of_kind = Counter({"shell.error": 100, "auth.denied": 1})
    assert value(episode(1, kind="auth.denied"), of_kind) > value(episode(2), of_kind)


def test_nothing_is_chosen_twice_and_never_more_than_there_is(episode: Make) -> None:
    chosen = choose([episode(i) for i in range(7)], 50, 0.10, seed=0)
    assert len({choice.episode.episode_id for choice in chosen}) == len(chosen) == 7


def test_the_same_episodes_in_another_order_give_the_same_choice(episode: Make) -> None:
    found = [episode(i) for i in range(40)]
    assert choose(found, 10, 0.2, seed=3) == choose(found[::-1], 10, 0.2, seed=3)


def test_another_seed_draws_another_random_share(episode: Make) -> None:
    found = [episode(i) for i in range(100)]
    drawn = [{c.episode.episode_id for c in choose(found, 20, 1.0, seed)} for seed in (0, 1)]
    assert drawn[0] != drawn[1]


def test_no_episodes_and_no_budget_choose_nothing(episode: Make) -> None:
    assert choose([], 50, 0.1, 0) == choose([episode(1)], 0, 0.1, 0) == []


def test_an_episode_has_the_same_task_whatever_rules_call_it(episode: Make) -> None:
    assert task_id(episode(1)) == task_id(episode(1, outcome="looped", episode_id="other"))
