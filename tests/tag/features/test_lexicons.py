import re

import pytest

from reroute import content
from reroute.errors import ConfigError
from reroute.tag.features.rules import load


def own_copy(project, name, change):
    path = project / f"sql/lexicons/{name}.csv"
    path.parent.mkdir(parents=True)
    path.write_text(change(content.find(f"sql/lexicons/{name}.csv").read_text("utf-8")), "utf-8")


def test_a_list_of_words_that_is_missing_is_named(tmp_path):
    own_copy(tmp_path, "words", lambda text: re.sub(r"(?m)^path_runners,.*\n", "", text))
    with pytest.raises(ConfigError, match=r"words\.csv: missing or unknown: path_runners"):
        load(tmp_path)


def test_a_phrase_that_nothing_reads_is_named(tmp_path):
    own_copy(tmp_path, "phrases", lambda text: text + "weather,rain,nothing asks for it\n")
    with pytest.raises(ConfigError, match=r"phrases\.csv: missing or unknown: weather"):
        load(tmp_path)


def test_a_phrase_that_is_no_expression_is_named(tmp_path):
    own_copy(tmp_path, "phrases", lambda text: re.sub(r"(?m)^python,[^,]*,", "python,(,", text))
    with pytest.raises(ConfigError, match=r"phrases\.csv: python is no expression"):
        load(tmp_path)


def test_a_projects_own_words_win(tmp_path):
    own_copy(tmp_path, "words", lambda text: text + "editor_looks,peek,looks\n")
    assert load(tmp_path).words.editor_looks == load().words.editor_looks | {"peek"}


def test_the_signal_of_every_status_is_known():
    rules = load()
    known = {row.split(",")[0] for row in content.find("sql/lexicons/signals.csv").read_text("utf-8").splitlines()}
    assert known >= set(rules.http_signals.values()) | rules.words.probe_signals | rules.words.script_signals
    assert rules.unfailing == {"hand_over", "claims_done", "instruction"}
