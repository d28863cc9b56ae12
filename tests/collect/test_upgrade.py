"""A store whose parts are older than the hashes of contents: they are written anew when their files are read again."""

from __future__ import annotations

import pyarrow.parquet as pq

from reroute.collect import collect
from reroute.storage import lake, store
from reroute.storage.lake import integrity

NEWER = ["content_hash", "path_hash", "file", "record_id", "forked_at", "ends_call"]


def messages(count, *, since=0):
    """A session of some messages; its copies begin later."""
    said = [f"{('Ask', 'Answer')[n % 2]} {n}" for n in range(count)]
    return [
        {
            "type": ("user", "assistant")[n % 2], "uuid": f"u{n}", "sessionId": "same", "requestId": f"r{n}",
            "message": {"role": ("user", "assistant")[n % 2], "id": f"m{n}", "content": text},
        }
        for n, text in enumerate(said)
        if n >= since
    ]  # fmt: skip


def test_old_parts_are_written_anew_and_conflicts_that_are_none_end(project, tmp_path, write, ask, monkeypatch):
    whole = write(tmp_path / "whole.jsonl", *messages(6))
    copy = write(tmp_path / "copy.jsonl", *messages(6, since=2))
    for file in (whole, copy):
        collect(project, [file])
    monkeypatch.setattr(integrity, "_wrong", lambda *_: "")  # the parts are made older than they are
    for part in lake.parts(project):
        path = lake.files(project, part).steps
        pq.write_table(pq.read_table(path).drop_columns(NEWER), path)
    with store.of(project).write() as connection:
        connection.execute("update parts set schema_version = 1")
        connection.execute("update trajectories set conflict = true, reader_version = 2")
        connection.execute("update files set reader_version = 2")
    collect(project, [whole, copy])
    assert ask(project, "select schema_version from parts group by all") == [(2,)]
    assert ask(project, "select path from trajectories where is_current") == [("whole.jsonl",)]
    assert ask(project, "select count(*) from trajectories where conflict") == [(0,)]
    hashes = [pq.read_table(lake.files(project, part).steps)["content_hash"] for part in lake.parts(project)]
    assert sum(column.null_count for column in hashes) == 0
