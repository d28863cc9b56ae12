"""The journal says what the store holds, whatever moment a process is killed at."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reroute.collect import collect
from reroute.errors import StoreDamaged, StoreError
from reroute.settings import Project, Settings
from reroute.storage import journal, store

ROOT = Path(__file__).parents[2]
RUN = '{"id": "r%d", "messages": [{"role": "user", "content": "find it"}]}\n'


def alarm(project, key, message, *, fails=False):
    with store.of(project).write() as connection:
        connection.execute("insert or replace into alarms values (?, 's', 's', ?, '2026-01-01', null)", [key, message])
        journal.note(project, connection, {"alarms": [(key,)]})
        if fails:
            raise RuntimeError


def held(project):
    with store.of(project).read() as connection:
        return {name: journal.rows_of(connection, name) for name in journal.KEYS if name != "trajectories"}


def said(project):
    tables = journal.replay(project).tables
    return {name: {k: r for k, r in tables[name].items() if r} for name in journal.KEYS if name != "trajectories"}


def test_the_journal_says_what_the_store_holds(project, tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_text(RUN % 1)
    collect(project, [source])
    source.write_text(RUN % 1 + RUN % 2 + '{"messages": 5}\n')
    collect(project, [source])
    assert said(project) == held(project)
    assert journal.replay(project).complete


def test_a_transaction_that_failed_is_cut_off_by_the_next(project):
    alarm(project, "a", "first")
    with pytest.raises(RuntimeError):
        alarm(project, "b", "never", fails=True)
    alarm(project, "c", "third")
    assert said(project) == held(project)
    assert said(project)["alarms"].keys() == {("a",), ("c",)}


def test_the_very_first_transaction_may_fail(project):
    with pytest.raises(RuntimeError):
        alarm(project, "a", "never", fails=True)
    alarm(project, "b", "second")
    assert said(project)["alarms"].keys() == {("b",)}


def test_killed_between_journal_and_commit_the_store_decides(project):
    program = (
        "import os, signal, sys; from pathlib import Path; from reroute.storage import journal, store\n"
        "from reroute.settings import Project, Settings\n"
        "project = Project(Path(sys.argv[1]), Settings())\n"
        "with store.of(project).write() as connection:\n"
        "    connection.execute(\"insert into alarms values ('k', 's', 's', 'm', now(), null)\")\n"
        "    journal.note(project, connection, {'alarms': [('k',)]})\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    alarm(project, "a", "first")
    done = subprocess.run([sys.executable, "-c", program, str(project.root)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert b'"k"' in project.journal.read_bytes()
    alarm(project, "b", "second")
    assert said(project) == held(project)
    assert said(project)["alarms"].keys() == {("a",), ("b",)}


def test_a_journal_that_was_removed_or_cut_begins_anew(project):
    alarm(project, "a", "first")
    project.journal.unlink()
    alarm(project, "b", "second")
    assert said(project) == held(project)
    os.truncate(project.journal, 50)
    alarm(project, "c", "third")
    assert said(project) == held(project)


def test_a_store_without_a_journal_begins_one_with_all_it_has(project):
    with store.of(project).write() as connection:
        connection.execute("insert into alarms values ('old', 's', 's', 'm', now(), null)")
    alarm(project, "new", "m")
    assert said(project)["alarms"].keys() == {("old",), ("new",)}


def test_a_store_that_is_older_than_its_journal_is_refused(project):
    alarm(project, "a", "first")
    older = project.store_path.read_bytes()
    alarm(project, "b", "second")
    alarm(project, "c", "third")
    project.store_path.write_bytes(older)
    with pytest.raises(StoreDamaged, match=r"2 transactions in it are not in the store .* `reroute rebuild`"):
        alarm(project, "d", "fourth")
    with pytest.raises(StoreDamaged, match="which is older"):
        collect(project, [Path(__file__)])


def test_a_disk_that_is_full_stops_the_transaction(project, monkeypatch):
    alarm(project, "a", "first")

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match=r"No space left on device\. Nothing of this step was kept"):
            alarm(project, "b", "second")
    alarm(project, "c", "third")
    assert said(project) == held(project)


def test_a_line_that_a_crash_cut_is_passed_over_and_any_other_damage_is_seen(project):
    alarm(project, "a", "first")
    alarm(project, "b", "second")
    whole = project.journal.read_bytes()
    first = whole.index(b"\n") + 1
    for end in (first + 1, len(whole) - 2):
        project.journal.write_bytes(whole[:end])
        assert said(project)["alarms"].keys() == {("a",)}
        assert journal.replay(project).complete
    for at in range(first + 5, len(whole) - 1, 7):
        changed = bytearray(whole)
        changed[at] ^= 1
        project.journal.write_bytes(changed)
        replayed = journal.replay(project)
        assert (replayed.complete, bool(replayed.unreadable)) == (False, True)


STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.text(max_size=8), st.sampled_from(["done", "failed", "forgotten"])), max_size=6
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_the_last_word_is_the_stores(tmp_path_factory, steps):
    project = Project(tmp_path_factory.mktemp("any"), Settings())
    for key, message, what in steps:
        if what == "failed":
            with pytest.raises(RuntimeError):
                alarm(project, key, message.replace("\0", ""), fails=True)
        elif what == "done":
            alarm(project, key, message.replace("\0", ""))
        else:
            with store.of(project).write() as connection:
                connection.execute("delete from alarms where alarm_id = ?", [key])
                journal.note(project, connection, {"alarms": [(key,)]})
    with store.of(project).read() as connection:
        journal.trim(project, connection)
    assert said(project) == held(project)


def test_whoever_writes_a_table_of_the_journal_notes_it():
    tables = "|".join(journal.KEYS)
    writes = re.compile(rf"\b(?:insert (?:or \w+ )?into|update|delete from) (?:{tables})\b")
    modules = [path for path in (ROOT / "src").rglob("*.py") if writes.search(path.read_text("utf-8"))]
    silent = [path for path in modules if "journal" not in path.read_text("utf-8")]
    known = {
        "collect/rows.py",  # collect/commit.py notes what it writes
        "lake/__init__.py",  # as above, and collect/reconcile.py
    }
    assert {path.relative_to(ROOT / "src/reroute").as_posix() for path in silent} <= known
    assert len(modules) > 5
