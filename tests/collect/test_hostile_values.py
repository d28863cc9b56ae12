"""Values that no clock, count or cost can have go the whole way and stop nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from reroute.collect import collect
from reroute.look import look
from reroute.settings import Project
from reroute.tag.tagging import tag

sys.path.append(str(Path(__file__).parents[1] / "formats"))
from hostile_values import VALUES, write_all


def test_every_odd_value_in_every_sample_is_looked_at(tmp_path: Path) -> None:
    write_all(tmp_path / "in")
    looked = look([tmp_path / "in"])
    assert looked.sessions > len(VALUES)
    assert [looked.timeline(episode.episode_id) for episode in looked.episodes]
    assert not [problem for problem in looked.problems if "the reader broke" in problem]


def test_every_odd_value_in_every_sample_is_collected_and_tagged(project: Project, tmp_path: Path, ask) -> None:
    write_all(tmp_path / "in")
    done = collect(project, [tmp_path / "in"])
    tag(project)
    assert done.problems == []
    assert not ask(project, "from quarantine where reason like 'the reader broke%'")
    assert ask(project, "select count(*) from episodes")[0][0] > len(VALUES)
    assert not ask(project, "from trajectories where started_at < '2000-01-01' or input_tokens < 0 or cost_usd < 0")
