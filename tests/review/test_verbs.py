"""The verbs on a small project, as they are typed."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from reroute.cli import app
from reroute.errors import UsageError
from reroute.settings import Project
from reroute.tag import episodes


def typed(project: Project, *words: str) -> str:
    result = CliRunner().invoke(app, [*words, "-C", str(project.root)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_episodes_lists_them_with_short_ids_and_says_how_many_more(booked: Project) -> None:
    text = typed(booked, "episodes", "--limit", "3")
    assert text.count("book_flight was refused (payment amount") == 3
    assert "5 more; --limit 0 lists all" in text


def test_episodes_are_filtered_by_kind_outcome_tier_and_format(booked: Project) -> None:
    wanted = ["--kind", "rejected", "--outcome", "repair", "--tier", "A", "--format", "chat"]
    assert typed(booked, "episodes", *wanted).count("#") == 8
    assert "No episodes like that" in typed(booked, "episodes", "--tier", "C")


def test_episodes_as_json_are_a_line_each(booked: Project) -> None:
    lines = typed(booked, "episodes", "--json").splitlines()
    assert [json.loads(line)["episode"]["tier"] for line in lines] == ["A"] * 8


def test_show_takes_an_episode_or_a_trajectory_by_the_beginning_of_its_id(booked: Project) -> None:
    one = episodes.load(booked)[0]
    by_episode, by_run = typed(booked, "show", one.episode_id[:12]), typed(booked, "show", one.trajectory_id)
    assert by_run.endswith(by_episode)
    assert by_run.startswith(f"{one.trajectory_id[:12]}  it passed (verifier)\n")
    words = " ".join(by_episode.split())
    assert "tier A: recovered, and the run passed" in words
    assert "runs.json record" in words


def test_show_lists_the_candidates_of_an_ambiguous_beginning(booked: Project) -> None:
    ids = [id_ for e in episodes.load(booked) for id_ in (e.episode_id, e.trajectory_id)]
    shared = next(c for c in "0123456789abcdef" if sum(id_.startswith(c) for id_ in ids) > 1)
    with pytest.raises(UsageError, match=r"(?s)ids begin so.*(episode|trajectory) " + shared):
        typed(booked, "show", shared)


def test_show_of_nothing_says_where_to_look(booked: Project) -> None:
    with pytest.raises(UsageError, match="`reroute episodes` lists them"):
        typed(booked, "show", "zzz")


def test_review_is_planned_pushed_and_asked_after(booked: Project) -> None:
    assert "8 of 8 episodes planned (1 of them at random): 8 call.rejected" in typed(booked, "review", "plan")
    assert "8 tasks written to" in typed(booked, "review", "push")
    assert json.loads(typed(booked, "review", "status", "--json"))["waiting"] == 8


def test_review_setup_prints_the_screen_and_practice_the_exercises(project: Project) -> None:
    assert typed(project, "review", "setup").startswith("<View>")
    assert "because  " in typed(project, "review", "practice")
