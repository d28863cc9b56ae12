"""The published copy: as the store is, read-only, and the same bytes where nothing is new."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from reroute.collect import collect
from reroute.errors import UsageError
from reroute.operate.status import status
from reroute.storage import publish, queries, store
from reroute.storage.lake import integrity
from reroute.terminal import answer
from reroute.terminal import project as screens
from reroute.terminal.output import put


def test_the_copy_has_every_table_and_the_lakes_steps(project, tmp_path, make, write):
    collect(project, [write(tmp_path / "a.jsonl", make("r1", "one"))])
    assert queries.ask(project, "select run_id, steps from trajectories").rows == [("r1", 3)]
    assert queries.ask(project, "select count(*), count(distinct version) from steps").rows == [(3, 1)]
    assert queries.ask(project, "from strongest_outcomes").rows == []


def test_publishing_again_changes_no_byte_even_if_the_stores_file_was_touched(project, tmp_path, make, write, contents):
    collect(project, [write(tmp_path / "a.jsonl", make("r1", "one"))])
    before = contents(project.published)
    assert not publish.publish(project).changed
    assert contents(project.published) == before


def test_two_copies_are_kept(project, tmp_path, make, write):
    for number in range(4):
        collect(project, [write(tmp_path / "a.jsonl", *[make(f"r{n}", "one") for n in range(number + 1)])])
    assert len([path for path in project.published.iterdir() if path.is_dir()]) == 2
    assert queries.ask(project, "select count(*) from trajectories").rows == [(4,)]


def test_an_older_copy_that_comes_back_is_current_again(project, tmp_path, make, write):
    collect(project, [write(tmp_path / "a.jsonl", make("r1", "one"))])
    first = publish.current(project)
    with store.of(project).write() as connection:
        connection.execute("insert into alarms values ('a', 's', 's', 'm', timestamptz '2026-01-01', null)")
    publish.publish(project)
    with store.of(project).write() as connection:
        connection.execute("delete from alarms")
    assert publish.publish(project).folder == first


def test_a_query_reads_nothing_but_the_copy_and_the_lake(project, tmp_path, make, write):
    collect(project, [write(tmp_path / "a.jsonl", make("r1", "one"))])
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    for query in (
        f"from read_csv('{tmp_path}/secret.csv')",
        f"copy (select 1) to '{tmp_path}/out.csv'",
        f"attach '{project.store_path}' as other",
        "set enable_external_access = true",
        "install httpfs",
    ):
        with pytest.raises(UsageError, match="Running the query"):
            queries.ask(project, query)
    assert not (tmp_path / "out.csv").exists()


def test_a_query_before_anything_is_published_says_what_to_run(project):
    with pytest.raises(UsageError, match="Run `reroute collect` first"):
        queries.ask(project, "select 1")


def test_an_answer_is_shown_without_terminal_codes(project, tmp_path, make, write):
    collect(project, [write(tmp_path / "a.jsonl", make("r1", "one", task="\x1b[31mred\x1b[0m\nnext"))])
    found = queries.ask(project, "select task, steps from trajectories")
    assert answer.table(found).splitlines() == ["task      steps", "--------  -----", "red next  3", "(1 rows)"]
    assert '"steps": 3' in answer.json(found)
    assert answer.csv(found).splitlines()[-1] == 'next",3'


def test_status_says_what_is_there(project, tmp_path, make, write, capsys):
    collect(project, [write(tmp_path / "a.jsonl", make("r1", "one"), '{"messages": 5}')])
    found = status(project)
    assert (found.figures.runs, found.figures.steps, found.figures.quarantined) == (1, 3, 1)
    assert found.formats == {"openai-chat": 1}
    put([screens.status(found)])
    shown = capsys.readouterr().out
    assert "1 parts not tagged yet" in shown
    assert "ALARM" in shown


def test_parts_that_lack_a_younger_column_are_read_beside_others(project, tmp_path, make, write, monkeypatch):
    monkeypatch.setattr(integrity, "_wrong", lambda *_: "")  # the part is made older than it is
    for name in ("one", "two"):
        collect(project, [write(tmp_path / f"{name}.jsonl", make(name, name))])
    part = min((project.lake / "steps").glob("*.parquet"))
    pq.write_table(pq.read_table(part).drop_columns(["path_hash", "record_id"]), part)
    found = queries.ask(project, "select count(*), count(path_hash), count(distinct trajectory_id) from steps")
    assert found.rows == [(6, 3, 2)]
