"""A first look at traces."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reroute.cli import looking
from reroute.errors import UsageError
from reroute.look import Looked, look
from reroute.look.summary import shortest
from reroute.terminal.first_screen import percent, screen
from reroute.terminal.output import put

Session = Callable[..., Path]


def reroute(*arguments: str, cwd: Path, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"HOME": str(home), "PATH": os.environ["PATH"], "TMPDIR": str(cwd), **environment}
    command = [sys.executable, "-c", "from reroute.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=cwd, env=given, capture_output=True, text=True, check=False)


def plain(looked: Looked, columns: int = 100) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        put(screen(looked, looked.summaries(8), "reroute look traces", columns))
    return out.getvalue()


def test_the_first_screen_says_how_much_failed_and_how_it_ended(session: Session, tmp_path: Path) -> None:
    session("one", "look around", "sed fails", "grep finds")
    session("two", "edit unread", "read", "edit")
    (tmp_path / "traces/notes.txt").write_text("nothing of ours")
    text = plain(look([tmp_path / "traces"]))
    assert text.startswith("2 sessions, 2 episodes, 2 recovered, ")
    assert "2 claude-code in 2 files" in text
    assert "sed on a missing path → grep found it" in text
    assert "edit of a.py before reading it → a corrected call went through" in text
    assert "1 file passed by (neither JSON nor lines of JSON): notes.txt" in text


def test_a_folder_without_failures_says_so_and_no_more(session: Session, tmp_path: Path) -> None:
    session("one", "look around", "grep finds")
    text = plain(look([tmp_path / "traces"]))
    assert text.startswith("1 session, 0 episodes, 0 recovered\n")
    assert "most informative" not in text


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "traces").mkdir()
    assert plain(look([tmp_path / "traces"])).startswith("0 sessions, 0 episodes, 0 recovered")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        look([tmp_path / "none"])


def test_records_and_files_that_cannot_be_read_are_counted(session: Session, tmp_path: Path) -> None:
    path = session("one", "sed fails", "grep finds")
    path.write_text(path.read_text() + "{ this is no json\n")
    looked = look([tmp_path / "traces"])
    assert looked.rejected == 1
    assert "1 record could not be read" in plain(looked)


def test_one_episode_is_shown_by_the_beginning_of_its_id(session: Session, tmp_path: Path) -> None:
    session("one", "sed fails", "grep finds")
    looked = look([tmp_path / "traces"])
    (summary,) = looked.summaries(8)
    assert looked.timeline(f"#{summary.short_id}").title == summary.line


def test_an_id_that_several_episodes_share_lists_them(session: Session, tmp_path: Path) -> None:
    for name in ("one", "two"):
        session(name, "sed fails", "grep finds", "look around", "edit unread", task=f"Find the delay of {name}.")
    looked = look([tmp_path / "traces"])
    shared = [replace(episode, episode_id=f"ab{index}" * 4) for index, episode in enumerate(looked.episodes)]
    with pytest.raises(UsageError, match=r"(?s)4 begin like that.*ab0.*sed on a missing path"):
        replace(looked, episodes=shared, short_ids=shortest([e.episode_id for e in shared])).timeline("ab")
    with pytest.raises(UsageError, match="none of the 4 here"):
        looked.timeline("zzz")


def test_the_same_line_is_not_shown_twice(session: Session, tmp_path: Path) -> None:
    for index in range(3):
        session(f"run{index}", *["look around"] * index, "sed fails", "grep finds")
    looked = look([tmp_path / "traces"])
    assert len(looked.firm) == 3
    assert len(looked.summaries(8)) == 1


def test_a_session_read_twice_counts_once_and_the_longer_one(session: Session, tmp_path: Path) -> None:
    long = session("one", "sed fails", "grep finds", "edit unread", "read", "edit")
    copy = long.with_name("older.jsonl")
    copy.write_text("".join(long.read_text().splitlines(keepends=True)[:5]))
    looked = look([tmp_path / "traces"])
    assert (looked.sessions, len(looked.firm)) == (1, 2)


def test_looking_writes_nothing_anywhere(session: Session, tmp_path: Path) -> None:
    session("one", "sed fails", "grep finds")
    home, cwd = tmp_path / "home", tmp_path / "cwd"
    home.mkdir()
    cwd.mkdir()
    before = sorted(tmp_path.rglob("*"))
    result = reroute("look", str(tmp_path / "traces"), cwd=cwd, home=home, PYTHONDONTWRITEBYTECODE="1")
    assert (result.returncode, result.stderr) == (0, "")
    assert "sed on a missing path" in result.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_no_terminal_code_of_a_trace_reaches_the_terminal(session: Session, tmp_path: Path) -> None:
    session("one", "hostile", "grep finds", task="\x1b[2Jlook \u202e")
    shown = reroute("look", str(tmp_path / "traces"), cwd=tmp_path, home=tmp_path, FORCE_COLOR="1").stdout
    coded = reroute("look", "--json", str(tmp_path / "traces"), cwd=tmp_path, home=tmp_path).stdout
    assert "1 session" in shown.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert not {"\x07", "\u202e"} & set(shown + coded)
    assert "\x1b" not in coded
    assert "\x1b]" not in shown
    assert "\x1b[2J" not in shown


def test_json_holds_what_the_screen_says(session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session("one", "sed fails", "grep finds")
    looking.look([tmp_path / "traces"], show=None, limit=8, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["sessions"], answer["episodes"], answer["recovered"]) == (1, 1, 1)
    assert answer["found"][0]["line"] == "sed on a missing path → grep found it"
    assert answer["found"][0]["episode"]["kind"] == "shell.error"


def test_a_screen_that_has_no_arrow_gets_a_question_mark(session: Session, tmp_path: Path) -> None:
    session("one", "sed fails", "grep finds")
    result = reroute("look", str(tmp_path / "traces"), cwd=tmp_path, home=tmp_path, PYTHONIOENCODING="ascii")
    assert "sed on a missing path ? grep found it" in result.stdout


def test_secrets_are_not_shown(session: Session, tmp_path: Path) -> None:
    session("one", "sed fails", "grep finds", task="My address is ann@example.org, find the delay.")
    looked = look([tmp_path / "traces"])
    assert "ann@example.org" not in (looked.timeline(looked.episodes[0].episode_id).origin.task or "")


def test_a_share_is_said_as_people_say_it() -> None:
    assert [percent(share) for share in (0.0, 0.0004, 0.004, 0.04, 0.4)] == [
        "0.0 %",
        "under 0.1 %",
        "0.4 %",
        "4 %",
        "40 %",
    ]


def test_short_ids_are_the_shortest_that_no_other_has() -> None:
    assert shortest(["abc123", "abc199", "fff000"]) == {"abc123": "abc12", "abc199": "abc19", "fff000": "fff"}
    assert shortest([]) == {}


def test_several_processes_find_what_one_finds(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        session(name, "sed fails", "grep finds", "edit unread", "read", "edit")
    alone = look([tmp_path / "traces"])
    monkeypatch.setattr("reroute.collect.in_memory.BATCH_WEIGHT", 1)  # every file is a batch of its own
    together = look([tmp_path / "traces"])
    assert len(together.batches) > 2
    assert together.episodes == alone.episodes
    assert [summary.line for summary in together.summaries(8)] == [summary.line for summary in alone.summaries(8)]
