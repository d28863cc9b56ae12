"""Bad records are data: quarantined with file, position and reason; the run goes on."""

from __future__ import annotations

import pytest

from reroute.collect import collect, quarantine
from reroute.errors import PartialFailure, UsageError
from reroute.settings import CollectSettings, Project, Settings
from reroute.terminal.collected import summary

MANY = 40


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ('{"messages": [{"role": "user", "content"', "truncated"),
        (b'{"messages": [{"role": "user", "content": "\xff\xfe"}]}', ""),
        ('{"messages": [{"role": "user", "content": "a"}], "reward": NaN}', "NaN"),
        ('{"messages": 5}', "wrong type"),
        ('{"messages": [{"role": "user", "content": ' + "[" * 10_000 + "]" * 10_000 + "}]}", "deep"),
        ('{"messages": [{"role": "user", "content": "' + "x" * 1_100_000 + '"}]}', "over the cap"),
    ],
    ids=["truncated", "not UTF-8", "NaN", "wrong type", "nested too deeply", "over the cap"],
)
def test_a_bad_record_is_quarantined_and_the_others_are_read(tmp_path, make, write, record, reason):
    project = Project(tmp_path, Settings(collect=CollectSettings(record_cap_mb=1)))
    file = write(tmp_path / "a.jsonl", *[make(f"r{n}", "x") for n in range(MANY)], record, make("last", "y"))
    done = collect(project, [file])
    (found,) = quarantine.listed(project)
    assert (done.new, done.quarantined, done.new_quarantined) == (MANY + 1, 1, 1)
    assert (found.path, found.source_index) == ("a.jsonl", MANY)
    assert file.read_bytes()[found.byte_offset :][:12] == b'{"messages":'
    assert reason in found.reason
    assert found.raw is None
    done.check()


def test_a_truncated_last_line_is_read_once_it_is_whole(project, tmp_path, make, write):
    file = write(tmp_path / "a.jsonl", *[make(f"r{n}") for n in range(MANY)])
    text = file.read_bytes()
    file.write_bytes(text[:-20])
    assert collect(project, [file]).quarantined == 1
    file.write_bytes(text)
    assert collect(project, [file]).new == 1
    assert quarantine.listed(project) == []


def test_files_of_no_known_format_are_named_and_are_no_error(project, tmp_path, write):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/empty.json").touch()
    (tmp_path / "in/binary.bin").write_bytes(bytes(range(256)) * 10)
    write(tmp_path / "in/other.json", {"some": "thing"})
    done = collect(project, [tmp_path / "in"])
    done.check()
    assert done.passed_by == {
        "binary file": ["in/binary.bin"], "empty file": ["in/empty.json"], "no known format": ["in/other.json"]
    }  # fmt: skip
    assert "in/empty.json" in summary(done)


def test_a_file_that_vanished_is_reported_and_the_others_are_read(project, tmp_path, make, write):
    write(tmp_path / "in/a.jsonl", make("r1", "x"))
    (tmp_path / "in/gone.jsonl").symlink_to(tmp_path / "nowhere.jsonl")
    done = collect(project, [tmp_path / "in"])
    assert done.new == 1
    with pytest.raises(PartialFailure, match=r"gone\.jsonl: No such file"):
        done.check()


@pytest.mark.usefixtures("permissions_hold")
def test_a_file_without_permission_is_reported_and_read_once_it_may_be(project, tmp_path, make, write):
    file = write(tmp_path / "in/a.jsonl", make("r1", "x"))
    file.chmod(0)
    assert collect(project, [tmp_path / "in"]).problems == ["files: in/a.jsonl: Permission denied"]
    file.chmod(0o600)
    assert collect(project, [tmp_path / "in"]).new == 1


def test_a_path_that_does_not_exist_is_a_usage_error(project, tmp_path):
    with pytest.raises(UsageError, match="there is no such file"):
        collect(project, [tmp_path / "nothing"])


def test_too_many_bad_records_raise_an_alarm_once(project, tmp_path, make, write, ask):
    file = write(tmp_path / "a.jsonl", make("r1", "x"), '{"messages": [', '{"messages": 5}')
    with pytest.raises(PartialFailure, match="2 of 3 records"):
        collect(project, [file]).check()
    write(file, make("r1", "x"), '{"messages": [', '{"messages": 5}', make("r2", "x"))
    done = collect(project, [file])
    done.check()
    assert (done.quarantined, done.new_quarantined) == (2, 0)
    assert len(ask(project, "from alarms")) == 1


def test_excerpts_are_redacted_and_raw_bytes_kept_only_where_asked(tmp_path, make, write):
    project = Project(tmp_path, Settings(collect=CollectSettings(keep_raw_excerpts=True)))
    secret = "sk-abcdefghij0123456789abcd"
    file = write(tmp_path / "a.jsonl", make("r1", "x"), f'{{"messages": [{{"role": "user", "content": "{secret}')
    collect(project, [file])
    (found,) = quarantine.listed(project)
    assert secret not in found.excerpt
    assert "<key:" in found.excerpt
    assert secret.encode() in found.raw


def test_a_secret_at_the_cut_of_an_excerpt_does_not_show_in_half(project, tmp_path, make, write):
    half = "sk-abcdefghij0123456789"
    record = '{"messages": [{"role": "user", "content": "' + "word " * 500
    record = record[: 2048 - 14] + f" {half}"
    collect(project, [write(tmp_path / "a.jsonl", make("r1", "x"), record)])
    (found,) = quarantine.listed(project)
    assert "sk-" not in found.excerpt


def test_retry_reads_the_files_of_quarantined_records_again(project, tmp_path, make, write):
    file = write(tmp_path / "a.jsonl", make("r1", "x"), '{"messages": 5}')
    collect(project, [file])
    assert quarantine.forget_files(project, [quarantine.listed(project)[0].quarantine_id[:5]]) == [file]
    done = collect(project, [file])
    assert (done.files_unchanged, done.quarantined, done.new_quarantined) == (0, 1, 0)


def test_a_reader_that_breaks_costs_its_file_not_the_run(project, tmp_path, make, write, monkeypatch):
    from reroute.formats import openai_chat

    def broken(document):
        if document.name == "in/a.jsonl":
            raise TypeError("ours")
        return read(document)

    read = openai_chat.read
    monkeypatch.setattr(openai_chat, "read", lambda document: iter_of(broken, document))
    write(tmp_path / "in/a.jsonl", make("r1", "x"))
    write(tmp_path / "in/b.jsonl", make("r2", "x"))
    done = collect(project, [tmp_path / "in"])
    assert (done.new, quarantine.listed(project)[0].reason) == (1, "the reader broke: TypeError: ours")


def iter_of(function, document):
    """A generator, as readers are: what it raises, it raises while it is read."""
    yield from function(document)
