"""A trajectory's end, from collected runs to the terminal."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from reroute.cli import looking
from reroute.collect import collect
from reroute.errors import UsageError
from reroute.look import lookup
from reroute.settings import Project, Settings
from reroute.storage import store
from reroute.tag import endings
from reroute.tag.endings import Ending
from reroute.tag.tagging import tag
from reroute.terminal.episode import ending_lines

REFUSED = "Error: payment method not found"


def _run(task: int, reward: float | None, *results: str) -> dict[str, object]:
    messages: list[dict[str, object]] = [{"role": "user", "content": f"Book a flight, wish {task}."}]
    for number, result in enumerate(results):
        arguments = json.dumps({"flight": "HAT100", "payment_id": f"card_{number}"})
        call = {"id": f"c{number}", "type": "function", "function": {"name": "book_flight", "arguments": arguments}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "name": "book_flight", "content": result})
    said = {} if reward is None else {"reward": reward}
    return {"task_id": task, "traj": [*messages, {"role": "user", "content": f"Bye, {task}."}]} | said


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Runs that failed and stayed open, failed without a sign, recovered and failed, passed, and were never judged."""
    project = Project(tmp_path_factory.mktemp("endings"), Settings())
    booked = '{"reservation_id": "R1"}'
    runs = [
        _run(0, 0.0, REFUSED, REFUSED),
        _run(1, 0.0, booked),
        _run(2, 0.0, REFUSED, booked),
        _run(3, 1.0, REFUSED),
        _run(4, None, REFUSED),
    ]
    file = project.root / "runs.json"
    file.write_text(json.dumps(runs))
    collect(project, [file], progress=False)
    tag(project)
    return project


def _ending(project: Project, task: int) -> Ending:
    with store.of(project).read() as connection:
        query = "select trajectory_id from trajectories where task like ?"
        (name,) = connection.execute(query, [f"%wish {task}.%"]).fetchall()[0]
    return endings.ending(project, name)


def _printed(ending: Ending) -> str:
    out = StringIO()
    console = Console(file=out, markup=False, soft_wrap=True)
    for line in ending_lines(ending, 100):
        console.print(line)
    return out.getvalue()


def test_a_failed_run_is_suspected_at_its_first_open_failure(tagged: Project) -> None:
    ending = _ending(tagged, 0)
    text = _printed(ending).replace(ending.trajectory_id[:12], "ID").replace(ending.suspects[0].episode_id[:8], "EP")
    assert text == (
        "ID  it failed (verifier)\n"
        "where it went wrong, most likely first\n"
        "   1.  step 1 · score 0.90 · #EP\n"
        "       book_flight: well-formed and refused by state or rule (call.rejected), never recovered \n"
        "       (ended); seen: Error: payment method not found\n"
        "score: an order of what the rules suspect, from 0 to 1; not a probability. Most silent failures are unseen\n"
    )


def test_a_failure_that_left_no_sign_is_said_to_be_unseen(tagged: Project) -> None:
    ending = _ending(tagged, 1)
    assert [(suspect.ground, suspect.episode_id) for suspect in ending.suspects] == [("unseen", None)]
    assert "no sign of a failure was found" in _printed(ending)


def test_what_recovered_is_suspected_last_and_only_where_the_run_failed(tagged: Project) -> None:
    assert [(s.ground, s.score) for s in _ending(tagged, 2).suspects] == [("recovered", 0.1)]


def test_a_run_that_passed_has_no_critical_step(tagged: Project) -> None:
    ending = _ending(tagged, 3)
    assert (ending.outcome, ending.suspects) == ("pass", ())
    assert _printed(ending).splitlines() == [f"{ending.trajectory_id[:12]}  it passed (verifier)"]


def test_where_nobody_said_how_it_ended_that_is_said_and_nothing_else(tagged: Project) -> None:
    ending = _ending(tagged, 4)
    assert ending.outcome is None
    assert [suspect.ground for suspect in ending.suspects] == ["open"]
    assert _printed(ending).splitlines()[0] == f"{ending.trajectory_id[:12]}  nobody said how it ended"


def test_a_trajectory_shows_its_end_and_then_its_episodes(tagged: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ending = _ending(tagged, 0)
    looking.show(ending.trajectory_id, as_json=True, project=tagged.root)
    first, *others = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["suspects"][0] == {
        "rank": 1, "step": 1, "episode_id": ending.suspects[0].episode_id, "ground": "open",
        "reason": ending.suspects[0].reason, "score": 0.9,
    }  # fmt: skip
    assert [each["episode"]["trajectory_id"] for each in others] == [ending.trajectory_id]


def test_an_episode_is_shown_alone(tagged: Project) -> None:
    assert lookup.named(tagged, _ending(tagged, 0).suspects[0].episode_id).ending is None


def test_a_trajectory_without_episodes_is_shown_too(tagged: Project) -> None:
    named = lookup.named(tagged, _ending(tagged, 1).trajectory_id)
    assert named.ending is not None
    assert list(named.timelines) == []


def test_an_id_that_is_not_there_is_refused(tagged: Project) -> None:
    with pytest.raises(UsageError, match="no episode's or trajectory's id begins so"):
        lookup.named(tagged, "zzzz")
