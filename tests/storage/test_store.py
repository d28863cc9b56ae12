"""The store lets one process in at a time, and keeps whole transactions only."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

from reroute.errors import StoreBusy, StoreError
from reroute.storage import store

INSERT = "insert into alarms values ('a', 'collect', 's', 'm', now(), null)"


def test_a_store_that_does_not_exist_yet_reads_as_empty_and_is_not_made(project):
    with store.of(project).read() as connection:
        assert connection.execute("from parts").fetchall() == []
    assert not project.store_path.exists()


def test_a_block_that_raises_leaves_nothing_behind(project):
    with pytest.raises(duckdb.CatalogException), store.of(project).write() as connection:
        connection.execute(f"{INSERT}; from nowhere")
    with store.of(project).read() as connection:
        assert connection.execute("from alarms").fetchall() == []


def test_a_store_held_by_another_process_is_busy_and_the_error_names_the_holder(tmp_path):
    path = tmp_path / "reroute.duckdb"
    hold = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold, str(path)], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(StoreBusy, match=f"process {other.pid}"), store.Store(path, wait_seconds=0.2).write():
            pass
        other.kill()
    with store.Store(path, wait_seconds=5).write() as connection:
        connection.execute(INSERT)


def test_a_file_that_is_no_store_stops_at_once(tmp_path):
    path = tmp_path / "reroute.duckdb"
    path.write_text("something else " * 1000)
    with pytest.raises(StoreError, match=r"it is damaged .* `reroute rebuild`"), store.Store(path).write():
        pass


def test_a_store_made_by_a_newer_reroute_is_refused(project):
    with store.of(project).write() as connection:
        connection.execute("insert into migrations values ('0999_future.sql', now())")
    with pytest.raises(StoreError, match="newer Reroute"), store.of(project).read():
        pass


def test_reading_changes_no_byte(project):
    with store.of(project).write() as connection:
        connection.execute(INSERT)
    before = project.store_path.read_bytes()
    with store.of(project).read() as connection:
        connection.execute("from alarms").fetchall()
    assert project.store_path.read_bytes() == before


def test_the_strongest_source_of_an_outcome_wins(project):
    with store.of(project).write() as connection:
        for source, outcome in [("declared", "pass"), ("verifier", "fail"), ("human", "pass")]:
            connection.execute("insert into outcomes values ('t', ?, null, ?, null, now())", [outcome, source])
        (found,) = connection.execute("select outcome, source from strongest_outcomes").fetchall()
    assert found == ("fail", "verifier")


def test_a_store_whose_disk_is_full_ends_with_a_clear_error(tmp_path):
    program = (
        "import resource, sys; from pathlib import Path; from reroute.storage.store import Store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "with Store(Path(sys.argv[1])).write() as c: c.execute(\n"
        "    'insert into alarms select i::text, md5(i::text), md5((i+1)::text), md5((i+2)::text), now(), null'\n"
        "    ' from range(100000) t(i)')"
    )
    path = tmp_path / "reroute.duckdb"
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "StoreError" in done.stderr
    with store.Store(path).read() as connection:
        assert connection.execute("from alarms").fetchall() == []


def test_quoting_keeps_names_and_texts_whole():
    from reroute.storage.publish import literal, quoted

    name, text = quoted('a"b'), literal("it's")
    with duckdb.connect() as connection:
        connection.execute(f"create table {name} as select {text} as x")
        assert connection.execute(f"select x from {name}").fetchall() == [("it's",)]
