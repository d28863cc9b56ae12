"""A first reroute.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from reroute.errors import UsageError
from reroute.operate import init
from reroute.settings import Settings, load


def test_the_file_as_written_means_every_default(tmp_path: Path) -> None:
    init.write(tmp_path)
    assert load(tmp_path).settings == Settings()


def test_every_default_stands_in_it_and_can_be_uncommented() -> None:
    text = re.sub(r"(?m)^# ((?:\w+) = (?!\"\"  # not set).*)$", r"\1", init.text({}))
    text = re.sub(r"(?m)^# (\[\[sources\]\])$", r"\1", text)
    read = Settings.model_validate(tomllib.loads(text))
    assert read.model_copy(update={"sources": []}) == Settings()
    assert [source.name for source in read.sources] == ["my-agent"]


def test_every_key_is_explained() -> None:
    text = init.text({})
    for name, info in Settings.model_fields.items():
        fields = getattr(info.annotation, "model_fields", {name: info})
        for key, field in fields.items():
            assert f"# {key} = " in text or key == "sources"
            assert (field.description or "")[:40].replace("``", "`") in text.replace("\n# ", " ")


def test_sources_that_are_there_are_proposed_and_not_switched_on(tmp_path: Path) -> None:
    (tmp_path / ".claude/projects").mkdir(parents=True)
    found = init.likely_sources(tmp_path)
    assert list(found) == ["claude-code"]
    text = init.text(found)
    assert f'# path = "{tmp_path}/.claude/projects"' in text
    assert tomllib.loads(text).get("sources") is None


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "reroute.toml").write_text("data_dir = 'mine'\n")
    with pytest.raises(UsageError, match="stays as it is"):
        init.write(tmp_path)
    assert (tmp_path / "reroute.toml").read_text() == "data_dir = 'mine'\n"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        init.write(tmp_path / "none")
